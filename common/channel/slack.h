/*
 * slack: the Events API and chat.postMessage. A ts is the id of a message within its channel, a
 * decimal text and never a number; ours is "<channel>:<ts>". An address is "<channel>", or
 * "<channel>:<thread ts>" within a thread.
 */
#pragma once
#include "channel.h"

extern const struct channel slack_channel;
