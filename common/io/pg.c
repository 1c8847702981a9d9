#include "pg.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/metric.h"
#include "pg_link.h"

#define BACKOFF_MIN_MS 50
#define BACKOFF_MAX_MS 2000

struct pg_pool {
    struct pg_options options;
    pthread_mutex_t lock;
    pthread_cond_t freed;
    struct pg **stack; /* free links, the last returned on top: its caches are warm */
    int n_free;
    struct pg *links;
    /* One back-off for all: when one cannot connect, none can. */
    int64_t no_connect_before_ms;
    int backoff_ms;
};

static void *xcalloc(size_t n, size_t size) {
    void *p = calloc(n, size);
    if (!p)
        abort();
    return p;
}

static char *xstrdup(const char *s) {
    char *copy = strdup(s);
    if (!copy)
        abort();
    return copy;
}

struct pg_pool *pg_pool_open(const struct pg_options *options) {
    struct pg_pool *p = xcalloc(1, sizeof *p);
    p->options = *options;
    p->options.url = xstrdup(options->url);
    p->options.application_name =
        xstrdup(options->application_name ? options->application_name : "");
    p->links = xcalloc((size_t)options->size, sizeof *p->links);
    p->stack = xcalloc((size_t)options->size, sizeof *p->stack);
    for (int i = 0; i < options->size; i++) {
        p->links[i].pool = p;
        p->stack[p->n_free++] = &p->links[i];
    }
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->freed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

void pg_pool_close(struct pg_pool *p) {
    for (int i = 0; i < p->options.size; i++) {
        pg_link_close(&p->links[i]);
        free(p->links[i].prepares);
    }
    pthread_cond_destroy(&p->freed);
    pthread_mutex_destroy(&p->lock);
    free((void *)(uintptr_t)p->options.url);
    free((void *)(uintptr_t)p->options.application_name);
    free(p->stack);
    free(p->links);
    free(p);
}

int pg_pool_timeout_ms(const struct pg *c) { return c->pool->options.timeout_ms; }

bool pg_pool_unnamed(const struct pg *c) { return c->pool->options.pooled; }

/* ---- lease ---- */

static struct timespec at_ms(int64_t monotonic_ms) {
    return (struct timespec){.tv_sec = monotonic_ms / 1000,
                             .tv_nsec = monotonic_ms % 1000 * 1000000};
}

/* An open link if there is one, else the top of the stack. */
static struct pg *take_free(struct pg_pool *p) {
    int at = p->n_free - 1;
    for (int i = at; i >= 0; i--) {
        if (!p->stack[i]->connected)
            continue;
        at = i;
        break;
    }
    struct pg *c = p->stack[at];
    memmove(p->stack + at, p->stack + at + 1, (size_t)(p->n_free - at - 1) * sizeof *p->stack);
    p->n_free--;
    return c;
}

static struct pg *wait_free(struct pg_pool *p, int64_t deadline_ms) {
    struct timespec until = at_ms(deadline_ms);
    struct pg *c = NULL;
    pthread_mutex_lock(&p->lock);
    while (p->n_free == 0 && pthread_cond_timedwait(&p->freed, &p->lock, &until) == 0)
        ;
    if (p->n_free)
        c = take_free(p);
    pthread_mutex_unlock(&p->lock);
    return c;
}

static void give_back(struct pg_pool *p, struct pg *c) {
    pthread_mutex_lock(&p->lock);
    p->stack[p->n_free++] = c;
    pthread_cond_signal(&p->freed);
    pthread_mutex_unlock(&p->lock);
}

static bool may_connect(struct pg_pool *p) {
    pthread_mutex_lock(&p->lock);
    bool yes = clock_monotonic_ms() >= p->no_connect_before_ms;
    pthread_mutex_unlock(&p->lock);
    return yes;
}

/* Doubles the pause, give or take a quarter: the low microseconds are jitter enough. */
static void note_attempt(struct pg_pool *p, bool ok) {
    pthread_mutex_lock(&p->lock);
    if (ok) {
        p->backoff_ms = 0;
        p->no_connect_before_ms = 0;
    } else {
        int next = p->backoff_ms ? p->backoff_ms * 2 : BACKOFF_MIN_MS;
        p->backoff_ms = next > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : next;
        int64_t jitter = clock_monotonic_us() % (p->backoff_ms / 2 + 1) - p->backoff_ms / 4;
        p->no_connect_before_ms = clock_monotonic_ms() + p->backoff_ms + jitter;
    }
    pthread_mutex_unlock(&p->lock);
}

static enum err connect_link(struct pg *c, int64_t deadline_ms) {
    struct pg_pool *p = c->pool;
    if (c->connected && pg_link_alive(c))
        return OK;
    if (c->connected)
        pg_link_close(c);
    if (!c->conn && !may_connect(p))
        return ERR_STORE;
    enum err e = pg_link_connect(c, &p->options, deadline_ms);
    if (e != ERR_TIMEOUT)
        note_attempt(p, e == OK);
    if (e == OK && c->known)
        metric_add(METRIC_pg_reconnects, 1);
    c->known = c->known || e == OK;
    return e == OK ? OK : ERR_STORE;
}

enum err pg_lease(struct pg_pool *p, struct pg **out) {
    int64_t deadline_ms = clock_monotonic_ms() + p->options.timeout_ms;
    *out = NULL;
    struct pg *c = wait_free(p, deadline_ms);
    if (!c)
        return ERR_BUSY;
    enum err e = connect_link(c, deadline_ms);
    if (e != OK) {
        give_back(p, c);
        return e;
    }
    *out = c;
    return OK;
}

void pg_return(struct pg *c) {
    if (!c->broken && pg_in_transaction(c) && pg_run(c, &pg_rollback, NULL, NULL) != OK)
        c->broken = true;
    if (c->broken || c->retired)
        pg_link_close(c);
    give_back(c->pool, c);
}
