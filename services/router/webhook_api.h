/* webhook_api: how large a call a provider may make; the handlers stand in handlers.h. */
#pragma once
#include "request.h"

/* Bytes, by the kind of channel in the path. Loop thread. */
size_t webhook_api_limit(const struct request *r);
