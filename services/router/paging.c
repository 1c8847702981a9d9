#include "paging.h"

#include <inttypes.h>

#include "../../common/codec/enc.h"

#define NUMBER_DIGITS_MAX 18
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

/* Digits only, and no more than fit. */
static bool take_number(struct span *rest, char end, int64_t *out) {
    struct span part;
    *out = 0;
    if (!span_split(rest, end, &part) || part.n == 0 || part.n > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < part.n; i++) {
        if (part.p[i] < '0' || part.p[i] > '9')
            return false;
        *out = *out * 10 + (part.p[i] - '0');
    }
    return true;
}

static bool take_uid(struct span *rest, char end, struct uid *out) {
    struct span part;
    char text[UID_TEXT_MAX];
    if (!span_split(rest, end, &part) || part.n >= sizeof text)
        return false;
    memcpy(text, part.p, part.n);
    text[part.n] = '\0';
    return uid_parse(text, out);
}

bool paging_take_place(const char **said, struct listings_place *out) {
    struct span rest = span_of(*said);
    int64_t n;
    bool whole = take_number(&rest, '/', &out->at_ms) && take_uid(&rest, '/', &out->conversation) &&
                 take_number(&rest, '/', &out->order) && take_number(&rest, ';', &n);
    if (!whole || !rest.p || out->at_ms < 1 || out->at_ms > PLACE_MS_MAX || n > INT32_MAX)
        return false;
    out->n = (int)n;
    *said = rest.p;
    return true;
}
