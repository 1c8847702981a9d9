/*
 * control: one controller at a time. Pure rules over a conversation: who may take it over, offer
 * it, accept, decline, release, resolve and answer, and what each changes. The epoch grows by one
 * whenever the holder changes, and never otherwise: it is the fence behind which a late answer is
 * refused. Texts are borrowed.
 *
 * A resolved conversation is held by a bot; its next message opens an episode. A bot's open
 * question which of two matters is meant (conversation.choice) ends with another holder, with
 * people, with the episode.
 */
#pragma once
#include "../model/conversation.h"
#include "../model/decision.h"

/* An agent, queue or bot becomes the holder. An open offer ends; for people the human stretch
 * begins or goes on and the mode is at least human; for a bot it ends. ERR_INVALID: nobody who can
 * hold. */
MUST_CHECK enum err control_take(struct conversation *c, struct party to, int64_t now_ms);
/* Asks an agent or queue to take it over; only while people hold it. Replaces an earlier offer. */
MUST_CHECK enum err control_offer(struct conversation *c, struct party to, int64_t until_ms,
                                  struct why *why);
/* Only by whom it was offered to (any agent, if to a queue); ERR_CONFLICT without an offer or past
 * its time. */
MUST_CHECK enum err control_accept(struct conversation *c, struct party by, int64_t now_ms,
                                   struct why *why);
MUST_CHECK enum err control_decline(struct conversation *c, struct party by, struct why *why);
/* People hand it to a bot, which ends their stretch (the one event by which a mode falls besides
 * resolving), or back to a queue. */
MUST_CHECK enum err control_release(struct conversation *c, struct party to, int64_t now_ms,
                                    struct why *why);
/* Ends the episode. ERR_CONFLICT if it is resolved already. */
MUST_CHECK enum err control_resolve(struct conversation *c, const char *outcome, int64_t now_ms,
                                    struct party bot);

/* A bot answers only as holder and under the epoch it was asked in. An agent answers as holder, or
 * where no other agent holds it: then the answer takes it over (the caller calls control_take). An
 * epoch that is given (>= 0) must be the present one. The system is only asked for the epoch. */
bool control_may_answer(const struct conversation *c, struct party author, int epoch);

/* Applies a decision: holder, mode, queue, priority, backup, review, status. While people hold it
 * the priority only rises. */
void control_follow(struct conversation *c, const struct decision *d, int64_t now_ms);

/* Does the next customer message open an episode? There is none, it is resolved, or a bot's lay
 * still for CONTROL_IDLE_MS. */
#define CONTROL_IDLE_MS (INT64_C(14) * 24 * 3600 * 1000)
bool control_episode_due(const struct conversation *c, int64_t now_ms);
/* Would an episode of this topic reopen the last one: same topic, resolved within
 * CONTROL_REOPEN_MS? */
#define CONTROL_REOPEN_MS (INT64_C(30) * 24 * 3600 * 1000)
bool control_reopens(const struct conversation *c, const char *topic, int64_t now_ms);
/* Effort and mood begin anew; reopenings are carried on for CONTROL_REOPEN_MS. */
void control_open_episode(struct conversation *c, struct uid episode_id, const char *topic,
                          int64_t now_ms);
