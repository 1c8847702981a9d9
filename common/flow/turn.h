/*
 * turn: one event on one conversation, handled as load -> judge -> save in one transaction. The one
 * door for every change of a conversation. A run takes a batch: turns of different conversations
 * are loaded, judged and saved together with set-based SQL and one commit; turns of one
 * conversation chain in memory. One failing turn never harms its neighbours: a batch that fails is
 * run again one by one.
 */
#pragma once
#include "../model/conversation.h"
#include "../model/job.h"
#include "../model/message.h"
#include "world.h"

enum turn_kind {
    TURN_MESSAGE, /* a customer wrote */
    TURN_ANSWER,  /* a bot's answer, or its failure (text "" and handover) */
    TURN_REPLY,   /* a person's reply */
    TURN_NOTE,
    TURN_TAKEOVER, /* actor: the agent */
    TURN_OFFER,    /* target: agent or queue */
    TURN_ACCEPT,
    TURN_DECLINE,
    TURN_RELEASE,       /* target: bot or queue */
    TURN_RESOLVE,       /* text: the outcome */
    TURN_PROMISE,       /* text, due_ms */
    TURN_PROMISE_KEPT,  /* promise number in seq */
    TURN_PROMISE_DUE,   /* timer: promise number in seq */
    TURN_OFFER_EXPIRED, /* timer: seq from JOB_TIMER_OFFER on */
    TURN_ASSIGN,        /* a free agent takes a waiting conversation; target: the agent */
    TURN_ECHO,          /* actor answered in the provider's own inbox; inbound as TURN_MESSAGE */
    TURN_AUTOMATIC,     /* a machine's report; actor: of whom; inbound; text as in it */
    TURN_EDIT,          /* of message seq; text: what it says now */
    TURN_REVOKE,        /* of message seq */
    TURN_REACTION,      /* to message seq; text: the emoji, "" taken back */
    TURN_MOVED,         /* on channel, who was at address `text` is at target.id from now on */
    TURN_UNDELIVERED,   /* message seq cannot reach the customer; text: why. People take over */
    TURN_COUNT_
};

struct turn {
    enum turn_kind kind;
    /* in */
    struct uid conversation_id; /* all but TURN_MESSAGE and TURN_ECHO */
    const struct identity
        *sender; /* of these two: who it is; NULL: the address within its channel */
    bool silent; /* TURN_MESSAGE: somebody else has the word: no bot is asked */
    const struct message *inbound; /* TURN_MESSAGE: channel, external_id, address, text, sent_ms,
                                      extra, author_name */
    const struct identity *identities; /* further ones of the same person, normalised */
    int n_identities;
    const char *locale, *subject; /* "" if not given */
    struct party actor;           /* who does it */
    struct party target;
    const char *text, *html; /* "" / NULL if not given */
    const char *channel;     /* TURN_REPLY: "" = the one the customer last used */
    int epoch;               /* fence; -1: none given */
    int seq;                 /* message, promise or timer it is about */
    int64_t due_ms;
    bool handover, failed;    /* TURN_ANSWER */
    const struct fact *facts; /* TURN_ANSWER: what the bot learned */
    int n_facts;
    const char *citation; /* TURN_ANSWER: JSON text or NULL */
    /* TURN_ANSWER: the text asks which of two entries is meant. NULL: it does not */
    const char *const *choices;
    const char *unanswered; /* TURN_ANSWER: our own knowledge has no answer: why. NULL: it has */
    int about_seq;          /* TURN_ANSWER: the first message it is about; 0: the newest */
    const char *
        idempotency; /* key of an Idempotency-Key already scoped by caller and route; "" for none */
    const struct job
        *job; /* the job that caused it: finished in the same transaction; NULL for none */
    int64_t begin_by_ms; /* monotonic: ERR_BUSY if nobody came to it before; 0: no limit */
    /* out */
    enum err err;
    struct why why;
    bool duplicate;
    bool refused;                      /* TURN_ANSWER: fenced off, recorded, nothing sent */
    struct message message;            /* the one stored (or found, for a duplicate) */
    const struct decision *decision;   /* of that message; NULL if none was made */
    struct conversation *conversation; /* after the turn */
};

#define TURN_BATCH_MAX 256

/* Runs them all; each turn says in err how it went. Results live in the arena. Never fails as a
 * whole. */
void turn_run(struct world *w, struct arena *a, struct turn **turns, int n);

/* The same in its parts, for whoever gathers more while the database is busy with others, and
 * answers before the cache is told. All of it lives in the arena; turns are borrowed till the end.
 */
struct turn_batch;
struct turn_batch *turn_batch_open(struct world *w, struct arena *a, int room);
/* Looks for their conversations in the cache and reads their texts. At most room in all. */
void turn_batch_add(struct turn_batch *b, struct turn **turns, int n);
/* Judges and saves: now each turn says in err how it went. */
void turn_batch_run(struct turn_batch *b);
/* Tells the cache what was saved, and whoever listens that something was. */
void turn_batch_close(struct turn_batch *b);
/* What would be decided for this message now; nothing is stored. conversation_id or identities may
 * be nil/none. */
MUST_CHECK enum err turn_preview(struct world *w, struct arena *a, struct turn *t);
/* Gives waiting conversations to an agent who has become free, oldest first; returns how many. */
int turn_assign_waiting(struct world *w, struct arena *a, const char *agent);
