/* learn-handover: what POST /v1/policies/learn-handover does, over all that is stored. */
#include <stdio.h>
#include <stdlib.h>

#include "../../common/base/clock.h"
#include "../../common/codec/json.h"
#include "../../common/flow/apprentice.h"
#include "../../common/store/policies.h"
#include "admin.h"
#include "commands.h"
#include "options.h"

static bool read_time(const char *option, const char *text, int64_t *ms) {
    if (!text || (clock_parse_rfc3339(text, ms) && *ms > 0))
        return true;
    admin_fail("%s must be an RFC 3339 time", option);
    return false;
}

static enum err say(struct admin *admin, int version) {
    struct policies_version stored;
    json_auto root = NULL;
    TRY(policies_load(admin->pg, admin->arena, version, &stored));
    TRY(json_load_span(span_of(stored.body), &root, NULL));
    printf("{\"version\":%d,\"handover\":%s}\n", version,
           json_text(admin->arena, json_object_get(root, "handover")));
    return OK;
}

static int learn(const struct apprentice_wish *wish) {
    struct admin admin;
    struct why why = {{0}, {0}};
    int version = 0;
    if (!admin_open("redthread-learn", &admin))
        return EXIT_FAILURE;
    enum err e = apprentice_learn(admin.pg, wish, &version, &why);
    if (e == OK)
        e = say(&admin, version);
    int status = e == OK ? EXIT_SUCCESS : admin_fail("%s", why.text[0] ? why.text : err_text(e));
    admin_close(&admin);
    return status;
}

int learn_cmd(int argc, char **argv) {
    const char *since = NULL, *until = NULL;
    struct apprentice_wish wish = {.look_at = INT64_MAX};
    const struct options_row rows[] = {{"--since", &since, false}, {"--until", &until, false}};
    if (!options_parse(argc, argv, rows, 2) || !read_time("--since", since, &wish.span.since_ms) ||
        !read_time("--until", until, &wish.span.until_ms))
        return 2;
    return learn(&wish);
}
