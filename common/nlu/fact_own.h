/*
 * fact_own: the numbers whose shape the operator named: order numbers, customer numbers, whatever
 * their policy lists. Linear in the text, and free where no pattern is named. Pure.
 */
#pragma once
#include "../model/reading.h"
#include "../model/usage.h"

#define FACT_OWN_EACH_MAX 4 /* finds of one pattern in a text */
#define FACT_OWN_MAX 6      /* of all */
#define FACT_OWN_SURE 0.99  /* the pattern has letters or marks of its own, or a word says so */
#define FACT_OWN_BARE 0.8   /* nothing but digits: a number of that length */

struct fact_own {
    struct reading_fact fact;
    bool bare;
};
/* Returns how many, none overlapping another, in the order of the patterns. *steps (or NULL): what
 * it cost, in steps of an automaton. */
int fact_own_find(struct arena *a, const char *text, const struct usage *usage,
                  struct fact_own out[FACT_OWN_MAX], int64_t *steps);
