/*
 * bot: foreign bot dialects, bytes <-> question and reply. Never calls anybody: `ask` makes the
 * request, somebody else sends it, `answer` reads what came back. A bot that answers without a
 * request (faq) has no ask.
 */
#pragma once
#include "../codec/wire.h"
#include "../model/account.h"
#include "../model/conversation.h"
#include "../model/message.h"

#define BOT_HISTORY_MAX 20
#define BOT_TEXT_MAX 4000 /* code points of one answer; longer ones are refused */
#define BOT_FACTS_MAX 16
#define BOT_REPLY_BYTES_MAX (64 * 1024)

/* Everything a bot may know. One stable session id: the conversation's. */
struct bot_question {
    const struct conversation *conversation;
    const struct message *message;        /* the one to answer */
    const struct message *const *history; /* oldest first, the message itself last */
    int n_history;
    const struct decision *decision; /* intent, language, mood */
    int epoch;
    int64_t now_ms;
};

struct bot_citation {
    const char *id, *title;
};
struct bot_reply {
    const char *text; /* "" : nothing to say */
    bool handover;    /* a person should go on */
    const char *note; /* why, for the agent; "" if none */
    struct fact facts[BOT_FACTS_MAX];
    int n_facts;
    struct bot_citation citation; /* id "" : none */
    /* The text asks which of these two entries is meant; NULL: it does not. */
    const char *choices[CONVERSATION_CHOICES];
    const char
        *unanswered; /* our own knowledge does not say: why; NULL: it does, or is not asked */
    int about_seq;   /* the first of the messages that are answered; 0: only the newest */
};

struct bot {
    enum bot_kind kind;
    /* Signed request in the arena. unix_s: time of this attempt. NULL for bots that need no
     * request. */
    enum err (*ask)(struct arena *a, const struct bot_account *account,
                    const struct bot_question *q, int64_t unix_s, struct wire_request *out);
    /* ERR_UPSTREAM: not a reply we understand (status, type, shape, size). */
    enum err (*answer)(struct arena *a, const struct wire_response *response,
                       struct bot_reply *out);
};
const struct bot *bot_find(enum bot_kind kind);
