#include "channel.h"

#include <stddef.h>

#include "connector.h"

const struct channel *channel_find(enum channel_kind kind) {
    static const struct channel *const channels[] = {
        [CHANNEL_CONNECTOR] = &connector_channel,
    };
    size_t n = sizeof channels / sizeof channels[0];
    return (unsigned)kind < n ? channels[kind] : NULL;
}
