/* jobs_api: dead letters: what could not be done, for people to look at and to try again. */
#include <inttypes.h>
#include <stdlib.h>

#include "../../common/store/jobs.h"
#include "../../common/store/messages.h"
#include "../../common/store/wakes.h"
#include "handlers.h"

#define LIMIT 50
#define LIMIT_MAX 200
#define TIME_MAX INT64_C(253402300799999) /* the last millisecond of the year 9999 */

/* "<lane>:<conversation id>:<seq>" */
static void put_id(struct buf *b, const struct job *j) {
    char uid[UID_TEXT_MAX];
    json_put_key(b, "id");
    buf_addf(b, "\"%s:%s:%d\"", lane_text(j->lane), uid_text(j->conversation_id, uid), j->seq);
}

static bool parse_id(struct arena *a, const char *text, struct job *out) {
    struct span rest = span_of(text), lane, uid;
    if (!span_split(&rest, ':', &lane) || !span_split(&rest, ':', &uid) || !rest.p)
        return false;
    size_t digits = strspn(rest.p, "0123456789");
    if (digits == 0 || digits > 9 || digits != rest.n)
        return false;
    out->seq = (int)strtol(rest.p, NULL, 10);
    return lane_parse(arena_strndup(a, lane.p, lane.n), &out->lane) &&
           uid_parse(arena_strndup(a, uid.p, uid.n), &out->conversation_id);
}

static void render(const struct job *j, struct buf *b) {
    char uid[UID_TEXT_MAX];
    json_put_item(b);
    buf_addc(b, '{');
    put_id(b, j);
    json_put_text(b, "lane", lane_text(j->lane));
    json_put_text(b, "state", "dead");
    json_put_text(b, "conversation_id", uid_text(j->conversation_id, uid));
    json_put_number(b, "seq", j->seq);
    json_put_number(b, "attempts", j->attempts);
    json_put_text(b, "endpoint", j->endpoint);
    json_put_text(b, "last_error", j->last_error);
    json_put_when(b, "created_at", j->created_ms);
    json_put_when(b, "dead_at", j->dead_ms);
    buf_addc(b, '}');
}

static enum err check_state(struct request *r) {
    const char *state;
    TRY(request_query(r, "state", &state));
    if (!state || strcmp(state, "dead") == 0)
        return OK;
    return why_set(&r->why, ERR_INVALID, "", "state must be dead");
}

/* The cursor is the time at which the last one of the page died. */
static enum err read_page(struct request *r, int64_t *limit, int64_t *before_ms) {
    TRY(check_state(r));
    TRY(request_query_number(r, "limit", 1, LIMIT_MAX, LIMIT, limit));
    return request_query_number(r, "cursor", 1, TIME_MAX, 0, before_ms);
}

enum err jobs_list_dead(struct request *r, struct reply *out) {
    int64_t limit, before_ms;
    struct jobs jobs = {0};
    TRY(read_page(r, &limit, &before_ms));
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(jobs_dead(c, r->arena, before_ms, (int)limit, &jobs));
    reply_list_open(out);
    for (int i = 0; i < jobs.n; i++)
        render(&jobs.items[i], &out->body);
    bool more = jobs.n == limit;
    reply_list_close(out, more ? arena_printf(r->arena, "%" PRId64, jobs.items[jobs.n - 1].dead_ms)
                               : NULL);
    return OK;
}

/* What a dead delivery says failed is on its way again: what has ended is not sent. */
static enum err revive(struct request *r, struct pg *c, const struct job *j) {
    const struct message_mark again = {.conversation_id = j->conversation_id,
                                       .seq = j->seq,
                                       .to = DELIVERY_PENDING,
                                       .from = 1u << DELIVERY_FAILED,
                                       .error = "",
                                       .external_id = "",
                                       .channel = ""};
    bool changed;
    TRY(pg_run(c, &pg_begin, NULL, NULL));
    TRY(jobs_revive(c, r->arena, j->lane, j->conversation_id, j->seq));
    if (j->lane == LANE_DELIVERY)
        TRY(messages_mark(c, r->arena, &again, &changed));
    return pg_run(c, &pg_commit, NULL, NULL);
}

enum err jobs_replay(struct request *r, struct reply *out) {
    struct job j = {.endpoint = ""};
    if (!parse_id(r->arena, r->param[0], &j))
        return ERR_ABSENT;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(revive(r, c, &j));
    wakes_ring(r->world->redis, "turn");
    out->status = 202;
    buf_addc(&out->body, '{');
    put_id(&out->body, &j);
    json_put_text(&out->body, "state", "due");
    buf_addc(&out->body, '}');
    return OK;
}
