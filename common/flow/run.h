/*
 * run: one transaction's worth of turns. Turns of one conversation form a chain, judged in order in
 * memory; chains of different conversations are saved together. Private to flow: turn.c tells the
 * story, gather.c loads, commit.c judges and saves.
 */
#pragma once
#include "step.h"

/* Whose conversation is found by who sent it. */
static inline bool run_by_sender(enum turn_kind kind) {
    return kind == TURN_MESSAGE || kind == TURN_ECHO;
}
/* What its sender gave an id, and so can arrive twice. */
static inline bool run_arrives(enum turn_kind kind) {
    return run_by_sender(kind) || kind == TURN_AUTOMATIC;
}

/* Whose text is read, because it is judged. */
static inline bool run_is_judged(enum turn_kind kind) {
    return kind == TURN_MESSAGE || kind == TURN_ANSWER;
}

/* One turn with what was prepared for it before any transaction. */
struct item {
    struct turn *turn;
    struct identity sender; /* where run_by_sender() */
    struct arrival_key key;
    bool has_key;
    struct reading reading;
    const char *read_as; /* in a conversation of which language, "" if none; NULL: not read */
    struct conversation *recalled; /* from the session cache; NULL: none */
    bool done;                     /* turn->err is final */
    bool alone;                    /* must not share a transaction: it failed in company */
    bool arrived;                  /* its key was there before: a duplicate of ... */
    struct message_place {
        struct uid conversation_id;
        int seq;
    } place;
};

struct chain {
    struct uid id;
    const struct conversation *loaded; /* as read or recalled; borrowed */
    const struct conversation *judged; /* after the last step that succeeded */
    bool saved;
    bool wants_roster; /* its judgement depends on who could be asked now, or did the last time */
    struct item **items;
    int n, room;
    int kept; /* items whose step succeeded */
};

struct run {
    struct world *world;
    struct snapshot *snapshot;
    struct arena *arena;
    struct pg *pg;
    struct chain *chains;
    int n_chains;
    struct roster *roster; /* NULL until locked; shown only to the chains that want it, so that
                              company in a batch changes no decision */
    struct roster *lately; /* the same from memory, until one of them would choose somebody of it;
                              NULL: none */
    struct ledger *ledger;
    int64_t now_ms;
    int64_t until_ms; /* monotonic: what is not done by then is not tried again */
    bool waited;      /* in vain, for a conversation that somebody holds: now without those */
};

void run_open(struct run *r, struct world *w, struct snapshot *s, struct arena *a, int items_max);
/* Adds the item to the chain of this conversation, which is borrowed. */
void run_add(struct run *r, const struct conversation *loaded, struct item *item);
/* Those of the items that have the key of this row of (key, conversation, seq) were there before.
 */
void run_mark_arrived(struct item **items, int n, const struct pg_result *arrivals, int row);
/* Understands what came in, as it reads in a conversation of this language ("": none yet), which is
 * borrowed. */
void run_read(const struct run *r, struct item *item, const char *language);
