/*
 * line: the LINE Messaging API. An address is a user, group or room id. Replies are pushed: a reply
 * token lives a minute, and people take longer; X-Line-Retry-Key keeps a repeat from being a second
 * message.
 */
#pragma once
#include "channel.h"

extern const struct channel line_channel;
