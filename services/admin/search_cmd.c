#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bot/faq.h"
#include "../../common/codec/json.h"
#include "../../common/codec/utf8.h"
#include "examples.h"

#define HITS_MAX 20
#define LINE_BYTES_MAX (64 * 1024)

/* The ids are told as the file spells them, numbers too; the index knows them by their place. */
struct library {
    struct arena *arena;
    json_t *file;
    struct faq_index *index;
};

static int refuse(const char *path, const char *what) {
    fprintf(stderr, "redthread search: %s: %s\n", path, what);
    return 1;
}

/* Texts of an array are one answer: the file does not name their languages. */
static void join_answers(struct arena *a, const json_t *list, struct knowledge *out) {
    const char *all = "";
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *one = json_string_value(json_array_get(list, i));
        all = one ? arena_printf(a, "%s%s\n", all, one) : all;
    }
    out->answers = ARENA_NEW(a, struct knowledge_answer);
    out->answers[0] = (struct knowledge_answer){"", all};
    out->n_answers = 1;
}

static void take_answers(struct arena *a, json_t *by_language, struct knowledge *out) {
    const char *language;
    json_t *text;
    out->answers = ARENA_ARRAY(a, struct knowledge_answer, json_object_size(by_language) + 1);
    json_object_foreach(by_language, language, text) {
        if (json_is_string(text))
            out->answers[out->n_answers++] =
                (struct knowledge_answer){language, json_string_value(text)};
    }
}

static bool take_entry(struct library *l, size_t place, struct knowledge *out) {
    json_t *j = json_array_get(l->file, place), *answers = json_object_get(j, "answers");
    const char *question = json_string_value(json_object_get(j, "question"));
    if (!question || !json_object_get(j, "id"))
        return false;
    *out = (struct knowledge){.id = arena_printf(l->arena, "%zu", place), .intent = ""};
    out->questions = ARENA_NEW(l->arena, const char *);
    out->questions[out->n_questions++] = question;
    if (json_is_object(answers))
        take_answers(l->arena, answers, out);
    else
        join_answers(l->arena, answers, out);
    return true;
}

static bool take_entries(struct library *l) {
    size_t n = json_array_size(l->file);
    struct knowledge *entries = ARENA_ARRAY(l->arena, struct knowledge, n + 1);
    for (size_t i = 0; i < n; i++)
        if (!take_entry(l, i, &entries[i]))
            return false;
    l->index = faq_open(entries, (int)n);
    return true;
}

/* An operator's own file may be larger than what json_load_span lets a caller send. */
static int load(const char *path, struct library *l) {
    struct span text;
    json_error_t error;
    enum err e = examples_read_file(l->arena, path, &text);
    if (e != OK)
        return refuse(path, e == ERR_ABSENT ? strerror(errno) : err_text(e));
    l->file = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!l->file)
        return refuse(path, error.text);
    if (!json_is_array(l->file) || !take_entries(l))
        return refuse(path, "must be an array of {id, question, answers}");
    return 0;
}

static void put_hits(const struct library *l, struct arena *a, const struct knowledge_hit *hits,
                     int n) {
    buf_auto b;
    buf_init(&b, LINE_BYTES_MAX);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        size_t place = (size_t)strtoul(hits[i].entry->id, NULL, 10);
        json_put_item(&b);
        buf_addc(&b, '{');
        json_put_raw(&b, "id", json_text(a, json_object_get(json_array_get(l->file, place), "id")));
        json_put_double(&b, "score", hits[i].score);
        buf_addc(&b, '}');
    }
    buf_adds(&b, "]\n");
    fputs(b.p, stdout);
}

/* A line that is not text finds nothing: the answer to line n is line n. */
static void search_line(const struct library *l, struct arena *a, const char *line) {
    struct knowledge_hit hits[HITS_MAX];
    int n = utf8_valid(line, strlen(line)) ? faq_search(l->index, a, line, "", hits, HITS_MAX) : 0;
    put_hits(l, a, hits, n);
}

static void search_lines(const struct library *l) {
    char *line = NULL;
    size_t size = 0;
    struct arena *a = arena_new();
    while (getline(&line, &size, stdin) >= 0) {
        search_line(l, a, line);
        arena_reset(a);
    }
    arena_free(a);
    free(line);
}

int search_cmd(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], "--knowledge") != 0) {
        fputs("usage: redthread search --knowledge FILE.json\n", stderr);
        return 2;
    }
    struct library l = {.arena = arena_new()};
    int status = load(argv[2], &l);
    if (status == 0)
        search_lines(&l);
    faq_free(l.index);
    json_decref(l.file);
    arena_free(l.arena);
    return status;
}
