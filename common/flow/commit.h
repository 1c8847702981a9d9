/* commit: the judging and saving half of a turn. Private to flow. */
#pragma once
#include "run.h"

/* Judges all chains into a fresh ledger. Those that want the roster while there is none are left
 * out, and r->wants_roster says so. */
void commit_judge(struct run *r);
/* Saves and commits. remembered: begins the transaction itself and fences the conversations. Chains
 * that were saved are marked; their items are done. */
MUST_CHECK enum err commit_save(struct run *r, bool remembered);
