#include "mail.h"

#include <string.h>
#include <strings.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/mail_date.h"
#include "../codec/mailbox.h"
#include "../codec/mime_text.h"
#include "../codec/quote.h"
#include "../codec/utf8.h"
#include "mail_auth.h"
#include "mail_class.h"
#include "mail_json.h"
#include "mail_reply.h"

#define LOCALE_MAX 16
#define ERROR_MAX 200

enum err mail_parse(struct arena *a, const struct channel_account *account, struct span bytes,
                    struct mail *out) {
    memset(out, 0, sizeof *out);
    TRY(mime_parse(a, bytes, &out->mime));
    out->account = account;
    out->text = mime_text(a, &out->mime);
    out->html = mime_text_html(a, &out->mime);
    out->identity = bytes;
    return OK;
}

/* ---- who, which ---- */

/* From; where it is missing or no address, Sender, then the envelope's. */
static void find_sender(struct arena *a, struct mail *m) {
    static const char *const headers[] = {"From", "Sender", "Return-Path"};
    struct mailbox box;
    m->from = m->from_name = "";
    for (size_t i = 0; i < sizeof headers / sizeof *headers && !*m->from; i++) {
        const char *value = mime_head_plain(a, &m->mime.head, headers[i]);
        if (value && mailbox_parse(a, value, &box, 1)) {
            m->from = box.address;
            m->from_name = box.name;
        }
    }
    if (!*m->from && m->envelope.from && mailbox_parse(a, m->envelope.from, &box, 1))
        m->from = box.address;
}

static void find_ids(struct arena *a, struct mail *m) {
    const char *ids[MAIL_IDS_MAX];
    const struct mime_head *h = &m->mime.head;
    m->message_id = mail_id_all(a, h, "Message-ID", ids) ? ids[0] : "";
    m->n_in_reply_to = mail_id_all(a, h, "In-Reply-To", m->in_reply_to);
    m->n_references = mail_id_all(a, h, "References", m->references);
}

/* The same whenever the same mail comes, if it has no id of its own. */
static const char *external_id(struct arena *a, const struct mail *m) {
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (*m->message_id)
        return m->message_id;
    crypto_sha256(m->identity, hash);
    return arena_printf(a, "sha256:%s", enc_hex(a, hash, sizeof hash));
}

/* The one it answers: In-Reply-To's last, else the newest of References. */
static const char *answered(const struct mail *m) {
    if (m->n_in_reply_to)
        return m->in_reply_to[m->n_in_reply_to - 1];
    return m->n_references ? m->references[m->n_references - 1] : "";
}

static const char *locale(struct arena *a, const struct mail *m) {
    const char *value = mime_head_plain(a, &m->mime.head, "Content-Language");
    static const char may[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t n = value ? strspn(value, may) : 0;
    return n >= 2 && n <= LOCALE_MAX ? arena_strndup(a, value, n) : "";
}

/* ---- what ---- */

static bool forwards(const char *subject) {
    static const char *const marks[] = {
        "Fwd:", "Fw:", "VS: FW",     "WG:",  "TR:",  "RV:", "Enc:", "Doorst:",
        "Vb:",  "VB:", "Videresend", "转发", "轉寄", "PD:", "I:"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (!strncasecmp(subject, marks[i], strlen(marks[i])))
            return true;
    return false;
}

static const char *capped(struct arena *a, struct span s) {
    const char *text = arena_strndup(a, s.p, s.n);
    return arena_strndup(a, text, utf8_truncate(text, MESSAGE_TEXT_MAX));
}

/* A machine's report is kept whole; of what a person wrote, what is new. */
static void take_text(struct arena *a, const struct mail *m, struct inbound *i) {
    bool words = i->type == INBOUND_MESSAGE || i->type == INBOUND_AUTO_REPLY;
    struct span all = span_trim(span_of(m->text));
    struct quote q = {.now = all};
    if (words)
        q = quote_read(a, m->text, forwards(m->subject));
    i->text = capped(a, q.now);
    i->full_text = q.cut ? capped(a, all) : "";
    i->html = m->html;
    i->subject = m->subject;
}

static void take_attachments(struct arena *a, struct mail *m, struct inbound *i) {
    for (int k = 0; k < m->mime.n_parts; k++) {
        const struct mime_part *p = &m->mime.parts[k];
        struct inbound_attachment *one = p->attachment ? inbound_attach(a, i) : NULL;
        if (one) {
            one->name = p->name;
            one->content_type = p->type;
            one->size = (int64_t)p->bytes.n;
            one->bytes = p->bytes;
        }
        m->mime.truncated |= p->attachment && !one;
    }
}

static void take_sender(struct arena *a, const struct mail *m, struct inbound *i) {
    i->address = m->from;
    i->name = m->from_name;
    bool proven = *m->from && mail_auth_proves(a, m);
    inbound_identify(a, i, "email", m->from, proven ? TRUST_VERIFIED : TRUST_CLAIMED);
    if (proven && i->n_identities)
        i->sender = i->identities[0];
}

/* ---- what became of ours ---- */

static const struct mail_recipient *worst(const struct mail_report *r) {
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->recipients[i].action, "failed"))
            return &r->recipients[i];
    return r->n ? &r->recipients[0] : NULL;
}

static void take_fate(struct arena *a, const struct mail *m, const struct mail_report *r,
                      struct inbound *i) {
    const struct mail_recipient *one = worst(r);
    i->about = *r->original_id ? r->original_id : answered(m);
    i->status_text = one ? one->action : "";
    i->error_code = one && i->type != INBOUND_DELIVERY_REPORT ? one->status : "";
    if (one && i->type != INBOUND_DELIVERY_REPORT)
        i->error = arena_strndup(a, one->diagnostic, utf8_truncate(one->diagnostic, ERROR_MAX));
    if (i->type == INBOUND_BOUNCE)
        i->status = DELIVERY_FAILED;
    if (i->type == INBOUND_DELIVERY_REPORT)
        i->status = mail_report_has(r, "read")        ? DELIVERY_READ
                    : mail_report_has(r, "delivered") ? DELIVERY_DELIVERED
                                                      : DELIVERY_NONE;
}

static void judge(struct arena *a, struct mail *m, struct mail_report *r, struct inbound *i) {
    mail_report_read(a, m, r);
    i->type = mail_class(a, m, r);
    if (i->type == INBOUND_BOUNCE || i->type == INBOUND_DELAYED)
        mail_report_guess(a, m, i->type == INBOUND_BOUNCE ? "failed" : "delayed", r);
    if (i->type == INBOUND_AUTO_REPLY)
        i->about = answered(m);
    else if (i->type != INBOUND_MESSAGE && i->type != INBOUND_LIST && i->type != INBOUND_LOOP)
        take_fate(a, m, r, i);
}

void mail_inbound(struct arena *a, struct mail *m, struct inbound_list *out) {
    struct inbound *i = inbound_add(a, out, INBOUND_MESSAGE);
    struct mail_report *report = ARENA_NEW(a, struct mail_report);
    if (!i)
        return;
    const char *date = mime_head_plain(a, &m->mime.head, "Date");
    const char *subject = mime_head_text(a, &m->mime.head, "Subject");
    m->subject = subject ? subject : "";
    find_sender(a, m);
    find_ids(a, m);
    judge(a, m, report, i);
    i->content = "mail";
    i->external_id = external_id(a, m);
    i->in_reply_to = answered(m);
    i->locale = locale(a, m);
    if (date && !mail_date_parse(date, &i->sent_ms))
        i->sent_ms = 0;
    take_sender(a, m, i);
    take_text(a, m, i);
    take_attachments(a, m, i);
    i->mail = mail_json(a, m, report, i->type);
    i->metadata = mail_json_metadata(a, m);
    if (!*m->from && i->type == INBOUND_MESSAGE) {
        i->type = INBOUND_INVALID;
        i->why = "the mail names no sender";
    }
}
