#include "hook.h"

#include <string.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/json_lenient.h"
#include "../codec/utf8.h"

#define WHAT_MAX 80      /* code points of a name that a provider gives to something */
#define ID_HASH_BYTES 16 /* of a made-up id */

const char *hook_header(const struct channel_call *call, const char *name) {
    const char *value = wire_header_find(call->request->headers, call->request->n_headers, name);
    return value ? value : "";
}

struct span hook_raw_query(const struct channel_call *call) {
    struct span url = span_of(call->request->url);
    const char *mark = memchr(url.p, '?', url.n), *end = memchr(url.p, '#', url.n);
    if (!mark || (end && end < mark))
        return (struct span){NULL, 0};
    size_t n = end ? (size_t)(end - mark) : url.n - (size_t)(mark - url.p);
    return (struct span){mark + 1, n - 1};
}

const char *hook_query(struct arena *a, const struct channel_call *call, const char *name) {
    struct form form;
    if (form_parse(a, hook_raw_query(call), &form) != OK)
        return "";
    return form_text(a, &form, name);
}

static const struct scheme {
    enum err (*mac)(struct span key, struct span data, uint8_t *out);
    size_t n;
    char *(*write)(struct arena *a, const void *p, size_t n);
} schemes[] = {
    [HOOK_SHA256_HEX] = {crypto_hmac_sha256, CRYPTO_SHA256_BYTES, enc_hex},
    [HOOK_SHA256_BASE64] = {crypto_hmac_sha256, CRYPTO_SHA256_BYTES, enc_base64},
    [HOOK_SHA1_BASE64] = {crypto_hmac_sha1, CRYPTO_SHA1_BYTES, enc_base64},
};

enum err hook_check(struct arena *a, const struct channel_call *call, enum hook_scheme scheme,
                    struct span text, const char *given) {
    const struct scheme *s = &schemes[scheme];
    uint8_t mac[CRYPTO_SHA256_BYTES];
    bool proven = false;
    for (int i = 0; i < call->account->n_secrets; i++) {
        if (s->mac(span_of(call->account->secrets[i]), text, mac) != OK)
            continue;
        const char *ours = s->write(a, mac, s->n);
        proven |= crypto_equal(ours, strlen(ours), given, strlen(given));
    }
    return proven ? OK : ERR_UNKNOWN_KEY;
}

enum err hook_check_secret(const struct channel_call *call, const char *given) {
    bool proven = false;
    for (int i = 0; i < call->account->n_secrets; i++) {
        size_t n = strlen(call->account->secrets[i]);
        proven |= n > 0 && crypto_equal(call->account->secrets[i], n, given, strlen(given));
    }
    return proven ? OK : ERR_UNKNOWN_KEY;
}

enum err hook_json(const struct channel_call *call, json_t **out) {
    TRY(json_lenient(call->request->body, out));
    return json_is_object(*out) || json_is_array(*out) ? OK : ERR_MALFORMED;
}

struct inbound *hook_ignore(struct arena *a, struct inbound_list *list, const char *what) {
    struct inbound *i = inbound_add(a, list, INBOUND_IGNORED);
    if (!i)
        return NULL;
    i->content = arena_strndup(a, what, utf8_truncate(what, WHAT_MAX));
    i->why = "nothing that is kept";
    return i;
}

struct inbound *hook_refuse(struct arena *a, struct inbound_list *list, const char *why) {
    struct inbound *i = inbound_add(a, list, INBOUND_INVALID);
    if (i)
        i->why = why;
    return i;
}

void hook_sender(struct arena *a, struct inbound *i, const char *kind, const char *value) {
    struct why why;
    struct identity one = {.kind = kind, .trust = TRUST_VERIFIED};
    if (*value && identity_normalise(a, kind, value, &one.value, &why) == OK)
        i->sender = one;
    else
        i->sender = (struct identity){"", i->address, TRUST_VERIFIED};
}

const char *hook_id(struct arena *a, const char *const *parts, int n) {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    const char *all = "";
    for (int i = 0; i < n; i++)
        all = arena_printf(a, "%s%zu:%s", all, strlen(parts[i]), parts[i]);
    crypto_sha256(span_of(all), digest);
    return arena_printf(a, "made-%s", enc_hex(a, digest, ID_HASH_BYTES));
}
