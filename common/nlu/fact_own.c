#include "fact_own.h"

#include <string.h>

#include "../codec/utf8.h"

static bool is_free(const struct fact_own *found, int n, struct pattern_match m) {
    for (int i = 0; i < n; i++)
        if (m.start < found[i].fact.end && found[i].fact.start < m.end)
            return false;
    return true;
}

static struct fact_own fact_of(struct arena *a, const struct usage_fact *f,
                               const struct pattern_text *t, struct pattern_match m) {
    char value[PATTERN_VALUE_MAX];
    pattern_value(&f->pattern, t, m, f->separator, value);
    bool bare = f->pattern.digits_only;
    /* The name is copied: what is read outlives the policy it was read by. */
    return (struct fact_own){{arena_strdup(a, f->name), arena_strdup(a, value),
                              bare ? FACT_OWN_BARE : FACT_OWN_SURE, m.start, m.end},
                             bare};
}

int fact_own_find(struct arena *a, const char *text, const struct usage *usage,
                  struct fact_own out[FACT_OWN_MAX], int64_t *steps) {
    struct pattern_text t = {.n = 0};
    int found = 0;
    if (usage && usage->n_facts)
        pattern_open(a, text, (int)utf8_count(text), &t);
    for (int i = 0; t.n && i < usage->n_facts; i++) {
        const struct usage_fact *f = &usage->facts[i];
        struct pattern_match m = {0, 0};
        for (int each = 0; each < FACT_OWN_EACH_MAX && found < FACT_OWN_MAX; each++) {
            if (!pattern_find(&f->pattern, &t, m.end, &m))
                break;
            if (is_free(out, found, m))
                out[found++] = fact_of(a, f, &t, m);
        }
    }
    if (steps)
        *steps = t.steps;
    return found;
}
