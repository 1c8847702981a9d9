#include "rosters.h"

#include "statement.h"

/* Locking and counting are two statements: the second one's snapshot sees what the holder of the
 * locks that were waited for has committed. */
STATEMENT(rosters_lock_agents, "SELECT id FROM agent WHERE presence = 2 ORDER BY id FOR UPDATE");
STATEMENT(rosters_agents,
          "SELECT a.id, a.presence, a.capacity, a.last_assigned_at,"
          " (SELECT count(*) FROM attention t WHERE t.agent = a.id AND t.agent <> '')"
          " FROM agent a WHERE a.presence = 2 ORDER BY a.id");
/* What a decision wants to know of the queues, at a cost that does not grow with them. */
STATEMENT(
    rosters_queues,
    "SELECT q.id, few.n, few.oldest FROM unnest($1::text[]) q(id), LATERAL"
    " (SELECT count(*) AS n, min(since) AS oldest FROM (SELECT a.since FROM attention a"
    " WHERE a.agent = '' AND a.queue = q.id ORDER BY a.priority, a.since LIMIT $2::int) f) few");
STATEMENT(rosters_queues_whole, "SELECT queue, count(*), min(since) FROM attention WHERE agent = ''"
                                " GROUP BY queue ORDER BY queue");
STATEMENT(rosters_waiting_in,
          "SELECT conversation_id FROM attention WHERE agent = '' AND queue = ANY($1)"
          " ORDER BY priority, since, conversation_id LIMIT $2");

static void read_agents(struct arena *a, const struct pg_result *r, const struct staff *staff,
                        struct roster *out) {
    out->agents = ARENA_ARRAY(a, struct agent, pg_rows(r));
    for (int i = 0; i < pg_rows(r); i++) {
        const char *id = pg_text(a, r, i, 0);
        for (int k = 0; k < staff->n_agents; k++) {
            if (strcmp(staff->agents[k].id, id) != 0)
                continue;
            struct agent *to = &out->agents[out->n_agents++];
            *to = staff->agents[k];
            to->presence = (enum presence)pg_int(r, i, 1);
            to->capacity = (int)pg_int(r, i, 2);
            to->last_assigned_ms = pg_time(r, i, 3);
            to->load = (int)pg_int(r, i, 4);
        }
    }
}

static void read_queues(struct arena *a, const struct pg_result *r, struct roster *out) {
    out->n_queues = pg_rows(r);
    out->queues = ARENA_ARRAY(a, struct queue, out->n_queues);
    for (int i = 0; i < out->n_queues; i++)
        out->queues[i] =
            (struct queue){pg_text(a, r, i, 0), "", (int)pg_int(r, i, 1), pg_time(r, i, 2)};
}

/* The last two steps are agents and queues. */
#define ROSTER_STEPS_MAX (ROSTERS_LEAD_MAX + 3)
struct roster_steps {
    struct pg_step steps[ROSTER_STEPS_MAX];
    int n;
};

static enum err read_roster(struct pg *c, struct arena *a, const struct roster_steps *s,
                            const struct staff *staff, struct roster *out) {
    struct pg_result *results[ROSTER_STEPS_MAX] = {0};
    enum err e = pg_run_batch(c, s->steps, s->n, results);
    *out = (struct roster){0};
    if (e == OK) {
        read_agents(a, results[s->n - 2], staff, out);
        read_queues(a, results[s->n - 1], out);
    }
    for (int i = 0; i < s->n; i++)
        pg_clear(results[i]);
    return e;
}

static int counted(const struct staff *staff) {
    int places = 0;
    for (int i = 0; i < staff->n_agents; i++)
        places += staff->agents[i].capacity > 0 ? staff->agents[i].capacity : 0;
    int n = places * ROSTERS_COUNTED_PER_PLACE;
    return n > ROSTERS_COUNTED_MIN ? n : ROSTERS_COUNTED_MIN;
}

static struct pg_step queues_step(struct arena *a, const struct staff *staff) {
    const char **ids = ARENA_ARRAY(a, const char *, staff->n_queues + 1);
    struct pg_args *args = ARENA_NEW(a, struct pg_args);
    for (int i = 0; i < staff->n_queues; i++)
        ids[i] = staff->queues[i].id;
    ids[staff->n_queues] = "";
    *args = pg_args(a);
    pg_put_text_array(args, ids, staff->n_queues + 1);
    pg_put_int(args, counted(staff));
    return (struct pg_step){&rosters_queues, args};
}

enum err rosters_lock(struct pg *c, struct arena *a, const struct staff *staff,
                      const struct rosters_lead *lead, struct roster *out) {
    struct roster_steps s = {.n = 0};
    for (int i = 0; lead && i < lead->n; i++)
        s.steps[s.n++] = lead->steps[i];
    s.steps[s.n++] = (struct pg_step){&rosters_lock_agents, NULL};
    s.steps[s.n++] = (struct pg_step){&rosters_agents, NULL};
    s.steps[s.n++] = queues_step(a, staff);
    return read_roster(c, a, &s, staff, out);
}

enum err rosters_look(struct pg *c, struct arena *a, const struct staff *staff,
                      struct roster *out) {
    const struct roster_steps steps = {{{&rosters_agents, NULL}, queues_step(a, staff)}, 2};
    return read_roster(c, a, &steps, staff, out);
}

enum err rosters_count(struct pg *c, struct arena *a, const struct staff *staff,
                       struct roster *out) {
    const struct roster_steps steps = {{{&rosters_agents, NULL}, {&rosters_queues_whole, NULL}}, 2};
    return read_roster(c, a, &steps, staff, out);
}

enum err rosters_waiting(struct pg *c, struct arena *a, const char *const *queues, int n_queues,
                         struct rosters_waiting *out) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text_array(&args, queues, n_queues);
    pg_put_int(&args, ROSTERS_WAITING_MAX);
    TRY(pg_run(c, &rosters_waiting_in, &args, &r));
    out->n = pg_rows(r);
    for (int i = 0; i < out->n; i++)
        out->conversations[i] = pg_uid(r, i, 0);
    return OK;
}
