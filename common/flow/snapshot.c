#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../io/tzdata.h"
#include "../nlu/lang.h"
#include "../store/accounts.h"
#include "../store/agents.h"
#include "../store/faqs.h"
#include "../store/generations.h"
#include "../store/keys.h"
#include "../store/models.h"
#include "../store/policies.h"
#include "policy_load.h"

struct snapshot_part {
    int references; /* atomic: one a snapshot */
    int64_t stamp;  /* equal stamps are equal things */
    struct intent_model *model;
    struct arena *bytes; /* that the model borrows, as they came; NULL: none */
    struct faq_index *faq;
};

/* ---- parts ---- */

static struct snapshot_part *part_new(int64_t stamp) {
    struct snapshot_part *p = calloc(1, sizeof *p);
    if (!p)
        abort();
    p->references = 1;
    p->stamp = stamp;
    return p;
}

static struct snapshot_part *part_hold(struct snapshot_part *p) {
    __atomic_add_fetch(&p->references, 1, __ATOMIC_RELAXED);
    return p;
}

static void part_release(struct snapshot_part *p) {
    if (!p || __atomic_sub_fetch(&p->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    intent_free(p->model);
    arena_free(p->bytes);
    faq_free(p->faq);
    free(p);
}

static bool is_current(const struct snapshot_part *p, int64_t stamp) {
    return p && p->stamp == stamp;
}

/* ---- reading ---- */

/* What the readers below share. */
struct load {
    struct pg *pg;
    const uint8_t *sealing_key;
    const struct snapshot *earlier; /* NULL: none */
    struct snapshot *s;
    int64_t knowledge;
};

static enum err read_generation(struct load *in) {
    struct generation g;
    TRY(generations_read(in->pg, &g));
    in->s->generation = g.number;
    in->knowledge = g.knowledge;
    return OK;
}

/* A zone that was there when the channel was configured may have left this machine. */
static const struct zone *read_zone(struct arena *a, const struct channel_account *c) {
    struct zone *zone = ARENA_NEW(a, struct zone);
    if (!*c->time_zone)
        return NULL;
    if (tzdata_zone(a, c->time_zone, zone) == OK)
        return zone;
    log_event(LOG_ERROR, "zone_unreadable", LOG_T("channel", c->id), LOG_T("zone", c->time_zone));
    return NULL;
}

static enum err read_channels(struct load *in) {
    struct snapshot *s = in->s;
    TRY(accounts_load_channels(in->pg, s->arena, in->sealing_key, &s->channels, &s->n_channels));
    s->zones = ARENA_ARRAY(s->arena, const struct zone *, s->n_channels + 1);
    for (int i = 0; i < s->n_channels; i++)
        s->zones[i] = read_zone(s->arena, &s->channels[i]);
    return OK;
}

static enum err read_bots(struct load *in) {
    struct snapshot *s = in->s;
    return accounts_load_bots(in->pg, s->arena, in->sealing_key, &s->bots, &s->n_bots);
}

static enum err read_agents(struct load *in) {
    return agents_load_all(in->pg, in->s->arena, &in->s->agents, &in->s->n_agents);
}

static enum err read_queues(struct load *in) {
    return agents_load_queues(in->pg, in->s->arena, &in->s->queues, &in->s->n_queues);
}

static enum err read_keys(struct load *in) {
    return keys_load_all(in->pg, in->s->arena, &in->s->keys, &in->s->n_keys);
}

static enum err read_policy(struct load *in) {
    struct policies_version active;
    struct why why = {0};
    TRY(policies_load_active(in->pg, in->s->arena, &active));
    const char *body = active.body ? active.body : policy_default_json();
    enum err e = policy_load(span_of(body), &in->s->policy, &why);
    if (e != OK)
        log_event(LOG_ERROR, "policy_unreadable", LOG_N("version", active.version),
                  LOG_T("at", why.pointer), LOG_T("reason", why.text));
    in->s->policy_version = active.version;
    return e;
}

static enum err open_model(struct load *in, int version, struct snapshot_part *part) {
    struct span bytes;
    part->bytes = arena_new();
    enum err e = models_load_bytes(in->pg, part->bytes, version, &bytes);
    if (e == OK)
        e = intent_open(bytes, &part->model);
    if (e != OK)
        log_event(LOG_ERROR, "model_unreadable", LOG_N("version", version),
                  LOG_T("error", err_name(e)));
    /* One of an earlier format waits to be learned again; meanwhile nothing is claimed. */
    return e == ERR_MALFORMED ? OK : e;
}

static enum err read_model(struct load *in) {
    struct snapshot *s = in->s;
    TRY(models_load_active(in->pg, &s->model_version));
    if (s->model_version == 0)
        return OK;
    if (in->earlier && is_current(in->earlier->model_part, s->model_version)) {
        s->model_part = part_hold(in->earlier->model_part);
    } else {
        s->model_part = part_new(s->model_version);
        TRY(open_model(in, s->model_version, s->model_part));
    }
    s->model = s->model_part->model;
    s->model_version = s->model ? s->model_version : 0;
    return OK;
}

/* By these a customer is asked which of two entries is meant. One question needs no choice. */
#define TITLES_MAX 16

static const char *language_of(struct arena *a, const char *question) {
    const struct lang_hints none = {NULL, NULL, NULL};
    struct lang_guess guess;
    struct scan scan;
    scan_text(a, question, &scan);
    lang_guess(&scan, &none, &guess);
    return guess.code;
}

static void name_languages(struct arena *a, struct knowledge *k) {
    struct arena *scratch = arena_new();
    k->languages = ARENA_ARRAY(a, const char *, k->n_questions + 1);
    for (int i = 0; i < k->n_questions; i++)
        k->languages[i] =
            k->n_questions > 1 && i < TITLES_MAX ? language_of(scratch, k->questions[i]) : "";
    arena_free(scratch);
}

static enum err open_faq(struct load *in, struct snapshot_part *part) {
    struct arena *a = arena_new();
    struct faqs_page all;
    enum err e = faqs_load_all(in->pg, a, &all);
    for (int i = 0; e == OK && i < all.n; i++)
        name_languages(a, &all.items[i]);
    if (e == OK)
        part->faq = faq_open(all.items, all.n);
    arena_free(a);
    return e;
}

static enum err read_faq(struct load *in) {
    struct snapshot *s = in->s;
    if (in->earlier && is_current(in->earlier->faq_part, in->knowledge)) {
        s->faq_part = part_hold(in->earlier->faq_part);
    } else {
        s->faq_part = part_new(in->knowledge);
        TRY(open_faq(in, s->faq_part));
    }
    s->faq = s->faq_part->faq;
    return OK;
}

static enum err read_everything(struct load *in) {
    static enum err (*const readers[])(struct load *) = {
        read_generation, read_channels, read_bots,  read_agents, read_queues,
        read_keys,       read_policy,   read_model, read_faq,
    };
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        TRY(readers[i](in));
    return OK;
}

enum err snapshot_read_after(struct pg *c, const uint8_t sealing_key[32],
                             const struct snapshot *earlier, struct snapshot **out) {
    *out = NULL;
    TRY(generations_begin_reading(c));
    struct snapshot *s = calloc(1, sizeof *s);
    if (!s)
        abort();
    s->references = 1;
    s->arena = arena_new();
    enum err e = read_everything(&(struct load){c, sealing_key, earlier, s, 0});
    enum err ended = pg_in_transaction(c) ? pg_run(c, &pg_rollback, NULL, NULL) : OK;
    if (e != OK || ended != OK) {
        snapshot_release(s);
        return e != OK ? e : ended;
    }
    *out = s;
    return OK;
}

/* ---- holding ---- */

struct snapshot *snapshot_hold(struct snapshot *s) {
    __atomic_add_fetch(&s->references, 1, __ATOMIC_RELAXED);
    return s;
}

void snapshot_release(struct snapshot *s) {
    if (!s || __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    policy_free(s->policy);
    part_release(s->model_part);
    part_release(s->faq_part);
    arena_free(s->arena);
    free(s);
}

/* ---- finding ---- */

/* Every record of these lists begins with its id, and the lists are in byte order of it. */
_Static_assert(offsetof(struct channel_account, id) == 0, "the id comes first");
_Static_assert(offsetof(struct bot_account, id) == 0, "the id comes first");
_Static_assert(offsetof(struct agent, id) == 0, "the id comes first");
_Static_assert(offsetof(struct queue, id) == 0, "the id comes first");
_Static_assert(offsetof(struct api_key, id) == 0, "the id comes first");

static int compare(const void *id, const void *record) {
    return strcmp(id, *(const char *const *)record);
}

static const void *find(const char *id, const void *list, int n, size_t size) {
    return id && n ? bsearch(id, list, (size_t)n, size, compare) : NULL;
}

const struct channel_account *snapshot_channel(const struct snapshot *s, const char *id) {
    return find(id, s->channels, s->n_channels, sizeof *s->channels);
}

const struct zone *snapshot_zone(const struct snapshot *s, const char *channel) {
    const struct channel_account *c = snapshot_channel(s, channel);
    const struct zone *own = c ? s->zones[c - s->channels] : NULL;
    return own ? own : policy_zone(s->policy);
}

const struct bot_account *snapshot_bot(const struct snapshot *s, const char *id) {
    return find(id, s->bots, s->n_bots, sizeof *s->bots);
}

const struct agent *snapshot_agent(const struct snapshot *s, const char *id) {
    return find(id, s->agents, s->n_agents, sizeof *s->agents);
}

struct staff snapshot_staff(const struct snapshot *s) {
    return (struct staff){s->agents, s->n_agents, s->queues, s->n_queues};
}

const struct queue *snapshot_queue(const struct snapshot *s, const char *id) {
    return find(id, s->queues, s->n_queues, sizeof *s->queues);
}

const struct api_key *snapshot_key(const struct snapshot *s, const char *id) {
    return find(id, s->keys, s->n_keys, sizeof *s->keys);
}
