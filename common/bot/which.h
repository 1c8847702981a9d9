/*
 * which: what a reply says to "which of these two do you mean?": by its place ("the second", "de
 * eerste", "第一个", "2"), or by words that one of the two has and the other has not. A reply that
 * says both, neither or something else says nothing; nothing is guessed.
 */
#pragma once
#include "../base/arena.h"
#include "thesaurus.h"

#define WHICH_TEXTS_MAX 16 /* of one choice; more are not looked at */

/* One of the two, in all the ways it is asked. */
struct which_choice {
    const char *const *texts;
    int n;
};

/* 1 or 2; 0: it does not say. */
int which_by_place(struct arena *a, const char *reply);
int which_by_name(struct arena *a, const struct thesaurus *t, const char *reply,
                  const struct which_choice choices[2]);
/* By place, else by name; 0 as well where the reply says that it is neither or both. */
int which_said(struct arena *a, const struct thesaurus *t, const char *reply,
               const struct which_choice choices[2]);
