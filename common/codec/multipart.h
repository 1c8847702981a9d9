/*
 * multipart: a multipart/form-data body (RFC 7578) as its parts, over the raw bytes. Strict about
 * the frame (a boundary that is missing or never closed is ERR_MALFORMED: nothing is to be lost in
 * a cut body), tolerant about the rest. Parts borrow their bytes from the body and decode nothing:
 * a field may be in any charset.
 */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"
#include "../base/span.h"

#define MULTIPART_PARTS_MAX 1000
#define MULTIPART_HEADER_BYTES_MAX (16 * 1024) /* of one part */
#define MULTIPART_BOUNDARY_MAX 200

struct multipart_part {
    const char *name;         /* valid UTF-8; "" if it has none */
    const char *filename;     /* valid UTF-8, as sent: it may be a path; NULL: a plain field */
    const char *content_type; /* with parameters; "" if not said */
    struct span bytes;
};

/* ERR_MALFORMED: not multipart/form-data, or not whole. ERR_TOO_LARGE: more or larger than the
 * limits. */
MUST_CHECK enum err multipart_parse(struct arena *a, const char *content_type, struct span body,
                                    struct multipart_part **parts, int *n);
/* A parameter of a header value (`; name=value`, quoted or not); NULL if there is none. */
char *multipart_parameter(struct arena *a, struct span value, const char *name);
/* First part of that name; NULL if there is none. */
const struct multipart_part *multipart_find(const struct multipart_part *parts, int n,
                                            const char *name);
