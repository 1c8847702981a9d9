/* trace: the two names of a call: X-Request-Id and the W3C trace id (traceparent). A name that is
 * not well-formed is passed over, never refused. */
#pragma once
#include "../../common/io/httpd.h"

struct trace {
    const char *request_id; /* the caller's, or a fresh one */
    const char *trace_id;   /* 32 hex digits: the caller's, or a fresh one */
};

/* Texts live in the call's arena or its headers. */
struct trace trace_read(const struct http_call *call);
