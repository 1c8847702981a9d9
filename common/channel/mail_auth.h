/* mail_auth: is the sender who he says? Only what the operator's own mail server (trusted_authserv)
 * wrote about the mail counts (RFC 8601): the topmost Authentication-Results of that name, or the
 * verdict fields of a provider that the list names. Needs dmarc=pass for the domain of From, or
 * DKIM or SPF of that domain or one it belongs to. Two senders prove none. */
#pragma once
#include "mail.h"

bool mail_auth_proves(struct arena *a, const struct mail *mail);
/* Is `signer` the domain of the sender, or one that the sender's belongs to? */
bool mail_auth_aligned(const char *signer, const char *sender);
