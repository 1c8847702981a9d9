#include "sessions.h"

#include "../base/metric.h"
#include "../codec/crypto.h"
#include "../model/conversation_record.h"
#include "wakes.h"

#define SESSION_BYTES_MAX (64 * 1024)
#define SEAL_BYTES 16

static struct span session_key(struct arena *a, const struct identity *i) {
    return span_of(ARENA_JOIN(a, "redthread:session:", i->kind, ":", i->value));
}

/* Over the key too: an entry under another customer's key is no entry. A NUL ends the key. */
static void seal_of(struct crypto_mac *m, struct span key, struct span body,
                    uint8_t out[CRYPTO_SHA256_BYTES]) {
    const struct span parts[] = {{key.p, key.n + 1}, body};
    crypto_mac_of(m, parts, 2, out);
}

static struct conversation *believe(struct arena *a, struct crypto_mac *m, struct span key,
                                    struct span value) {
    uint8_t mac[CRYPTO_SHA256_BYTES];
    if (!value.p || value.n <= SEAL_BYTES)
        return NULL;
    struct span body = {value.p + SEAL_BYTES, value.n - SEAL_BYTES};
    seal_of(m, key, body, mac);
    if (!crypto_equal(mac, SEAL_BYTES, value.p, SEAL_BYTES))
        return NULL;
    struct conversation *c = ARENA_NEW(a, struct conversation);
    return conversation_record_read(a, body, c) == OK ? c : NULL;
}

static struct crypto_mac *open_seal(const struct sessions *s) {
    return crypto_mac_new((struct span){(const char *)s->seal, 32});
}

void sessions_get(const struct sessions *s, const struct identity *ids, int n,
                  struct conversation **found) {
    struct span *keys = ARENA_ARRAY(s->arena, struct span, n);
    struct span *values = ARENA_ARRAY(s->arena, struct span, n);
    int hits = 0;
    for (int i = 0; i < n; i++)
        keys[i] = session_key(s->arena, &ids[i]);
    bool there = redis_get_many(s->redis, s->arena, keys, n, values);
    struct crypto_mac *m = open_seal(s);
    for (int i = 0; i < n; i++) {
        found[i] = there ? believe(s->arena, m, keys[i], values[i]) : NULL;
        hits += found[i] != NULL;
    }
    crypto_mac_free(m);
    metric_add(METRIC_cache_hits, hits);
    metric_add(METRIC_cache_misses, n - hits);
}

void sessions_put(const struct sessions *s, const struct identity *ids,
                  const struct conversation *const *conversations, int n) {
    struct span *keys = ARENA_ARRAY(s->arena, struct span, n);
    struct span *values = ARENA_ARRAY(s->arena, struct span, n);
    struct crypto_mac *m = open_seal(s);
    buf_auto b;
    buf_init(&b, SESSION_BYTES_MAX);
    int used = 0;
    for (int i = 0; i < n; i++) {
        uint8_t mac[CRYPTO_SHA256_BYTES];
        buf_reset(&b);
        conversation_record_write(conversations[i], &b);
        if (buf_done(&b) != OK)
            continue;
        keys[used] = session_key(s->arena, &ids[i]);
        seal_of(m, keys[used], buf_span(&b), mac);
        char *value = arena_alloc(s->arena, SEAL_BYTES + b.len);
        memcpy(value, mac, SEAL_BYTES);
        memcpy(value + SEAL_BYTES, b.p, b.len);
        values[used++] = (struct span){value, SEAL_BYTES + b.len};
    }
    crypto_mac_free(m);
    redis_set_many(s->redis, &(struct redis_values){.keys = keys,
                                                    .values = values,
                                                    .n = used,
                                                    .ttl_s = SESSIONS_TTL_S,
                                                    .channel = WAKES_CHANNEL,
                                                    .message = span_of("turn")});
}

void sessions_forget(struct redis *r, struct arena *a, const struct identity *ids, int n) {
    struct span *keys = ARENA_ARRAY(a, struct span, n);
    for (int i = 0; i < n; i++)
        keys[i] = session_key(a, &ids[i]);
    redis_delete_many(r, keys, n);
}
