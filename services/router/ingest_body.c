#include "ingest_body.h"

#include <stdio.h>

#include "../../common/codec/json_plain.h"
#include "../../common/model/identity.h"

#define EXTERNAL_ID_CHARS_MAX 200
#define HTML_CHARS_MAX 100000
#define SUBJECT_CHARS_MAX 998
#define LOCALE_CHARS_MAX 35
#define ADDRESS_CHARS_MAX 320
#define NAME_CHARS_MAX 200
#define URL_CHARS_MAX 2048
#define FILE_CHARS_MAX 255
#define METADATA_BYTES_MAX (16 * 1024)
#define EXTRA_BYTES_MAX (2 * 1024 * 1024)
#define SIZE_MAX_BYTES (INT64_C(1) << 50)

#define BODY(member, kind, required, min, max)                                                     \
    { #member, JSON_KIND_##kind, required, offsetof(struct ingest_body, member), min, max }

static const struct json_field body_fields[] = {
    BODY(channel, ID, true, 0, 0),
    BODY(external_id, TEXT, true, 1, EXTERNAL_ID_CHARS_MAX),
    BODY(from, OBJECT, true, 0, 0),
    BODY(text, TEXT, false, 0, MESSAGE_TEXT_MAX),
    BODY(html, TEXT, false, 0, HTML_CHARS_MAX),
    BODY(subject, TEXT, false, 0, SUBJECT_CHARS_MAX),
    BODY(locale, TEXT, false, 0, LOCALE_CHARS_MAX),
    BODY(attachments, ARRAY, false, 0, MESSAGE_ATTACHMENTS_MAX),
    BODY(in_reply_to, TEXT, false, 1, EXTERNAL_ID_CHARS_MAX),
    {"sent_at", JSON_KIND_TIME, false, offsetof(struct ingest_body, sent_ms), 0, 0},
    BODY(metadata, OBJECT, false, 0, 0),
};

static const struct json_field sender_fields[] = {
    {"address", JSON_KIND_TEXT, true, offsetof(struct ingest_sender, address), 1,
     ADDRESS_CHARS_MAX},
    {"name", JSON_KIND_TEXT, false, offsetof(struct ingest_sender, name), 0, NAME_CHARS_MAX},
    {"identities", JSON_KIND_ARRAY, false, offsetof(struct ingest_sender, identities), 0,
     MESSAGE_IDENTITIES_MAX},
};

struct claimed {
    const char *kind, *value;
    bool verified;
};
static const struct json_field claimed_fields[] = {
    {"kind", JSON_KIND_TEXT, true, offsetof(struct claimed, kind), 1, IDENTITY_KIND_MAX},
    {"value", JSON_KIND_TEXT, true, offsetof(struct claimed, value), 1, IDENTITY_VALUE_MAX},
    {"verified", JSON_KIND_FLAG, false, offsetof(struct claimed, verified), 0, 0},
};

struct attachment {
    const char *url, *content_type, *name;
    int64_t size;
};
static const struct json_field attachment_fields[] = {
    {"url", JSON_KIND_TEXT, true, offsetof(struct attachment, url), 1, URL_CHARS_MAX},
    {"content_type", JSON_KIND_TEXT, false, offsetof(struct attachment, content_type), 0,
     FILE_CHARS_MAX},
    {"name", JSON_KIND_TEXT, false, offsetof(struct attachment, name), 0, FILE_CHARS_MAX},
    {"size", JSON_KIND_INTEGER, false, offsetof(struct attachment, size), 0, SIZE_MAX_BYTES},
};
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

static const struct ingest_body nothing = {
    .text = "", .subject = "", .locale = "", .sender = {.name = ""}};

bool ingest_body_plain(struct arena *a, struct span raw, struct ingest_body *out) {
    const struct json_plain_shape sender = {
        .rows = sender_fields, .n_rows = ROWS(sender_fields), .target = &out->sender};
    const struct json_plain_shape body = {.rows = body_fields,
                                          .n_rows = ROWS(body_fields),
                                          .target = out,
                                          .inner_name = "from",
                                          .inner = &sender};
    *out = nothing;
    return json_plain_fill(a, raw, &body) && out->text[0];
}

enum err ingest_body_read(const json_t *json, struct ingest_body *out, struct why *why) {
    *out = nothing;
    TRY(json_fill(json, "", body_fields, ROWS(body_fields), out, why));
    if (out->text[0] == '\0' && json_array_size(out->attachments) == 0)
        return why_set(why, ERR_INVALID, "/text", "is required when there are no attachments");
    return OK;
}

static enum err read_identity(struct arena *a, const json_t *json, int no, struct identity *out,
                              struct why *why) {
    char at[WHY_POINTER_MAX];
    struct claimed c = {0};
    struct why inner = {0};
    snprintf(at, sizeof at, "/from/identities/%d", no);
    TRY(json_fill(json, at, claimed_fields, ROWS(claimed_fields), &c, why));
    *out = (struct identity){c.kind, c.value, c.verified ? TRUST_VERIFIED : TRUST_CLAIMED};
    if (identity_normalise(a, c.kind, c.value, &out->value, &inner) == OK)
        return OK;
    const char *place = arena_printf(a, "%s%s", at, inner.pointer);
    return why_set(why, ERR_INVALID, place, "%s", inner.text);
}

static enum err read_identities(struct arena *a, const json_t *array, struct turn *t,
                                struct why *why) {
    int n = (int)json_array_size(array);
    struct identity *items = n ? ARENA_ARRAY(a, struct identity, n) : NULL;
    for (int i = 0; i < n; i++)
        TRY(read_identity(a, json_array_get(array, (size_t)i), i, &items[i], why));
    t->identities = items;
    t->n_identities = n;
    return OK;
}

/* The address is the sender's own identity; on some channels an e-mail address or a phone number.
 */
static enum err check_address(struct arena *a, const struct channel_account *account,
                              const char *address, struct why *why) {
    const char *own = ARENA_JOIN(a, "channel:", account->id), *normalised;
    const char *kind = account->identity_kind[0] ? account->identity_kind : own;
    struct why inner = {0};
    if (identity_normalise(a, kind, address, &normalised, &inner) == OK)
        return OK;
    return why_set(why, ERR_INVALID, "/from/address", "%s", inner.text);
}

static enum err check_attachments(const json_t *array, struct why *why) {
    for (size_t i = 0; i < json_array_size(array); i++) {
        char at[WHY_POINTER_MAX];
        struct attachment one = {0};
        snprintf(at, sizeof at, "/attachments/%zu", i);
        TRY(json_fill(json_array_get(array, i), at, attachment_fields, ROWS(attachment_fields),
                      &one, why));
    }
    return OK;
}

static void put_given(struct buf *b, const char *name, const char *text) {
    if (text && text[0])
        json_put_text(b, name, text);
}

static void put_json(struct arena *a, struct buf *b, const char *name, const json_t *j) {
    if (j && (json_array_size(j) || json_object_size(j)))
        json_put_raw(b, name, json_text(a, j));
}

/* Most messages have nothing of it, and then the column is null. */
static const char *render_extra(struct arena *a, const struct ingest_body *body,
                                const struct ingest_sender *from) {
    bool plain = !from->identities && !body->html && !*body->subject && !body->attachments &&
                 !body->in_reply_to && !body->metadata;
    if (plain)
        return NULL;
    buf_auto b;
    buf_init(&b, EXTRA_BYTES_MAX);
    buf_addc(&b, '{');
    put_json(a, &b, "identities", from->identities);
    put_given(&b, "html", body->html);
    put_given(&b, "subject", body->subject);
    put_json(a, &b, "attachments", body->attachments);
    put_given(&b, "in_reply_to", body->in_reply_to);
    put_json(a, &b, "metadata", body->metadata);
    buf_addc(&b, '}');
    return b.len > 2 ? arena_strndup(a, b.p, b.len) : NULL;
}

static enum err check_metadata(struct arena *a, const json_t *metadata, struct why *why) {
    if (!metadata || strlen(json_text(a, metadata)) <= METADATA_BYTES_MAX)
        return OK;
    return why_set(why, ERR_INVALID, "/metadata", "is larger than %d bytes", METADATA_BYTES_MAX);
}

static void fill_turn(struct arena *a, const struct ingest_body *body,
                      const struct ingest_sender *from, struct turn *out) {
    struct message *m = ARENA_NEW(a, struct message);
    m->direction = DIRECTION_IN;
    m->author = party_of(PARTY_CUSTOMER, "");
    m->author_name = from->name;
    m->channel = body->channel;
    m->external_id = body->external_id;
    m->address = from->address;
    m->text = body->text;
    m->language = m->last_error = "";
    m->sent_ms = body->sent_ms;
    m->extra = render_extra(a, body, from);
    out->kind = TURN_MESSAGE;
    out->inbound = m;
    out->locale = body->locale;
    out->subject = body->subject;
    out->actor = m->author;
    out->target = party_of(PARTY_NONE, "");
    out->text = m->text;
    out->channel = out->idempotency = "";
    out->epoch = -1;
}

enum err ingest_body_turn(struct arena *a, const struct ingest_body *body,
                          const struct channel_account *account, struct turn *out,
                          struct why *why) {
    struct ingest_sender from = body->sender;
    *out = (struct turn){.kind = TURN_MESSAGE};
    if (body->from)
        TRY(json_fill(body->from, "/from", sender_fields, ROWS(sender_fields), &from, why));
    TRY(check_address(a, account, from.address, why));
    TRY(read_identities(a, from.identities, out, why));
    TRY(check_attachments(body->attachments, why));
    TRY(check_metadata(a, body->metadata, why));
    fill_turn(a, body, &from, out);
    return OK;
}
