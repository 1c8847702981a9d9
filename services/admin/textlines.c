#include "textlines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/codec/utf8.h"

/* The longest valid beginning, at most n bytes. */
static size_t valid_length(const char *s, size_t n) {
    size_t good = 0;
    for (size_t step = 1; good + step <= n && step <= 4;) {
        if (utf8_valid(s + good, step) && s[good])
            good += step, step = 1;
        else
            step++;
    }
    return good;
}

static const char *repaired(struct arena *a, const char *s, size_t n) {
    if (utf8_valid(s, n) && !memchr(s, 0, n))
        return arena_strndup(a, s, n);
    char *out = arena_alloc(a, 3 * n + 1), *to = out;
    while (n) {
        size_t good = valid_length(s, n);
        memcpy(to, s, good);
        to += good;
        s += good;
        n -= good;
        if (n == 0)
            break;
        to += utf8_put(0xFFFD, to);
        s++;
        n--;
    }
    return out;
}

int textlines_run(textlines_answer *answer, void *ctx) {
    struct arena *a = arena_new();
    char *line = NULL;
    size_t room = 0;
    buf_auto out;
    buf_init(&out, TEXTLINES_ANSWER_MAX);
    for (ssize_t n; (n = getline(&line, &room, stdin)) >= 0;) {
        while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
            n--;
        arena_reset(a);
        buf_reset(&out);
        answer(a, ctx, repaired(a, line, (size_t)n), &out);
        buf_addc(&out, '\n');
        fwrite(out.p, 1, out.len, stdout);
        fflush(stdout);
    }
    free(line);
    arena_free(a);
    return ferror(stdin) || ferror(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
