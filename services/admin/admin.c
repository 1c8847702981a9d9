#include "admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../common/base/log.h"

int admin_fail(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fputs("redthread: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_FAILURE;
}

static bool read_config(struct admin *admin) {
    struct why why = {0};
    admin->arena = arena_new();
    if (config_read(admin->arena, environ, &admin->cfg, &why) == OK) {
        if (*admin->cfg.database_url)
            return true;
        why_set(&why, ERR_INVALID, "", "REDTHREAD_DATABASE_URL is not set");
    }
    admin_fail("%s", why.text);
    arena_free(admin->arena);
    return false;
}

bool admin_open(const char *command, struct admin *admin) {
    if (!read_config(admin))
        return false;
    log_setup(command, "logfmt", "error");
    admin->pool = pg_pool_open(&(struct pg_options){
        .url = admin->cfg.database_url,
        .application_name = command,
        .size = 1,
        .timeout_ms = (int)admin->cfg.database_timeout_ms,
        .pooled = admin->cfg.database_pooled,
    });
    if (pg_lease(admin->pool, &admin->pg) == OK)
        return true;
    admin_fail("the database of REDTHREAD_DATABASE_URL does not answer");
    admin->pg = NULL;
    admin_close(admin);
    return false;
}

void admin_close(struct admin *admin) {
    if (admin->pg)
        pg_return(admin->pg);
    pg_pool_close(admin->pool);
    arena_free(admin->arena);
}
