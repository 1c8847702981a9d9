/*
 * accounts: channels and bots as configured. Secrets are sealed before they leave this file and
 * opened only in it; nothing renders them. Texts of what is read live in the arena, by id in byte
 * order.
 */
#pragma once
#include "../codec/json.h"
#include "../model/account.h"
#include "statement.h"

#define ACCOUNTS_BOT_TIMEOUT_MIN_MS 100
#define ACCOUNTS_BOT_TIMEOUT_MAX_MS 30000
#define ACCOUNTS_BOT_TIMEOUT_MS 8000 /* if not said */

/* ERR_DENIED: sealed with another key; the id is logged. */
MUST_CHECK enum err accounts_load_channels(struct pg *c, struct arena *a, const uint8_t key[32],
                                           const struct channel_account **out, int *n);
MUST_CHECK enum err accounts_load_bots(struct pg *c, struct arena *a, const uint8_t key[32],
                                       const struct bot_account **out, int *n);

/* Adds or replaces, with all secrets; a channel that was disabled is enabled again. */
MUST_CHECK enum err accounts_save_channel(struct pg *c, struct arena *a, const uint8_t key[32],
                                          const struct channel_account *channel, bool *created);
MUST_CHECK enum err accounts_save_bot(struct pg *c, struct arena *a, const uint8_t key[32],
                                      const struct bot_account *bot, bool *created);
/* ERR_ABSENT. A bot that a channel names: ERR_CONFLICT. */
MUST_CHECK enum err accounts_drop_channel(struct pg *c, struct arena *a, const char *id);
MUST_CHECK enum err accounts_drop_bot(struct pg *c, struct arena *a, const char *id);
/* Until the next put. ERR_ABSENT: no such channel, or disabled before. */
MUST_CHECK enum err accounts_disable_channel(struct pg *c, struct arena *a, const char *id,
                                             const char *reason);
