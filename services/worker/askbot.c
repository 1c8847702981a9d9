/* askbot: one customer message to a bot, its answer into a turn. Customers wait, so a bot is asked
 * once, and a bot that does not answer in time has failed: a person goes on. */
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/bot/faq.h"
#include "../../common/codec/json.h"
#include "../../common/store/attempts.h"
#include "../../common/store/conversations.h"
#include "../../common/store/messages.h"
#include "tasks.h"

#define STORE_RETRY_MS 1000

struct asking {
    struct task *task;
    const struct bot_account *account;
    struct conversation conversation;
    struct message *history;
    int n_history;
    const struct message *message;
    struct bot_reply reply;
    bool failed;
};

static enum err load(struct asking *k) {
    struct task *t = k->task;
    pg_lease_auto pg = NULL;
    TRY(pg_lease(t->world->turns, &pg));
    TRY(conversations_find(pg, t->arena, t->job.conversation_id, &k->conversation));
    const struct message_ref all = {t->job.conversation_id, INT32_MAX};
    struct messages found = {0};
    TRY(messages_before(pg, t->arena, &all, BOT_HISTORY_MAX, &found));
    k->history = found.items;
    k->n_history = found.n;
    return OK;
}

static const struct message *find(const struct asking *k, int seq) {
    for (int i = 0; i < k->n_history; i++)
        if (k->history[i].seq == seq)
            return &k->history[i];
    return NULL;
}

/* A burst is one thought: the newest unanswered message is answered, with the others before it. */
static bool is_overtaken(const struct asking *k) {
    return k->conversation.last_in_seq > k->task->job.seq &&
           k->conversation.last_out_seq < k->task->job.seq &&
           k->conversation.epoch == k->task->job.epoch;
}

static struct bot_question question(struct asking *k) {
    struct arena *a = k->task->arena;
    const struct message **history = ARENA_ARRAY(a, const struct message *, k->n_history + 1);
    int n = 0;
    for (int i = 0; i < k->n_history; i++)
        if (k->history[i].seq <= k->message->seq)
            history[n++] = &k->history[i];
    return (struct bot_question){.conversation = &k->conversation,
                                 .message = k->message,
                                 .history = history,
                                 .n_history = n,
                                 .decision = k->message->decision,
                                 .epoch = k->task->job.epoch,
                                 .now_ms = clock_wall_ms()};
}

static void note_attempt(struct task *t, bool failed) {
    pg_lease_auto pg = NULL;
    if (pg_lease(t->world->turns, &pg) == OK)
        (void)!attempts_note(pg, t->arena, t->job.endpoint, failed);
}

static enum err call(struct asking *k, const struct bot *bot, const struct bot_question *q) {
    struct task *t = k->task;
    struct wire_request request;
    struct wire_response response = {0};
    int64_t left = t->lease_end_ms - clock_monotonic_ms();
    int64_t timeout = k->account->timeout_ms < left ? k->account->timeout_ms : left;
    if (!lane_breaker_allows(t))
        return ERR_UPSTREAM;
    TRY(bot->ask(t->arena, k->account, q, clock_wall_ms() / 1000, &request));
    enum err e = fetch_run(t->fetch, t->arena, &request, (int)timeout, lane_may_send, t, &response);
    if (e == OK)
        e = bot->answer(t->arena, &response, &k->reply);
    note_attempt(t, e != OK);
    return e;
}

static void ask(struct asking *k) {
    const struct bot_question q = question(k);
    const struct bot *bot = k->account ? bot_find(k->account->kind) : NULL;
    if (bot && k->account->enabled && !bot->ask) {
        faq_answer(k->task->snapshot->faq, k->task->arena, &q, &k->reply);
        return;
    }
    enum err e = bot && k->account->enabled ? call(k, bot, &q) : ERR_ABSENT;
    if (e == OK)
        return;
    log_event(LOG_WARN, "bot_failed", LOG_T("endpoint", k->task->job.endpoint),
              LOG_T("why", err_name(e)));
    k->reply = (struct bot_reply){.text = "", .handover = true, .note = err_text(e)};
    k->failed = true;
}

static const char *citation(struct asking *k) {
    if (!k->reply.citation.id || !*k->reply.citation.id)
        return NULL;
    buf_auto b;
    buf_init(&b, 4096);
    buf_addc(&b, '{');
    json_put_text(&b, "id", k->reply.citation.id);
    json_put_text(&b, "title", k->reply.citation.title);
    buf_addc(&b, '}');
    return arena_strndup(k->task->arena, b.p, b.len);
}

static void answer(struct asking *k) {
    struct task *t = k->task;
    struct turn turn = {.kind = TURN_ANSWER,
                        .conversation_id = t->job.conversation_id,
                        .inbound = k->message,
                        .actor = {PARTY_BOT, strchr(t->job.endpoint, '/') + 1},
                        .text = k->reply.text ? k->reply.text : "",
                        .locale = "",
                        .subject = "",
                        .epoch = t->job.epoch,
                        .seq = t->job.seq,
                        .handover = k->reply.handover,
                        .failed = k->failed,
                        .facts = k->reply.facts,
                        .n_facts = k->reply.n_facts,
                        .citation = citation(k),
                        .choices = k->reply.choices[0] ? k->reply.choices : NULL,
                        .unanswered = k->reply.unanswered,
                        .about_seq = k->reply.about_seq,
                        .job = &t->job};
    struct turn *one = &turn;
    turn_run(t->world, t->arena, &one, 1);
    if (turn.err == OK || turn.err == ERR_CONFLICT)
        return; /* done, or the lease was lost and somebody else has it */
    log_event(LOG_WARN, "answer_not_saved", LOG_T("why", err_name(turn.err)));
    if (err_retry(turn.err) == ERR_RETRY_NEVER)
        lane_bury(t, turn.why.text);
    else
        lane_put_off(t, STORE_RETRY_MS, false, err_text(turn.err));
}

static bool answers_from_knowledge(const struct bot_account *account) {
    const struct bot *bot = bot_find(account->kind);
    return bot && !bot->ask;
}

/* What is not known here may have been configured just now; and knowledge that somebody has just
 * put right must not be answered from as it was. */
static const struct bot_account *account(struct task *t, const struct message *m) {
    const char *id = strchr(t->job.endpoint, '/') + 1;
    const struct bot_account *found = snapshot_bot(t->snapshot, id);
    if (!found || !snapshot_channel(t->snapshot, m->channel) || answers_from_knowledge(found))
        lane_refresh(t);
    return snapshot_bot(t->snapshot, id);
}

void askbot_run(struct task *t) {
    struct asking k = {.task = t, .reply = {.text = "", .note = ""}};
    enum err e = load(&k);
    if (e == ERR_ABSENT)
        lane_finish(t); /* erased meanwhile */
    else if (e != OK)
        lane_put_off(t, STORE_RETRY_MS, false, err_text(e));
    if (e != OK)
        return;
    k.message = find(&k, t->job.seq);
    if (!k.message || is_overtaken(&k)) {
        lane_finish(t);
        return;
    }
    k.account = account(t, k.message);
    ask(&k);
    answer(&k);
}
