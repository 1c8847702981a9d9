/*
 * arena: a bump allocator owned by one thread for one turn, request or job.
 *
 * Everything parsers and stores return lives in the caller's arena. There is no free of a single
 * piece; reset gives all of it back at once. Out of memory aborts: inputs are capped, transactions
 * roll back, the supervisor restarts. Not thread-safe.
 */
#pragma once
#include <stddef.h>

#include "err.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);         /* accepts NULL */
void arena_reset(struct arena *a);        /* keeps one chunk for the next use */
size_t arena_used(const struct arena *a); /* bytes handed out since the last reset */

void *arena_alloc(struct arena *a, size_t size); /* zeroed, aligned for any type; never NULL */
void *arena_copy(struct arena *a, const void *p, size_t size);
char *arena_strdup(struct arena *a, const char *s);            /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t n); /* always NUL-terminated */
char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Not zeroed: for a large one of which most is never used. */
void *arena_room(struct arena *a, size_t size);
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))
#define ARENA_ROOM(a, type, n) ((type *)arena_room((a), sizeof(type) * (size_t)(n)))
/* The texts one behind the other: what printf does with %s only, in a tenth of the time. */
char *arena_join(struct arena *a, const char *const *texts, int n);
#define ARENA_JOIN(a, ...)                                                                         \
    arena_join((a), (const char *const[]){__VA_ARGS__},                                            \
               (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))
