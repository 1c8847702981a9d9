#include "run.h"

#include <string.h>

#include "../base/clock.h"
#include "../nlu/read.h"

void run_open(struct run *r, struct world *w, struct snapshot *s, struct arena *a, int items_max) {
    *r = (struct run){.world = w, .snapshot = s, .arena = a, .now_ms = clock_wall_ms()};
    r->chains = ARENA_ARRAY(a, struct chain, items_max);
    r->lately = roster_memory_recall(w->people, a, s);
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

/* A queue watches because nobody was there, so the next message looks again whether somebody is. A
 * function of the conversation alone: whether it was remembered or loaded changes nothing. */
static bool will_want_roster(const struct conversation *c, const struct item *item) {
    return item->turn->kind == TURN_MESSAGE && c->backup.type == PARTY_QUEUE;
}

static struct chain *chain_of(struct run *r, const struct conversation *loaded) {
    for (int i = 0; i < r->n_chains; i++)
        if (uid_equal(r->chains[i].id, loaded->id))
            return &r->chains[i];
    struct chain *c = &r->chains[r->n_chains++];
    c->id = loaded->id;
    c->loaded = loaded;
    return c;
}

void run_add(struct run *r, const struct conversation *loaded, struct item *item) {
    struct chain *c = chain_of(r, loaded);
    c->wants_roster |= will_want_roster(c->loaded, item);
    chain_add(r->arena, c, item);
}

void run_mark_arrived(struct item **items, int n, const struct pg_result *arrivals, int row) {
    struct uid key = pg_uid(arrivals, row, 0);
    for (int i = 0; i < n; i++) {
        if (!items[i]->has_key || !uid_equal(items[i]->key.key, key))
            continue;
        items[i]->arrived = true;
        items[i]->place =
            (struct message_place){pg_uid(arrivals, row, 1), (int)pg_int(arrivals, row, 2)};
    }
}

void run_read(const struct run *r, struct item *item, const char *language) {
    const struct message *in = item->turn->inbound;
    const struct channel_account *ch = snapshot_channel(r->snapshot, in->channel);
    const struct read_input input = {.text = in->text,
                                     .subject = item->turn->subject,
                                     .locale = item->turn->locale,
                                     .earlier_language = language,
                                     .channel_language = ch ? ch->language : "",
                                     .model = r->snapshot->model,
                                     .usage = policy_usage(r->snapshot->policy)};
    read_text(r->arena, &input, &item->reading);
    item->reading.model_version = r->snapshot->model_version;
    item->read_as = language;
}
