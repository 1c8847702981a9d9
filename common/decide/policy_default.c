#include "policy.h"

/* The JSON itself stands in the program, so that the text that is argued is the text that runs. */
__asm__(".pushsection .rodata\n"
        "policy_default_text: .incbin \"common/decide/default_policy.json\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char policy_default_text[];

const char *policy_default_json(void) { return policy_default_text; }
