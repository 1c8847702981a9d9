#include "channel.h"

#include <stddef.h>

#include "connector.h"
#include "webchat.h"

const struct channel *channel_find(enum channel_kind kind) {
    static const struct channel *const channels[] = {
        [CHANNEL_CONNECTOR] = &connector_channel,
        [CHANNEL_WEBCHAT] = &webchat_channel,
    };
    size_t n = sizeof channels / sizeof channels[0];
    return (unsigned)kind < n ? channels[kind] : NULL;
}

bool channel_sends(const struct channel_account *account) {
    const struct channel *c = channel_find(account->kind);
    return c && c->render && (account->kind != CHANNEL_CONNECTOR || *account->outbound_url);
}
