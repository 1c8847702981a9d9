/*
 * mime_head: the header of a mail (RFC 5322) or of anything written like one: fields in order,
 * every value of a name, unfolded. Tolerant: broken lines are passed over, 8-bit values are UTF-8
 * or else windows-1252. Values that leave are valid UTF-8 without control characters, so that no
 * CR, LF or NUL of a stranger's gets anywhere.
 */
#pragma once
#include <stdbool.h>

#include "../base/arena.h"
#include "../base/span.h"

#define MIME_HEAD_FIELDS_MAX 2000
#define MIME_HEAD_VALUE_MAX (64 * 1024) /* bytes; what comes behind is left out */

struct mime_field {
    struct span name, raw; /* raw: still folded and encoded */
};
struct mime_head {
    struct mime_field *fields;
    int n, cap;
};

/* Bytes of the header with the empty line behind it; 0: there is none. */
size_t mime_head_parse(struct arena *a, struct span bytes, struct mime_head *out);
/* One more field; borrows both. */
void mime_head_add(struct arena *a, struct mime_head *head, struct span name, struct span value);
/* First value, with its encoded words (RFC 2047) decoded; NULL: no such field. */
char *mime_head_text(struct arena *a, const struct mime_head *head, const char *name);
/* First value as it stands, for what has a grammar of its own; NULL: no such field. */
char *mime_head_plain(struct arena *a, const struct mime_head *head, const char *name);
/* All values as they stand, at most max. */
int mime_head_all(struct arena *a, const struct mime_head *head, const char *name, const char **out,
                  int max);
int mime_head_count(const struct mime_head *head, const char *name);
/* One value: unfolded, its encoded words decoded. */
char *mime_head_decode(struct arena *a, struct span raw);
