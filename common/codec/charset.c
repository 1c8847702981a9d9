#include "charset.h"

#include <errno.h>
#include <iconv.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "../base/buf.h"
#include "utf8.h"

#define ROOM_BYTES 4096
#define REPLACEMENT "\xef\xbf\xbd"

/* Labels that mail uses for a larger set than they name, or that iconv does not know. */
static const struct {
    const char *label, *name;
} aliases[] = {
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb_2312-80", "GB18030"},
    {"x-gbk", "GB18030"},
    {"cp936", "GB18030"},
    {"ks_c_5601-1987", "CP949"},
    {"ks_c_5601", "CP949"},
    {"euc-kr", "CP949"},
    {"ksc5601", "CP949"},
    {"iso-8859-1", "windows-1252"},
    {"iso8859-1", "windows-1252"},
    {"latin1", "windows-1252"},
    {"latin-1", "windows-1252"},
    {"iso_8859-1", "windows-1252"},
    {"us-ascii", ""},
    {"ascii", ""},
    {"ansi_x3.4-1968", ""},
    {"cp1252", "windows-1252"},
    {"x-ansi", "windows-1252"},
    {"iso-8859-9", "windows-1254"},
    {"iso-8859-11", "CP874"},
    {"tis-620", "CP874"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"sjis", "CP932"},
    {"x-sjis", "CP932"},
    {"windows-31j", "CP932"},
    {"big5", "BIG5-HKSCS"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"unicode-1-1-utf-7", "UTF-7"},
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"x-utf-8", "UTF-8"},
    {"unknown-8bit", ""},
    {"x-unknown", ""},
    {"macintosh", "MACINTOSH"},
    {"x-mac-roman", "MACINTOSH"},
    {"iso-2022-jp", "ISO-2022-JP-2"},
    {"utf-16", "UTF-16"},
    {"unicode", "UTF-16"},
};

/* ---- the two we read ourselves ---- */

/* 0x80..0x9f of windows-1252; 0: not assigned. */
static const uint16_t upper[32] = {0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                   0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
                                   0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                   0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

static char *windows_1252(struct arena *a, struct span s) {
    char *out = arena_alloc(a, 3 * s.n + 1), *at = out;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        uint32_t cp = c ? c : ' ';
        if (c >= 0x80 && c < 0xa0)
            cp = upper[c - 0x80] ? upper[c - 0x80] : 0xfffd;
        at += utf8_put(cp, at);
    }
    *at = '\0';
    return out;
}

/* Bytes of the sequence at p if it is a whole and valid one, else 0. */
static size_t sequence(const char *p, size_t n) {
    unsigned char c = (unsigned char)*p;
    size_t size = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return size <= n && utf8_valid(p, size) ? size : 0;
}

/* Each byte that fits nowhere becomes one replacement character. */
static char *utf8_repaired(struct arena *a, struct span s) {
    char *out = arena_alloc(a, 3 * s.n + 1), *at = out;
    for (size_t i = 0; i < s.n;) {
        size_t n = sequence(s.p + i, s.n - i);
        const char *from = n ? s.p + i : REPLACEMENT;
        size_t size = n ? n : sizeof REPLACEMENT - 1;
        memcpy(at, s.p[i] ? from : " ", s.p[i] ? size : 1);
        at += s.p[i] ? size : 1;
        i += n ? n : 1;
    }
    *at = '\0';
    return out;
}

/* Valid already, as nearly all is: copied in one go. */
static char *copied(struct arena *a, struct span s) {
    char *out = arena_strndup(a, s.n ? s.p : "", s.n);
    for (char *nul = out; (nul = memchr(nul, '\0', s.n - (size_t)(nul - out)));)
        *nul = ' ';
    return out;
}

char *charset_guess(struct arena *a, struct span bytes) {
    return utf8_valid(bytes.n ? bytes.p : "", bytes.n) ? copied(a, bytes) : windows_1252(a, bytes);
}

/* ---- the rest, by iconv ---- */

/* The byte that could not be read is passed over. False: there was none. */
static bool pass_over(struct buf *out, char **in, size_t *left) {
    if (!*left)
        return false;
    buf_adds(out, REPLACEMENT);
    ++*in;
    --*left;
    return true;
}

static void convert(iconv_t c, struct span bytes, struct buf *out) {
    char *in = (char *)(uintptr_t)bytes.p, room[ROOM_BYTES];
    size_t left = bytes.n;
    for (;;) {
        char *to = room;
        size_t free_n = sizeof room;
        size_t r = iconv(c, left ? &in : NULL, &left, &to, &free_n);
        int why = errno;
        buf_add(out, room, (size_t)(to - room));
        if (r != (size_t)-1 && !left)
            return;
        if (r == (size_t)-1 && why != E2BIG && !pass_over(out, &in, &left))
            return;
    }
}

static const char *name_of(const char *label) {
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (!strcasecmp(label, aliases[i].label))
            return aliases[i].name;
    return label;
}

/* No "//TRANSLIT" and no path into somebody's module. */
static bool plain(const char *label) {
    static const char may[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+";
    size_t n = strlen(label);
    return n > 0 && n <= CHARSET_LABEL_MAX && strspn(label, may) == n;
}

char *charset_text(struct arena *a, const char *label, struct span bytes) {
    const char *name = name_of(label ? label : "");
    if (!bytes.n || !plain(name))
        return charset_guess(a, bytes);
    if (!strcmp(name, "windows-1252"))
        return windows_1252(a, bytes);
    if (!strcmp(name, "UTF-8"))
        return utf8_valid(bytes.p, bytes.n) ? copied(a, bytes) : utf8_repaired(a, bytes);
    iconv_t c = iconv_open("UTF-8", name);
    if (c == (iconv_t)-1) /* NOLINT: POSIX says so */
        return charset_guess(a, bytes);
    buf_auto out;
    buf_init(&out, 4 * bytes.n + ROOM_BYTES);
    convert(c, bytes, &out);
    iconv_close(c);
    struct span text = buf_span(&out);
    return utf8_valid(text.p, text.n) ? copied(a, text) : utf8_repaired(a, text);
}
