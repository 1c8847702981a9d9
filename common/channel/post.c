#include "post.h"

#include <inttypes.h>
#include <string.h>

#include "../codec/enc.h"
#include "../codec/json_lenient.h"
#include "pick.h"

#define HEADERS_MAX 3

const char *post_base(struct arena *a, const struct channel_account *account, const char *own) {
    const char *base = *account->api_base ? account->api_base : own;
    size_t n = strlen(base);
    while (n && base[n - 1] == '/')
        n--;
    return arena_strndup(a, base, n);
}

const char *post_bearer(struct arena *a, const char *token) {
    return arena_printf(a, "Bearer %s", token);
}

const char *post_basic(struct arena *a, const char *user, const char *password) {
    const char *both = arena_printf(a, "%s:%s", user, password);
    return arena_printf(a, "Basic %s", enc_base64(a, both, strlen(both)));
}

void post_header(struct wire_request *r, const char *name, const char *value) {
    struct wire_header *headers = (struct wire_header *)(uintptr_t)r->headers;
    if (r->n_headers < HEADERS_MAX)
        headers[r->n_headers++] = (struct wire_header){name, value};
}

static enum err post_body(struct arena *a, struct wire_request *out, const struct buf *body,
                          const char *authorization) {
    TRY(buf_done(body));
    out->method = "POST";
    out->body = (struct span){arena_strndup(a, buf_span(body).p, body->len), body->len};
    if (authorization)
        post_header(out, "Authorization", authorization);
    return OK;
}

static struct wire_request start(struct arena *a, const char *url, const char *content_type) {
    struct wire_request r = {.url = arena_strdup(a, url),
                             .headers = ARENA_ARRAY(a, struct wire_header, HEADERS_MAX)};
    post_header(&r, "Content-Type", content_type);
    return r;
}

enum err post_json(struct arena *a, const char *url, const char *authorization,
                   const struct buf *body, struct wire_request *out) {
    *out = start(a, url, "application/json; charset=utf-8");
    return post_body(a, out, body, authorization);
}

enum err post_form(struct arena *a, const char *url, const char *authorization,
                   const struct buf *body, struct wire_request *out) {
    *out = start(a, url, "application/x-www-form-urlencoded");
    return post_body(a, out, body, authorization);
}

void post_escape(struct buf *b, const char *text) {
    static const char digits[] = "0123456789ABCDEF", unreserved[] = "-._~";
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
                     strchr(unreserved, c);
        if (plain) {
            buf_addc(b, (char)c);
            continue;
        }
        buf_addc(b, '%');
        buf_addc(b, digits[c >> 4]);
        buf_addc(b, digits[c & 15]);
    }
}

void post_field(struct buf *b, const char *name, const char *value) {
    if (b->len)
        buf_addc(b, '&');
    post_escape(b, name);
    buf_addc(b, '=');
    post_escape(b, value);
}

const char *post_thread(struct arena *a, const struct channel_outbound *o, const char *name) {
    json_auto extra = NULL;
    if (!o->answers || !o->answers->extra ||
        json_load_limited(span_of(o->answers->extra), INT64_MAX, &extra, NULL) != OK)
        return "";
    return pick_text(a, pick(extra, "metadata"), name);
}

const char *post_message_id(struct arena *a, const struct channel_outbound *o) {
    char text[UID_TEXT_MAX];
    return arena_strdup(a, uid_text(o->message->id, text));
}

/* First row that fits. */
static enum channel_outcome outcome_of(int status) {
    static const struct {
        int first, last;
        enum channel_outcome outcome;
    } rows[] = {
        {200, 299, CHANNEL_ACCEPTED},
        /* The credential is not good: no message will pass until a person sets another. */
        {401, 401, CHANNEL_DISABLE},
        {408, 408, CHANNEL_RETRY},
        {425, 425, CHANNEL_RETRY},
        {429, 429, CHANNEL_WAIT},
        {400, 499, CHANNEL_GIVE_UP},
        {502, 504, CHANNEL_WAIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (status >= rows[i].first && status <= rows[i].last)
            return rows[i].outcome;
    return CHANNEL_RETRY;
}

void post_settle(struct channel_receipt *out) {
    if (out->outcome == CHANNEL_RETRY && out->retry_after_ms >= 0)
        out->outcome = CHANNEL_WAIT;
    if (out->outcome != CHANNEL_WAIT || out->retry_after_ms < 0)
        out->retry_after_ms = -1;
}

json_t *post_read(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out) {
    json_t *j = NULL;
    *out = (struct channel_receipt){outcome_of(response->status), -1, "", "", ""};
    if (out->outcome != CHANNEL_ACCEPTED)
        out->error = response->status ? arena_printf(a, "HTTP %d", response->status) : "no answer";
    out->retry_after_ms = wire_retry_after_ms(response->headers, response->n_headers, wall_ms);
    return json_lenient(response->body, &j) == OK ? j : NULL;
}

void post_code(struct arena *a, struct channel_receipt *out, struct post_table table, int64_t code,
               int64_t subcode) {
    out->error = subcode > 0 ? arena_printf(a, "code %" PRId64 "/%" PRId64, code, subcode)
                             : arena_printf(a, "code %" PRId64, code);
    if (out->outcome == CHANNEL_ACCEPTED) /* 200 around a refusal */
        out->outcome = CHANNEL_GIVE_UP;
    for (int i = 0; i < table.n; i++) {
        const struct post_row *row = &table.rows[i];
        if (row->code != code || (row->subcode != POST_ANY && row->subcode != subcode))
            continue;
        out->outcome = row->outcome;
        return;
    }
}
