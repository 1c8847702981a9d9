/* mime_guard: what is done to the bytes of a mail before a MIME parser sees them. Private to
 * mime*.c. */
#pragma once
#include "mime.h"

/* The mail with a header of nothing but its content fields, cut before the part that is one too
 * many (*truncated). head: the whole header as it came. */
struct span mime_guard(struct arena *a, struct span bytes, struct mime_head *head, bool *truncated);
/* The front of bytes up to the first line that is one of these boundaries. */
struct span mime_guard_until(struct span bytes, const char *const *boundaries, int n);
