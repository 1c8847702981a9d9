/*
 * sign: Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), both directions.
 * A secret is "whsec_" + base64 of 24-64 bytes, or any other non-empty text used as it is.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "wire.h"

#define SIGN_TOLERANCE_S 300

/* Three headers (webhook-id, webhook-timestamp, webhook-signature) in the arena. ERR_INVALID: empty
 * secret, or an id that contains '.'. timestamp_s is the time of this attempt. */
MUST_CHECK enum err sign_headers(struct arena *a, const char *secret, const char *id,
                                 int64_t timestamp_s, struct span body, struct wire_header out[3]);
/* ERR_DENIED unless one of the space-separated v1 signatures is ours and the time within
 * tolerance. */
MUST_CHECK enum err sign_verify(struct arena *a, const char *secret,
                                const struct wire_header *headers, int n, int64_t now_s,
                                struct span body);
