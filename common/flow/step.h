/*
 * step: what one turn does to one conversation, between load and save. A step function checks
 * first, changes the conversation and writes what follows into the ledger; when it returns an error
 * it has written nothing. It does no I/O: what it needs was gathered before. Private to flow.
 */
#pragma once
#include "../model/context.h"
#include "../store/ledger.h"
#include "turn.h"

struct step {
    struct world *world;
    const struct snapshot *snapshot;
    struct arena *arena;
    struct ledger *ledger;
    struct turn *turn;
    struct conversation *conversation; /* a copy that is kept only if the step succeeds */
    const struct reading *reading;     /* of turn->inbound; NULL without one */
    bool settles_choice;               /* the message says which of the bot's entries is meant */
    const struct arrival_key *key; /* under which it arrives once; NULL: it cannot arrive twice */
    struct roster *roster;         /* NULL: not gathered */
    bool roster_remembered;        /* not locked: nobody may be given work out of it */
    bool wants_roster;             /* out: judge again with the roster; the result is thrown away */
    int64_t now_ms;                /* never before the conversation's last change */
};

typedef enum err step_function(struct step *s);

/* hear.c: what customers write */
step_function hear_message;
/* speak.c: what is said to them, and among us */
step_function speak_answer, speak_reply, speak_note;
/* hold.c: who holds the conversation */
step_function hold_takeover, hold_offer, hold_accept, hold_decline, hold_release, hold_resolve,
    hold_assign, hold_offer_expired, hold_undelivered;
/* overhear.c: what was said elsewhere, or about what stands here */
step_function overhear_echo, overhear_automatic, overhear_edit, overhear_revoke, overhear_reaction,
    overhear_move;
/* keep.c: what was promised */
step_function keep_promise, keep_promise_kept, keep_promise_due;
/* A promise with a moment in it, in a text that goes out, is recorded as if it had been entered. */
void step_note_promises(struct step *s, const char *text);

/* Judges the step's message and follows the decision; ERR_BUSY with wants_roster when the roster is
 * needed. before: the conversation as it was. Result in the arena. */
MUST_CHECK enum err hear_judge(struct step *s, const struct conversation *before,
                               const struct message *m, bool bot_failed, struct decision **out);

/* The message read as what it says to the bot's standing question, if it says anything: the matter
 * is the entry's that was picked, and nothing is asked again. */
void step_hear_choice(struct step *s, const char *text);

/* The next message of this conversation with id, seq, time and the rest filled from the step. */
struct message step_message(struct step *s, enum direction direction, struct party author);
/* Writes the message with its event, and a delivery job where its channel has somewhere to send to.
 */
void step_store(struct step *s, struct message *m, const struct arrival_key *key);
/* Events for whatever changed in control since `before`. cause: "decision", "takeover", … */
void step_tell_control(struct step *s, const struct conversation *before, const char *cause);
struct uid step_new_id(const struct step *s);
/* Is it about that time, by our clock? A timer counts from the database's, and one of a merged
 * conversation may carry a number that means something else in the survivor. */
bool step_is_due(const struct step *s, int64_t at_ms);
/* ERR_CONFLICT with why, if the turn names an epoch and the conversation is at another. */
MUST_CHECK enum err step_check_epoch(struct step *s);
/* An event of this conversation. data: JSON text or NULL. */
void step_tell(struct step *s, enum event_kind kind, int seq, const char *data);
/* The conversation learns a fact; a new value is an event. */
void step_learn(struct step *s, const struct fact *f);
/* Plans a bot's answer to message seq, not before delay_ms. */
void step_ask_bot(struct step *s, const char *bot, int seq, int64_t delay_ms);
/* Asks the bot that holds the conversation now what the customer has had no answer to, if there is
 * anything: here, or in what was merged into it. */
void step_ask_bot_what_is_open(struct step *s);
