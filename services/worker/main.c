/* redthread-worker: delivers, asks bots, rings timers, keeps what is only for reading. */
#include "../../common/base/log.h"
#include "../../common/flow/service.h"
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

static enum err open_all(void *ctx, const struct config *cfg, struct why *why) {
    struct worker *w = ctx;
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

static void close_all(void *ctx, const struct config *cfg) {
    struct worker *w = ctx;
    for (int i = 0; i < w->n_lanes; i++)
        lane_stop(w->lanes[i]); /* all of them, before any is waited for */
    redis_unsubscribe(w->bell);
    if (w->door)
        httpd_close(w->door, (int)cfg->drain_ms);
    for (int i = 0; i < w->n_lanes; i++)
        lane_close(w->lanes[i]);
    if (w->upkeep)
        upkeep_close(w->upkeep);
    world_close(w->world);
}

static void say(void *ctx) {
    const struct worker *w = ctx;
    log_event(LOG_INFO, "listening", LOG_N("lanes", w->n_lanes),
              LOG_N("port", w->door ? httpd_port(w->door) : 0));
}

int main(void) {
    static struct worker worker;
    const struct service service = {"worker", open_all, say, close_all};
    return service_run(&service, &worker);
}
