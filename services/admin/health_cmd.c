#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/log.h"
#include "../../common/io/fetch.h"
#include "admin.h"
#include "commands.h"

#define TIMEOUT_MS 4000
/* An operator asks about a machine of their own, so nothing is out of bounds. */
#define ANYWHERE "0.0.0.0/0,::/0"

static const char *ready_url(struct arena *a, const char *url) {
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    if (path && path[1])
        return url;
    return arena_printf(a, "%s%s", url, path ? "readyz" : "/readyz");
}

static int ask(struct arena *a, struct fetch *f, const char *url) {
    struct wire_request request = {.method = "GET", .url = url};
    struct wire_response response = {0};
    enum err e = fetch_run(f, a, &request, TIMEOUT_MS, NULL, NULL, &response);
    if (e != OK)
        return admin_fail("%s: %s", url, err_text(e));
    if (response.status / 100 != 2)
        return admin_fail("%s: not ready, status %d", url, response.status);
    return EXIT_SUCCESS;
}

int health_cmd(int argc, char **argv) {
    struct fetch_net *net;
    struct why why = {0};
    if (argc != 2)
        return admin_fail("health takes one URL");
    log_setup("redthread-health", "logfmt", "error");
    fetch_setup();
    if (fetch_net_parse(ANYWHERE, &net, &why) != OK)
        return admin_fail("%s", why.text);
    struct arena *a = arena_new();
    struct fetch *f = fetch_new(net);
    int status = ask(a, f, ready_url(a, argv[1]));
    fetch_free(f);
    arena_free(a);
    fetch_net_free(net);
    return status;
}
