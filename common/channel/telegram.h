/*
 * telegram: the Bot API. A message id is unique only inside a chat, so ours is "<chat>:<message>".
 * An address is a chat id; topic and business connection stand in the metadata of the message that
 * is answered. No receipts exist. The bot's token stands in the URL: URLs are never logged.
 */
#pragma once
#include "channel.h"

extern const struct channel telegram_channel;
