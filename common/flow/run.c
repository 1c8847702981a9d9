#include "run.h"

#include "../base/clock.h"

void run_open(struct run *r, struct world *w, struct snapshot *s, struct arena *a, int items_max) {
    *r = (struct run){.world = w, .snapshot = s, .arena = a, .now_ms = clock_wall_ms()};
    r->chains = ARENA_ARRAY(a, struct chain, items_max);
    for (int i = 0; i < items_max; i++)
        r->chains[i].items = ARENA_ARRAY(a, struct item *, items_max);
}

void run_add(struct run *r, const struct conversation *loaded, struct item *item) {
    for (int i = 0; i < r->n_chains; i++) {
        struct chain *c = &r->chains[i];
        if (!uid_equal(c->loaded.id, loaded->id))
            continue;
        c->items[c->n++] = item;
        return;
    }
    struct chain *c = &r->chains[r->n_chains++];
    c->loaded = *loaded;
    c->items[c->n++] = item;
}
