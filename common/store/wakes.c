#include "wakes.h"

#include <string.h>

void wakes_ring(struct redis *r, const char *what) {
    const char *channel = strcmp(what, "config") == 0 ? WAKES_CONFIG_CHANNEL : WAKES_CHANNEL;
    redis_publish(r, channel, span_of(what));
}
