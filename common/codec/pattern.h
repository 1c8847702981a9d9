/*
 * pattern: what a number of somebody's looks like, "DK~#{5,8}", found in a text in linear time: one
 * word of bits is the whole automaton, there is nothing to go back to.
 *
 *   #  a digit     @  a letter A-Z     &  either     [AB0-4]  one of these     \#  the mark itself
 *   ~  one of space - . / _ (and their relatives), or nothing
 *   {5}  {4,8}  ?  how often what stands before; anything else stands for itself
 *
 * Capitals and full-width forms are alike. A find is no part of a longer word or number. It refuses
 * what would find any word: fewer than three characters, or none that must be a digit. Pure.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"

#define PATTERN_POSITIONS_MAX 48 /* code points of the longest find */
#define PATTERN_REQUIRED_MIN 3   /* of the shortest */
#define PATTERN_CHARS_MAX 128    /* of a pattern as it is written */
#define PATTERN_OTHERS_MAX 64    /* code points beyond ASCII that a pattern tells apart */
#define PATTERN_VALUE_MAX (PATTERN_POSITIONS_MAX * 4 + 1)

/* Bit 0 of a state is the start, bit i + 1 means that i + 1 positions lie behind. */
struct pattern {
    uint64_t ascii[128]; /* positions that take this code point */
    struct {
        uint32_t cp;
        uint64_t takes;
    } others[PATTERN_OTHERS_MAX]; /* in order of cp */
    int n_others, positions;
    uint64_t optional, before, last; /* positions that may be left out; around each run of them */
    uint64_t separators;
    bool digits_only; /* nothing but digits and separators: many things look like it */
};
/* ERR_INVALID with why (the pointer is the caller's) says which character is wrong. */
MUST_CHECK enum err pattern_compile(const char *text, const char *at, struct pattern *out,
                                    struct why *why);

struct pattern_text {
    const uint32_t *folded; /* one a code point */
    const uint8_t *edges;   /* n + 1: may a find start, may one end before this code point? */
    int n;
    int64_t steps; /* of all automata that ran over it */
};
/* n: no more than so many code points are looked at. */
void pattern_open(struct arena *a, const char *text, int n, struct pattern_text *out);

struct pattern_match {
    int start, end; /* code points, end exclusive */
};
/* The first to end of those that start at `from` or later, as long as it gets; false for none. All
 * finds of a text cost at most a step a code point and PATTERN_POSITIONS_MAX squared a find. */
bool pattern_find(const struct pattern *p, struct pattern_text *t, int from,
                  struct pattern_match *out);
/* The find in capitals, every separator written as the one given (0: left out). */
void pattern_value(const struct pattern *p, const struct pattern_text *t, struct pattern_match m,
                   char separator, char out[PATTERN_VALUE_MAX]);
