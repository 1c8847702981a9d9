/* commit: the judging and saving half of a turn. Private to flow. */
#pragma once
#include "run.h"

/* Judges all chains into a fresh ledger. False: some want the roster while there is none; what they
 * would say is unfinished, so all is judged again once it is locked. */
bool commit_judge(struct run *r);
/* Of a transaction not begun yet: begins it, fences the conversations and locks the roster. */
MUST_CHECK enum err commit_begin_with_roster(struct run *r);
/* Locks the roster in a transaction that holds the conversations. */
MUST_CHECK enum err commit_lock_roster(struct run *r);
/* Saves and commits. begins: the transaction is not begun yet, and the conversations are fenced in
 * it. Chains that were saved are marked; their items are done. */
MUST_CHECK enum err commit_save(struct run *r, bool begins);
