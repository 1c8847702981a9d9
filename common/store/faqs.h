/*
 * faqs: the knowledge that the built-in bot and the search answer from, an entry a row. Texts of
 * what is read live in the arena, by id in byte order.
 */
#pragma once
#include "../codec/json.h"
#include "../model/knowledge.h"
#include "statement.h"

#define FAQS_QUESTION_MAX 500 /* code points */
#define FAQS_ANSWER_MAX 4000
#define FAQS_LANGUAGE_MAX 16

struct faqs_page {
    struct knowledge *items;
    int n;
};

/* {intent, questions, answers}. Texts are borrowed from the JSON, lists live in the arena.
 * ERR_INVALID with pointer and sentence. */
MUST_CHECK enum err faqs_parse(struct arena *a, const json_t *body, struct knowledge *out,
                               struct why *why);
/* The same members, without braces and id. */
void faqs_render(const struct knowledge *k, struct buf *out);

MUST_CHECK enum err faqs_save(struct pg *c, struct arena *a, const struct knowledge *k,
                              bool *created);
MUST_CHECK enum err faqs_load(struct pg *c, struct arena *a, const char *id, struct knowledge *out);
MUST_CHECK enum err faqs_drop(struct pg *c, struct arena *a, const char *id);
/* Those behind `after`. */
MUST_CHECK enum err faqs_load_page(struct pg *c, struct arena *a, const char *after, int limit,
                                   struct faqs_page *out);
MUST_CHECK enum err faqs_load_all(struct pg *c, struct arena *a, struct faqs_page *out);
