#include "postmark.h"

#include <string.h>
#include <strings.h>

#include "../codec/enc.h"
#include "../codec/html.h"
#include "../codec/json_lenient.h"
#include "../codec/mailbox.h"
#include "../codec/mime_text.h"
#include "mail_form.h"

#define CALL_BYTES_MAX (50 * 1024 * 1024) /* 35 MB of attachments, in base64 */

static const char *text(struct arena *a, const json_t *j, const char *name) {
    const char *value = json_string_value(json_object_get(j, name));
    return value ? mime_text_tidy(a, value, MIME_TEXT_BYTES_MAX) : "";
}

static void add_missing(struct arena *a, struct mime_head *h, const char *name, const char *value) {
    if (*value && !mime_head_count(h, name))
        mime_head_add(a, h, span_of(name), span_of(value));
}

/* ---- header ---- */

/* "Name" <Email>, so that a comma in a name parts nothing. */
static const char *mailbox_of(struct arena *a, const json_t *full) {
    const char *name = text(a, full, "Name"), *email = text(a, full, "Email");
    char *quoted = arena_strdup(a, name);
    for (char *c = quoted; *c; c++)
        if (strchr("\"\\\r\n", *c))
            *c = ' ';
    return !*email ? "" : arena_printf(a, "\"%s\" <%s>", quoted, email);
}

static const char *mailboxes_of(struct arena *a, const json_t *list) {
    const char *all = "";
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *box = mailbox_of(a, one);
        if (*box && i < MAIL_TO_MAX)
            all = arena_printf(a, "%s%s%s", all, *all ? ", " : "", box);
    }
    return all;
}

static void take_head(struct arena *a, const json_t *j, struct mime_head *h) {
    const char *from = mailbox_of(a, json_object_get(j, "FromFull"));
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(j, "Headers"), i, one) {
        const char *name = text(a, one, "Name");
        if (*name)
            mime_head_add(a, h, span_of(name), span_of(text(a, one, "Value")));
    }
    add_missing(a, h, "From", *from ? from : text(a, j, "From"));
    add_missing(a, h, "To", mailboxes_of(a, json_object_get(j, "ToFull")));
    add_missing(a, h, "To", text(a, j, "To"));
    add_missing(a, h, "Cc", mailboxes_of(a, json_object_get(j, "CcFull")));
    add_missing(a, h, "Subject", text(a, j, "Subject"));
    add_missing(a, h, "Reply-To", text(a, j, "ReplyTo"));
    add_missing(a, h, "Date", text(a, j, "Date"));
}

/* ---- verdicts ---- */

/* SpamAssassin's DKIM_VALID_AU is a good signature of the sender's own domain. A second header of
 * the name may have come with the mail: then neither counts. */
static void take_verdict(struct arena *a, struct mail *mail) {
    const struct mime_head *h = &mail->mime.head;
    const char *tests = mime_head_plain(a, h, "X-Spam-Tests");
    const char *from = mime_head_plain(a, h, "From");
    struct mailbox box;
    mail->envelope.judge = "postmark";
    if (!tests || mime_head_count(h, "X-Spam-Tests") != 1 || !strstr(tests, "DKIM_VALID_AU"))
        return;
    if (from && mailbox_parse(a, from, &box, 1))
        mail->envelope.dkim_domain = mailbox_domain(box.address);
}

static void take_envelope(struct arena *a, const json_t *j, struct mail *mail) {
    struct mail_envelope *e = &mail->envelope;
    struct mailbox box;
    if (mailbox_parse(a, text(a, j, "OriginalRecipient"), &box, 1))
        e->recipients[e->n_recipients++] = box.address;
    take_verdict(a, mail);
}

/* ---- attachments ---- */

static void take_attachment(struct arena *a, const json_t *j, struct mime_mail *mail) {
    struct mime_part *p = &mail->parts[mail->n_parts++];
    const char *content = json_string_value(json_object_get(j, "Content"));
    const char *type = text(a, j, "ContentType");
    *p = (struct mime_part){.type = *type ? type : "application/octet-stream",
                            .name = mime_head_decode(a, span_of(text(a, j, "Name"))),
                            .content_id = text(a, j, "ContentID"),
                            .charset = "",
                            .attachment = true,
                            .bytes = {"", 0}};
    if (strchr(p->type, ';'))
        p->type = arena_strndup(a, p->type, strcspn(p->type, "; "));
    if (content && enc_unbase64(a, span_of(content), &p->bytes) != OK)
        p->bytes = (struct span){"", 0};
}

static void take_attachments(struct arena *a, const json_t *list, struct mime_mail *mail) {
    size_t i, n = json_array_size(list);
    json_t *one;
    mail->parts = ARENA_ARRAY(a, struct mime_part, n + 1);
    json_array_foreach(list, i, one) if (i < MIME_PARTS_MAX) take_attachment(a, one, mail);
}

/* ---- the mail ---- */

static void take_fields(struct arena *a, const json_t *j, struct mail *mail) {
    take_head(a, j, &mail->mime.head);
    mail_form_type(a, &mail->mime);
    take_attachments(a, json_object_get(j, "Attachments"), &mail->mime);
    mail->html = text(a, j, "HtmlBody");
    mail->text = text(a, j, "TextBody");
    if (!span_trim(span_of(mail->text)).n)
        mail->text = html_text(a, span_of(mail->html));
    mail->html = mime_text_tidy(a, mail->html, MIME_HTML_BYTES_MAX);
    mail->identity = span_of(text(a, j, "MessageID"));
}

static enum err postmark_parse(struct arena *a, const struct channel_call *call,
                               struct inbound_list *out) {
    struct mail *mail = ARENA_NEW(a, struct mail);
    json_auto j = NULL;
    if (json_lenient(call->request->body, &j) != OK || !json_is_object(j))
        return ERR_MALFORMED;
    const char *raw = json_string_value(json_object_get(j, "RawEmail"));
    mail->account = call->account;
    if (raw && *raw)
        TRY(mail_parse(a, call->account, span_of(arena_strdup(a, raw)), mail));
    else
        take_fields(a, j, mail);
    if (!mail->mime.head.n)
        return ERR_MALFORMED;
    take_envelope(a, j, mail);
    mail_inbound(a, mail, out);
    return OK;
}

const struct channel postmark_channel = {
    .kind = CHANNEL_POSTMARK,
    .call_bytes_max = CALL_BYTES_MAX,
    .verify = mail_form_basic,
    .parse = postmark_parse,
    .text_max = MESSAGE_TEXT_MAX,
    .render = mail_render,
    .outcome = mail_outcome,
};
