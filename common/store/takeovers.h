/*
 * takeovers: the judged messages of customers one after another, each with who took the
 * conversation from the bot next: a person (by taking over, by answering, or in the provider's own
 * inbox), or the bot itself by giving up. For whoever learns from them; here they are only read.
 */
#pragma once
#include "messages.h"

struct takeovers_turn {
    struct uid conversation_id;
    int64_t at_ms;
    struct decision decision;
    int64_t came_ms; /* people came first at or after this turn; 0: never */
    bool gave_up;    /* because the bot gave up */
};
struct takeovers_page {
    struct takeovers_turn *items;
    int n;
    struct message_ref place; /* of the last message that was looked at: the next page's start */
    bool last;                /* nothing lies behind it */
};
struct takeovers_span {
    int64_t since_ms, until_ms; /* 0: no bound; until is not part of it */
    int page;                   /* messages one call looks at */
};

/* Looks at a page of messages behind a place, by bucket, conversation and seq; place {nil, 0}: from
 * the first. ERR_BUG: a record cannot be read. */
MUST_CHECK enum err takeovers_after(struct pg *c, struct arena *a, const struct message_ref *place,
                                    const struct takeovers_span *span, struct takeovers_page *out);
