#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "html.h"

#define NAME_MAX 9
#define DIGITS_MAX 8

/* HTML 4's Latin 1 and symbols that mails use. Sorted by name. */
static const struct entity {
    char name[NAME_MAX + 1];
    uint16_t cp;
    bool bare; /* may come without its semicolon (HTML 5, 13.2.5.73) */
} entities[] = {
    {"AElig", 198, true},    {"Aacute", 193, true},   {"Acirc", 194, true},
    {"Agrave", 192, true},   {"Aring", 197, true},    {"Atilde", 195, true},
    {"Auml", 196, true},     {"Ccedil", 199, true},   {"Dagger", 8225, false},
    {"ETH", 208, true},      {"Eacute", 201, true},   {"Ecirc", 202, true},
    {"Egrave", 200, true},   {"Euml", 203, true},     {"Iacute", 205, true},
    {"Icirc", 206, true},    {"Igrave", 204, true},   {"Iuml", 207, true},
    {"Ntilde", 209, true},   {"OElig", 338, false},   {"Oacute", 211, true},
    {"Ocirc", 212, true},    {"Ograve", 210, true},   {"Oslash", 216, true},
    {"Otilde", 213, true},   {"Ouml", 214, true},     {"Scaron", 352, false},
    {"THORN", 222, true},    {"Uacute", 218, true},   {"Ucirc", 219, true},
    {"Ugrave", 217, true},   {"Uuml", 220, true},     {"Yacute", 221, true},
    {"Yuml", 376, false},    {"aacute", 225, true},   {"acirc", 226, true},
    {"acute", 180, true},    {"aelig", 230, true},    {"agrave", 224, true},
    {"amp", '&', true},      {"apos", '\'', false},   {"aring", 229, true},
    {"atilde", 227, true},   {"auml", 228, true},     {"bdquo", 8222, false},
    {"brvbar", 166, true},   {"bull", 8226, false},   {"ccedil", 231, true},
    {"cedil", 184, true},    {"cent", 162, true},     {"check", 10003, false},
    {"circ", 710, false},    {"colon", ':', false},   {"comma", ',', false},
    {"commat", '@', false},  {"copy", 169, true},     {"curren", 164, true},
    {"dagger", 8224, false}, {"darr", 8595, false},   {"deg", 176, true},
    {"divide", 247, true},   {"dollar", '$', false},  {"eacute", 233, true},
    {"ecirc", 234, true},    {"egrave", 232, true},   {"emsp", 8195, false},
    {"ensp", 8194, false},   {"equals", '=', false},  {"eth", 240, true},
    {"euml", 235, true},     {"euro", 8364, false},   {"excl", '!', false},
    {"frac12", 189, true},   {"frac14", 188, true},   {"frac34", 190, true},
    {"gt", '>', true},       {"harr", 8596, false},   {"hearts", 9829, false},
    {"hellip", 8230, false}, {"iacute", 237, true},   {"icirc", 238, true},
    {"iexcl", 161, true},    {"igrave", 236, true},   {"iquest", 191, true},
    {"iuml", 239, true},     {"laquo", 171, true},    {"larr", 8592, false},
    {"ldquo", 8220, false},  {"lowbar", '_', false},  {"lpar", '(', false},
    {"lsaquo", 8249, false}, {"lsquo", 8216, false},  {"lt", '<', true},
    {"macr", 175, true},     {"mdash", 8212, false},  {"micro", 181, true},
    {"middot", 183, true},   {"nbsp", 160, true},     {"ndash", 8211, false},
    {"not", 172, true},      {"ntilde", 241, true},   {"num", '#', false},
    {"oacute", 243, true},   {"ocirc", 244, true},    {"oelig", 339, false},
    {"ograve", 242, true},   {"ordf", 170, true},     {"ordm", 186, true},
    {"oslash", 248, true},   {"otilde", 245, true},   {"ouml", 246, true},
    {"para", 182, true},     {"percnt", '%', false},  {"permil", 8240, false},
    {"plus", '+', false},    {"plusmn", 177, true},   {"pound", 163, true},
    {"quest", '?', false},   {"quot", '"', true},     {"raquo", 187, true},
    {"rarr", 8594, false},   {"rdquo", 8221, false},  {"reg", 174, true},
    {"rpar", ')', false},    {"rsaquo", 8250, false}, {"rsquo", 8217, false},
    {"sbquo", 8218, false},  {"scaron", 353, false},  {"sect", 167, true},
    {"semi", ';', false},    {"shy", 173, true},      {"sol", '/', false},
    {"sup1", 185, true},     {"sup2", 178, true},     {"sup3", 179, true},
    {"szlig", 223, true},    {"thinsp", 8201, false}, {"thorn", 254, true},
    {"tilde", 732, false},   {"times", 215, true},    {"trade", 8482, false},
    {"uacute", 250, true},   {"uarr", 8593, false},   {"ucirc", 251, true},
    {"ugrave", 249, true},   {"uml", 168, true},      {"uuml", 252, true},
    {"yacute", 253, true},   {"yen", 165, true},      {"yuml", 255, true},
    {"zwj", 8205, false},    {"zwnj", 8204, false},
};

/* 128..159 mean windows-1252 (HTML 5, 13.2.5.80). */
static const uint16_t upper[32] = {0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                   0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd,
                                   0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                   0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};

static uint32_t sound(uint32_t cp) {
    if (cp >= 128 && cp < 160)
        return upper[cp - 128];
    return cp == 0 || cp > 0x10ffff || (cp >= 0xd800 && cp < 0xe000) ? 0xfffd : cp;
}

static size_t numeric(struct span s, uint32_t *cp) {
    bool hex = s.n > 2 && (s.p[2] | 0x20) == 'x';
    size_t from = hex ? 3 : 2, n = 0;
    char digits[DIGITS_MAX + 1] = "";
    const char *of = hex ? "0123456789abcdefABCDEF" : "0123456789";
    while (n < DIGITS_MAX && from + n < s.n && s.p[from + n] && strchr(of, s.p[from + n])) {
        digits[n] = s.p[from + n];
        n++;
    }
    if (!n)
        return 0;
    *cp = sound((uint32_t)strtoul(digits, NULL, hex ? 16 : 10));
    return from + n + (from + n < s.n && s.p[from + n] == ';');
}

static int by_name(const void *key, const void *row) {
    return strcmp(key, ((const struct entity *)row)->name);
}

static const struct entity *named(const char *name) {
    return bsearch(name, entities, sizeof entities / sizeof *entities, sizeof *entities, by_name);
}

static bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

size_t html_reference(struct span s, uint32_t *cp) {
    char name[NAME_MAX + 1] = "";
    size_t n = 0;
    if (s.n > 1 && s.p[1] == '#')
        return numeric(s, cp);
    while (n < NAME_MAX && n + 1 < s.n && is_name(s.p[n + 1])) {
        name[n] = s.p[n + 1];
        n++;
    }
    bool closed = n + 1 < s.n && s.p[n + 1] == ';';
    const struct entity *e = named(name);
    if (!e || (!closed && !e->bare))
        return 0;
    *cp = e->cp;
    return n + 1 + closed;
}
