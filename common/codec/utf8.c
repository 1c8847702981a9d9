#include "utf8.h"

#include <string.h>

#include "eight.h"

static bool is_continuation(unsigned char c) { return (c & 0xC0) == 0x80; }

/* Bytes the lead byte promises; 0 if none may begin a sequence with it. */
static size_t promised_length(unsigned char lead) {
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
}

/* Four leads allow only part of the continuation bytes: the rest would be overlong forms,
 * surrogates, or past U+10FFFF. */
static bool second_fits(unsigned char lead, unsigned char second) {
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

/* Bytes of the valid sequence at s, of which n are there; 0 if it is not one. */
static size_t sequence_length(const unsigned char *s, size_t n) {
    size_t len = promised_length(s[0]);
    if (len > n || (len > 1 && !second_fits(s[0], s[1])))
        return 0;
    for (size_t i = 2; i < len; i++)
        if (!is_continuation(s[i]))
            return 0;
    return len;
}

bool utf8_valid(const char *s, size_t n) {
    const unsigned char *p = (const unsigned char *)s;
    while (n) {
        size_t len = sequence_length(p, n);
        if (len == 0)
            return false;
        p += len;
        n -= len;
    }
    return true;
}

int utf8_next(const char *s, uint32_t *cp) {
    const unsigned char *p = (const unsigned char *)s;
    *cp = p[0];
    if (p[0] < 0x80)
        return p[0] != 0;
    int len = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    *cp = p[0] & (0x7Fu >> len);
    for (int i = 1; i < len; i++)
        *cp = *cp << 6 | (p[i] & 0x3Fu);
    return len;
}

size_t utf8_count(const char *s) {
    size_t n = 0, left = strlen(s);
    for (; left >= 8; s += 8, left -= 8)
        n += (size_t)eight_begin(eight_at(s));
    for (; left; s++, left--)
        n += !is_continuation((unsigned char)*s);
    return n;
}

size_t utf8_truncate(const char *s, size_t max_cp) {
    size_t i = 0;
    for (; s[i]; i++)
        if (!is_continuation((unsigned char)s[i]) && max_cp-- == 0)
            break;
    return i;
}

int utf8_put(uint32_t cp, char out[4]) {
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    int len = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    for (int i = len - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)((0xF00u >> len & 0xF0u) | cp);
    return len;
}

/* Sorted, without gaps: a row reaches up to the next one. Symbols, private use and marks that are
 * not part of a word count as punctuation; controls and invisible blanks as space. */
static const struct {
    uint32_t first;
    enum utf8_script script;
} scripts[] = {
    {0x0000, UTF8_SPACE},        {0x0021, UTF8_PUNCT},        {0x0030, UTF8_DIGIT},
    {0x003A, UTF8_PUNCT},        {0x0041, UTF8_LATIN},        {0x005B, UTF8_PUNCT},
    {0x0061, UTF8_LATIN},        {0x007B, UTF8_PUNCT},        {0x007F, UTF8_SPACE},
    {0x00A1, UTF8_PUNCT},        {0x00AA, UTF8_LATIN},        {0x00AB, UTF8_PUNCT},
    {0x00B5, UTF8_OTHER_LETTER}, {0x00B6, UTF8_PUNCT},        {0x00BA, UTF8_LATIN},
    {0x00BB, UTF8_PUNCT},        {0x00C0, UTF8_LATIN},        {0x00D7, UTF8_PUNCT},
    {0x00D8, UTF8_LATIN},        {0x00F7, UTF8_PUNCT},        {0x00F8, UTF8_LATIN},
    {0x02B0, UTF8_PUNCT},        {0x0300, UTF8_LATIN},        {0x0370, UTF8_OTHER_LETTER},
    {0x037E, UTF8_PUNCT},        {0x037F, UTF8_OTHER_LETTER}, {0x0387, UTF8_PUNCT},
    {0x0388, UTF8_OTHER_LETTER}, {0x0400, UTF8_CYRILLIC},     {0x0530, UTF8_OTHER_LETTER},
    {0x055A, UTF8_PUNCT},        {0x0560, UTF8_OTHER_LETTER}, {0x0589, UTF8_PUNCT},
    {0x0591, UTF8_OTHER_LETTER}, {0x05BE, UTF8_PUNCT},        {0x05BF, UTF8_OTHER_LETTER},
    {0x0600, UTF8_PUNCT},        {0x0610, UTF8_ARABIC},       {0x061B, UTF8_PUNCT},
    {0x0620, UTF8_ARABIC},       {0x0660, UTF8_DIGIT},        {0x066A, UTF8_PUNCT},
    {0x066E, UTF8_ARABIC},       {0x06D4, UTF8_PUNCT},        {0x06D5, UTF8_ARABIC},
    {0x06F0, UTF8_DIGIT},        {0x06FA, UTF8_ARABIC},       {0x0700, UTF8_OTHER_LETTER},
    {0x0750, UTF8_ARABIC},       {0x0780, UTF8_OTHER_LETTER}, {0x08A0, UTF8_ARABIC},
    {0x0900, UTF8_OTHER_LETTER}, {0x0964, UTF8_PUNCT},        {0x0966, UTF8_DIGIT},
    {0x0970, UTF8_OTHER_LETTER}, {0x0E3F, UTF8_PUNCT},        {0x0E40, UTF8_OTHER_LETTER},
    {0x0E4F, UTF8_PUNCT},        {0x0E50, UTF8_DIGIT},        {0x0E5A, UTF8_PUNCT},
    {0x0E80, UTF8_OTHER_LETTER}, {0x1100, UTF8_HANGUL},       {0x1200, UTF8_OTHER_LETTER},
    {0x1680, UTF8_SPACE},        {0x1681, UTF8_OTHER_LETTER}, {0x1E00, UTF8_LATIN},
    {0x1F00, UTF8_OTHER_LETTER}, {0x2000, UTF8_SPACE},        {0x200C, UTF8_PUNCT},
    {0x2028, UTF8_SPACE},        {0x202A, UTF8_PUNCT},        {0x202F, UTF8_SPACE},
    {0x2030, UTF8_PUNCT},        {0x205F, UTF8_SPACE},        {0x2060, UTF8_PUNCT},
    {0x231A, UTF8_EMOJI},        {0x231C, UTF8_PUNCT},        {0x23E9, UTF8_EMOJI},
    {0x23F4, UTF8_PUNCT},        {0x2600, UTF8_EMOJI},        {0x27C0, UTF8_PUNCT},
    {0x2B50, UTF8_EMOJI},        {0x2B51, UTF8_PUNCT},        {0x2C00, UTF8_OTHER_LETTER},
    {0x2C60, UTF8_LATIN},        {0x2C80, UTF8_OTHER_LETTER}, {0x2DE0, UTF8_CYRILLIC},
    {0x2E00, UTF8_PUNCT},        {0x2E80, UTF8_HAN},          {0x2FF0, UTF8_PUNCT},
    {0x3000, UTF8_SPACE},        {0x3001, UTF8_PUNCT},        {0x3005, UTF8_HAN},
    {0x3008, UTF8_PUNCT},        {0x3021, UTF8_HAN},          {0x302A, UTF8_PUNCT},
    {0x3041, UTF8_KANA},         {0x3097, UTF8_PUNCT},        {0x309D, UTF8_KANA},
    {0x30A0, UTF8_PUNCT},        {0x30A1, UTF8_KANA},         {0x30FB, UTF8_PUNCT},
    {0x30FC, UTF8_KANA},         {0x3100, UTF8_OTHER_LETTER}, {0x3130, UTF8_HANGUL},
    {0x3190, UTF8_PUNCT},        {0x31F0, UTF8_KANA},         {0x3200, UTF8_PUNCT},
    {0x3400, UTF8_HAN},          {0x4DC0, UTF8_PUNCT},        {0x4E00, UTF8_HAN},
    {0xA000, UTF8_OTHER_LETTER}, {0xA640, UTF8_CYRILLIC},     {0xA6A0, UTF8_OTHER_LETTER},
    {0xA720, UTF8_LATIN},        {0xA800, UTF8_OTHER_LETTER}, {0xA960, UTF8_HANGUL},
    {0xA980, UTF8_OTHER_LETTER}, {0xAC00, UTF8_HANGUL},       {0xD800, UTF8_PUNCT},
    {0xF900, UTF8_HAN},          {0xFB00, UTF8_LATIN},        {0xFB07, UTF8_OTHER_LETTER},
    {0xFB50, UTF8_ARABIC},       {0xFE00, UTF8_PUNCT},        {0xFE70, UTF8_ARABIC},
    {0xFEFF, UTF8_SPACE},        {0xFF00, UTF8_PUNCT},        {0xFF10, UTF8_DIGIT},
    {0xFF1A, UTF8_PUNCT},        {0xFF21, UTF8_LATIN},        {0xFF3B, UTF8_PUNCT},
    {0xFF41, UTF8_LATIN},        {0xFF5B, UTF8_PUNCT},        {0xFF66, UTF8_KANA},
    {0xFFA0, UTF8_HANGUL},       {0xFFE0, UTF8_PUNCT},        {0x10000, UTF8_OTHER_LETTER},
    {0x1F000, UTF8_EMOJI},       {0x1FB00, UTF8_PUNCT},       {0x20000, UTF8_HAN},
    {0x40000, UTF8_PUNCT},
};
#define SCRIPTS (sizeof scripts / sizeof scripts[0])

/* The first eight rows of the table, which most texts never leave. */
static enum utf8_script ascii_script(uint32_t cp) {
    if ((cp | 0x20) - 'a' < 26u)
        return UTF8_LATIN;
    if (cp <= ' ' || cp == 0x7F)
        return UTF8_SPACE;
    return cp - '0' < 10u ? UTF8_DIGIT : UTF8_PUNCT;
}

enum utf8_script utf8_script(uint32_t cp) {
    if (cp < 0x80)
        return ascii_script(cp);
    size_t low = 0, high = SCRIPTS;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (scripts[middle].first <= cp)
            low = middle;
        else
            high = middle;
    }
    return scripts[low].script;
}

/* Every `step`th code point from first to last is a capital whose small letter is `shift` further.
 */
static const struct {
    uint32_t first, last;
    int step, shift;
} capitals[] = {
    {0x0041, 0x005A, 1, 32}, {0x00C0, 0x00D6, 1, 32},   {0x00D8, 0x00DE, 1, 32},
    {0x0100, 0x012E, 2, 1},  {0x0130, 0x0130, 1, -199}, {0x0132, 0x0136, 2, 1},
    {0x0139, 0x0147, 2, 1},  {0x014A, 0x0176, 2, 1},    {0x0178, 0x0178, 1, -121},
    {0x0179, 0x017D, 2, 1},  {0x017F, 0x017F, 1, -268}, {0x01CD, 0x01DB, 2, 1},
    {0x01DE, 0x01EE, 2, 1},  {0x01F8, 0x021E, 2, 1},    {0x0386, 0x0386, 1, 38},
    {0x0388, 0x038A, 1, 37}, {0x038C, 0x038C, 1, 64},   {0x038E, 0x038F, 1, 63},
    {0x0391, 0x03A1, 1, 32}, {0x03A3, 0x03AB, 1, 32},   {0x03C2, 0x03C2, 1, 1},
    {0x0400, 0x040F, 1, 80}, {0x0410, 0x042F, 1, 32},   {0x0460, 0x0480, 2, 1},
    {0x048A, 0x04BE, 2, 1},  {0x04C0, 0x04C0, 1, 15},   {0x04C1, 0x04CD, 2, 1},
    {0x04D0, 0x052E, 2, 1},  {0x1E00, 0x1E94, 2, 1},    {0x1E9E, 0x1E9E, 1, -7615},
    {0x1EA0, 0x1EFE, 2, 1},
};

uint32_t utf8_fold(uint32_t cp) {
    if (cp >= 0xFF01 && cp <= 0xFF5E)
        cp -= 0xFEE0;
    if (cp < 0x80)
        return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    for (size_t i = 0; i < sizeof capitals / sizeof capitals[0] && capitals[i].first <= cp; i++)
        if (cp <= capitals[i].last && (cp - capitals[i].first) % (uint32_t)capitals[i].step == 0)
            return (uint32_t)((int64_t)cp + capitals[i].shift);
    return cp;
}
