/* reports_api: what dashboards show over time, and how the queues stand now. */
#include "../../common/base/clock.h"
#include "../../common/store/reports.h"
#include "../../common/store/rosters.h"
#include "handlers.h"

#define HOUR_MS 3600000LL
#define DAY_MS (24 * HOUR_MS)
#define POINTS_MAX 10000
#define NAMES(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* ---- the question ---- */

static enum err refuse(struct request *r, const char *name, const char *must) {
    return why_set(&r->why, ERR_INVALID, "", "%s %s", name, must);
}

static enum err read_time(struct request *r, const char *name, int64_t *ms) {
    const char *text;
    TRY(request_query(r, name, &text));
    if (text && (!clock_parse_rfc3339(text, ms) || *ms <= 0))
        return refuse(r, name, "must be an RFC 3339 time");
    return OK;
}

static enum err read_bucket(struct request *r, struct reports_question *q) {
    const char *text;
    TRY(request_query(r, "bucket", &text));
    q->daily = text && strcmp(text, "day") == 0;
    if (text && !q->daily && strcmp(text, "hour") != 0)
        return refuse(r, "bucket", "must be hour or day");
    return OK;
}

static const char *const group_names[] = {[REPORTS_BY_NOTHING] = "",
                                          [REPORTS_BY_CHANNEL] = "channel",
                                          [REPORTS_BY_MODE] = "mode",
                                          [REPORTS_BY_HANDLER] = "handler",
                                          [REPORTS_BY_INTENT] = "intent"};

static enum err read_group(struct request *r, struct reports_question *q) {
    const char *text;
    TRY(request_query(r, "group_by", &text));
    for (int i = 1; text && i < NAMES(group_names); i++)
        if (strcmp(text, group_names[i]) == 0)
            q->group = (enum reports_group)i;
    if (text && q->group == REPORTS_BY_NOTHING)
        return refuse(r, "group_by", "must be channel, mode, handler or intent");
    return OK;
}

/* The last day, if nothing is said. A period begins with its first hour (or day). */
static enum err read_period(struct request *r, struct reports_question *q) {
    int64_t step = q->daily ? DAY_MS : HOUR_MS;
    q->to_ms = clock_wall_ms();
    TRY(read_time(r, "to", &q->to_ms));
    q->from_ms = q->to_ms - DAY_MS;
    TRY(read_time(r, "from", &q->from_ms));
    q->from_ms -= q->from_ms % step;
    if (q->from_ms <= 0 || q->from_ms >= q->to_ms)
        return refuse(r, "from", "must be before to");
    if ((q->to_ms - q->from_ms) / step > POINTS_MAX)
        return refuse(r, "from", "and to are too far apart for this bucket");
    return OK;
}

static enum err read_question(struct request *r, struct reports_question *q) {
    *q = (struct reports_question){.group = REPORTS_BY_NOTHING};
    TRY(read_bucket(r, q));
    TRY(read_group(r, q));
    return read_period(r, q);
}

static enum err ask(struct request *r, const struct reports_question *q, struct reports_row **rows,
                    int *n) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    return reports_count(c, r->arena, q, rows, n);
}

/* ---- the answer ---- */

struct tally {
    const char *group;
    int64_t in, out;
};
struct tallies {
    struct tally *items;
    int n;
    struct tally all;
};

static void count(struct tallies *t, const struct reports_row *row) {
    int i = 0;
    while (i < t->n && strcmp(t->items[i].group, row->group) != 0)
        i++;
    if (i == t->n)
        t->items[t->n++] = (struct tally){row->group, 0, 0};
    t->items[i].in += row->messages_in;
    t->items[i].out += row->messages_out;
    t->all.in += row->messages_in;
    t->all.out += row->messages_out;
}

static struct tallies tally_up(struct arena *a, const struct reports_row *rows, int n) {
    struct tallies t = {.items = ARENA_ARRAY(a, struct tally, n + 1)};
    for (int i = 0; i < n; i++)
        count(&t, &rows[i]);
    return t;
}

static void open_answer(const struct reports_question *q, struct buf *b) {
    buf_addc(b, '{');
    json_put_when(b, "from", q->from_ms);
    json_put_when(b, "to", q->to_ms);
    json_put_text(b, "bucket", q->daily ? "day" : "hour");
    json_put_text(b, "group_by", q->group == REPORTS_BY_NOTHING ? NULL : group_names[q->group]);
}

static void put_series(const struct reports_question *q, const struct reports_row *rows, int n,
                       struct buf *b) {
    json_put_key(b, "series");
    buf_addc(b, '[');
    for (int i = 0; i < n; i++) {
        json_put_item(b);
        buf_addc(b, '{');
        json_put_when(b, "at", rows[i].at_ms);
        if (q->group != REPORTS_BY_NOTHING)
            json_put_text(b, group_names[q->group], rows[i].group);
        json_put_number(b, "messages_in", rows[i].messages_in);
        json_put_number(b, "messages_out", rows[i].messages_out);
        buf_addc(b, '}');
    }
    buf_addc(b, ']');
}

static void put_tally(const struct tally *t, const struct tallies *of, const char *name,
                      struct buf *b) {
    buf_addc(b, '{');
    if (name)
        json_put_text(b, name, t->group);
    json_put_number(b, "messages_in", t->in);
    json_put_number(b, "messages_out", t->out);
    if (name)
        json_put_double(b, "share", of->all.in ? (double)t->in / (double)of->all.in : 0);
    buf_addc(b, '}');
}

static void put_table(const struct reports_question *q, const struct tallies *t, struct buf *b) {
    json_put_key(b, "table");
    buf_addc(b, '[');
    for (int i = 0; i < t->n && q->group != REPORTS_BY_NOTHING; i++) {
        json_put_item(b);
        put_tally(&t->items[i], t, group_names[q->group], b);
    }
    buf_addc(b, ']');
    json_put_key(b, "total");
    put_tally(&t->all, t, NULL, b);
}

static enum err report(struct request *r, const struct reports_question *q, struct reply *out) {
    struct reports_row *rows;
    int n;
    TRY(ask(r, q, &rows, &n));
    struct tallies t = tally_up(r->arena, rows, n);
    open_answer(q, &out->body);
    put_series(q, rows, n, &out->body);
    put_table(q, &t, &out->body);
    buf_addc(&out->body, '}');
    return OK;
}

enum err reports_overview(struct request *r, struct reply *out) {
    struct reports_question q;
    TRY(read_question(r, &q));
    return report(r, &q, out);
}

enum err reports_routing(struct request *r, struct reply *out) {
    struct reports_question q;
    TRY(read_question(r, &q));
    q.group = q.group == REPORTS_BY_NOTHING ? REPORTS_BY_MODE : q.group;
    return report(r, &q, out);
}

/* ---- queues ---- */

static const struct queue *waiting_in(const struct roster *roster, const char *id) {
    static const struct queue nobody;
    for (int i = 0; i < roster->n_queues; i++)
        if (strcmp(roster->queues[i].id, id) == 0)
            return &roster->queues[i];
    return &nobody;
}

static void put_queue(const struct queue *q, const struct queue *now, struct buf *b) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_text(b, "id", q->id);
    json_put_text(b, "name", q->name);
    json_put_number(b, "waiting", now->waiting);
    json_put_when(b, "oldest_since", now->oldest_ms);
    json_put_number(b, "oldest_wait_s",
                    now->oldest_ms ? (clock_wall_ms() - now->oldest_ms) / 1000 : 0);
    buf_addc(b, '}');
}

static void put_agent(const struct agent *a, struct buf *b) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_text(b, "id", a->id);
    json_put_text(b, "name", a->name);
    json_put_text(b, "presence", presence_text(a->presence));
    json_put_number(b, "load", a->load);
    json_put_number(b, "capacity", a->capacity);
    buf_addc(b, '}');
}

/* A queue that was removed while somebody waited in it is shown all the same. */
static void put_queues(const struct snapshot *s, const struct roster *now, struct buf *b) {
    json_put_key(b, "queues");
    buf_addc(b, '[');
    for (int i = 0; i < s->n_queues; i++)
        put_queue(&s->queues[i], waiting_in(now, s->queues[i].id), b);
    for (int i = 0; i < now->n_queues; i++)
        if (!snapshot_queue(s, now->queues[i].id))
            put_queue(&now->queues[i], &now->queues[i], b);
    buf_addc(b, ']');
}

enum err reports_queues(struct request *r, struct reply *out) {
    const struct snapshot *s = r->snapshot;
    struct buf *b = &out->body;
    const struct staff staff = snapshot_staff(s);
    struct roster now;
    {
        pg_lease_auto c = NULL;
        TRY(pg_lease(r->world->reads, &c));
        TRY(rosters_count(c, r->arena, &staff, &now));
    }
    buf_addc(b, '{');
    json_put_when(b, "at", clock_wall_ms());
    put_queues(s, &now, b);
    json_put_key(b, "agents");
    buf_addc(b, '[');
    for (int i = 0; i < now.n_agents; i++)
        put_agent(&now.agents[i], b);
    buf_addc(b, ']');
    json_put_number(b, "agents_online", now.n_agents);
    buf_addc(b, '}');
    return OK;
}
