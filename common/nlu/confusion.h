/*
 * confusion: where guesses go wrong, for whoever looks after the examples: what was taken for what,
 * how much could be left to a machine, and which texts are most worth a label. Pure.
 */
#pragma once
#include "tally.h"

/* Adds "confusion" (label -> guess -> how often, wrong ones only), "worst_confusions" with texts,
 * "automatable" (the share of all texts that can be answered at 99 % and at 98 % precision) and
 * "label_next" to an open JSON object. A refused text counts as the guess "oos". */
void confusion_report(struct arena *a, const struct tally_row *rows, int n, struct buf *out);
