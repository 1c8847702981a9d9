#include "examples.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../common/base/buf.h"
#include "../../common/codec/utf8.h"

#define FILE_BYTES_MAX (256u << 20)

enum err examples_read_file(struct arena *a, const char *path, struct span *out) {
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    if (!f)
        return ERR_ABSENT;
    buf_auto b;
    char part[65536];
    buf_init(&b, FILE_BYTES_MAX);
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&b, part, n);
    bool broken = ferror(f) != 0;
    if (f != stdin)
        fclose(f);
    if (broken)
        return ERR_ABSENT;
    TRY(buf_done(&b));
    *out = (struct span){arena_strndup(a, buf_span(&b).p, b.len), b.len};
    return OK;
}

static enum err parse_line(struct arena *a, struct span line, int number, struct example *out,
                           struct why *why) {
    struct span intent, text = line;
    if (!utf8_valid(line.p, line.n) || memchr(line.p, 0, line.n))
        return why_set(why, ERR_INVALID, "", "line %d: not UTF-8 text", number);
    if (!memchr(line.p, '\t', line.n) || !span_split(&text, '\t', &intent))
        return why_set(why, ERR_INVALID, "", "line %d: no tab between intent and text", number);
    intent = span_trim(intent);
    text = span_trim(text);
    if (intent.n == 0 || text.n == 0)
        return why_set(why, ERR_INVALID, "", "line %d: empty intent or text", number);
    *out = (struct example){arena_strndup(a, intent.p, intent.n), arena_strndup(a, text.p, text.n),
                            ""};
    return OK;
}

enum err examples_parse(struct arena *a, struct span text, struct example **out, int *n,
                        struct why *why) {
    int lines = 1, number = 0;
    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    *out = ARENA_ARRAY(a, struct example, lines);
    *n = 0;
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0)
        text = (struct span){text.p + 3, text.n - 3};
    for (struct span line; span_split(&text, '\n', &line);) {
        number++;
        if (span_trim(line).n == 0)
            continue;
        TRY(parse_line(a, line, number, &(*out)[*n], why));
        ++*n;
    }
    return OK;
}

bool examples_load(struct arena *a, const char *path, struct example **out, int *n) {
    struct span text;
    struct why why = {{0}, {0}};
    enum err e = examples_read_file(a, path, &text);
    if (e != OK) {
        fprintf(stderr, "%s: %s\n", path, e == ERR_ABSENT ? strerror(errno) : err_text(e));
        return false;
    }
    e = examples_parse(a, text, out, n, &why);
    if (e != OK)
        fprintf(stderr, "%s: %s\n", path, why.text);
    return e == OK;
}
