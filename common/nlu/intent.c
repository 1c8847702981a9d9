#include "intent.h"

#include "blob.h"

struct intent_model {
    struct arena *arena;
    struct blob blob;
};

enum err intent_open(struct span bytes, struct intent_model **out) {
    struct arena *a = arena_new();
    struct intent_model *m = ARENA_NEW(a, struct intent_model);
    m->arena = a;
    enum err e = blob_read(a, bytes, &m->blob);
    if (e != OK) {
        arena_free(a);
        return e;
    }
    *out = m;
    return OK;
}

void intent_free(struct intent_model *m) {
    if (m)
        arena_free(m->arena);
}

int intent_count(const struct intent_model *m) { return m->blob.n_intents; }

/* The best name carries the calibrated confidence; the others share the rest as the softmax has it.
 */
static void fill_top(const struct blob *b, const float *p, int best, struct intent_guess *out) {
    double rest = 1 - (double)p[best], share = rest > 1e-9 ? (1 - out->confidence) / rest : 0;
    out->top[0].name = b->names[best];
    out->top[0].probability = out->confidence;
    int n = 1;
    for (int i = 0; i < b->n_intents; i++) {
        if (i == best)
            continue;
        double probability = p[i] * share;
        int at = n;
        while (at > 1 && out->top[at - 1].probability < probability)
            at--;
        if (at >= INTENT_TOP_MAX)
            continue;
        n += n < INTENT_TOP_MAX;
        for (int k = n - 1; k > at; k--)
            out->top[k] = out->top[k - 1];
        out->top[at].name = b->names[i];
        out->top[at].probability = probability;
    }
    out->n_top = n;
}

struct weighed {
    int feature;
    double pull; /* of the feature towards the intent */
};

static const char *token_text(struct arena *a, const struct scan *s, const struct feature *f) {
    const struct scan_piece *p = &s->items[f->piece];
    bool pair = feature_kind(f->key) == FEATURE_PAIR && f->piece + 1 < s->n;
    if (!pair)
        return p->fold;
    const char *gap = p->kind == SCAN_IDEOGRAPH ? "" : " ";
    return arena_printf(a, "%s%s%s", p->fold, gap, p[1].fold);
}

static int rank_tokens(const struct blob *b, const struct features *text, const int *known,
                       int best, struct weighed top[INTENT_TOKENS_MAX]) {
    int n = 0;
    for (int i = 0; i < text->n; i++) {
        if (known[i] < 0 || feature_kind(text->items[i].key) == FEATURE_GRAM)
            continue;
        double pull = rows_weight(&b->linear, known[i], best);
        int at = n;
        while (at > 0 && top[at - 1].pull < pull)
            at--;
        if (pull <= 0 || at >= INTENT_TOKENS_MAX)
            continue;
        n += n < INTENT_TOKENS_MAX;
        for (int k = n - 1; k > at; k--)
            top[k] = top[k - 1];
        top[at] = (struct weighed){i, pull};
    }
    return n;
}

void intent_guess(struct arena *a, const struct intent_model *m, const char *text,
                  struct intent_guess *out) {
    struct scan s;
    scan_text(a, text, &s);
    intent_guess_scanned(a, m, &s, out);
}

void intent_guess_scanned(struct arena *a, const struct intent_model *m, const struct scan *s,
                          struct intent_guess *out) {
    const struct blob *b = &m->blob;
    struct features features;
    struct gate_scores scores;
    struct gate_verdict verdict;
    feature_extract(a, s, b->seed, &features);
    int *known = ARENA_ARRAY(a, int, features.n + 1);
    blob_score(a, b, &features, known, &scores);
    float *probabilities = ARENA_ARRAY(a, float, b->n_intents);
    gate_judge(&b->gate, &scores, probabilities, &verdict);
    *out = (struct intent_guess){.name = b->names[verdict.best],
                                 .confidence = verdict.confidence,
                                 .in_scope_probability = verdict.in_scope,
                                 .in_scope = verdict.in_scope >= b->gate.threshold};
    fill_top(b, probabilities, verdict.best, out);
    struct weighed top[INTENT_TOKENS_MAX];
    out->n_tokens = rank_tokens(b, &features, known, verdict.best, top);
    for (int i = 0; i < out->n_tokens; i++)
        out->tokens[i] = token_text(a, s, &features.items[top[i].feature]);
}
