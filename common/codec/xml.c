#include "xml.h"

#include <expat.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "../base/buf.h"

struct reader {
    XML_Parser parser;
    struct arena *arena;
    struct xml_fields *out;
    struct buf text;
    int depth;
    bool leaf; /* nothing was opened within the element at hand */
    enum err failed;
};

static void stop(struct reader *r, enum err e) {
    r->failed = e;
    XML_StopParser(r->parser, XML_FALSE);
}

static void on_doctype(void *data, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_internal_subset) {
    (void)name, (void)system_id, (void)public_id, (void)has_internal_subset;
    stop(data, ERR_MALFORMED);
}

static void on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
    struct reader *r = data;
    (void)name, (void)attributes;
    r->leaf = true;
    buf_reset(&r->text);
    if (++r->depth > XML_DEPTH_MAX)
        stop(r, ERR_TOO_LARGE);
}

static void on_end(void *data, const XML_Char *name) {
    struct reader *r = data;
    bool field = r->leaf && r->depth > 1;
    r->leaf = false;
    r->depth--;
    if (!field || r->failed)
        return;
    if (r->out->n == XML_FIELDS_MAX) {
        stop(r, ERR_TOO_LARGE);
        return;
    }
    struct span text = buf_span(&r->text);
    r->out->items[r->out->n++] =
        (struct xml_field){arena_strdup(r->arena, name), arena_strndup(r->arena, text.p, text.n)};
}

static void on_text(void *data, const XML_Char *text, int n) {
    struct reader *r = data;
    buf_add(&r->text, text, (size_t)n);
}

enum err xml_parse(struct arena *a, struct span raw, struct xml_fields *out) {
    struct reader r = {.arena = a, .out = out};
    *out = (struct xml_fields){ARENA_ARRAY(a, struct xml_field, XML_FIELDS_MAX), 0};
    if (raw.n == 0 || raw.n > INT_MAX)
        return ERR_MALFORMED;
    r.parser = XML_ParserCreate(NULL);
    if (!r.parser)
        abort();
    buf_init(&r.text, raw.n * 3); /* Latin-1 and UTF-16 grow */
    XML_SetUserData(r.parser, &r);
    XML_SetStartDoctypeDeclHandler(r.parser, on_doctype);
    XML_SetElementHandler(r.parser, on_start, on_end);
    XML_SetCharacterDataHandler(r.parser, on_text);
    bool good = XML_Parse(r.parser, raw.p, (int)raw.n, XML_TRUE) == XML_STATUS_OK;
    XML_ParserFree(r.parser);
    buf_fini(&r.text);
    if (r.failed)
        return r.failed;
    return good ? OK : ERR_MALFORMED;
}

const char *xml_text(const struct xml_fields *fields, const char *name) {
    for (int i = 0; i < fields->n; i++)
        if (strcmp(fields->items[i].name, name) == 0)
            return fields->items[i].value;
    return "";
}
