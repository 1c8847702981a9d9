/*
 * conversation_page: what everybody who shows conversations needs: the one a path names, with its
 * redirect, and the object itself.
 */
#pragma once
#include "../../common/model/conversation.h"
#include "request.h"

/* The conversation of path parameter 0. *moved: it was merged away, and out says where to. */
MUST_CHECK enum err conversation_page_find(struct request *r, struct conversation *found,
                                           struct reply *out, bool *moved);
/* 308 to the same path of another id. prefix: "/v1/customers/". */
void conversation_page_redirect(struct request *r, const char *prefix, struct uid to,
                                struct reply *out);
/* With its newest message in full. */
MUST_CHECK enum err conversation_page_put(struct request *r, const struct conversation *c,
                                          struct buf *out);
