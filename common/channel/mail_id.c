#include <string.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "mail.h"

#define HEADERS_MAX 20

bool mail_id_clean(const char *id) { return !strpbrk(id, "\r\n<> \t"); }

/* White space within is folding gone wrong. A very long one goes by its hash. */
static const char *tidy(struct arena *a, struct span s) {
    char *out = arena_alloc(a, s.n + 1), *to = out;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] > ' ' && s.p[i] != '<')
            *to++ = s.p[i];
    uint8_t hash[CRYPTO_SHA256_BYTES];
    if (to - out <= MAIL_ID_BYTES_MAX)
        return out;
    crypto_sha256((struct span){out, (size_t)(to - out)}, hash);
    return arena_printf(a, "sha256:%s", enc_hex(a, hash, sizeof hash));
}

static bool known(const char *const *ids, int n, const char *id) {
    for (int i = 0; i < n; i++)
        if (!strcmp(ids[i], id))
            return true;
    return false;
}

static void keep(const char *id, const char *out[MAIL_IDS_MAX], int *n) {
    if (*id && *n < MAIL_IDS_MAX && !known(out, *n, id))
        out[(*n)++] = id;
}

/* Without any bracket, words with an @ in them are ids. */
static void bare(struct arena *a, const char *value, const char *out[MAIL_IDS_MAX], int *n) {
    struct span rest = span_of(value), word;
    while (span_split(&rest, ' ', &word)) {
        while (word.n && strchr(",;\"'", word.p[word.n - 1]))
            word.n--;
        if (word.n && memchr(word.p, '@', word.n))
            keep(tidy(a, word), out, n);
    }
}

static void bracketed(struct arena *a, const char *value, const char *out[MAIL_IDS_MAX], int *n) {
    for (const char *at = value; (at = strchr(at, '<'));) {
        size_t size = strcspn(at + 1, ">");
        const char *again = memrchr(at + 1, '<', size); /* "<a@b <c@d>" */
        const char *from = again ? again + 1 : at + 1;
        keep(tidy(a, (struct span){from, (size_t)(at + 1 + size - from)}), out, n);
        at += 1 + size;
    }
}

int mail_id_all(struct arena *a, const struct mime_head *head, const char *name,
                const char *out[MAIL_IDS_MAX]) {
    const char *values[HEADERS_MAX];
    int n = 0, n_values = mime_head_all(a, head, name, values, HEADERS_MAX);
    for (int i = 0; i < n_values; i++)
        (strchr(values[i], '<') ? bracketed : bare)(a, values[i], out, &n);
    return n;
}
