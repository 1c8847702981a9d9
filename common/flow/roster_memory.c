#include "roster_memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/arena.h"
#include "../base/clock.h"

struct roster_memory {
    pthread_mutex_t lock;
    struct arena *arena;
    struct snapshot *of; /* held, because the roster borrows from it; NULL: nothing is remembered */
    struct roster *roster;
    int64_t at_ms;
};

struct roster_memory *roster_memory_open(void) {
    struct roster_memory *m = calloc(1, sizeof *m);
    if (!m)
        abort();
    pthread_mutex_init(&m->lock, NULL);
    m->arena = arena_new();
    return m;
}

void roster_memory_close(struct roster_memory *m) {
    if (!m)
        return;
    snapshot_release(m->of);
    arena_free(m->arena);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static struct roster *copy(struct arena *a, const struct roster *r) {
    struct roster *to = arena_copy(a, r, sizeof *r);
    to->agents = ARENA_ARRAY(a, struct agent, r->n_agents + 1);
    to->queues = ARENA_ARRAY(a, struct queue, r->n_queues + 1);
    if (r->n_agents)
        memcpy(to->agents, r->agents, sizeof *r->agents * (size_t)r->n_agents);
    for (int i = 0; i < r->n_queues; i++) {
        to->queues[i] = r->queues[i];
        to->queues[i].id = arena_strdup(a, r->queues[i].id);
    }
    return to;
}

struct roster *roster_memory_recall(struct roster_memory *m, struct arena *a,
                                    const struct snapshot *s) {
    struct roster *found = NULL;
    pthread_mutex_lock(&m->lock);
    if (m->of == s && clock_monotonic_ms() - m->at_ms < ROSTER_MEMORY_MS)
        found = copy(a, m->roster);
    pthread_mutex_unlock(&m->lock);
    return found;
}

static void forget(struct roster_memory *m) {
    snapshot_release(m->of);
    m->of = NULL;
    arena_reset(m->arena);
}

void roster_memory_keep(struct roster_memory *m, struct snapshot *s, const struct roster *r,
                        int64_t at_ms) {
    pthread_mutex_lock(&m->lock);
    forget(m);
    m->of = snapshot_hold(s);
    m->roster = copy(m->arena, r);
    m->at_ms = at_ms;
    pthread_mutex_unlock(&m->lock);
}

void roster_memory_drop(struct roster_memory *m) {
    pthread_mutex_lock(&m->lock);
    forget(m);
    pthread_mutex_unlock(&m->lock);
}
