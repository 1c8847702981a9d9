/*
 * service: how a program of ours begins and ends. Reads the configuration, hardens the process,
 * opens, waits for SIGTERM or SIGINT, closes. Whatever keeps it from starting is one clear line and
 * exit status 1.
 */
#pragma once
#include "../base/config.h"

struct service {
    const char *name; /* in each log line */
    enum err (*open)(void *ctx, const struct config *cfg, struct why *why);
    void (*say)(void *ctx);                             /* logs that and where it is ready */
    void (*close)(void *ctx, const struct config *cfg); /* drains */
};

/* The exit status of main. */
int service_run(const struct service *s, void *ctx);
