#include "mail_reply.h"

#include <string.h>
#include <strings.h>

#include "../codec/crypto.h"
#include "../codec/mailbox.h"

#define SEQ_BYTES 3
#define MAC_BYTES 8
#define BODY_BYTES (16 + SEQ_BYTES)
#define TOKEN_BYTES (BODY_BYTES + MAC_BYTES)
#define TOKEN_CHARS ((TOKEN_BYTES * 8 + 4) / 5)
#define LOCAL_MAX 64 /* RFC 5321 4.5.3.1.1 */
#define SEQ_MAX ((1 << (8 * SEQ_BYTES)) - 1)

static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567"; /* RFC 4648 6, in lower case */

static void encode(const uint8_t bytes[TOKEN_BYTES], char out[TOKEN_CHARS + 1]) {
    uint32_t bits = 0;
    int n = 0, k = 0;
    for (int i = 0; i < TOKEN_BYTES; i++) {
        bits = bits << 8 | bytes[i];
        for (n += 8; n >= 5; n -= 5)
            out[k++] = letters[bits >> (n - 5) & 31];
    }
    if (n)
        out[k++] = letters[bits << (5 - n) & 31];
    out[k] = '\0';
}

static bool decode(struct span text, uint8_t bytes[TOKEN_BYTES]) {
    uint32_t bits = 0;
    int n = 0, k = 0;
    if (text.n != TOKEN_CHARS)
        return false;
    for (size_t i = 0; i < text.n; i++) {
        bool upper = text.p[i] >= 'A' && text.p[i] <= 'Z';
        char c = (char)(text.p[i] | (upper ? 0x20 : 0));
        const char *at = c ? strchr(letters, c) : NULL;
        if (!at)
            return false;
        bits = bits << 5 | (uint32_t)(at - letters);
        n += 5;
        if (n >= 8 && k < TOKEN_BYTES) {
            n -= 8;
            bytes[k++] = (uint8_t)(bits >> n);
        }
    }
    return k == TOKEN_BYTES;
}

static bool sign(struct arena *a, const struct channel_account *account,
                 const uint8_t body[BODY_BYTES], uint8_t mac[CRYPTO_SHA256_BYTES]) {
    size_t n = strlen(account->id);
    char *text = arena_alloc(a, BODY_BYTES + n);
    memcpy(text, body, BODY_BYTES);
    memcpy(text + BODY_BYTES, account->id, n);
    struct span key = {(const char *)account->reply_key, sizeof account->reply_key};
    return crypto_hmac_sha256(key, (struct span){text, BODY_BYTES + n}, mac) == OK;
}

const char *mail_reply_address(struct arena *a, const struct channel_account *account,
                               struct uid conversation, int seq) {
    const char *domain = mailbox_domain(account->address);
    uint8_t bytes[TOKEN_BYTES], mac[CRYPTO_SHA256_BYTES];
    char token[TOKEN_CHARS + 1];
    size_t local = *domain ? (size_t)(domain - account->address) - 1 : 0;
    if (!local || local + 1 + TOKEN_CHARS > LOCAL_MAX || seq < 0 || seq > SEQ_MAX)
        return account->address;
    memcpy(bytes, conversation.b, 16);
    for (int i = 0; i < SEQ_BYTES; i++)
        bytes[16 + i] = (uint8_t)(seq >> (8 * (SEQ_BYTES - 1 - i)));
    if (!sign(a, account, bytes, mac))
        return account->address;
    memcpy(bytes + BODY_BYTES, mac, MAC_BYTES);
    encode(bytes, token);
    return arena_printf(a, "%.*s+%s@%s", (int)local, account->address, token, domain);
}

/* The token of an address that is ours but for the token. */
static struct span token_of(const struct channel_account *account, const char *address) {
    const char *domain = mailbox_domain(account->address), *plus = strrchr(address, '+');
    const char *at = strrchr(address, '@');
    size_t local = *domain ? (size_t)(domain - account->address) - 1 : 0;
    if (!local || !plus || !at || plus > at || (size_t)(plus - address) != local ||
        strncasecmp(address, account->address, local) != 0 || strcasecmp(at + 1, domain) != 0)
        return (struct span){"", 0};
    return (struct span){plus + 1, (size_t)(at - plus) - 1};
}

bool mail_reply_read(struct arena *a, const struct channel_account *account, const char *address,
                     struct uid *conversation, int *seq) {
    uint8_t bytes[TOKEN_BYTES], mac[CRYPTO_SHA256_BYTES];
    if (!decode(token_of(account, address), bytes) || !sign(a, account, bytes, mac) ||
        !crypto_equal(bytes + BODY_BYTES, MAC_BYTES, mac, MAC_BYTES))
        return false;
    memcpy(conversation->b, bytes, 16);
    *seq = 0;
    for (int i = 0; i < SEQ_BYTES; i++)
        *seq = *seq << 8 | bytes[16 + i];
    return true;
}
