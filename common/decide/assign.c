#include "assign.h"

#include <string.h>

/* Minutes a person spends on one conversation, for the estimate of a wait; assumed until it is
 * measured. */
#define HANDLING_MINUTES 8.0
#define NOBODY_WAIT_MINUTES 60.0

/* Rings from exact to wide; the first in which somebody is free decides. A queue is a promise of
 * who may answer (a lawyer's matter stays with the lawyers), so no ring leaves it, and language
 * comes before strength: care in a language one cannot read is none. */
static const struct {
    bool language, strength;
} assign_rings[] = {{true, true}, {true, false}, {false, true}, {false, false}};
#define ASSIGN_RINGS (sizeof(assign_rings) / sizeof(*assign_rings))

static bool assign_lists(const char *const *items, int n, const char *wanted) {
    if (!wanted || !*wanted)
        return true;
    for (int i = 0; i < n; i++)
        if (strcmp(items[i], wanted) == 0)
            return true;
    return false;
}

static bool assign_has_room(const struct agent *g) {
    return g->presence == PRESENCE_ONLINE && g->load < g->capacity;
}

/* An agent without queues serves all of them; one without languages is taken to manage. */
static bool assign_serves(const struct agent *g, const char *queue) {
    return g->n_queues == 0 || assign_lists(g->queues, g->n_queues, queue);
}

static bool assign_fits(const struct agent *g, const struct assign_wish *w, size_t ring) {
    return assign_has_room(g) && assign_serves(g, w->queue) &&
           (!assign_rings[ring].language ||
            assign_lists(g->languages, g->n_languages, w->language)) &&
           (!assign_rings[ring].strength ||
            assign_lists(g->strengths, g->n_strengths, w->strength));
}

/* Less full first (compared as fractions, so that 1 of 2 is fuller than 2 of 5), then who has
 * rested longest. */
static bool assign_before(const struct agent *a, const struct agent *b) {
    int64_t left = (int64_t)a->load * b->capacity, right = (int64_t)b->load * a->capacity;
    if (left != right)
        return left < right;
    if (a->last_assigned_ms != b->last_assigned_ms)
        return a->last_assigned_ms < b->last_assigned_ms;
    return strcmp(a->id, b->id) < 0;
}

static const struct agent *assign_last(const struct roster *r, const struct assign_wish *w) {
    bool named = w->last_agent && *w->last_agent;
    bool recent = w->wait_ms == 0 || w->now_ms - w->last_agent_ms <= w->wait_ms;
    for (int i = 0; named && recent && i < r->n_agents; i++)
        if (strcmp(r->agents[i].id, w->last_agent) == 0)
            return assign_has_room(&r->agents[i]) ? &r->agents[i] : NULL;
    return NULL;
}

static const struct agent *assign_ring(const struct roster *r, const struct assign_wish *w,
                                       size_t ring) {
    const struct agent *best = NULL;
    for (int i = 0; i < r->n_agents; i++) {
        const struct agent *g = &r->agents[i];
        if (assign_fits(g, w, ring) && (!best || assign_before(g, best)))
            best = g;
    }
    return best;
}

const struct agent *assign_choose(const struct roster *r, const struct assign_wish *w) {
    const struct agent *chosen = assign_last(r, w);
    for (size_t ring = 0; !chosen && ring < ASSIGN_RINGS; ring++)
        chosen = assign_ring(r, w, ring);
    return chosen;
}

int assign_online(const struct roster *r) {
    int n = 0;
    for (int i = 0; i < r->n_agents; i++)
        n += r->agents[i].presence == PRESENCE_ONLINE && r->agents[i].capacity > 0;
    return n;
}

static int assign_waiting(const struct roster *r, const char *queue) {
    int n = 0;
    for (int i = 0; i < r->n_queues; i++)
        if (!queue || !*queue || strcmp(r->queues[i].id, queue) == 0)
            n += r->queues[i].waiting;
    return n;
}

static double assign_already_waited(const struct roster *r, const char *queue, int64_t now_ms) {
    int64_t longest = 0;
    for (int i = 0; i < r->n_queues; i++) {
        const struct queue *q = &r->queues[i];
        bool counts = q->oldest_ms && (!queue || !*queue || strcmp(q->id, queue) == 0);
        if (counts && now_ms - q->oldest_ms > longest)
            longest = now_ms - q->oldest_ms;
    }
    return (double)longest / 60000;
}

/* Those who wait, and this one, shared among all places that serve the queue; never less than the
 * oldest has waited already, for that is how long it does take. */
double assign_expected_wait(const struct roster *r, const char *queue, int64_t now_ms) {
    int places = 0;
    bool room = false;
    for (int i = 0; i < r->n_agents; i++) {
        const struct agent *g = &r->agents[i];
        if (g->presence != PRESENCE_ONLINE || !assign_serves(g, queue))
            continue;
        places += g->capacity > 0 ? g->capacity : 0;
        room |= assign_has_room(g);
    }
    if (room)
        return 0;
    double waited = assign_already_waited(r, queue, now_ms);
    if (places == 0)
        return waited > NOBODY_WAIT_MINUTES ? waited : NOBODY_WAIT_MINUTES;
    double estimate = (assign_waiting(r, queue) + 1) * HANDLING_MINUTES / places;
    return estimate > waited ? estimate : waited;
}
