/*
 * run: one transaction's worth of turns. Turns of one conversation form a chain, judged in order in memory; chains
 * of different conversations are saved together. Private to flow: turn.c tells the story, gather.c loads,
 * commit.c judges and saves.
 */
#pragma once
#include "step.h"

/* One turn with what was prepared for it before any transaction. */
struct item {
    struct turn *turn;
    struct identity sender;        /* TURN_MESSAGE */
    struct arrival_key key;
    bool has_key;
    struct reading reading;
    bool has_reading;
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
    struct conversation loaded;    /* as read or recalled */
    struct conversation judged;
    bool saved;
    bool left_out;                 /* of this transaction: needs what was not gathered */
    struct item **items;
    int n;
    int kept;                      /* items whose step succeeded */
};

struct run {
    struct world *world;
    struct snapshot *snapshot;
    struct arena *arena;
    struct pg *pg;
    struct chain *chains;
    int n_chains;
    struct roster *roster;         /* NULL until gathered */
    bool wants_roster;
    struct ledger *ledger;
    int64_t now_ms;
};

/* gather.c */
void run_open(struct run *r, struct world *w, struct snapshot *s, struct arena *a, int items_max);
void run_add(struct run *r, const struct conversation *loaded, struct item *item);
/* Locks and reads what the items need, marks those that have arrived before, makes chains of the known ones and
 * meets strangers (first contact). Begins the transaction; after an error it is rolled back. */
MUST_CHECK enum err gather(struct run *r, struct item **items, int n);
/* Fills the turns of items that had arrived before from what is stored; marks them done. */
MUST_CHECK enum err gather_duplicates(struct pg *c, struct arena *a, struct item **items, int n);

/* commit.c */
/* Judges all chains into a fresh ledger. Chains that want the roster while there is none: r->wants_roster. */
void commit_judge(struct run *r);
/* Saves and commits. remembered: begins the transaction itself and fences the conversations. Chains that were
 * saved are marked; their items are done. */
MUST_CHECK enum err commit_save(struct run *r, bool remembered);
