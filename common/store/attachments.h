/*
 * attachments: bytes that came with a message, by their own id. Never looked into, handed out only
 * as a download.
 */
#pragma once
#include "../io/pg.h"
#include "messages.h"

struct attachment {
    struct uid id;
    struct message_ref of;
    const char *name, *content_type;
    int64_t size;
    struct span bytes;
};
/* One that is there already stays as it is. */
MUST_CHECK enum err attachments_add(struct pg *c, struct arena *a, const struct attachment *one);
/* ERR_ABSENT. bytes.p NULL: they are in the object store. */
MUST_CHECK enum err attachments_find(struct pg *c, struct arena *a, struct uid id,
                                     struct attachment *out);

/* ---- the object store ---- */

struct attachments {
    struct attachment *items; /* id and bytes */
    int n;
};
/* Those whose bytes are still here, oldest first. */
MUST_CHECK enum err attachments_here(struct pg *c, struct arena *a, int limit,
                                     struct attachments *out);
/* The object store has them now; if they were erased meanwhile, it is to delete them. */
MUST_CHECK enum err attachments_moved(struct pg *c, struct arena *a, struct uid id);
/* Those of erased people that the object store still has; and that it has no more. */
MUST_CHECK enum err attachments_gone(struct pg *c, struct arena *a, int limit,
                                     struct attachments *out);
MUST_CHECK enum err attachments_forget(struct pg *c, struct arena *a, struct uid id);
