/* webhook: a bot of somebody else's behind one URL: a signed JSON question (Standard
 * Webhooks 1.0.0), a JSON answer. The contract for its author is docs/bots.md. */
#pragma once
#include "bot.h"

extern const struct bot webhook_bot;
