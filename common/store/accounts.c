#include "accounts.h"

#include <string.h>

#include "../base/log.h"
#include "../codec/crypto.h"
#include "generations.h"

#define STORED_BYTES_MAX (64 * 1024)

STATEMENT(accounts_select_channels,
          "SELECT id, kind, credentials, settings, coalesce(disabled_reason, '') FROM channel"
          " ORDER BY id COLLATE \"C\"");
STATEMENT(accounts_select_bots,
          "SELECT id, kind, secret, settings FROM bot ORDER BY id COLLATE \"C\"");
STATEMENT(accounts_upsert_channel,
          "WITH changed AS (INSERT INTO channel (id, kind, credentials, settings)"
          " VALUES ($1, $2, $3::bytea, $4::jsonb)"
          " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind,"
          " credentials = excluded.credentials, settings = excluded.settings,"
          " disabled_reason = NULL, updated_at = now()"
          " RETURNING (xmax = 0) AS created)" GENERATIONS_BUMP);
STATEMENT(accounts_upsert_bot,
          "WITH changed AS (INSERT INTO bot (id, kind, secret, settings)"
          " VALUES ($1, $2, $3::bytea, $4::jsonb)"
          " ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, secret = excluded.secret,"
          " settings = excluded.settings, updated_at = now()"
          " RETURNING (xmax = 0) AS created)" GENERATIONS_BUMP);
STATEMENT(accounts_remove_channel, "WITH changed AS (DELETE FROM channel WHERE id = $1"
                                   " RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(accounts_remove_bot, "WITH changed AS (DELETE FROM bot WHERE id = $1 AND NOT EXISTS"
                               " (SELECT FROM channel WHERE settings->>'bot' = $1)"
                               " RETURNING false AS created)" GENERATIONS_BUMP);
STATEMENT(accounts_has_bot, "SELECT EXISTS (SELECT FROM bot WHERE id = $1)");
STATEMENT(
    accounts_set_disabled,
    "WITH changed AS (UPDATE channel SET disabled_reason = $2, updated_at = now()"
    " WHERE id = $1 AND disabled_reason IS NULL RETURNING false AS created),"
    " disabled AS (INSERT INTO event (bucket, kind, seq, n, at, data) SELECT 0, 14, 0, 1, now(),"
    " jsonb_build_object('channel', $1::text, 'reason', $2::text) FROM changed)" GENERATIONS_BUMP);

/* ---- settings ---- */

struct bot_settings {
    const char *url;
    int64_t timeout_ms;
    bool enabled;
};

static const struct json_field bot_rows[] = {
    {"url", JSON_KIND_TEXT, false, offsetof(struct bot_settings, url), 0, ACCOUNT_URL_MAX},
    {"timeout_ms", JSON_KIND_INTEGER, false, offsetof(struct bot_settings, timeout_ms),
     ACCOUNTS_BOT_TIMEOUT_MIN_MS, ACCOUNTS_BOT_TIMEOUT_MAX_MS},
    {"enabled", JSON_KIND_FLAG, false, offsetof(struct bot_settings, enabled), 0, 0},
};

/* ---- credentials ---- */

static struct span render_credentials(struct arena *a, const struct channel_account *channel) {
    buf_auto b;
    buf_init(&b, STORED_BYTES_MAX);
    account_render_credentials(channel, &b);
    return (struct span){arena_copy(a, b.p, b.len), b.len};
}

/* ---- reading ---- */

static enum err open_sealed(struct arena *a, const uint8_t key[32], const char *context,
                            struct span sealed, struct span *plain) {
    *plain = (struct span){NULL, 0};
    if (!sealed.p)
        return OK;
    enum err e = crypto_unseal(a, key, span_of(context), sealed, plain);
    if (e != OK)
        log_event(LOG_ERROR, "unseal_failed", LOG_T("of", context));
    return e;
}

static enum err parse_stored_settings(struct channel_account *c, json_t **settings) {
    TRY(json_load_span(span_of(c->settings), settings, NULL));
    return account_parse_settings(*settings, "", c, NULL);
}

static enum err parse_stored_credentials(struct span stored, struct channel_account *c,
                                         json_t **credentials) {
    if (!stored.p)
        return OK;
    TRY(json_load_span(stored, credentials, NULL));
    return account_parse_credentials(*credentials, "", c, NULL);
}

static enum err parse_channel(struct arena *a, struct span stored, struct channel_account *c) {
    json_auto settings = NULL;
    json_auto credentials = NULL;
    TRY(parse_stored_settings(c, &settings));
    TRY(parse_stored_credentials(stored, c, &credentials));
    account_keep(a, c);
    return OK;
}

static enum err read_channel(struct arena *a, const struct pg_result *r, int row,
                             const uint8_t key[32], struct channel_account *c) {
    struct span credentials;
    *c = account_blank();
    c->id = pg_text(a, r, row, 0);
    c->kind = (enum channel_kind)pg_int(r, row, 1);
    c->settings = pg_text(a, r, row, 3);
    c->disabled_reason = pg_text(a, r, row, 4);
    c->disabled = *c->disabled_reason != '\0';
    TRY(open_sealed(a, key, arena_printf(a, "channel/%s", c->id), pg_bytes(a, r, row, 2),
                    &credentials));
    TRY(crypto_hmac_sha256((struct span){(const char *)key, 32},
                           span_of(arena_printf(a, "reply/%s", c->id)), c->reply_key));
    return parse_channel(a, credentials, c);
}

enum err accounts_load_channels(struct pg *c, struct arena *a, const uint8_t key[32],
                                const struct channel_account **out, int *n) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &accounts_select_channels, NULL, &r));
    *n = pg_rows(r);
    struct channel_account *all = ARENA_ARRAY(a, struct channel_account, *n + 1);
    for (int i = 0; i < *n; i++)
        TRY(read_channel(a, r, i, key, &all[i]));
    *out = all;
    return OK;
}

static enum err read_bot(struct arena *a, const struct pg_result *r, int row, const uint8_t key[32],
                         struct bot_account *b) {
    struct bot_settings s = {"", ACCOUNTS_BOT_TIMEOUT_MS, true};
    struct span secret;
    json_auto settings = NULL;
    b->id = pg_text(a, r, row, 0);
    b->kind = (enum bot_kind)pg_int(r, row, 1);
    TRY(open_sealed(a, key, arena_printf(a, "bot/%s", b->id), pg_bytes(a, r, row, 2), &secret));
    TRY(json_load_span(pg_bytes(a, r, row, 3), &settings, NULL));
    TRY(json_fill(settings, "", bot_rows, sizeof bot_rows / sizeof bot_rows[0], &s, NULL));
    b->url = arena_strdup(a, s.url);
    b->secret = arena_strndup(a, secret.p ? secret.p : "", secret.n);
    b->timeout_ms = (int)s.timeout_ms;
    b->enabled = s.enabled;
    return OK;
}

enum err accounts_load_bots(struct pg *c, struct arena *a, const uint8_t key[32],
                            const struct bot_account **out, int *n) {
    pg_result_auto r = NULL;
    TRY(pg_run(c, &accounts_select_bots, NULL, &r));
    *n = pg_rows(r);
    struct bot_account *all = ARENA_ARRAY(a, struct bot_account, *n + 1);
    for (int i = 0; i < *n; i++)
        TRY(read_bot(a, r, i, key, &all[i]));
    *out = all;
    return OK;
}

/* ---- writing ---- */

static bool has_credentials(const struct channel_account *c) {
    buf_auto b;
    buf_init(&b, STORED_BYTES_MAX);
    account_render_credentials(c, &b);
    return b.len > 2;
}

enum err accounts_save_channel(struct pg *c, struct arena *a, const uint8_t key[32],
                               const struct channel_account *channel, bool *created) {
    struct span sealed = {NULL, 0};
    const char *context = arena_printf(a, "channel/%s", channel->id);
    if (has_credentials(channel))
        TRY(crypto_seal(a, key, span_of(context), render_credentials(a, channel), &sealed));
    struct pg_args args = pg_args(a);
    pg_put_text(&args, channel->id);
    pg_put_int(&args, channel->kind);
    pg_put_bytes(&args, sealed);
    pg_put_text(&args, channel->settings);
    return generations_change(c, &accounts_upsert_channel, &args, created);
}

static const char *render_bot(struct arena *a, const struct bot_account *bot) {
    buf_auto b;
    buf_init(&b, STORED_BYTES_MAX);
    buf_addc(&b, '{');
    if (*bot->url)
        json_put_text(&b, "url", bot->url);
    json_put_number(&b, "timeout_ms", bot->timeout_ms);
    json_put_flag(&b, "enabled", bot->enabled);
    buf_addc(&b, '}');
    return arena_strndup(a, b.p, b.len);
}

enum err accounts_save_bot(struct pg *c, struct arena *a, const uint8_t key[32],
                           const struct bot_account *bot, bool *created) {
    struct span sealed = {NULL, 0};
    const char *context = arena_printf(a, "bot/%s", bot->id);
    if (*bot->secret)
        TRY(crypto_seal(a, key, span_of(context), span_of(bot->secret), &sealed));
    struct pg_args args = pg_args(a);
    pg_put_text(&args, bot->id);
    pg_put_int(&args, bot->kind);
    pg_put_bytes(&args, sealed);
    pg_put_text(&args, render_bot(a, bot));
    return generations_change(c, &accounts_upsert_bot, &args, created);
}

enum err accounts_drop_channel(struct pg *c, struct arena *a, const char *id) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    return generations_change(c, &accounts_remove_channel, &args, NULL);
}

enum err accounts_drop_bot(struct pg *c, struct arena *a, const char *id) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    enum err e = generations_change(c, &accounts_remove_bot, &args, NULL);
    if (e != ERR_ABSENT)
        return e;
    TRY(pg_run(c, &accounts_has_bot, &args, &r));
    return pg_flag(r, 0, 0) ? ERR_CONFLICT : ERR_ABSENT;
}

enum err accounts_disable_channel(struct pg *c, struct arena *a, const char *id,
                                  const char *reason) {
    struct pg_args args = pg_args(a);
    pg_put_text(&args, id);
    pg_put_text(&args, reason);
    return generations_change(c, &accounts_set_disabled, &args, NULL);
}
