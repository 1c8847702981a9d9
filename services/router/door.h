/*
 * door: the loop thread's side of a call: names it, finds its route, asks who calls and what they
 * send, and hands it to a crew. Never blocks: what would need the database waits in the reads crew.
 */
#pragma once
#include "auth.h"
#include "router.h"

/* What is known of a call before a crew has it; call->user. */
struct door_visit {
    struct request request;
    struct auth_claim claim;
    bool recheck; /* the key is not in our snapshot: look again before it is refused */
    int64_t admitted_us;
};

struct http_hooks door_hooks(struct router *router);
/* ERR_MEDIA_TYPE: the route wants JSON and this is something else. Asked after the caller is known.
 */
MUST_CHECK enum err door_check_type(struct request *r);
/* Puts the call before the crew of its route, or answers 503 when the queue is full. */
void door_hand_over(struct door_visit *v);
