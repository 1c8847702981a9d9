/* policyfile: a policy as a file. Says on stderr what is wrong with it, and where. */
#pragma once
#include "../../common/decide/policy.h"

/* NULL: told why; else policy_free. path NULL is the built-in policy. */
struct policy *policyfile_open(const char *path);
