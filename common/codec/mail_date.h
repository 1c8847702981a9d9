/* mail_date: the Date of a mail (RFC 5322 3.3) and what else is written there, without a locale.
 * It is the sender's claim: good for showing, not for ordering. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* Unix ms; false: not a date, or one outside of 1970..2200. */
bool mail_date_parse(const char *s, int64_t *wall_ms);
#define MAIL_DATE_MAX 40
/* "Mon, 03 Jun 2024 10:12:00 +0000" into out; returns out. */
char *mail_date_text(int64_t wall_ms, char out[MAIL_DATE_MAX]);
