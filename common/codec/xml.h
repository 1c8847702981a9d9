/*
 * xml: the flat XML that WeChat speaks, as pairs of name and text, over expat. A document type is
 * refused, and with it every entity but the five of XML itself: nothing is fetched, nothing grows.
 * Attributes are passed over; of nested elements the innermost count.
 */
#pragma once
#include "../base/arena.h"
#include "../base/span.h"

#define XML_FIELDS_MAX 128
#define XML_DEPTH_MAX 16

struct xml_field {
    const char *name, *value;
};
struct xml_fields {
    struct xml_field *items;
    int n;
};

/* In the arena, in order of their ends. ERR_MALFORMED: not well-formed, or a document type in it.
 * ERR_TOO_LARGE: more fields or levels than the limits. */
MUST_CHECK enum err xml_parse(struct arena *a, struct span raw, struct xml_fields *out);
/* The text of the first of that name; "" if there is none. */
const char *xml_text(const struct xml_fields *fields, const char *name);
