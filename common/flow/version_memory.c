#include "version_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    struct uid conversation;
    int64_t version;
};

struct version_memory {
    pthread_mutex_t lock;
    struct slot slots[VERSION_MEMORY_SLOTS];
};

struct version_memory *version_memory_open(void) {
    struct version_memory *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    pthread_mutex_init(&m->lock, NULL);
    return m;
}

void version_memory_close(struct version_memory *m) {
    if (!m)
        return;
    pthread_mutex_destroy(&m->lock);
    free(m);
}

/* The last bytes of an id are random. */
static struct slot *slot_of(struct version_memory *m, struct uid id) {
    uint32_t n;
    memcpy(&n, id.b + sizeof id.b - sizeof n, sizeof n);
    return &m->slots[n % VERSION_MEMORY_SLOTS];
}

void version_memory_keep(struct version_memory *m, struct uid conversation, int64_t version) {
    pthread_mutex_lock(&m->lock);
    struct slot *s = slot_of(m, conversation);
    if (!uid_equal(s->conversation, conversation) || s->version < version)
        *s = (struct slot){conversation, version};
    pthread_mutex_unlock(&m->lock);
}

bool version_memory_is_old(struct version_memory *m, const struct conversation *c) {
    pthread_mutex_lock(&m->lock);
    const struct slot *s = slot_of(m, c->id);
    bool old = uid_equal(s->conversation, c->id) && s->version > c->version;
    pthread_mutex_unlock(&m->lock);
    return old;
}
