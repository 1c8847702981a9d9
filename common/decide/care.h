/*
 * care: does this message call for a moment of care, how strongly and why; and what the customer
 * has spent. Strong or rising emotion, effort, a deadline that matters, a promise of ours that is
 * overdue. An unknown signal never makes one.
 */
#pragma once
#include "../model/decision.h"
#include "weighing.h"

/* 0 when it does not; else 0..1. Each cause becomes a reason of d. */
double care_need(const struct signals *s, const struct thresholds *t, const struct costs *k,
                 struct decision *d);
/* Points of effort the customer has spent in this episode. */
double care_effort(const struct signals *s, const struct effort_points *points);
/* Strength of a negative mood, 0..1; 0 for any other. Frustration counts less: something that does
 * not work is what most people write about. */
double care_distress(const struct signals *s, const struct costs *k);
/* Is the mood no moment of care by itself, but not neutral either? */
bool care_is_marked(const struct signals *s, const struct thresholds *t, const struct costs *k);
/* The signals as they would be without the display norm of the language; false if it did nothing.
 */
bool care_without_norm(const struct signals *s, struct signals *plain);
/* The value of a signal, or what to take where it is unknown. */
double care_value(const struct signals *s, enum signal_number n, double unknown);
/* Compared as floats, which signals are: a reading of 0.35 reaches a threshold of 0.35. */
bool care_reaches(double value, double threshold);
