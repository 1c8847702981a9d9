/*
 * mail: what email_raw, mailgun, sendgrid and postmark share: a mail, however it came, becomes one
 * inbound; a message of ours becomes a mail, handed to SMTP. Private to the adapters of mail.
 *
 * The sender is the first mailbox of From, whoever really wrote: it is proven only by what
 * mail_auth.h finds. Reply-To says where an answer goes and nothing about who asks. Headers thread
 * as hints: nobody joins a conversation by quoting an id.
 */
#pragma once
#include "../codec/mime.h"
#include "channel.h"

#define MAIL_IDS_MAX 50
#define MAIL_ID_BYTES_MAX 250 /* a longer one goes by its hash */
#define MAIL_TO_MAX 100
#define MAIL_CALL_BYTES_MAX (36 * 1024 * 1024) /* of a provider's form: the mail, encoded */
#define MAIL_LOOP_HEADER "X-Redthread-Loop"

/* What a provider says of the mail besides the mail. Texts "" and NULL as noted. */
struct mail_envelope {
    const char *from;                    /* envelope sender; "": <>; NULL: not said */
    const char *recipients[MAIL_TO_MAX]; /* envelope recipients */
    int n_recipients;
    const char *judge;       /* the name under which trusted_authserv trusts the next two; "" */
    const char *dkim_domain; /* whose signature was good; "" */
    const char *spf_domain;  /* whose server sent it; "" */
};

struct mail {
    const struct channel_account *account;
    struct mime_mail mime;
    const char *text, *html; /* ours: valid UTF-8, LF; "" */
    struct span identity;    /* what stays the same when the provider tries again */
    struct mail_envelope envelope;
    /* filled by mail_inbound() */
    const char *subject, *from, *from_name; /* "" */
    const char *message_id;                 /* without <>; "" */
    const char *in_reply_to[MAIL_IDS_MAX], *references[MAIL_IDS_MAX];
    int n_in_reply_to, n_references;
};

/* One more in the list, whatever the mail is. */
void mail_inbound(struct arena *a, struct mail *mail, struct inbound_list *out);
/* A whole mail of bytes, text and HTML included. ERR_TOO_LARGE. */
MUST_CHECK enum err mail_parse(struct arena *a, const struct channel_account *account,
                               struct span bytes, struct mail *out);

/* ---- pieces, each in the file of its name ---- */

/* Ids of all headers of that name, without <>, broken ones passed over. */
int mail_id_all(struct arena *a, const struct mime_head *head, const char *name,
                const char *out[MAIL_IDS_MAX]);
/* Text that goes on a wire: does it hold no end of a line and no NUL? */
bool mail_id_clean(const char *id);

/* Out: the same for every kind of mail. */
MUST_CHECK enum err mail_render(struct arena *a, const struct channel_outbound *o,
                                struct wire_request *out);
void mail_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out);
