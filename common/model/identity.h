/*
 * identity: one value that points to a customer, normalised so that equal means the same person:
 * email (case-folded, domain in lower case), phone (E.164), anything else trimmed as it is. No
 * look-alike ever matches: nothing is stripped that could tell two people apart.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "enums.h"

#define IDENTITY_KIND_MAX 80
#define IDENTITY_VALUE_MAX 320 /* code points */

struct identity {
    const char *kind;  /* "email", "phone", "channel:<id>", … */
    const char *value; /* normalised by identity_normalise() */
    enum trust trust;
};

/* kind: [a-z0-9][a-z0-9._:-]*. ERR_INVALID with a sentence in why. Result in the arena. */
MUST_CHECK enum err identity_normalise(struct arena *a, const char *kind, const char *value,
                                       const char **out, struct why *why);
/* The home bucket of an identity; a new customer takes that of the first one. */
uint8_t identity_bucket(const char *kind, const char *normalised);
/* A stored fingerprint of one, trust included: a claim that is verified later is another one. */
uint64_t identity_hash(const struct identity *i);
