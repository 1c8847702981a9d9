/* visit_sessions: a visitor of the widget comes, is vouched for by the site, and goes. */
#include "../../common/base/clock.h"
#include "../../common/channel/webchat.h"
#include "../../common/codec/enc.h"
#include "handlers.h"
#include "router.h"
#include "stream_hub.h"
#include "visit.h"

#define TOKEN_CHARS_MAX 64
#define LOCALE_CHARS_MAX 35
#define ADDRESS_RANDOM_BYTES 16
#define HASH_CHARS_MAX 128
#define FORMER_TOKEN_S 120            /* it may be asked for again if the answer was lost */
#define SEEN_EVERY_MS (3600 * 1000LL) /* a visitor's row is written no more often */
#define MINUTE_MS 60000
#define ROWS(table) ((int)(sizeof(table) / sizeof(table)[0]))

static const char *const languages[] = {"en", "nl", "da", "de", "zh"};

struct opening {
    const char *token, *locale;
    json_t *identity;
};
#define OPENING(member, kind, max)                                                                 \
    { #member, JSON_KIND_##kind, false, offsetof(struct opening, member), 0, max }
static const struct json_field opening_fields[] = {OPENING(token, TEXT, TOKEN_CHARS_MAX),
                                                   OPENING(locale, TEXT, LOCALE_CHARS_MAX),
                                                   OPENING(identity, OBJECT, 0)};

struct identity_body {
    const char *jwt, *user_id, *hash, *email, *name;
};
#define IDENTITY(member, max)                                                                      \
    { #member, JSON_KIND_TEXT, false, offsetof(struct identity_body, member), 0, max }
static const struct json_field identity_fields[] = {
    IDENTITY(jwt, WEBCHAT_JWT_MAX), IDENTITY(user_id, WEBCHAT_USER_MAX),
    IDENTITY(hash, HASH_CHARS_MAX), IDENTITY(email, IDENTITY_VALUE_MAX),
    IDENTITY(name, WEBCHAT_NAME_MAX)};

/* What is known while a session is opened. */
struct open {
    const struct channel_account *channel;
    struct opening body;
    bool vouched; /* the site says who it is */
    struct webchat_claims claims;
    bool known; /* there is an old session, of this channel */
    struct visitor old;
    const char *token; /* of the session that is answered with */
    struct visitor now;
};

/* ---- who is it ---- */

static enum err verify_hash(struct request *r, const struct identity_body *b, struct open *o) {
    o->claims = (struct webchat_claims){
        .user_id = b->user_id, .email = b->email, .name = b->name, .locale = ""};
    enum err e = webchat_identity_hash(r->arena, o->channel, span_of(b->hash), &o->claims);
    return e == OK ? OK : why_set(&r->why, e, "", "the identity is not proven");
}

static enum err verify(struct request *r, struct open *o) {
    struct identity_body b = {"", "", "", "", ""};
    const struct webchat_asked asked = {o->channel, clock_wall_ms() / 1000};
    if (!o->body.identity)
        return OK;
    TRY(json_fill(o->body.identity, "/identity", identity_fields, ROWS(identity_fields), &b,
                  &r->why));
    if (!*b.jwt == !*b.user_id)
        return why_set(&r->why, ERR_INVALID, "/identity", "needs jwt, or user_id and hash");
    o->vouched = true;
    if (*b.jwt)
        return webchat_identity_jwt(r->arena, &asked, span_of(b.jwt), &o->claims, &r->why);
    return verify_hash(r, &b, o);
}

/* A token that is none, or another channel's, is as good as no token: whoever has it is new. */
static enum err find_old(struct request *r, struct pg *c, struct open *o) {
    if (!*o->body.token)
        return OK;
    enum err e = visitors_find(c, r->arena, span_of(o->body.token), &o->old);
    o->known = e == OK && strcmp(o->old.channel, o->channel->id) == 0;
    return e == ERR_ABSENT ? OK : e;
}

static const char *address_of(struct request *r, const struct open *o) {
    uint8_t random[ADDRESS_RANDOM_BYTES];
    if (o->vouched)
        return arena_printf(r->arena, "%s%s", WEBCHAT_USER_MARK, o->claims.user_id);
    crypto_random(random, sizeof random);
    return arena_printf(r->arena, "%s%s", WEBCHAT_VISITOR_MARK,
                        enc_base64url(r->arena, random, sizeof random));
}

/* ---- the same one again ---- */

static bool is_same(struct request *r, const struct open *o) {
    return o->known && (!o->vouched || strcmp(o->old.address, address_of(r, o)) == 0);
}

static bool profile_changed(const struct open *o) {
    return o->vouched && (strcmp(o->old.name, o->claims.name) != 0 ||
                          strcmp(o->old.email, o->claims.email) != 0 ||
                          o->old.email_verified != o->claims.email_verified);
}

static void take_profile(const struct open *o, struct visitor *v) {
    v->name = o->vouched ? o->claims.name : v->name;
    v->email = o->vouched ? o->claims.email : v->email;
    v->email_verified = o->vouched ? o->claims.email_verified : v->email_verified;
}

/* One who is signed in stays so only as long as the site vouches for it. */
static enum err keep(struct request *r, struct pg *c, struct open *o) {
    bool signed_in = visit_is_signed_in(&o->old);
    bool due = clock_wall_ms() - o->old.seen_ms > SEEN_EVERY_MS && (o->vouched || !signed_in);
    bool changed = profile_changed(o);
    o->now = o->old;
    o->token = o->body.token;
    take_profile(o, &o->now);
    if (!due && !changed)
        return OK;
    return visitors_keep(c, r->arena, signed_in ? VISIT_SIGNED_IN_S : VISIT_ANONYMOUS_S, &o->now);
}

/* ---- a new one ---- */

static enum err pace_peer(struct request *r) {
    int64_t most = r->world->cfg->peer_sessions_max;
    if (!most)
        return OK;
    const struct pace_limit limit = {"sessions", (int)most, (int)(MINUTE_MS / most) + 1};
    return pace_take(r->router->pace, &limit, r->call->peer, clock_monotonic_ms()) ? OK : ERR_LIMIT;
}

/* Somebody who signs in takes along what they wrote before; another user takes nothing. */
static enum err find_former(struct request *r, struct pg *c, struct open *o) {
    struct customer who;
    if (!o->known || !o->vouched || visit_is_signed_in(&o->old))
        return OK;
    enum err e = visit_customer(r, c, &o->old, &who);
    if (e == OK)
        o->now.former = o->old.address;
    return e == ERR_ABSENT ? OK : e;
}

/* The token changes with who holds it, so that nobody who knew the old one is signed in with it. */
static enum err retire_old(struct request *r, struct pg *c, struct open *o) {
    if (!o->known)
        return OK;
    if (!visit_is_signed_in(&o->old))
        return visitors_keep(c, r->arena, FORMER_TOKEN_S, &o->old);
    return visitors_drop(c, r->arena, o->old.id);
}

static enum err begin(struct request *r, struct pg *c, struct open *o) {
    uint8_t random[VISITORS_SECRET_BYTES];
    TRY(pace_peer(r));
    crypto_random(random, sizeof random);
    o->token = arena_printf(r->arena, "%s%s", VISIT_TOKEN_MARK,
                            enc_base64url(r->arena, random, sizeof random));
    o->now = (struct visitor){.channel = o->channel->id,
                              .address = address_of(r, o),
                              .former = "",
                              .name = "",
                              .email = ""};
    take_profile(o, &o->now);
    TRY(find_former(r, c, o));
    int64_t life_s = o->vouched ? VISIT_SIGNED_IN_S : VISIT_ANONYMOUS_S;
    TRY(visitors_add(c, r->arena, span_of(o->token), life_s, &o->now));
    return retire_old(r, c, o);
}

/* ---- the answer ---- */

/* One of the five, by its first part ("da-DK"). */
static const char *language_of(const char *tag) {
    size_t n = strcspn(tag, "-_");
    for (size_t i = 0; i < sizeof languages / sizeof languages[0]; i++)
        if (strlen(languages[i]) == n && strncmp(languages[i], tag, n) == 0)
            return languages[i];
    return NULL;
}

static const char *choose_language(const struct open *o) {
    const char *asked = language_of(o->body.locale);
    const char *own = language_of(o->channel->language);
    return asked ? asked : own ? own : languages[0];
}

static void put_visitor(const struct open *o, struct buf *b) {
    json_put_text(b, "token", o->token);
    json_put_when(b, "expires_at", o->now.expires_ms);
    json_put_key(b, "visitor");
    buf_addc(b, '{');
    json_put_flag(b, "signed_in", visit_is_signed_in(&o->now));
    json_put_text(b, "name", *o->now.name ? o->now.name : NULL);
    buf_addc(b, '}');
}

static void put_channel(const struct open *o, struct buf *b) {
    json_put_key(b, "channel");
    buf_addc(b, '{');
    json_put_text(b, "id", o->channel->id);
    json_put_text(b, "name", *o->channel->display_name ? o->channel->display_name : NULL);
    json_put_text(b, "language", choose_language(o));
    buf_addc(b, '}');
}

static enum err check_origin(struct request *r, const struct channel_account *channel) {
    bool given = wire_header_find(r->call->headers, r->call->n_headers, "origin") != NULL;
    if (given || !channel->require_origin)
        return OK;
    return why_set(&r->why, ERR_DENIED, "", "only pages may open a session (require_origin)");
}

/* For which channel, from where, with what to say of oneself. */
static enum err read_opening(struct request *r, struct open *o) {
    TRY(visit_channel(r, &o->channel));
    TRY(check_origin(r, o->channel));
    TRY(json_fill(r->body, "", opening_fields, ROWS(opening_fields), &o->body, &r->why));
    return verify(r, o);
}

enum err visit_open(struct request *r, struct reply *out) {
    struct open o = {.body = {"", "", NULL}};
    pg_lease_auto c = NULL;
    TRY(read_opening(r, &o));
    TRY(pg_lease(r->world->reads, &c));
    TRY(find_old(r, c, &o));
    bool same = is_same(r, &o);
    TRY(same ? keep(r, c, &o) : begin(r, c, &o));
    out->status = same ? 200 : 201;
    buf_addc(&out->body, '{');
    put_visitor(&o, &out->body);
    put_channel(&o, &out->body);
    TRY(visit_put_ticket(r, c, &o.now, &out->body));
    buf_addc(&out->body, '}');
    return OK;
}

enum err visit_ticket(struct request *r, struct reply *out) {
    struct visit v;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(visit_begin(r, c, &v));
    TRY(visit_pace(r, &v, &visit_tickets));
    out->status = 201;
    buf_addc(&out->body, '{');
    TRY(visit_put_ticket(r, c, &v.visitor, &out->body));
    buf_addc(&out->body, '}');
    return OK;
}

enum err visit_end(struct request *r, struct reply *out) {
    struct visit v;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(visit_begin(r, c, &v));
    TRY(visitors_drop(c, r->arena, v.visitor.id));
    stream_hub_signal(r->router->hub, &(struct stream_signal){.what = STREAM_SIGNAL_END,
                                                              .channel = v.visitor.channel,
                                                              .address = v.visitor.address,
                                                              .session = v.visitor.id,
                                                              .author = "",
                                                              .name = "",
                                                              .agent = ""});
    out->status = 204;
    out->content_type = NULL;
    return OK;
}
