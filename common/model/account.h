/* account: what the operator configured: channels, bots, keys; and the shape that each kind of
 * channel's configuration has. Secrets are unsealed in memory only. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../codec/json.h"
#include "enums.h"

#define ACCOUNT_SECRETS_MAX 2
#define ACCOUNT_SECRET_BYTES_MAX 512
#define ACCOUNT_KEY_CHANNELS_MAX 64
#define ACCOUNT_URL_MAX 2048
#define ACCOUNT_QUIET_MAX_MS 60000
#define ACCOUNT_RATE_MAX 10000
#define ACCOUNT_LIST_MAX 20

/* A list of texts out of settings. */
struct account_list {
    const char *items[ACCOUNT_LIST_MAX];
    int n;
};

/* Texts are "" where nothing is configured. */
struct channel_account {
    const char *id;
    enum channel_kind kind;
    const char *secrets[ACCOUNT_SECRETS_MAX]; /* signing, newest first; two while rotated */
    int n_secrets;
    /* other credentials */
    const char *verify_token, *access_token, *bot_token, *account_sid, *app_id, *app_secret;
    const char *encoding_key; /* wechat: EncodingAESKey of the safe mode */
    const char *username;     /* HTTP basic, with the signing secret as its password */
    const char *smtp_username, *smtp_password;
    /* settings of every kind */
    const char *identity_kind; /* what an address is: "email", "phone"; "" : only itself */
    const char *language;      /* default language */
    const char *time_zone;     /* of its customers, "Asia/Shanghai"; "" : the policy's */
    const char *bot;           /* "" : the policy's */
    int64_t quiet_ms;          /* messages within it are one thought */
    int64_t rate_per_s;        /* sends a second; 0: the adapter's own */
    /* settings of some */
    const char *outbound_url; /* connector; "" : it reads its replies back */
    const char *api_base;     /* "" : the provider's own */
    const char *phone_number_id, *page_id, *account_id, *public_url, *from;
    const char *own_app_id; /* meta: echoes of this app are our own */
    const char *echo_agent; /* who writes in the provider's inbox; "" : somebody unnamed */
    const char *address, *smtp_url;
    const char *display_name; /* of mail's From and the widget's head */
    /* webchat: the widget's first words, #rrggbb, "left" or "right" */
    const char *greeting, *color, *position;
    struct account_list trusted_authserv; /* mail: whose Authentication-Results count */
    struct account_list allowed_origins;  /* webchat: exact, as in the Origin header */
    bool require_origin, human_agent_tag;

    uint8_t reply_key[32]; /* signs reply addresses of this channel; made from the sealing key */
    const char *settings;  /* JSON text as configured */
    bool disabled;
    const char *disabled_reason;
};

/* What a kind's `credentials` and `settings` may have; offsets are into channel_account. */
struct account_shape {
    const char *signing; /* name of the credential in `secrets`; NULL: none */
    const struct json_field *credentials, *settings;
    int n_credentials, n_settings;
    const char *lists[2]; /* settings that are lists of texts */
    size_t list_offsets[2];
    int n_lists;
    bool signing_required;
};
const struct account_shape *account_shape(enum channel_kind kind);
/* The kind of identity that is an address on this channel by itself ("email", "phone"); "" : none.
 */
const char *account_address_kind(const struct channel_account *c);
/* Every text "", no secrets, settings "{}". */
struct channel_account account_blank(void);
/* By shape only; texts are borrowed from the JSON. ERR_INVALID with pointer and sentence. */
MUST_CHECK enum err account_parse_settings(const json_t *settings, const char *at,
                                           struct channel_account *out, struct why *why);
MUST_CHECK enum err account_parse_credentials(const json_t *credentials, const char *at,
                                              struct channel_account *out, struct why *why);
/* Every text of it moves into the arena. */
void account_keep(struct arena *a, struct channel_account *c);
/* The text that a row of the shape speaks of. */
const char *account_text(const struct channel_account *c, const struct json_field *row);
/* All credentials of the one become the other's, in the arena. Of the same kind. */
void account_keep_credentials(struct arena *a, const struct channel_account *from,
                              struct channel_account *to);
/* The credentials as the JSON that account_parse_credentials reads; empty ones are left out. */
void account_render_credentials(const struct channel_account *c, struct buf *out);

struct bot_account {
    const char *id;
    enum bot_kind kind;
    const char *url, *secret; /* webhook */
    int timeout_ms;
    bool enabled;
};

struct api_key {
    const char *id;
    enum role role;
    uint8_t hash[32]; /* SHA-256 of the whole key text */
    const char *channels[ACCOUNT_KEY_CHANNELS_MAX];
    int n_channels;
    const char *agent; /* role agent */
};
