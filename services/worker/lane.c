#include "lane.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/base/crew.h"
#include "../../common/base/log.h"
#include "../../common/base/metric.h"
#include "../../common/codec/crypto.h"
#include "../../common/decide/retry.h"
#include "../../common/store/attempts.h"
#include "../../common/store/jobs.h"

#define POLL_MS 250         /* the truth; the bell only makes it sooner */
#define LEASE_MARGIN_MS 250 /* what a last word may take to reach the database */
#define AHEAD 2         /* jobs in hand per thread: the next one is there when a thread is free */
#define SLOW_MS 1000    /* an endpoint whose oldest call is older than that is slow */
#define THOROUGH_REST 4 /* times as long as a thorough look took nothing is looked for so */
#define CROWDED_MS 200  /* how long a job waits whose endpoint has all the threads it may have */

struct lane_workers {
    struct world *world;
    enum lane kind;
    int threads, busy, most; /* most: jobs in hand, those that wait for a thread included */
    int last_bucket;
    int64_t thorough_ms; /* monotonic: not before */
    task_run *run;
    struct crew *crew;
    struct fetch **fetch; /* by crew thread */
    struct call {
        const char *endpoint; /* NULL: free */
        int64_t since_ms;
    } * calls; /* jobs in hand, `most` of them */
    pthread_t claimer;
    pthread_mutex_t mutex;
    pthread_cond_t news;
    bool rung;
    atomic_bool closing; /* read without the mutex by threads that work */
};

/* ---- running ---- */

/* An endpoint that answers may have all threads; a slow one leaves half of them to the others. */
static bool may_call(struct lane_workers *l, const char *endpoint) {
    int same = 0;
    int64_t oldest = INT64_MAX;
    for (int i = 0; i < l->most; i++) {
        const struct call *c = &l->calls[i];
        if (!c->endpoint || strcmp(c->endpoint, endpoint) != 0)
            continue;
        same++;
        oldest = c->since_ms < oldest ? c->since_ms : oldest;
    }
    return same < l->most / 2 || clock_monotonic_ms() - oldest < SLOW_MS;
}

static void leave(struct lane_workers *l, const char *endpoint) {
    pthread_mutex_lock(&l->mutex);
    for (int i = 0; i < l->most; i++)
        if (l->calls[i].endpoint == endpoint) {
            l->calls[i].endpoint = NULL;
            break;
        }
    l->busy--;
    l->rung = true; /* what stood behind this job may go now */
    pthread_cond_signal(&l->news);
    pthread_mutex_unlock(&l->mutex);
}

static void work(void *ctx, int worker, void **items, int n) {
    struct lane_workers *l = ctx;
    for (int i = 0; i < n; i++) {
        struct task *t = items[i];
        t->fetch = l->fetch[worker];
        t->snapshot = world_snapshot(l->world);
        if (l->closing)
            lane_put_off(t, 0, false, t->job.last_error);
        else if (lane_may_send(t))
            l->run(t);
        else
            metric_add(METRIC_jobs_lease_lost, 1);
        snapshot_release(t->snapshot);
        leave(l, t->job.endpoint);
        arena_free(t->arena);
    }
}

/* ---- claiming ---- */

static struct task *new_task(struct lane_workers *l, const struct job *j, int64_t lease_end_ms) {
    struct arena *a = arena_new();
    struct task *t = ARENA_NEW(a, struct task);
    *t = (struct task){.world = l->world, .arena = a, .job = *j, .lease_end_ms = lease_end_ms};
    t->job.endpoint = arena_strdup(a, j->endpoint);
    t->job.last_error = arena_strdup(a, j->last_error);
    return t;
}

static bool enter(struct lane_workers *l, struct task *t) {
    pthread_mutex_lock(&l->mutex);
    bool room = may_call(l, t->job.endpoint);
    l->busy++;
    for (int i = 0; i < l->most && room; i++)
        if (!l->calls[i].endpoint) {
            l->calls[i] = (struct call){t->job.endpoint, clock_monotonic_ms()};
            break;
        }
    pthread_mutex_unlock(&l->mutex);
    return room;
}

static void hand_out(struct lane_workers *l, struct task *t) {
    bool room = enter(l, t);
    if (room && crew_add(l->crew, t) == OK)
        return;
    lane_put_off(t, room ? 0 : CROWDED_MS, false, t->job.last_error);
    leave(l, t->job.endpoint);
    arena_free(t->arena);
}

static struct uid new_token(void) {
    uint8_t random[UID_RANDOM_BYTES], bucket;
    crypto_random(random, sizeof random);
    crypto_random(&bucket, 1);
    return uid_make(clock_wall_ms(), bucket, random);
}

static int claim_bucket(struct lane_workers *l, struct arena *a, int bucket, int room) {
    struct jobs jobs = {0};
    int64_t lease = l->world->cfg->lease_ms;
    int64_t lease_end = clock_monotonic_ms() + lease - LEASE_MARGIN_MS;
    const struct jobs_claim claim = {l->kind, bucket, room, lease, new_token()};
    {
        pg_lease_auto pg = NULL;
        if (pg_lease(l->world->turns, &pg) != OK || jobs_claim(pg, a, &claim, &jobs) != OK)
            return 0;
    }
    for (int i = 0; i < jobs.n; i++)
        hand_out(l, new_task(l, &jobs.items[i], lease_end));
    return jobs.n;
}

/* How many it found; *any: some were due. */
static int claim_where_due(struct lane_workers *l, struct arena *a, const struct jobs_look *look,
                           bool *any) {
    int *buckets = NULL, n = 0, claimed = 0;
    {
        pg_lease_auto pg = NULL;
        if (pg_lease(l->world->turns, &pg) != OK ||
            jobs_due_buckets(pg, a, look, &buckets, &n) != OK)
            return 0;
    }
    *any = n > 0;
    for (int i = 0; i < n && claimed < look->limit; i++)
        claimed += claim_bucket(l, a, l->last_bucket = buckets[i], look->limit - claimed);
    return claimed;
}

/* All that a look finds may wait behind something earlier, of one dead endpoint for example, while
 * elsewhere something may go. */
static int claim(struct lane_workers *l, struct arena *a, int room) {
    struct jobs_look look = {l->kind, l->last_bucket, room, false};
    bool any = false;
    int claimed = claim_where_due(l, a, &look, &any);
    if (claimed || !any || clock_monotonic_ms() < l->thorough_ms)
        return claimed;
    int64_t began_ms = clock_monotonic_ms();
    look.thorough = true;
    claimed = claim_where_due(l, a, &look, &any);
    int64_t now_ms = clock_monotonic_ms();
    l->thorough_ms = now_ms + (now_ms - began_ms) * THOROUGH_REST;
    return claimed;
}

/* Waits for a free thread, and for news or the next poll if the last look found nothing. */
static int wait_for_room(struct lane_workers *l, bool found) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += POLL_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&l->mutex);
    if (!found && !l->rung && !l->closing)
        pthread_cond_timedwait(&l->news, &l->mutex, &until);
    while (l->busy >= l->most && !l->closing)
        pthread_cond_wait(&l->news, &l->mutex);
    l->rung = false;
    int room = l->most - l->busy;
    pthread_mutex_unlock(&l->mutex);
    return room;
}

static void *claim_forever(void *ctx) {
    struct lane_workers *l = ctx;
    struct arena *a = arena_new();
    bool found = false;
    while (!l->closing) {
        int room = wait_for_room(l, found);
        if (room > 0 && !l->closing)
            found = claim(l, a, room) > 0;
        arena_reset(a);
    }
    arena_free(a);
    return NULL;
}

/* ---- opening and closing ---- */

struct lane_workers *lane_open(struct world *w, const struct lane_options *o) {
    struct lane_workers *l = calloc(1, sizeof *l);
    pthread_condattr_t monotonic;
    *l = (struct lane_workers){.world = w, .kind = o->kind, .threads = o->threads, .run = o->run};
    l->most = o->threads * AHEAD;
    l->fetch = calloc((size_t)o->threads, sizeof *l->fetch);
    l->calls = calloc((size_t)l->most, sizeof *l->calls);
    for (int i = 0; i < o->threads; i++)
        l->fetch[i] = fetch_new(w->net);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&l->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    l->crew = crew_open(&(struct crew_options){.name = lane_text(o->kind),
                                               .threads = o->threads,
                                               .queue_max = l->most,
                                               .batch_max = 1,
                                               .work = work,
                                               .ctx = l});
    if (pthread_create(&l->claimer, NULL, claim_forever, l) != 0)
        abort();
    return l;
}

void lane_ring(struct lane_workers *l) {
    pthread_mutex_lock(&l->mutex);
    l->rung = true;
    pthread_cond_signal(&l->news);
    pthread_mutex_unlock(&l->mutex);
}

void lane_stop(struct lane_workers *l) {
    pthread_mutex_lock(&l->mutex);
    l->closing = true;
    pthread_cond_broadcast(&l->news);
    pthread_mutex_unlock(&l->mutex);
}

void lane_close(struct lane_workers *l) {
    lane_stop(l);
    pthread_join(l->claimer, NULL);
    crew_close(l->crew);
    for (int i = 0; i < l->threads; i++)
        fetch_free(l->fetch[i]);
    free(l->fetch);
    free(l->calls);
    pthread_mutex_destroy(&l->mutex);
    pthread_cond_destroy(&l->news);
    free(l);
}

/* ---- the last words ---- */

bool lane_may_send(void *task) {
    const struct task *t = task;
    return clock_monotonic_ms() < t->lease_end_ms;
}

static void count_lost(const struct task *t, bool held) {
    if (held)
        return;
    metric_add(METRIC_jobs_lease_lost, 1);
    log_event(LOG_WARN, "lease_lost", LOG_T("lane", lane_text(t->job.lane)),
              LOG_N("seq", t->job.seq));
}

void lane_refresh(struct task *t) {
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) != OK || world_refresh(t->world, pg) != OK)
        return;
    snapshot_release(t->snapshot);
    t->snapshot = world_snapshot(t->world);
}

void lane_finish(struct task *t) {
    bool held = true;
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) != OK || jobs_finish(pg, t->arena, &t->job, &held) != OK)
        return; /* the lease runs out and the job is done again: at least once */
    count_lost(t, held);
    metric_add(METRIC_jobs_done, held);
}

void lane_put_off(struct task *t, int64_t delay_ms, bool spend_attempt, const char *error) {
    bool held = true;
    const struct jobs_delay delay = {delay_ms, spend_attempt, error};
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) != OK ||
        jobs_put_off(pg, t->arena, &t->job, &delay, &held) != OK)
        return;
    count_lost(t, held);
    metric_add(METRIC_jobs_retried, held && spend_attempt);
}

void lane_say_dead(const struct task *t) {
    log_event(LOG_WARN, "dead_letter", LOG_T("lane", lane_text(t->job.lane)),
              LOG_T("endpoint", t->job.endpoint), LOG_N("attempts", t->job.attempts));
}

void lane_bury(struct task *t, const char *error) {
    bool held = true;
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) != OK ||
        jobs_bury(pg, t->arena, &t->job, error, &held) != OK)
        return;
    count_lost(t, held);
    metric_add(METRIC_jobs_dead, held);
    lane_say_dead(t);
}

int64_t lane_retry_ms(const struct task *t, int64_t retry_after_ms) {
    uint32_t random;
    crypto_random(&random, sizeof random);
    return retry_delay_ms(t->job.attempts, retry_after_ms, random);
}

bool lane_breaker_allows(struct task *t) {
    struct attempts_count count;
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) != OK ||
        attempts_count(pg, t->arena, t->job.endpoint, RETRY_BREAKER_WINDOW_MS, &count) != OK)
        return true;
    return !retry_breaker_open(count.total, count.failed) || count.last_ms >= RETRY_PROBE_MS;
}
