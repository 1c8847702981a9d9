/* messenger: Messenger and Instagram messaging, one dialect with two names. An address is a
 * page-scoped id, or "user_ref:…" of somebody who only ticked a box on a website. */
#pragma once
#include "channel.h"

extern const struct channel messenger_channel;
extern const struct channel instagram_channel;
