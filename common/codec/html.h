/*
 * html: what a person would read of an HTML mail, as plain text. A small tolerant tokenizer: linear
 * in its input, of bounded depth, it loads and runs nothing. Blocks become lines, list items "- ",
 * links `text <href>` where the two differ; scripts, styles and what is hidden are left out.
 *
 * Quoted mail is marked the way plain text marks it, so that quote.h can cut it: blockquotes and
 * the containers of the usual clients get "> ", and where Outlook begins what it answers stands a
 * line of underscores. A forwarded message is not a quotation and gets no mark.
 */
#pragma once
#include <stdint.h>

#include "../base/arena.h"
#include "../base/span.h"

#define HTML_BYTES_MAX (2 * 1024 * 1024) /* what comes behind is not read */
#define HTML_DEPTH_MAX 200

/* html: valid UTF-8. The text is valid UTF-8 without NUL, in the arena. */
char *html_text(struct arena *a, struct span html);
/* One character reference at s ("&…"): its length, and the code point; 0: it is none. */
size_t html_reference(struct span s, uint32_t *cp);
