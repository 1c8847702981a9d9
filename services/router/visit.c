#include "visit.h"

#include <strings.h>

#include "../../common/base/clock.h"
#include "../../common/channel/webchat.h"
#include "../../common/model/identity.h"
#include "cors.h"
#include "router.h"

#define SCHEME "Bearer "
#define TOKEN_CHARS_MAX 64
#define ADDRESSES_MAX 2

const struct pace_limit visit_messages = {"messages", 20, 1500};
const struct pace_limit visit_typing = {"typing", 20, 1000};
const struct pace_limit visit_reads = {"reads", 60, 250};
const struct pace_limit visit_tickets = {"tickets", 30, 1000};

/* Empty if it is none. */
static struct span token_of(const struct http_call *call) {
    const char *value = wire_header_find(call->headers, call->n_headers, "authorization");
    if (!value || strncasecmp(value, SCHEME, strlen(SCHEME)) != 0)
        return (struct span){"", 0};
    struct span token = span_trim(span_of(value + strlen(SCHEME)));
    size_t mark = strlen(VISIT_TOKEN_MARK);
    bool ours = token.n > mark && token.n <= TOKEN_CHARS_MAX &&
                strncmp(token.p, VISIT_TOKEN_MARK, mark) == 0;
    return ours ? token : (struct span){"", 0};
}

bool visit_has_token(const struct http_call *call) { return token_of(call).n > 0; }

enum err visit_channel(struct request *r, const struct channel_account **out) {
    *out = snapshot_channel(r->snapshot, r->param[0]);
    if (!*out || (*out)->kind != CHANNEL_WEBCHAT || (*out)->disabled)
        return ERR_ABSENT;
    return cors_allowed(r) ? OK
                           : why_set(&r->why, ERR_DENIED, "",
                                     "this page may not use the channel (allowed_origins)");
}

enum err visit_begin(struct request *r, struct pg *c, struct visit *out) {
    TRY(visit_channel(r, &out->channel));
    enum err e = visitors_find(c, r->arena, token_of(r->call), &out->visitor);
    bool elsewhere = e == OK && strcmp(out->visitor.channel, out->channel->id) != 0;
    return e == ERR_ABSENT || elsewhere ? ERR_UNKNOWN_KEY : e;
}

enum err visit_pace(struct request *r, const struct visit *v, const struct pace_limit *limit) {
    char id[UID_TEXT_MAX];
    bool granted =
        pace_take(r->router->pace, limit, uid_text(v->visitor.id, id), clock_monotonic_ms());
    return granted ? OK : ERR_LIMIT;
}

/* ---- what they may see ---- */

bool visit_is_signed_in(const struct visitor *v) {
    return strncmp(v->address, WEBCHAT_USER_MARK, strlen(WEBCHAT_USER_MARK)) == 0;
}

static enum err by_address(struct request *r, struct pg *c, const struct visitor *v,
                           const char *address, struct customer *out) {
    const struct identity i = {.kind = arena_printf(r->arena, "channel:%s", v->channel),
                               .value = address,
                               .trust = TRUST_VERIFIED};
    return customers_by_identity(c, r->arena, &i, out);
}

enum err visit_customer(struct request *r, struct pg *c, const struct visitor *v,
                        struct customer *out) {
    enum err e = by_address(r, c, v, v->address, out);
    return e == ERR_ABSENT && *v->former ? by_address(r, c, v, v->former, out) : e;
}

struct parts {
    struct uid *ids;
    int n;
};

static enum err add_parts(struct request *r, struct pg *c, struct uid conversation,
                          struct parts *all) {
    struct uid *ids;
    int n;
    TRY(customers_parts(c, r->arena, conversation, &ids, &n));
    struct uid *both = ARENA_ARRAY(r->arena, struct uid, all->n + n);
    if (all->n)
        memcpy(both, all->ids, sizeof *both * (size_t)all->n);
    memcpy(both + all->n, ids, sizeof *both * (size_t)n);
    *all = (struct parts){both, all->n + n};
    return OK;
}

/* Between signing in and the next message the two are still two. */
static enum err find_parts(struct request *r, struct pg *c, const struct visitor *v,
                           struct parts *out) {
    const char *const addresses[ADDRESSES_MAX] = {v->address, v->former};
    struct uid first = {{0}};
    *out = (struct parts){NULL, 0};
    for (int i = 0; i < ADDRESSES_MAX && *addresses[i]; i++) {
        struct customer who;
        enum err e = by_address(r, c, v, addresses[i], &who);
        if (e == ERR_ABSENT || (e == OK && uid_equal(first, who.conversation_id)))
            continue;
        TRY(e);
        first = who.conversation_id;
        TRY(add_parts(r, c, who.conversation_id, out));
    }
    return OK;
}

enum err visit_span(struct request *r, struct pg *c, const struct visitor *v,
                    struct listings_span *out) {
    struct parts parts;
    TRY(find_parts(r, c, v, &parts));
    const char **one = ARENA_ARRAY(r->arena, const char *, 1 + ADDRESSES_MAX);
    one[0] = v->channel;
    one[1] = v->address;
    *out = (struct listings_span){.parts = parts.ids,
                                  .n_parts = parts.n,
                                  .channels = one,
                                  .n_channels = 1,
                                  .addresses = one + 1,
                                  .n_addresses = visit_is_signed_in(v) ? 0 : 1,
                                  .said = true};
    return OK;
}

enum err visit_put_ticket(struct request *r, struct pg *c, const struct visitor *v,
                          struct buf *out) {
    const char *ticket;
    TRY(visitors_add_ticket(c, r->arena, v->id, VISIT_TICKET_S, &ticket));
    json_put_text(out, "ticket", ticket);
    json_put_number(out, "expires_in", VISIT_TICKET_S);
    return OK;
}
