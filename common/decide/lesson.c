#include "lesson.h"

#include <math.h>

/* From here on a message counts as asking for a person; the built-in rule begins there too. */
#define WISH 0.5

static double number(const struct decision *d, enum signal_number n) {
    return signals_known(&d->signals, n) ? (double)d->signals.number[n] : 0;
}

void lesson_open(struct arena *a, struct lesson *l) {
    *l = (struct lesson){.rows = ARENA_ARRAY(a, struct lesson_row, LESSON_ROWS_MAX)};
}

static void end_course(struct lesson *l) {
    l->courses += l->open;
    l->open = false;
}

static void people_came(struct lesson *l, int *counted) {
    struct lesson_row *row = &l->rows[l->n - 1];
    row->should = row->last = true;
    ++*counted;
    end_course(l);
}

/* What followed the last row, now that the next thing in its conversation came at until_ms. */
static void settle(struct lesson *l, int64_t until_ms) {
    bool soon = l->came_ms >= l->at_ms && l->came_ms - l->at_ms <= LESSON_SOON_MS;
    if (l->open && l->cause != LESSON_NOBODY && soon && l->came_ms < until_ms)
        people_came(l, l->cause == LESSON_TOOK_OVER ? &l->taken : &l->given_up);
}

static void enter(struct lesson *l, const struct lesson_turn *t) {
    if (l->conversations && uid_equal(l->conversation_id, t->conversation_id)) {
        settle(l, t->at_ms);
        return;
    }
    settle(l, INT64_MAX);
    end_course(l);
    l->conversation_id = t->conversation_id;
    l->conversations++;
}

static void add_row(struct lesson *l, const struct lesson_turn *t) {
    struct lesson_row *row = &l->rows[l->n++];
    *row = (struct lesson_row){.conversation = l->conversations - 1, .course = l->courses};
    handover_inputs(&t->decision->signals, row->x);
    for (int i = 0; i < HANDOVER_INPUTS; i++)
        row->x[i] = isfinite(row->x[i]) ? row->x[i] : 0; /* a record may say anything */
    l->open = true;
    l->cause = t->cause;
    l->at_ms = t->at_ms;
    l->came_ms = t->came_ms;
}

bool lesson_take(struct lesson *l, const struct lesson_turn *t) {
    const struct decision *d = t->decision;
    if (l->n == LESSON_ROWS_MAX)
        return false;
    if (number(d, SIGNAL_auto_message) > 0)
        return true;
    enter(l, t);
    if (number(d, SIGNAL_episode_new) > 0)
        end_course(l);
    bool by_people = number(d, SIGNAL_human_stretch) > 0 || d->mode >= MODE_HUMAN;
    if (l->open && by_people && number(d, SIGNAL_wants_human) >= WISH)
        people_came(l, &l->asked);
    if (by_people)
        end_course(l);
    else
        add_row(l, t);
    return true;
}

void lesson_close(struct lesson *l) {
    settle(l, INT64_MAX);
    end_course(l);
}
