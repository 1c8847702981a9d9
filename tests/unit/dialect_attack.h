/* dialect_attack: what a forger tries on a signature in a header, for every adapter that has one.
 * `sign` is the provider's own side. */
#pragma once
#include "dialect.h"

#define DIALECT_NOW_MS INT64_C(1795255200000)
#define DIALECT_SECRET "a secret of this channel"
#define DIALECT_OTHER "a secret of another one"
#define DIALECT_BODY "{\"a\":\"\\u00e4\", \"b\":1}"

struct dialect_attack {
    const struct channel *channel;
    const char *header; /* that holds the signature */
    const char *query, *public_url;
    const char *body; /* NULL: DIALECT_BODY */
    const char *reserialised;
    bool body_covered;
    /* The header's value. */
    const char *(*sign)(struct arena *a, const char *secret, struct span body);
    struct wire_header also; /* e.g. the timestamp; name NULL: none */
};

static inline enum err dialect_try(struct arena *a, const struct dialect_attack *t,
                                   const char *given, struct span body, int n_secrets) {
    struct channel_account c = account_blank();
    struct wire_header headers[2] = {{t->header, given}, t->also};
    struct wire_request r = {"POST", arena_printf(a, "/hook%s", t->query ? t->query : ""), headers,
                             t->also.name ? 2 : 1, body};
    struct channel_call call = {&c, &r, DIALECT_NOW_MS};
    c.public_url = t->public_url ? t->public_url : "";
    c.secrets[0] = n_secrets == 2 ? "the newer secret" : DIALECT_SECRET;
    c.secrets[1] = DIALECT_SECRET;
    c.n_secrets = n_secrets;
    if (!given) {
        r.headers = &t->also;
        r.n_headers = t->also.name ? 1 : 0;
    }
    return t->channel->verify(a, &call);
}

static inline char *dialect_upper(struct arena *a, const char *s) {
    char *out = arena_strdup(a, s);
    for (char *p = out; *p; p++)
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 32);
    return out;
}

static inline void dialect_refuse(struct arena *a, const struct dialect_attack *t,
                                  const char *given, struct span body) {
    if (dialect_try(a, t, given, body, 1) != ERR_UNKNOWN_KEY)
        fail_msg("taken: %s %s", t->header, given ? given : "(none)");
}

static inline void dialect_attack(struct arena *a, const struct dialect_attack *t) {
    struct span body = span_of(t->body ? t->body : DIALECT_BODY);
    const char *good = t->sign(a, DIALECT_SECRET, body);
    const char *foreign = t->sign(a, DIALECT_OTHER, body);
    size_t n = strlen(good);
    assert_int_equal(dialect_try(a, t, good, body, 1), OK);
    assert_int_equal(dialect_try(a, t, good, body, 2), OK);
    assert_int_equal(dialect_try(a, t, good, body, 0), ERR_UNKNOWN_KEY);
    dialect_refuse(a, t, NULL, body);
    dialect_refuse(a, t, "", body);
    dialect_refuse(a, t, foreign, body);
    dialect_refuse(a, t, arena_strndup(a, good, n - 1), body);
    dialect_refuse(a, t, arena_printf(a, "%sA", good), body);
    dialect_refuse(a, t, arena_printf(a, " %s", good), body);
    dialect_refuse(a, t, dialect_upper(a, good), body);
    if (!t->body_covered)
        return;
    dialect_refuse(a, t, good, (struct span){body.p, body.n - 1});
    dialect_refuse(a, t, good, span_of(t->reserialised));
}

/* An empty secret proves nothing, not even an empty signature. */
static inline void dialect_attack_empty(struct arena *a, const struct channel *channel,
                                        const char *header, const char *given) {
    struct channel_account c = account_blank();
    struct wire_header h = {header, given};
    struct wire_request r = {"POST", "/hook", &h, 1, {"", 0}};
    struct channel_call call = {&c, &r, DIALECT_NOW_MS};
    c.public_url = "https://r.example/hook";
    c.secrets[0] = "";
    c.n_secrets = 1;
    assert_int_equal(channel->verify(a, &call), ERR_UNKNOWN_KEY);
}
