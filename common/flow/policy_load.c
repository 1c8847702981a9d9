#include "policy_load.h"

#include "../io/tzdata.h"

enum err policy_load(struct span json, struct policy **out, struct why *why) {
    struct arena *a = arena_new();
    struct span tzif = {NULL, 0};
    const char *name = policy_zone_name(a, json);
    if (*name && tzdata_read(a, name, &tzif) != OK)
        tzif = (struct span){NULL, 0};
    enum err e = policy_parse_zoned(json, tzif, out, why);
    arena_free(a);
    return e;
}
