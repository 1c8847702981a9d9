#include "training.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../common/base/log.h"
#include "../../common/nlu/train.h"
#include "../../common/store/models.h"

#define SEED 20261121
#define REPORT_BYTES_MAX (4 * 1024 * 1024)
#define CALL_TIMEOUT_MS 120000 /* the bytes of a model are many */
#define NICE 10

/* What waits outlives the request that asked for it, so it stands here. */
static struct {
    pthread_mutex_t lock;
    struct training_wish waiting[TRAINING_WAITING_MAX];
    int n;
    bool running;
    int version; /* being learned, and how far that is */
    double progress;
} queue = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One training: what was learned, or why not. */
struct lesson {
    struct arena *arena;
    struct buf model, report;
    struct why why;
};

static void note_progress(void *ctx, int done, int of) {
    (void)ctx;
    pthread_mutex_lock(&queue.lock);
    queue.progress = (double)done / of;
    pthread_mutex_unlock(&queue.lock);
}

double training_progress(int version) {
    pthread_mutex_lock(&queue.lock);
    double progress = queue.running && queue.version == version ? queue.progress : -1;
    pthread_mutex_unlock(&queue.lock);
    return progress;
}

static enum err load_and_train(struct pg_pool *pool, struct lesson *l) {
    struct models_examples examples;
    {
        pg_lease_auto c = NULL;
        TRY(pg_lease(pool, &c));
        TRY(models_load_examples(c, l->arena, NULL, &examples));
    }
    if (examples.n > TRAIN_EXAMPLES_MAX)
        return why_set(&l->why, ERR_TOO_LARGE, "", "more than %d examples", TRAIN_EXAMPLES_MAX);
    struct train_options options = {.seed = SEED, .progress = note_progress};
    TRY(train_run(examples.items, examples.n, &options, &l->model, &l->report, &l->why));
    TRY(buf_done(&l->model));
    return buf_done(&l->report);
}

static enum err store(struct pg_pool *pool, const struct training_wish *wish, struct lesson *l) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(pool, &c));
    TRY(models_finish(c, l->arena, wish->version, buf_span(&l->model), l->report.p));
    if (!wish->activate)
        return OK;
    struct activation_wish activate = {wish->version, wish->force, wish->by};
    enum err e = activation_run(c, l->arena, &activate, &l->why);
    if (e == ERR_CONFLICT)
        log_event(LOG_WARN, "model_not_activated", LOG_N("version", wish->version),
                  LOG_T("reason", l->why.text));
    return e == ERR_CONFLICT ? OK : e;
}

static void give_up(struct pg_pool *pool, int version, enum err e, struct lesson *l) {
    pg_lease_auto c = NULL;
    log_event(LOG_WARN, "training_failed", LOG_N("version", version), LOG_T("error", err_name(e)));
    const char *reason = l->why.text[0] ? l->why.text : err_text(e);
    if (pg_lease(pool, &c) != OK || models_fail(c, l->arena, version, reason) != OK)
        log_event(LOG_WARN, "training_not_marked", LOG_N("version", version));
}

static void train(struct pg_pool *pool, const struct training_wish *wish) {
    struct lesson l = {.arena = arena_new()};
    buf_init(&l.model, TRAIN_MODEL_BYTES_MAX);
    buf_init(&l.report, REPORT_BYTES_MAX);
    enum err e = load_and_train(pool, &l);
    if (e == OK)
        e = store(pool, wish, &l);
    if (e == OK)
        log_event(LOG_INFO, "model_trained", LOG_N("version", wish->version),
                  LOG_N("bytes", l.model.len));
    else
        give_up(pool, wish->version, e, &l);
    buf_fini(&l.model);
    buf_fini(&l.report);
    arena_free(l.arena);
}

/* False: nothing waits, and from now on no thread runs. */
static bool take(struct training_wish *wish) {
    pthread_mutex_lock(&queue.lock);
    queue.running = queue.n > 0;
    bool found = queue.running;
    if (found) {
        *wish = queue.waiting[0];
        queue.version = wish->version;
        queue.progress = 0;
        queue.n--;
        for (int i = 0; i < queue.n; i++)
            queue.waiting[i] = queue.waiting[i + 1];
    }
    pthread_mutex_unlock(&queue.lock);
    return found;
}

static void *train_what_waits(void *ctx) {
    struct pg_pool *pool = ctx;
    struct training_wish wish;
    setpriority(PRIO_PROCESS, 0, NICE); /* of this thread only, on Linux */
    while (take(&wish))
        train(pool, &wish);
    pg_pool_close(pool);
    return NULL;
}

static void start(const struct config *cfg) {
    pthread_t thread;
    struct pg_pool *pool = pg_pool_open(&(struct pg_options){
        .url = cfg->database_url,
        .application_name = "redthread-training",
        .size = 1,
        .timeout_ms = CALL_TIMEOUT_MS,
        .pooled = cfg->database_pooled,
    });
    if (pthread_create(&thread, NULL, train_what_waits, pool) != 0)
        abort();
    pthread_detach(thread);
}

enum err training_add(const struct config *cfg, const struct training_wish *wish) {
    pthread_mutex_lock(&queue.lock);
    bool room = queue.n < TRAINING_WAITING_MAX, idle = !queue.running;
    if (room) {
        queue.waiting[queue.n++] = *wish;
        queue.running = true;
    }
    pthread_mutex_unlock(&queue.lock);
    if (room && idle)
        start(cfg);
    return room ? OK : ERR_BUSY;
}
