/* Channels and bots. */
#include <stddef.h>

#include "../../common/channel/webchat.h"
#include "../../common/io/tzdata.h"
#include "../../common/store/accounts.h"
#include "configuration.h"
#include "handlers.h"

/* ---- channels ---- */

struct channel_body {
    const char *kind;
    json_t *credentials, *settings;
};

static const struct json_field channel_rows[] = {
    {"kind", JSON_KIND_TEXT, true, offsetof(struct channel_body, kind), 1, 32},
    {"credentials", JSON_KIND_OBJECT, false, offsetof(struct channel_body, credentials), 0, 0},
    {"settings", JSON_KIND_OBJECT, false, offsetof(struct channel_body, settings), 0, 0},
};

static enum err parse_channel_kind(const char *kind, enum channel_kind *out, struct why *why) {
    if (!channel_kind_parse(kind, out))
        return why_set(why, ERR_INVALID, "/kind", "is not a kind of channel");
    if (!channel_find(*out))
        return why_set(why, ERR_INVALID, "/kind", "%s: kind not available in this version", kind);
    return OK;
}

static enum err check_url(struct request *r, const char *url, const char *pointer) {
    struct why why = {0};
    if (fetch_check_url(r->world->net, url, &why) == OK)
        return OK;
    return why_set(&r->why, ERR_INVALID, pointer, "%s",
                   why.text[0] ? why.text : "is not an address that may be called");
}

static enum err check_bot(struct request *r, const char *bot) {
    snapshot_auto now = NULL;
    if (!*bot)
        return OK;
    TRY(configuration_now(r, &now));
    return snapshot_bot(now, bot)
               ? OK
               : why_set(&r->why, ERR_INVALID, "/settings/bot", "there is no such bot");
}

static enum err check_smtp_url(struct request *r, const char *url) {
    struct why why = {0};
    if (fetch_check_smtp_url(r->world->net, url, &why) == OK)
        return OK;
    return why_set(&r->why, ERR_INVALID, "/settings/smtp_url", "%s",
                   why.text[0] ? why.text : "is not a mail server that may be called");
}

static enum err check_time_zone(struct request *r, const char *name) {
    struct zone zone;
    if (!*name || tzdata_zone(r->arena, name, &zone) == OK)
        return OK;
    return why_set(&r->why, ERR_INVALID, "/settings/time_zone",
                   "names no time zone known here, as \"Europe/Copenhagen\" does");
}

static enum err check_outbound(struct request *r, const struct channel_account *channel) {
    if (!*channel->outbound_url)
        return OK;
    if (channel->n_secrets == 0)
        return why_set(&r->why, ERR_INVALID, "/credentials/secret",
                       "is required: calls to outbound_url are signed with it");
    return check_url(r, channel->outbound_url, "/settings/outbound_url");
}

/* What the shape alone does not say. */
static enum err check_channel(struct request *r, const struct channel_account *channel) {
    TRY(check_outbound(r, channel));
    if (*channel->api_base)
        TRY(check_url(r, channel->api_base, "/settings/api_base"));
    if (*channel->smtp_url)
        TRY(check_smtp_url(r, channel->smtp_url));
    TRY(check_time_zone(r, channel->time_zone));
    if (channel->kind == CHANNEL_WEBCHAT)
        TRY(webchat_check(channel, &r->why));
    return check_bot(r, channel->bot);
}

/* Secrets are never read back, so a put that says nothing of them cannot mean to lose them. */
static enum err keep_credentials(struct request *r, struct channel_account *out) {
    snapshot_auto now = NULL;
    json_auto credentials = json_object();
    TRY(configuration_now(r, &now));
    const struct channel_account *stored = snapshot_channel(now, out->id);
    if (!stored || stored->kind != out->kind)
        return account_parse_credentials(credentials, "/credentials", out, &r->why);
    account_keep_credentials(r->arena, stored, out);
    return OK;
}

static enum err take_members(struct request *r, const struct channel_body *body,
                             struct channel_account *out) {
    if (body->settings) {
        TRY(account_parse_settings(body->settings, "/settings", out, &r->why));
        out->settings = json_text(r->arena, body->settings);
    }
    if (!body->credentials)
        return keep_credentials(r, out);
    return account_parse_credentials(body->credentials, "/credentials", out, &r->why);
}

static enum err parse_channel(struct request *r, struct channel_account *out) {
    struct channel_body body = {0};
    *out = account_blank();
    TRY(configuration_id(r, &out->id));
    TRY(json_fill(r->body, "", channel_rows, sizeof channel_rows / sizeof channel_rows[0], &body,
                  &r->why));
    TRY(parse_channel_kind(body.kind, &out->kind, &r->why));
    TRY(take_members(r, &body, out));
    return check_channel(r, out);
}

/* Of a secret only whether it is there, and how many while it is rotated. */
static void put_secret(struct buf *out, const char *name, int count) {
    json_put_key(out, name);
    buf_addc(out, '{');
    json_put_flag(out, "set", count > 0);
    json_put_number(out, "count", count);
    buf_addc(out, '}');
}

static void put_credentials(struct buf *out, const struct channel_account *channel) {
    const struct account_shape *shape = account_shape(channel->kind);
    if (shape->signing)
        put_secret(out, shape->signing, channel->n_secrets);
    for (int i = 0; i < shape->n_credentials; i++)
        put_secret(out, shape->credentials[i].name,
                   *account_text(channel, &shape->credentials[i]) ? 1 : 0);
}

static void render_channel(const void *record, struct buf *out) {
    const struct channel_account *channel = record;
    buf_addc(out, '{');
    json_put_text(out, "id", channel->id);
    json_put_text(out, "kind", channel_kind_text(channel->kind));
    json_put_key(out, "credentials");
    buf_addc(out, '{');
    put_credentials(out, channel);
    buf_addc(out, '}');
    json_put_raw(out, "settings", channel->settings);
    json_put_flag(out, "disabled", channel->disabled);
    json_put_text(out, "disabled_reason", channel->disabled ? channel->disabled_reason : NULL);
    buf_addc(out, '}');
}

enum err accounts_put_channel(struct request *r, struct reply *out) {
    struct channel_account channel;
    bool created;
    pg_lease_auto c = NULL;
    TRY(parse_channel(r, &channel));
    TRY(pg_lease(r->world->reads, &c));
    TRY(accounts_save_channel(c, r->arena, r->world->sealing_key, &channel, &created));
    configuration_changed(r, c);
    out->status = created ? 201 : 200;
    render_channel(&channel, &out->body);
    return OK;
}

enum err accounts_get_channel(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    const struct channel_account *channel = snapshot_channel(now, r->param[0]);
    if (!channel)
        return ERR_ABSENT;
    render_channel(channel, &out->body);
    return OK;
}

enum err accounts_delete_channel(struct request *r, struct reply *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(accounts_drop_channel(c, r->arena, r->param[0]));
    configuration_changed(r, c);
    out->status = 204;
    return OK;
}

enum err accounts_list_channels(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    struct configuration_page page = {now->channels, sizeof *now->channels, now->n_channels,
                                      render_channel};
    return configuration_reply_page(r, &page, out);
}

/* ---- bots ---- */

struct bot_body {
    const char *kind, *url, *secret;
    int64_t timeout_ms;
    bool enabled;
};

static const struct json_field bot_rows[] = {
    {"kind", JSON_KIND_TEXT, true, offsetof(struct bot_body, kind), 1, 32},
    {"url", JSON_KIND_TEXT, false, offsetof(struct bot_body, url), 1, ACCOUNT_URL_MAX},
    {"secret", JSON_KIND_TEXT, false, offsetof(struct bot_body, secret), 1,
     ACCOUNT_SECRET_BYTES_MAX},
    {"timeout_ms", JSON_KIND_INTEGER, false, offsetof(struct bot_body, timeout_ms),
     ACCOUNTS_BOT_TIMEOUT_MIN_MS, ACCOUNTS_BOT_TIMEOUT_MAX_MS},
    {"enabled", JSON_KIND_FLAG, false, offsetof(struct bot_body, enabled), 0, 0},
};

static enum err check_webhook(struct request *r, const struct bot_account *bot) {
    if (!*bot->url)
        return why_set(&r->why, ERR_INVALID, "/url", "is required for a webhook");
    if (!*bot->secret)
        return why_set(&r->why, ERR_INVALID, "/secret", "is required: calls are signed with it");
    return check_url(r, bot->url, "/url");
}

static enum err check_faq(struct request *r, const struct bot_account *bot) {
    if (*bot->url)
        return why_set(&r->why, ERR_INVALID, "/url", "a faq bot calls nobody");
    if (*bot->secret)
        return why_set(&r->why, ERR_INVALID, "/secret", "a faq bot calls nobody");
    return OK;
}

static enum err keep_bot_secret(struct request *r, struct bot_account *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    const struct bot_account *stored = snapshot_bot(now, out->id);
    if (stored && stored->kind == out->kind)
        out->secret = arena_strdup(r->arena, stored->secret);
    return OK;
}

static enum err parse_bot(struct request *r, struct bot_account *out) {
    struct bot_body body = {"", "", "", ACCOUNTS_BOT_TIMEOUT_MS, true};
    TRY(configuration_id(r, &out->id));
    TRY(json_fill(r->body, "", bot_rows, sizeof bot_rows / sizeof bot_rows[0], &body, &r->why));
    out->url = body.url;
    out->secret = body.secret;
    out->timeout_ms = (int)body.timeout_ms;
    out->enabled = body.enabled;
    if (!bot_kind_parse(body.kind, &out->kind))
        return why_set(&r->why, ERR_INVALID, "/kind", "must be faq or webhook");
    if (out->kind == BOT_WEBHOOK && !*out->secret)
        TRY(keep_bot_secret(r, out));
    return out->kind == BOT_WEBHOOK ? check_webhook(r, out) : check_faq(r, out);
}

static void render_bot(const void *record, struct buf *out) {
    const struct bot_account *bot = record;
    buf_addc(out, '{');
    json_put_text(out, "id", bot->id);
    json_put_text(out, "kind", bot_kind_text(bot->kind));
    if (bot->kind == BOT_WEBHOOK) {
        json_put_text(out, "url", bot->url);
        put_secret(out, "secret", *bot->secret ? 1 : 0);
        json_put_number(out, "timeout_ms", bot->timeout_ms);
    }
    json_put_flag(out, "enabled", bot->enabled);
    buf_addc(out, '}');
}

enum err accounts_put_bot(struct request *r, struct reply *out) {
    struct bot_account bot;
    bool created;
    pg_lease_auto c = NULL;
    TRY(parse_bot(r, &bot));
    TRY(pg_lease(r->world->reads, &c));
    TRY(accounts_save_bot(c, r->arena, r->world->sealing_key, &bot, &created));
    configuration_changed(r, c);
    out->status = created ? 201 : 200;
    render_bot(&bot, &out->body);
    return OK;
}

enum err accounts_get_bot(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    const struct bot_account *bot = snapshot_bot(now, r->param[0]);
    if (!bot)
        return ERR_ABSENT;
    render_bot(bot, &out->body);
    return OK;
}

enum err accounts_delete_bot(struct request *r, struct reply *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = accounts_drop_bot(c, r->arena, r->param[0]);
    if (e == ERR_CONFLICT)
        return why_set(&r->why, e, "", "a channel names this bot");
    TRY(e);
    configuration_changed(r, c);
    out->status = 204;
    return OK;
}

enum err accounts_list_bots(struct request *r, struct reply *out) {
    snapshot_auto now = NULL;
    TRY(configuration_now(r, &now));
    struct configuration_page page = {now->bots, sizeof *now->bots, now->n_bots, render_bot};
    return configuration_reply_page(r, &page, out);
}
