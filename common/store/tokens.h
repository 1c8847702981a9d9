/* tokens: what a provider gives for a while (WeChat's access token). One is valid at a time, so all
 * workers share it. Sealed at rest. */
#pragma once
#include "../io/pg.h"

struct token {
    const char *channel, *text;
    int64_t life_ms;
};
/* *token NULL: there is none, or it is about to end. In the arena. */
MUST_CHECK enum err tokens_find(struct pg *c, struct arena *a, const uint8_t key[32],
                                const char *channel, const char **token);
MUST_CHECK enum err tokens_save(struct pg *c, struct arena *a, const uint8_t key[32],
                                const struct token *token);
/* Only this one: somebody may have fetched another meanwhile. */
MUST_CHECK enum err tokens_drop(struct pg *c, struct arena *a, const uint8_t key[32],
                                const struct token *token);
