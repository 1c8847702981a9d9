/*
 * quote: what the person wrote now, out of the text of a mail: quoted mail and the signature are
 * told apart by a scanner of lines, linear in the text, that knows the words of many clients and
 * languages. In doubt it keeps: a text without a mark it knows is never cut, answers between or
 * below quoted lines keep their quotations, a forwarded message stays, and where nothing would be
 * left everything is kept. Nothing is rewritten: results are pieces of the text.
 */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"
#include "../base/span.h"

struct quote {
    struct span now;       /* what the person wrote; trimmed of empty lines */
    struct span signature; /* empty: none was cut */
    bool cut;              /* `now` is not the whole text */
    bool forwards;         /* a forwarded message is part of it */
};

/* text: valid UTF-8. forwarded: something else (the subject) says that it forwards. */
struct quote quote_read(struct arena *a, const char *text, bool forwarded);
