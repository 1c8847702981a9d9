/* html_out: the writing side of html.c: white space is folded, lines begin with the mark of the
 * quotation they stand in. Private to html*.c. */
#pragma once
#include <stdbool.h>

#include "html.h"

enum html_box { HTML_PLAIN, HTML_HIDDEN, HTML_QUOTED, HTML_BLOCKQUOTE, HTML_ANSWERED };

struct html_out;
struct html_out *html_out_new(struct arena *a);
char *html_out_done(struct html_out *o);

void html_out_text(struct html_out *o, struct span text); /* with character references */
void html_out_lines(struct html_out *o, int n);           /* 1: a new line, 2: an empty one too */
void html_out_break(struct html_out *o);
void html_out_space(struct html_out *o);
void html_out_item(struct html_out *o);
void html_out_list(struct html_out *o, bool closing, bool counted);
void html_out_verbatim(struct html_out *o, bool on);
void html_out_link(struct html_out *o, struct span href); /* empty: it ends */
void html_out_open(struct html_out *o, enum html_box box, const char *name);
void html_out_close(struct html_out *o, const char *name);
