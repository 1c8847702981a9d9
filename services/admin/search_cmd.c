#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/bot/faq.h"
#include "../../common/codec/json.h"
#include "examples.h"
#include "options.h"
#include "textlines.h"

#define HITS_MAX 10

/* The ids are told as the file spells them, numbers too; the index knows them by their place. */
struct library {
    struct arena *arena;
    json_t *file;
    struct faq_index *index;
};

static bool refuse(const char *path, const char *what) {
    fprintf(stderr, "redthread search: %s: %s\n", path, what);
    return false;
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

static void take_queries(struct arena *a, const json_t *queries, struct knowledge *out) {
    out->queries = ARENA_ARRAY(a, const char *, json_array_size(queries) + 1);
    for (size_t i = 0; i < json_array_size(queries); i++)
        if (json_is_string(json_array_get(queries, i)))
            out->queries[out->n_queries++] = json_string_value(json_array_get(queries, i));
}

static bool take_entry(struct library *l, size_t place, struct knowledge *out) {
    json_t *j = json_array_get(l->file, place), *answers = json_object_get(j, "answers");
    const char *question = json_string_value(json_object_get(j, "question"));
    if (!question || !json_object_get(j, "id"))
        return false;
    *out = (struct knowledge){.id = arena_printf(l->arena, "%zu", place), .intent = ""};
    out->questions = ARENA_NEW(l->arena, const char *);
    out->questions[out->n_questions++] = question;
    take_queries(l->arena, json_object_get(j, "queries"), out);
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
static bool load(const char *path, struct library *l) {
    struct span text;
    json_error_t error;
    enum err e = examples_read_file(l->arena, path, &text);
    if (e != OK)
        return refuse(path, e == ERR_ABSENT ? strerror(errno) : err_text(e));
    l->file = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &error);
    if (!l->file)
        return refuse(path, error.text);
    if (!json_is_array(l->file) || !take_entries(l))
        return refuse(path, "must be an array of {id, question, answers, queries}");
    return true;
}

/* The id of an entry as the file spells it. */
static const json_t *id_of(const struct library *l, const struct knowledge *entry) {
    return json_object_get(json_array_get(l->file, (size_t)strtoul(entry->id, NULL, 10)), "id");
}

static void answer(struct arena *a, void *ctx, const char *text, struct buf *out) {
    const struct library *l = ctx;
    struct knowledge_hit hits[HITS_MAX];
    int n = faq_search(l->index, a, text, "", hits, HITS_MAX);
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(out);
        buf_addc(out, '{');
        json_put_raw(out, "id", json_text(a, id_of(l, hits[i].entry)));
        json_put_double(out, "score", round(hits[i].score * 1e4) / 1e4);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

int search_cmd(int argc, char **argv) {
    const char *path = NULL;
    const struct options_row rows[] = {{"--knowledge", &path, true}};
    if (!options_parse(argc, argv, rows, 1))
        return 2;
    struct library l = {.arena = arena_new()};
    int status = load(path, &l) ? textlines_run(answer, &l) : EXIT_FAILURE;
    faq_free(l.index);
    json_decref(l.file);
    arena_free(l.arena);
    return status;
}
