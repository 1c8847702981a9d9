#include "service.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../base/log.h"
#include "../codec/json.h"
#include "../codec/mime.h"

/* Secrets are in our memory: no core file, no reading by others of the same user. */
static void harden(void) {
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Threads are born with these blocked; the main thread waits for them. */
static sigset_t block_signals(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return ends;
}

/* At once: threads may be running, and nothing they own is worth closing. */
static _Noreturn void refuse(const char *why) {
    log_event(LOG_ERROR, "refused_to_start", LOG_T("why", why));
    _exit(EXIT_FAILURE);
}

static enum err begin(const struct service *s, void *ctx, struct arena *a, struct config *cfg,
                      struct why *why) {
    TRY(config_read(a, environ, cfg, why));
    log_setup(s->name, cfg->log_format, cfg->log_level);
    TRY(config_require(cfg, why));
    return s->open(ctx, cfg, why);
}

int service_run(const struct service *s, void *ctx) {
    struct arena *arena = arena_new();
    struct config cfg;
    struct why why = {0};
    sigset_t ends = block_signals();
    int number = 0;
    harden();
    json_setup();
    mime_setup();
    log_setup(s->name, "json", "info");
    enum err e = begin(s, ctx, arena, &cfg, &why);
    if (e != OK)
        refuse(why.text[0] ? why.text : err_text(e));
    s->say(ctx);
    sigwait(&ends, &number);
    log_event(LOG_INFO, "draining", LOG_N("signal", number));
    s->close(ctx, &cfg);
    log_event(LOG_INFO, "ended", LOG_N("status", 0));
    arena_free(arena);
    return EXIT_SUCCESS;
}
