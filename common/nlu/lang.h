/*
 * lang: which language a text is in. Script settles Chinese and what we do not speak; Latin text is
 * compared with n-gram profiles of the four Latin languages and of their neighbours, so that
 * Norwegian is not taken for Danish. Hints break ties on short texts and lose against clear
 * evidence. Built once at first use, then read-only.
 */
#pragma once
#include "../base/arena.h"
#include "scan.h"

#define LANG_UNKNOWN "und"

struct lang_hints {
    const char *locale, *earlier, *channel; /* "da-DK" or "da"; NULL or "" unknown */
};
struct lang_guess {
    const char *code;  /* "en" "nl" "da" "de" "zh" or LANG_UNKNOWN */
    double confidence; /* 0..1; for LANG_UNKNOWN that it is none of the five */
};
void lang_guess(const struct scan *s, const struct lang_hints *hints, struct lang_guess *out);
