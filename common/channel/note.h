/*
 * note: the metadata of an inbound, a JSON object written member by member. What says nothing ("",
 * false, NULL) is left out, and so is a second member of a name. What would make it larger than
 * NOTE_BYTES_MAX or NOTE_MEMBERS_MAX is left out too, and "truncated" says so.
 */
#pragma once
#include "../codec/json.h"

#define NOTE_BYTES_MAX (16 * 1024)
#define NOTE_MEMBERS_MAX 160

struct note {
    struct buf b;
    const char *names[NOTE_MEMBERS_MAX]; /* borrowed until note_done */
    int n_names;
    bool cut;
};

void note_open(struct note *n);
void note_fini(struct note *n);
#define note_auto __attribute__((cleanup(note_fini))) struct note
void note_text(struct note *n, const char *name, const char *text);
void note_flag(struct note *n, const char *name, bool holds);
/* A member as it came, whatever it is. The arena is for passing use. */
void note_json(struct note *n, struct arena *a, const char *name, const json_t *value);
/* The named members of an object, those that are there. names ends in NULL. */
void note_members(struct note *n, struct arena *a, const json_t *from, const char *const names[]);
void note_cut(struct note *n, bool truncated); /* a text was cut */
/* The object as text in the arena; NULL if it has no member. */
const char *note_done(struct note *n, struct arena *a);
