#include "reasons.h"

#include <string.h>

static const struct {
    const char *code, *agent_text, *customer_text;
} reasons_rows[] = {
#define X(code, agent_text, customer_text) {#code, agent_text, customer_text},
#include "reason.def"
#undef X
};

/* A number from the database may be one a newer version wrote. */
static bool reasons_in_table(enum reason_code c) { return (unsigned)c < REASON_COUNT_; }

const char *reasons_code(enum reason_code c) {
    return reasons_in_table(c) ? reasons_rows[c].code : "unknown";
}

const char *reasons_text(enum reason_code c) {
    return reasons_in_table(c) ? reasons_rows[c].agent_text : "";
}

const char *reasons_customer_text(enum reason_code c) {
    return reasons_in_table(c) ? reasons_rows[c].customer_text : "";
}

bool reasons_find(const char *code, enum reason_code *out) {
    for (int i = 0; code && i < REASON_COUNT_; i++) {
        if (strcmp(reasons_rows[i].code, code) == 0) {
            *out = (enum reason_code)i;
            return true;
        }
    }
    return false;
}
