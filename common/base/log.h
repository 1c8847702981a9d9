/*
 * log: one JSON or logfmt line per event on stderr. Never a message body: there is no function that
 * takes one; values are ids, codes and numbers. Values are escaped, so that no value makes a second
 * line. Lines past a rate limit are counted, not written; a blocked reader never blocks us.
 */
#pragma once
#include <stdint.h>

#include "err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Once, before threads. */
void log_setup(const char *service, const char *format, const char *level);

/* The calling thread's context, put on each of its lines; NULL takes it away. Copies. */
void log_context(const char *request_id, const char *trace_id);

struct log_field {
    const char *key;
    const char *text; /* NULL: number is the value */
    int64_t number;
};
/* A function, so that an array and a pointer that may be NULL do equally. */
static inline struct log_field log_text(const char *key, const char *text) {
    return (struct log_field){key, text ? text : "", 0};
}
#define LOG_T(k, v) log_text((k), (v))
#define LOG_N(k, v) ((struct log_field){(k), 0, (int64_t)(v)})

void log_line(enum log_level level, const char *event, const struct log_field *fields, int n);
#define log_event(level, event, ...)                                                               \
    log_line((level), (event), (struct log_field[]){__VA_ARGS__},                                  \
             (int)(sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)))
