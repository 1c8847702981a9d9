/* drive_fetch ALLOW: the fetch driver by hand. One command a line, words parted by tabs, one answer
 * a line.
 *
 *   check URL                              the error's name and why
 *   check_smtp URL                         the same of a mail server's
 *   run METHOD URL BODY_BYTES TIMEOUT_MS PATIENCE [HEADER VALUE ...]
 *       the error's name, status, bytes and first bytes of the answer, how often may_send was
 * asked; PATIENCE: how often it says yes, -1 for always. A header BODY is the body instead, its |
 * standing for line ends
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/log.h"
#include "../../common/io/fetch.h"

#define WORDS_MAX 64

struct drive {
    struct fetch_net *net;
    struct fetch *fetch;
    struct arena *arena;
    char *word[WORDS_MAX];
    int n;
    int patience, asked;
};

static bool may_send(void *ctx) {
    struct drive *d = ctx;
    d->asked++;
    return d->patience < 0 || d->asked <= d->patience;
}

static void do_check(struct drive *d) {
    struct why why = {"", ""};
    bool smtp = !strcmp(d->word[0], "check_smtp");
    enum err e = (smtp ? fetch_check_smtp_url : fetch_check_url)(d->net, d->word[1], &why);
    printf("%s\t%s\n", err_name(e), why.text);
}

static struct span lines(struct arena *a, const char *text) {
    char *out = arena_alloc(a, 2 * strlen(text) + 1), *to = out;
    for (; *text; text++) {
        if (*text == '|')
            *to++ = '\r';
        *to++ = *text == '|' ? '\n' : *text;
    }
    return (struct span){out, (size_t)(to - out)};
}

static void do_run(struct drive *d) {
    struct wire_header headers[WORDS_MAX];
    struct wire_response out;
    size_t size = strtoul(d->word[3], NULL, 10);
    char *body = arena_alloc(d->arena, size + 1);
    memset(body, 'x', size);
    int n = 0;
    struct span bytes = {body, size};
    for (int i = 6; i + 1 < d->n; i += 2) {
        if (!strcmp(d->word[i], "BODY"))
            bytes = lines(d->arena, d->word[i + 1]);
        else
            headers[n++] = (struct wire_header){d->word[i], d->word[i + 1]};
    }
    struct wire_request q = {d->word[1], d->word[2], headers, n, bytes};
    d->patience = atoi(d->word[5]);
    d->asked = 0;
    enum err e = fetch_run(d->fetch, d->arena, &q, atoi(d->word[4]), may_send, d, &out);
    const char *type = wire_header_find(out.headers, out.n_headers, "Content-Type");
    printf("%s\t%d\t%zu\t%.*s\t%d\t%d\t%s\n", err_name(e), out.status, out.body.n,
           (int)(out.body.n < 40 ? out.body.n : 40), out.body.n ? out.body.p : "", d->asked,
           out.n_headers, type ? type : "");
}

static void obey(struct drive *d, char *line) {
    line[strcspn(line, "\n")] = '\0';
    d->n = 0;
    for (char *rest = line; rest && d->n < WORDS_MAX;)
        d->word[d->n++] = strsep(&rest, "\t");
    if (!strncmp(d->word[0], "check", 5))
        do_check(d);
    else
        do_run(d);
    fflush(stdout);
    arena_reset(d->arena);
}

int main(int argc, char **argv) {
    struct drive d = {.arena = NULL};
    struct why why;
    if (argc != 2)
        return 2;
    log_setup("drive", "json", "info");
    fetch_setup();
    if (fetch_net_parse(argv[1], &d.net, &why) != OK) {
        fprintf(stderr, "%s\n", why.text);
        return 3;
    }
    d.arena = arena_new();
    d.fetch = fetch_new(d.net);
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0)
        obey(&d, line);
    free(line);
    fetch_free(d.fetch);
    fetch_net_free(d.net);
    arena_free(d.arena);
    return 0;
}
