/* quote_word: the words by which mail clients mark what they quote. Private to quote*.c. */
#pragma once
#include <stdbool.h>

#include "../base/span.h"

enum quote_label { QUOTE_LABEL_NONE, QUOTE_FROM, QUOTE_SENT, QUOTE_TO, QUOTE_CC, QUOTE_SUBJECT };

/* "From:" and its kin at the front of a line. */
enum quote_label quote_word_label(struct span line);
bool quote_word_wrote(struct span text); /* holds a form of "wrote" */
bool quote_word_opens(struct span line); /* begins as attributions begin: On, Am, a weekday, … */
bool quote_word_self(struct span text);  /* the writer speaks of himself: "I wrote" */
bool quote_word_original(struct span text); /* is "original message" */
bool quote_word_forward(struct span text);  /* is "forwarded message" */
bool quote_word_above(struct span text);    /* begins "reply above this line" */
bool quote_word_device(struct span line);   /* begins as "sent from my" does */
/* Without regard to the case of ASCII letters. */
bool quote_word_starts(struct span s, const char *word);
