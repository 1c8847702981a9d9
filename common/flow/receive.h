/*
 * receive: a webhook call that was proven and stored becomes what it says: messages, receipts,
 * edits, echoes. Run by the router as the call comes, and by the worker for what was left. Running
 * one twice changes nothing: everything in it arrives once.
 *
 * It never proves a call; that is done over the raw bytes, before they are stored.
 */
#pragma once
#include "../channel/channel.h"
#include "../store/inbounds.h"
#include "world.h"

#define RECEIVE_LEASE_MS 60000 /* longer than any call takes; the worker tries again behind it */

/* Understands the call, acts on each of its events and settles it: done, ignored (it said nothing)
 * or quarantined. call->state, events and error say what became of it. An error: it is pending
 * still and is tried again. */
MUST_CHECK enum err receive_run(struct world *w, struct arena *a,
                                const struct channel_account *account, struct inbounds_call *call);
