#include "bot.h"

#include <stddef.h>

#include "webhook.h"

/* Answers at once, from faq_answer(): there is nothing to ask. */
static const struct bot faq_bot = {.kind = BOT_FAQ};

const struct bot *bot_find(enum bot_kind kind) {
    static const struct bot *const bots[] = {
        [BOT_FAQ] = &faq_bot,
        [BOT_WEBHOOK] = &webhook_bot,
    };
    size_t n = sizeof bots / sizeof bots[0];
    return (unsigned)kind < n ? bots[kind] : NULL;
}
