#include "fuzz.h"

#include "../../common/bot/faq.h"

/* First line: a question of the knowledge; second: its answer; the rest is what a customer writes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = span_of(fuzz_text(a, data, size));
    struct span question = fuzz_line(&rest), answer = fuzz_line(&rest);
    const char *questions[] = {arena_strndup(a, question.p, question.n), "Where is my parcel?"};
    struct knowledge_answer answers[] = {{"en", arena_strndup(a, answer.p, answer.n)}};
    struct knowledge entries[] = {{"one", "", questions, 1, questions, 2, answers, 1},
                                  {"two", "", questions, 2, NULL, 0, answers, 1}};
    struct faq_index *f = faq_open(entries, 2);
    struct knowledge_hit hits[3];
    const char *query = arena_strndup(a, rest.n ? rest.p : "", rest.n);
    int n = faq_search(f, a, query, "", hits, 3);
    fuzz_require(n >= 0 && n <= 2);
    for (int i = 0; i < n; i++)
        fuzz_require(hits[i].score > 0 && hits[i].score < 100);
    faq_free(f);
    arena_free(a);
    return 0;
}
