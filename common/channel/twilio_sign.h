/* twilio_sign: what Twilio signs: the URL, then every parameter in order of its name. */
#pragma once
#include "form.h"

/* The text that is signed: url, then name and value of each pair, sorted by bytes, equal pairs
 * once. In the arena. */
struct span twilio_sign_text(struct arena *a, const char *url, const struct form *form);
/* The spellings of one URL that Twilio may have signed: as it is, without and with the default
 * port. query without '?', p NULL for none. */
#define TWILIO_SIGN_URLS 2
int twilio_sign_urls(struct arena *a, const char *public_url, struct span query,
                     const char *out[TWILIO_SIGN_URLS]);
