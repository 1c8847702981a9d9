#include "mail_json.h"

#include <string.h>

#include "../codec/json.h"
#include "../codec/mailbox.h"
#include "mail_reply.h"

#define JSON_BYTES_MAX (256 * 1024)
#define HEADERS_MAX 10

static char *kept(struct arena *a, struct buf *b) {
    char *out = buf_done(b) == OK ? arena_strndup(a, b->p, b->len) : NULL;
    buf_fini(b);
    return out;
}

static void put_list(struct buf *b, const char *name, const char *const *items, int n) {
    json_put_key(b, name);
    buf_addc(b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(b);
        json_put_string(b, items[i]);
    }
    buf_addc(b, ']');
}

static void put_optional(struct buf *b, const char *name, const char *text) {
    json_put_text(b, name, text && *text ? text : NULL);
}

/* The addresses of all headers of a name. */
static int addresses(struct arena *a, const struct mail *m, const char *name,
                     const char *out[MAIL_TO_MAX]) {
    const char *values[HEADERS_MAX];
    struct mailbox *boxes = ARENA_ARRAY(a, struct mailbox, MAIL_TO_MAX);
    int n = 0, n_values = mime_head_all(a, &m->mime.head, name, values, HEADERS_MAX);
    for (int i = 0; i < n_values; i++) {
        int found = mailbox_parse(a, values[i], boxes, MAIL_TO_MAX - n);
        for (int k = 0; k < found; k++)
            out[n++] = boxes[k].address;
    }
    return n;
}

static void put_dsn(struct buf *b, const struct mail_report *r) {
    json_put_key(b, "dsn");
    buf_addc(b, '[');
    for (int i = 0; i < r->n; i++) {
        json_put_item(b);
        buf_addc(b, '{');
        json_put_text(b, "recipient", r->recipients[i].address);
        json_put_text(b, "action", r->recipients[i].action);
        put_optional(b, "status", r->recipients[i].status);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

static void put_report(struct buf *b, const struct mail_report *r, enum inbound_type type) {
    static const struct mail_report none = {.original_id = ""};
    const char *failed[MAIL_REPORT_RECIPIENTS_MAX];
    bool reports = type == INBOUND_BOUNCE || type == INBOUND_DELAYED ||
                   type == INBOUND_DELIVERY_REPORT || type == INBOUND_FEEDBACK_REPORT;
    int n = 0;
    r = reports ? r : &none;
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->recipients[i].action, "failed"))
            failed[n++] = r->recipients[i].address;
    put_dsn(b, r);
    put_list(b, "failed_recipients", failed, n);
    put_optional(b, "original_message_id", r->original_id);
}

const char *mail_json(struct arena *a, const struct mail *m, const struct mail_report *report,
                      enum inbound_type type) {
    const char *to[MAIL_TO_MAX], *reply_to[MAIL_TO_MAX];
    int n_to = addresses(a, m, "To", to), n_reply = addresses(a, m, "Reply-To", reply_to);
    for (int i = 0; !n_to && i < m->envelope.n_recipients; i++)
        to[i] = m->envelope.recipients[i];
    struct buf b;
    buf_init(&b, JSON_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "auto", type == INBOUND_MESSAGE ? "none" : inbound_type_text(type));
    put_optional(&b, "message_id", m->message_id);
    put_list(&b, "in_reply_to", m->in_reply_to, m->n_in_reply_to);
    put_list(&b, "references", m->references, m->n_references);
    put_optional(&b, "reply_to", n_reply ? reply_to[0] : NULL);
    put_list(&b, "to", to, n_to ? n_to : m->envelope.n_recipients);
    put_report(&b, report, type);
    buf_addc(&b, '}');
    return kept(a, &b);
}

/* ---- metadata ---- */

static bool reply_in(struct arena *a, const struct mail *m, const char *const *all, int n,
                     struct buf *b) {
    for (int i = 0; i < n; i++) {
        struct uid conversation;
        int seq;
        if (!mail_reply_read(a, m->account, all[i], &conversation, &seq))
            continue;
        json_put_key(b, "reply_to");
        buf_addc(b, '{');
        json_put_uid(b, "conversation_id", conversation);
        json_put_number(b, "seq", seq);
        buf_addc(b, '}');
        return true;
    }
    return false;
}

const char *mail_json_metadata(struct arena *a, const struct mail *m) {
    static const char *const headers[] = {
        "To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To"};
    const char *all[MAIL_TO_MAX];
    struct buf b;
    buf_init(&b, JSON_BYTES_MAX);
    buf_addc(&b, '{');
    bool found = reply_in(a, m, m->envelope.recipients, m->envelope.n_recipients, &b);
    for (size_t i = 0; i < sizeof headers / sizeof *headers && !found; i++)
        found = reply_in(a, m, all, addresses(a, m, headers[i], all), &b);
    if (m->mime.truncated)
        json_put_flag(&b, "truncated", true);
    bool any = b.len > 1;
    buf_addc(&b, '}');
    const char *out = kept(a, &b);
    return any ? out : NULL;
}
