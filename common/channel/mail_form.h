/* mail_form: what Mailgun and SendGrid post, multipart or urlencoded, as one list of fields: raw
 * bytes, for a field may be in any charset. */
#pragma once
#include "../codec/multipart.h"
#include "mail.h"

struct mail_form {
    struct multipart_part *parts; /* filename NULL: a field */
    int n;
};

/* ERR_MALFORMED, ERR_TOO_LARGE. */
MUST_CHECK enum err mail_form_parse(struct arena *a, const struct wire_request *request,
                                    struct mail_form *out);
/* First field of that name in either spelling of its first letter; p NULL: there is none. */
struct span mail_form_bytes(const struct mail_form *form, const char *name);
/* The same as text of ours, its charset UTF-8 unless it is not; "" if there is none. */
const char *mail_form_text(struct arena *a, const struct mail_form *form, const char *name);
/* A file of the form as a part of the mail. */
void mail_form_attach(struct arena *a, const struct mail_form *form, struct mime_mail *mail);
/* HTTP basic (RFC 7617) with the account's user name and any of its secrets. */
MUST_CHECK enum err mail_form_basic(struct arena *a, const struct channel_call *call);
/* What the header says of the kind of the whole. */
void mail_form_type(struct arena *a, struct mime_mail *mail);
