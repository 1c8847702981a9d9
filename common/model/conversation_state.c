#include "conversation.h"

#include <endian.h>
#include <string.h>

#include "../codec/json.h"

/* ---- state: rewritten with every message, so names are short and what is empty is left out ----
 *
 * What most messages change comes first and what they leave alone last: PostgreSQL writes to its
 * log only what lies between the common beginning and the common end of a row before and after (and
 * state is the last column).
 *
 * in, out · seen fingerprints · eff {msg, same, fail, hop, reopen, back, since} · mood [label,
 * intensity, first, trend] · ch last channel, to last address · chs channels, if more than ch ·
 * agent, agent_at · human since · ask [entry, entry, about, asked, picked] · backup, review ·
 * offer, until · ep {n number, id, topic, at opened, end resolved, outcome} · next · prom [{no,
 * text, by, at, due, kept, late}] · facts [{n, v, s, c, at, exp}] · linked identity hashes ·
 * name, tier, pref. Ids and fingerprints are written in base 64, eleven digits for 64 bits. */

#define WORD_DIGITS 11
static const char state_digits[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz-";

static void state_put_word(struct buf *out, uint64_t v) {
    char digits[WORD_DIGITS];
    for (int i = WORD_DIGITS - 1; i >= 0; i--, v >>= 6)
        digits[i] = state_digits[v & 63];
    buf_add(out, digits, WORD_DIGITS);
}

static bool state_take_word(const char *digits, uint64_t *v) {
    *v = 0;
    for (int i = 0; i < WORD_DIGITS; i++) {
        const char *at = digits[i] ? strchr(state_digits, digits[i]) : NULL;
        if (!at || *v >> 58)
            return false;
        *v = *v << 6 | (uint64_t)(at - state_digits);
    }
    return true;
}

static void state_put_text(struct buf *out, const char *name, const char *s) {
    if (s && *s)
        json_put_text(out, name, s);
}

static void state_put_int(struct buf *out, const char *name, int64_t v) {
    if (v)
        json_put_number(out, name, v);
}

static void state_put_party(struct buf *out, const char *name, struct party p) {
    if (p.type == PARTY_NONE)
        return;
    json_put_key(out, name);
    buf_addc(out, '[');
    json_put_string(out, party_type_text(p.type));
    buf_addc(out, ',');
    json_put_string(out, p.id ? p.id : "");
    buf_addc(out, ']');
}

/* Opens an object member, and closes it again without a trace if nothing was put in. */
static size_t state_open(struct buf *out, const char *name) {
    size_t before = out->len;
    json_put_key(out, name);
    buf_addc(out, '{');
    return before;
}

static void state_close(struct buf *out, size_t before) {
    if (out->full)
        return;
    if (out->p[out->len - 1] != '{') {
        buf_addc(out, '}');
        return;
    }
    out->len = before;
    out->p[before] = '\0';
}

static void state_put_episode(const struct conversation *c, struct buf *out) {
    size_t before = state_open(out, "ep");
    state_put_int(out, "n", c->episode.number);
    if (!uid_is_nil(c->episode.id)) {
        uint64_t words[2];
        memcpy(words, c->episode.id.b, sizeof words);
        json_put_key(out, "id");
        buf_addc(out, '"');
        state_put_word(out, be64toh(words[0]));
        state_put_word(out, be64toh(words[1]));
        buf_addc(out, '"');
    }
    state_put_text(out, "topic", c->episode.topic);
    state_put_int(out, "at", c->episode.opened_ms);
    state_put_int(out, "end", c->episode.resolved_ms);
    state_put_text(out, "outcome", c->episode.outcome);
    state_close(out, before);
}

static void state_put_mood(const struct conversation *c, struct buf *out) {
    bool calm = c->emotion.label == EMOTION_NEUTRAL && c->emotion.intensity == 0 &&
                c->emotion.first == 0 && c->emotion.trend == 0;
    if (calm)
        return;
    json_put_key(out, "mood");
    buf_addc(out, '[');
    json_put_string(out, emotion_label_text(c->emotion.label));
    const double values[] = {c->emotion.intensity, c->emotion.first, c->emotion.trend};
    for (int i = 0; i < 3; i++) {
        json_put_item(out);
        json_put_real(out, values[i]);
    }
    buf_addc(out, ']');
}

static void state_put_effort(const struct conversation *c, struct buf *out) {
    size_t before = state_open(out, "eff");
    state_put_int(out, "msg", c->effort.customer_messages);
    state_put_int(out, "same", c->effort.repeats);
    state_put_int(out, "fail", c->effort.bot_failures);
    state_put_int(out, "hop", c->effort.hops);
    state_put_int(out, "reopen", c->effort.reopenings);
    state_put_int(out, "back", c->effort.handbacks);
    state_put_int(out, "since", c->effort.waiting_since_ms);
    state_close(out, before);
}

static void state_put_channels(const struct conversation *c, struct buf *out) {
    state_put_text(out, "ch", c->last_channel);
    state_put_text(out, "to", c->last_address);
    bool only_last = c->n_channels == 1 && c->last_channel && *c->last_channel &&
                     strcmp(c->channels[0], c->last_channel) == 0;
    bool none = c->n_channels == 0 && !(c->last_channel && *c->last_channel);
    if (only_last || none)
        return;
    json_put_key(out, "chs");
    buf_addc(out, '[');
    for (int i = 0; i < c->n_channels; i++) {
        json_put_item(out);
        json_put_string(out, c->channels[i]);
    }
    buf_addc(out, ']');
}

static void state_put_words(struct buf *out, const char *name, const uint64_t *words, int n) {
    if (n == 0)
        return;
    json_put_key(out, name);
    buf_addc(out, '"');
    for (int i = 0; i < n; i++)
        state_put_word(out, words[i]);
    buf_addc(out, '"');
}

static void state_put_seen(const struct conversation *c, struct buf *out) {
    int n = 0;
    while (n < CONVERSATION_RECENT_MAX && c->recent[n])
        n++;
    state_put_words(out, "seen", c->recent, n);
}

static void state_put_facts(const struct conversation *c, struct buf *out) {
    if (c->n_facts == 0)
        return;
    json_put_key(out, "facts");
    buf_addc(out, '[');
    for (int i = 0; i < c->n_facts; i++) {
        const struct fact *f = &c->facts[i];
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "n", f->name);
        json_put_text(out, "v", f->value);
        json_put_text(out, "s", f->source);
        json_put_double(out, "c", f->confidence);
        state_put_int(out, "at", f->updated_ms);
        state_put_int(out, "exp", f->expires_ms);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void state_put_promises(const struct conversation *c, struct buf *out) {
    state_put_int(out, "next", c->next_promise);
    if (c->n_promises == 0)
        return;
    json_put_key(out, "prom");
    buf_addc(out, '[');
    for (int i = 0; i < c->n_promises; i++) {
        const struct promise *p = &c->promises[i];
        json_put_item(out);
        buf_addc(out, '{');
        json_put_number(out, "no", p->no);
        json_put_text(out, "text", p->text);
        state_put_party(out, "by", p->by);
        state_put_int(out, "at", p->made_ms);
        state_put_int(out, "due", p->due_ms);
        state_put_int(out, "kept", p->kept_ms);
        state_put_int(out, "late", p->breached);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void state_put_choice(const struct conversation *c, struct buf *out) {
    if (!c->choice.asked_seq)
        return;
    json_put_key(out, "ask");
    buf_addc(out, '[');
    for (int i = 0; i < CONVERSATION_CHOICES; i++) {
        json_put_item(out);
        json_put_string(out, c->choice.entries[i]);
    }
    buf_addf(out, ",%d,%d,%d]", c->choice.about_seq, c->choice.asked_seq, c->choice.picked);
}

static void state_put_control(const struct conversation *c, struct buf *out) {
    state_put_text(out, "agent", c->last_agent);
    state_put_int(out, "agent_at", c->last_agent_ms);
    state_put_int(out, "human", c->human_since_ms);
    state_put_choice(c, out);
    if (c->left_open.seq) {
        json_put_uid(out, "open", c->left_open.conversation);
        state_put_int(out, "open_seq", c->left_open.seq);
    }
    state_put_party(out, "backup", c->backup);
    if (c->review != REVIEW_NONE)
        json_put_text(out, "review", review_text(c->review));
    state_put_party(out, "offer", c->offered_to);
    state_put_int(out, "until", c->offer_until_ms);
}

void conversation_render_state(const struct conversation *c, struct buf *out) {
    buf_addc(out, '{');
    state_put_int(out, "in", c->last_in_seq);
    state_put_int(out, "out", c->last_out_seq);
    state_put_seen(c, out);
    state_put_effort(c, out);
    state_put_mood(c, out);
    state_put_channels(c, out);
    state_put_control(c, out);
    state_put_episode(c, out);
    state_put_promises(c, out);
    state_put_facts(c, out);
    state_put_words(out, "linked", c->linked, c->n_linked);
    state_put_text(out, "name", c->customer_name);
    state_put_text(out, "tier", c->tier);
    state_put_text(out, "pref", c->preference);
    buf_addc(out, '}');
}

/* ---- and back: an unknown member is a newer version's and left alone; a bad one makes all of it
 * bad ---- */

struct state_reader {
    struct arena *a;
    const json_t *at;
    bool bad;
};

static const json_t *state_member(struct state_reader *r, const char *name, json_type type) {
    const json_t *j = json_object_get(r->at, name);
    if (j && json_typeof(j) != type) {
        r->bad = true;
        return NULL;
    }
    return j;
}

static const char *state_text(struct state_reader *r, const char *name) {
    const json_t *j = state_member(r, name, JSON_STRING);
    return j ? arena_strdup(r->a, json_string_value(j)) : "";
}

static int64_t state_wide(struct state_reader *r, const char *name) {
    const json_t *j = state_member(r, name, JSON_INTEGER);
    return j ? json_integer_value(j) : 0;
}

static int state_int(struct state_reader *r, const char *name) {
    int64_t v = state_wide(r, name);
    if (v < INT32_MIN || v > INT32_MAX) {
        r->bad = true;
        return 0;
    }
    return (int)v;
}

static double state_real(struct state_reader *r, const json_t *j) {
    if (!json_is_number(j)) {
        r->bad = true;
        return 0;
    }
    return json_number_value(j);
}

static struct party state_party(struct state_reader *r, const char *name) {
    struct party p = party_of(PARTY_NONE, "");
    const json_t *j = state_member(r, name, JSON_ARRAY);
    if (!j)
        return p;
    const char *id = json_string_value(json_array_get(j, 1));
    if (!id || !party_type_parse(json_string_value(json_array_get(j, 0)), &p.type)) {
        r->bad = true;
        return p;
    }
    p.id = arena_strdup(r->a, id);
    return p;
}

/* The reader of a nested object; of nothing, if there is none. */
static struct state_reader state_inside(struct state_reader *r, const char *name) {
    return (struct state_reader){r->a, state_member(r, name, JSON_OBJECT), false};
}

static void state_episode(struct state_reader *outer, struct conversation *c) {
    struct state_reader r = state_inside(outer, "ep");
    c->episode.number = state_int(&r, "n");
    c->episode.topic = state_text(&r, "topic");
    c->episode.opened_ms = state_wide(&r, "at");
    c->episode.resolved_ms = state_wide(&r, "end");
    c->episode.outcome = state_text(&r, "outcome");
    c->episode.id = (struct uid){{0}};
    const char *id = state_text(&r, "id");
    uint64_t words[2] = {0, 0};
    if (*id) {
        r.bad |= strlen(id) != 2 * WORD_DIGITS || !state_take_word(id, &words[0]) ||
                 !state_take_word(id + WORD_DIGITS, &words[1]);
        words[0] = htobe64(words[0]), words[1] = htobe64(words[1]);
        memcpy(c->episode.id.b, words, sizeof words);
    }
    outer->bad |= r.bad;
}

static void state_mood(struct state_reader *r, struct conversation *c) {
    c->emotion.label = EMOTION_NEUTRAL;
    c->emotion.intensity = c->emotion.first = c->emotion.trend = 0;
    const json_t *j = state_member(r, "mood", JSON_ARRAY);
    if (!j)
        return;
    const char *label = json_string_value(json_array_get(j, 0));
    r->bad |= !label || !emotion_label_parse(label, &c->emotion.label);
    c->emotion.intensity = state_real(r, json_array_get(j, 1));
    c->emotion.first = state_real(r, json_array_get(j, 2));
    c->emotion.trend = state_real(r, json_array_get(j, 3));
}

static void state_effort(struct state_reader *outer, struct conversation *c) {
    struct state_reader r = state_inside(outer, "eff");
    c->effort.bot_failures = state_int(&r, "fail");
    c->effort.repeats = state_int(&r, "same");
    c->effort.hops = state_int(&r, "hop");
    c->effort.reopenings = state_int(&r, "reopen");
    c->effort.handbacks = state_int(&r, "back");
    c->effort.customer_messages = state_int(&r, "msg");
    c->effort.waiting_since_ms = state_wide(&r, "since");
    outer->bad |= r.bad;
}

static void state_channels(struct state_reader *r, struct conversation *c) {
    c->last_channel = state_text(r, "ch");
    c->last_address = state_text(r, "to");
    c->n_channels = 0;
    const json_t *j = state_member(r, "chs", JSON_ARRAY);
    if (!j && *c->last_channel)
        c->channels[c->n_channels++] = c->last_channel;
    for (size_t i = 0; i < json_array_size(j); i++) {
        const char *channel = json_string_value(json_array_get(j, i));
        r->bad |= !channel || c->n_channels == CONVERSATION_CHANNELS_MAX;
        if (r->bad)
            return;
        c->channels[c->n_channels++] = arena_strdup(r->a, channel);
    }
}

/* Fills words from text and zeros behind; returns how many there were. */
static int state_words(struct state_reader *r, const char *name, uint64_t *words, int max) {
    memset(words, 0, sizeof *words * (size_t)max);
    const char *digits = state_text(r, name);
    size_t n = strlen(digits) / WORD_DIGITS;
    r->bad |= strlen(digits) % WORD_DIGITS != 0 || n > (size_t)max;
    for (size_t i = 0; i < n && !r->bad; i++)
        r->bad = !state_take_word(digits + i * WORD_DIGITS, &words[i]);
    return r->bad ? 0 : (int)n;
}

static void state_fact(struct state_reader *r, struct fact *f) {
    f->name = state_text(r, "n");
    f->value = state_text(r, "v");
    f->source = state_text(r, "s");
    f->confidence = state_real(r, json_object_get(r->at, "c"));
    f->updated_ms = state_wide(r, "at");
    f->expires_ms = state_wide(r, "exp");
    r->bad |= *f->name == '\0';
}

static void state_promise(struct state_reader *r, struct promise *p) {
    p->no = state_int(r, "no");
    p->text = state_text(r, "text");
    p->by = state_party(r, "by");
    p->made_ms = state_wide(r, "at");
    p->due_ms = state_wide(r, "due");
    p->kept_ms = state_wide(r, "kept");
    p->breached = state_int(r, "late") != 0;
}

/* The list of objects under name, if it is one and not longer than max. */
static size_t state_list(struct state_reader *r, const char *name, size_t max,
                         const json_t **list) {
    *list = state_member(r, name, JSON_ARRAY);
    size_t n = json_array_size(*list);
    r->bad |= n > max;
    for (size_t i = 0; i < n; i++)
        r->bad |= !json_is_object(json_array_get(*list, i));
    return r->bad ? 0 : n;
}

static void state_facts_and_promises(struct state_reader *r, struct conversation *c) {
    const json_t *list;
    c->n_facts = (int)state_list(r, "facts", CONVERSATION_FACTS_MAX, &list);
    for (int i = 0; i < c->n_facts; i++) {
        struct state_reader item = {r->a, json_array_get(list, (size_t)i), false};
        state_fact(&item, &c->facts[i]);
        r->bad |= item.bad;
    }
    c->n_promises = (int)state_list(r, "prom", CONVERSATION_PROMISES_MAX, &list);
    for (int i = 0; i < c->n_promises; i++) {
        struct state_reader item = {r->a, json_array_get(list, (size_t)i), false};
        state_promise(&item, &c->promises[i]);
        r->bad |= item.bad;
    }
    c->next_promise = state_int(r, "next");
}

static void state_control(struct state_reader *r, struct conversation *c) {
    c->offered_to = state_party(r, "offer");
    c->offer_until_ms = state_wide(r, "until");
    c->backup = state_party(r, "backup");
    const char *review = state_text(r, "review");
    c->review = REVIEW_NONE;
    r->bad |= *review && !review_parse(review, &c->review);
}

static int state_item(struct state_reader *r, const json_t *list, size_t i, int max) {
    const json_t *j = json_array_get(list, i);
    bool good = json_is_integer(j) && json_integer_value(j) >= 0 && json_integer_value(j) <= max;
    r->bad |= !good;
    return good ? (int)json_integer_value(j) : 0;
}

static void state_choice(struct state_reader *r, struct conversation *c) {
    const json_t *j = state_member(r, "ask", JSON_ARRAY);
    memset(&c->choice, 0, sizeof c->choice);
    for (size_t i = 0; j && i < CONVERSATION_CHOICES; i++) {
        const char *id = json_string_value(json_array_get(j, i));
        r->bad |= !id;
        c->choice.entries[i] = id ? arena_strdup(r->a, id) : "";
    }
    if (!j)
        return;
    c->choice.about_seq = state_item(r, j, CONVERSATION_CHOICES, INT32_MAX);
    c->choice.asked_seq = state_item(r, j, CONVERSATION_CHOICES + 1, INT32_MAX);
    c->choice.picked = state_item(r, j, CONVERSATION_CHOICES + 2, CONVERSATION_CHOICES);
}

static void state_left_open(struct state_reader *r, struct conversation *c) {
    const char *id = state_text(r, "open");
    c->left_open.seq = state_int(r, "open_seq");
    c->left_open.conversation = (struct uid){{0}};
    r->bad |= *id && !uid_parse(id, &c->left_open.conversation);
}

enum err conversation_parse_state(struct arena *a, struct span json, struct conversation *c) {
    json_auto root = NULL;
    TRY(json_load_span(json, &root, NULL));
    if (!json_is_object(root))
        return ERR_MALFORMED;
    struct state_reader r = {a, root, false};
    state_episode(&r, c);
    state_mood(&r, c);
    state_effort(&r, c);
    state_channels(&r, c);
    state_words(&r, "seen", c->recent, CONVERSATION_RECENT_MAX);
    c->n_linked = state_words(&r, "linked", c->linked, CONVERSATION_LINKED_MAX);
    state_facts_and_promises(&r, c);
    state_control(&r, c);
    state_choice(&r, c);
    state_left_open(&r, c);
    c->last_agent = state_text(&r, "agent");
    c->last_agent_ms = state_wide(&r, "agent_at");
    c->human_since_ms = state_wide(&r, "human");
    c->last_in_seq = state_int(&r, "in");
    c->last_out_seq = state_int(&r, "out");
    c->customer_name = state_text(&r, "name");
    c->tier = state_text(&r, "tier");
    c->preference = state_text(&r, "pref");
    return r.bad ? ERR_MALFORMED : OK;
}
