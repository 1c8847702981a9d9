/* sendgrid: SendGrid's Inbound Parse: multipart, each field in the charset that `charsets` names,
 * or the whole mail in `email`. Not signed: HTTP basic in the address is the proof. */
#pragma once
#include "channel.h"

extern const struct channel sendgrid_channel;
