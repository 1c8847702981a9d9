/* conversations_api: conversations and what stands in them, as people and connectors read them. */
#include "../../common/base/clock.h"
#include "../../common/codec/text.h"
#include "../../common/decide/brief.h"
#include "../../common/model/identity.h"
#include "../../common/store/conversations.h"
#include "../../common/store/customers.h"
#include "../../common/store/messages.h"
#include "conversation_page.h"
#include "handlers.h"
#include "message_render.h"
#include "paging.h"
#include "timeline.h"

#define TERMS_MAX 16
#define DAY_MS 86400000LL

/* ---- the filters of a list ---- */

static enum err refuse(struct request *r, const char *name, const char *must) {
    return why_set(&r->why, ERR_INVALID, "", "%s %s", name, must);
}

static enum err read_status(struct request *r, struct listings_filter *f) {
    const char *text;
    enum conversation_status status;
    TRY(request_query(r, "status", &text));
    if (!text)
        return OK;
    if (!conversation_status_parse(text, &status))
        return refuse(r, "status", "must be open, waiting or resolved");
    f->status = status;
    return OK;
}

static enum err read_mode(struct request *r, struct listings_filter *f) {
    const char *text;
    enum mode mode;
    TRY(request_query(r, "mode", &text));
    if (!text)
        return OK;
    if (!mode_parse(text, &mode))
        return refuse(r, "mode", "must be self_service, human_backup, human or human_emotion");
    f->mode = mode;
    return OK;
}

/* `type` or `type:id`. */
static enum err read_handler(struct request *r, struct listings_filter *f) {
    const char *text;
    enum party_type type;
    TRY(request_query(r, "handler", &text));
    if (!text)
        return OK;
    const char *colon = strchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : strlen(text);
    bool known = party_type_parse(arena_strndup(r->arena, text, n), &type);
    known = known && (type == PARTY_BOT || type == PARTY_AGENT || type == PARTY_QUEUE);
    if (!known || (colon && !json_is_config_id(colon + 1)))
        return refuse(r, "handler", "must be bot, agent or queue, and may name one: agent:anna");
    f->holder_type = type;
    f->holder_id = colon ? colon + 1 : NULL;
    return OK;
}

static enum err read_id(struct request *r, const char *name, const char **id) {
    TRY(request_query(r, name, id));
    return !*id || json_is_config_id(*id) ? OK : refuse(r, name, "must be an id");
}

static enum err read_queue(struct request *r, struct listings_filter *f) {
    return read_id(r, "queue", &f->queue);
}

static enum err read_channel(struct request *r, struct listings_filter *f) {
    return read_id(r, "channel", &f->channel);
}

static enum err read_words(struct request *r, struct listings_filter *f) {
    const char *text, **terms;
    TRY(request_query(r, "q", &text));
    if (!text)
        return OK;
    f->n_terms = text_search_terms(r->arena, text, TERMS_MAX, &terms);
    f->terms = terms;
    return f->n_terms ? OK : refuse(r, "q", "must hold a word");
}

/* Message events are kept for a while only; before that nearly all that is newer has changed since,
 * so that walking from the newest finds it soon. */
static enum err read_since(struct request *r, struct listings_filter *f) {
    const char *text;
    int64_t kept_ms = (r->world->cfg->event_days - 1) * DAY_MS;
    TRY(request_query(r, "updated_since", &text));
    if (!text)
        return OK;
    if (!clock_parse_rfc3339(text, &f->updated_since_ms) || f->updated_since_ms == 0)
        return refuse(r, "updated_since", "must be an RFC 3339 time");
    f->events_reach = f->updated_since_ms > clock_wall_ms() - kept_ms;
    return OK;
}

static enum err read_customer(struct request *r, struct listings_filter *f) {
    const char *text;
    struct customer customer;
    TRY(request_query(r, "customer", &text));
    if (!text)
        return OK;
    if (!uid_parse(text, &customer.id))
        return refuse(r, "customer", "must be a customer's id");
    memset(&f->conversation, 0xff,
           sizeof f->conversation); /* names none: who is unknown has none */
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    enum err e = customers_resolve(c, r->arena, customer.id, &customer);
    if (e == OK)
        f->conversation = customer.conversation_id;
    return e == ERR_ABSENT ? OK : e;
}

typedef enum err read_parameter(struct request *r, struct listings_filter *f);

static enum err read_filter(struct request *r, struct listings_filter *f) {
    static read_parameter *const parameters[] = {read_status, read_mode,    read_handler,
                                                 read_queue,  read_channel, read_words,
                                                 read_since,  read_customer};
    *f = (struct listings_filter){
        .status = LISTINGS_ANY, .mode = LISTINGS_ANY, .holder_type = LISTINGS_ANY};
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        TRY(parameters[i](r, f));
    return OK;
}

static enum err read_page(struct request *r, struct listings_page *page) {
    const char *said;
    *page = (struct listings_page){.n = 0};
    TRY(paging_limit(r, &page->limit));
    TRY(paging_cursor(r, &said));
    return !said || uid_parse(said, &page->before) ? OK : paging_refuse(r);
}

/* ---- lists of conversations ---- */

static void put_last(const struct listings_last *m, struct buf *out) {
    buf_addc(out, '{');
    json_put_uid(out, "id", m->id);
    json_put_number(out, "seq", m->seq);
    json_put_text(out, "direction", direction_text(m->direction));
    party_put(out, "author", m->author);
    json_put_text(out, "channel", m->channel);
    json_put_text(out, "text", m->text);
    json_put_when(out, "received_at", m->received_ms);
    buf_addc(out, '}');
}

static void put_items(const struct listings_page *page, struct buf *out) {
    buf_auto last;
    buf_init(&last, REPLY_BYTES_MAX);
    for (int i = 0; i < page->n; i++) {
        const struct listings_item *item = &page->items[i];
        bool said = !uid_is_nil(item->last.id);
        buf_reset(&last);
        if (said)
            put_last(&item->last, &last);
        json_put_item(out);
        conversation_render(&item->conversation, said ? last.p : NULL, out);
    }
}

static enum err find_items(struct request *r, const struct listings_filter *filter,
                           struct listings_page *page) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    return listings_conversations(c, r->arena, filter, page);
}

enum err conversations_list(struct request *r, struct reply *out) {
    struct listings_filter filter;
    struct listings_page page;
    char next[UID_TEXT_MAX];
    TRY(read_page(r, &page));
    TRY(read_filter(r, &filter));
    TRY(find_items(r, &filter, &page));
    reply_list_open(out);
    put_items(&page, &out->body);
    reply_list_close(out, uid_is_nil(page.next) ? NULL
                                                : paging_seal(r->arena, uid_text(page.next, next)));
    return OK;
}

enum err conversations_get(struct request *r, struct reply *out) {
    struct conversation found;
    bool moved;
    TRY(conversation_page_find(r, &found, out, &moved));
    return moved ? OK : conversation_page_put(r, &found, &out->body);
}

/* ---- what stands in one ---- */

static enum err find_parts(struct request *r, struct uid id, struct uid **parts, int *n) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    return customers_parts(c, r->arena, id, parts, n);
}

static enum err read_order(struct request *r, bool *newest_first) {
    const char *text;
    TRY(request_query(r, "order", &text));
    *newest_first = text && strcmp(text, "desc") == 0;
    if (text && !*newest_first && strcmp(text, "asc") != 0)
        return refuse(r, "order", "must be asc or desc");
    return OK;
}

static enum err read_span(struct request *r, struct listings_span *span) {
    const char *said;
    TRY(paging_limit(r, &span->limit));
    TRY(paging_cursor(r, &said));
    span->from = listings_start(span->newest_first);
    bool good = !said || (paging_take_place(&said, &span->from) && !*said);
    return good && span->from.order <= INT32_MAX ? OK : paging_refuse(r);
}

typedef void put_message(const struct message *m, struct buf *out);

static enum err reply_messages(struct request *r, struct listings_span *span, put_message *put,
                               struct reply *out) {
    struct message *items;
    int n, limit = span->limit++;
    {
        pg_lease_auto c = NULL;
        TRY(pg_lease(r->world->reads, &c));
        TRY(listings_messages(c, r->arena, span, &items, &n));
    }
    bool more = n > limit;
    reply_list_open(out);
    for (int i = 0; i < (more ? limit : n); i++) {
        json_put_item(&out->body);
        put(&items[i], &out->body);
    }
    struct listings_place last = {0};
    if (more)
        last = listings_place_of_message(&items[limit - 1]);
    reply_list_close(out, more ? paging_seal(r->arena, paging_place(r->arena, &last)) : NULL);
    return OK;
}

/* A connector reads back what was said on its own channels; of other conversations it knows
 * nothing, not even that they are. */
static bool may_see(const struct request *r, const struct conversation *c) {
    if (r->caller.role != ROLE_CONNECTOR)
        return true;
    for (int i = 0; i < r->caller.key->n_channels; i++) {
        const char *own = r->caller.key->channels[i];
        if (strcmp(own, c->last_channel) == 0)
            return true;
        for (int k = 0; k < c->n_channels; k++)
            if (strcmp(own, c->channels[k]) == 0)
                return true;
    }
    return false;
}

static enum err open_span(struct request *r, struct listings_span *span, struct reply *out,
                          bool *moved) {
    struct conversation found;
    struct uid *parts;
    TRY(read_order(r, &span->newest_first));
    TRY(read_span(r, span));
    TRY(conversation_page_find(r, &found, out, moved));
    if (!may_see(r, &found))
        return ERR_ABSENT;
    if (r->caller.role == ROLE_CONNECTOR) {
        span->channels = r->caller.key->channels;
        span->n_channels = r->caller.key->n_channels;
    }
    TRY(find_parts(r, found.id, &parts, &span->n_parts));
    span->parts = parts;
    return OK;
}

enum err conversations_messages(struct request *r, struct reply *out) {
    struct listings_span span = {.decided = false};
    bool moved;
    TRY(open_span(r, &span, out, &moved));
    return moved ? OK : reply_messages(r, &span, message_render, out);
}

enum err conversations_decisions(struct request *r, struct reply *out) {
    struct listings_span span = {.decided = true};
    bool moved;
    TRY(open_span(r, &span, out, &moved));
    return moved ? OK : reply_messages(r, &span, timeline_put_decision, out);
}

enum err conversations_timeline(struct request *r, struct reply *out) {
    struct conversation found;
    struct uid *parts;
    bool moved;
    int n;
    TRY(conversation_page_find(r, &found, out, &moved));
    if (moved)
        return OK;
    TRY(find_parts(r, found.id, &parts, &n));
    return timeline_page(r, parts, n, out);
}

/* ---- for who takes over ---- */

enum err conversations_brief(struct request *r, struct reply *out) {
    struct conversation found;
    struct message last = {.seq = 0};
    bool moved;
    TRY(conversation_page_find(r, &found, out, &moved));
    if (moved)
        return OK;
    const struct message_ref ref = {found.id, found.last_in_seq};
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(messages_find_many(c, r->arena, &ref, 1, &last));
    brief_render(&found, last.decision, clock_wall_ms(), &out->body);
    return OK;
}

/* ---- one message ---- */

static bool is_own(const struct request *r, const char *channel) {
    for (int i = 0; i < r->caller.key->n_channels; i++)
        if (strcmp(r->caller.key->channels[i], channel) == 0)
            return true;
    return r->caller.role != ROLE_CONNECTOR;
}

enum err messages_get(struct request *r, struct reply *out) {
    struct uid id;
    struct message m;
    pg_lease_auto c = NULL;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    TRY(messages_by_id(c, r->arena, id, &m));
    if (!is_own(r, m.channel))
        return ERR_ABSENT;
    message_render(&m, &out->body);
    return OK;
}
