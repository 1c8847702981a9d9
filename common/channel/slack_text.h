/* slack_text: what Slack escapes, as people read it: &amp; &lt; &gt;, <@U1|name>, <#C1|name>,
 * <!here>, <url|label>; and the escaping of what we send. */
#pragma once
#include "../base/arena.h"

char *slack_text_read(struct arena *a, const char *text);
char *slack_text_write(struct arena *a, const char *text);
