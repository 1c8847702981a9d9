#include "sessions.h"

#include "../base/metric.h"
#include "../codec/crypto.h"
#include "../codec/json.h"

#define SESSION_BYTES_MAX (64 * 1024)
#define SEAL_BYTES 16

struct session_row {
    const char *id, *customer, *holder, *queue, *language, *topic;
    int64_t version, last_seq, epoch, priority, status, mode, holder_type, created, updated;
};

#define ROW(name, kind, required, max)                                                             \
    { #name, kind, required, offsetof(struct session_row, name), 0, max }
static const struct json_field session_fields[] = {
    ROW(id, JSON_KIND_TEXT, true, 36),
    ROW(customer, JSON_KIND_TEXT, true, 36),
    ROW(holder, JSON_KIND_TEXT, false, 80),
    ROW(queue, JSON_KIND_TEXT, false, 80),
    ROW(language, JSON_KIND_TEXT, false, 16),
    ROW(topic, JSON_KIND_TEXT, false, 80),
    ROW(version, JSON_KIND_INTEGER, true, INT64_MAX),
    ROW(last_seq, JSON_KIND_INTEGER, true, INT32_MAX),
    ROW(epoch, JSON_KIND_INTEGER, true, INT32_MAX),
    ROW(priority, JSON_KIND_INTEGER, true, 9),
    ROW(status, JSON_KIND_INTEGER, true, 9),
    ROW(mode, JSON_KIND_INTEGER, true, 9),
    ROW(holder_type, JSON_KIND_INTEGER, true, 9),
    ROW(created, JSON_KIND_INTEGER, true, INT64_MAX),
    ROW(updated, JSON_KIND_INTEGER, true, INT64_MAX),
};

static struct span session_key(struct arena *a, const struct identity *i) {
    return span_of(arena_printf(a, "redthread:session:%s:%s", i->kind, i->value));
}

/* Over the key too: an entry under another customer's key is no entry. */
static enum err seal_of(const uint8_t seal[32], struct span key, struct span body,
                        uint8_t out[CRYPTO_SHA256_BYTES]) {
    buf_auto b;
    buf_init(&b, SESSION_BYTES_MAX * 2);
    buf_add(&b, key.p, key.n);
    buf_addc(&b, '\0');
    buf_add(&b, body.p, body.n);
    TRY(buf_done(&b));
    return crypto_hmac_sha256((struct span){(const char *)seal, 32}, buf_span(&b), out);
}

/* The row's columns, a newline (which compact JSON never has), the state. */
static void render(const struct conversation *c, struct buf *b) {
    char text[UID_TEXT_MAX];
    buf_addc(b, '{');
    json_put_text(b, "id", uid_text(c->id, text));
    json_put_text(b, "customer", uid_text(c->customer_id, text));
    if (*c->holder.id)
        json_put_text(b, "holder", c->holder.id);
    if (*c->queue)
        json_put_text(b, "queue", c->queue);
    if (*c->language)
        json_put_text(b, "language", c->language);
    if (*c->topic)
        json_put_text(b, "topic", c->topic);
    json_put_number(b, "version", c->version);
    json_put_number(b, "last_seq", c->last_seq);
    json_put_number(b, "epoch", c->epoch);
    json_put_number(b, "priority", c->priority);
    json_put_number(b, "status", c->status);
    json_put_number(b, "mode", c->mode);
    json_put_number(b, "holder_type", c->holder.type);
    json_put_number(b, "created", c->created_ms);
    json_put_number(b, "updated", c->updated_ms);
    buf_adds(b, "}\n");
    conversation_render_state(c, b);
}

static enum err parse(struct arena *a, struct span body, struct conversation *out) {
    json_auto j = NULL;
    struct session_row row = {.holder = "", .queue = "", .language = "", .topic = ""};
    struct span state = body, columns;
    if (!span_split(&state, '\n', &columns))
        return ERR_MALFORMED;
    TRY(json_load_span(columns, &j, NULL));
    TRY(json_fill(j, "", session_fields, (int)(sizeof session_fields / sizeof session_fields[0]),
                  &row, NULL));
    *out = (struct conversation){
        .version = row.version,
        .last_seq = (int)row.last_seq,
        .epoch = (int)row.epoch,
        .priority = (int)row.priority,
        .status = (enum conversation_status)row.status,
        .mode = (enum mode)row.mode,
        .holder = {(enum party_type)row.holder_type, arena_strdup(a, row.holder)},
        .queue = arena_strdup(a, row.queue),
        .language = arena_strdup(a, row.language),
        .topic = arena_strdup(a, row.topic),
        .created_ms = row.created,
        .updated_ms = row.updated,
    };
    if (!uid_parse(row.id, &out->id) || !uid_parse(row.customer, &out->customer_id))
        return ERR_MALFORMED;
    return conversation_parse_state(a, state, out);
}

static struct conversation *believe(struct arena *a, const uint8_t seal[32], struct span key,
                                    struct span value) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    if (!value.p || value.n <= SEAL_BYTES)
        return NULL;
    struct span body = {value.p + SEAL_BYTES, value.n - SEAL_BYTES};
    if (seal_of(seal, key, body, mac) != OK || !crypto_equal(mac, SEAL_BYTES, value.p, SEAL_BYTES))
        return NULL;
    struct conversation *c = ARENA_NEW(a, struct conversation);
    return parse(a, body, c) == OK ? c : NULL;
}

void sessions_get(const struct sessions *s, const struct identity *ids, int n,
                  struct conversation **found) {
    struct span *keys = ARENA_ARRAY(s->arena, struct span, n);
    struct span *values = ARENA_ARRAY(s->arena, struct span, n);
    int hits = 0;
    for (int i = 0; i < n; i++)
        keys[i] = session_key(s->arena, &ids[i]);
    bool there = redis_get_many(s->redis, s->arena, keys, n, values);
    for (int i = 0; i < n; i++) {
        found[i] = there ? believe(s->arena, s->seal, keys[i], values[i]) : NULL;
        hits += found[i] != NULL;
    }
    metric_add(METRIC_cache_hits, hits);
    metric_add(METRIC_cache_misses, n - hits);
}

void sessions_put(const struct sessions *s, const struct identity *ids,
                  const struct conversation *const *conversations, int n) {
    struct span *keys = ARENA_ARRAY(s->arena, struct span, n);
    struct span *values = ARENA_ARRAY(s->arena, struct span, n);
    int used = 0;
    for (int i = 0; i < n; i++) {
        uint8_t mac[CRYPTO_SHA256_BYTES];
        buf_auto b;
        buf_init(&b, SESSION_BYTES_MAX);
        render(conversations[i], &b);
        struct span key = session_key(s->arena, &ids[i]);
        if (buf_done(&b) != OK || seal_of(s->seal, key, buf_span(&b), mac) != OK)
            continue;
        char *value = arena_alloc(s->arena, SEAL_BYTES + b.len);
        memcpy(value, mac, SEAL_BYTES);
        memcpy(value + SEAL_BYTES, b.p, b.len);
        keys[used] = key;
        values[used++] = (struct span){value, SEAL_BYTES + b.len};
    }
    redis_set_many(s->redis, keys, values, used, SESSIONS_TTL_S);
}

void sessions_forget(struct redis *r, struct arena *a, const struct identity *ids, int n) {
    struct span *keys = ARENA_ARRAY(a, struct span, n);
    for (int i = 0; i < n; i++)
        keys[i] = session_key(a, &ids[i]);
    redis_delete_many(r, keys, n);
}
