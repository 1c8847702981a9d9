#include "world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/log.h"
#include "../codec/enc.h"
#include "../nlu/read.h"
#include "../store/generations.h"
#include "../store/migrations.h"

#define POLL_MS 500
#define START_WAIT_MS 30000
#define START_PAUSE_MS 200

struct world_snapshots {
    struct world *world;
    pthread_mutex_t lock; /* of the fields below; never held during a call */
    pthread_cond_t woken;
    struct snapshot *present;
    bool rung, closing;
    pthread_mutex_t reading; /* one reads, the others wait for what it finds */
    int64_t failed;          /* generation that could not be read, so that it is said once */
    struct pg_pool *pool;    /* the watcher's own connection */
    struct redis_subscriber *bell;
    pthread_t watcher;
    bool watching;
};

/* ---- the present snapshot ---- */

static struct snapshot *hold_present(struct world_snapshots *ws) {
    pthread_mutex_lock(&ws->lock);
    struct snapshot *s = ws->present ? snapshot_hold(ws->present) : NULL;
    pthread_mutex_unlock(&ws->lock);
    return s;
}

static void replace_present(struct world_snapshots *ws, struct snapshot *next) {
    pthread_mutex_lock(&ws->lock);
    struct snapshot *before = ws->present;
    ws->present = next;
    pthread_mutex_unlock(&ws->lock);
    snapshot_release(before);
}

struct snapshot *world_snapshot(struct world *w) {
    return hold_present(w->snapshots);
}

void world_hold(struct world *w, struct arena *a, struct world_held *h) {
    struct snapshot *present = world_snapshot(w);
    if (present == h->newest) {
        snapshot_release(present);
        return;
    }
    if (h->newest)
        h->older = arena_copy(a, h, sizeof *h);
    h->newest = present;
}

void world_let_go(struct world_held *h) {
    snapshot_release(h->newest);
    for (const struct world_held *one = h->older; one; one = one->older)
        snapshot_release(one->newest);
    *h = (struct world_held){0};
}

static void say_failure(struct world_snapshots *ws, int64_t generation, enum err e) {
    if (ws->failed != generation)
        log_event(LOG_ERROR, "configuration_unreadable", LOG_N("generation", generation),
                  LOG_T("error", err_name(e)));
    ws->failed = generation;
}

static enum err read_if_moved(struct world_snapshots *ws, struct pg *c,
                              const struct snapshot *present) {
    struct generation now;
    struct snapshot *next;
    TRY(generations_read(c, &now));
    if (present && present->generation == now.number)
        return OK;
    enum err e = snapshot_read_after(c, ws->world->sealing_key, present, &next);
    if (e != OK) {
        say_failure(ws, now.number, e);
        return e;
    }
    replace_present(ws, next);
    return OK;
}

enum err world_refresh(struct world *w, struct pg *c) {
    struct world_snapshots *ws = w->snapshots;
    pthread_mutex_lock(&ws->reading);
    struct snapshot *present = hold_present(ws);
    enum err e = read_if_moved(ws, c, present);
    snapshot_release(present);
    pthread_mutex_unlock(&ws->reading);
    return e;
}

/* ---- the watcher ---- */

static void ring(void *ctx, struct span message) {
    struct world_snapshots *ws = ctx;
    (void)message;
    pthread_mutex_lock(&ws->lock);
    ws->rung = true;
    pthread_cond_signal(&ws->woken);
    pthread_mutex_unlock(&ws->lock);
}

static struct timespec from_now(int ms) {
    int64_t at_ms = clock_monotonic_ms() + ms;
    return (struct timespec){.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
}

/* Until the bell rings or it is time to look anyway. False: the world closes. */
static bool wait_for_news(struct world_snapshots *ws) {
    struct timespec until = from_now(POLL_MS);
    pthread_mutex_lock(&ws->lock);
    while (!ws->rung && !ws->closing)
        if (pthread_cond_timedwait(&ws->woken, &ws->lock, &until) != 0)
            break;
    ws->rung = false;
    bool go_on = !ws->closing;
    pthread_mutex_unlock(&ws->lock);
    return go_on;
}

static void *watch(void *ctx) {
    struct world_snapshots *ws = ctx;
    while (wait_for_news(ws)) {
        pg_lease_auto c = NULL;
        if (pg_lease(ws->pool, &c) != OK || world_refresh(ws->world, c) != OK)
            continue; /* logged where it failed; the next look is due anyway */
    }
    return NULL;
}

static void start_watching(struct world_snapshots *ws) {
    if (pthread_create(&ws->watcher, NULL, watch, ws) != 0)
        abort();
    ws->watching = true;
    ws->bell = redis_subscribe(ws->world->redis, WORLD_BELL, ring, ws);
}

static void stop_watching(struct world_snapshots *ws) {
    if (!ws->watching)
        return;
    redis_unsubscribe(ws->bell);
    pthread_mutex_lock(&ws->lock);
    ws->closing = true;
    pthread_cond_signal(&ws->woken);
    pthread_mutex_unlock(&ws->lock);
    pthread_join(ws->watcher, NULL);
}

static struct world_snapshots *snapshots_new(struct world *w, struct pg_pool *pool) {
    struct world_snapshots *ws = calloc(1, sizeof *ws);
    pthread_condattr_t monotonic;
    if (!ws)
        abort();
    ws->world = w;
    ws->pool = pool;
    pthread_mutex_init(&ws->lock, NULL);
    pthread_mutex_init(&ws->reading, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ws->woken, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return ws;
}

static void snapshots_free(struct world_snapshots *ws) {
    snapshot_release(ws->present);
    pg_pool_close(ws->pool);
    pthread_cond_destroy(&ws->woken);
    pthread_mutex_destroy(&ws->reading);
    pthread_mutex_destroy(&ws->lock);
    free(ws);
}

/* ---- the schema ---- */

static enum err check_schema(struct pg *c, struct why *why) {
    int built = migrations_newest(), applied;
    TRY(migrations_applied(c, &applied));
    if (applied < built)
        return why_set(why, ERR_CONFLICT, "",
                       "the database is at migration %d, this program needs %d: run `redthread "
                       "migrate`",
                       applied, built);
    if (applied > built)
        return why_set(why, ERR_CONFLICT, "",
                       "the database is at migration %d, newer than this program, which knows %d",
                       applied, built);
    return OK;
}

/* A running process goes on while a newer release migrates: first the schema grows, then the old
 * programs end. */
enum err world_ready(struct world *w) {
    int applied;
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->reads, &c));
    TRY(migrations_applied(c, &applied));
    return applied < migrations_newest() ? ERR_CONFLICT : OK;
}

/* ---- opening and closing ---- */

/* Turns reach few rows by key out of many. A plan made while the tables were small must not scan
 * them for ever: an index of a few rows is taken for a long one. And one plan is as good as the
 * next: left to choose, the server plans anew for every batch of less than ten rows. */
#ifdef BROKEN_ANSWER_BEFORE_COMMIT
#define TURN_DURABILITY " -c synchronous_commit=off"
#else
#define TURN_DURABILITY ""
#endif
#define TURN_SETTINGS                                                                              \
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off"                         \
    " -c cpu_index_tuple_cost=1 -c plan_cache_mode=force_generic_plan -c jit=off" TURN_DURABILITY

/* A conversation that somebody holds keeps a batch waiting only for a part of a call's time, so
 * that the others in it can still be run. Longer than the server takes to find a circle of waits (1
 * s): it ends one of them, where all would end here. */
#define LOCK_SHARE 4

static struct pg_options pool_options(const struct config *cfg, const char *service, int64_t size) {
    return (struct pg_options){
        .url = cfg->database_url,
        .application_name = service,
        .size = (int)size,
        .timeout_ms = (int)cfg->database_timeout_ms,
        .pooled = cfg->database_pooled,
    };
}

static struct pg_pool *open_pool(const struct config *cfg, const char *service, int64_t size) {
    const struct pg_options options = pool_options(cfg, service, size);
    return pg_pool_open(&options);
}

static struct pg_pool *open_turns(const struct config *cfg, const char *service, int64_t size) {
    struct pg_options options = pool_options(cfg, service, size);
    options.settings = TURN_SETTINGS;
    options.lock_ms = options.timeout_ms / LOCK_SHARE;
    return pg_pool_open(&options);
}

static enum err read_sealing_key(struct world *w) {
    struct arena *a = arena_new();
    struct span key = {NULL, 0};
    enum err e = enc_unhex(a, span_of(w->cfg->sealing_key), &key);
    if (e == OK && key.n == sizeof w->sealing_key)
        memcpy(w->sealing_key, key.p, key.n);
    else
        e = ERR_INVALID;
    arena_free(a);
    return e;
}

static enum err check_objects(const struct world *w, struct why *why) {
    const struct config *cfg = w->cfg;
    struct why unsaid = {.text = ""};
    if (!*cfg->objects_url)
        return OK;
    if (fetch_check_url(w->net, cfg->objects_url, &unsaid) != OK)
        return why_set(why, ERR_INVALID, "", "REDTHREAD_OBJECTS_URL: %s", unsaid.text);
    if (!*cfg->objects_key || !*cfg->objects_secret)
        return why_set(why, ERR_INVALID, "",
                       "REDTHREAD_OBJECTS_URL needs REDTHREAD_OBJECTS_KEY and _SECRET");
    return OK;
}

/* A database that starts at the same time is waited for. */
static enum err wait_for_database(struct world *w, struct pg **out, struct why *why) {
    int64_t deadline_ms = clock_monotonic_ms() + START_WAIT_MS;
    struct timespec pause = {.tv_nsec = START_PAUSE_MS * 1000000};
    while (pg_lease(w->reads, out) != OK) {
        if (clock_monotonic_ms() > deadline_ms)
            return why_set(why, ERR_STORE, "",
                           "the database of REDTHREAD_DATABASE_URL does not answer");
        nanosleep(&pause, NULL);
    }
    return OK;
}

static enum err read_first(struct world *w, struct why *why) {
    pg_lease_auto c = NULL;
    TRY(wait_for_database(w, &c, why));
    TRY(check_schema(c, why));
    enum err e = world_refresh(w, c);
    if (e == ERR_DENIED)
        return why_set(why, e, "",
                       "REDTHREAD_SEALING_KEY is not the one that secrets were sealed "
                       "with");
    return e;
}

/* The lexicons are built at the first reading: not while a customer waits. */
static void warm_up(void) {
    struct arena *a = arena_new();
    const struct read_input nothing = {.text = "?", .earlier_language = "", .channel_language = ""};
    struct reading reading;
    read_text(a, &nothing, &reading);
    arena_free(a);
}

static enum err open_parts(struct world *w, const char *service, int turn_connections,
                           struct why *why) {
    const struct config *cfg = w->cfg;
    TRY(config_require(cfg, why));
    TRY(read_sealing_key(w));
    TRY(fetch_net_parse(cfg->outbound_allow, &w->net, why));
    TRY(check_objects(w, why));
    TRY(redis_open(&(struct redis_options){cfg->redis_url, (int)cfg->redis_timeout_ms}, &w->redis,
                   why));
    w->turns = open_turns(cfg, service, turn_connections);
    w->reads = open_pool(cfg, service, cfg->readers + 1); /* one for who is no reader */
    w->people = roster_memory_open();
    w->versions = version_memory_open();
    w->snapshots = snapshots_new(w, open_pool(cfg, service, 1));
    TRY(read_first(w, why));
    warm_up();
    start_watching(w->snapshots);
    return OK;
}

enum err world_open(const struct config *cfg, const char *service, int turn_connections,
                    struct world **out, struct why *why) {
    struct world *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->cfg = cfg;
    why->text[0] = '\0';
    enum err e = open_parts(w, service, turn_connections, why);
    if (e != OK) {
        world_close(w);
        return *why->text ? e : why_set(why, e, "", "%s", err_text(e));
    }
    *out = w;
    return OK;
}

void world_close(struct world *w) {
    if (w->snapshots) {
        stop_watching(w->snapshots);
        snapshots_free(w->snapshots);
    }
    roster_memory_close(w->people);
    version_memory_close(w->versions);
    if (w->reads)
        pg_pool_close(w->reads);
    if (w->turns)
        pg_pool_close(w->turns);
    if (w->redis)
        redis_close(w->redis);
    if (w->net)
        fetch_net_free(w->net);
    free(w);
}
