/* account: what the operator configured: channels, bots, keys. Secrets are unsealed in memory only.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "enums.h"

#define ACCOUNT_SECRETS_MAX 2
#define ACCOUNT_KEY_CHANNELS_MAX 64

struct channel_account {
    const char *id;
    enum channel_kind kind;
    const char *secrets[ACCOUNT_SECRETS_MAX]; /* signing, newest first; two while rotated */
    int n_secrets;
    const char *outbound_url;  /* "" : the connector reads its replies back */
    const char *identity_kind; /* what an address is: "email", "phone"; "" : only itself */
    int quiet_ms;              /* messages within it are one thought */
    const char *language;      /* default language, "" if none */
    const char *bot;           /* "" : the policy's */
    const char *settings;      /* JSON text as configured */
    bool disabled;
    const char *disabled_reason;
};

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
