#include "mailgun.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/html.h"
#include "../codec/json_lenient.h"
#include "../codec/mailbox.h"
#include "../codec/mime_text.h"
#include "mail_form.h"

#define AGE_MAX_S (9 * 3600)
#define AHEAD_MAX_S (15 * 60)
#define TIMESTAMP_MAX 15

/* ---- proof ---- */

static bool fresh(const char *timestamp, int64_t wall_ms) {
    size_t n = strlen(timestamp);
    int64_t then = strtoll(timestamp, NULL, 10), now = wall_ms / 1000;
    return n > 0 && n <= TIMESTAMP_MAX && strspn(timestamp, "0123456789") == n &&
           then >= now - AGE_MAX_S && then <= now + AHEAD_MAX_S;
}

static enum err mailgun_verify(struct arena *a, const struct channel_call *call) {
    struct mail_form form;
    struct span given;
    uint8_t mac[CRYPTO_SHA256_BYTES];
    bool ok = false;
    if (mail_form_parse(a, call->request, &form) != OK)
        return ERR_UNKNOWN_KEY;
    const char *timestamp = mail_form_text(a, &form, "timestamp");
    const char *text = arena_printf(a, "%s%s", timestamp, mail_form_text(a, &form, "token"));
    if (enc_unhex(a, span_trim(span_of(mail_form_text(a, &form, "signature"))), &given) != OK)
        return ERR_UNKNOWN_KEY;
    for (int i = 0; i < call->account->n_secrets; i++)
        ok |= crypto_hmac_sha256(span_of(call->account->secrets[i]), span_of(text), mac) == OK &&
              crypto_equal(mac, sizeof mac, given.p, given.n);
    return ok && fresh(timestamp, call->wall_ms) ? OK : ERR_UNKNOWN_KEY;
}

/* ---- the mail ---- */

static void add(struct arena *a, struct mime_head *h, const char *name, const char *value) {
    mime_head_add(a, h, span_of(name), span_of(value));
}

/* `message-headers`: pairs in order. */
static bool take_headers(struct arena *a, const char *text, struct mime_head *h) {
    json_auto list = NULL;
    size_t i;
    json_t *one;
    if (!*text || json_lenient(span_of(text), &list) != OK || !json_is_array(list))
        return false;
    json_array_foreach(list, i, one) {
        const char *name = json_string_value(json_array_get(one, 0));
        const char *value = json_string_value(json_array_get(one, 1));
        if (name && value)
            add(a, h, arena_strdup(a, name), arena_strdup(a, value));
    }
    return h->n > 0;
}

/* Where the list does not come, each header is a field of its own. */
static void take_fields(struct arena *a, const struct mail_form *form, struct mime_head *h) {
    static const char *const names[] = {"From",
                                        "To",
                                        "Cc",
                                        "Subject",
                                        "Date",
                                        "Message-Id",
                                        "In-Reply-To",
                                        "References",
                                        "Reply-To",
                                        "Sender",
                                        "Content-Type",
                                        "Content-Language",
                                        "Auto-Submitted",
                                        "Precedence",
                                        "X-Auto-Response-Suppress",
                                        "X-Failed-Recipients",
                                        "List-Id",
                                        "List-Unsubscribe",
                                        "Return-Path",
                                        "X-Mailgun-Spf",
                                        "X-Mailgun-Dkim-Check-Result",
                                        "Dkim-Signature",
                                        "X-Redthread-Loop",
                                        "X-Autoreply",
                                        "X-Autorespond",
                                        "Delivered-To"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mail_form_bytes(form, names[i]).p)
            add(a, h, names[i], mail_form_text(a, form, names[i]));
}

static const char *only(struct arena *a, const struct mime_head *h, const char *name) {
    const char *value = mime_head_count(h, name) == 1 ? mime_head_plain(a, h, name) : NULL;
    return value ? value : "";
}

/* Their verdict names no domain: it is taken for that of the one signature there is. */
static void take_verdict(struct arena *a, const struct mail_form *form, struct mail *mail) {
    const struct mime_head *h = &mail->mime.head;
    struct mail_envelope *e = &mail->envelope;
    const char *signature = only(a, h, "DKIM-Signature");
    const char *d = multipart_parameter(a, span_of(arena_printf(a, ";%s", signature)), "d");
    struct mailbox box;
    e->judge = "mailgun";
    if (!strcasecmp(only(a, h, "X-Mailgun-Dkim-Check-Result"), "Pass"))
        e->dkim_domain = d;
    if (e->from && !strcasecmp(only(a, h, "X-Mailgun-Spf"), "Pass") &&
        mailbox_parse(a, mail_form_text(a, form, "sender"), &box, 1))
        e->spf_domain = mailbox_domain(box.address);
}

static void take_envelope(struct arena *a, const struct mail_form *form, struct mail *mail) {
    struct mail_envelope *e = &mail->envelope;
    struct mailbox boxes[MAIL_TO_MAX];
    if (mail_form_bytes(form, "sender").p)
        e->from = mail_form_text(a, form, "sender");
    e->n_recipients = mailbox_parse(a, mail_form_text(a, form, "recipient"), boxes, MAIL_TO_MAX);
    for (int i = 0; i < e->n_recipients; i++)
        e->recipients[i] = boxes[i].address;
    take_verdict(a, form, mail);
}

static bool blank(const char *text) { return !span_trim(span_of(text)).n; }

static void take_fields_mail(struct arena *a, const struct mail_form *form, struct mail *mail) {
    if (!take_headers(a, mail_form_text(a, form, "message-headers"), &mail->mime.head))
        take_fields(a, form, &mail->mime.head);
    mail_form_type(a, &mail->mime);
    mail_form_attach(a, form, &mail->mime);
    mail->html = mail_form_text(a, form, "body-html");
    mail->text = mail_form_text(a, form, "body-plain");
    if (blank(mail->text))
        mail->text = html_text(a, span_of(mail->html));
    mail->html = mime_text_tidy(a, mail->html, MIME_HTML_BYTES_MAX);
    mail->identity = span_of(arena_printf(a, "%s\n%s\n%s\n%s", mail_form_text(a, form, "from"),
                                          mail_form_text(a, form, "Date"),
                                          mail_form_text(a, form, "subject"), mail->text));
}

static enum err mailgun_parse(struct arena *a, const struct channel_call *call,
                              struct inbound_list *out) {
    struct mail_form form;
    struct mail *mail = ARENA_NEW(a, struct mail);
    if (mail_form_parse(a, call->request, &form) != OK)
        return ERR_MALFORMED;
    struct span raw = mail_form_bytes(&form, "body-mime");
    mail->account = call->account;
    if (raw.p)
        TRY(mail_parse(a, call->account, raw, mail));
    else
        take_fields_mail(a, &form, mail);
    if (!mail->mime.head.n)
        return ERR_MALFORMED;
    take_envelope(a, &form, mail);
    mail_inbound(a, mail, out);
    return OK;
}

const struct channel mailgun_channel = {
    .kind = CHANNEL_MAILGUN,
    .call_bytes_max = MAIL_CALL_BYTES_MAX,
    .verify = mailgun_verify,
    .parse = mailgun_parse,
    .text_max = MESSAGE_TEXT_MAX,
    .render = mail_render,
    .outcome = mail_outcome,
};
