#include "note.h"

#include <string.h>

#define ROOM_FOR_END 24 /* ,"truncated":true} */

void note_open(struct note *n) {
    n->n_names = 0;
    n->cut = false;
    buf_init(&n->b, (size_t)NOTE_BYTES_MAX + 1024);
    buf_addc(&n->b, '{');
}

void note_fini(struct note *n) { buf_fini(&n->b); }

/* May a member of that name be added? */
static bool is_new(struct note *n, const char *name) {
    for (int i = 0; i < n->n_names; i++)
        if (strcmp(n->names[i], name) == 0)
            return false;
    bool room = n->n_names < NOTE_MEMBERS_MAX;
    if (room)
        n->names[n->n_names++] = name;
    n->cut |= !room;
    return room;
}

/* Takes the last member back if it is too much. */
static void keep_within(struct note *n, size_t before) {
    if (!n->b.full && n->b.len + ROOM_FOR_END <= NOTE_BYTES_MAX)
        return;
    n->b.len = before;
    n->b.p[before] = '\0';
    n->b.full = false;
    n->cut = true;
}

void note_text(struct note *n, const char *name, const char *text) {
    size_t before = n->b.len;
    if (!text || !*text || !is_new(n, name))
        return;
    json_put_text(&n->b, name, text);
    keep_within(n, before);
}

void note_flag(struct note *n, const char *name, bool holds) {
    size_t before = n->b.len;
    if (!holds || !is_new(n, name))
        return;
    json_put_flag(&n->b, name, true);
    keep_within(n, before);
}

void note_json(struct note *n, struct arena *a, const char *name, const json_t *value) {
    size_t before = n->b.len;
    if (!value || json_is_null(value) || !is_new(n, name))
        return;
    json_put_raw(&n->b, name, json_text(a, value));
    keep_within(n, before);
}

void note_members(struct note *n, struct arena *a, const json_t *from, const char *const names[]) {
    for (; *names; names++)
        note_json(n, a, *names, json_object_get(from, *names));
}

void note_cut(struct note *n, bool truncated) { n->cut |= truncated; }

const char *note_done(struct note *n, struct arena *a) {
    if (n->cut)
        json_put_flag(&n->b, "truncated", true);
    buf_addc(&n->b, '}');
    struct span text = buf_span(&n->b);
    return text.n > strlen("{}") ? arena_strndup(a, text.p, text.n) : NULL;
}
