/*
 * tone: everything else a text shows beside its matter and its mood: the wish for a person, hurry
 * and deadlines, whom it speaks about (stance), a sensitive subject, and how the message stands in
 * a conversation. Pure.
 */
#pragma once
#include "cue.h"

/* After emotion_read: stance and complaint_first look at the valence. */
void tone_read(struct arena *a, const struct cue_source *from, struct reading *r);
