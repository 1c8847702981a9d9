#include "ledger.h"

#include "../codec/json.h"
#include "../io/pg_rows.h"
#include "statement.h"

#define LEDGER_BYTES_MAX (64 * 1024 * 1024)
#define STATE_BYTES_MAX (256 * 1024)
#define USUAL_BYTES (16 * 1024)

/* A conversation with a message that has arrived before is left alone; a key that two senders use
 * at once is an error of the whole batch, which is then taken apart. So is a key that arrived from
 * somebody else while its sender was met as a stranger: the stranger must go with it. */
#ifdef BROKEN_CHECK_THEN_INSERT
#define LEDGER_NOT_KNOWN ""
#define LEDGER_KNOWN_AGAIN " ON CONFLICT DO NOTHING"
#else
#define LEDGER_NOT_KNOWN                                                                           \
    " AND (c.expected = 0 OR NOT EXISTS (SELECT 1 FROM known k WHERE k.conversation_id = c.id))"
#define LEDGER_KNOWN_AGAIN ""
#endif

/* Looked up in a hash. A join would go through all that was saved for every row, since turns run
 * without hash joins; IS TRUE keeps the planner from making one of it. */
#define LEDGER_OF_SAVED "(conversation_id IN (SELECT id FROM saved)) IS TRUE"

/* What is planned already stays as it is. Under the conversation's lock nobody plans meanwhile; of
 * ON CONFLICT every row would be inserted on probation, and its confirmation logged. */
#define LEDGER_NEW_JOB                                                                             \
    " AND NOT EXISTS (SELECT 1 FROM job k WHERE k.bucket = j.bucket AND k.lane = j.lane"           \
    " AND k.conversation_id = j.conversation_id AND k.seq = j.seq)"

/* One statement for all: what belongs to a conversation that is not saved is not saved either. The
 * caller holds the row locks, so that of two batches with the same conversation the second sees the
 * first one's version. */
STATEMENT(
    ledger_save,
    "WITH c AS MATERIALIZED (SELECT * FROM unnest($1::ledger_conversation[])),"
    " m AS MATERIALIZED (SELECT * FROM unnest($2::ledger_message[])),"
    " known AS MATERIALIZED (SELECT m.conversation_id, m.key, a.conversation_id AS place, a.seq"
    " FROM m JOIN arrival a ON a.bucket = m.key_bucket AND a.key = m.key),"
    " saved AS (UPDATE conversation t SET version = c.expected + 1, last_seq = c.last_seq,"
    " epoch = c.epoch, priority = c.priority, status = c.status, mode = c.mode,"
    " holder_type = c.holder_type, holder_id = c.holder_id, queue = c.queue,"
    " language = c.language, topic = c.topic, state = c.state, updated_at = c.updated_at"
    " FROM c WHERE t.bucket = c.bucket AND t.id = c.id AND t.version = c.expected"
    " AND t.merged_into IS NULL" LEDGER_NOT_KNOWN " RETURNING t.id),"
    " arrived AS (INSERT INTO arrival (bucket, seq, key, conversation_id)"
    " SELECT m.key_bucket, m.seq, m.key, m.conversation_id FROM m WHERE m.key IS NOT NULL"
    " AND " LEDGER_OF_SAVED LEDGER_KNOWN_AGAIN "),"
    " stored AS (INSERT INTO message (bucket, seq, conversation_id, id, received_at, sent_at,"
    " direction, kind, author_type, delivery, attempts, author_id, channel, external_id, address,"
    " language, text, extra, decision)"
    " SELECT m.bucket, m.seq, m.conversation_id, m.id, m.received_at, m.sent_at, m.direction, "
    "m.kind,"
    " m.author_type, m.delivery, 0, m.author_id, m.channel, m.external_id, m.address, m.language,"
    " m.text, m.extra, m.decision FROM m WHERE " LEDGER_OF_SAVED "),"
    " planned AS (INSERT INTO job (bucket, lane, conversation_id, seq, epoch, run_at, created_at,"
    " endpoint) SELECT j.bucket, j.lane, j.conversation_id, j.seq, j.epoch,"
    " now() + j.delay_ms * interval '1 millisecond', now(), j.endpoint"
    " FROM unnest($3::ledger_job[]) j WHERE " LEDGER_OF_SAVED LEDGER_NEW_JOB "),"
    " told AS (INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
    " SELECT e.bucket, e.kind, e.seq, e.n, e.at, e.conversation_id, e.data"
    " FROM unnest($4::ledger_event[]) e WHERE " LEDGER_OF_SAVED ")"
    " SELECT NULL::uuid, id, 0 FROM saved UNION ALL SELECT key, place, seq FROM known");

/* Only where the conversation it hangs on was saved, which is to say written by this transaction: a
 * message judged from the cache may turn out to be known already, or its conversation to have moved
 * on or to be gone. */
#define LEDGER_IF_SAVED                                                                            \
    " JOIN conversation c ON c.bucket = i.of_bucket AND c.id = i.of"                               \
    " AND c.xmin = pg_current_xact_id()::xid"

STATEMENT(ledger_put_attention,
          "INSERT INTO attention (bucket, conversation_id, queue, agent, mode, priority, since)"
          " SELECT i.bucket, i.conversation_id, i.queue, i.agent, i.mode, i.priority, i.since"
          " FROM json_to_recordset($1::json) AS i(bucket smallint, conversation_id uuid,"
          " queue text, agent text, mode smallint, priority smallint, since timestamptz,"
          " of_bucket smallint, of uuid)" LEDGER_IF_SAVED
          " ON CONFLICT (bucket, conversation_id) DO UPDATE SET queue = excluded.queue,"
          " agent = excluded.agent, mode = excluded.mode, priority = excluded.priority");

STATEMENT(ledger_drop_attention,
          "DELETE FROM attention t USING json_to_recordset($1::json) AS i(bucket smallint, id uuid,"
          " of_bucket smallint, of uuid)" LEDGER_IF_SAVED
          " WHERE t.bucket = i.bucket AND t.conversation_id = i.id");

STATEMENT(ledger_note_assigned,
          "UPDATE agent t SET last_assigned_at = now() FROM (SELECT DISTINCT agent FROM"
          " json_to_recordset($1::json) AS i(agent text, of_bucket smallint,"
          " of uuid)" LEDGER_IF_SAVED ") i WHERE t.id = i.agent");

STATEMENT(
    ledger_change_messages,
    "WITH i AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i(bucket smallint,"
    " kind smallint, seq int, n int, at timestamptz, conversation_id uuid, text text,"
    " edited_at timestamptz, deleted_at timestamptz, extra jsonb, data jsonb)),"
    " old AS MATERIALIZED (SELECT m.bucket, m.conversation_id, m.seq, m.text FROM message m"
    " JOIN i ON m.bucket = i.bucket AND m.conversation_id = i.conversation_id AND m.seq = i.seq),"
    " changed AS (UPDATE message m SET text = coalesce(i.text, m.text),"
    " edited_at = coalesce(i.edited_at, m.edited_at),"
    " deleted_at = coalesce(i.deleted_at, m.deleted_at),"
    " extra = CASE WHEN i.extra IS NULL THEN m.extra ELSE coalesce(m.extra, '{}') || i.extra END"
    " FROM i WHERE m.bucket = i.bucket AND m.conversation_id = i.conversation_id"
    " AND m.seq = i.seq)"
    " INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
    " SELECT i.bucket, i.kind, i.seq, i.n, i.at, i.conversation_id,"
    " CASE WHEN i.text IS NULL THEN i.data"
    " ELSE i.data || jsonb_build_object('text_before', old.text) END"
    " FROM i JOIN old ON old.bucket = i.bucket AND old.conversation_id = i.conversation_id"
    " AND old.seq = i.seq");

STATEMENT(ledger_finish_jobs,
          "DELETE FROM job t USING json_to_recordset($1::json) AS i(bucket smallint, lane smallint,"
          " conversation_id uuid, seq int) WHERE t.bucket = i.bucket AND t.lane = i.lane"
          " AND t.conversation_id = i.conversation_id AND t.seq = i.seq");

/* Whoever has it in hand has lost it. */
STATEMENT(ledger_rearm_jobs,
          "UPDATE job t SET epoch = i.epoch, endpoint = i.endpoint, run_at = now(), token = NULL,"
          " attempts = 0 FROM json_to_recordset($1::json) AS i(bucket smallint, lane smallint,"
          " conversation_id uuid, seq int, epoch int, endpoint text) WHERE t.bucket = i.bucket"
          " AND t.lane = i.lane AND t.conversation_id = i.conversation_id AND t.seq = i.seq");

STATEMENT(ledger_plan_elsewhere,
          "INSERT INTO job (bucket, lane, conversation_id, seq, epoch, run_at, created_at,"
          " endpoint) SELECT i.bucket, i.lane, i.conversation_id, i.seq, i.epoch, now(), now(),"
          " i.endpoint FROM json_to_recordset($1::json) AS i(bucket smallint, lane smallint,"
          " conversation_id uuid, seq int, epoch int, endpoint text, of_bucket smallint,"
          " of uuid)" LEDGER_IF_SAVED " ON CONFLICT DO NOTHING");

/* What every message leaves travels as rows, what some leave as JSON. */
enum ledger_rows {
    ROWS_CONVERSATION,
    ROWS_MESSAGE,
    ROWS_JOB,
    ROWS_EVENT,
    ROWS_COUNT_,
};
enum ledger_list {
    LIST_ATTENTION,
    LIST_ASSIGNED,
    LIST_DROPPED,
    LIST_FINISHED,
    LIST_REARMED,
    LIST_ELSEWHERE,
    LIST_AMENDED,
    LIST_COUNT_,
};

struct ledger {
    struct arena *arena;
    struct pg_rows rows[ROWS_COUNT_];
    struct buf lists[LIST_COUNT_];
    struct buf scratch; /* one record within a row */
    int n_events;
};

/* As migration 0009 has them. */
static const int n_columns[ROWS_COUNT_] = {
    [ROWS_CONVERSATION] = 15, [ROWS_MESSAGE] = 20, [ROWS_JOB] = 7, [ROWS_EVENT] = 7};

struct ledger *ledger_open(struct arena *a) {
    struct ledger *l = ARENA_NEW(a, struct ledger);
    l->arena = a;
    for (int i = 0; i < ROWS_COUNT_; i++)
        pg_rows_init(&l->rows[i], n_columns[i], LEDGER_BYTES_MAX);
    for (int i = 0; i < LIST_COUNT_; i++) {
        buf_init(&l->lists[i], LEDGER_BYTES_MAX);
        buf_addc(&l->lists[i], '[');
    }
    /* Doubled from the smallest, they would be copied as often as they are filled. */
    (void)buf_room(&l->rows[ROWS_CONVERSATION].bytes, USUAL_BYTES);
    (void)buf_room(&l->rows[ROWS_MESSAGE].bytes, USUAL_BYTES);
    buf_init(&l->scratch, STATE_BYTES_MAX);
    return l;
}

void ledger_close(struct ledger *l) {
    if (!l)
        return;
    for (int i = 0; i < ROWS_COUNT_; i++)
        pg_rows_fini(&l->rows[i]);
    for (int i = 0; i < LIST_COUNT_; i++)
        buf_fini(&l->lists[i]);
    buf_fini(&l->scratch);
}

/* ---- rows: columns in the order of their type ---- */

static struct pg_rows *row_open(struct ledger *l, enum ledger_rows kind, struct uid home) {
    struct pg_rows *r = &l->rows[kind];
    pg_rows_open(r);
    pg_rows_int2(r, uid_bucket(home));
    return r;
}

void ledger_conversation(struct ledger *l, const struct conversation *c, int64_t expected_version) {
    struct pg_rows *r = row_open(l, ROWS_CONVERSATION, c->id);
    buf_reset(&l->scratch);
    conversation_render_state(c, &l->scratch);
    pg_rows_uid(r, c->id);
    pg_rows_int8(r, expected_version);
    pg_rows_int4(r, c->last_seq);
    pg_rows_int4(r, c->epoch);
    pg_rows_int2(r, c->priority);
    pg_rows_int2(r, c->status);
    pg_rows_int2(r, c->mode);
    pg_rows_int2(r, c->holder.type);
    pg_rows_text(r, c->holder.id);
    pg_rows_text(r, c->queue);
    pg_rows_text(r, c->language);
    pg_rows_text(r, c->topic);
    pg_rows_json(r, l->scratch.p);
    pg_rows_time(r, c->updated_ms);
    pg_rows_close(r);
}

static struct span packed_decision(struct ledger *l, const struct decision *d) {
    if (!d)
        return (struct span){NULL, 0};
    buf_reset(&l->scratch);
    decision_pack(d, &l->scratch);
    return buf_span(&l->scratch);
}

void ledger_message(struct ledger *l, const struct message *m, const struct arrival_key *key) {
    struct pg_rows *r = row_open(l, ROWS_MESSAGE, m->conversation_id);
    pg_rows_int4(r, m->seq);
    pg_rows_uid(r, m->conversation_id);
    pg_rows_uid(r, m->id);
    pg_rows_time(r, m->received_ms);
    pg_rows_time(r, m->sent_ms);
    pg_rows_int2(r, m->direction);
    pg_rows_int2(r, m->kind);
    pg_rows_int2(r, m->author.type);
    pg_rows_int2(r, m->delivery);
    pg_rows_text(r, m->author.id);
    pg_rows_text(r, m->channel);
    pg_rows_text(r, m->external_id);
    pg_rows_text(r, m->address);
    pg_rows_text(r, m->language);
    pg_rows_text(r, m->text);
    pg_rows_jsonb(r, m->extra);
    pg_rows_bytes(r, packed_decision(l, m->decision));
    pg_rows_int2(r, key ? uid_bucket(key->key) : 0);
    pg_rows_uid(r, key ? key->key : (struct uid){{0}});
    pg_rows_close(r);
}

void ledger_job(struct ledger *l, const struct job *j, int64_t delay_ms) {
    struct pg_rows *r = row_open(l, ROWS_JOB, j->conversation_id);
    pg_rows_int2(r, j->lane);
    pg_rows_uid(r, j->conversation_id);
    pg_rows_int4(r, j->seq);
    pg_rows_int4(r, j->epoch);
    pg_rows_int8(r, delay_ms);
    pg_rows_text(r, j->endpoint);
    pg_rows_close(r);
}

void ledger_event(struct ledger *l, const struct event *e) {
    struct pg_rows *r = row_open(l, ROWS_EVENT, e->conversation_id);
    pg_rows_int2(r, e->kind);
    pg_rows_int4(r, e->seq);
    pg_rows_int4(r, l->n_events++);
    pg_rows_time(r, e->at_ms);
    pg_rows_uid(r, e->conversation_id);
    pg_rows_jsonb(r, e->data);
    pg_rows_close(r);
}

/* ---- lists ---- */

static void item_open(struct buf *b, struct uid home) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "bucket", uid_bucket(home));
}

void ledger_amend(struct ledger *l, const struct ledger_amendment *m) {
    struct buf *b = &l->lists[LIST_AMENDED];
    item_open(b, m->conversation_id);
    json_put_number(b, "kind", m->kind);
    json_put_number(b, "seq", m->seq);
    json_put_number(b, "n", l->n_events++);
    json_put_when(b, "at", m->at_ms);
    json_put_uid(b, "conversation_id", m->conversation_id);
    json_put_text(b, "text", m->text);
    json_put_when(b, "edited_at", m->edited_ms);
    json_put_when(b, "deleted_at", m->deleted_ms);
    json_put_raw(b, "extra", m->extra);
    json_put_raw(b, "data", m->data ? m->data : "{}");
    buf_addc(b, '}');
}

static void put_of(struct buf *b, struct uid of) {
    json_put_number(b, "of_bucket", uid_bucket(of));
    json_put_uid(b, "of", of);
    buf_addc(b, '}');
}

static void note_assigned(struct ledger *l, const char *agent, struct uid of) {
    struct buf *b = &l->lists[LIST_ASSIGNED];
    json_put_item(b);
    buf_addc(b, '{');
    json_put_text(b, "agent", agent);
    put_of(b, of);
}

void ledger_attention(struct ledger *l, const struct conversation *c, struct uid of,
                      const char *agent, int64_t now_ms) {
    struct buf *b = &l->lists[LIST_ATTENTION];
    item_open(b, c->id);
    json_put_uid(b, "conversation_id", c->id);
    json_put_text(b, "queue", c->queue);
    json_put_text(b, "agent", agent);
    json_put_number(b, "mode", c->mode);
    json_put_number(b, "priority", c->priority);
    json_put_when(b, "since", now_ms);
    put_of(b, of);
    if (*agent)
        note_assigned(l, agent, of);
}

void ledger_no_attention(struct ledger *l, struct uid conversation, struct uid of) {
    item_open(&l->lists[LIST_DROPPED], conversation);
    json_put_uid(&l->lists[LIST_DROPPED], "id", conversation);
    put_of(&l->lists[LIST_DROPPED], of);
}

static void job_open(struct buf *b, const struct job *j) {
    item_open(b, j->conversation_id);
    json_put_number(b, "lane", j->lane);
    json_put_uid(b, "conversation_id", j->conversation_id);
    json_put_number(b, "seq", j->seq);
}

void ledger_job_done(struct ledger *l, const struct job *j) {
    struct buf *b = &l->lists[LIST_FINISHED];
    job_open(b, j);
    buf_addc(b, '}');
}

void ledger_job_again(struct ledger *l, const struct job *j) {
    struct buf *b = &l->lists[LIST_REARMED];
    job_open(b, j);
    json_put_number(b, "epoch", j->epoch);
    json_put_text(b, "endpoint", j->endpoint);
    buf_addc(b, '}');
}

void ledger_job_elsewhere(struct ledger *l, const struct job *j, struct uid of) {
    struct buf *b = &l->lists[LIST_ELSEWHERE];
    job_open(b, j);
    json_put_number(b, "epoch", j->epoch);
    json_put_text(b, "endpoint", j->endpoint);
    put_of(b, of);
}

/* ---- the statements ---- */

static struct pg_args *rows_args(struct ledger *l) {
    struct pg_args *args = ARENA_NEW(l->arena, struct pg_args);
    *args = pg_args(l->arena);
    for (int i = 0; i < ROWS_COUNT_; i++)
        pg_put_rows(args, &l->rows[i]);
    return args;
}

static struct pg_args *list_args(struct ledger *l, struct buf *list) {
    struct pg_args *args = ARENA_NEW(l->arena, struct pg_args);
    *args = pg_args(l->arena);
    if (list->p[list->len - 1] != ']')
        buf_addc(list, ']');
    pg_put_text(args, list->p);
    return args;
}

int ledger_steps(struct ledger *l, struct pg_step *steps, int *saved_at) {
    static const struct {
        const struct pg_stmt *stmt;
        enum ledger_list list;
    } more[] = {{&ledger_put_attention, LIST_ATTENTION}, {&ledger_note_assigned, LIST_ASSIGNED},
                {&ledger_drop_attention, LIST_DROPPED},  {&ledger_finish_jobs, LIST_FINISHED},
                {&ledger_rearm_jobs, LIST_REARMED},      {&ledger_plan_elsewhere, LIST_ELSEWHERE},
                {&ledger_change_messages, LIST_AMENDED}};
    int n = 0;
    *saved_at = n;
    steps[n++] = (struct pg_step){&ledger_save, rows_args(l)};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (l->lists[more[i].list].len > 1)
            steps[n++] = (struct pg_step){more[i].stmt, list_args(l, &l->lists[more[i].list])};
    return n;
}

enum err ledger_check(const struct ledger *l) {
    for (int i = 0; i < ROWS_COUNT_; i++)
        TRY(pg_rows_check(&l->rows[i]));
    for (int i = 0; i < LIST_COUNT_; i++)
        TRY(buf_done(&l->lists[i]));
    return OK;
}
