#include "sendgrid.h"

#include <string.h>
#include <strings.h>

#include "../codec/charset.h"
#include "../codec/html.h"
#include "../codec/json_lenient.h"
#include "../codec/mailbox.h"
#include "../codec/mime_text.h"
#include "mail_form.h"

static const char *text_of(struct arena *a, const json_t *j) {
    const char *text = json_string_value(j);
    return text ? arena_strdup(a, text) : "";
}

/* A field in the charset that is said of it. */
static const char *field(struct arena *a, const struct mail_form *form, const json_t *charsets,
                         const char *name) {
    struct span bytes = mail_form_bytes(form, name);
    const char *label = text_of(a, json_object_get(charsets, name));
    return bytes.p ? mime_text_tidy(a, charset_text(a, label, bytes), MIME_TEXT_BYTES_MAX) : "";
}

static json_t *json_field(struct arena *a, const struct mail_form *form, const char *name) {
    json_t *out = NULL;
    const char *text = mail_form_text(a, form, name);
    return *text && json_lenient(span_of(text), &out) == OK ? out : NULL;
}

/* ---- verdicts ---- */

/* "{@example.com : pass, @b.dk : fail}": a domain whose signature was good; the sender's first. */
static const char *signer(struct arena *a, const char *dkim, const char *sender) {
    const char *found = "";
    for (const char *at = dkim; (at = strchr(at, '@')); at++) {
        size_t n = strcspn(at + 1, " :,}");
        const char *result = at + 1 + n + strspn(at + 1 + n, " :");
        if (strncasecmp(result, "pass", 4) != 0 || (result[4] && !strchr(" ,}", result[4])))
            continue;
        found = arena_strndup(a, at + 1, n);
        if (!strcasecmp(found, sender))
            return found;
    }
    return found;
}

static void take_envelope(struct arena *a, const struct mail_form *form, struct mail *mail) {
    json_auto j = json_field(a, form, "envelope");
    struct mail_envelope *e = &mail->envelope;
    struct mailbox box;
    size_t i;
    json_t *one;
    if (json_object_get(j, "from"))
        e->from = text_of(a, json_object_get(j, "from"));
    json_array_foreach(json_object_get(j, "to"), i, one) {
        if (e->n_recipients < MAIL_TO_MAX && mailbox_parse(a, text_of(a, one), &box, 1))
            e->recipients[e->n_recipients++] = box.address;
    }
    const char *from = mime_head_plain(a, &mail->mime.head, "From");
    const char *sender = from && mailbox_parse(a, from, &box, 1) ? mailbox_domain(box.address) : "";
    e->judge = "sendgrid";
    e->dkim_domain = signer(a, mail_form_text(a, form, "dkim"), sender);
    if (e->from && !strcasecmp(mail_form_text(a, form, "SPF"), "pass"))
        e->spf_domain = mailbox_domain(e->from);
}

/* ---- the mail ---- */

static void add_missing(struct arena *a, struct mime_head *h, const char *name, const char *value) {
    if (*value && !mime_head_count(h, name))
        mime_head_add(a, h, span_of(name), span_of(value));
}

static void take_head(struct arena *a, const struct mail_form *form, const json_t *charsets,
                      struct mime_head *h) {
    struct span raw = mail_form_bytes(form, "headers");
    static const char *const names[][2] = {
        {"From", "from"}, {"To", "to"}, {"Cc", "cc"}, {"Subject", "subject"}};
    if (raw.p)
        mime_head_parse(a, raw, h);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_missing(a, h, names[i][0], field(a, form, charsets, names[i][1]));
}

static void take_fields(struct arena *a, const struct mail_form *form, struct mail *mail) {
    json_auto charsets = json_field(a, form, "charsets");
    take_head(a, form, charsets, &mail->mime.head);
    mail_form_type(a, &mail->mime);
    mail_form_attach(a, form, &mail->mime);
    mail->html = field(a, form, charsets, "html");
    mail->text = field(a, form, charsets, "text");
    if (!span_trim(span_of(mail->text)).n)
        mail->text = html_text(a, span_of(mail->html));
    mail->html = mime_text_tidy(a, mail->html, MIME_HTML_BYTES_MAX);
    mail->identity = span_of(arena_printf(a, "%s\n%s\n%s", mail_form_text(a, form, "headers"),
                                          field(a, form, charsets, "from"), mail->text));
}

static enum err sendgrid_parse(struct arena *a, const struct channel_call *call,
                               struct inbound_list *out) {
    struct mail_form form;
    struct mail *mail = ARENA_NEW(a, struct mail);
    if (mail_form_parse(a, call->request, &form) != OK)
        return ERR_MALFORMED;
    struct span raw = mail_form_bytes(&form, "email");
    mail->account = call->account;
    if (raw.p)
        TRY(mail_parse(a, call->account, raw, mail));
    else
        take_fields(a, &form, mail);
    if (!mail->mime.head.n)
        return ERR_MALFORMED;
    take_envelope(a, &form, mail);
    mail_inbound(a, mail, out);
    return OK;
}

const struct channel sendgrid_channel = {
    .kind = CHANNEL_SENDGRID,
    .call_bytes_max = MAIL_CALL_BYTES_MAX,
    .verify = mail_form_basic,
    .parse = sendgrid_parse,
    .text_max = MESSAGE_TEXT_MAX,
    .render = mail_render,
    .outcome = mail_outcome,
};
