/*
 * serve: the crews' side of a call: parse the body, run the handler, answer. One call at a time,
 * but for new messages, which an executor takes as they come: see ingest.h.
 */
#pragma once
#include "../../common/base/crew.h"
#include "door.h"

crew_work serve_turns, serve_reads; /* ctx: the router; items: calls */
/* Runs the handler and answers. The visit is gone afterwards. */
void serve_call(struct door_visit *v);
/* 503: nobody has time for it. The request is gone afterwards. */
void serve_busy(struct door_visit *v);
/* When whoever asked has given up, or soon will: as long as a database call may take; monotonic. */
int64_t serve_begin_by_ms(const struct request *r);
/* Answers with a problem. The request is gone afterwards. */
void serve_problem(struct request *r, enum err e);
/* The caller by the snapshot of this moment: a key may have been revoked since the call was
 * admitted. */
MUST_CHECK enum err serve_identify(struct door_visit *v, struct snapshot *s);
/* Whether the body says what it is; the door has refused what it may not be. */
bool serve_is_typed(const struct request *r);
/* The body as JSON, within the limits of the route. */
MUST_CHECK enum err serve_parse(struct request *r);
/* One line for a call that went wrong on our side; at debug level for each. */
void serve_log(const struct request *r, int status);
