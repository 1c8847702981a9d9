/* redis_parts: what redis.c tells redis_subscriber.c. Private to redis*.c. */
#pragma once
#include "redis_link.h"

const struct redis_target *redis_parts_target(const struct redis *r); /* NULL: no Redis */
int redis_parts_timeout_ms(const struct redis *r);
