#include "run.h"

#include <string.h>

#include "../base/clock.h"

void run_open(struct run *r, struct world *w, struct snapshot *s, struct arena *a, int items_max) {
    *r = (struct run){.world = w, .snapshot = s, .arena = a, .now_ms = clock_wall_ms()};
    r->chains = ARENA_ARRAY(a, struct chain, items_max);
}

/* Nearly every chain has one item. */
static void chain_add(struct arena *a, struct chain *c, struct item *item) {
    if (c->n == c->room) {
        int room = c->room ? c->room * 2 : 1;
        struct item **items = ARENA_ARRAY(a, struct item *, room);
        if (c->n)
            memcpy(items, c->items, sizeof(struct item *) * (size_t)c->n);
        c->items = items;
        c->room = room;
    }
    c->items[c->n++] = item;
}

void run_add(struct run *r, const struct conversation *loaded, struct item *item) {
    for (int i = 0; i < r->n_chains; i++)
        if (uid_equal(r->chains[i].id, loaded->id)) {
            chain_add(r->arena, &r->chains[i], item);
            return;
        }
    struct chain *c = &r->chains[r->n_chains++];
    c->id = loaded->id;
    c->loaded = loaded;
    chain_add(r->arena, c, item);
}
