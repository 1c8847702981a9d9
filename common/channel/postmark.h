/* postmark: Postmark's inbound webhook: JSON, or the whole mail in RawEmail where that is switched
 * on. Its MessageID is its own: the mail's stands among Headers. Its StrippedTextReply is not used:
 * what was written now is for our own reading to say. HTTP basic in the address is the proof. */
#pragma once
#include "channel.h"

extern const struct channel postmark_channel;
