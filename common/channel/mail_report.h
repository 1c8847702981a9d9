/* mail_report: what a mail server or a mail client reports of a mail of ours: delivery status (RFC
 * 3464), read receipts (RFC 8098), complaints (RFC 5965); and what can be had from a bounce that
 * has no such part, as qmail, Exim and many others write. */
#pragma once
#include "mail.h"

#define MAIL_REPORT_RECIPIENTS_MAX 50

struct mail_recipient {
    const char *address;
    const char *action; /* failed delayed delivered relayed expanded; read; or the word as it is */
    const char *status; /* "5.1.1"; "" if not said */
    const char *diagnostic;
};
struct mail_report {
    bool delivery, disposition, feedback; /* there is such a part */
    struct mail_recipient recipients[MAIL_REPORT_RECIPIENTS_MAX];
    int n;
    const char *original_id; /* Message-ID of the mail it speaks of, without <>; "" */
};

/* What the parts say. */
void mail_report_read(struct arena *a, const struct mail *mail, struct mail_report *out);
/* And what only the text does; for what is known to be a bounce, with the action it shows. */
void mail_report_guess(struct arena *a, const struct mail *mail, const char *action,
                       struct mail_report *out);
bool mail_report_has(const struct mail_report *r, const char *action);
