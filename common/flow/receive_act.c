#include "receive_act.h"

#include <string.h>

#include "../base/metric.h"
#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/json.h"
#include "../store/attachments.h"
#include "../store/customers.h"
#include "../store/messages.h"
#include "join.h"
#include "receive_receipt.h"

#define RECENT_MAX 20
#define OUTSIDE "outside" /* who writes in the provider's inbox, if nobody says */

/* ---- storing ---- */

/* The same at every try of the same call, so that bytes are kept once. */
static struct uid attachment_id(const struct receive *r, int event, int attachment) {
    uint8_t hash[CRYPTO_SHA256_BYTES];
    const int place[] = {event, attachment};
    char seed[sizeof r->call->id.b + sizeof place];
    memcpy(seed, r->call->id.b, sizeof r->call->id.b);
    memcpy(seed + sizeof r->call->id.b, place, sizeof place);
    crypto_sha256((struct span){seed, sizeof seed}, hash);
    return uid_make(r->call->received_ms, hash[0], hash + 1);
}

static const struct uid *attachment_ids(const struct receive *r, int i) {
    const struct inbound *in = &r->list.items[i];
    struct uid *ids = ARENA_ARRAY(r->arena, struct uid, in->n_attachments + 1);
    for (int k = 0; k < in->n_attachments; k++)
        if (in->attachments[k].bytes.p)
            ids[k] = attachment_id(r, i, k);
    return ids;
}

static struct party author_of(const struct receive *r, enum turn_kind kind,
                              enum inbound_type type) {
    const char *echo = *r->account->echo_agent ? r->account->echo_agent : OUTSIDE;
    if (kind == TURN_ECHO)
        return party_of(PARTY_AGENT, echo);
    bool person = kind == TURN_MESSAGE || type == INBOUND_AUTO_REPLY;
    return party_of(person ? PARTY_CUSTOMER : PARTY_SYSTEM, "");
}

/* Another app has the word on this thread: we store, and keep silent. */
static bool is_standby(const struct inbound *in) {
    json_auto metadata = NULL;
    if (!in->metadata || !strstr(in->metadata, "\"standby\"") ||
        json_load_span(span_of(in->metadata), &metadata, NULL) != OK)
        return false;
    return json_is_true(json_object_get(metadata, "standby"));
}

void receive_turn(struct receive *r, int i, enum turn_kind kind, struct turn *out) {
    const struct inbound *in = &r->list.items[i];
    struct message *m = ARENA_NEW(r->arena, struct message);
    *m = (struct message){.direction = kind == TURN_ECHO ? DIRECTION_OUT : DIRECTION_IN,
                          .author = author_of(r, kind, in->type),
                          .author_name = in->name,
                          .channel = r->account->id,
                          .external_id = in->external_id,
                          .address = in->address,
                          .text = in->text,
                          .language = "",
                          .last_error = "",
                          .sent_ms = in->sent_ms,
                          .extra = inbound_json_extra(r->arena, in, attachment_ids(r, i))};
    *out = (struct turn){.kind = kind,
                         .sender = *in->sender.kind ? &in->sender : NULL,
                         .silent = is_standby(in),
                         .inbound = m,
                         .identities = in->identities,
                         .n_identities = kind == TURN_MESSAGE ? in->n_identities : 0,
                         .locale = in->locale,
                         .subject = in->subject,
                         .actor = m->author,
                         .target = {PARTY_NONE, ""},
                         .text = m->text,
                         .channel = "",
                         .idempotency = "",
                         .epoch = -1};
}

/* Only what this very call stored: a repeated delivery's bytes are there already. */
static enum err keep_attachment(struct receive *r, struct pg *c, int i, int k) {
    const struct inbound_attachment *one = &r->list.items[i].attachments[k];
    const struct inbound_outcome *o = &r->outcomes[i];
    char id[UID_TEXT_MAX];
    struct message stored;
    if (!one->bytes.p)
        return OK;
    TRY(messages_by_id(c, r->arena, o->message_id, &stored));
    const struct attachment row = {.id = attachment_id(r, i, k),
                                   .of = {stored.conversation_id, stored.seq},
                                   .name = one->name,
                                   .content_type = one->content_type,
                                   .size = (int64_t)one->bytes.n,
                                   .bytes = one->bytes};
    bool ours = stored.extra && strstr(stored.extra, uid_text(row.id, id));
    return ours ? attachments_add(c, r->arena, &row) : OK;
}

static enum err keep_attachments(struct receive *r, int i) {
    pg_lease_auto c = NULL;
    if (!r->list.items[i].n_attachments)
        return OK;
    TRY(pg_lease(r->world->turns, &c));
    for (int k = 0; k < r->list.items[i].n_attachments; k++)
        TRY(keep_attachment(r, c, i, k));
    return OK;
}

static bool is_our_trouble(enum err e) { return err_http(e) >= 500; }

/* An id of a mail is only what its sender says: another text under it is another mail. */
static enum err hear_again(struct receive *r, int i, struct turn *t) {
    struct inbound *in = &r->list.items[i];
    uint8_t hash[CRYPTO_SHA256_BYTES];
    crypto_sha256(span_of(arena_printf(r->arena, "%s\n%s\n%s", in->address, in->subject, in->text)),
                  hash);
    in->external_id = arena_printf(r->arena, "%s#%s", in->external_id, enc_hex(r->arena, hash, 8));
    receive_turn(r, i, t->kind, t);
    turn_run(r->world, r->arena, &t, 1);
    return t->err;
}

enum err receive_heard(struct receive *r, int i, struct turn *t) {
    struct inbound_outcome *o = &r->outcomes[i];
    if (t->err == ERR_CONFLICT && r->list.items[i].mail)
        (void)hear_again(r, i, t);
    if (is_our_trouble(t->err))
        return t->err;
    if (t->err == OK && t->message.seq) {
        o->message_id = t->message.id;
        o->conversation_id = t->message.conversation_id;
        TRY(keep_attachments(r, i));
    }
    if (t->err == ERR_CONFLICT || t->duplicate) {
        o->type = INBOUND_DUPLICATE; /* one that was edited since says something else by now */
        return OK;
    }
    if (t->err == OK)
        return OK;
    o->type = INBOUND_INVALID;
    o->why = arena_strdup(r->arena, t->why.text[0] ? t->why.text : err_text(t->err));
    return OK;
}

enum err receive_hear(struct receive *r, int i, enum turn_kind kind, struct uid conversation) {
    struct turn t, *one = &t;
    receive_turn(r, i, kind, &t);
    t.conversation_id = conversation;
    turn_run(r->world, r->arena, &one, 1);
    return receive_heard(r, i, &t);
}

/* ---- the message it is about ---- */

static enum err find_in(struct receive *r, struct pg *c, const struct inbound *in,
                        struct message *out) {
    struct uid ours;
    if (uid_parse(in->about_ours, &ours)) {
        enum err e = messages_by_id(c, r->arena, ours, out);
        if (e != ERR_ABSENT)
            return e == OK && strcmp(out->channel, r->account->id) != 0 ? ERR_ABSENT : e;
    }
    if (!*in->about)
        return ERR_ABSENT;
    return messages_by_external_id(c, r->arena, r->account->id, in->about, out);
}

enum err receive_about(struct receive *r, int i, struct message *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    TRY(find_in(r, c, &r->list.items[i], out));
    r->outcomes[i].message_id = out->id;
    r->outcomes[i].conversation_id = out->conversation_id;
    return OK;
}

enum err receive_say(struct receive *r, int i, const char *why) {
    r->outcomes[i].why = why;
    return OK;
}

static enum err change(struct receive *r, int i, enum turn_kind kind, const char *text) {
    struct message about;
    enum err e = receive_about(r, i, &about);
    if (e == ERR_ABSENT)
        return receive_say(r, i, "the message it is about is not known");
    TRY(e);
    struct turn t = {.kind = kind,
                     .conversation_id = about.conversation_id,
                     .seq = about.seq,
                     .actor = {PARTY_CUSTOMER, ""},
                     .target = {PARTY_NONE, ""},
                     .text = text,
                     .channel = "",
                     .idempotency = "",
                     .epoch = -1};
    struct turn *one = &t;
    bool again = kind == TURN_REVOKE ? about.deleted_ms != 0
                                     : kind == TURN_EDIT && strcmp(about.text, text) == 0;
    if (again)
        return OK;
    turn_run(r->world, r->arena, &one, 1);
    return t.err == ERR_ABSENT ? OK : t.err;
}

/* An edit of a message that never came is all that we will hear of it. */
static enum err act_edit(struct receive *r, int i) {
    struct inbound *in = &r->list.items[i];
    struct message about;
    enum err e = receive_about(r, i, &about);
    if (e != ERR_ABSENT)
        return e == OK ? change(r, i, TURN_EDIT, in->text) : e;
    if (!*in->about || !*in->address)
        return receive_say(r, i, "the message it is about is not known");
    in->external_id = in->about;
    return receive_hear(r, i, TURN_MESSAGE, (struct uid){{0}});
}

static enum err act_revoke(struct receive *r, int i) { return change(r, i, TURN_REVOKE, ""); }

static enum err act_reaction(struct receive *r, int i) {
    return change(r, i, TURN_REACTION, r->list.items[i].reaction);
}

enum err receive_customer(struct receive *r, struct pg *c, const struct inbound *in,
                          struct customer *out) {
    const struct identity by_channel = {arena_printf(r->arena, "channel:%s", r->account->id),
                                        in->address, TRUST_VERIFIED};
    return customers_by_identity(c, r->arena, *in->sender.kind ? &in->sender : &by_channel, out);
}

/* ---- echoes ---- */

/* The provider may tell us of our own message before it has answered us: then the two are one. */
static bool is_same_answer(const struct message *m, const struct inbound *in, const char *channel) {
    return m->direction == DIRECTION_OUT && m->delivery == DELIVERY_PENDING &&
           strcmp(m->channel, channel) == 0 && strcmp(m->address, in->address) == 0 && *in->text &&
           strstr(m->text, in->text);
}

static enum err name_own(struct receive *r, struct pg *c, int i, const struct message *m) {
    bool changed;
    const struct message_mark mark = {.conversation_id = m->conversation_id,
                                      .seq = m->seq,
                                      .to = DELIVERY_SENT,
                                      .from = channel_receipt_sources(DELIVERY_SENT),
                                      .error = "",
                                      .external_id = r->list.items[i].external_id,
                                      .channel = r->account->id};
    r->outcomes[i].type = INBOUND_DUPLICATE;
    r->outcomes[i].message_id = m->id;
    r->outcomes[i].conversation_id = m->conversation_id;
    return messages_mark(c, r->arena, &mark, &changed);
}

static enum err find_own(struct receive *r, int i, bool *found) {
    const struct inbound *in = &r->list.items[i];
    struct customer customer;
    struct messages recent;
    pg_lease_auto c = NULL;
    *found = false;
    TRY(pg_lease(r->world->turns, &c));
    enum err e = receive_customer(r, c, in, &customer);
    if (e != OK)
        return e == ERR_ABSENT ? OK : e;
    const struct message_ref upto = {customer.conversation_id, INT32_MAX};
    TRY(messages_before(c, r->arena, &upto, RECENT_MAX, &recent));
    for (int k = 0; k < recent.n && !*found; k++) {
        *found = is_same_answer(&recent.items[k], in, r->account->id);
        if (*found)
            TRY(name_own(r, c, i, &recent.items[k]));
    }
    return OK;
}

static enum err act_echo(struct receive *r, int i) {
    bool own;
    TRY(find_own(r, i, &own));
    return own ? OK : receive_hear(r, i, TURN_ECHO, (struct uid){{0}});
}

/* ---- the rest ---- */

static enum err move(struct receive *r, const struct inbound *in, struct uid conversation) {
    struct turn t = {.kind = TURN_MOVED,
                     .conversation_id = conversation,
                     .actor = {PARTY_SYSTEM, ""},
                     .target = party_of(PARTY_CUSTOMER, in->address),
                     .text = in->about,
                     .channel = r->account->id,
                     .idempotency = "",
                     .epoch = -1};
    struct turn *one = &t;
    if (!*in->about || !*in->address || strcmp(in->about, in->address) == 0)
        return OK;
    turn_run(r->world, r->arena, &one, 1);
    return t.err == ERR_ABSENT ? OK : t.err;
}

/* The provider says that somebody is to be found elsewhere from now on. `about` is the old address
 * in the kind of each new one, or the sender is who it is about. */
static enum err act_system(struct receive *r, int i) {
    const struct inbound *in = &r->list.items[i];
    struct customer customer;
    struct why why;
    {
        pg_lease_auto c = NULL;
        if (!*in->sender.kind)
            return OK;
        TRY(pg_lease(r->world->turns, &c));
        enum err e = customers_by_identity(c, r->arena, &in->sender, &customer);
        if (e != OK)
            return e == ERR_ABSENT ? OK : e;
    }
    r->outcomes[i].conversation_id = customer.conversation_id;
    for (int k = 0; k < in->n_identities; k++) {
        enum err e = join_add(r->world, r->arena, customer.id, &in->identities[k], &why);
        if (e != OK && e != ERR_CONFLICT)
            return e;
    }
    return move(r, in, customer.conversation_id);
}

static enum err act_nothing(struct receive *r, int i) {
    (void)r, (void)i;
    return OK;
}

enum err receive_act(struct receive *r, int i) {
    static enum err (*const acts[inbound_type_count_])(struct receive *, int) = {
        [INBOUND_ECHO] = act_echo,
        [INBOUND_STATUS] = receive_receipt_status,
        [INBOUND_EDIT] = act_edit,
        [INBOUND_REVOKE] = act_revoke,
        [INBOUND_REACTION] = act_reaction,
        [INBOUND_READ] = receive_receipt_read,
        [INBOUND_SYSTEM] = act_system,
        [INBOUND_AUTO_REPLY] = receive_receipt_report,
        [INBOUND_BOUNCE] = receive_receipt_report,
        [INBOUND_DELAYED] = receive_receipt_report,
        [INBOUND_DELIVERY_REPORT] = receive_receipt_report,
        [INBOUND_FEEDBACK_REPORT] = receive_receipt_report,
    };
    enum inbound_type type = r->list.items[i].type;
    return (acts[type] ? acts[type] : act_nothing)(r, i);
}
