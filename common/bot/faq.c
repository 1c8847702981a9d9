#include "faq.h"

#include <string.h>

#include "bm25.h"
#include "language.h"
#include "ordinary.h"

#define QUESTION_WORDS_MAX 100
#define ANSWER_WORDS_MAX 1000
#define QUERY_WORDS_MAX 100
#define ORDINARY_WORDS_MAX 2000

struct faq_index {
    struct arena *arena;
    struct knowledge *entries;
    int n;
    struct thesaurus *thesaurus;
    struct bm25 *index;
};

static struct knowledge copy_entry(struct arena *a, const struct knowledge *k) {
    struct knowledge copy = {
        .id = arena_strdup(a, k->id),
        .intent = arena_strdup(a, k->intent ? k->intent : ""),
        .questions = ARENA_ARRAY(a, const char *, k->n_questions + 1),
        .n_questions = k->n_questions,
        .languages = k->languages ? ARENA_ARRAY(a, const char *, k->n_questions + 1) : NULL,
        .queries = ARENA_ARRAY(a, const char *, k->n_queries + 1),
        .n_queries = k->n_queries,
        .answers = ARENA_ARRAY(a, struct knowledge_answer, k->n_answers + 1),
        .n_answers = k->n_answers,
    };
    for (int i = 0; i < k->n_questions; i++)
        copy.questions[i] = arena_strdup(a, k->questions[i]);
    for (int i = 0; k->languages && i < k->n_questions; i++)
        copy.languages[i] = arena_strdup(a, k->languages[i]);
    for (int i = 0; i < k->n_queries; i++)
        copy.queries[i] = arena_strdup(a, k->queries[i]);
    for (int i = 0; i < k->n_answers; i++)
        copy.answers[i] = (struct knowledge_answer){arena_strdup(a, k->answers[i].language),
                                                    arena_strdup(a, k->answers[i].text)};
    return copy;
}

static const char *together(struct arena *a, const char *const *asked, int n) {
    const char **lines = ARENA_ARRAY(a, const char *, 2 * n);
    for (int i = 0; i < n; i++) {
        lines[2 * i] = asked[i];
        lines[2 * i + 1] = "\n";
    }
    return arena_join(a, lines, 2 * n);
}

/* Questions as they are listed, and as customers put them. */
static const char **all_asked(struct arena *a, const struct knowledge *k) {
    const char **all = ARENA_ARRAY(a, const char *, k->n_questions + k->n_queries + 1);
    for (int i = 0; i < k->n_questions; i++)
        all[i] = k->questions[i];
    for (int i = 0; i < k->n_queries; i++)
        all[k->n_questions + i] = k->queries[i];
    return all;
}

/* The documents of one entry, into out; returns how many. */
static int cut_entry(struct arena *a, const struct faq_index *f, int entry,
                     struct bm25_document *out) {
    const struct knowledge *k = &f->entries[entry];
    int n = 0, n_asked = k->n_questions + k->n_queries;
    const char **asked = all_asked(a, k);
    for (int i = 0; i < n_asked; i++)
        out[n++] = (struct bm25_document){entry, BM25_QUESTION,
                                          term_list(a, f->thesaurus, asked[i], QUESTION_WORDS_MAX)};
    if (n_asked > 1)
        out[n++] = (struct bm25_document){
            entry, BM25_TOGETHER,
            term_list(a, f->thesaurus, together(a, asked, n_asked), QUESTION_WORDS_MAX * n_asked)};
    for (int i = 0; i < k->n_answers; i++)
        out[n++] = (struct bm25_document){
            entry, BM25_ANSWER, term_list(a, f->thesaurus, k->answers[i].text, ANSWER_WORDS_MAX)};
    return n;
}

static void build(struct faq_index *f) {
    struct arena *scratch = arena_new();
    int room = 0, n = 0;
    for (int i = 0; i < f->n; i++)
        room += 1 + f->entries[i].n_questions + f->entries[i].n_queries + f->entries[i].n_answers;
    struct bm25_document *documents = ARENA_ARRAY(scratch, struct bm25_document, room + 1);
    for (int i = 0; i < f->n; i++)
        n += cut_entry(scratch, f, i, documents + n);
    struct terms ordinary = term_list(scratch, f->thesaurus, ordinary_words(), ORDINARY_WORDS_MAX);
    f->index = bm25_open(f->arena, documents, n, f->n, ordinary);
    arena_free(scratch);
}

struct faq_index *faq_open(const struct knowledge *entries, int n) {
    struct arena *a = arena_new();
    struct faq_index *f = ARENA_NEW(a, struct faq_index);
    *f = (struct faq_index){.arena = a, .n = n, .thesaurus = thesaurus_open(a)};
    f->entries = ARENA_ARRAY(a, struct knowledge, n + 1);
    for (int i = 0; i < n; i++)
        f->entries[i] = copy_entry(a, &entries[i]);
    build(f);
    return f;
}

void faq_free(struct faq_index *f) {
    if (f)
        arena_free(f->arena);
}

static bool answers_in(const struct knowledge *k, const char *language) {
    for (int i = 0; i < k->n_answers; i++)
        if (language_equal(k->answers[i].language, language))
            return true;
    return false;
}

/* Keeps the best first; of equals the earlier entry, so that the order is always the same. */
static int insert_hit(struct knowledge_hit *hits, int n, int limit, struct knowledge_hit hit) {
    int at = n < limit ? n : limit - 1;
    if (n == limit && hits[at].score >= hit.score)
        return n;
    for (; at > 0 && hits[at - 1].score < hit.score; at--)
        hits[at] = hits[at - 1];
    hits[at] = hit;
    return n < limit ? n + 1 : n;
}

int faq_search(const struct faq_index *f, struct arena *a, const char *query, const char *language,
               struct knowledge_hit *hits, int limit) {
    int n = 0;
    if (limit < 1)
        return 0;
    const float *scores =
        bm25_scores(f->index, a, term_list(a, f->thesaurus, query, QUERY_WORDS_MAX));
    for (int i = 0; i < f->n; i++) {
        const struct knowledge *k = &f->entries[i];
        if (scores[i] > 0 && (!*language || answers_in(k, language)))
            n = insert_hit(hits, n, limit, (struct knowledge_hit){k, scores[i]});
    }
    return n;
}

const struct knowledge *faq_find(const struct faq_index *f, const char *id) {
    for (int i = 0; id && i < f->n; i++)
        if (strcmp(f->entries[i].id, id) == 0)
            return &f->entries[i];
    return NULL;
}

const struct thesaurus *faq_thesaurus(const struct faq_index *f) { return f->thesaurus; }

const struct knowledge *faq_for_intent(const struct faq_index *f, const char *intent) {
    for (int i = 0; intent && *intent && i < f->n; i++)
        if (strcmp(f->entries[i].intent, intent) == 0)
            return &f->entries[i];
    return NULL;
}
