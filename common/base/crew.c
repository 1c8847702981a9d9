#include "crew.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct crew_thread {
    struct crew *crew;
    pthread_t id;
    int worker;
};

struct crew {
    struct crew_options options;
    pthread_mutex_t lock;
    pthread_cond_t news; /* an item came, or the crew closes */
    pthread_cond_t gate; /* an item came, or somebody left */
    void **ring;
    int first, count;
    int idle, gathering, inside; /* threads: without work, before the gate, behind it */
    bool closing;
    struct crew_thread *threads;
};

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n, size);
    if (!p)
        abort();
    return p;
}

static int least(int a, int b) { return a < b ? a : b; }

/* Under the lock. */
static int pull(struct crew *c, void **items, int n) {
    for (int i = 0; i < n; i++)
        items[i] = c->ring[(c->first + i) % c->options.queue_max];
    c->first = (c->first + n) % c->options.queue_max;
    c->count -= n;
    return n;
}

/* Among how many is shared what waits: more than there is room for behind the gate is no help. */
static int sharers(const struct crew *c) {
    int room = c->options.inside_max - c->inside;
    if (!c->options.inside_max || c->idle < room)
        return c->idle;
    return room > 1 ? room : 1;
}

/* Waits for items; 0 only when closing and nothing is left. */
static int take_batch(struct crew *c, void **items) {
    pthread_mutex_lock(&c->lock);
    c->idle++;
    while (c->count == 0 && !c->closing)
        pthread_cond_wait(&c->news, &c->lock);
    int share = sharers(c);
    int n = pull(c, items, least((c->count + share - 1) / share, c->options.batch_max));
    c->idle--;
    pthread_mutex_unlock(&c->lock);
    return n;
}

int crew_enter(struct crew *c, void **items, int room) {
    int n = 0;
    assert(c->options.inside_max > 0);
    pthread_mutex_lock(&c->lock);
    c->gathering++;
    while (c->inside == c->options.inside_max && (c->count == 0 || room == 0))
        pthread_cond_wait(&c->gate, &c->lock);
    c->gathering--;
    if (c->inside < c->options.inside_max)
        c->inside++;
    else
        n = pull(c, items, least(c->count, room));
    pthread_mutex_unlock(&c->lock);
    return n;
}

void crew_leave(struct crew *c) {
    pthread_mutex_lock(&c->lock);
    c->inside--;
    bool awaited = c->gathering > 0;
    pthread_mutex_unlock(&c->lock);
    if (awaited)
        pthread_cond_signal(&c->gate);
}

static void *thread_main(void *arg) {
    const struct crew_thread *t = arg;
    const struct crew_options *o = &t->crew->options;
    void **items = zeroed((size_t)o->batch_max, sizeof *items);
    for (int n; (n = take_batch(t->crew, items)) > 0;)
        o->work(o->ctx, t->worker, items, n);
    free(items);
    return NULL;
}

static void start_thread(struct crew_thread *t) {
    if (pthread_create(&t->id, NULL, thread_main, t) != 0)
        abort();
    char name[16]; /* the kernel's limit, NUL included */
    snprintf(name, sizeof name, "%.10s-%u", t->crew->options.name, (unsigned)t->worker % 1000);
    pthread_setname_np(t->id, name);
}

/* Signals belong to the main thread, so the crew is born with all of them blocked. */
static void start_threads(struct crew *c) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (int i = 0; i < c->options.threads; i++) {
        c->threads[i] = (struct crew_thread){.crew = c, .worker = i};
        start_thread(&c->threads[i]);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct crew *crew_open(const struct crew_options *options) {
    assert(options->threads > 0 && options->queue_max > 0 && options->batch_max > 0);
    struct crew *c = zeroed(1, sizeof *c);
    c->options = *options;
    c->ring = zeroed((size_t)options->queue_max, sizeof *c->ring);
    c->threads = zeroed((size_t)options->threads, sizeof *c->threads);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->news, NULL);
    pthread_cond_init(&c->gate, NULL);
    start_threads(c);
    return c;
}

enum err crew_add(struct crew *c, void *item) {
    return crew_add_many(c, &item, 1) == 1 ? OK : ERR_BUSY;
}

int crew_add_many(struct crew *c, void *const *items, int n) {
    pthread_mutex_lock(&c->lock);
    int room = c->closing ? 0 : c->options.queue_max - c->count;
    int added = n < room ? n : room;
    for (int i = 0; i < added; i++)
        c->ring[(c->first + c->count++) % c->options.queue_max] = items[i];
    bool idle = c->idle > 0, gathering = c->gathering > 0;
    pthread_mutex_unlock(&c->lock);
    if (idle && added == 1)
        pthread_cond_signal(&c->news);
    else if (idle && added > 1)
        pthread_cond_broadcast(&c->news);
    if (gathering && added)
        pthread_cond_broadcast(&c->gate);
    return added;
}

int crew_waiting(struct crew *c) {
    pthread_mutex_lock(&c->lock);
    int n = c->count;
    pthread_mutex_unlock(&c->lock);
    return n;
}

void crew_close(struct crew *c) {
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_cond_broadcast(&c->news);
    pthread_mutex_unlock(&c->lock);
    for (int i = 0; i < c->options.threads; i++)
        pthread_join(c->threads[i].id, NULL);
    pthread_cond_destroy(&c->gate);
    pthread_cond_destroy(&c->news);
    pthread_mutex_destroy(&c->lock);
    free(c->threads);
    free(c->ring);
    free(c);
}
