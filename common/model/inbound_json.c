#include "inbound_json.h"

#include <string.h>

#include "../codec/json.h"

#define EXTRA_BYTES_MAX (2 * 1024 * 1024)

static void put_given(struct buf *b, const char *name, const char *text) {
    if (*text)
        json_put_text(b, name, text);
}

static void put_identities(struct buf *b, const struct inbound *i) {
    if (!i->n_identities)
        return;
    json_put_key(b, "identities");
    buf_addc(b, '[');
    for (int k = 0; k < i->n_identities; k++) {
        json_put_item(b);
        buf_addc(b, '{');
        json_put_text(b, "kind", i->identities[k].kind);
        json_put_text(b, "value", i->identities[k].value);
        json_put_flag(b, "verified", i->identities[k].trust == TRUST_VERIFIED);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

/* Bytes we keep are handed out by us; what a provider keeps is named as it named it. */
static void put_attachment(struct buf *b, const struct inbound_attachment *one, struct uid id) {
    char text[UID_TEXT_MAX];
    json_put_item(b);
    buf_addc(b, '{');
    json_put_text(b, "name", *one->name ? one->name : NULL);
    json_put_text(b, "content_type", *one->content_type ? one->content_type : NULL);
    if (one->size >= 0)
        json_put_number(b, "size", one->size);
    json_put_key(b, "url");
    if (!uid_is_nil(id))
        buf_addf(b, "\"/v1/attachments/%s\"", uid_text(id, text));
    else
        json_put_string(b, *one->url ? one->url : NULL);
    put_given(b, "media_id", one->media_id);
    buf_addc(b, '}');
}

static void put_attachments(struct buf *b, const struct inbound *i, const struct uid *ids) {
    if (!i->n_attachments)
        return;
    json_put_key(b, "attachments");
    buf_addc(b, '[');
    for (int k = 0; k < i->n_attachments; k++)
        put_attachment(b, &i->attachments[k], ids ? ids[k] : (struct uid){{0}});
    buf_addc(b, ']');
}

const char *inbound_json_extra(struct arena *a, const struct inbound *i, const struct uid *ids) {
    buf_auto b;
    buf_init(&b, EXTRA_BYTES_MAX);
    buf_addc(&b, '{');
    if (strcmp(i->content, "text") != 0)
        put_given(&b, "content", i->content);
    put_identities(&b, i);
    put_given(&b, "full_text", i->full_text);
    put_given(&b, "html", i->html);
    put_given(&b, "subject", i->subject);
    put_attachments(&b, i, ids);
    put_given(&b, "in_reply_to", i->in_reply_to);
    if (i->metadata)
        json_put_raw(&b, "metadata", i->metadata);
    if (i->mail)
        json_put_raw(&b, "mail", i->mail);
    buf_addc(&b, '}');
    return b.len > 2 ? arena_strndup(a, b.p, b.len) : NULL;
}

static void put_from(struct buf *b, const struct inbound *i) {
    if (!*i->address)
        return;
    json_put_key(b, "from");
    buf_addc(b, '{');
    json_put_text(b, "address", i->address);
    put_given(b, "name", i->name);
    buf_addc(b, '}');
}

static void put_receipt(struct buf *b, const struct inbound *i) {
    if (i->type == INBOUND_STATUS)
        json_put_text(b, "status",
                      i->status != DELIVERY_NONE ? delivery_status_text(i->status)
                                                 : i->status_text);
    put_given(b, "provider_status", i->status_text);
    put_given(b, "error_code", i->error_code);
    put_given(b, "error", i->error);
    if (i->watermark_ms)
        json_put_when(b, "watermark", i->watermark_ms);
}

void inbound_json_event(const struct inbound *i, const struct inbound_outcome *o, struct buf *out) {
    json_put_item(out);
    buf_addc(out, '{');
    json_put_text(out, "type", inbound_type_text(o->type));
    json_put_text(out, "external_id", *i->external_id ? i->external_id : NULL);
    put_given(out, "about", i->about);
    put_given(out, "content", i->content);
    put_from(out, i);
    put_given(out, "subject", i->subject);
    if (*i->text || i->mail)
        json_put_text(out, "text", i->text);
    put_given(out, "full_text", i->full_text);
    put_receipt(out, i);
    if (i->type == INBOUND_REACTION)
        json_put_text(out, "reaction", *i->reaction ? i->reaction : NULL);
    if (i->mail)
        json_put_raw(out, "mail", i->mail);
    if (i->metadata)
        json_put_raw(out, "metadata", i->metadata);
    if (i->sent_ms)
        json_put_when(out, "sent_at", i->sent_ms);
    if (!uid_is_nil(o->message_id))
        json_put_uid(out, "message_id", o->message_id);
    if (!uid_is_nil(o->conversation_id))
        json_put_uid(out, "conversation_id", o->conversation_id);
    put_given(out, "why", *o->why ? o->why : i->why);
    buf_addc(out, '}');
}
