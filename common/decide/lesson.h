/*
 * lesson: what people teach by taking over. Recorded customer turns of conversations, one after
 * another -> rows {inputs of the hand-over sum, should a person have come?}. A turn says yes if a
 * person took over or the bot gave up before the customer wrote again, or if the next thing the
 * customer wrote was a wish for a person. Turns that the machine itself gave to people are no rows:
 * nobody knows whether people would have come. Bounded: a full lesson takes no more rows. Pure.
 */
#pragma once
#include "../model/decision.h"
#include "handover.h"

#define LESSON_ROWS_MAX 50000
#define LESSON_SOON_MS INT64_C(86400000) /* who comes later than that came for something else */

struct lesson_row {
    double x[HANDOVER_INPUTS];
    int conversation; /* counted from 0 in the order they came */
    int course;       /* a stretch with the bot; its rows stand together */
    bool should;      /* a person should have come at this turn */
    bool last;        /* and here one came, or was asked for: the course ends */
};

enum lesson_cause { LESSON_NOBODY, LESSON_TOOK_OVER, LESSON_GAVE_UP };

/* One judged message of a customer, in the order of its conversation. */
struct lesson_turn {
    struct uid conversation_id;
    int64_t at_ms;
    const struct decision *decision;
    enum lesson_cause cause; /* why people came first at or after this turn, */
    int64_t came_ms;         /* and when; nobody: 0 */
};

struct lesson {
    struct lesson_row *rows;
    int n, conversations, courses;
    int taken, given_up, asked; /* courses by how they ended */
    /* the course at hand */
    struct uid conversation_id;
    bool open; /* the last row is of this course and may still hear that people came */
    enum lesson_cause cause;
    int64_t at_ms, came_ms;
};

void lesson_open(struct arena *a, struct lesson *l);
/* False: there is no room, nothing was taken. */
bool lesson_take(struct lesson *l, const struct lesson_turn *t);
void lesson_close(struct lesson *l); /* nothing comes behind the last turn */
