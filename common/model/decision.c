#include "decision.h"

#include "../codec/json.h"
#include "packed.h"

#define DECISION_FORMAT 1

void decision_reason(struct decision *d, enum reason_code code, double weight, const char *detail) {
    if (d->n_reasons == REASONS_MAX)
        return;
    d->reasons[d->n_reasons++] = (struct reason){code, (float)weight, detail ? detail : ""};
}

/* ---- the stored record ---- */

static const char *decision_text_or_empty(const char *s) { return s ? s : ""; }

/* Texts that are also signals are stored once; both sides build the pool in this order. */
static void decision_open_pool(const struct signals *s, struct packed_pool *pool) {
    *pool = (struct packed_pool){.n = 0};
    for (int i = 0; i < SIGNAL_TEXTS_; i++)
        packed_remember(pool, s->text[i]);
}

static void decision_put(struct buf *out, struct packed_pool *pool, const char *s) {
    packed_put_text(out, pool, decision_text_or_empty(s));
}

static bool decision_is_signal(const struct signals *s, enum signal_number n, double v) {
    return signals_known(s, n) && signals_same_bits(s->number[n], (float)v);
}

static void decision_put_number(struct buf *out, const struct decision *d, enum signal_number n,
                                double v) {
    if (!decision_is_signal(&d->signals, n, v))
        packed_put_float(out, (float)v);
}

/* The three numbers of the reading, in the order of their bits. */
static const enum signal_number decision_numbers[] = {SIGNAL_confidence, SIGNAL_emotion_intensity,
                                                      SIGNAL_valence};

static unsigned decision_number_bits(const struct decision *d) {
    const double values[] = {d->confidence, d->intensity, d->valence};
    unsigned bits = 0;
    for (unsigned i = 0; i < 3; i++)
        bits |= (unsigned)decision_is_signal(&d->signals, decision_numbers[i], values[i]) << i;
    return bits;
}

static void decision_put_party(struct buf *out, struct packed_pool *pool, struct party p) {
    packed_put_byte(out, p.type);
    if (p.type != PARTY_NONE)
        decision_put(out, pool, p.id);
}

static void decision_put_evidence(struct buf *out, struct packed_pool *pool,
                                  const struct cues *evidence) {
    packed_put_byte(out, (unsigned)evidence->n);
    for (int i = 0; i < evidence->n; i++) {
        packed_put_varint(out, (uint64_t)evidence->items[i].start);
        packed_put_varint(out, (uint64_t)evidence->items[i].end);
        decision_put(out, pool, evidence->items[i].text);
    }
}

static void decision_put_reasons(struct buf *out, struct packed_pool *pool,
                                 const struct decision *d) {
    packed_put_byte(out, (unsigned)d->n_reasons);
    for (int i = 0; i < d->n_reasons; i++) {
        packed_put_byte(out, d->reasons[i].code);
        packed_put_float(out, d->reasons[i].weight);
        decision_put(out, pool, d->reasons[i].detail);
    }
}

void decision_pack(const struct decision *d, struct buf *out) {
    struct packed_pool pool;
    packed_put_byte(out, DECISION_FORMAT);
    signals_pack(&d->signals, out);
    decision_open_pool(&d->signals, &pool);
    packed_put_byte(out, (unsigned)d->mode | (unsigned)d->review << 3 |
                             (unsigned)d->continues << 5 | (unsigned)d->in_scope << 6);
    packed_put_byte(out, (unsigned)d->emotion | decision_number_bits(d) << 5);
    packed_put_byte(out, (unsigned)d->priority);
    decision_put_party(out, &pool, d->handler);
    decision_put_party(out, &pool, d->backup);
    decision_put(out, &pool, d->queue);
    packed_put_varint(out, (uint64_t)d->policy_version);
    packed_put_varint(out, (uint64_t)d->model_version);
    decision_put(out, &pool, d->experiment);
    decision_put(out, &pool, d->intent);
    decision_put(out, &pool, d->language);
    decision_put_number(out, d, SIGNAL_confidence, d->confidence);
    decision_put_number(out, d, SIGNAL_emotion_intensity, d->intensity);
    decision_put_number(out, d, SIGNAL_valence, d->valence);
    decision_put_evidence(out, &pool, &d->evidence);
    decision_put_reasons(out, &pool, d);
}

/* ---- and back ---- */

struct unpacking {
    struct arena *a;
    struct span in;
    struct packed_pool pool;
};

static enum err decision_take(struct unpacking *u, const char **s) {
    TRY(packed_take_text(u->a, &u->in, &u->pool, s));
    *s = decision_text_or_empty(*s);
    return OK;
}

static enum err decision_take_party(struct unpacking *u, struct party *p) {
    unsigned type;
    TRY(packed_take_byte(&u->in, &type));
    if (type >= party_type_count_)
        return ERR_MALFORMED;
    *p = party_of((enum party_type)type, "");
    return type == PARTY_NONE ? OK : decision_take(u, &p->id);
}

static enum err decision_take_int(struct unpacking *u, int *v) {
    uint64_t wide;
    TRY(packed_take_varint(&u->in, &wide));
    if (wide > INT32_MAX)
        return ERR_MALFORMED;
    *v = (int)wide;
    return OK;
}

static enum err decision_take_head(struct unpacking *u, struct decision *d, unsigned *number_bits) {
    unsigned flags, emotion, priority;
    TRY(packed_take_byte(&u->in, &flags));
    TRY(packed_take_byte(&u->in, &emotion));
    TRY(packed_take_byte(&u->in, &priority));
    *number_bits = emotion >> 5;
    emotion &= 0x1f;
    if ((flags & 7) >= mode_count_ || (flags >> 3 & 3) >= review_count_ ||
        emotion >= emotion_label_count_)
        return ERR_MALFORMED;
    d->mode = (enum mode)(flags & 7);
    d->review = (enum review)(flags >> 3 & 3);
    d->continues = flags >> 5 & 1;
    d->in_scope = flags >> 6 & 1;
    d->emotion = (enum emotion_label)emotion;
    d->priority = (int)priority;
    return OK;
}

static enum err decision_take_numbers(struct unpacking *u, struct decision *d, unsigned bits) {
    double *const values[] = {&d->confidence, &d->intensity, &d->valence};
    for (unsigned i = 0; i < 3; i++) {
        float v = d->signals.number[decision_numbers[i]];
        if (!(bits >> i & 1))
            TRY(packed_take_float(&u->in, &v));
        *values[i] = (double)v;
    }
    return OK;
}

static enum err decision_take_evidence(struct unpacking *u, struct cues *evidence) {
    unsigned n;
    TRY(packed_take_byte(&u->in, &n));
    if (n == 0)
        return OK;
    evidence->items = ARENA_ARRAY(u->a, struct cue, n);
    for (; evidence->n < (int)n; evidence->n++) {
        struct cue *cue = &evidence->items[evidence->n];
        TRY(decision_take_int(u, &cue->start));
        TRY(decision_take_int(u, &cue->end));
        TRY(decision_take(u, &cue->text));
    }
    return OK;
}

static enum err decision_take_reasons(struct unpacking *u, struct decision *d) {
    unsigned n, code;
    TRY(packed_take_byte(&u->in, &n));
    if (n > REASONS_MAX)
        return ERR_MALFORMED;
    for (; d->n_reasons < (int)n; d->n_reasons++) {
        struct reason *r = &d->reasons[d->n_reasons];
        TRY(packed_take_byte(&u->in, &code));
        if (code >= REASON_COUNT_)
            return ERR_MALFORMED;
        r->code = (enum reason_code)code;
        TRY(packed_take_float(&u->in, &r->weight));
        TRY(decision_take(u, &r->detail));
    }
    return OK;
}

static enum err decision_take_judged(struct unpacking *u, struct decision *d) {
    TRY(decision_take_party(u, &d->handler));
    TRY(decision_take_party(u, &d->backup));
    TRY(decision_take(u, &d->queue));
    TRY(decision_take_int(u, &d->policy_version));
    TRY(decision_take_int(u, &d->model_version));
    return decision_take(u, &d->experiment);
}

static enum err decision_take_read(struct unpacking *u, struct decision *d, unsigned number_bits) {
    TRY(decision_take(u, &d->intent));
    TRY(decision_take(u, &d->language));
    TRY(decision_take_numbers(u, d, number_bits));
    return decision_take_evidence(u, &d->evidence);
}

enum err decision_unpack(struct arena *a, struct span in, struct decision *d) {
    struct unpacking u = {.a = a, .in = in};
    unsigned format, number_bits;
    *d = (struct decision){.mode = MODE_NONE};
    TRY(packed_take_byte(&u.in, &format));
    if (format != DECISION_FORMAT)
        return ERR_MALFORMED;
    TRY(signals_unpack(a, &u.in, &d->signals));
    decision_open_pool(&d->signals, &u.pool);
    TRY(decision_take_head(&u, d, &number_bits));
    TRY(decision_take_judged(&u, d));
    TRY(decision_take_read(&u, d, number_bits));
    TRY(decision_take_reasons(&u, d));
    return u.in.n == 0 ? OK : ERR_MALFORMED;
}

/* ---- the contract's object ---- */

static void decision_render_text(struct buf *out, const char *name, const char *s) {
    json_put_text(out, name, s && *s ? s : NULL);
}

/* As the float it is stored as: an answer given again must be the same to the last digit. */
static void decision_render_number(struct buf *out, const char *name, double v) {
    json_put_key(out, name);
    signals_put_float(out, (float)v);
}

static void decision_render_emotion(const struct decision *d, struct buf *out) {
    json_put_key(out, "emotion");
    buf_addc(out, '{');
    json_put_text(out, "label", emotion_label_text(d->emotion));
    decision_render_number(out, "intensity", d->intensity);
    decision_render_number(out, "valence", d->valence);
    json_put_key(out, "evidence");
    buf_addc(out, '[');
    for (int i = 0; i < d->evidence.n; i++) {
        const struct cue *cue = &d->evidence.items[i];
        json_put_item(out);
        buf_addc(out, '{');
        json_put_number(out, "start", cue->start);
        json_put_number(out, "end", cue->end);
        json_put_text(out, "cue", cue->text);
        buf_addc(out, '}');
    }
    buf_adds(out, "]}");
}

/* The row's sentence, and what was seen behind a colon. */
static void decision_render_detail(struct buf *out, const struct reason *r) {
    json_put_key(out, "detail");
    buf_auto text;
    buf_init(&text, 4096);
    buf_adds(&text, reasons_text(r->code));
    if (r->detail && *r->detail) {
        buf_adds(&text, ": ");
        buf_adds(&text, r->detail);
    }
    json_put_string_n(out, text.p, text.len);
}

static void decision_render_reasons(const struct decision *d, struct buf *out) {
    json_put_key(out, "reasons");
    buf_addc(out, '[');
    for (int i = 0; i < d->n_reasons; i++) {
        json_put_item(out);
        buf_addc(out, '{');
        json_put_text(out, "code", reasons_code(d->reasons[i].code));
        decision_render_detail(out, &d->reasons[i]);
        decision_render_number(out, "weight", (double)d->reasons[i].weight);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

void decision_render(const struct decision *d, struct buf *out) {
    json_put_text(out, "mode", mode_text(d->mode));
    party_put(out, "handler", d->handler);
    party_put(out, "backup", d->backup);
    if (d->backup.type != PARTY_NONE)
        json_put_text(out, "review", review_text(d->review));
    decision_render_text(out, "queue", d->queue);
    json_put_number(out, "priority", d->priority);
    json_put_key(out, "intent");
    buf_addc(out, '{');
    json_put_text(out, "name", decision_text_or_empty(d->intent));
    decision_render_number(out, "confidence", d->confidence);
    json_put_flag(out, "in_scope", d->in_scope);
    buf_addc(out, '}');
    json_put_text(out, "language", decision_text_or_empty(d->language));
    decision_render_emotion(d, out);
    decision_render_reasons(d, out);
    json_put_number(out, "policy_version", d->policy_version);
    json_put_number(out, "model_version", d->model_version);
    decision_render_text(out, "experiment", d->experiment);
    json_put_flag(out, "continues", d->continues);
}

/* ---- the same again? ---- */

static bool decision_same_text(const char *a, const char *b) {
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool decision_same_reasons(const struct decision *a, const struct decision *b) {
    if (a->n_reasons != b->n_reasons)
        return false;
    for (int i = 0; i < a->n_reasons; i++) {
        const struct reason *x = &a->reasons[i], *y = &b->reasons[i];
        if (x->code != y->code || !signals_same_bits(x->weight, y->weight) ||
            !decision_same_text(x->detail, y->detail))
            return false;
    }
    return true;
}

bool decision_equal(const struct decision *a, const struct decision *b) {
    return a->mode == b->mode && party_equal(a->handler, b->handler) &&
           party_equal(a->backup, b->backup) && a->review == b->review &&
           decision_same_text(a->queue, b->queue) && a->priority == b->priority &&
           decision_same_text(a->experiment, b->experiment) && decision_same_reasons(a, b);
}
