/* health_door: the worker's small HTTP listener: /livez, /readyz, /metrics. Nothing else, no keys,
 * no bodies. */
#pragma once
#include "../../common/flow/world.h"
#include "../../common/io/httpd.h"

/* listen "" : none, *out NULL. */
MUST_CHECK enum err health_door_open(struct world *w, const char *listen, struct httpd **out,
                                     struct why *why);
