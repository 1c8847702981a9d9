#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "../../common/codec/enc.h"

#define QUERY_PAIRS_MAX 32

enum err request_query(struct request *r, const char *name, const char **value) {
    struct enc_pair *pairs;
    int n;
    *value = NULL;
    enum err e = enc_form(r->arena, span_of(r->call->query), QUERY_PAIRS_MAX, &pairs, &n);
    if (e != OK)
        return why_set(&r->why, ERR_INVALID, "", "the query is not a list of name=value");
    for (int i = 0; i < n && !*value; i++)
        if (strcmp(pairs[i].name, name) == 0)
            *value = pairs[i].value;
    return OK;
}

enum err request_query_number(struct request *r, const char *name, int64_t min, int64_t max,
                              int64_t fallback, int64_t *value) {
    const char *text;
    char *end;
    *value = fallback;
    TRY(request_query(r, name, &text));
    if (!text)
        return OK;
    errno = 0;
    int64_t number = strtoll(text, &end, 10);
    bool plain = text[0] && strspn(text, "-0123456789") == strlen(text);
    if (!plain || errno || *end || number < min || number > max)
        return why_set(&r->why, ERR_INVALID, "",
                       "%s must be a whole number from %" PRId64 " to %" PRId64, name, min, max);
    *value = number;
    return OK;
}

enum err request_uid(struct request *r, int i, struct uid *out) {
    return uid_parse(r->param[i], out) ? OK : ERR_ABSENT;
}

void reply_header(struct reply *out, const char *name, const char *value) {
    if (out->n_headers < REPLY_HEADERS_MAX)
        out->headers[out->n_headers++] = (struct wire_header){name, value};
}

static bool is_bound(const struct api_key *key, const char *channel) {
    for (int i = 0; i < key->n_channels; i++)
        if (strcmp(key->channels[i], channel) == 0)
            return true;
    return false;
}

enum err request_allow_channel(struct request *r, const char *channel) {
    if (r->caller.role != ROLE_CONNECTOR || is_bound(r->caller.key, channel))
        return OK;
    return why_set(&r->why, ERR_DENIED, "", "this key is not bound to that channel");
}

enum err request_allow_agent(struct request *r, const char *agent) {
    bool self = r->caller.key->agent && strcmp(r->caller.key->agent, agent) == 0;
    if (r->caller.role == ROLE_ADMIN || (r->caller.role == ROLE_AGENT && self))
        return OK;
    return why_set(&r->why, ERR_DENIED, "", "this key may not act as that agent");
}

void reply_list_open(struct reply *out) { buf_adds(&out->body, "{\"items\":["); }

void reply_list_close(struct reply *out, const char *cursor) {
    buf_addc(&out->body, ']');
    json_put_text(&out->body, "next_cursor", cursor);
    buf_addc(&out->body, '}');
}
