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
/* ERR_ABSENT. */
MUST_CHECK enum err attachments_find(struct pg *c, struct arena *a, struct uid id,
                                     struct attachment *out);
