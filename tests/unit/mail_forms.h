/* mail_forms: bodies of multipart forms, for the tests of Mailgun and SendGrid. */
#pragma once
#include "../../common/base/arena.h"
#include "../../common/codec/wire.h"

struct mail_field {
    const char *name, *file, *value; /* file NULL: a field */
};

static inline struct wire_request mail_forms(struct arena *a, const struct mail_field *fields) {
    struct wire_header *h = ARENA_NEW(a, struct wire_header);
    const char *body = "";
    for (; fields->name; fields++) {
        const char *file = fields->file ? arena_printf(a, "; filename=\"%s\"", fields->file) : "";
        body = arena_printf(
            a, "%s--b\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n%s\r\n%s\r\n", body,
            fields->name, file, fields->file ? "Content-Type: image/png\r\n" : "", fields->value);
    }
    *h = (struct wire_header){"Content-Type", "multipart/form-data; boundary=b"};
    return (struct wire_request){"POST", "/", h, 1, span_of(arena_printf(a, "%s--b--\r\n", body))};
}
