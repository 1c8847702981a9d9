#include "err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
    const char *name, *text;
    int http;
    enum err_retry retry;
};

static const struct err_row rows[ERR_COUNT_] = {
#define X(code, text, http, retry) [code] = {#code, text, http, ERR_RETRY_##retry},
#include "err.def"
#undef X
};

static const struct err_row *row_of(enum err e) {
    return &rows[(unsigned)e < ERR_COUNT_ ? e : ERR_BUG];
}

const char *err_name(enum err e) { return row_of(e)->name; }

const char *err_text(enum err e) { return row_of(e)->text; }

int err_http(enum err e) { return row_of(e)->http; }

enum err_retry err_retry(enum err e) { return row_of(e)->retry; }

/* The text ends up in a JSON answer, so a cut must not leave half a UTF-8 sequence behind. */
static void drop_broken_tail(char *s) {
    size_t n = strlen(s), tail = 0;
    while (tail < n && tail < 3 && ((unsigned char)s[n - 1 - tail] & 0xC0) == 0x80)
        tail++;
    if (tail == n)
        return;
    unsigned char lead = (unsigned char)s[n - 1 - tail];
    size_t wanted = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (tail < wanted)
        s[n - 1 - tail] = '\0';
}

enum err why_set(struct why *why, enum err code, const char *pointer, const char *fmt, ...) {
    if (!why)
        return code;
    va_list args;
    va_start(args, fmt);
    int text_n = vsnprintf(why->text, sizeof why->text, fmt, args);
    va_end(args);
    int pointer_n = snprintf(why->pointer, sizeof why->pointer, "%s", pointer ? pointer : "");
    if (text_n >= WHY_TEXT_MAX)
        drop_broken_tail(why->text);
    if (pointer_n >= WHY_POINTER_MAX)
        drop_broken_tail(why->pointer);
    return code;
}
