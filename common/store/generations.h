/*
 * generations: the number that tells every process that its copy of the configuration is old. A
 * change and its new number are one statement, so neither is ever seen without the other.
 */
#pragma once
#include "statement.h"

/* What a dashboard hears of a change: that there was one (event kind 12). */
#define GENERATIONS_TOLD                                                                           \
    ", told AS (INSERT INTO event (bucket, kind, seq, n, at)"                                      \
    " SELECT 0, 12, 0, 0, now() FROM changed LIMIT 1)"
/* Ends a statement that opens with `WITH changed AS (... RETURNING ... AS created)`. */
#define GENERATIONS_BUMP                                                                           \
    GENERATIONS_TOLD                                                                               \
    " UPDATE generation SET number = number + 1 FROM changed RETURNING changed.created"
#define GENERATIONS_BUMP_KNOWLEDGE                                                                 \
    GENERATIONS_TOLD                                                                               \
    " UPDATE generation SET number = number + 1, knowledge = knowledge + 1 FROM changed"           \
    " RETURNING changed.created"

struct generation {
    int64_t number;    /* of everything configured */
    int64_t knowledge; /* of the knowledge alone */
};

MUST_CHECK enum err generations_read(struct pg *c, struct generation *out);
/* Runs a statement that ends in a bump. ERR_ABSENT: it changed nothing, so nothing moved. created
 * may be NULL. */
MUST_CHECK enum err generations_change(struct pg *c, const struct pg_stmt *s,
                                       const struct pg_args *args, bool *created);
/* Opens a transaction in which everything is as it was at one moment; nothing can be written in it.
 */
MUST_CHECK enum err generations_begin_reading(struct pg *c);
