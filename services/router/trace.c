#include "trace.h"

#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"

#define REQUEST_ID_MAX 64
#define TRACE_DIGITS 32
#define SPAN_DIGITS 16
#define PARENT_CHARS 55 /* "00-" trace "-" span "-" flags */
#define FRESH_BYTES 16

static bool is_request_id(const char *s) {
    size_t n = 0;
    while (s[n] > ' ' && s[n] < 0x7f)
        n++;
    return n >= 1 && n <= REQUEST_ID_MAX && s[n] == '\0';
}

/* n lower-case hex digits, not all of them zero. */
static bool is_hex_name(const char *s, size_t n) {
    return strspn(s, "0123456789abcdef") >= n && strspn(s, "0") < n;
}

/* The trace id in a traceparent of any version; NULL if it is not one. */
static const char *parent_trace(const char *s) {
    size_t n = strlen(s);
    bool framed = n >= PARENT_CHARS && s[2] == '-' && s[35] == '-' && s[52] == '-';
    if (!framed || strspn(s, "0123456789abcdef") != 2 || strncmp(s, "ff", 2) == 0)
        return NULL;
    if (n > PARENT_CHARS && (strncmp(s, "00", 2) == 0 || s[PARENT_CHARS] != '-'))
        return NULL;
    bool flagged = strspn(s + 53, "0123456789abcdef") >= 2;
    if (!flagged || !is_hex_name(s + 3, TRACE_DIGITS) || !is_hex_name(s + 36, SPAN_DIGITS))
        return NULL;
    return s + 3;
}

struct trace trace_read(const struct http_call *call) {
    const char *id = wire_header_find(call->headers, call->n_headers, "x-request-id");
    const char *parent = wire_header_find(call->headers, call->n_headers, "traceparent");
    const char *given = parent ? parent_trace(parent) : NULL;
    uint8_t random[FRESH_BYTES];
    crypto_random(random, sizeof random);
    const char *fresh = enc_hex(call->arena, random, sizeof random);
    return (struct trace){
        .request_id = id && is_request_id(id) ? id : fresh,
        .trace_id = given ? arena_strndup(call->arena, given, TRACE_DIGITS) : fresh,
    };
}
