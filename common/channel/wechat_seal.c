#include "wechat_seal.h"

#include <stdlib.h>
#include <string.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "hook.h"

#define KEY_CHARS 43 /* of an EncodingAESKey: base64 of 32 bytes without its padding */
#define RANDOM_BYTES 16
#define HEAD_BYTES (RANDOM_BYTES + 4)
#define PADDING_MAX 32 /* WeChat pads to 32 bytes, not to AES's 16 */

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *sign(struct arena *a, const char *const texts[4]) {
    const char *sorted[4];
    uint8_t digest[CRYPTO_SHA1_BYTES];
    memcpy(sorted, texts, sizeof sorted);
    qsort(sorted, 4, sizeof *sorted, compare_texts);
    crypto_sha1(span_of(arena_printf(a, "%s%s%s%s", sorted[0], sorted[1], sorted[2], sorted[3])),
                digest);
    return enc_hex(a, digest, sizeof digest);
}

enum err wechat_seal_check(struct arena *a, const struct channel_call *call, const char *sealed,
                           const char *given) {
    const char *timestamp = hook_query(a, call, "timestamp");
    const char *nonce = hook_query(a, call, "nonce");
    bool proven = false;
    for (int i = 0; i < call->account->n_secrets; i++) {
        const char *token = call->account->secrets[i];
        if (!*token || !*timestamp || !*nonce)
            continue;
        const char *ours = sign(a, (const char *const[4]){token, timestamp, nonce, sealed});
        proven |= crypto_equal(ours, strlen(ours), given, strlen(given));
    }
    return proven ? OK : ERR_UNKNOWN_KEY;
}

/* The last letter of a key may carry bits that no byte uses; they are cleared. */
static enum err key_of(struct arena *a, const char *encoding_key, struct span *key) {
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (strlen(encoding_key) != KEY_CHARS)
        return ERR_MALFORMED;
    char *text = arena_printf(a, "%s=", encoding_key);
    const char *last = strchr(letters, text[KEY_CHARS - 1]);
    if (!last)
        return ERR_MALFORMED;
    text[KEY_CHARS - 1] = letters[(last - letters) & ~3];
    return enc_unbase64(a, span_of(text), key);
}

static enum err unpad(struct span *plain) {
    size_t padding = (unsigned char)plain->p[plain->n - 1];
    if (padding < 1 || padding > PADDING_MAX || padding + HEAD_BYTES > plain->n)
        return ERR_MALFORMED;
    plain->n -= padding;
    return OK;
}

static size_t length_of(const char *p) {
    const uint8_t *b = (const uint8_t *)p;
    return (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
}

enum err wechat_seal_open(struct arena *a, const struct channel_account *account,
                          const char *sealed, struct span *out) {
    struct span key, blocks, plain;
    TRY(key_of(a, account->encoding_key, &key));
    TRY(enc_unbase64(a, span_of(sealed), &blocks));
    TRY(crypto_cbc_open(a, (const uint8_t *)key.p, (const uint8_t *)key.p, blocks, &plain));
    TRY(unpad(&plain));
    size_t n = length_of(plain.p + RANDOM_BYTES);
    if (n > plain.n - HEAD_BYTES)
        return ERR_MALFORMED;
    struct span app = {plain.p + HEAD_BYTES + n, plain.n - HEAD_BYTES - n};
    if (*account->app_id && !span_is(app, account->app_id))
        return ERR_MALFORMED;
    *out = (struct span){plain.p + HEAD_BYTES, n};
    return OK;
}
