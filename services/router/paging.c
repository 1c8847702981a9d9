#include "paging.h"

#include <inttypes.h>
#include <stdio.h>

#include "../../common/codec/enc.h"

#define PLACE_MS_MAX 253402300799000 /* the end of the year 9999 */

enum err paging_limit(struct request *r, int *limit) {
    int64_t n;
    TRY(request_query_number(r, "limit", 1, PAGING_LIMIT_MAX, PAGING_LIMIT, &n));
    *limit = (int)n;
    return OK;
}

enum err paging_refuse(struct request *r) {
    return why_set(&r->why, ERR_INVALID, "", "cursor must be one that an answer gave");
}

enum err paging_cursor(struct request *r, const char **said) {
    const char *cursor;
    struct span plain;
    *said = NULL;
    TRY(request_query(r, "cursor", &cursor));
    if (!cursor)
        return OK;
    if (enc_unbase64url(r->arena, span_of(cursor), &plain) != OK || plain.n == 0 ||
        memchr(plain.p, '\0', plain.n))
        return paging_refuse(r);
    *said = arena_strndup(r->arena, plain.p, plain.n);
    return OK;
}

const char *paging_seal(struct arena *a, const char *says) {
    return enc_base64url(a, says, strlen(says));
}

const char *paging_place(struct arena *a, const struct listings_place *p) {
    char id[UID_TEXT_MAX];
    return arena_printf(a, "%" PRId64 "/%s/%" PRId64 "/%d;", p->at_ms,
                        uid_text(p->conversation, id), p->order, p->n);
}

bool paging_take_place(const char **said, struct listings_place *out) {
    char id[UID_TEXT_MAX];
    int end = 0;
    int got = sscanf(*said, "%15" SCNd64 "/%36[0-9a-f-]/%18" SCNd64 "/%9d;%n", &out->at_ms, id,
                     &out->order, &out->n, &end);
    if (got != 4 || !end || !uid_parse(id, &out->conversation))
        return false;
    if (out->at_ms < 1 || out->at_ms > PLACE_MS_MAX || out->order < 0 || out->n < -1)
        return false;
    *said += end;
    return true;
}
