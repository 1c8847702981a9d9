/* mail_json: what is kept of a mail beside its text: the contract's `mail`, and the metadata with
 * the conversation that a signed reply address names. */
#pragma once
#include "mail_report.h"

const char *mail_json(struct arena *a, const struct mail *mail, const struct mail_report *report,
                      enum inbound_type type);
/* NULL: nothing worth keeping. */
const char *mail_json_metadata(struct arena *a, const struct mail *mail);
