#include "fuzz.h"

#include "../../common/decide/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct policy *p = NULL;
    struct why why = {{0}, {0}};
    if (policy_parse((struct span){(const char *)data, size}, &p, &why) == OK) {
        fuzz_require(policy_bot(p) && policy_phrase(p, "handover", "da"));
        policy_open(p, INT64_C(1795255200000));
        double norm = usage_norm(policy_usage(p), "da", "da-DK");
        fuzz_require(norm >= USAGE_NORM_LEAST && norm <= USAGE_NORM_MOST);
    } else {
        fuzz_require(why.text[0] && utf8_valid(why.text, strlen(why.text)));
    }
    policy_free(p);
    return 0;
}
