#include "blob.h"

#include <math.h>
#include <string.h>

#include "../codec/text.h"
#include "../codec/utf8.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "arrays are stored as they lie in memory, little-endian"
#endif

#define VERSION 1
#define HEADER_BYTES 24
#define NAME_BYTES_MAX 256
static const char magic[8] = {'R', 'T', 'I', 'N', 'T', 'E', 'N', 'T'};

static void put_u32(struct buf *out, uint32_t v) { buf_add(out, &v, sizeof v); }

static void put_u64(struct buf *out, uint64_t v) { buf_add(out, &v, sizeof v); }

static void put_logistic(struct buf *out, const struct logistic *l) {
    put_u32(out, (uint32_t)l->n);
    buf_add(out, l->w, sizeof l->w);
}

static size_t rows_bytes(const struct blob *b) {
    return sizeof(int16_t) * (size_t)b->stride * (size_t)b->vocabulary.n;
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
    for (int i = 0; i < b->n_intents; i++) {
        put_u32(out, (uint32_t)strlen(b->names[i]));
        buf_adds(out, b->names[i]);
    }
    buf_add(out, b->scales, sizeof(float) * (size_t)b->stride);
    buf_add(out, b->biases, sizeof(float) * (size_t)b->stride);
    buf_add(out, b->vocabulary.keys, sizeof(uint32_t) * (size_t)b->vocabulary.n);
    buf_add(out, b->vocabulary.values, sizeof(float) * (size_t)b->vocabulary.n);
    buf_add(out, b->weights, rows_bytes(b));
    if (out->full)
        return;
    uint64_t sum =
        text_hash(out->p + start + HEADER_BYTES, out->len - start - HEADER_BYTES, VERSION);
    memcpy(out->p + start + 16, &sum, sizeof sum);
}

struct reader {
    const char *p;
    size_t n;
    bool short_of; /* asked for more than there is */
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

static void *take_array(struct arena *a, struct reader *r, size_t count, size_t size) {
    if (count > r->n / size) {
        r->short_of = true;
        return arena_alloc(a, size);
    }
    void *out = arena_alloc(a, count * size + size);
    take(r, out, count * size);
    return out;
}

static void take_logistic(struct reader *r, struct logistic *l) {
    uint32_t n = take_u32(r);
    r->short_of |= n > LOGISTIC_INPUTS_MAX;
    l->n = n <= LOGISTIC_INPUTS_MAX ? (int)n : 0;
    for (int i = 0; i <= LOGISTIC_INPUTS_MAX; i++)
        l->w[i] = take_real(r);
}

static const char *take_name(struct arena *a, struct reader *r) {
    uint32_t n = take_u32(r);
    if (n > NAME_BYTES_MAX || n > r->n || memchr(r->p, 0, n) || !utf8_valid(r->p, n)) {
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
    *r = (struct reader){bytes.p, bytes.n, false};
    if (bytes.n < HEADER_BYTES || memcmp(bytes.p, magic, sizeof magic) != 0)
        return ERR_MALFORMED;
    memcpy(&version, bytes.p + 8, sizeof version);
    memcpy(&sum, bytes.p + 16, sizeof sum);
    r->p += HEADER_BYTES;
    r->n -= HEADER_BYTES;
    bool ours = version == VERSION && sum == text_hash(r->p, r->n, VERSION);
    return ours ? OK : ERR_MALFORMED;
}

static void take_rows(struct arena *a, struct reader *r, uint32_t features, struct blob *out) {
    out->stride = blob_stride(out->n_intents + out->has_outside);
    out->scales = take_array(a, r, (size_t)out->stride, sizeof(float));
    out->biases = take_array(a, r, (size_t)out->stride, sizeof(float));
    out->vocabulary.keys = take_array(a, r, features, sizeof(uint32_t));
    out->vocabulary.values = take_array(a, r, features, sizeof(float));
    out->vocabulary.n = (int)features;
    out->weights = take_array(a, r, (size_t)features * (size_t)out->stride, sizeof(int16_t));
}

enum err blob_read(struct arena *a, struct span bytes, struct blob *out) {
    struct reader r;
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
        out->names[i] = take_name(a, &r);
    take_rows(a, &r, features, out);
    if (r.short_of || r.n != 0)
        return ERR_MALFORMED;
    vocabulary_index(a, &out->vocabulary);
    return OK;
}

/* Whole lanes at a time, so that the compiler may use vector instructions. */
static void add_row(int32_t *restrict sum, const int16_t *restrict row, int stride) {
    for (int i = 0; i < stride; i += BLOB_LANES)
        for (int k = 0; k < BLOB_LANES; k++)
            sum[i + k] += row[i + k];
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

void blob_score(struct arena *a, const struct blob *b, const struct features *text, int *known,
                struct gate_scores *out) {
    int32_t *sum = ARENA_ARRAY(a, int32_t, b->stride);
    struct weighed w = {0, 0, 0};
    for (int i = 0; i < text->n; i++) {
        int at = vocabulary_find(&b->vocabulary, text->items[i].key);
        if (known)
            known[i] = at;
        weigh(&b->vocabulary, text->items[i].key, at, &w);
        if (at >= 0)
            add_row(sum, b->weights + (size_t)at * (size_t)b->stride, b->stride);
    }
    double length = w.known > 0 ? sqrt(w.known) : 1;
    float *scores = ARENA_ARRAY(a, float, b->stride);
    for (int i = 0; i < b->stride; i++)
        scores[i] = (float)(sum[i] * (double)b->scales[i] / length + b->biases[i]);
    out->intents = scores;
    out->n = b->n_intents;
    out->outside = b->has_outside ? scores[b->n_intents] : 0;
    double words = w.known_words + w.strange_words;
    out->coverage = words > 0 ? w.known_words / words : 0;
}
