/* tzdata: the machine's files of time zones, as bytes. What they mean is codec/zone.h's to say. */
#pragma once
#include "../base/arena.h"
#include "../base/span.h"
#include "../codec/zone.h"

/* By name, "Europe/Copenhagen". ERR_ABSENT: no such zone here; ERR_TOO_LARGE: no such file. */
MUST_CHECK enum err tzdata_read(struct arena *a, const char *name, struct span *out);
/* The same, read. ERR_MALFORMED: no file of a zone. */
MUST_CHECK enum err tzdata_zone(struct arena *a, const char *name, struct zone *out);
