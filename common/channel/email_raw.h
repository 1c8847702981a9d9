/* email_raw: a mail as it is, posted by a mail server's pipe or any other MTA with a connector key.
 * Where the caller knows the envelope it may say so: X-Envelope-From, X-Envelope-To. */
#pragma once
#include "channel.h"

extern const struct channel email_raw_channel;
