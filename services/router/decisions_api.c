/* decisions_api: what would be decided, what was decided and from what, and whether it would be
 * again. */
#include "../../common/decide/decide.h"
#include "../../common/decide/observe.h"
#include "../../common/flow/policy_load.h"
#include "../../common/flow/turn.h"
#include "../../common/nlu/read.h"
#include "../../common/store/customers.h"
#include "../../common/store/messages.h"
#include "../../common/store/policies.h"
#include "handlers.h"

#define LOCALE_CHARS_MAX 35
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

/* ---- preview ---- */

struct preview_body {
    const char *text, *channel, *locale, *customer, *conversation;
};
#define PREVIEW(member, kind, required, min, max)                                                  \
    { #member, JSON_KIND_##kind, required, offsetof(struct preview_body, member), min, max }
static const struct json_field preview_fields[] = {
    PREVIEW(text, TEXT, true, 1, MESSAGE_TEXT_MAX),
    PREVIEW(channel, ID, false, 0, 0),
    PREVIEW(locale, TEXT, false, 0, LOCALE_CHARS_MAX),
    PREVIEW(customer, TEXT, false, 1, UID_TEXT_MAX),
    PREVIEW(conversation, TEXT, false, 1, UID_TEXT_MAX),
};

static enum err of_customer(struct request *r, const char *text, struct uid *conversation) {
    struct uid id;
    struct customer customer;
    if (!uid_parse(text, &id))
        return why_set(&r->why, ERR_INVALID, "/customer", "is not an id");
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = customers_resolve(c, r->arena, id, &customer);
    if (e == ERR_ABSENT)
        return why_set(&r->why, ERR_INVALID, "/customer", "there is no such customer");
    *conversation = customer.conversation_id;
    return e;
}

static enum err about_whom(struct request *r, const struct preview_body *body, struct uid *out) {
    if (body->customer && body->conversation)
        return why_set(&r->why, ERR_INVALID, "/customer", "give a customer or a conversation");
    if (body->customer)
        return of_customer(r, body->customer, out);
    if (body->conversation && !uid_parse(body->conversation, out))
        return why_set(&r->why, ERR_INVALID, "/conversation", "is not an id");
    return OK;
}

enum err decisions_preview(struct request *r, struct reply *out) {
    struct preview_body body = {.channel = "", .locale = ""};
    struct uid conversation = {{0}};
    TRY(json_fill(r->body, "", preview_fields, ROWS(preview_fields), &body, &r->why));
    TRY(about_whom(r, &body, &conversation));
    if (*body.channel && !snapshot_channel(r->snapshot, body.channel))
        return why_set(&r->why, ERR_INVALID, "/channel", "there is no such channel");
    const struct message m = {.author = party_of(PARTY_CUSTOMER, ""),
                              .author_name = "",
                              .channel = body.channel,
                              .external_id = "",
                              .address = "",
                              .text = body.text,
                              .language = "",
                              .last_error = ""};
    struct turn t = {.kind = TURN_MESSAGE,
                     .conversation_id = conversation,
                     .inbound = &m,
                     .locale = body.locale,
                     .subject = "",
                     .actor = m.author,
                     .target = party_of(PARTY_NONE, ""),
                     .text = m.text,
                     .channel = "",
                     .epoch = -1,
                     .idempotency = ""};
    enum err e = turn_preview(r->world, r->arena, &t);
    r->why = t.why;
    TRY(e);
    buf_adds(&out->body, "{\"id\":null");
    decision_render(t.decision, &out->body);
    buf_addc(&out->body, '}');
    return OK;
}

/* ---- what was decided ---- */

/* A decision has the id of the message it judges. */
static enum err find(struct request *r, struct message *out) {
    struct uid id;
    TRY(request_uid(r, 0, &id));
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(messages_by_id(c, r->arena, id, out));
    return out->decision ? OK : ERR_ABSENT;
}

static void render(const struct message *m, const struct decision *d, struct buf *b) {
    buf_addc(b, '{');
    json_put_uid(b, "id", m->id);
    json_put_uid(b, "message_id", m->id);
    json_put_uid(b, "conversation_id", m->conversation_id);
    json_put_number(b, "seq", m->seq);
    json_put_when(b, "decided_at", m->received_ms);
    decision_render(d, b);
    json_put_key(b, "signals");
    signals_render(&d->signals, b);
    buf_addc(b, '}');
}

enum err decisions_get(struct request *r, struct reply *out) {
    struct message m;
    TRY(find(r, &m));
    render(&m, m.decision, &out->body);
    return OK;
}

/* ---- again ---- */

static enum err parse_version(struct request *r, int version, struct policy **out) {
    struct policies_version stored = {.body = policy_default_json()};
    if (version != POLICIES_BUILT_IN) {
        pg_lease_auto c = NULL;
        TRY(pg_lease(r->world->reads, &c));
        enum err e = policies_load(c, r->arena, version, &stored);
        if (e == ERR_ABSENT)
            return why_set(&r->why, ERR_INVALID, "/policy_version", "there is no such version");
        TRY(e);
    }
    return policy_load(span_of(stored.body), out, &r->why);
}

static void render_both(const struct message *m, const struct decision *again, struct buf *b) {
    buf_addc(b, '{');
    json_put_key(b, "decision");
    render(m, again, b);
    json_put_flag(b, "same", decision_equal(again, m->decision));
    json_put_key(b, "stored");
    render(m, m->decision, b);
    buf_addc(b, '}');
}

/* Texts of a decision are borrowed from its policy, which is kept until they are rendered. */
enum err decisions_replay(struct request *r, struct reply *out) {
    static const struct json_field fields[] = {
        {"policy_version", JSON_KIND_INTEGER, false, 0, 0, INT32_MAX}};
    struct message m;
    struct decision again;
    struct policy *own = NULL;
    TRY(find(r, &m));
    int64_t version = m.decision->policy_version;
    if (r->body)
        TRY(json_fill(r->body, "", fields, 1, &version, &r->why));
    if (version != r->snapshot->policy_version)
        TRY(parse_version(r, (int)version, &own));
    const struct policy *by = own ? own : r->snapshot->policy;
    struct decision seen = *m.decision;
    if (version != seen.policy_version)
        observe_anew(by, &seen.signals);
    decide_again(r->arena, by, (int)version, &seen, &again);
    render_both(&m, &again, &out->body);
    policy_free(own);
    return OK;
}

/* ---- what is seen in a text ---- */

struct analyze_body {
    const char *text, *locale;
};

enum err decisions_analyze(struct request *r, struct reply *out) {
    static const struct json_field fields[] = {
        {"text", JSON_KIND_TEXT, true, offsetof(struct analyze_body, text), 1, MESSAGE_TEXT_MAX},
        {"locale", JSON_KIND_TEXT, false, offsetof(struct analyze_body, locale), 0,
         LOCALE_CHARS_MAX}};
    struct analyze_body body = {0};
    struct reading reading;
    TRY(json_fill(r->body, "", fields, ROWS(fields), &body, &r->why));
    const struct read_input in = {.text = body.text,
                                  .locale = body.locale,
                                  .earlier_language = "",
                                  .channel_language = "",
                                  .model = r->snapshot->model,
                                  .usage = policy_usage(r->snapshot->policy),
                                  .figures = true};
    read_text(r->arena, &in, &reading);
    reading.model_version = r->snapshot->model_version;
    read_render(&reading, &out->body);
    return OK;
}
