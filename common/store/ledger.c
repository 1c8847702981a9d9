#include "ledger.h"

#include "../codec/json.h"
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

/* One statement for all: what belongs to a conversation that is not saved is not saved either. The
 * caller holds the row locks, so that of two batches with the same conversation the second sees the
 * first one's version. */
STATEMENT(
    ledger_save,
    "WITH c AS MATERIALIZED (SELECT * FROM json_to_recordset($1::json) AS i(bucket smallint,"
    " id uuid, expected bigint, last_seq int, epoch int, priority smallint, status smallint,"
    " mode smallint, holder_type smallint, holder_id text, queue text, language text, topic text,"
    " state jsonb, updated_at timestamptz)),"
    " m AS MATERIALIZED (SELECT * FROM json_to_recordset($2::json) AS i(bucket smallint, seq int,"
    " conversation_id uuid, id uuid, received_at timestamptz, sent_at timestamptz,"
    " direction smallint, kind smallint, author_type smallint, delivery smallint, author_id text,"
    " channel text, external_id text, address text, language text, text text, extra jsonb,"
    " decision bytea, key_bucket smallint, key uuid)),"
    " known AS MATERIALIZED (SELECT m.conversation_id FROM m JOIN arrival a"
    " ON a.bucket = m.key_bucket AND a.key = m.key),"
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
    " FROM json_to_recordset($3::json) AS j(bucket smallint, lane smallint, conversation_id uuid,"
    " seq int, epoch int, delay_ms bigint, endpoint text) WHERE " LEDGER_OF_SAVED
    " ON CONFLICT DO NOTHING),"
    " told AS (INSERT INTO event (bucket, kind, seq, n, at, conversation_id, data)"
    " SELECT e.bucket, e.kind, e.seq, e.n, e.at, e.conversation_id, e.data"
    " FROM json_to_recordset($4::json) AS e(bucket smallint, kind smallint, seq int, n int,"
    " at timestamptz, conversation_id uuid, data jsonb) WHERE " LEDGER_OF_SAVED ")"
    " SELECT id FROM saved");

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

struct ledger {
    struct arena *arena;
    struct buf conversations, messages, jobs, events, attention, dropped, finished, amended;
    struct buf scratch; /* one record within a row */
    int n_events;
};

#define LEDGER_BUFS 8

static void ledger_bufs(struct ledger *l, struct buf *out[LEDGER_BUFS]) {
    struct buf *all[LEDGER_BUFS] = {&l->conversations, &l->messages, &l->jobs,     &l->events,
                                    &l->attention,     &l->dropped,  &l->finished, &l->amended};
    memcpy(out, all, sizeof all);
}

struct ledger *ledger_open(struct arena *a) {
    struct ledger *l = ARENA_NEW(a, struct ledger);
    struct buf *all[LEDGER_BUFS];
    l->arena = a;
    ledger_bufs(l, all);
    for (int i = 0; i < LEDGER_BUFS; i++) {
        buf_init(all[i], LEDGER_BYTES_MAX);
        buf_addc(all[i], '[');
    }
    /* Doubled from the smallest, they would be copied as often as they are filled. */
    (void)buf_room(&l->conversations, USUAL_BYTES);
    (void)buf_room(&l->messages, USUAL_BYTES);
    buf_init(&l->scratch, STATE_BYTES_MAX);
    return l;
}

void ledger_close(struct ledger *l) {
    struct buf *all[LEDGER_BUFS];
    if (!l)
        return;
    ledger_bufs(l, all);
    for (int i = 0; i < LEDGER_BUFS; i++)
        buf_fini(all[i]);
    buf_fini(&l->scratch);
}

static void item_open(struct buf *b, struct uid home) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "bucket", uid_bucket(home));
}

static void put_hex(struct buf *b, const char *name, struct span s) {
    static const char digits[] = "0123456789abcdef";
    json_put_key(b, name);
    buf_adds(b, "\"\\\\x");
    char *to = buf_room(b, s.n * 2);
    for (size_t i = 0; to && i < s.n; i++) {
        *to++ = digits[(unsigned char)s.p[i] >> 4];
        *to++ = digits[(unsigned char)s.p[i] & 15];
    }
    b->len += to ? s.n * 2 : 0;
    buf_addc(b, '"');
}

void ledger_conversation(struct ledger *l, const struct conversation *c, int64_t expected_version) {
    struct buf *b = &l->conversations, *state = &l->scratch;
    buf_reset(state);
    conversation_render_state(c, state);
    item_open(b, c->id);
    json_put_uid(b, "id", c->id);
    json_put_number(b, "expected", expected_version);
    json_put_number(b, "last_seq", c->last_seq);
    json_put_number(b, "epoch", c->epoch);
    json_put_number(b, "priority", c->priority);
    json_put_number(b, "status", c->status);
    json_put_number(b, "mode", c->mode);
    json_put_number(b, "holder_type", c->holder.type);
    json_put_text(b, "holder_id", c->holder.id);
    json_put_text(b, "queue", c->queue);
    json_put_text(b, "language", c->language);
    json_put_text(b, "topic", c->topic);
    json_put_raw(b, "state", state->p);
    json_put_when(b, "updated_at", c->updated_ms);
    buf_addc(b, '}');
}

static void message_decision(struct ledger *l, const struct decision *d) {
    if (!d)
        return;
    buf_reset(&l->scratch);
    decision_pack(d, &l->scratch);
    put_hex(&l->messages, "decision", buf_span(&l->scratch));
}

void ledger_message(struct ledger *l, const struct message *m, const struct arrival_key *key) {
    struct buf *b = &l->messages;
    item_open(b, m->conversation_id);
    json_put_number(b, "seq", m->seq);
    json_put_uid(b, "conversation_id", m->conversation_id);
    json_put_uid(b, "id", m->id);
    json_put_when(b, "received_at", m->received_ms);
    if (m->sent_ms)
        json_put_when(b, "sent_at", m->sent_ms);
    json_put_number(b, "direction", m->direction);
    json_put_number(b, "kind", m->kind);
    json_put_number(b, "author_type", m->author.type);
    json_put_number(b, "delivery", m->delivery);
    json_put_text(b, "author_id", m->author.id);
    json_put_text(b, "channel", m->channel);
    json_put_text(b, "external_id", m->external_id);
    json_put_text(b, "address", m->address);
    json_put_text(b, "language", m->language);
    json_put_text(b, "text", m->text);
    if (m->extra)
        json_put_raw(b, "extra", m->extra);
    message_decision(l, m->decision);
    if (key) {
        json_put_number(b, "key_bucket", uid_bucket(key->key));
        json_put_uid(b, "key", key->key);
    }
    buf_addc(b, '}');
}

void ledger_job(struct ledger *l, const struct job *j, int64_t delay_ms) {
    struct buf *b = &l->jobs;
    item_open(b, j->conversation_id);
    json_put_number(b, "lane", j->lane);
    json_put_uid(b, "conversation_id", j->conversation_id);
    json_put_number(b, "seq", j->seq);
    json_put_number(b, "epoch", j->epoch);
    json_put_number(b, "delay_ms", delay_ms);
    json_put_text(b, "endpoint", j->endpoint);
    buf_addc(b, '}');
}

void ledger_event(struct ledger *l, const struct event *e) {
    struct buf *b = &l->events;
    item_open(b, e->conversation_id);
    json_put_number(b, "kind", e->kind);
    json_put_number(b, "seq", e->seq);
    json_put_number(b, "n", l->n_events++);
    json_put_when(b, "at", e->at_ms);
    json_put_uid(b, "conversation_id", e->conversation_id);
    if (e->data)
        json_put_raw(b, "data", e->data);
    buf_addc(b, '}');
}

void ledger_amend(struct ledger *l, const struct ledger_amendment *m) {
    struct buf *b = &l->amended;
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

void ledger_attention(struct ledger *l, const struct conversation *c, struct uid of,
                      const char *agent, int64_t now_ms) {
    struct buf *b = &l->attention;
    item_open(b, c->id);
    json_put_uid(b, "conversation_id", c->id);
    json_put_text(b, "queue", c->queue);
    json_put_text(b, "agent", agent);
    json_put_number(b, "mode", c->mode);
    json_put_number(b, "priority", c->priority);
    json_put_when(b, "since", now_ms);
    put_of(b, of);
}

void ledger_no_attention(struct ledger *l, struct uid conversation, struct uid of) {
    item_open(&l->dropped, conversation);
    json_put_uid(&l->dropped, "id", conversation);
    put_of(&l->dropped, of);
}

void ledger_job_done(struct ledger *l, const struct job *j) {
    struct buf *b = &l->finished;
    item_open(b, j->conversation_id);
    json_put_number(b, "lane", j->lane);
    json_put_uid(b, "conversation_id", j->conversation_id);
    json_put_number(b, "seq", j->seq);
    buf_addc(b, '}');
}

static struct pg_args *json_args(struct ledger *l, struct buf *const *bufs, int n) {
    struct pg_args *args = ARENA_NEW(l->arena, struct pg_args);
    *args = pg_args(l->arena);
    for (int i = 0; i < n; i++) {
        if (bufs[i]->p[bufs[i]->len - 1] != ']')
            buf_addc(bufs[i], ']');
        pg_put_text(args, bufs[i]->p);
    }
    return args;
}

int ledger_steps(struct ledger *l, struct pg_step *steps, int *saved_at) {
    struct {
        const struct pg_stmt *stmt;
        struct buf *rows;
    } more[] = {{&ledger_put_attention, &l->attention},
                {&ledger_note_assigned, &l->attention},
                {&ledger_drop_attention, &l->dropped},
                {&ledger_finish_jobs, &l->finished},
                {&ledger_change_messages, &l->amended}};
    struct buf *main[] = {&l->conversations, &l->messages, &l->jobs, &l->events};
    int n = 0;
    *saved_at = n;
    steps[n++] = (struct pg_step){&ledger_save, json_args(l, main, 4)};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (more[i].rows->len > 1)
            steps[n++] = (struct pg_step){more[i].stmt, json_args(l, &more[i].rows, 1)};
    return n;
}

enum err ledger_check(const struct ledger *l) {
    const struct buf *all[LEDGER_BUFS] = {&l->conversations, &l->messages,  &l->jobs,
                                          &l->events,        &l->attention, &l->dropped,
                                          &l->finished,      &l->amended};
    for (int i = 0; i < LEDGER_BUFS; i++)
        TRY(buf_done(all[i]));
    return OK;
}
