#include "uid.h"

#include <string.h>

#define VERSION_BYTE 6
#define VARIANT_BYTE 8

struct uid uid_make(int64_t wall_ms, uint8_t bucket, const uint8_t random[UID_RANDOM_BYTES]) {
    struct uid u;
    for (int i = 0; i < 6; i++)
        u.b[i] = (uint8_t)((uint64_t)wall_ms >> (40 - 8 * i));
    memcpy(u.b + 6, random, UID_RANDOM_BYTES);
    u.b[VERSION_BYTE] = (uint8_t)((u.b[VERSION_BYTE] & 0x0F) | 0x70);
    u.b[VARIANT_BYTE] = (uint8_t)((u.b[VARIANT_BYTE] & 0x3F) | 0x80);
    u.b[15] = bucket;
    return u;
}

int64_t uid_ms(struct uid u) {
    int64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | u.b[i];
    return ms;
}

static bool dash_before_byte(int i) { return i == 4 || i == 6 || i == 8 || i == 10; }

static char *put_bytes(char *out, const uint8_t *bytes, int n) {
    static const char hex[] = "0123456789abcdef";
    for (int i = 0; i < n; i++) {
        *out++ = hex[bytes[i] >> 4];
        *out++ = hex[bytes[i] & 15];
    }
    return out;
}

char *uid_text(struct uid u, char out[UID_TEXT_MAX]) {
    char *p = put_bytes(out, u.b, 4);
    for (int i = 4; i < 10; i += 2) {
        *p++ = '-';
        p = put_bytes(p, u.b + i, 2);
    }
    *p++ = '-';
    *put_bytes(p, u.b + 10, 6) = '\0';
    return out;
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool uid_parse(const char *s, struct uid *out) {
    struct uid u;
    if (!s || strlen(s) != UID_TEXT_MAX - 1)
        return false;
    for (int i = 0; i < 16; i++, s += 2) {
        if (dash_before_byte(i) && *s++ != '-')
            return false;
        int high = hex_value(s[0]), low = hex_value(s[1]);
        if (high < 0 || low < 0)
            return false;
        u.b[i] = (uint8_t)(high << 4 | low);
    }
    *out = u;
    return true;
}
