#include "connector.h"

#include <inttypes.h>

#include "../codec/json.h"
#include "../codec/sign.h"
#include "../codec/utf8.h"

#define BODY_BYTES_MAX (2 * 1024 * 1024)
#define HEADERS_N 8
#define EXTERNAL_ID_MAX 200 /* code points */

/* A text member of what is rarely there; NULL for none. Borrowed from extra. */
static const char *extra_text(const json_t *extra, const char *name) {
    const char *text = json_string_value(json_object_get(extra, name));
    return text && *text ? text : NULL;
}

static void put_optional(struct buf *b, const char *name, const char *text) {
    if (text)
        json_put_text(b, name, text);
}

static void put_author(struct buf *b, const struct message *m) {
    json_put_key(b, "author");
    buf_addc(b, '{');
    json_put_text(b, "type", party_type_text(m->author.type));
    json_put_text(b, "id", m->author.id);
    json_put_text(b, "name", m->author_name);
    buf_addc(b, '}');
}

static void put_to(struct buf *b, const struct message *m) {
    json_put_key(b, "to");
    buf_addc(b, '{');
    json_put_text(b, "address", m->address);
    buf_addc(b, '}');
}

static void put_data(struct buf *b, const struct channel_outbound *o, const json_t *extra) {
    const struct message *m = o->message;
    char id[UID_TEXT_MAX];
    json_put_key(b, "data");
    buf_addc(b, '{');
    json_put_text(b, "message_id", uid_text(m->id, id));
    json_put_text(b, "conversation_id", o->conversation_id);
    json_put_text(b, "customer_id", o->customer_id);
    json_put_text(b, "channel", o->account->id);
    json_put_number(b, "seq", m->seq);
    put_to(b, m);
    json_put_text(b, "text", o->text);
    put_optional(b, "html", extra_text(extra, "html"));
    put_optional(b, "subject", extra_text(extra, "subject"));
    put_author(b, m);
    put_optional(b, "in_reply_to", extra_text(extra, "in_reply_to"));
    buf_addc(b, '}');
}

/* Nothing in it depends on the attempt, so that a peer may compare what it gets twice. */
static enum err body(struct arena *a, const struct channel_outbound *o, struct span *out) {
    json_auto extra = NULL;
    if (o->message->extra)
        TRY(json_load_span(span_of(o->message->extra), &extra, NULL));
    buf_auto b;
    buf_init(&b, BODY_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "type", "message.created");
    json_put_when(&b, "timestamp", o->message->received_ms);
    put_data(&b, o, extra);
    buf_addc(&b, '}');
    TRY(buf_done(&b));
    *out = (struct span){arena_copy(a, b.p, b.len), b.len};
    return OK;
}

/* One signature for each secret, so that a peer may change over while it is rotated. */
static enum err sign(struct arena *a, const struct channel_outbound *o, const char *id,
                     struct span bytes, struct wire_header out[3]) {
    const char *all = "";
    if (o->account->n_secrets < 1)
        return ERR_INVALID;
    for (int i = 0; i < o->account->n_secrets; i++) {
        TRY(sign_headers(a, o->account->secrets[i], id, o->unix_s, bytes, out));
        all = arena_printf(a, "%s%s%s", all, *all ? " " : "", out[2].value);
    }
    out[2].value = all;
    return OK;
}

static enum err connector_render(struct arena *a, const struct channel_outbound *o,
                                 struct wire_request *out) {
    char uid[UID_TEXT_MAX];
    struct span bytes;
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, HEADERS_N);
    const char *id = arena_printf(a, "msg_%s", uid_text(o->message->id, uid));
    TRY(body(a, o, &bytes));
    TRY(sign(a, o, id, bytes, headers));
    headers[3] = (struct wire_header){"Content-Type", "application/json"};
    headers[4] = (struct wire_header){"Conversation-Id", arena_strdup(a, o->conversation_id)};
    headers[5] = (struct wire_header){"Conversation-Seq", arena_printf(a, "%d", o->message->seq)};
    headers[6] = (struct wire_header){"Attempt", arena_printf(a, "%d", o->attempt)};
    headers[7] = (struct wire_header){"Idempotency-Key", id};
    *out = (struct wire_request){"POST", arena_strdup(a, o->account->outbound_url), headers,
                                 HEADERS_N, bytes};
    return OK;
}

/* The peer may name the message; what we cannot read is as good as not named. */
static const char *external_id(struct arena *a, struct span answer) {
    json_auto j = NULL;
    if (json_load_span(answer, &j, NULL) != OK)
        return "";
    const char *id = json_string_value(json_object_get(j, "external_id"));
    return id && utf8_count(id) <= EXTERNAL_ID_MAX ? arena_strdup(a, id) : "";
}

static enum channel_outcome outcome_of(int status) {
    static const struct {
        int first, last;
        enum channel_outcome outcome;
    } rows[] = {
        {200, 299, CHANNEL_ACCEPTED},
        {410, 410, CHANNEL_DISABLE},
        {429, 429, CHANNEL_WAIT},
        {502, 504, CHANNEL_WAIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (status >= rows[i].first && status <= rows[i].last)
            return rows[i].outcome;
    return CHANNEL_RETRY;
}

static void connector_outcome(struct arena *a, const struct wire_response *response,
                              int64_t wall_ms, struct channel_receipt *out) {
    *out = (struct channel_receipt){outcome_of(response->status), -1, "", "", ""};
    if (out->outcome == CHANNEL_ACCEPTED) {
        out->external_id = external_id(a, response->body);
        return;
    }
    out->error = response->status ? arena_printf(a, "HTTP %d", response->status) : "no answer";
    out->retry_after_ms = wire_retry_after_ms(response->headers, response->n_headers, wall_ms);
    if (out->outcome == CHANNEL_RETRY && out->retry_after_ms >= 0)
        out->outcome = CHANNEL_WAIT;
}

const struct channel connector_channel = {
    .kind = CHANNEL_CONNECTOR,
    .text_max = MESSAGE_TEXT_MAX,
    .render = connector_render,
    .outcome = connector_outcome,
};
