#include "idempotency.h"

#include "../../common/codec/crypto.h"
#include "../../common/store/idempotencies.h"

#define KEY_CHARS_MAX 255

static bool is_key(const char *s) {
    size_t n = 0;
    while (s[n] > ' ' && s[n] < 0x7f)
        n++;
    return n >= 1 && n <= KEY_CHARS_MAX && s[n] == '\0';
}

/* A line break cannot stand in any of the parts, so that no two scopes read alike. */
static struct uid scoped_key(struct request *r) {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct uid key;
    const char *scope = arena_printf(r->arena, "%s\n%s\n%s\n%s", r->caller.key_id, r->call->method,
                                     r->call->path, r->idempotency);
    crypto_sha256(span_of(scope), digest);
    memcpy(key.b, digest, sizeof key.b);
    return key;
}

const char *idempotency_scope(struct request *r) {
    char *text = arena_alloc(r->arena, UID_TEXT_MAX);
    return r->idempotency ? uid_text(scoped_key(r), text) : "";
}

static struct pg_pool *pool_of(const struct request *r) {
    return r->route->crew == ROUTE_TURNS ? r->world->turns : r->world->reads;
}

static enum err claim(struct request *r, struct uid key, struct idempotencies_row *row) {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(r->call->body, digest);
    pg_lease_auto c = NULL;
    TRY(pg_lease(pool_of(r), &c));
    return idempotencies_claim(c, r->arena, key, (struct span){(char *)digest, sizeof digest}, row);
}

static void repeat(const struct idempotencies_row *row, struct reply *out) {
    out->status = row->status;
    out->content_type = row->content_type;
    buf_adds(&out->body, row->answer);
    reply_header(out, "Idempotent-Replayed", "true");
}

enum err idempotency_begin(struct request *r, struct idempotency *mark, struct reply *out,
                           bool *answered) {
    struct idempotencies_row row;
    if (!is_key(r->idempotency))
        return why_set(&r->why, ERR_MALFORMED, "",
                       "Idempotency-Key must be 1 to %d visible ASCII characters", KEY_CHARS_MAX);
    mark->key = scoped_key(r);
    TRY(claim(r, mark->key, &row));
    if (row.state == IDEMPOTENCIES_OTHER)
        return why_set(&r->why, ERR_INVALID, "", "this Idempotency-Key was used with another body");
    if (row.state == IDEMPOTENCIES_RUNNING)
        return why_set(&r->why, ERR_CONFLICT, "",
                       "the first request with this Idempotency-Key is still running");
    *answered = row.state == IDEMPOTENCIES_DONE;
    if (*answered)
        repeat(&row, out);
    return OK;
}

/* When the row cannot be written it stays running and is taken over later; the turn's own key keeps
 * the work from being done twice. */
void idempotency_end(struct request *r, const struct idempotency *mark, const struct reply *out) {
    struct idempotencies_row done = {
        .status = out->status,
        .content_type = out->content_type,
        .answer = arena_strndup(r->arena, buf_span(&out->body).p, out->body.len)};
    pg_lease_auto c = NULL;
    enum err e = pg_lease(pool_of(r), &c);
    if (e == OK && out->status < 500)
        e = idempotencies_finish(c, r->arena, mark->key, &done);
    else if (e == OK)
        e = idempotencies_drop(c, r->arena, mark->key);
    (void)e;
}
