#include "mime.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "mime_guard.h"

#define NAME_MAX_BYTES 255

void mime_setup(void) { g_mime_init(); }

struct walk {
    struct arena *arena;
    struct mime_mail *mail;
    struct span bytes; /* what GMime reads */
    const char *boundaries[MIME_DEPTH_MAX + 1];
    int n_boundaries;
    int cap;
};

/* ---- what GMime says, as ours ---- */

static const char *text_of(struct arena *a, const char *s) {
    return s ? mime_head_decode(a, span_of(s)) : "";
}

static const char *lower(struct arena *a, const char *s) {
    char *out = arena_strdup(a, text_of(a, s));
    for (char *c = out; *c; c++)
        *c = (char)g_ascii_tolower(*c);
    return out;
}

static const char *type_of(struct arena *a, GMimeObject *object) {
    GMimeContentType *t = g_mime_object_get_content_type(object);
    const char *type = t ? g_mime_content_type_get_media_type(t) : NULL;
    const char *sub = t ? g_mime_content_type_get_media_subtype(t) : NULL;
    return lower(a, type && sub ? arena_printf(a, "%s/%s", type, sub) : "text/plain");
}

static const char *parameter(struct walk *w, GMimeObject *object, const char *name) {
    return text_of(w->arena, g_mime_object_get_content_type_parameter(object, name));
}

/* Behind the last slash of either kind. */
static const char *base_name(struct arena *a, const char *name) {
    for (const char *c = name; *c; c++)
        if ((*c == '/' || *c == '\\') && c[1])
            name = c + 1;
    size_t n = strlen(name);
    for (n = n > NAME_MAX_BYTES ? NAME_MAX_BYTES : n; n && (name[n] & 0xc0) == 0x80;)
        n--;
    return arena_strndup(a, name, n);
}

static const char *name_of(struct walk *w, GMimeObject *object) {
    const char *name = g_mime_object_get_content_disposition_parameter(object, "filename");
    if (!name || !*name)
        name = g_mime_object_get_content_type_parameter(object, "name");
    return base_name(w->arena, text_of(w->arena, name));
}

/* ---- leaves ---- */

static struct mime_part *add(struct walk *w) {
    struct mime_mail *m = w->mail;
    if (m->n_parts == MIME_PARTS_MAX) {
        m->truncated = true;
        return NULL;
    }
    if (m->n_parts == w->cap) {
        w->cap = w->cap ? 2 * w->cap : 8;
        struct mime_part *parts = ARENA_ARRAY(w->arena, struct mime_part, w->cap);
        if (m->n_parts)
            memcpy(parts, m->parts, sizeof *parts * (size_t)m->n_parts);
        m->parts = parts;
    }
    return &m->parts[m->n_parts++];
}

/* A plain or HTML text that stands where it is to be read: not attached, and not one with a name
 * behind the first. */
static bool readable(const struct walk *w, const struct mime_part *p, const char *disposition) {
    bool text = !strcmp(p->type, "text/plain") || !strcmp(p->type, "text/html") ||
                !strcmp(p->type, "text/enriched") || !strcmp(p->type, "text/markdown");
    return text && (!disposition || strcasecmp(disposition, "attachment") != 0) &&
           (!*p->name || w->mail->n_parts == 1);
}

static void describe(struct walk *w, GMimeObject *object, struct mime_part *p) {
    const char *id = g_mime_object_get_content_id(object);
    p->type = type_of(w->arena, object);
    p->name = name_of(w, object);
    p->content_id = text_of(w->arena, id);
    p->charset = parameter(w, object, "charset");
    p->attachment = !readable(w, p, g_mime_object_get_disposition(object));
    p->flowed = !strcasecmp(parameter(w, object, "format"), "flowed");
    p->delsp = !strcasecmp(parameter(w, object, "delsp"), "yes");
    p->bytes = (struct span){"", 0};
}

/* The bytes with their transfer encoding undone. */
static void take_content(struct walk *w, GMimeDataWrapper *content, struct mime_part *p) {
    if (!content)
        return;
    GMimeStream *to = g_mime_stream_mem_new();
    g_mime_data_wrapper_write_to_stream(content, to);
    GByteArray *bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(to));
    if (bytes->len)
        p->bytes = (struct span){arena_copy(w->arena, bytes->data, bytes->len), bytes->len};
    g_object_unref(to);
}

static gint64 first_offset(GMimeObject *object) {
    GMimeHeaderList *list = object ? g_mime_object_get_header_list(object) : NULL;
    GMimeHeader *h = list && g_mime_header_list_get_count(list) > 0
                         ? g_mime_header_list_get_header_at(list, 0)
                         : NULL;
    return h ? g_mime_header_get_offset(h) : -1;
}

/* A message in the message as it stands: from its first field to the boundary it lies before. */
static void take_message(struct walk *w, GMimeMessage *message, struct mime_part *p) {
    gint64 a = first_offset(GMIME_OBJECT(message));
    gint64 b = message ? first_offset(g_mime_message_get_mime_part(message)) : -1;
    gint64 from = a < 0 || (b >= 0 && b < a) ? b : a;
    if (from < 0 || from >= (gint64)w->bytes.n)
        return;
    struct span rest = {w->bytes.p + from, w->bytes.n - (size_t)from};
    p->bytes = mime_guard_until(rest, w->boundaries, w->n_boundaries);
}

static void take_leaf(struct walk *w, GMimeObject *object) {
    struct mime_part *p = add(w);
    if (!p)
        return;
    describe(w, object, p);
    if (GMIME_IS_MESSAGE_PART(object))
        take_message(w, g_mime_message_part_get_message(GMIME_MESSAGE_PART(object)), p);
    else if (GMIME_IS_PART(object))
        take_content(w, g_mime_part_get_content(GMIME_PART(object)), p);
}

/* ---- trees ---- */

static bool filled(struct span s) { return span_trim(s).n > 0; }

/* Beside a plain text that says something, its HTML is the same once more. */
static void shadow(struct mime_mail *m, int from) {
    bool plain = false;
    for (int i = from; i < m->n_parts; i++)
        plain |= !m->parts[i].attachment && !strcmp(m->parts[i].type, "text/plain") &&
                 filled(m->parts[i].bytes);
    for (int i = from; i < m->n_parts && plain; i++)
        m->parts[i].shadowed = !strcmp(m->parts[i].type, "text/html");
}

static void take(struct walk *w, GMimeObject *object, int depth);

static void take_children(struct walk *w, GMimeMultipart *multipart, int depth) {
    GMimeObject *object = GMIME_OBJECT(multipart);
    const char *boundary = parameter(w, object, "boundary");
    int n = g_mime_multipart_get_count(multipart), from = w->mail->n_parts;
    if (*boundary)
        w->boundaries[w->n_boundaries++] = boundary;
    for (int i = 0; i < n; i++)
        take(w, g_mime_multipart_get_part(multipart, i), depth + 1);
    w->n_boundaries -= *boundary ? 1 : 0;
    if (!strcmp(type_of(w->arena, object), "multipart/alternative"))
        shadow(w->mail, from);
}

static void take(struct walk *w, GMimeObject *object, int depth) {
    if (depth > MIME_DEPTH_MAX)
        w->mail->truncated = true;
    else if (GMIME_IS_MULTIPART(object))
        take_children(w, GMIME_MULTIPART(object), depth);
    else
        take_leaf(w, object);
}

static GMimeObject *parse(struct span bytes) {
    GByteArray *all = g_byte_array_sized_new((guint)bytes.n);
    g_byte_array_append(all, (const guint8 *)bytes.p, (guint)bytes.n);
    GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(all);
    GMimeParser *parser = g_mime_parser_new_with_stream(stream);
    GMimeParserOptions *options = g_mime_parser_options_new();
    static const char *fallback[] = {"utf-8", "windows-1252", NULL};
    g_mime_parser_options_set_fallback_charsets(options, fallback);
    GMimeObject *object = g_mime_parser_construct_part(parser, options);
    g_mime_parser_options_free(options);
    g_object_unref(parser);
    g_object_unref(stream);
    return object;
}

enum err mime_parse(struct arena *a, struct span bytes, struct mime_mail *out) {
    memset(out, 0, sizeof *out);
    out->type = "text/plain";
    out->report_type = "";
    if (bytes.n > MIME_BYTES_MAX)
        return ERR_TOO_LARGE;
    struct walk w = {.arena = a, .mail = out};
    w.bytes = mime_guard(a, bytes, &out->head, &out->truncated);
    GMimeObject *object = parse(w.bytes);
    if (!object)
        return OK;
    out->type = type_of(a, object);
    out->report_type = lower(a, g_mime_object_get_content_type_parameter(object, "report-type"));
    take(&w, object, 1);
    g_object_unref(object);
    return OK;
}
