#include "crypto.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A sealed value: version, nonce, what was sealed, tag. */
#define SEAL_VERSION 1
#define NONCE_BYTES 12
#define TAG_BYTES 16
#define HEAD_BYTES (1 + NONCE_BYTES)
#define SHA256_BLOCK 64
_Static_assert(HEAD_BYTES + TAG_BYTES == CRYPTO_SEAL_OVERHEAD, "layout of a sealed value");

static const uint8_t *bytes_of(struct span s) { return (const uint8_t *)(s.p ? s.p : ""); }

/* One context a thread: SHA256() looks its algorithm up anew at each call, under a lock that all
 * threads share, which costs more than hashing a line of text. */
static pthread_key_t sha256_key;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void sha256_free(void *context) { EVP_MD_CTX_free(context); }

static void sha256_make_key(void) {
    if (pthread_key_create(&sha256_key, sha256_free) != 0)
        abort();
}

static EVP_MD_CTX *sha256_context(void) {
    (void)pthread_once(&sha256_once, sha256_make_key);
    EVP_MD_CTX *c = pthread_getspecific(sha256_key);
    if (c)
        return c;
    c = EVP_MD_CTX_new();
    if (!c || !EVP_DigestInit_ex(c, EVP_sha256(), NULL) || pthread_setspecific(sha256_key, c) != 0)
        abort();
    return c;
}

void crypto_sha256(struct span data, uint8_t out[CRYPTO_SHA256_BYTES]) {
    EVP_MD_CTX *c = sha256_context();
    if (!EVP_DigestInit_ex(c, NULL, NULL) || !EVP_DigestUpdate(c, bytes_of(data), data.n) ||
        !EVP_DigestFinal_ex(c, out, NULL))
        abort();
}

enum err crypto_hmac_sha256(struct span key, struct span data, uint8_t out[CRYPTO_SHA256_BYTES]) {
    if (key.n == 0 || key.n > INT_MAX)
        return ERR_INVALID;
    if (!HMAC(EVP_sha256(), key.p, (int)key.n, bytes_of(data), data.n, out, NULL))
        abort();
    return OK;
}

void crypto_sha1(struct span data, uint8_t out[CRYPTO_SHA1_BYTES]) {
    SHA1(bytes_of(data), data.n, out);
}

enum err crypto_hmac_sha1(struct span key, struct span data, uint8_t out[CRYPTO_SHA1_BYTES]) {
    if (key.n == 0 || key.n > INT_MAX)
        return ERR_INVALID;
    if (!HMAC(EVP_sha1(), key.p, (int)key.n, bytes_of(data), data.n, out, NULL))
        abort();
    return OK;
}

/* HMAC as RFC 2104 writes it. The library's own copies two contexts, pieces of memory, for each
 * text; hashing the two blocks of the key again is less. */
struct crypto_mac {
    uint8_t inner[SHA256_BLOCK], outer[SHA256_BLOCK];
};

static void key_block(struct span key, uint8_t out[SHA256_BLOCK]) {
    memset(out, 0, SHA256_BLOCK);
    if (key.n > SHA256_BLOCK)
        crypto_sha256(key, out);
    else
        memcpy(out, bytes_of(key), key.n);
}

struct crypto_mac *crypto_mac_new(struct span key) {
    struct crypto_mac *m = malloc(sizeof *m);
    assert(key.n > 0);
    if (!m)
        abort();
    key_block(key, m->inner);
    for (int i = 0; i < SHA256_BLOCK; i++) {
        m->outer[i] = m->inner[i] ^ 0x5c;
        m->inner[i] ^= 0x36;
    }
    return m;
}

void crypto_mac_of(struct crypto_mac *m, const struct span *parts, int n,
                   uint8_t out[CRYPTO_SHA256_BYTES]) {
    EVP_MD_CTX *c = sha256_context();
    uint8_t inner[CRYPTO_SHA256_BYTES];
    bool ok = EVP_DigestInit_ex(c, NULL, NULL) && EVP_DigestUpdate(c, m->inner, SHA256_BLOCK);
    for (int i = 0; i < n; i++)
        ok = ok && EVP_DigestUpdate(c, bytes_of(parts[i]), parts[i].n);
    ok = ok && EVP_DigestFinal_ex(c, inner, NULL) && EVP_DigestInit_ex(c, NULL, NULL) &&
         EVP_DigestUpdate(c, m->outer, SHA256_BLOCK) && EVP_DigestUpdate(c, inner, sizeof inner) &&
         EVP_DigestFinal_ex(c, out, NULL);
    if (!ok)
        abort();
}

void crypto_mac_free(struct crypto_mac *m) {
    if (m)
        OPENSSL_cleanse(m, sizeof *m);
    free(m);
}

bool crypto_equal(const void *a, size_t a_n, const void *b, size_t b_n) {
    return a_n == b_n && (a_n == 0 || CRYPTO_memcmp(a, b, a_n) == 0);
}

/* The library asks the kernel for our process id at each call; ids want nine bytes at a time. */
#define RANDOM_POOL_BYTES 1024
static _Thread_local struct {
    uint8_t bytes[RANDOM_POOL_BYTES];
    size_t left;
} random_pool;

static void random_fill(void *out, size_t n) {
    if (n > INT_MAX || RAND_bytes(out, (int)n) != 1)
        abort();
}

void crypto_random(void *out, size_t n) {
    if (n > RANDOM_POOL_BYTES) {
        random_fill(out, n);
        return;
    }
    if (random_pool.left < n) {
        random_fill(random_pool.bytes, RANDOM_POOL_BYTES);
        random_pool.left = RANDOM_POOL_BYTES;
    }
    random_pool.left -= n;
    memcpy(out, random_pool.bytes + random_pool.left, n);
    OPENSSL_cleanse(random_pool.bytes + random_pool.left, n);
}

static void context_free(EVP_CIPHER_CTX **c) { EVP_CIPHER_CTX_free(*c); }
#define context_auto __attribute__((cleanup(context_free))) EVP_CIPHER_CTX *

static EVP_CIPHER_CTX *context_new(void) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    if (!c)
        abort();
    return c;
}

/* False only if the library fails, which is not the caller's doing. */
static bool encrypt(const uint8_t key[32], struct span context, struct span plain,
                    uint8_t *sealed) {
    context_auto c = context_new();
    uint8_t *body = sealed + HEAD_BYTES;
    int n;
    return EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, sealed + 1) &&
           EVP_EncryptUpdate(c, NULL, &n, bytes_of(context), (int)context.n) &&
           EVP_EncryptUpdate(c, body, &n, bytes_of(plain), (int)plain.n) &&
           EVP_EncryptFinal_ex(c, body + plain.n, &n) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, body + plain.n);
}

/* False if anything of key, context, nonce, body or tag is not what was sealed. */
static bool decrypt(const uint8_t key[32], struct span context, struct span sealed,
                    uint8_t *plain) {
    context_auto c = context_new();
    const uint8_t *nonce = bytes_of(sealed) + 1, *body = bytes_of(sealed) + HEAD_BYTES;
    size_t body_n = sealed.n - CRYPTO_SEAL_OVERHEAD;
    uint8_t tag[TAG_BYTES];
    int n;
    memcpy(tag, body + body_n, TAG_BYTES);
    return EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce) &&
           EVP_DecryptUpdate(c, NULL, &n, bytes_of(context), (int)context.n) &&
           EVP_DecryptUpdate(c, plain, &n, body, (int)body_n) &&
           EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) &&
           EVP_DecryptFinal_ex(c, plain + body_n, &n) == 1;
}

enum err crypto_seal(struct arena *a, const uint8_t key[32], struct span context, struct span plain,
                     struct span *sealed) {
    if (plain.n > INT_MAX - CRYPTO_SEAL_OVERHEAD || context.n > INT_MAX)
        return ERR_TOO_LARGE;
    uint8_t *out = arena_alloc(a, plain.n + CRYPTO_SEAL_OVERHEAD);
    out[0] = SEAL_VERSION;
    crypto_random(out + 1, NONCE_BYTES);
    if (!encrypt(key, context, plain, out))
        return ERR_BUG;
    *sealed = (struct span){(const char *)out, plain.n + CRYPTO_SEAL_OVERHEAD};
    return OK;
}

enum err crypto_unseal(struct arena *a, const uint8_t key[32], struct span context,
                       struct span sealed, struct span *plain) {
    if (sealed.n < CRYPTO_SEAL_OVERHEAD || sealed.n > INT_MAX || context.n > INT_MAX ||
        sealed.p[0] != SEAL_VERSION)
        return ERR_DENIED;
    size_t n = sealed.n - CRYPTO_SEAL_OVERHEAD;
    uint8_t *out = arena_alloc(a, n + 1);
    if (!decrypt(key, context, sealed, out)) {
        OPENSSL_cleanse(out, n);
        return ERR_DENIED;
    }
    *plain = (struct span){(const char *)out, n};
    return OK;
}

enum err crypto_cbc_open(struct arena *a, const uint8_t key[32],
                         const uint8_t iv[CRYPTO_BLOCK_BYTES], struct span blocks,
                         struct span *plain) {
    if (blocks.n == 0 || blocks.n % CRYPTO_BLOCK_BYTES || blocks.n > INT_MAX)
        return ERR_MALFORMED;
    context_auto c = context_new();
    uint8_t *out = arena_alloc(a, blocks.n + CRYPTO_BLOCK_BYTES);
    int n, rest;
    if (!EVP_DecryptInit_ex(c, EVP_aes_256_cbc(), NULL, key, iv) ||
        !EVP_CIPHER_CTX_set_padding(c, 0) ||
        !EVP_DecryptUpdate(c, out, &n, bytes_of(blocks), (int)blocks.n) ||
        !EVP_DecryptFinal_ex(c, out + n, &rest))
        return ERR_BUG;
    *plain = (struct span){(const char *)out, blocks.n};
    return OK;
}
