#include "message_render.h"

#include "../../common/codec/json.h"

static void put_given(struct buf *b, const char *name, const char *text) {
    json_put_text(b, name, text && *text ? text : NULL);
}

/* A member of extra as it was stored; `none` where there is none. */
static void put_extra(struct buf *b, const json_t *extra, const char *name, const char *none) {
    const json_t *value = json_object_get(extra, name);
    struct arena *a = value ? arena_new() : NULL;
    json_put_raw(b, name, value ? json_text(a, value) : none);
    arena_free(a);
}

static void put_party(struct buf *b, const struct message *m) {
    json_put_key(b, "author");
    buf_addc(b, '{');
    json_put_text(b, "type", party_type_text(m->author.type));
    json_put_text(b, "id", m->author.id);
    put_given(b, "name", m->author_name);
    buf_addc(b, '}');
}

/* The customer's side of the channel, whichever way the message went. */
static void put_from(struct buf *b, const struct message *m, const json_t *extra) {
    json_put_key(b, "from");
    if (m->direction == DIRECTION_OUT) {
        buf_adds(b, "null");
        return;
    }
    buf_addc(b, '{');
    json_put_text(b, "address", m->address);
    put_given(b, "name", m->direction == DIRECTION_IN ? m->author_name : NULL);
    put_extra(b, extra, "identities", "[]");
    buf_addc(b, '}');
}

static void put_delivery(struct buf *b, const struct message *m) {
    json_put_key(b, "delivery");
    if (m->delivery == DELIVERY_NONE) {
        buf_adds(b, "null");
        return;
    }
    buf_addc(b, '{');
    json_put_text(b, "status", delivery_status_text(m->delivery));
    json_put_number(b, "attempts", m->attempts);
    put_given(b, "last_error", m->last_error);
    buf_addc(b, '}');
}

static void put_content(struct buf *b, const struct message *m, const json_t *extra) {
    const char *type = json_string_value(json_object_get(extra, "content"));
    json_put_text(b, "type", type ? type : "text");
    json_put_text(b, "text", m->text);
    put_extra(b, extra, "full_text", NULL);
    put_extra(b, extra, "html", NULL);
    put_extra(b, extra, "subject", NULL);
    put_extra(b, extra, "attachments", "[]");
    put_extra(b, extra, "in_reply_to", NULL);
    put_given(b, "language", m->language);
    put_extra(b, extra, "metadata", "{}");
    put_extra(b, extra, "citation", NULL);
    put_extra(b, extra, "reaction", NULL);
    if (json_object_get(extra, "mail"))
        put_extra(b, extra, "mail", NULL);
}

void message_render(const struct message *m, struct buf *out) {
    json_auto extra = NULL;
    if (m->extra && json_load_limited(span_of(m->extra), INT64_MAX, &extra, NULL) != OK)
        extra = NULL;
    buf_addc(out, '{');
    json_put_uid(out, "id", m->id);
    json_put_uid(out, "conversation_id", m->conversation_id);
    json_put_uid(out, "customer_id", m->customer_id);
    json_put_number(out, "seq", m->seq);
    json_put_text(out, "direction", direction_text(m->direction));
    json_put_text(out, "kind", message_kind_text(m->kind));
    put_party(out, m);
    put_given(out, "channel", m->channel);
    put_given(out, "external_id", m->external_id);
    put_from(out, m, extra);
    put_content(out, m, extra);
    json_put_when(out, "sent_at", m->sent_ms);
    json_put_when(out, "received_at", m->received_ms);
    json_put_when(out, "edited_at", m->edited_ms);
    json_put_when(out, "deleted_at", m->deleted_ms);
    put_delivery(out, m);
    buf_addc(out, '}');
}
