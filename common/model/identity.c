#include "identity.h"

#include <ctype.h>
#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#define EMAIL_BYTES_MAX 254
#define EMAIL_LOCAL_MAX 64
#define PHONE_DIGITS_MIN 7
#define PHONE_DIGITS_MAX 15

/* Characters nobody sees: two values that look the same would be two people, or one made to look
 * like two. */
static const struct {
    uint32_t first, last;
} identity_invisible[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},     {0x34f, 0x34f},   {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f}, {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164},   {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xffa0, 0xffa0},
    {0xfff9, 0xfffc}, {0xe0000, 0xe0fff},
};

static bool identity_is_invisible(uint32_t cp) {
    for (size_t i = 0; i < sizeof(identity_invisible) / sizeof(*identity_invisible); i++)
        if (cp >= identity_invisible[i].first && cp <= identity_invisible[i].last)
            return true;
    return false;
}

/* White space at either end, of any script, is an accident of copying. */
static char *identity_trim(struct arena *a, const char *s) {
    const char *start = NULL, *end = s;
    uint32_t cp;
    for (int n; (n = utf8_next(s, &cp)) > 0; s += n) {
        bool space = utf8_script(cp) == UTF8_SPACE || (cp < 0x80 && isspace((int)cp));
        if (space)
            continue;
        start = start ? start : s;
        end = s + n;
    }
    return start ? arena_strndup(a, start, (size_t)(end - start)) : arena_strdup(a, "");
}

static enum err identity_check_visible(const char *s, struct why *why) {
    uint32_t cp;
    for (int n; (n = utf8_next(s, &cp)) > 0; s += n)
        if (identity_is_invisible(cp))
            return why_set(why, ERR_INVALID, "/value",
                           "holds a control or invisible character (U+%04X)", (unsigned)cp);
    return OK;
}

static enum err identity_check_kind(const char *kind, struct why *why) {
    size_t n = strlen(kind);
    bool ok = n > 0 && n <= IDENTITY_KIND_MAX && isalnum((unsigned char)kind[0]) &&
              strspn(kind, "abcdefghijklmnopqrstuvwxyz0123456789._:-") == n;
    return ok ? OK
              : why_set(why, ERR_INVALID, "/kind",
                        "must be lower-case letters, digits, dot, colon, dash or underscore");
}

static enum err identity_refuse_email(struct why *why) {
    return why_set(why, ERR_INVALID, "/value", "is not an email address");
}

/* A domain is case-blind; a local part may by the letter of RFC 5321 tell A from a, but no provider
 * of note does, and people write their own address either way. Only ASCII is folded: a wider
 * folding would let look-alikes (full-width letters, the Kelvin sign) meet. Tags and dots stay:
 * they can be two people. */
static enum err identity_email(struct arena *a, const char *s, const char **out, struct why *why) {
    char *email = arena_strdup(a, s);
    size_t n = strlen(email);
    for (size_t i = 0; i < n; i++)
        email[i] = (char)(email[i] >= 'A' && email[i] <= 'Z' ? email[i] + 32 : email[i]);
    const char *at = strchr(email, '@');
    if (n > EMAIL_BYTES_MAX || !at || strchr(at + 1, '@') || strpbrk(email, " \t<>(),;:\"\\[]"))
        return identity_refuse_email(why);
    size_t local = (size_t)(at - email);
    const char *domain = at + 1;
    if (local == 0 || local > EMAIL_LOCAL_MAX || *domain == '\0')
        return identity_refuse_email(why);
    if (*domain == '.' || email[n - 1] == '.' || strstr(domain, ".."))
        return identity_refuse_email(why);
    *out = email;
    return OK;
}

static bool identity_is_phone_filler(uint32_t cp) {
    return utf8_script(cp) == UTF8_SPACE || cp == ' ' || cp == '-' || cp == '.' || cp == '/' ||
           cp == '(' || cp == ')' || (cp >= 0x2010 && cp <= 0x2015) || cp == 0x2212;
}

/* Digits and the leading plus only; false on anything that is neither nor a usual filler. */
static bool identity_phone_digits(const char *s, char *out, size_t size) {
    size_t n = 0;
    uint32_t cp;
    while (*s) {
        bool trunk_zero =
            n > 1 && strncmp(s, "(0)", 3) == 0; /* +49 (0) 30: not dialled from abroad */
        if (trunk_zero) {
            s += 3;
            continue;
        }
        s += utf8_next(s, &cp);
        if (identity_is_phone_filler(cp))
            continue;
        bool plus = cp == '+' && n == 0;
        if (!plus && !(cp >= '0' && cp <= '9'))
            return false;
        if (n + 1 == size)
            return false;
        out[n++] = (char)cp;
    }
    out[n] = '\0';
    return true;
}

static enum err identity_phone(struct arena *a, const char *s, const char **out, struct why *why) {
    char digits[PHONE_DIGITS_MAX + 4] = "";
    const char *number = digits;
    if (!identity_phone_digits(s, digits, sizeof digits))
        return why_set(why, ERR_INVALID, "/value", "is not a phone number");
    if (strncmp(number, "00", 2) == 0)
        number += 2;
    else if (*number == '+')
        number += 1;
    else
        return why_set(why, ERR_INVALID, "/value", "needs its country code, as in +45 12 34 56 78");
    size_t n = strlen(number);
    if (n < PHONE_DIGITS_MIN || n > PHONE_DIGITS_MAX || *number == '0')
        return why_set(why, ERR_INVALID, "/value", "is not an international phone number");
    *out = arena_printf(a, "+%s", number);
    return OK;
}

static const struct {
    const char *kind;
    enum err (*normalise)(struct arena *, const char *, const char **, struct why *);
} identity_kinds[] = {{"email", identity_email}, {"phone", identity_phone}};

enum err identity_normalise(struct arena *a, const char *kind, const char *value, const char **out,
                            struct why *why) {
    TRY(identity_check_kind(kind, why));
    const char *trimmed = identity_trim(a, value);
    TRY(identity_check_visible(trimmed, why));
    if (*trimmed == '\0')
        return why_set(why, ERR_INVALID, "/value", "must not be empty");
    if (utf8_count(trimmed) > IDENTITY_VALUE_MAX)
        return why_set(why, ERR_INVALID, "/value", "is longer than %d characters",
                       IDENTITY_VALUE_MAX);
    for (size_t i = 0; i < sizeof(identity_kinds) / sizeof(*identity_kinds); i++)
        if (strcmp(kind, identity_kinds[i].kind) == 0)
            return identity_kinds[i].normalise(a, trimmed, out, why);
    *out = trimmed;
    return OK;
}

uint8_t identity_bucket(const char *kind, const char *normalised) {
    uint64_t seed = text_hash(kind, strlen(kind), 0);
    return (uint8_t)text_hash(normalised, strlen(normalised), seed);
}

uint64_t identity_hash(const struct identity *i) {
    uint64_t seed = text_hash(i->kind, strlen(i->kind), (uint64_t)i->trust);
    return text_hash(i->value, strlen(i->value), seed);
}
