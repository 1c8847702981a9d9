/* quote_mark: which line begins what somebody else wrote. Private to quote*.c. */
#pragma once
#include "quote.h"

struct quote_line {
    struct span raw;  /* as in the text, without its newline */
    struct span text; /* trimmed, odd spaces made plain, marks nobody sees dropped */
    bool blank;
    bool quoted; /* begins with '>' */
};
struct quote_lines {
    struct quote_line *items;
    int n;
};

enum quote_mark {
    QUOTE_NONE,
    QUOTE_WROTE,    /* "On … wrote:" */
    QUOTE_ORIGINAL, /* "-----Original Message-----", "reply above this line" */
    QUOTE_HEADERS,  /* From, Sent, To, Subject */
    QUOTE_FORWARD   /* "---------- Forwarded message" */
};

/* What begins with line i, and how many lines it is itself. */
enum quote_mark quote_mark_at(const struct quote_lines *lines, int i, int *n);
/* "Sent from my …" */
bool quote_mark_device(const struct quote_line *line);
/* Only dashes, underscores, stars or equals signs, at least three. */
bool quote_mark_rule(const struct quote_line *line);
