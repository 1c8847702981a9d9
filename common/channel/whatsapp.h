/* whatsapp: the WhatsApp Cloud API of 2026, where a customer's phone number may be hidden and a
 * business-scoped user id (BSUID, "US.1349…") stands for the person. */
#pragma once
#include "channel.h"

extern const struct channel whatsapp_channel;
