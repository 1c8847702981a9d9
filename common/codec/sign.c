#include "sign.h"

#include <inttypes.h>
#include <string.h>

#include "crypto.h"
#include "enc.h"

#define SECRET_PREFIX "whsec_"
#define SECRET_BYTES_MIN 24
#define SECRET_BYTES_MAX 64
#define VERSION_PREFIX "v1,"
#define TIMESTAMP_DIGITS_MAX 18

static struct span key_of(struct arena *a, const char *secret) {
    struct span text = span_of(secret), key;
    size_t prefix_n = strlen(SECRET_PREFIX);
    if (text.n < prefix_n || memcmp(text.p, SECRET_PREFIX, prefix_n) != 0)
        return text;
    struct span coded = {text.p + prefix_n, text.n - prefix_n};
    if (enc_unbase64(a, coded, &key) != OK || key.n < SECRET_BYTES_MIN || key.n > SECRET_BYTES_MAX)
        return text;
    return key;
}

/* "v1," and the base64 of the HMAC over id.timestamp.body. */
static enum err signature(struct arena *a, const char *secret, const char *id,
                          const char *timestamp, struct span body, const char **out) {
    size_t id_n = strlen(id), timestamp_n = strlen(timestamp);
    if (id_n == 0 || memchr(id, '.', id_n))
        return ERR_INVALID;
    size_t head_n = id_n + timestamp_n + 2;
    char *content = arena_alloc(a, head_n + body.n + 1);
    memcpy(content, id, id_n);
    content[id_n] = '.';
    memcpy(content + id_n + 1, timestamp, timestamp_n);
    content[head_n - 1] = '.';
    if (body.n)
        memcpy(content + head_n, body.p, body.n);
    uint8_t mac[CRYPTO_SHA256_BYTES];
    TRY(crypto_hmac_sha256(key_of(a, secret), (struct span){content, head_n + body.n}, mac));
    *out = arena_printf(a, VERSION_PREFIX "%s", enc_base64(a, mac, sizeof mac));
    return OK;
}

enum err sign_headers(struct arena *a, const char *secret, const char *id, int64_t timestamp_s,
                      struct span body, struct wire_header out[3]) {
    const char *timestamp = arena_printf(a, "%" PRId64, timestamp_s);
    const char *value;
    TRY(signature(a, secret, id, timestamp, body, &value));
    out[0] = (struct wire_header){"webhook-id", arena_strdup(a, id)};
    out[1] = (struct wire_header){"webhook-timestamp", timestamp};
    out[2] = (struct wire_header){"webhook-signature", value};
    return OK;
}

static bool within_tolerance(const char *timestamp, int64_t now_s) {
    int64_t then_s = 0;
    size_t n = strspn(timestamp, "0123456789");
    if (n == 0 || n > TIMESTAMP_DIGITS_MAX || timestamp[n])
        return false;
    for (size_t i = 0; i < n; i++)
        then_s = then_s * 10 + (timestamp[i] - '0');
    int64_t apart_s = now_s > then_s ? now_s - then_s : then_s - now_s;
    return apart_s <= SIGN_TOLERANCE_S;
}

/* Senders give several while they rotate their secret. */
static bool is_among(const char *ours, const char *theirs) {
    struct span rest = span_of(theirs), one;
    bool found = false;
    while (span_split(&rest, ' ', &one))
        found |= crypto_equal(ours, strlen(ours), one.p, one.n);
    return found;
}

enum err sign_verify(struct arena *a, const char *secret, const struct wire_header *headers, int n,
                     int64_t now_s, struct span body) {
    const char *id = wire_header_find(headers, n, "webhook-id");
    const char *timestamp = wire_header_find(headers, n, "webhook-timestamp");
    const char *theirs = wire_header_find(headers, n, "webhook-signature");
    const char *ours;
    if (!id || !timestamp || !theirs || !within_tolerance(timestamp, now_s))
        return ERR_DENIED;
    if (signature(a, secret, id, timestamp, body, &ours) != OK)
        return ERR_DENIED;
    return is_among(ours, theirs) ? OK : ERR_DENIED;
}
