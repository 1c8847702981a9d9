/* ingest_receipts: what a connector learned about messages we sent. A status only moves forward. */
#include "../../common/channel/channel.h"
#include "../../common/store/messages.h"
#include "../../common/store/wakes.h"
#include "handlers.h"
#include "problem.h"

#define ITEMS_MAX 500
#define EXTERNAL_ID_CHARS_MAX 200
#define ERROR_CHARS_MAX 200

struct receipt_body {
    const char *channel, *external_id, *message_id, *status, *error;
    int64_t at_ms; /* the provider's time; ours is what is kept */
};
#define FIELD(member, kind, required, min, max)                                                    \
    { #member, JSON_KIND_##kind, required, offsetof(struct receipt_body, member), min, max }
static const struct json_field fields[] = {
    FIELD(channel, ID, false, 0, 0),
    FIELD(external_id, TEXT, false, 1, EXTERNAL_ID_CHARS_MAX),
    FIELD(message_id, TEXT, false, 1, UID_TEXT_MAX),
    FIELD(status, TEXT, true, 1, 16),
    FIELD(error, TEXT, false, 0, ERROR_CHARS_MAX),
    {"at", JSON_KIND_TIME, false, offsetof(struct receipt_body, at_ms), 0, 0},
};
#define FIELDS ((int)(sizeof fields / sizeof fields[0]))

struct receipt {
    enum delivery_status to;
    struct message message;
    bool changed;
};

static enum err read_body(struct request *r, const json_t *json, struct receipt_body *body,
                          enum delivery_status *to) {
    struct why *why = &r->why;
    *body = (struct receipt_body){.error = ""};
    TRY(json_fill(json, "", fields, FIELDS, body, why));
    if (!delivery_status_parse(body->status, to) || *to < DELIVERY_SENT)
        return why_set(why, ERR_INVALID, "/status", "must be sent, delivered, read or failed");
    if (!body->message_id == !body->external_id)
        return why_set(why, ERR_INVALID, "/message_id", "give message_id or external_id");
    if (body->external_id && !body->channel)
        return why_set(why, ERR_INVALID, "/channel", "is required with external_id");
    return body->channel ? request_allow_channel(r, body->channel) : OK;
}

/* What a key may not see does not exist for it. */
static enum err find(struct request *r, struct pg *c, const struct receipt_body *body,
                     struct message *out) {
    struct uid id;
    if (body->external_id)
        TRY(messages_by_external_id(c, r->arena, body->channel, body->external_id, out));
    else if (!uid_parse(body->message_id, &id))
        return why_set(&r->why, ERR_INVALID, "/message_id", "is not an id");
    else
        TRY(messages_by_id(c, r->arena, id, out));
    struct why unsaid = r->why;
    bool elsewhere = body->channel && strcmp(body->channel, out->channel) != 0;
    bool theirs = request_allow_channel(r, out->channel) == OK;
    r->why = unsaid;
    return theirs && !elsewhere && out->direction == DIRECTION_OUT ? OK : ERR_ABSENT;
}

static enum err take(struct request *r, struct pg *c, const json_t *json, struct receipt *out) {
    struct receipt_body body;
    TRY(read_body(r, json, &body, &out->to));
    TRY(find(r, c, &body, &out->message));
    const struct message_mark mark = {.conversation_id = out->message.conversation_id,
                                      .seq = out->message.seq,
                                      .to = out->to,
                                      .from = channel_receipt_sources(out->to),
                                      .error = body.error,
                                      .external_id = "",
                                      .channel = out->message.channel};
    return messages_mark(c, r->arena, &mark, &out->changed);
}

static void render(const struct receipt *receipt, struct buf *b) {
    const struct message *m = &receipt->message;
    enum delivery_status now = receipt->changed ? receipt->to : m->delivery;
    buf_addc(b, '{');
    json_put_uid(b, "message_id", m->id);
    json_put_uid(b, "conversation_id", m->conversation_id);
    json_put_number(b, "seq", m->seq);
    json_put_text(b, "status", delivery_status_text(now));
    json_put_flag(b, "changed", receipt->changed);
    buf_addc(b, '}');
}

static void render_item(struct request *r, enum err e, const struct receipt *receipt,
                        struct buf *b) {
    struct problem p = problem_of(e, &r->why);
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "status", p.status);
    json_put_key(b, e == OK ? "receipt" : "problem");
    if (e == OK)
        render(receipt, b);
    else
        problem_render(&p, r->request_id, b);
    buf_addc(b, '}');
}

static enum err take_many(struct request *r, struct pg *c, struct reply *out) {
    static const struct json_field rows[] = {{"items", JSON_KIND_ARRAY, true, 0, 1, ITEMS_MAX}};
    json_t *items = NULL;
    TRY(json_fill(r->body, "", rows, 1, &items, &r->why));
    out->status = 207;
    buf_adds(&out->body, "{\"items\":[");
    for (size_t i = 0; i < json_array_size(items); i++) {
        struct receipt receipt = {0};
        r->why = (struct why){0};
        enum err e = take(r, c, json_array_get(items, i), &receipt);
        if (err_http(e) >= 500)
            return e;
        render_item(r, e, &receipt, &out->body);
    }
    buf_adds(&out->body, "]}");
    return OK;
}

enum err ingest_receipts(struct request *r, struct reply *out) {
    struct receipt receipt = {0};
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    if (json_object_get(r->body, "items"))
        TRY(take_many(r, c, out));
    else
        TRY(take(r, c, r->body, &receipt));
    if (out->status == 200)
        render(&receipt, &out->body);
    wakes_ring(r->world->redis, "turn");
    return OK;
}
