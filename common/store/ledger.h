/*
 * ledger: what a run of turns leaves behind, saved in one set-based call. The only place that
 * writes conversations, messages, jobs and events together. A conversation is saved only under the
 * version it was judged from and only if none of its messages has arrived before; otherwise nothing
 * of it is saved and it is missing among the saved: judge again. Rendered as it is filled; not
 * thread-safe; lives in an arena.
 */
#pragma once
#include "../io/pg.h"
#include "../model/conversation.h"
#include "../model/job.h"
#include "../model/message.h"
#include "arrivals.h"
#include "events.h"

struct ledger;

struct ledger *ledger_open(struct arena *a);
void ledger_close(struct ledger *l); /* accepts NULL */

void ledger_conversation(struct ledger *l, const struct conversation *c, int64_t expected_version);
/* key NULL: a message that cannot arrive twice (a bot's answer). */
void ledger_message(struct ledger *l, const struct message *m, const struct arrival_key *key);
void ledger_job(struct ledger *l, const struct job *j,
                int64_t delay_ms); /* delay by the database's clock */
/* e: kind, conversation_id, seq, at_ms and data are written. */
void ledger_event(struct ledger *l, const struct event *e);
/* A stored message changes: edited, taken back, reacted to. Its event says what stood there before.
 */
struct ledger_amendment {
    enum event_kind kind; /* EVENT_EDIT, EVENT_REVOKE, EVENT_REACTION */
    struct uid conversation_id;
    int seq;
    int64_t at_ms;
    const char *text;              /* NULL: as it was */
    int64_t edited_ms, deleted_ms; /* 0: as it was */
    const char *extra;             /* JSON object whose members it gets; NULL: none */
    const char *data;              /* JSON object: what else the event says */
};
void ledger_amend(struct ledger *l, const struct ledger_amendment *m);
/* The inbox. agent "" : waits in the queue. since is kept when the row exists. Written only if the
 * conversation `of` is saved by this ledger. */
void ledger_attention(struct ledger *l, const struct conversation *c, struct uid of,
                      const char *agent, int64_t now_ms);
void ledger_no_attention(struct ledger *l, struct uid conversation, struct uid of);
void ledger_job_done(struct ledger *l, const struct job *j);
/* Due at once, under this epoch and for this endpoint, as if nobody had tried. */
void ledger_job_again(struct ledger *l, const struct job *j);
/* Of a conversation that was merged into `of`, due at once; written only if `of` is saved by this
 * ledger, and not where it is planned already. */
void ledger_job_elsewhere(struct ledger *l, const struct job *j, struct uid of);

/* Appends the statements that save everything to steps (room for LEDGER_STEPS_MAX); *saved_at is
 * the index of the one that answers with rows of (key, conversation, seq): key null for each
 * conversation that was saved, else the key of a message that had arrived before and where it
 * stands, as arrivals_find_step() has it. Returns how many were added. */
#define LEDGER_STEPS_MAX 8
int ledger_steps(struct ledger *l, struct pg_step *steps, int *saved_at);
MUST_CHECK enum err
ledger_check(const struct ledger *l); /* ERR_TOO_LARGE: more than one call can carry */
