#include "fuzz.h"

#include "../../common/bot/webhook.h"

/* First line: status and content type; the rest is the body of the answer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size};
    struct span type = fuzz_line(&rest);
    struct wire_header h = {"Content-Type", arena_strndup(a, type.p, type.n)};
    struct wire_response response = {200, &h, 1, rest};
    struct bot_reply r;
    if (webhook_bot.answer(a, &response, &r) == OK) {
        fuzz_require(utf8_valid(r.text, strlen(r.text)) && utf8_count(r.text) <= BOT_TEXT_MAX);
        fuzz_require(r.n_facts >= 0 && r.n_facts <= BOT_FACTS_MAX);
        for (int i = 0; i < r.n_facts; i++)
            fuzz_require(*r.facts[i].name && *r.facts[i].value && r.facts[i].confidence <= 1);
    }
    arena_free(a);
    return 0;
}
