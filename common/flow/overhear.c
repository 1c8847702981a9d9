/* overhear: what was said, changed or reported elsewhere: by our people in the provider's own
 * inbox, by the customer about a message that stands here, by machines. None of it is a wish of the
 * customer's, so none of it is judged. */
#include <string.h>

#include "../codec/json.h"
#include "../decide/control.h"
#include "step.h"

#define DATA_MAX 4096

static void fill(struct message *m, const struct message *in) {
    m->author_name = in->author_name;
    m->channel = in->channel;
    m->external_id = in->external_id;
    m->address = in->address;
    m->text = in->text;
    m->extra = in->extra;
    m->sent_ms = in->sent_ms;
}

/* A person of ours answered in the provider's inbox: theirs is the word from now on. */
enum err overhear_echo(struct step *s) {
    struct conversation *c = s->conversation;
    const struct conversation before = *c;
    TRY(control_take(c, s->turn->actor, s->now_ms));
    struct message m = step_message(s, DIRECTION_OUT, s->turn->actor);
    fill(&m, s->turn->inbound);
    m.language = c->language;
    m.delivery = DELIVERY_SENT;
    if (!*c->last_channel) {
        c->last_channel = m.channel;
        c->last_address = m.address;
        conversation_add_channel(c, m.channel);
    }
    step_store(s, &m, s->key);
    step_tell_control(s, &before, "echo");
    return OK;
}

/* Out-of-office replies, bounces and their like stand where people look for them, and change
 * nothing else. */
enum err overhear_automatic(struct step *s) {
    struct message m = step_message(s, DIRECTION_IN, s->turn->actor);
    fill(&m, s->turn->inbound);
    m.kind = MESSAGE_NOTE;
    step_store(s, &m, s->key);
    return OK;
}

static struct ledger_amendment amendment(const struct step *s, enum event_kind kind) {
    return (struct ledger_amendment){.kind = kind,
                                     .conversation_id = s->conversation->id,
                                     .seq = s->turn->seq,
                                     .at_ms = s->now_ms};
}

static enum err amend(struct step *s, const struct ledger_amendment *m) {
    s->conversation->updated_ms = s->now_ms;
    ledger_amend(s->ledger, m);
    return OK;
}

enum err overhear_edit(struct step *s) {
    struct ledger_amendment m = amendment(s, EVENT_EDIT);
    m.text = s->turn->text;
    m.edited_ms = s->now_ms;
    return amend(s, &m);
}

enum err overhear_revoke(struct step *s) {
    struct ledger_amendment m = amendment(s, EVENT_REVOKE);
    m.text = "";
    m.deleted_ms = s->now_ms;
    return amend(s, &m);
}

enum err overhear_reaction(struct step *s) {
    struct ledger_amendment m = amendment(s, EVENT_REACTION);
    buf_auto b;
    buf_init(&b, DATA_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "reaction", *s->turn->text ? s->turn->text : NULL);
    buf_addc(&b, '}');
    TRY(buf_done(&b));
    m.extra = m.data = b.p;
    return amend(s, &m);
}

/* The next reply goes where the provider says that they are now. */
enum err overhear_move(struct step *s) {
    struct conversation *c = s->conversation;
    bool here = strcmp(c->last_channel, s->turn->channel) == 0 &&
                strcmp(c->last_address, s->turn->text) == 0;
    if (here)
        c->last_address = s->turn->target.id;
    c->updated_ms = s->now_ms;
    return OK;
}
