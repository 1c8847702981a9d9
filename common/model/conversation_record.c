#include "conversation_record.h"

#include <string.h>

#include "packed.h"

#define RECORD_FORMAT 3 /* one more whenever a row below changes */

enum record_kind { RECORD_INT, RECORD_WIDE, RECORD_FLAG, RECORD_REAL, RECORD_TEXT, RECORD_BYTES };

/* One member: where it stands; for an int its greatest value, for bytes how many. */
struct record_row {
    size_t offset;
    enum record_kind kind;
    uint64_t max;
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

#define INT(of, member) {offsetof(struct of, member), RECORD_INT, INT32_MAX},
#define ENUM(of, member, values) {offsetof(struct of, member), RECORD_INT, values##_count_ - 1},
#define WIDE(of, member) {offsetof(struct of, member), RECORD_WIDE, 0},
#define FLAG(of, member) {offsetof(struct of, member), RECORD_FLAG, 0},
#define REAL(of, member) {offsetof(struct of, member), RECORD_REAL, 0},
#define TEXT(of, member) {offsetof(struct of, member), RECORD_TEXT, 0},
#define BYTES(of, member)                                                                          \
    {offsetof(struct of, member), RECORD_BYTES, sizeof(((struct of *)0)->member)},

/* clang-format off */
static const struct record_row record_head[] = {
    BYTES(conversation, id) BYTES(conversation, customer_id) WIDE(conversation, version)
    INT(conversation, last_seq) ENUM(conversation, status, conversation_status)
    ENUM(conversation, mode, mode)
    ENUM(conversation, holder.type, party_type) TEXT(conversation, holder.id)
    INT(conversation, epoch)
    ENUM(conversation, offered_to.type, party_type) TEXT(conversation, offered_to.id)
    WIDE(conversation, offer_until_ms)
    ENUM(conversation, backup.type, party_type) TEXT(conversation, backup.id)
    ENUM(conversation, review, review) TEXT(conversation, queue)
    INT(conversation, priority) TEXT(conversation, language) TEXT(conversation, topic)
    WIDE(conversation, created_ms) WIDE(conversation, updated_ms)
    INT(conversation, episode.number) BYTES(conversation, episode.id)
    TEXT(conversation, episode.topic) WIDE(conversation, episode.opened_ms)
    WIDE(conversation, episode.resolved_ms) TEXT(conversation, episode.outcome)
    ENUM(conversation, emotion.label, emotion_label) REAL(conversation, emotion.intensity)
    REAL(conversation, emotion.first) REAL(conversation, emotion.trend)
    INT(conversation, effort.bot_failures) INT(conversation, effort.repeats)
    INT(conversation, effort.hops) INT(conversation, effort.reopenings)
    INT(conversation, effort.handbacks) INT(conversation, effort.customer_messages)
    WIDE(conversation, effort.waiting_since_ms)
    TEXT(conversation, last_channel) TEXT(conversation, last_address)
    TEXT(conversation, last_agent) WIDE(conversation, last_agent_ms)
    WIDE(conversation, human_since_ms) BYTES(conversation, recent)
    TEXT(conversation, choice.entries[0]) TEXT(conversation, choice.entries[1])
    INT(conversation, choice.about_seq) INT(conversation, choice.asked_seq)
    INT(conversation, choice.picked)
    BYTES(conversation, left_open.conversation) INT(conversation, left_open.seq)
    INT(conversation, next_promise) INT(conversation, last_in_seq) INT(conversation, last_out_seq)
    TEXT(conversation, customer_name) TEXT(conversation, tier) TEXT(conversation, preference)
};
static const struct record_row record_fact[] = {
    TEXT(fact, name) TEXT(fact, value) TEXT(fact, source)
    REAL(fact, confidence) WIDE(fact, updated_ms) WIDE(fact, expires_ms)
};
static const struct record_row record_promise[] = {
    INT(promise, no) TEXT(promise, text)
    ENUM(promise, by.type, party_type) TEXT(promise, by.id) WIDE(promise, made_ms)
    WIDE(promise, due_ms) WIDE(promise, kept_ms) FLAG(promise, breached)
};
static const struct record_row record_channel[] = {{0, RECORD_TEXT, 0}};
static const struct record_row record_linked[] = {{0, RECORD_BYTES, sizeof(uint64_t)}};

/* What follows the head: an int that counts, and that many items. */
static const struct record_list {
    size_t offset, count, item_size;
    uint64_t max;
    const struct record_row *rows;
    size_t n_rows;
} record_lists[] = {
#define LIST(items, n_items, row, most)                                                            \
    {offsetof(struct conversation, items), offsetof(struct conversation, n_items),                 \
     sizeof(((struct conversation *)0)->items[0]), most, row, COUNT(row)},
    LIST(channels, n_channels, record_channel, CONVERSATION_CHANNELS_MAX)
    LIST(facts, n_facts, record_fact, CONVERSATION_FACTS_MAX)
    LIST(promises, n_promises, record_promise, CONVERSATION_PROMISES_MAX)
    LIST(linked, n_linked, record_linked, CONVERSATION_LINKED_MAX)
};
/* clang-format on */

/* ---- writing ---- */

struct record_writer {
    struct buf *out;
    struct packed_pool pool;
};

static void write_int(struct record_writer *w, const struct record_row *row, const void *at) {
    const int *v = at;
    (void)row;
    packed_put_varint(w->out, (uint64_t)v[0]);
}

static void write_wide(struct record_writer *w, const struct record_row *row, const void *at) {
    const int64_t *v = at;
    (void)row;
    packed_put_varint(w->out, (uint64_t)v[0]);
}

static void write_flag(struct record_writer *w, const struct record_row *row, const void *at) {
    (void)row;
    packed_put_byte(w->out, *(const bool *)at);
}

static void write_bytes(struct record_writer *w, const struct record_row *row, const void *at) {
    buf_add(w->out, at, row->kind == RECORD_REAL ? sizeof(double) : row->max);
}

static void write_text(struct record_writer *w, const struct record_row *row, const void *at) {
    (void)row;
    packed_put_text(w->out, &w->pool, *(const char *const *)at);
}

static void (*const record_writers[])(struct record_writer *, const struct record_row *,
                                      const void *) = {
    [RECORD_INT] = write_int,    [RECORD_WIDE] = write_wide, [RECORD_FLAG] = write_flag,
    [RECORD_REAL] = write_bytes, [RECORD_TEXT] = write_text, [RECORD_BYTES] = write_bytes,
};

static void write_rows(struct record_writer *w, const struct record_row *rows, size_t n,
                       const char *base) {
    for (size_t i = 0; i < n; i++)
        record_writers[rows[i].kind](w, &rows[i], base + rows[i].offset);
}

void conversation_record_write(const struct conversation *c, struct buf *out) {
    struct record_writer w = {.out = out};
    const char *base = (const char *)c;
    packed_put_byte(out, RECORD_FORMAT);
    write_rows(&w, record_head, COUNT(record_head), base);
    for (size_t i = 0; i < COUNT(record_lists); i++) {
        const struct record_list *list = &record_lists[i];
        int n = *(const int *)(const void *)(base + list->count);
        packed_put_varint(out, (uint64_t)n);
        for (int k = 0; k < n; k++)
            write_rows(&w, list->rows, list->n_rows,
                       base + list->offset + (size_t)k * list->item_size);
    }
}

/* ---- and back ---- */

struct record_reader {
    struct arena *a;
    struct span in;
    struct packed_pool pool;
};

static enum err read_int(struct record_reader *r, const struct record_row *row, void *at) {
    uint64_t v;
    TRY(packed_take_varint(&r->in, &v));
    if (v > row->max)
        return ERR_MALFORMED;
    *(int *)at = (int)v;
    return OK;
}

static enum err read_wide(struct record_reader *r, const struct record_row *row, void *at) {
    (void)row;
    uint64_t v;
    TRY(packed_take_varint(&r->in, &v));
    *(int64_t *)at = (int64_t)v;
    return OK;
}

static enum err read_flag(struct record_reader *r, const struct record_row *row, void *at) {
    (void)row;
    unsigned v;
    TRY(packed_take_byte(&r->in, &v));
    *(bool *)at = v != 0;
    return OK;
}

static enum err read_bytes(struct record_reader *r, const struct record_row *row, void *at) {
    size_t n = row->kind == RECORD_REAL ? sizeof(double) : row->max;
    if (r->in.n < n)
        return ERR_MALFORMED;
    memcpy(at, r->in.p, n);
    r->in.p += n, r->in.n -= n;
    return OK;
}

static enum err read_text(struct record_reader *r, const struct record_row *row, void *at) {
    (void)row;
    return packed_take_text(r->a, &r->in, &r->pool, at);
}

static enum err (*const record_readers[])(struct record_reader *, const struct record_row *,
                                          void *) = {
    [RECORD_INT] = read_int,    [RECORD_WIDE] = read_wide, [RECORD_FLAG] = read_flag,
    [RECORD_REAL] = read_bytes, [RECORD_TEXT] = read_text, [RECORD_BYTES] = read_bytes,
};

static enum err read_rows(struct record_reader *r, const struct record_row *rows, size_t n,
                          char *base) {
    for (size_t i = 0; i < n; i++)
        TRY(record_readers[rows[i].kind](r, &rows[i], base + rows[i].offset));
    return OK;
}

static enum err read_list(struct record_reader *r, const struct record_list *list, char *base) {
    uint64_t n;
    TRY(packed_take_varint(&r->in, &n));
    if (n > list->max)
        return ERR_MALFORMED;
    *(int *)(void *)(base + list->count) = (int)n;
    for (uint64_t k = 0; k < n; k++)
        TRY(read_rows(r, list->rows, list->n_rows, base + list->offset + k * list->item_size));
    return OK;
}

enum err conversation_record_read(struct arena *a, struct span in, struct conversation *c) {
    struct record_reader r = {.a = a, .in = in};
    char *base = (char *)c;
    unsigned format;
    c->merged_into = (struct uid){{0}};
    TRY(packed_take_byte(&r.in, &format));
    if (format != RECORD_FORMAT)
        return ERR_MALFORMED;
    TRY(read_rows(&r, record_head, COUNT(record_head), base));
    for (size_t i = 0; i < COUNT(record_lists); i++)
        TRY(read_list(&r, &record_lists[i], base));
    return r.in.n == 0 ? OK : ERR_MALFORMED;
}
