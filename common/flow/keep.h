/* keep: what is promised in passing. The steps of promises stand in step.h. Private to flow. */
#pragma once
#include "step.h"

/* A promise with a moment in it, in a text that goes out, is recorded as if it had been entered. */
void keep_what_is_said(struct step *s, const char *text);
