/*
 * read: one text -> one reading: language, intent, emotion with evidence, urgency, wish for a
 * person, stance, sensitive subject, facts. The door of this room; everything else in it serves
 * this function. Pure.
 */
#pragma once
#include "../base/arena.h"
#include "../base/buf.h"
#include "../model/reading.h"
#include "../model/usage.h"
#include "intent.h"

struct read_input {
    const char *text;                 /* valid UTF-8, may be "" */
    const char *subject;              /* of a mail; NULL or "" for none */
    const char *locale;               /* "da-DK" of the message; NULL unknown */
    const char *earlier_language;     /* of the conversation; "" unknown */
    const char *channel_language;     /* the channel's default; "" unknown */
    const struct intent_model *model; /* NULL: no model; intent is then "" */
    const struct usage *usage;        /* the operator's numbers and norms; NULL: none named */
    bool figures; /* also bank accounts, amounts and dates, which nobody remembers: to show them */
};
void read_text(struct arena *a, const struct read_input *in, struct reading *out);
/* The answer of POST /v1/analyze for a reading. */
void read_render(const struct reading *r, struct buf *out);
