/* sigv4: AWS Signature Version 4 over an S3 request, as S3-compatible stores want it. Signs, never
 * verifies. The URL's path must be plain (letters, digits, "/-_.~"): nothing is escaped anew. */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "wire.h"

struct sigv4_key {
    const char *id, *secret, *region;
};
#define SIGV4_HEADERS 4
/* Writes x-amz-date, x-amz-content-sha256, Authorization and Host. ERR_INVALID: no http(s) URL. */
MUST_CHECK enum err sigv4_sign(struct arena *a, const struct sigv4_key *key,
                               const struct wire_request *request, int64_t wall_ms,
                               struct wire_header out[SIGV4_HEADERS]);
