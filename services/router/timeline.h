/*
 * timeline: everything that happened in one conversation, whatever it was merged from, in one
 * order: messages, the decisions on them, and what else changed. Asks nobody but the store.
 */
#pragma once
#include "../../common/model/message.h"
#include "../../common/store/events.h"
#include "request.h"

/* One page into out. parts: see customers_parts(). */
MUST_CHECK enum err timeline_page(struct request *r, const struct uid *parts, int n_parts,
                                  struct reply *out);
/* A decision as it stands beside others: with its own id and that of its message. */
void timeline_put_decision(const struct message *m, struct buf *out);
