/* redthread-worker: delivers, asks bots, rings timers, keeps what is only for reading. */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../../common/base/log.h"
#include "../../common/codec/json.h"
#include "../../common/store/wakes.h"
#include "health_door.h"
#include "tasks.h"
#include "upkeep.h"

struct worker {
    struct world *world;
    struct lane_workers *lanes[lane_count_];
    int n_lanes;
    struct upkeep *upkeep;
    struct redis_subscriber *bell;
    struct httpd *door;
};

static void rung(void *ctx, struct span message) {
    struct worker *w = ctx;
    (void)message;
    for (int i = 0; i < w->n_lanes; i++)
        lane_ring(w->lanes[i]);
    if (w->upkeep)
        upkeep_ring(w->upkeep);
}

static enum err open_all(struct worker *w, const struct config *cfg, struct why *why) {
    const struct lane_options lanes[] = {{LANE_DELIVERY, (int)cfg->lanes_delivery, deliver_run},
                                         {LANE_BOT, (int)cfg->lanes_bot, askbot_run},
                                         {LANE_TIMER, (int)cfg->lanes_upkeep, ring_run}};
    int threads = (int)(cfg->lanes_delivery + cfg->lanes_bot);
    TRY(world_open(cfg, "worker", threads / 2 + 2, &w->world, why));
    TRY(health_door_open(w->world, cfg->metrics_listen, &w->door, why));
    for (size_t i = 0; i < sizeof lanes / sizeof lanes[0]; i++)
        if (lanes[i].threads > 0)
            w->lanes[w->n_lanes++] = lane_open(w->world, &lanes[i]);
    if (cfg->lanes_upkeep > 0)
        w->upkeep = upkeep_open(w->world);
    w->bell = redis_subscribe(w->world->redis, WAKES_CHANNEL, rung, w);
    return OK;
}

static void close_all(struct worker *w, const struct config *cfg) {
    redis_unsubscribe(w->bell);
    if (w->door)
        httpd_close(w->door, (int)cfg->drain_ms);
    for (int i = 0; i < w->n_lanes; i++)
        lane_close(w->lanes[i]);
    if (w->upkeep)
        upkeep_close(w->upkeep);
    world_close(w->world);
}

/* Secrets are in our memory: no core file, no reading by others of the same user. */
static void harden(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGPIPE, SIG_IGN);
}

static sigset_t block_signals(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return ends;
}

static void run(struct worker *w, const struct config *cfg, const sigset_t *ends) {
    int number = 0;
    log_event(LOG_INFO, "listening", LOG_N("lanes", w->n_lanes),
              LOG_N("port", w->door ? httpd_port(w->door) : 0));
    sigwait(ends, &number);
    log_event(LOG_INFO, "draining", LOG_N("signal", number));
    close_all(w, cfg);
    log_event(LOG_INFO, "ended", LOG_N("status", 0));
}

int main(void) {
    struct arena *arena = arena_new();
    struct config cfg;
    struct why why = {0};
    static struct worker worker;
    sigset_t ends = block_signals();
    harden();
    json_setup();
    log_setup("worker", "json", "info");
    enum err e = config_read(arena, environ, &cfg, &why);
    if (e == OK)
        log_setup("worker", cfg.log_format, cfg.log_level);
    if (e == OK)
        e = config_require(&cfg, &why);
    if (e == OK)
        e = open_all(&worker, &cfg, &why);
    if (e != OK) {
        log_event(LOG_ERROR, "refused_to_start",
                  LOG_T("why", why.text[0] ? why.text : err_text(e)));
        return EXIT_FAILURE;
    }
    run(&worker, &cfg, &ends);
    arena_free(arena);
    return EXIT_SUCCESS;
}
