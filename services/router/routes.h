/* routes: the table: method, pattern, roles, body and crew of every call there is, and the search
 * in it. */
#pragma once
#include "request.h"

#define ROUTES_ALLOW_MAX 64

/* OK: *route and the decoded parameters, in the arena. ERR_ABSENT: no such path. ERR_METHOD: allow
 * then lists the methods it has. ERR_MALFORMED: a broken escape in a parameter. */
MUST_CHECK enum err routes_find(struct arena *a, const struct http_call *call,
                                const struct route **route, const char *param[REQUEST_PARAMS_MAX],
                                char allow[ROUTES_ALLOW_MAX]);
