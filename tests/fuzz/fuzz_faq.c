#include "fuzz.h"

#include "../../common/bot/clarify.h"
#include "../../common/bot/gap.h"
#include "../../common/codec/utf8.h"

/* Two questions, and whatever is written as a reply to which of them is meant. */
static void reply_to(const struct faq_index *f, struct arena *a, const char *query) {
    const struct knowledge *const pair[2] = {faq_find(f, "one"), faq_find(f, "two")};
    struct conversation c = {.last_out_seq = 2};
    const char *texts[] = {query, pair[0]->questions[0], query, "Where is my parcel?"};
    int group[4];
    c.choice.entries[0] = "one", c.choice.entries[1] = "two";
    c.choice.asked_seq = 2;
    int picked = clarify_picked(f, a, &c, query);
    fuzz_require(picked >= 0 && picked <= 2);
    const char *asked = clarify_question(a, pair, "da");
    fuzz_require(!asked || utf8_valid(asked, strlen(asked)));
    int n = gap_group(faq_thesaurus(f), texts, 4, group);
    fuzz_require(n >= 1 && n <= 3 && group[0] == 0 && group[2] == 0);
}

/* First line: a question of the knowledge; second: its answer; the rest is what a customer writes.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = span_of(fuzz_text(a, data, size));
    struct span question = fuzz_line(&rest), answer = fuzz_line(&rest);
    const char *questions[] = {arena_strndup(a, question.p, question.n), "Where is my parcel?"};
    struct knowledge_answer answers[] = {{"en", arena_strndup(a, answer.p, answer.n)}};
    const char *languages[] = {"en", "en"};
    struct knowledge entries[] = {{"one", "", questions, 1, NULL, questions, 2, answers, 1},
                                  {"two", "", questions, 2, languages, NULL, 0, answers, 1}};
    struct faq_index *f = faq_open(entries, 2);
    struct knowledge_hit hits[3];
    const char *query = arena_strndup(a, rest.n ? rest.p : "", rest.n);
    int n = faq_search(f, a, query, "", hits, 3);
    fuzz_require(n >= 0 && n <= 2);
    for (int i = 0; i < n; i++)
        fuzz_require(hits[i].score > 0 && hits[i].score < 100);
    reply_to(f, a, query);
    faq_free(f);
    arena_free(a);
    return 0;
}
