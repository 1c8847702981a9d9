/*
 * crypto: the little of libcrypto we need. Comparing secrets happens here and in constant time; an
 * empty key is refused, never "skip". The only file that includes <openssl/...>.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"

#define CRYPTO_SHA256_BYTES 32
#define CRYPTO_SHA1_BYTES 20 /* only where a provider's scheme asks for it */
#define CRYPTO_BLOCK_BYTES 16
#define CRYPTO_SEAL_OVERHEAD 29 /* version, nonce, tag */

void crypto_sha256(struct span data, uint8_t out[CRYPTO_SHA256_BYTES]);
MUST_CHECK enum err
crypto_hmac_sha256(struct span key, struct span data,
                   uint8_t out[CRYPTO_SHA256_BYTES]); /* ERR_INVALID: empty key */
void crypto_sha1(struct span data, uint8_t out[CRYPTO_SHA1_BYTES]);
MUST_CHECK enum err crypto_hmac_sha1(struct span key, struct span data,
                                     uint8_t out[CRYPTO_SHA1_BYTES]); /* ERR_INVALID: empty key */
/* The same for many texts under one key, of which making ready is the dearer part. Takes a text in
 * parts. One thread at a time. */
struct crypto_mac;
struct crypto_mac *crypto_mac_new(struct span key); /* asserts a key; never NULL */
void crypto_mac_of(struct crypto_mac *m, const struct span *parts, int n,
                   uint8_t out[CRYPTO_SHA256_BYTES]);
void crypto_mac_free(struct crypto_mac *m);
/* Constant time in the content, not in the lengths. */
bool crypto_equal(const void *a, size_t a_n, const void *b, size_t b_n);
void crypto_random(void *out, size_t n); /* aborts if there is none */
/* AES-256-GCM. context is authenticated, not stored (e.g. "channel/web"), so that a sealed value
 * cannot be moved to another row. Result in the arena. */
MUST_CHECK enum err crypto_seal(struct arena *a, const uint8_t key[32], struct span context,
                                struct span plain, struct span *sealed);
/* ERR_DENIED: not sealed by us, for this context. plain is NUL-terminated behind its length. */
MUST_CHECK enum err crypto_unseal(struct arena *a, const uint8_t key[32], struct span context,
                                  struct span sealed, struct span *plain);
/* AES-256-CBC without padding rules: whole blocks in, as many bytes out, in the arena. It proves
 * nothing: check the signature first. ERR_MALFORMED: no blocks, or a part of one. */
MUST_CHECK enum err crypto_cbc_open(struct arena *a, const uint8_t key[32],
                                    const uint8_t iv[CRYPTO_BLOCK_BYTES], struct span blocks,
                                    struct span *plain);
