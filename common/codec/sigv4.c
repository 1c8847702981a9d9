#include "sigv4.h"

#include <string.h>
#include <time.h>

#include "crypto.h"
#include "enc.h"

#define SIGNED "host;x-amz-content-sha256;x-amz-date"
#define STAMP_MAX 32

static const char *hash_hex(struct arena *a, struct span bytes) {
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(bytes, hash);
    return enc_hex(a, hash, sizeof hash);
}

static void stamp(int64_t wall_ms, char out[STAMP_MAX]) {
    time_t s = (time_t)(wall_ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    strftime(out, STAMP_MAX, "%Y%m%dT%H%M%SZ", &tm);
}

/* The four steps by which the key of a day, a region and a service is made. */
static enum err signing_key(struct arena *a, const struct sigv4_key *key, const char *day,
                            uint8_t out[CRYPTO_SHA256_BYTES]) {
    const char *const steps[] = {day, key->region, "s3", "aws4_request"};
    struct span with = span_of(arena_printf(a, "AWS4%s", key->secret));
    for (int i = 0; i < 4; i++) {
        uint8_t *made = arena_alloc(a, CRYPTO_SHA256_BYTES);
        TRY(crypto_hmac_sha256(with, span_of(steps[i]), made));
        with = (struct span){(const char *)made, CRYPTO_SHA256_BYTES};
    }
    memcpy(out, with.p, CRYPTO_SHA256_BYTES);
    return OK;
}

static enum err parts_of(struct arena *a, const char *url, const char **host, const char **path) {
    const char *begin = strstr(url, "://");
    const char *end = begin ? strchr(begin + 3, '/') : NULL;
    if (!begin || strncmp(url, "http", 4) != 0)
        return ERR_INVALID;
    *path = end ? end : "/";
    *host = end ? arena_strndup(a, begin + 3, (size_t)(end - begin - 3)) : begin + 3;
    return OK;
}

enum err sigv4_sign(struct arena *a, const struct sigv4_key *key,
                    const struct wire_request *request, int64_t wall_ms,
                    struct wire_header out[SIGV4_HEADERS]) {
    const char *host, *path;
    char when[STAMP_MAX];
    uint8_t with[CRYPTO_SHA256_BYTES], made[CRYPTO_SHA256_BYTES];
    TRY(parts_of(a, request->url, &host, &path));
    stamp(wall_ms, when);
    const char *day = arena_strndup(a, when, 8), *body = hash_hex(a, request->body);
    const char *scope = arena_printf(a, "%s/%s/s3/aws4_request", day, key->region);
    const char *canonical = arena_printf(
        a, "%s\n%s\n\nhost:%s\nx-amz-content-sha256:%s\nx-amz-date:%s\n\n" SIGNED "\n%s",
        request->method, path, host, body, when, body);
    const char *text = arena_printf(a, "AWS4-HMAC-SHA256\n%s\n%s\n%s", when, scope,
                                    hash_hex(a, span_of(canonical)));
    TRY(signing_key(a, key, day, with));
    TRY(crypto_hmac_sha256((struct span){(const char *)with, sizeof with}, span_of(text), made));
    out[0] = (struct wire_header){"x-amz-date", arena_strdup(a, when)};
    out[1] = (struct wire_header){"x-amz-content-sha256", body};
    out[2] = (struct wire_header){
        "Authorization",
        arena_printf(a, "AWS4-HMAC-SHA256 Credential=%s/%s,SignedHeaders=" SIGNED ",Signature=%s",
                     key->id, scope, enc_hex(a, made, sizeof made))};
    out[3] = (struct wire_header){"Host", host};
    return OK;
}
