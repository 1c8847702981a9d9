/* library: the small web shop's knowledge of tests/cases/bot/knowledge.json, or of another file of
 * that form, as a faq index. */
#pragma once
#include "../../common/bot/faq.h"
#include "cases.h"

static inline struct knowledge library_entry(struct arena *a, const json_t *j) {
    struct knowledge k = {.id = cases_text(j, "id", ""), .intent = cases_text(j, "intent", "")};
    json_t *questions = json_object_get(j, "questions"), *answers = json_object_get(j, "answers");
    const char *language;
    json_t *text;
    k.questions = ARENA_ARRAY(a, const char *, json_array_size(questions));
    k.answers = ARENA_ARRAY(a, struct knowledge_answer, json_object_size(answers));
    for (; (size_t)k.n_questions < json_array_size(questions); k.n_questions++)
        k.questions[k.n_questions] =
            json_string_value(json_array_get(questions, (size_t)k.n_questions));
    json_t *languages = json_object_get(j, "languages");
    if (languages)
        k.languages = ARENA_ARRAY(a, const char *, k.n_questions);
    for (int i = 0; languages && i < k.n_questions; i++)
        k.languages[i] = json_string_value(json_array_get(languages, (size_t)i));
    json_object_foreach(answers, language, text) k.answers[k.n_answers++] =
        (struct knowledge_answer){language, json_string_value(text)};
    return k;
}

static inline struct faq_index *library_open_file(const char *name) {
    json_auto all = cases_load(name);
    struct arena *a = arena_new();
    size_t n = json_array_size(all);
    struct knowledge *entries = ARENA_ARRAY(a, struct knowledge, n);
    for (size_t i = 0; i < n; i++)
        entries[i] = library_entry(a, json_array_get(all, i));
    struct faq_index *f = faq_open(entries, (int)n);
    arena_free(a);
    return f;
}

static inline struct faq_index *library_open(void) { return library_open_file("bot/knowledge"); }
