/* policy_load: a policy with the time zone it names, from this machine's files. */
#pragma once
#include "../decide/policy.h"

/* policy_parse, and a zone that is not installed here is refused at /time_zone. */
MUST_CHECK enum err policy_load(struct span json, struct policy **out, struct why *why);
