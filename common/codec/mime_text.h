/* mime_text: what there is to read of a mail's parts: one text, and the HTML as it came. Plain text
 * is preferred, an HTML stands in where there is none; charsets are undone, format=flowed (RFC
 * 3676) is put back together, lines end in LF. Valid UTF-8 without NUL. */
#pragma once
#include "mime.h"

#define MIME_TEXT_BYTES_MAX (1024 * 1024)
#define MIME_HTML_BYTES_MAX (256 * 1024)

char *mime_text(struct arena *a, const struct mime_mail *mail);
char *mime_text_html(struct arena *a, const struct mime_mail *mail); /* "" if there is none */
/* Text of ours, however long its source: CRLF and CR to LF, cut at a border of characters. */
char *mime_text_tidy(struct arena *a, const char *text, size_t max);
