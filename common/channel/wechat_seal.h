/* wechat_seal: WeChat's signature over sorted texts, and its safe mode: AES-256-CBC around 16
 * random bytes, a length, the text and the app's id. */
#pragma once
#include "channel.h"

/* ERR_UNKNOWN_KEY unless `given` is the hex SHA-1 of one of the account's tokens with the call's
 * timestamp, its nonce and (if not "") the sealed text, sorted and joined. */
MUST_CHECK enum err wechat_seal_check(struct arena *a, const struct channel_call *call,
                                      const char *sealed, const char *given);
/* What was sealed, in the arena. ERR_MALFORMED: not sealed with this key, or for another app (where
 * app_id is configured). */
MUST_CHECK enum err wechat_seal_open(struct arena *a, const struct channel_account *account,
                                     const char *sealed, struct span *out);
