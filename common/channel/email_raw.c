#include "email_raw.h"

#include "../codec/mailbox.h"
#include "mail.h"

/* A header of the call, not of the mail. */
static const char *said(const struct wire_request *q, const char *name) {
    return wire_header_find(q->headers, q->n_headers, name);
}

static void take_envelope(struct arena *a, const struct wire_request *q, struct mail_envelope *e) {
    struct mailbox *boxes = ARENA_ARRAY(a, struct mailbox, MAIL_TO_MAX);
    const char *to = said(q, "X-Envelope-To");
    e->from = said(q, "X-Envelope-From");
    e->n_recipients = to ? mailbox_parse(a, to, boxes, MAIL_TO_MAX) : 0;
    for (int i = 0; i < e->n_recipients; i++)
        e->recipients[i] = boxes[i].address;
}

static enum err email_raw_parse(struct arena *a, const struct channel_call *call,
                                struct inbound_list *out) {
    struct mail *mail = ARENA_NEW(a, struct mail);
    if (!span_trim(call->request->body).n)
        return ERR_MALFORMED;
    TRY(mail_parse(a, call->account, call->request->body, mail));
    take_envelope(a, call->request, &mail->envelope);
    mail_inbound(a, mail, out);
    return OK;
}

const struct channel email_raw_channel = {
    .kind = CHANNEL_EMAIL_RAW,
    .call_bytes_max = MIME_BYTES_MAX,
    .call_by_key = true,
    .parse = email_raw_parse,
    .text_max = MESSAGE_TEXT_MAX,
    .render = mail_render,
    .outcome = mail_outcome,
};
