/*
 * uid: UUIDv7 (RFC 9562) whose last byte is the row's home bucket, so that an id alone finds
 * its shard. Pure: the caller brings time and random bytes.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct uid {
    uint8_t b[16];
};

#define UID_RANDOM_BYTES 9
#define UID_TEXT_MAX 37

struct uid uid_make(int64_t wall_ms, uint8_t bucket, const uint8_t random[UID_RANDOM_BYTES]);
int64_t uid_ms(struct uid u);                         /* the time it was made, Unix milliseconds */
char *uid_text(struct uid u, char out[UID_TEXT_MAX]); /* lower case with dashes; returns out */
bool uid_parse(const char *s, struct uid *out); /* exactly the 36-character form, either case */

static inline uint8_t uid_bucket(struct uid u) { return u.b[15]; }
static inline bool uid_equal(struct uid a, struct uid b) {
    return __builtin_memcmp(a.b, b.b, 16) == 0;
}
static inline bool uid_is_nil(struct uid u) { return uid_equal(u, (struct uid){{0}}); }
