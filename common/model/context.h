/* context: all facts one judgement may see. Filled by flow, read by decide. Nothing does I/O. */
#pragma once
#include "account.h"
#include "agent.h"
#include "conversation.h"
#include "message.h"

struct context {
    int64_t now_ms;
    const struct conversation *conversation; /* before this message */
    const struct message *message;
    const struct channel_account *channel;
    const struct bot_account *bot; /* who would answer; NULL: none */
    const struct roster *roster;   /* NULL: not looked at (yet) */
    bool bot_failed_now;           /* judged again because the bot failed or handed over */
    bool settles_choice;           /* the message says which of the bot's two entries is meant */
    double topic_failure_rate;     /* of the intent; negative: unknown */
};
