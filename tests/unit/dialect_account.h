/* dialect_account: a channel as an operator configures it, and the running of parse cases. */
#pragma once
#include <string.h>

#include "../../common/channel/channel.h"
#include "../../common/codec/json.h"
#include "cases.h"

struct dialect {
    const struct channel *channel;
    const char *file;        /* of the cases: "channel/KIND" */
    const char *credentials; /* JSON, also the settings */
    const char *settings;
};

/* overrides: {"credentials": {…}, "settings": {…}} or NULL. The texts live in the arena. */
static inline struct channel_account dialect_account(struct arena *a, const struct dialect *d,
                                                     const json_t *overrides) {
    struct why why = {{0}, {0}};
    struct channel_account c = account_blank();
    json_error_t error;
    json_auto credentials = json_loads(d->credentials, 0, &error);
    json_auto settings = json_loads(d->settings, 0, &error);
    assert_non_null(credentials);
    assert_non_null(settings);
    json_object_update(credentials, json_object_get(overrides, "credentials"));
    json_object_update(settings, json_object_get(overrides, "settings"));
    c.id = "c";
    c.kind = d->channel->kind;
    if (account_parse_credentials(credentials, "", &c, &why) != OK ||
        account_parse_settings(settings, "", &c, &why) != OK)
        fail_msg("%s %s", why.pointer, why.text);
    account_keep(a, &c);
    return c;
}

/* For cmocka's group: an arena. */
static inline int dialect_with_arena(void **state) {
    *state = arena_new();
    return 0;
}

static inline int dialect_without_arena(void **state) {
    arena_free(*state);
    return 0;
}
