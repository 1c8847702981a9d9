#include "tokens.h"

#include <string.h>

#include "../codec/crypto.h"
#include "statement.h"

#define MARGIN_MS 60000 /* a token that ends while it is used is as good as none */

STATEMENT(tokens_select, "SELECT token FROM channel_token WHERE channel = $1"
                         " AND expires_at > now()");
STATEMENT(tokens_upsert, "INSERT INTO channel_token (channel, token, expires_at)"
                         " VALUES ($1, $2::bytea, now() + $3::bigint * interval '1 millisecond')"
                         " ON CONFLICT (channel) DO UPDATE SET token = excluded.token,"
                         " expires_at = excluded.expires_at");
STATEMENT(tokens_delete, "DELETE FROM channel_token WHERE channel = $1");

static struct span context(struct arena *a, const char *channel) {
    return span_of(arena_printf(a, "token/%s", channel));
}

enum err tokens_find(struct pg *c, struct arena *a, const uint8_t key[32], const char *channel,
                     const char **token) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    struct span plain;
    pg_put_text(&args, channel);
    *token = NULL;
    TRY(pg_run(c, &tokens_select, &args, &r));
    if (pg_rows(r) &&
        crypto_unseal(a, key, context(a, channel), pg_bytes(a, r, 0, 0), &plain) == OK)
        *token = plain.p;
    return OK;
}

enum err tokens_save(struct pg *c, struct arena *a, const uint8_t key[32],
                     const struct token *token) {
    struct pg_args args = pg_args(a);
    struct span sealed;
    TRY(crypto_seal(a, key, context(a, token->channel), span_of(token->text), &sealed));
    pg_put_text(&args, token->channel);
    pg_put_bytes(&args, sealed);
    pg_put_int(&args, token->life_ms > MARGIN_MS ? token->life_ms - MARGIN_MS : 0);
    return pg_run(c, &tokens_upsert, &args, NULL);
}

enum err tokens_drop(struct pg *c, struct arena *a, const uint8_t key[32],
                     const struct token *token) {
    struct pg_args args = pg_args(a);
    const char *now;
    TRY(tokens_find(c, a, key, token->channel, &now));
    if (!now || strcmp(now, token->text) != 0)
        return OK;
    pg_put_text(&args, token->channel);
    return pg_run(c, &tokens_delete, &args, NULL);
}
