#include "blob.h"

#include <math.h>
#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays are stored as they lie in memory, little-endian"
#endif

/* Counts up whenever the format, or what feature.c makes of a text, changes. */
#define VERSION 3
#define HEADER_BYTES 24
#define NAME_BYTES_MAX 256
#define ARRAY_BOUNDARY 16
static const char magic[8] = {'R', 'T', 'I', 'N', 'T', 'E', 'N', 'T'};

static void put_u32(struct buf *out, uint32_t v) { buf_add(out, &v, sizeof v); }

static void put_u64(struct buf *out, uint64_t v) { buf_add(out, &v, sizeof v); }

/* As many as the file has room for; the gates have fewer. */
#define GATE_INPUTS_MAX 8
_Static_assert(GATE_INPUTS_MAX <= LOGISTIC_INPUTS_MAX, "what is read must fit");

static void put_logistic(struct buf *out, const struct logistic *l) {
    put_u32(out, (uint32_t)l->n);
    buf_add(out, l->w, sizeof *l->w * (GATE_INPUTS_MAX + 1));
}

/* Arrays begin where they can be used as they lie. */
static size_t to_boundary(size_t n) { return -n % ARRAY_BOUNDARY; }

/* start: of the blob in the buffer. */
static void put_array(struct buf *out, size_t start, const void *array, size_t bytes) {
    static const char nothing[ARRAY_BOUNDARY];
    buf_add(out, nothing, to_boundary(out->len - start));
    buf_add(out, array, bytes);
}

static void put_rows(struct buf *out, size_t start, const struct rows *r) {
    put_array(out, start, &r->unit, sizeof r->unit);
    put_array(out, start, r->times, sizeof *r->times * (size_t)r->n);
    put_array(out, start, r->weights, (size_t)r->n * (size_t)r->width);
}

static void put_text(struct buf *out, const char *text) {
    put_u32(out, (uint32_t)strlen(text));
    buf_adds(out, text);
}

void blob_write(const struct blob *b, struct buf *out) {
    size_t start = out->len;
    buf_add(out, magic, sizeof magic);
    put_u64(out, VERSION);
    put_u64(out, 0);
    put_u64(out, b->seed);
    put_u32(out, (uint32_t)b->n_intents);
    put_u32(out, b->has_outside);
    put_u32(out, (uint32_t)b->vocabulary.n);
    buf_add(out, &b->gate.sharpness, sizeof b->gate.sharpness);
    buf_add(out, &b->gate.threshold, sizeof b->gate.threshold);
    put_logistic(out, &b->gate.confidence);
    put_logistic(out, &b->gate.scope);
    for (int i = 0; i < b->n_intents; i++)
        put_text(out, b->names[i]);
    put_text(out, b->report);
    size_t row = sizeof(float) * (size_t)b->linear.width,
           words = sizeof(float) * (size_t)b->vocabulary.n;
    put_array(out, start, b->biases, row);
    put_array(out, start, b->floors, sizeof(float) * NETWORK_HIDDEN);
    put_array(out, start, b->second, NETWORK_HIDDEN * row);
    put_array(out, start, b->vocabulary.keys, words);
    put_array(out, start, b->vocabulary.values, words);
    put_rows(out, start, &b->linear);
    put_rows(out, start, &b->hidden);
    if (out->full)
        return;
    uint64_t sum =
        text_hash(out->p + start + HEADER_BYTES, out->len - start - HEADER_BYTES, VERSION);
    memcpy(out->p + start + 16, &sum, sizeof sum);
}

struct reader {
    const char *p;
    size_t n;
    const char *start; /* of the blob */
    bool short_of;     /* asked for more than there is */
};

static void take(struct reader *r, void *out, size_t n) {
    if (n > r->n) {
        r->short_of = true;
        memset(out, 0, n);
        return;
    }
    memcpy(out, r->p, n);
    r->p += n;
    r->n -= n;
}

static uint32_t take_u32(struct reader *r) {
    uint32_t v;
    take(r, &v, sizeof v);
    return v;
}

static double take_real(struct reader *r) {
    double v;
    take(r, &v, sizeof v);
    return isfinite(v) ? v : 0;
}

/* Where it lies: nothing is copied. */
static const void *take_array(struct reader *r, size_t count, size_t size) {
    size_t gap = to_boundary((size_t)(r->p - r->start));
    if (gap > r->n || count > (r->n - gap) / size) {
        r->short_of = true;
        return NULL;
    }
    const char *array = r->p + gap;
    r->p = array + count * size;
    r->n -= gap + count * size;
    return array;
}

static void take_logistic(struct reader *r, struct logistic *l) {
    uint32_t n = take_u32(r);
    r->short_of |= n > GATE_INPUTS_MAX;
    l->n = n <= GATE_INPUTS_MAX ? (int)n : 0;
    for (int i = 0; i <= GATE_INPUTS_MAX; i++)
        l->w[i] = take_real(r);
}

static const char *take_text(struct arena *a, struct reader *r, size_t most) {
    uint32_t n = take_u32(r);
    if (n > most || n > r->n || memchr(r->p, 0, n) || !utf8_valid(r->p, n)) {
        r->short_of = true;
        return "";
    }
    const char *name = arena_strndup(a, r->p, n);
    r->p += n;
    r->n -= n;
    return name;
}

static enum err open_header(struct span bytes, struct reader *r) {
    uint64_t version, sum;
    *r = (struct reader){bytes.p, bytes.n, bytes.p, false};
    if (bytes.n < HEADER_BYTES || memcmp(bytes.p, magic, sizeof magic) != 0)
        return ERR_MALFORMED;
    memcpy(&version, bytes.p + 8, sizeof version);
    memcpy(&sum, bytes.p + 16, sizeof sum);
    r->p += HEADER_BYTES;
    r->n -= HEADER_BYTES;
    bool ours = version == VERSION && sum == text_hash(r->p, r->n, VERSION);
    return ours ? OK : ERR_MALFORMED;
}

static void take_rows(struct reader *r, struct rows *out) {
    const float *unit = take_array(r, 1, sizeof *unit);
    out->unit = unit ? *unit : 0;
    out->times = take_array(r, (size_t)out->n, sizeof *out->times);
    out->weights = take_array(r, (size_t)out->n * (size_t)out->width, 1);
    for (int i = 0; i < out->n && !r->short_of; i++)
        r->short_of = out->times[i] > ROWS_TIMES_MAX;
}

static void take_weights(struct reader *r, uint32_t features, struct blob *out) {
    size_t width = (size_t)rows_width(out->n_intents + out->has_outside);
    out->biases = take_array(r, width, sizeof(float));
    out->floors = take_array(r, NETWORK_HIDDEN, sizeof(float));
    out->second = take_array(r, NETWORK_HIDDEN * width, sizeof(float));
    out->vocabulary.keys = take_array(r, features, sizeof(uint32_t));
    out->vocabulary.values = take_array(r, features, sizeof(float));
    out->vocabulary.n = (int)features;
    out->linear = (struct rows){.n = (int)features, .width = (int)width};
    out->hidden = (struct rows){.n = (int)features, .width = NETWORK_HIDDEN};
    take_rows(r, &out->linear);
    take_rows(r, &out->hidden);
}

enum err blob_read(struct arena *a, struct span bytes, struct blob *out) {
    struct reader r;
    if ((uintptr_t)bytes.p % ARRAY_BOUNDARY != 0)
        bytes.p = arena_copy(a, bytes.p, bytes.n);
    TRY(open_header(bytes, &r));
    *out = (struct blob){0};
    take(&r, &out->seed, sizeof out->seed);
    uint32_t intents = take_u32(&r);
    out->has_outside = take_u32(&r) != 0;
    uint32_t features = take_u32(&r);
    if (intents == 0 || intents > BLOB_INTENTS_MAX || features > BLOB_FEATURES_MAX)
        return ERR_MALFORMED;
    out->gate.sharpness = take_real(&r);
    out->gate.threshold = take_real(&r);
    take_logistic(&r, &out->gate.confidence);
    take_logistic(&r, &out->gate.scope);
    out->n_intents = (int)intents;
    out->names = ARENA_ARRAY(a, const char *, intents);
    for (uint32_t i = 0; i < intents; i++)
        out->names[i] = take_text(a, &r, NAME_BYTES_MAX);
    out->report = take_text(a, &r, BLOB_REPORT_MAX);
    take_weights(&r, features, out);
    if (r.short_of || r.n != 0)
        return ERR_MALFORMED;
    vocabulary_index(a, &out->vocabulary);
    return OK;
}

/* What the vocabulary says of a text: squared values of all its known features, and of its words
 * alone. */
struct weighed {
    double known, known_words, strange_words;
};

static void weigh(const struct vocabulary *v, uint32_t key, int at, struct weighed *w) {
    enum feature_kind kind = feature_kind(key);
    double value = at < 0 ? v->strange[kind] : v->values[at];
    if (at >= 0)
        w->known += value * value;
    if (kind == FEATURE_WORD)
        *(at < 0 ? &w->strange_words : &w->known_words) += value * value;
}

/* The linear scores, and what the network adds to them. */
static float *finish_scores(struct arena *a, const struct blob *b, const int32_t *sum,
                            const int32_t *hidden_sum, double length) {
    int width = b->linear.width;
    float *scores = ARENA_ARRAY(a, float, width), hidden[NETWORK_HIDDEN];
    for (int i = 0; i < NETWORK_HIDDEN; i++)
        hidden[i] = (float)(hidden_sum[i] * (double)b->hidden.unit / length + b->floors[i]);
    const struct network_rest net = {b->second, b->biases};
    network_finish(&net, hidden, width, scores);
    for (int i = 0; i < width; i++)
        scores[i] += (float)(sum[i] * (double)b->linear.unit / length);
    return scores;
}

/* Where each feature stands in the vocabulary; all memory is asked for before any is waited for. */
static void look_up(const struct blob *b, const struct features *text, int *known) {
    for (int i = 0; i < text->n; i++)
        vocabulary_fetch(&b->vocabulary, text->items[i].key);
    for (int i = 0; i < text->n; i++) {
        known[i] = vocabulary_find(&b->vocabulary, text->items[i].key);
        if (known[i] < 0)
            continue;
        rows_fetch(&b->linear, known[i]);
        rows_fetch(&b->hidden, known[i]);
    }
}

void blob_score(struct arena *a, const struct blob *b, const struct features *text, int *known,
                struct gate_scores *out) {
    int32_t *sum = ARENA_ARRAY(a, int32_t, b->linear.width), hidden[NETWORK_HIDDEN] = {0};
    struct weighed w = {0, 0, 0};
    known = known ? known : ARENA_ARRAY(a, int, text->n + 1);
    look_up(b, text, known);
    for (int i = 0; i < text->n; i++) {
        weigh(&b->vocabulary, text->items[i].key, known[i], &w);
        if (known[i] < 0)
            continue;
        rows_add(&b->linear, known[i], sum);
        rows_add(&b->hidden, known[i], hidden);
    }
    float *scores = finish_scores(a, b, sum, hidden, w.known > 0 ? sqrt(w.known) : 1);
    out->intents = scores;
    out->n = b->n_intents;
    out->outside = b->has_outside ? scores[b->n_intents] : 0;
    double words = w.known_words + w.strange_words;
    out->coverage = words > 0 ? w.known_words / words : 0;
}
