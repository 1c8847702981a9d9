/* redthread-router: the HTTP process. Configuration comes from the environment only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../common/base/log.h"
#include "../../common/flow/service.h"
#include "door.h"
#include "ingest.h"
#include "pace.h"
#include "router.h"
#include "serve.h"
#include "stream_hub.h"

#define IDLE_MS 75000
#define SPARE_DESCRIPTORS 256 /* database, Redis, log, epoll and what libraries keep open */

static enum err check_descriptors(const struct config *cfg, struct why *why) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return why_set(why, ERR_BUG, "", "cannot read the limit of open files");
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max >= (rlim_t)(cfg->connections_max + SPARE_DESCRIPTORS))
        return OK;
    return why_set(
        why, ERR_INVALID, "",
        "REDTHREAD_CONNECTIONS_MAX=%" PRId64 " needs %" PRId64 " open files, the limit is %" PRIu64,
        cfg->connections_max, cfg->connections_max + SPARE_DESCRIPTORS, (uint64_t)limit.rlim_max);
}

/* One more than can save: it reads what comes in while they wait for the database. */
static int executors(const struct config *cfg) { return (int)cfg->executors + 1; }

static struct crew *open_turns(struct router *router, const struct config *cfg) {
    const struct crew_options options = {.name = "turns",
                                         .threads = executors(cfg),
                                         .queue_max = (int)cfg->queue_max,
                                         .batch_max = (int)cfg->batch_max,
                                         .inside_max = (int)cfg->executors,
                                         .work = serve_turns,
                                         .ctx = router};
    return crew_open(&options);
}

static struct crew *open_reads(struct router *router, const struct config *cfg) {
    const struct crew_options options = {.name = "reads",
                                         .threads = (int)cfg->readers,
                                         .queue_max = (int)cfg->queue_max,
                                         .batch_max = 1,
                                         .work = serve_reads,
                                         .ctx = router};
    return crew_open(&options);
}

static enum err open_all(void *ctx, const struct config *cfg, struct why *why) {
    struct router *router = ctx;
    TRY(check_descriptors(cfg, why));
    TRY(world_open(cfg, "router", (int)cfg->executors, &router->world, why));
    struct httpd_options options = {.listen = cfg->listen,
                                    .connections_max = (int)cfg->connections_max,
                                    .body_deadline_ms = (int)cfg->body_deadline_ms,
                                    .idle_ms = IDLE_MS,
                                    .streams_max = (int)cfg->streams_max,
                                    .hooks = door_hooks(router)};
    router->desks = ingest_desks_open(executors(cfg), (int)cfg->batch_max);
    router->hub = stream_hub_open(router->world);
    router->pace = pace_open();
    router->turns = open_turns(router, cfg);
    router->reads = open_reads(router, cfg);
    return httpd_open(&options, &router->httpd, why);
}

/* Everything in flight is answered before a crew is closed, and streams end before the hub does.
 * The reads hand some calls on to the turns, so they are closed first. */
static void close_all(void *ctx, const struct config *cfg) {
    struct router *router = ctx;
    atomic_store(&router->draining, true);
    httpd_quiesce(router->httpd);
    httpd_close(router->httpd, (int)cfg->drain_ms);
    crew_close(router->reads);
    crew_close(router->turns);
    stream_hub_close(router->hub);
    pace_close(router->pace);
    ingest_desks_close(router->desks, executors(cfg));
    world_close(router->world);
}

static void say(void *ctx) {
    const struct router *router = ctx;
    log_event(LOG_INFO, "listening", LOG_N("port", httpd_port(router->httpd)),
              LOG_T("address", router->world->cfg->listen));
}

int main(void) {
    static struct router router;
    const struct service service = {"router", open_all, say, close_all};
    return service_run(&service, &router);
}
