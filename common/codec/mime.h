/*
 * mime: the bytes of a mail as its header, its parts and its text, over GMime. Any bytes are a
 * mail: without a header they are its text, without MIME they are plain. What is too much is left
 * out and said (`truncated`), since the rest is still what somebody wrote; only more bytes than the
 * limit are refused. Texts are valid UTF-8 without NUL. A message in the message is a part, never
 * looked into. Nothing is executed, rendered or fetched.
 *
 * GMime keeps state of the process: mime_setup() once in every main, before threads, and in tests.
 * The only file with <gmime/...>. (It would rather re-encode a parameter than say where it stood;
 * so the header is read by mime_head.h, and GMime sees only the fields that describe the content.)
 */
#pragma once
#include "mime_head.h"

#define MIME_BYTES_MAX (25 * 1024 * 1024)
#define MIME_PARTS_MAX 1000
#define MIME_DEPTH_MAX 50

struct mime_part {
    const char *type;       /* lower case, "text/plain" */
    const char *name;       /* as the sender calls it, no path; "" */
    const char *content_id; /* without <>; "" */
    const char *charset;    /* as labelled; "" */
    bool attachment;        /* not a text to be read where it stands */
    bool shadowed;          /* an HTML beside its plain alternative */
    bool flowed, delsp;     /* RFC 3676 */
    struct span bytes;      /* transfer encoding undone */
};

struct mime_mail {
    struct mime_head head;
    const char *type;        /* of the whole, lower case: "multipart/report" */
    const char *report_type; /* lower case; "" */
    struct mime_part *parts; /* leaves, in order */
    int n_parts;
    bool truncated; /* parts or depth beyond the limits */
};

void mime_setup(void);
/* ERR_TOO_LARGE: more than MIME_BYTES_MAX. Borrows bytes. */
MUST_CHECK enum err mime_parse(struct arena *a, struct span bytes, struct mime_mail *out);
