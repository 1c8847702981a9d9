/* mailbox: the addresses of a From, To or Reply-To value (RFC 5322 3.4), as tolerant as mail is:
 * names with a bare comma, comments, groups, missing brackets, encoded words. Nothing is looked up
 * and nothing proven. */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"

#define MAILBOX_ADDRESS_MAX 320 /* bytes */

struct mailbox {
    const char *name;    /* decoded; "" if it has none */
    const char *address; /* local@domain */
};

/* Those with an address, at most max. value: unfolded. */
int mailbox_parse(struct arena *a, const char *value, struct mailbox *out, int max);
/* Could mail be sent to it: local@domain.tld, ASCII, nothing that could end a header or a line. */
bool mailbox_sendable(const char *address);
/* Behind the last @; "" if there is none. */
const char *mailbox_domain(const char *address);
