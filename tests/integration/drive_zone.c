/* drive_zone: local time by hand. One question a line, one answer a line:
 *
 *   NAME offset SECONDS     seconds that local time is ahead at this moment (UTC seconds)
 *   NAME utc SECONDS        the moment of this local time
 *   NAME due SECONDS DAYS HOUR MINUTE   when "in DAYS days at HOUR:MINUTE" is due, said at SECONDS
 *
 * "absent" for a zone that is not there.
 */
#include <stdio.h>
#include <string.h>

#include "../../common/io/tzdata.h"
#include "../../common/nlu/when_due.h"

struct drive {
    struct arena *arena;
    char name[ZONE_NAME_MAX + 1];
    struct zone zone;
    bool there;
};

static void open_zone(struct drive *d, const char *name) {
    struct span bytes;
    if (strcmp(d->name, name) == 0)
        return;
    arena_reset(d->arena);
    snprintf(d->name, sizeof d->name, "%s", name);
    d->there =
        tzdata_read(d->arena, name, &bytes) == OK && zone_parse(d->arena, bytes, &d->zone) == OK;
}

static long long answer(const struct drive *d, const char *what, const long long n[4]) {
    struct when w = {
        .days = (int)n[1], .minutes = WHEN_NONE, .hour = (int)n[2], .minute = (int)n[3]};
    if (strcmp(what, "offset") == 0)
        return zone_offset(&d->zone, n[0]);
    if (strcmp(what, "utc") == 0)
        return zone_utc(&d->zone, n[0]);
    return when_due(&w, n[0] * 1000, &d->zone) / 1000;
}

int main(void) {
    struct drive d = {.arena = arena_new()};
    char line[256], name[ZONE_NAME_MAX + 1], what[16];
    while (fgets(line, sizeof line, stdin)) {
        long long n[4] = {0};
        if (sscanf(line, "%64s %15s %lld %lld %lld %lld", name, what, n, n + 1, n + 2, n + 3) < 3)
            return 2;
        open_zone(&d, name);
        if (d.there)
            printf("%lld\n", answer(&d, what, n));
        else
            puts("absent");
    }
    arena_free(d.arena);
    return 0;
}
