#include "enc.h"

#include <string.h>

#include "utf8.h"

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte two hex digits stand for; -1 if they are not digits. */
static int hex_byte(const char *two) {
    int high = hex_value(two[0]), low = hex_value(two[1]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

char *enc_hex(struct arena *a, const void *p, size_t n) {
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = p;
    char *out = arena_alloc(a, 2 * n + 1);
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    return out;
}

enum err enc_unhex(struct arena *a, struct span text, struct span *out) {
    if (text.n % 2)
        return ERR_MALFORMED;
    char *bytes = arena_alloc(a, text.n / 2 + 1);
    for (size_t i = 0; i < text.n / 2; i++) {
        int byte = hex_byte(text.p + 2 * i);
        if (byte < 0)
            return ERR_MALFORMED;
        bytes[i] = (char)byte;
    }
    *out = (struct span){bytes, text.n / 2};
    return OK;
}

#define ALPHABET_COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char standard[] = ALPHABET_COMMON "+/";
static const char url_safe[] = ALPHABET_COMMON "-_";

/* Groups of three bytes to four letters; the last may be short. */
static char *encode64(struct arena *a, const uint8_t *p, size_t n, const char *alphabet) {
    char *out = arena_alloc(a, (n + 2) / 3 * 4 + 1), *at = out;
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i < 3 ? n - i : 3;
        uint32_t group = (uint32_t)p[i] << 16;
        if (left > 1)
            group |= (uint32_t)p[i + 1] << 8;
        if (left > 2)
            group |= p[i + 2];
        for (size_t k = 0; k <= left; k++)
            *at++ = alphabet[group >> (18 - 6 * k) & 63];
    }
    return out;
}

/* text without padding. Bits that no byte uses must be zero, so that one value has one spelling. */
static enum err decode64(struct arena *a, struct span text, const char *alphabet,
                         struct span *out) {
    if (text.n % 4 == 1)
        return ERR_MALFORMED;
    char *bytes = arena_alloc(a, text.n / 4 * 3 + 3);
    size_t n = 0;
    uint32_t bits = 0;
    int have = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *at = text.p[i] ? strchr(alphabet, text.p[i]) : NULL;
        if (!at)
            return ERR_MALFORMED;
        bits = bits << 6 | (uint32_t)(at - alphabet);
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        bytes[n++] = (char)(bits >> have);
        bits &= (1u << have) - 1;
    }
    if (bits)
        return ERR_MALFORMED;
    *out = (struct span){bytes, n};
    return OK;
}

char *enc_base64(struct arena *a, const void *p, size_t n) {
    char *out = encode64(a, p, n, standard);
    memset(out + strlen(out), '=', (3 - n % 3) % 3);
    return out;
}

enum err enc_unbase64(struct arena *a, struct span text, struct span *out) {
    if (text.n % 4)
        return ERR_MALFORMED;
    for (int padding = 0; padding < 2 && text.n && text.p[text.n - 1] == '='; padding++)
        text.n--;
    return decode64(a, text, standard, out);
}

char *enc_base64url(struct arena *a, const void *p, size_t n) {
    return encode64(a, p, n, url_safe);
}

enum err enc_unbase64url(struct arena *a, struct span text, struct span *out) {
    return decode64(a, text, url_safe, out);
}

enum err enc_unpercent(struct arena *a, struct span text, bool plus_is_space, char **out) {
    char *s = arena_alloc(a, text.n + 1);
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        int byte = (unsigned char)text.p[i];
        if (byte == '+' && plus_is_space)
            byte = ' ';
        if (byte == '%') {
            byte = text.n - i > 2 ? hex_byte(text.p + i + 1) : -1;
            i += 2;
        }
        if (byte <= 0)
            return ERR_MALFORMED;
        s[n++] = (char)byte;
    }
    if (!utf8_valid(s, n))
        return ERR_MALFORMED;
    *out = s;
    return OK;
}

/* A name without '=' has the empty value. */
static enum err decode_pair(struct arena *a, struct span part, struct enc_pair *pair) {
    struct span name;
    char *decoded_name, *decoded_value;
    span_split(&part, '=', &name);
    TRY(enc_unpercent(a, name, true, &decoded_name));
    TRY(enc_unpercent(a, part, true, &decoded_value));
    *pair = (struct enc_pair){decoded_name, decoded_value};
    return OK;
}

/* No more pairs can come than there are separators, however large max is. */
static int count_parts(struct span text) {
    int n = 1;
    for (size_t i = 0; i < text.n; i++)
        n += text.p[i] == '&';
    return n;
}

enum err enc_form(struct arena *a, struct span text, int max, struct enc_pair **pairs, int *n) {
    int parts = count_parts(text);
    struct enc_pair *found = ARENA_ARRAY(a, struct enc_pair, parts < max ? parts : max);
    struct span part;
    int count = 0;
    while (span_split(&text, '&', &part)) {
        if (part.n == 0)
            continue;
        if (count == max)
            return ERR_TOO_LARGE;
        TRY(decode_pair(a, part, &found[count++]));
    }
    *pairs = found;
    *n = count;
    return OK;
}
