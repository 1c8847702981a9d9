/* mail_class: did a person write it? By RFC 3834 and by what real programs send instead. In doubt a
 * person did: a mail is taken for a machine's only by a sign that people's mails do not have. */
#pragma once
#include "mail_report.h"

/* INBOUND_MESSAGE, _AUTO_REPLY, _BOUNCE, _DELAYED, _DELIVERY_REPORT, _FEEDBACK_REPORT, _LIST,
 * _LOOP. */
enum inbound_type mail_class(struct arena *a, const struct mail *mail,
                             const struct mail_report *report);
/* The value of our own loop header. */
const char *mail_class_loop_mark(const struct channel_account *account);
