/*
 * form: what is form-encoded by a provider, byte for byte, since signatures cover bytes: broken
 * escapes stand for themselves, NUL and invalid UTF-8 are kept until form_text cleans them. For our
 * own queries there is the strict enc_form.
 */
#pragma once
#include "../base/arena.h"
#include "../base/span.h"

#define FORM_PAIRS_MAX 1000

struct form_pair {
    struct span name, value;
};
struct form {
    struct form_pair *items;
    int n;
};

/* ERR_TOO_LARGE: more pairs than the maximum. Empty parts are passed over. */
MUST_CHECK enum err form_parse(struct arena *a, struct span raw, struct form *out);
/* Any bytes as valid UTF-8 without NUL, cut at MESSAGE_TEXT_MAX code points. In the arena. */
const char *form_clean(struct arena *a, struct span bytes);
/* The first value of that name, cleaned; "" if there is none. */
const char *form_text(struct arena *a, const struct form *form, const char *name);
bool form_has(const struct form *form, const char *name);
