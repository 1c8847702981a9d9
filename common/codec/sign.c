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

struct message {
    const char *id, *timestamp;
    struct span body;
};

/* The bytes that are signed: id.timestamp.body */
static struct span content_of(struct arena *a, const struct message *m) {
    struct span head = span_of(arena_printf(a, "%s.%s.", m->id, m->timestamp));
    char *content = arena_alloc(a, head.n + m->body.n);
    memcpy(content, head.p, head.n);
    if (m->body.n)
        memcpy(content + head.n, m->body.p, m->body.n);
    return (struct span){content, head.n + m->body.n};
}

/* "v1," and the base64 of the HMAC. */
static enum err sign_message(struct arena *a, const char *secret, const struct message *m,
                             const char **out) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    if (!m->id[0] || strchr(m->id, '.'))
        return ERR_INVALID;
    TRY(crypto_hmac_sha256(key_of(a, secret), content_of(a, m), mac));
    *out = arena_printf(a, VERSION_PREFIX "%s", enc_base64(a, mac, sizeof mac));
    return OK;
}

enum err sign_headers(struct arena *a, const char *secret, const char *id, int64_t timestamp_s,
                      struct span body, struct wire_header out[3]) {
    struct message m = {arena_strdup(a, id), arena_printf(a, "%" PRId64, timestamp_s), body};
    const char *value;
    TRY(sign_message(a, secret, &m, &value));
    out[0] = (struct wire_header){"webhook-id", m.id};
    out[1] = (struct wire_header){"webhook-timestamp", m.timestamp};
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
    struct message m = {wire_header_find(headers, n, "webhook-id"),
                        wire_header_find(headers, n, "webhook-timestamp"), body};
    const char *theirs = wire_header_find(headers, n, "webhook-signature");
    const char *ours;
    if (!m.id || !m.timestamp || !theirs || !within_tolerance(m.timestamp, now_s))
        return ERR_DENIED;
    if (sign_message(a, secret, &m, &ours) != OK)
        return ERR_DENIED;
    return is_among(ours, theirs) ? OK : ERR_DENIED;
}
