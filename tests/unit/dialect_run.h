/* dialect_run: the three files of cases that an adapter has: what calls mean (KIND.json), what is
 * sent (KIND_render.json), what answers mean (KIND_outcome.json). */
#pragma once
#include "dialect.h"

#define DIALECT_WALL_MS INT64_C(1795255200000)

static inline void dialect_parse_case(struct arena *a, const struct dialect *d, const json_t *one) {
    struct channel_account account = dialect_account(a, d, json_object_get(one, "account"));
    struct wire_request request = dialect_request(a, json_object_get(one, "request"));
    struct channel_call call = {&account, &request, DIALECT_WALL_MS};
    struct inbound_list list = {0};
    const char *name = cases_text(one, "name", "?");
    enum err e = d->channel->parse(a, &call, &list);
    if (strcmp(err_name(e), cases_text(one, "error", "OK")) != 0)
        fail_msg("%s: %s", name, err_name(e));
    if (e == OK)
        dialect_check(a, name, json_object_get(one, "events"), &list);
}

static inline void dialect_parse(struct arena *a, const struct dialect *d) {
    json_auto all = cases_load(d->file);
    for (size_t i = 0; i < json_array_size(all); i++)
        dialect_parse_case(a, d, json_array_get(all, i));
}

static const enum party_type dialect_author[] = {PARTY_BOT, PARTY_AGENT};

static inline const char *dialect_extra(struct arena *a, const json_t *j, const char *name) {
    const json_t *v = json_object_get(j, name);
    return v ? json_text(a, v) : NULL;
}

static inline void dialect_render_check(struct arena *a, const json_t *one,
                                        const struct wire_request *r) {
    const char *header, *name = cases_text(one, "name", "?");
    json_t *value, *body = json_object_get(one, "body");
    if (strcmp(r->url, cases_text(one, "url", "")) != 0)
        fail_msg("%s: %s", name, r->url);
    json_object_foreach(json_object_get(one, "headers"), header, value) {
        const char *got = wire_header_find(r->headers, r->n_headers, header);
        if (!got || strcmp(got, json_string_value(value)) != 0)
            fail_msg("%s: %s: %s", name, header, got ? got : "(none)");
    }
    const char *wanted = json_is_string(body) ? json_string_value(body) : json_text(a, body);
    if (!span_is(r->body, wanted))
        fail_msg("%s: %.*s", name, (int)r->body.n, r->body.p);
}

static inline void dialect_render_case(struct arena *a, const struct dialect *d,
                                       const json_t *one) {
    struct channel_account account = dialect_account(a, d, json_object_get(one, "account"));
    const json_t *answered = json_object_get(one, "answers");
    struct message message = {.id = {{1, 2, 3}},
                              .address = cases_text(one, "address", ""),
                              .external_id = "",
                              .extra = dialect_extra(a, one, "extra"),
                              .author = {dialect_author[cases_number(one, "agent", 0)], "x"}};
    struct message answers = {.external_id = cases_text(answered, "external_id", ""),
                              .address = message.address,
                              .extra = dialect_extra(a, answered, "extra")};
    struct channel_outbound o = {.account = &account,
                                 .message = &message,
                                 .answers = answered ? &answers : NULL,
                                 .text = cases_text(one, "text", "Hej"),
                                 .part = cases_number(one, "part", 0),
                                 .n_parts = 2,
                                 .token = cases_text(one, "token", ""),
                                 .attempt = 1,
                                 .wall_ms = DIALECT_WALL_MS};
    struct wire_request r;
    enum err e = d->channel->render(a, &o, &r);
    if (strcmp(err_name(e), cases_text(one, "error", "OK")) != 0)
        fail_msg("%s: %s", cases_text(one, "name", "?"), err_name(e));
    if (e == OK)
        dialect_render_check(a, one, &r);
}

static inline void dialect_render(struct arena *a, const struct dialect *d) {
    json_auto all = cases_load(arena_printf(a, "%s_render", d->file));
    for (size_t i = 0; i < json_array_size(all); i++)
        dialect_render_case(a, d, json_array_get(all, i));
}

static const char *const dialect_outcomes[] = {
    [CHANNEL_ACCEPTED] = "accepted", [CHANNEL_RETRY] = "retry",   [CHANNEL_WAIT] = "wait",
    [CHANNEL_GIVE_UP] = "give_up",   [CHANNEL_CLOSED] = "closed", [CHANNEL_RENEW] = "renew",
    [CHANNEL_DISABLE] = "disable",
};

static inline void dialect_outcome(struct arena *a, const struct dialect *d) {
    json_auto all = cases_load(arena_printf(a, "%s_outcome", d->file));
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_array_get(all, i);
        struct wire_header h = {"Retry-After", cases_text(one, "retry_after", "")};
        struct wire_response r = {cases_number(one, "status", 0), &h,
                                  json_object_get(one, "retry_after") ? 1 : 0,
                                  dialect_body(a, one)};
        struct channel_receipt got;
        d->channel->outcome(a, &r, 0, &got);
        assert_string_equal(dialect_outcomes[got.outcome], cases_text(one, "outcome", ""));
        assert_int_equal(got.retry_after_ms, cases_number(one, "wait_ms", -1));
        assert_string_equal(got.external_id, cases_text(one, "external_id", ""));
        assert_string_equal(got.address, cases_text(one, "address", ""));
        assert_string_equal(got.error, cases_text(one, "error", ""));
    }
}
