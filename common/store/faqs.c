#include "faqs.h"

#include <limits.h>
#include <string.h>

#include "../codec/utf8.h"
#include "generations.h"

#define BODY_BYTES_MAX (2 * 1024 * 1024)

STATEMENT(faqs_upsert, "WITH changed AS (INSERT INTO knowledge (id, body) VALUES ($1, $2::jsonb)"
                       " ON CONFLICT (id) DO UPDATE SET body = excluded.body, updated_at = now()"
                       " RETURNING (xmax = 0) AS created)" GENERATIONS_BUMP_KNOWLEDGE);
STATEMENT(faqs_remove, "WITH changed AS (DELETE FROM knowledge WHERE id = $1"
                       " RETURNING false AS created)" GENERATIONS_BUMP_KNOWLEDGE);
STATEMENT(faqs_select, "SELECT id, body FROM knowledge WHERE id = $1");
STATEMENT(faqs_select_after, "SELECT id, body FROM knowledge WHERE id COLLATE \"C\" > $1"
                             " ORDER BY id COLLATE \"C\" LIMIT $2");

/* ---- body ---- */

struct body {
    const char *intent;
    json_t *questions, *queries, *answers;
};

static const struct json_field rows[] = {
    {"intent", JSON_KIND_ID, false, offsetof(struct body, intent), 0, 0},
    {"questions", JSON_KIND_ARRAY, false, offsetof(struct body, questions), 0,
     KNOWLEDGE_QUESTIONS_MAX},
    {"queries", JSON_KIND_ARRAY, false, offsetof(struct body, queries), 0, KNOWLEDGE_QUERIES_MAX},
    {"answers", JSON_KIND_OBJECT, true, offsetof(struct body, answers), 0, 0},
};

static enum err take_text(const json_t *v, size_t max, const char *pointer, const char **out,
                          struct why *why) {
    const char *text = json_string_value(v);
    if (!text || !*text || utf8_count(text) > max)
        return why_set(why, ERR_INVALID, pointer, "must be text of 1 to %zu characters", max);
    *out = text;
    return OK;
}

static enum err take_texts(struct arena *a, const json_t *list, const char *pointer,
                           const char ***out, struct why *why) {
    *out = ARENA_ARRAY(a, const char *, json_array_size(list) + 1);
    for (size_t i = 0; i < json_array_size(list); i++)
        TRY(take_text(json_array_get(list, i), FAQS_QUESTION_MAX,
                      arena_printf(a, "%s/%zu", pointer, i), &(*out)[i], why));
    return OK;
}

/* A tag such as "da" or "pt-BR". */
static bool is_language(const char *s) {
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return n >= 2 && n <= FAQS_LANGUAGE_MAX && s[n] == '\0';
}

static enum err take_answers(struct arena *a, const json_t *answers, struct knowledge *out,
                             struct why *why) {
    const char *language;
    json_t *text;
    size_t n = json_object_size(answers);
    if (n < 1 || n > KNOWLEDGE_ANSWERS_MAX)
        return why_set(why, ERR_INVALID, "/answers", "must hold 1 to %d languages",
                       KNOWLEDGE_ANSWERS_MAX);
    out->answers = ARENA_ARRAY(a, struct knowledge_answer, n);
    out->n_answers = 0;
    json_object_foreach((json_t *)(uintptr_t)answers, language, text) {
        struct knowledge_answer *answer = &out->answers[out->n_answers++];
        const char *pointer = arena_printf(a, "/answers/%s", language);
        if (!is_language(language))
            return why_set(why, ERR_INVALID, "/answers",
                           "every name in it must be a language such as da or pt-BR");
        answer->language = language;
        TRY(take_text(text, FAQS_ANSWER_MAX, pointer, &answer->text, why));
    }
    return OK;
}

enum err faqs_parse(struct arena *a, const json_t *body, struct knowledge *out, struct why *why) {
    struct body b = {"", NULL, NULL, NULL};
    TRY(json_fill(body, "", rows, sizeof rows / sizeof rows[0], &b, why));
    out->intent = b.intent;
    TRY(take_texts(a, b.questions, "/questions", &out->questions, why));
    TRY(take_texts(a, b.queries, "/queries", &out->queries, why));
    out->n_questions = (int)json_array_size(b.questions);
    out->n_queries = (int)json_array_size(b.queries);
    return take_answers(a, b.answers, out, why);
}

static void put_texts(struct buf *out, const char *name, const char *const *texts, int n) {
    json_put_key(out, name);
    buf_addc(out, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(out);
        json_put_string(out, texts[i]);
    }
    buf_addc(out, ']');
}

void faqs_render(const struct knowledge *k, struct buf *out) {
    json_put_text(out, "intent", *k->intent ? k->intent : NULL);
    put_texts(out, "questions", k->questions, k->n_questions);
    put_texts(out, "queries", k->queries, k->n_queries);
    json_put_key(out, "answers");
    buf_addc(out, '{');
    for (int i = 0; i < k->n_answers; i++)
        json_put_text(out, k->answers[i].language, k->answers[i].text);
    buf_addc(out, '}');
}

/* ---- rows ---- */

static enum err read_entry(struct arena *a, const struct pg_result *r, int row,
                           struct knowledge *k) {
    json_auto body = NULL;
    TRY(json_load_span(pg_bytes(a, r, row, 1), &body, NULL));
    TRY(faqs_parse(a, body, k, NULL));
    k->id = pg_text(a, r, row, 0);
    k->intent = arena_strdup(a, k->intent);
    for (int i = 0; i < k->n_questions; i++)
        k->questions[i] = arena_strdup(a, k->questions[i]);
    for (int i = 0; i < k->n_queries; i++)
        k->queries[i] = arena_strdup(a, k->queries[i]);
    for (int i = 0; i < k->n_answers; i++)
        k->answers[i] = (struct knowledge_answer){arena_strdup(a, k->answers[i].language),
                                                  arena_strdup(a, k->answers[i].text)};
    return OK;
}

enum err faqs_save(struct pg *c, struct arena *a, const struct knowledge *k, bool *created) {
    buf_auto body;
    buf_init(&body, BODY_BYTES_MAX);
    buf_addc(&body, '{');
    faqs_render(k, &body);
    buf_addc(&body, '}');
    TRY(buf_done(&body));
    struct pg_args args = pg_args(a);
    pg_put_text(&args, k->id);
    pg_put_text(&args, body.p);
    return generations_change(c, &faqs_upsert, &args, created);
}

enum err faqs_drop(struct pg *c, struct arena *a, const char *id) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    return generations_change(c, &faqs_remove, &args, NULL);
}

enum err faqs_load(struct pg *c, struct arena *a, const char *id, struct knowledge *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    TRY(pg_run(c, &faqs_select, &args, &r));
    return pg_rows(r) ? read_entry(a, r, 0, out) : ERR_ABSENT;
}

enum err faqs_load_page(struct pg *c, struct arena *a, const char *after, int limit,
                        struct faqs_page *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, after);
    pg_put_int(&args, limit);
    TRY(pg_run(c, &faqs_select_after, &args, &r));
    out->n = pg_rows(r);
    out->items = ARENA_ARRAY(a, struct knowledge, out->n + 1);
    for (int i = 0; i < out->n; i++)
        TRY(read_entry(a, r, i, &out->items[i]));
    return OK;
}

enum err faqs_load_all(struct pg *c, struct arena *a, struct faqs_page *out) {
    return faqs_load_page(c, a, "", INT_MAX, out);
}
