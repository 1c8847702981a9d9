#include "packed.h"

#include <pthread.h>
#include <string.h>

/* First byte of a text: below LONG its length, then the codes. */
enum { PACKED_LONG = 0x7f, PACKED_WORD = 0x80, PACKED_SEEN = 0xc0, PACKED_NULL = 0xff };
#define PACKED_TEXT_MAX 65535

/* Stored by position: append only, at most 64. */
static const char *const packed_words[] = {
    "none",
    "neutral",
    "anger",
    "frustration",
    "sadness",
    "fear",
    "confusion",
    "joy",
    "gratitude",
    "validate",
    "own",
    "safety",
    "bereavement",
    "fraud",
    "legal",
    "health",
    "en",
    "nl",
    "da",
    "de",
    "zh",
    "und",
    "bot:faq",
    "faq",
    "support",
    "care",
    "queue:support",
    "queue:care",
    "self_service",
    "human_backup",
    "human",
    "human_emotion",
};
#define PACKED_WORDS ((int)(sizeof(packed_words) / sizeof(*packed_words)))

void packed_put_byte(struct buf *out, unsigned v) { buf_addc(out, (char)(unsigned char)v); }

void packed_put_varint(struct buf *out, uint64_t v) {
    for (; v >= 0x80; v >>= 7)
        packed_put_byte(out, (unsigned)(v & 0x7f) | 0x80);
    packed_put_byte(out, (unsigned)v);
}

void packed_put_float(struct buf *out, float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    const unsigned char bytes[] = {(unsigned char)bits, (unsigned char)(bits >> 8),
                                   (unsigned char)(bits >> 16), (unsigned char)(bits >> 24)};
    buf_add(out, bytes, sizeof bytes);
}

/* Of a text, to tell it from others at a glance. */
static uint8_t packed_tag(const char *s) {
    uint8_t first = (uint8_t)s[0];
    return first ? (uint8_t)(first * 31 + (uint8_t)s[1]) : 0;
}

/* Among texts with the tags of these. */
static int packed_index(const char *const *items, const uint8_t *tags, int n, const char *s) {
    uint8_t tag = packed_tag(s);
    for (int i = 0; i < n; i++) {
        const uint8_t *at = memchr(tags + i, tag, (size_t)(n - i));
        if (!at)
            return -1;
        i = (int)(at - tags);
        if (strcmp(items[i], s) == 0)
            return i;
    }
    return -1;
}

static uint8_t word_tags[PACKED_WORDS];
static pthread_once_t word_tags_once = PTHREAD_ONCE_INIT;

static void tag_words(void) {
    for (int i = 0; i < PACKED_WORDS; i++)
        word_tags[i] = packed_tag(packed_words[i]);
}

/* Words are remembered too: if a later version adds one, the numbers in old records must not shift.
 */
void packed_remember(struct packed_pool *pool, const char *s) {
    bool room = s && *s && pool->n < PACKED_POOL_MAX;
    if (!room || packed_index(pool->items, pool->tags, pool->n, s) >= 0)
        return;
    pool->tags[pool->n] = packed_tag(s);
    pool->items[pool->n++] = s;
}

static int packed_code(const struct packed_pool *pool, const char *s) {
    if (!s)
        return PACKED_NULL;
    (void)pthread_once(&word_tags_once, tag_words);
    int word = packed_index(packed_words, word_tags, PACKED_WORDS, s);
    if (word >= 0)
        return PACKED_WORD + word;
    int seen = packed_index(pool->items, pool->tags, pool->n, s);
    return seen >= 0 ? PACKED_SEEN + seen : -1;
}

void packed_put_text(struct buf *out, struct packed_pool *pool, const char *s) {
    int code = packed_code(pool, s);
    if (code >= 0) {
        packed_put_byte(out, (unsigned)code);
        return;
    }
    size_t n = strlen(s);
    if (n < PACKED_LONG) {
        packed_put_byte(out, (unsigned)n);
    } else {
        packed_put_byte(out, PACKED_LONG);
        packed_put_varint(out, n);
    }
    buf_add(out, s, n);
    packed_remember(pool, s);
}

enum err packed_take_byte(struct span *in, unsigned *v) {
    if (in->n == 0)
        return ERR_MALFORMED;
    *v = (unsigned char)*in->p;
    in->p++, in->n--;
    return OK;
}

enum err packed_take_varint(struct span *in, uint64_t *v) {
    *v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        unsigned byte;
        TRY(packed_take_byte(in, &byte));
        *v |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return OK;
    }
    return ERR_MALFORMED;
}

enum err packed_take_float(struct span *in, float *v) {
    uint32_t bits = 0;
    for (int shift = 0; shift < 32; shift += 8) {
        unsigned byte;
        TRY(packed_take_byte(in, &byte));
        bits |= (uint32_t)byte << shift;
    }
    memcpy(v, &bits, sizeof *v);
    return OK;
}

static enum err packed_take_literal(struct arena *a, struct span *in, uint64_t n, const char **s) {
    if (n > in->n || n > PACKED_TEXT_MAX || (n && memchr(in->p, '\0', n)))
        return ERR_MALFORMED;
    *s = n ? arena_strndup(a, in->p, n) : "";
    in->p += n, in->n -= n;
    return OK;
}

static enum err packed_take_code(const struct packed_pool *pool, unsigned code, const char **s) {
    *s = NULL;
    if (code == PACKED_NULL)
        return OK;
    if (code >= PACKED_SEEN && (int)code - PACKED_SEEN < pool->n)
        *s = pool->items[code - PACKED_SEEN];
    if (code < PACKED_SEEN && (int)code - PACKED_WORD < PACKED_WORDS)
        *s = packed_words[code - PACKED_WORD];
    return *s ? OK : ERR_MALFORMED;
}

enum err packed_take_text(struct arena *a, struct span *in, struct packed_pool *pool,
                          const char **s) {
    unsigned first;
    TRY(packed_take_byte(in, &first));
    if (first >= PACKED_WORD)
        return packed_take_code(pool, first, s);
    uint64_t n = first;
    if (first == PACKED_LONG)
        TRY(packed_take_varint(in, &n));
    TRY(packed_take_literal(a, in, n, s));
    packed_remember(pool, *s);
    return OK;
}
