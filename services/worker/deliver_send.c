/* deliver_send: the calls by which a message leaves: a token first where the provider wants one,
 * then one call a part. Parts that have left are counted in the job, so that a retry says nothing
 * twice. */
#include "../../common/base/clock.h"
#include "../../common/channel/split.h"
#include "../../common/store/jobs.h"
#include "../../common/store/messages.h"
#include "../../common/store/tokens.h"
#include "deliver.h"

static enum err call(struct delivery *d, const struct wire_request *request,
                     struct wire_response *response) {
    struct task *t = d->task;
    return fetch_run(t->fetch, t->arena, request, (int)t->world->cfg->outbound_timeout_ms,
                     lane_may_send, t, response);
}

/* ---- tokens ---- */

static enum err stored_token(struct delivery *d, const char **token) {
    struct world *w = d->task->world;
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->turns, &c));
    return tokens_find(c, d->task->arena, w->sealing_key, d->account->id, token);
}

static enum err fetch_token(struct delivery *d, const char **text) {
    struct world *w = d->task->world;
    struct token token = {.channel = d->account->id};
    struct wire_request request;
    struct wire_response response = {0};
    TRY(d->channel->token_request(d->task->arena, d->account, &request));
    TRY(call(d, &request, &response));
    TRY(d->channel->token_answer(d->task->arena, &response, &token.text, &token.life_ms));
    *text = token.text;
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->turns, &c));
    return tokens_save(c, d->task->arena, w->sealing_key, &token);
}

static enum err find_token(struct delivery *d, const char **token) {
    *token = "";
    if (!d->channel->token_request)
        return OK;
    TRY(stored_token(d, token));
    return *token ? OK : fetch_token(d, token);
}

static enum err drop_token(struct delivery *d, const char *text) {
    struct world *w = d->task->world;
    const struct token token = {d->account->id, text, 0};
    pg_lease_auto c = NULL;
    TRY(pg_lease(w->turns, &c));
    return tokens_drop(c, d->task->arena, w->sealing_key, &token);
}

/* ---- parts ---- */

static enum err note_part(struct delivery *d, int part) {
    struct task *t = d->task;
    bool held;
    const struct message_mark mark = {.conversation_id = d->message.conversation_id,
                                      .seq = d->message.seq,
                                      .external_id = d->receipt.external_id,
                                      .channel = d->account->id};
    pg_lease_auto c = NULL;
    TRY(pg_lease(t->world->turns, &c));
    TRY(jobs_progress(c, t->arena, &t->job, part + 1, &held));
    return held ? messages_name_part(c, t->arena, &mark) : ERR_DENIED;
}

static enum err send_part(struct delivery *d, struct channel_outbound *o) {
    struct wire_request request;
    struct wire_response response = {0};
    int64_t now = clock_wall_ms();
    o->unix_s = now / 1000;
    o->wall_ms = now;
    TRY(d->channel->render(d->task->arena, o, &request));
    TRY(call(d, &request, &response));
    d->channel->outcome(d->task->arena, &response, clock_wall_ms(), &d->receipt);
    if (d->receipt.outcome == CHANNEL_RENEW)
        TRY(drop_token(d, o->token));
    return OK;
}

enum err deliver_send(struct delivery *d) {
    struct task *t = d->task;
    char conversation[UID_TEXT_MAX], customer[UID_TEXT_MAX];
    const char **parts;
    struct channel_outbound o = {
        .account = d->account,
        .message = &d->message,
        .answers = d->heard.seq ? &d->heard : NULL,
        .conversation_id = uid_text(d->message.conversation_id, conversation),
        .customer_id = uid_text(d->message.customer_id, customer),
        .attempt = t->job.attempts,
    };
    o.n_parts =
        split_text(t->arena, d->message.text, d->channel->text_max, d->channel->text_unit, &parts);
    TRY(find_token(d, &o.token));
    for (o.part = t->job.parts_sent; o.part < o.n_parts; o.part++) {
        o.text = parts[o.part];
        TRY(send_part(d, &o));
        if (d->receipt.outcome != CHANNEL_ACCEPTED || o.part + 1 == o.n_parts)
            return OK;
        TRY(note_part(d, o.part));
    }
    d->receipt = (struct channel_receipt){CHANNEL_ACCEPTED, -1, "", "", ""};
    return OK;
}
