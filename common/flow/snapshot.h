/*
 * snapshot: everything the operator configured, read once and immutable: channels, bots, people,
 * keys, policy, model, knowledge. Reference-counted (the only thing that is); a turn holds one for
 * its whole life. A new one is read when the database's generation number has moved.
 */
#pragma once
#include <stdint.h>

#include "../bot/faq.h"
#include "../decide/policy.h"
#include "../io/pg.h"
#include "../model/account.h"
#include "../model/agent.h"
#include "../nlu/intent.h"

struct snapshot_part; /* what is dear to build and outlives a snapshot: model, knowledge; private */

struct snapshot {
    struct arena *arena;
    int64_t generation;
    const struct channel_account *channels;
    const struct zone **zones; /* one a channel: its own clock; NULL: the policy's */
    const struct bot_account *bots;
    const struct agent *agents; /* as configured; presence and load are in the roster */
    const struct queue *queues;
    const struct api_key *keys; /* revoked ones left out */
    int n_channels, n_bots, n_agents, n_queues, n_keys;
    int references; /* atomic; use snapshot_hold and snapshot_release */
    struct policy *policy;
    struct intent_model *model; /* NULL: none active */
    int policy_version, model_version;
    struct faq_index *faq;
    struct snapshot_part *model_part, *faq_part;
};

/* Reads all of it, as it was at one moment. sealing_key opens the stored secrets: ERR_DENIED if it
 * is another one than they were sealed with. c must not be inside a transaction. Model and
 * knowledge are taken over from the earlier one (NULL: none) if they did not change. */
MUST_CHECK enum err snapshot_read_after(struct pg *c, const uint8_t sealing_key[32],
                                        const struct snapshot *earlier, struct snapshot **out);
struct snapshot *snapshot_hold(struct snapshot *s);
void snapshot_release(struct snapshot *s); /* accepts NULL */

/* NULL if there is none of that id. */
const struct channel_account *snapshot_channel(const struct snapshot *s, const char *id);
const struct bot_account *snapshot_bot(const struct snapshot *s, const char *id);
const struct agent *snapshot_agent(const struct snapshot *s, const char *id);
const struct queue *snapshot_queue(const struct snapshot *s, const char *id);
struct staff snapshot_staff(const struct snapshot *s);
const struct api_key *snapshot_key(const struct snapshot *s, const char *id);
/* By whose clock the customers of a channel are told the time: its own, else the policy's. */
const struct zone *snapshot_zone(const struct snapshot *s, const char *channel);
