/*
 * conversation: the one conversation of one customer, and all that a turn needs of it. The hot
 * columns stand in the table; the rest is `state`, a JSON text that this file renders and parses.
 */
#pragma once
#include "../base/arena.h"
#include "../base/buf.h"
#include "../base/uid.h"
#include "party.h"
#include "reading.h"

#define CONVERSATION_FACTS_MAX 32
#define CONVERSATION_PROMISES_MAX 16
#define CONVERSATION_RECENT_MAX 6
#define CONVERSATION_CHANNELS_MAX 16
#define CONVERSATION_LINKED_MAX 24
#define CONVERSATION_CHOICES 2

struct fact {
    const char *name, *value, *source; /* source: "customer", "bot:faq", "agent:anna", "channel" */
    double confidence;
    int64_t updated_ms, expires_ms; /* expires 0: never */
};

struct promise {
    int no; /* from 1, unique in the conversation */
    const char *text;
    struct party by;
    int64_t made_ms, due_ms, kept_ms; /* kept 0: open; due 0: not named */
    bool breached;
};

enum { PRIORITY_HIGHEST = 1, PRIORITY_HIGH = 2, PRIORITY_ORDINARY = 3, PRIORITY_LOWEST = 5 };

struct conversation {
    struct uid id, customer_id;
    int64_t version; /* +1 at each save; 0: not yet stored */
    int last_seq;
    enum conversation_status status;
    enum mode mode;
    int epoch;               /* +1 whenever the holder changes */
    struct party holder;     /* who controls it */
    struct party offered_to; /* NONE: no offer open */
    int64_t offer_until_ms;
    struct party backup;
    enum review review;
    int priority;                 /* PRIORITY_HIGHEST to PRIORITY_LOWEST */
    const char *queue;            /* "" for none */
    const char *language, *topic; /* "" if unknown */
    int64_t created_ms, updated_ms;
    struct uid merged_into; /* nil: alive */

    struct {
        int number;
        struct uid id;
        const char *topic;
        int64_t opened_ms, resolved_ms;
        const char *outcome;
    } episode;
    struct {
        enum emotion_label label;
        double intensity, first, trend;
    } emotion;
    struct {
        int bot_failures, repeats, hops, reopenings, handbacks, customer_messages;
        int64_t waiting_since_ms;
    } effort;
    const char *last_channel, *last_address; /* the customer's last way to us */
    const char *last_agent;                  /* sticky */
    int64_t last_agent_ms;
    int64_t human_since_ms; /* start of the human stretch; 0: none */
    /* fingerprints of the episode's questions, newest first */
    uint64_t recent[CONVERSATION_RECENT_MAX];
    const char *channels[CONVERSATION_CHANNELS_MAX];
    int n_channels;
    struct fact facts[CONVERSATION_FACTS_MAX];
    int n_facts;
    struct promise promises[CONVERSATION_PROMISES_MAX];
    int n_promises, next_promise;
    /* The bot's question which of two entries is meant. It stands as long as it is the last thing
     * said to the customer. */
    struct {
        const char *entries[CONVERSATION_CHOICES];
        int about_seq; /* the first message it is about */
        int asked_seq; /* the question itself; 0: none was asked */
        int picked;    /* 1 or 2 as soon as the customer has said; 0: not yet */
    } choice;
    int last_in_seq, last_out_seq; /* newest customer message; newest message to the customer */
    /* What was merged into this one keeps its messages: its newest of the customer, if nobody has
     * said anything to them since. */
    struct {
        struct uid conversation;
        int seq; /* 0: none */
    } left_open;
    int n_linked;
    /* hashes of identities already joined or noted, newest first */
    uint64_t linked[CONVERSATION_LINKED_MAX];
    /* of the customer, kept at hand; "" if unknown */
    const char *customer_name, *tier, *preference;
};

/* state: everything from `episode` on, plus offer, backup and review. Strings of a parsed one live
 * in the arena. */
void conversation_render_state(const struct conversation *c, struct buf *out);
MUST_CHECK enum err conversation_parse_state(struct arena *a, struct span json,
                                             struct conversation *c);
/* The contract's conversation object. last_message: JSON text or NULL. */
void conversation_render(const struct conversation *c, const char *last_message, struct buf *out);

const struct fact *conversation_fact(const struct conversation *c, const char *name,
                                     int64_t now_ms);
/* Adds or replaces; a full list drops the oldest. True if the value is new. Strings borrowed. */
bool conversation_learn(struct conversation *c, const struct fact *f);
/* Does a question which of two entries is meant stand? */
bool conversation_has_choice(const struct conversation *c);
void conversation_drop_choice(struct conversation *c);
void conversation_add_channel(struct conversation *c, const char *channel);
bool conversation_mood_is_negative(enum emotion_label label);
