#include "account.h"

#include <stdio.h>
#include <string.h>

#define MEMBER(name) offsetof(struct channel_account, name)
#define SECRET(name)                                                                               \
    { #name, JSON_KIND_TEXT, false, MEMBER(name), 1, ACCOUNT_SECRET_BYTES_MAX }
#define NEEDED(name)                                                                               \
    { #name, JSON_KIND_TEXT, true, MEMBER(name), 1, ACCOUNT_SECRET_BYTES_MAX }
#define TEXT(name)                                                                                 \
    { #name, JSON_KIND_TEXT, false, MEMBER(name), 0, 256 }
#define URL(name)                                                                                  \
    { #name, JSON_KIND_TEXT, false, MEMBER(name), 0, ACCOUNT_URL_MAX }
#define FLAG(name)                                                                                 \
    { #name, JSON_KIND_FLAG, false, MEMBER(name), 0, 0 }
/* Of every kind. */
#define ANYWHERE                                                                                   \
    {"quiet_ms", JSON_KIND_INTEGER, false, MEMBER(quiet_ms), 0, ACCOUNT_QUIET_MAX_MS},             \
        {"language", JSON_KIND_TEXT, false, MEMBER(language), 0, 16},                              \
        {"time_zone", JSON_KIND_TEXT, false, MEMBER(time_zone), 0, 64},                            \
        {"bot", JSON_KIND_ID, false, MEMBER(bot), 0, 0}, {                                         \
        "rate_per_s", JSON_KIND_INTEGER, false, MEMBER(rate_per_s), 0, ACCOUNT_RATE_MAX            \
    }
#define COMMON {"identity_kind", JSON_KIND_ID, false, MEMBER(identity_kind), 0, 0}, ANYWHERE

static const struct json_field no_rows[] = {{0}};
static const struct json_field connector_settings[] = {COMMON, URL(outbound_url)};
/* An address of a visitor is ours and is nothing but itself. */
static const struct json_field webchat_settings[] = {
    ANYWHERE,       TEXT(display_name), FLAG(require_origin),
    TEXT(greeting), TEXT(color),        TEXT(position)};
static const struct json_field meta_credentials[] = {SECRET(verify_token), SECRET(access_token)};
static const struct json_field whatsapp_settings[] = {COMMON, TEXT(phone_number_id), URL(api_base),
                                                      TEXT(own_app_id), TEXT(echo_agent)};
static const struct json_field messenger_settings[] = {COMMON,           TEXT(page_id),
                                                       URL(api_base),    TEXT(own_app_id),
                                                       TEXT(echo_agent), FLAG(human_agent_tag)};
static const struct json_field instagram_settings[] = {COMMON,           TEXT(account_id),
                                                       URL(api_base),    TEXT(own_app_id),
                                                       TEXT(echo_agent), FLAG(human_agent_tag)};
static const struct json_field telegram_credentials[] = {SECRET(bot_token)};
static const struct json_field telegram_settings[] = {COMMON, URL(api_base), TEXT(echo_agent)};
static const struct json_field twilio_credentials[] = {SECRET(account_sid)};
static const struct json_field twilio_settings[] = {COMMON, URL(public_url), TEXT(from),
                                                    URL(api_base)};
static const struct json_field bearer_credentials[] = {SECRET(access_token)};
static const struct json_field api_settings[] = {COMMON, URL(api_base)};
static const struct json_field wechat_credentials[] = {SECRET(app_id), SECRET(app_secret),
                                                       SECRET(encoding_key)};
static const struct json_field smtp_credentials[] = {SECRET(smtp_username), SECRET(smtp_password)};
static const struct json_field basic_credentials[] = {NEEDED(username), SECRET(smtp_username),
                                                      SECRET(smtp_password)};
static const struct json_field mail_settings[] = {COMMON, TEXT(address), URL(smtp_url),
                                                  TEXT(display_name)};

#define ROWS(rows) ((int)(sizeof(rows) / sizeof *(rows)))
#define SHAPE(secret, required, creds, n_creds, sets)                                              \
    .signing = (secret), .signing_required = (required), .credentials = (creds),                   \
    .n_credentials = (n_creds), .settings = (sets), .n_settings = ROWS(sets)
#define MAIL_LISTS                                                                                 \
    .lists = {"trusted_authserv"}, .list_offsets = {MEMBER(trusted_authserv)}, .n_lists = 1

static const struct account_shape shapes[channel_kind_count_] = {
    [CHANNEL_CONNECTOR] = {SHAPE("secret", false, no_rows, 0, connector_settings)},
    [CHANNEL_WEBCHAT] = {SHAPE("identity_secret", false, no_rows, 0, webchat_settings),
                         .lists = {"allowed_origins"}, .list_offsets = {MEMBER(allowed_origins)},
                         .n_lists = 1},
    [CHANNEL_WHATSAPP] = {SHAPE("app_secret", true, meta_credentials, 2, whatsapp_settings)},
    [CHANNEL_MESSENGER] = {SHAPE("app_secret", true, meta_credentials, 2, messenger_settings)},
    [CHANNEL_INSTAGRAM] = {SHAPE("app_secret", true, meta_credentials, 2, instagram_settings)},
    [CHANNEL_TELEGRAM] = {SHAPE("secret_token", true, telegram_credentials, 1, telegram_settings)},
    [CHANNEL_TWILIO] = {SHAPE("auth_token", true, twilio_credentials, 1, twilio_settings)},
    [CHANNEL_LINE] = {SHAPE("channel_secret", true, bearer_credentials, 1, api_settings)},
    [CHANNEL_SLACK] = {SHAPE("signing_secret", true, bearer_credentials, 1, api_settings)},
    [CHANNEL_WECHAT] = {SHAPE("token", true, wechat_credentials, 3, api_settings)},
    [CHANNEL_MAILGUN] = {SHAPE("signing_key", true, smtp_credentials, 2, mail_settings),
                         MAIL_LISTS},
    [CHANNEL_SENDGRID] = {SHAPE("password", true, basic_credentials, 3, mail_settings), MAIL_LISTS},
    [CHANNEL_POSTMARK] = {SHAPE("password", true, basic_credentials, 3, mail_settings), MAIL_LISTS},
    [CHANNEL_EMAIL_RAW] = {SHAPE(NULL, false, smtp_credentials, 2, mail_settings), MAIL_LISTS},
};

const struct account_shape *account_shape(enum channel_kind kind) { return &shapes[kind]; }

const char *account_address_kind(const struct channel_account *c) {
    static const char *const kinds[channel_kind_count_] = {
        [CHANNEL_MAILGUN] = "email",   [CHANNEL_SENDGRID] = "email", [CHANNEL_POSTMARK] = "email",
        [CHANNEL_EMAIL_RAW] = "email", [CHANNEL_TWILIO] = "phone",   [CHANNEL_WHATSAPP] = "phone",
    };
    if (*c->identity_kind)
        return c->identity_kind;
    return kinds[c->kind] ? kinds[c->kind] : "";
}

/* Every text member there is, whatever the kind. */
static const size_t texts[] = {
    MEMBER(verify_token),  MEMBER(access_token),    MEMBER(bot_token),     MEMBER(account_sid),
    MEMBER(app_id),        MEMBER(app_secret),      MEMBER(encoding_key),  MEMBER(username),
    MEMBER(smtp_username), MEMBER(smtp_password),   MEMBER(identity_kind), MEMBER(language),
    MEMBER(bot),           MEMBER(outbound_url),    MEMBER(api_base),      MEMBER(phone_number_id),
    MEMBER(page_id),       MEMBER(account_id),      MEMBER(public_url),    MEMBER(from),
    MEMBER(own_app_id),    MEMBER(echo_agent),      MEMBER(address),       MEMBER(smtp_url),
    MEMBER(display_name),  MEMBER(greeting),        MEMBER(color),         MEMBER(position),
    MEMBER(settings),      MEMBER(disabled_reason), MEMBER(time_zone),
};

static const char **text_at(struct channel_account *c, size_t offset) {
    return (const char **)(void *)((char *)c + offset);
}

struct channel_account account_blank(void) {
    struct channel_account c = {.id = ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *text_at(&c, texts[i]) = "";
    c.settings = "{}";
    return c;
}

static void keep_list(struct arena *a, struct account_list *list) {
    for (int i = 0; i < list->n; i++)
        list->items[i] = arena_strdup(a, list->items[i]);
}

void account_keep(struct arena *a, struct channel_account *c) {
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        *text_at(c, texts[i]) = arena_strdup(a, *text_at(c, texts[i]));
    for (int i = 0; i < c->n_secrets; i++)
        c->secrets[i] = arena_strdup(a, c->secrets[i]);
    keep_list(a, &c->trusted_authserv);
    keep_list(a, &c->allowed_origins);
}

/* ---- settings ---- */

static enum err take_list(const json_t *json, const char *pointer, struct account_list *out,
                          struct why *why) {
    size_t n = json_array_size(json);
    if (!json_is_array(json) || n > ACCOUNT_LIST_MAX)
        return why_set(why, ERR_INVALID, pointer, "must be a list of at most %d texts",
                       ACCOUNT_LIST_MAX);
    out->n = 0;
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(json, i));
        if (!text || !*text || strlen(text) > ACCOUNT_URL_MAX)
            return why_set(why, ERR_INVALID, pointer, "must be a list of texts");
        out->items[out->n++] = text;
    }
    return OK;
}

enum err account_parse_settings(const json_t *settings, const char *at, struct channel_account *out,
                                struct why *why) {
    const struct account_shape *shape = account_shape(out->kind);
    char pointer[WHY_POINTER_MAX];
    if (!json_is_object(settings))
        return why_set(why, ERR_INVALID, at, "must be an object");
    json_auto rest = json_copy((json_t *)(uintptr_t)settings);
    for (int i = 0; i < shape->n_lists; i++) {
        const json_t *list = json_object_get(rest, shape->lists[i]);
        void *target = (char *)out + shape->list_offsets[i];
        snprintf(pointer, sizeof pointer, "%s/%s", at, shape->lists[i]);
        if (list)
            TRY(take_list(list, pointer, target, why));
        json_object_del(rest, shape->lists[i]);
    }
    return json_fill(rest, at, shape->settings, shape->n_settings, out, why);
}

/* ---- credentials ---- */

static enum err take_secret(const json_t *secret, const char *at, struct channel_account *out,
                            struct why *why) {
    const char *text = json_string_value(secret);
    if (!text || !*text || json_string_length(secret) > ACCOUNT_SECRET_BYTES_MAX)
        return why_set(why, ERR_INVALID, at, "must be text of 1 to %d bytes",
                       ACCOUNT_SECRET_BYTES_MAX);
    out->secrets[out->n_secrets++] = text;
    return OK;
}

static enum err take_secrets(const json_t *list, const char *at, struct channel_account *out,
                             struct why *why) {
    size_t n = json_array_size(list);
    if (!json_is_array(list))
        return take_secret(list, at, out, why);
    if (n < 1 || n > ACCOUNT_SECRETS_MAX)
        return why_set(why, ERR_INVALID, at, "must be one secret or a list of one or two");
    for (size_t i = 0; i < n; i++)
        TRY(take_secret(json_array_get(list, i), at, out, why));
    return OK;
}

/* null is as good as not given, but "" never means to leave a secret out. */
static enum err refuse_empty(const json_t *credentials, const char *at, struct why *why) {
    const char *name;
    json_t *value;
    char pointer[WHY_POINTER_MAX];
    json_object_foreach((json_t *)(uintptr_t)credentials, name, value) {
        const char *text = json_string_value(value);
        snprintf(pointer, sizeof pointer, "%s/%s", at, name);
        if (text && !*text)
            return why_set(why, ERR_INVALID, pointer, "must not be empty");
    }
    return OK;
}

enum err account_parse_credentials(const json_t *credentials, const char *at,
                                   struct channel_account *out, struct why *why) {
    const struct account_shape *shape = account_shape(out->kind);
    char pointer[WHY_POINTER_MAX];
    if (!json_is_object(credentials))
        return why_set(why, ERR_INVALID, at, "must be an object");
    TRY(refuse_empty(credentials, at, why));
    json_auto rest = json_copy((json_t *)(uintptr_t)credentials);
    out->n_secrets = 0;
    if (shape->signing) {
        const json_t *signing = json_object_get(rest, shape->signing);
        snprintf(pointer, sizeof pointer, "%s/%s", at, shape->signing);
        if (signing && !json_is_null(signing))
            TRY(take_secrets(signing, pointer, out, why));
        else if (shape->signing_required)
            return why_set(why, ERR_INVALID, pointer, "is required");
        json_object_del(rest, shape->signing);
    }
    return json_fill(rest, at, shape->credentials, shape->n_credentials, out, why);
}

const char *account_text(const struct channel_account *c, const struct json_field *row) {
    return *(const char *const *)(const void *)((const char *)c + row->offset);
}

void account_keep_credentials(struct arena *a, const struct channel_account *from,
                              struct channel_account *to) {
    const struct account_shape *shape = account_shape(from->kind);
    for (int i = 0; i < from->n_secrets; i++)
        to->secrets[i] = arena_strdup(a, from->secrets[i]);
    to->n_secrets = from->n_secrets;
    for (int i = 0; i < shape->n_credentials; i++)
        *text_at(to, shape->credentials[i].offset) =
            arena_strdup(a, account_text(from, &shape->credentials[i]));
}

void account_render_credentials(const struct channel_account *c, struct buf *out) {
    const struct account_shape *shape = account_shape(c->kind);
    buf_addc(out, '{');
    if (c->n_secrets) {
        json_put_key(out, shape->signing);
        buf_addc(out, '[');
        for (int i = 0; i < c->n_secrets; i++) {
            json_put_item(out);
            json_put_string(out, c->secrets[i]);
        }
        buf_addc(out, ']');
    }
    for (int i = 0; i < shape->n_credentials; i++) {
        const struct json_field *f = &shape->credentials[i];
        if (*account_text(c, f))
            json_put_text(out, f->name, account_text(c, f));
    }
    buf_addc(out, '}');
}
