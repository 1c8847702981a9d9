#include "pace.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/codec/text.h"

#define SETS 4096
#define WAYS 8

struct slot {
    uint64_t key;
    int64_t spent_ms; /* monotonic: up to then its allowance is used up */
};

struct pace {
    pthread_mutex_t lock;
    struct slot slots[SETS][WAYS];
};

struct pace *pace_open(void) {
    struct pace *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void pace_close(struct pace *p) {
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* Its own slot, or the one that was used up least recently. */
static struct slot *slot_of(struct pace *p, uint64_t key) {
    struct slot *set = p->slots[key % SETS], *oldest = set;
    for (int i = 0; i < WAYS; i++) {
        if (set[i].key == key)
            return &set[i];
        if (set[i].spent_ms < oldest->spent_ms)
            oldest = &set[i];
    }
    *oldest = (struct slot){.key = key};
    return oldest;
}

bool pace_take(struct pace *p, const struct pace_limit *limit, const char *who, int64_t now_ms) {
    uint64_t key = text_hash(who, strlen(who), text_hash(limit->name, strlen(limit->name), 0));
    int64_t oldest = now_ms - (int64_t)limit->burst * limit->every_ms;
    pthread_mutex_lock(&p->lock);
    struct slot *slot = slot_of(p, key);
    int64_t next = (slot->spent_ms > oldest ? slot->spent_ms : oldest) + limit->every_ms;
    bool granted = next <= now_ms;
    if (granted)
        slot->spent_ms = next;
    pthread_mutex_unlock(&p->lock);
    return granted;
}
