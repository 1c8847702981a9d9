/*
 * promise: what an outgoing text commits us to, and by when: "I will call you before Friday". A
 * promise without a time, or with a vague one, is found and marked: nobody can keep "soon". It
 * finds wordings of five languages, no meaning. Pure.
 */
#pragma once
#include "../base/arena.h"
#include "when_due.h"

#define PROMISE_MAX 8

struct promise_found {
    int start, end;   /* code points: the sentence */
    const char *text; /* it */
    int64_t due_ms;   /* 0: none that could be kept */
    bool vague;       /* names no time, or one such as "soon" */
};

/* now and zone: of whoever reads it. Returns how many. */
int promise_find(struct arena *a, const char *text, int64_t now_ms, const struct zone *zone,
                 struct promise_found out[PROMISE_MAX]);
