/* mail_reply: the reply address of a message of ours, local+TOKEN@domain: the token names the
 * conversation and the message and is signed with the channel's reply key, so that an answer finds
 * its way back however its headers look. It is a hint, not a proof of who answers. The token
 * survives a mail server that folds the case of local parts. */
#pragma once
#include "../base/uid.h"
#include "channel.h"

/* The channel's own address where it has no room for a token; "" if the channel has none. */
const char *mail_reply_address(struct arena *a, const struct channel_account *account,
                               struct uid conversation, int seq);
/* False: not a reply address of this channel, or not signed by us. */
bool mail_reply_read(struct arena *a, const struct channel_account *account, const char *address,
                     struct uid *conversation, int *seq);
