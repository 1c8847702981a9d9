#include "stream_hub.h"

#include <pthread.h>
#include <stdlib.h>

#include "../../common/base/clock.h"
#include "../../common/store/wakes.h"
#include "event_render.h"

#define POLL_MS 500 /* without a bell */
#define PAUSE_MS 20 /* between two reads, however often the bell rings */
#define HEARTBEAT_MS 15000
#define PAGE 200
#define FRAME_BYTES_MAX (192 * 1024)
#define SIGNAL_BYTES_MAX 4096
#define RESET "event: reset\ndata: {\"type\":\"reset\"}\n\n"

struct page {
    struct events events;
    struct event_position upto; /* of the last one */
    struct snapshot *snapshot;  /* for visitors, like what follows; NULL: not read for them */
    struct message *said;       /* what the events are about; seq 0: not asked for, or gone */
    bool *heard;                /* out: somebody has got it */
};

struct stream_client {
    struct stream_hub *hub;
    struct stream_client *next, **at;
    struct http_stream *stream;
    struct event_position after;
    struct uid conversation;
    unsigned kinds;
    char *key_id;
    struct stream_visit *visit; /* NULL: of a key */
    int64_t written_ms;         /* monotonic */
};

struct stream_hub {
    struct world *world;
    struct pg_pool *pool; /* its own connection: reads must not wait for reports */
    struct arena *arena;
    struct buf frame;
    pthread_t thread;
    struct redis_subscriber *bell; /* the hub's thread's; NULL while nobody has a stream */
    struct redis_subscriber *signals;
    pthread_mutex_t lock; /* of what follows; a stream is only touched while it is held */
    pthread_cond_t news;
    struct stream_client *clients;
    int n_visits;
    bool rung, closing;
};

static bool before(struct event_position a, struct event_position b) {
    return a.xid < b.xid || (a.xid == b.xid && a.n < b.n);
}

/* ---- writing; the lock is held ---- */

static void write_to(struct stream_client *c, struct span bytes) {
    c->written_ms = clock_monotonic_ms();
    /* Too slow: the driver is cutting it, and says so by gone(). */
    (void)!httpd_stream_write(c->stream, bytes);
}

static bool wants(const struct stream_client *c, const struct event *e) {
    if (c->visit)
        return before(c->after, e->at) && stream_visit_wants(c->visit, e);
    bool kind = c->kinds >> e->kind & 1;
    bool here = uid_is_nil(c->conversation) || uid_equal(c->conversation, e->conversation_id);
    return kind && here && before(c->after, e->at);
}

/* A message too large for a frame is fetched like all that came before. */
static void visit_frame(struct stream_hub *hub, const struct page *page, int i) {
    const struct message *m = &page->said[i];
    size_t mark = hub->frame.len;
    page->heard[i] = true;
    stream_visit_frame(&page->events.items[i], m->seq ? m : NULL, page->snapshot, &hub->frame);
    if (!hub->frame.full || mark)
        return;
    buf_reset(&hub->frame);
    buf_adds(&hub->frame, RESET);
}

static void put_frame(struct stream_hub *hub, const struct stream_client *c,
                      const struct page *page, int i) {
    if (c->visit)
        visit_frame(hub, page, i);
    else
        event_render_frame(&page->events.items[i], &hub->frame);
}

/* What the client wants of a page, in one write. What does not fit is read again from where it
 * stopped. */
static void give_page(struct stream_hub *hub, struct stream_client *c, const struct page *page) {
    struct buf *frame = &hub->frame;
    struct event_position upto = page->upto;
    buf_reset(frame);
    for (int i = 0; i < page->events.n && !frame->full; i++) {
        size_t mark = frame->len;
        if (!wants(c, &page->events.items[i]))
            continue;
        put_frame(hub, c, page, i);
        if (!frame->full)
            continue;
        frame->len = mark;
        upto = page->events.items[mark ? i - 1 : i].at;
    }
    if (frame->len)
        write_to(c, buf_span(frame));
    c->after = upto;
}

/* A page was read from one place on; whoever stands in it is served by it. */
static void give_all(struct stream_hub *hub, struct event_position from, const struct page *page) {
    pthread_mutex_lock(&hub->lock);
    for (struct stream_client *c = hub->clients; c; c = c->next)
        if (!before(c->after, from) && before(c->after, page->upto) &&
            (page->snapshot || !c->visit))
            give_page(hub, c, page);
    pthread_mutex_unlock(&hub->lock);
}

static bool may_go_on(const struct stream_client *c, const struct snapshot *s, int64_t now) {
    return c->visit ? stream_visit_goes_on(c->visit, s, now) : snapshot_key(s, c->key_id) != NULL;
}

static void beat_all(struct stream_hub *hub) {
    int64_t now = clock_monotonic_ms();
    struct snapshot *s = world_snapshot(hub->world);
    pthread_mutex_lock(&hub->lock);
    for (struct stream_client *c = hub->clients; c; c = c->next) {
        if (!may_go_on(c, s, now))
            httpd_stream_end(c->stream);
        else if (now - c->written_ms >= HEARTBEAT_MS)
            write_to(c, span_of(": \n\n"));
    }
    pthread_mutex_unlock(&hub->lock);
    snapshot_release(s);
}

/* ---- reading ---- */

/* Where the first and the last client stand; false: there is none. */
static bool find_ends(struct stream_hub *hub, struct event_position *rear,
                      struct event_position *front) {
    pthread_mutex_lock(&hub->lock);
    const struct stream_client *c = hub->clients;
    bool any = c != NULL;
    if (any)
        *rear = *front = c->after;
    for (; c; c = c->next) {
        if (before(c->after, *rear))
            *rear = c->after;
        if (before(*front, c->after))
            *front = c->after;
    }
    pthread_mutex_unlock(&hub->lock);
    return any;
}

static bool has_visits(struct stream_hub *hub) {
    pthread_mutex_lock(&hub->lock);
    bool any = hub->n_visits > 0;
    pthread_mutex_unlock(&hub->lock);
    return any;
}

static bool is_chat(const struct page *page, int i) {
    const struct event *e = &page->events.items[i];
    const struct channel_account *channel = snapshot_channel(page->snapshot, e->channel);
    return e->kind == EVENT_MESSAGE && channel && channel->kind == CHANNEL_WEBCHAT;
}

/* Visitors are told what was said, which the feed leaves out: one more look for all of them. */
static enum err read_said(struct stream_hub *hub, struct pg *c, struct page *page) {
    int n = page->events.n, asked = 0;
    struct message_ref *refs = ARENA_ARRAY(hub->arena, struct message_ref, n);
    struct message *found = ARENA_ARRAY(hub->arena, struct message, n);
    int *place = ARENA_ARRAY(hub->arena, int, n);
    page->said = ARENA_ARRAY(hub->arena, struct message, n);
    page->heard = ARENA_ARRAY(hub->arena, bool, n);
    for (int i = 0; i < n; i++) {
        if (!is_chat(page, i))
            continue;
        const struct event *e = &page->events.items[i];
        place[asked] = i;
        refs[asked++] = (struct message_ref){e->conversation_id, e->seq};
    }
    if (asked)
        TRY(messages_find_many(c, hub->arena, refs, asked, found));
    for (int i = 0; i < asked; i++)
        page->said[place[i]] = found[i];
    return OK;
}

/* What went out to a stream that takes it has been delivered. */
static void mark_delivered(struct stream_hub *hub, struct pg *c, const struct page *page) {
    struct message_ref *refs = ARENA_ARRAY(hub->arena, struct message_ref, page->events.n);
    struct visitors_mark mark = {refs, 0, DELIVERY_DELIVERED,
                                 1u << DELIVERY_PENDING | 1u << DELIVERY_SENT};
    int64_t changed;
    for (int i = 0; i < page->events.n; i++)
        if (page->heard[i] && page->said[i].direction == DIRECTION_OUT && page->said[i].seq)
            refs[mark.n++] = (struct message_ref){page->said[i].conversation_id, page->said[i].seq};
    if (mark.n && visitors_mark(c, hub->arena, &mark, &changed) == OK && changed)
        wakes_ring(hub->world->redis, "turn");
}

static enum err read_page(struct stream_hub *hub, struct pg *c, struct event_position from,
                          struct page *page) {
    TRY(events_after(c, hub->arena, from, PAGE, &page->events));
    if (!page->events.n || !page->snapshot)
        return OK;
    return read_said(hub, c, page);
}

/* True: there may be more. */
static bool give_from(struct stream_hub *hub, struct event_position from, struct page *page) {
    pg_lease_auto c = NULL;
    enum err e = pg_lease(hub->pool, &c);
    if (e == OK)
        e = read_page(hub, c, from, page);
    if (e != OK || page->events.n == 0)
        return false; /* said by the driver; the next look is due anyway */
    page->upto = page->events.items[page->events.n - 1].at;
    give_all(hub, from, page);
    if (page->snapshot)
        mark_delivered(hub, c, page);
    return page->events.n == PAGE;
}

static bool read_from(struct stream_hub *hub, struct event_position from) {
    struct page page = {.snapshot = has_visits(hub) ? world_snapshot(hub->world) : NULL};
    arena_reset(hub->arena);
    bool more = give_from(hub, from, &page);
    snapshot_release(page.snapshot);
    return more;
}

/* Those who are up to date first: nobody who catches up makes them wait longer than a page. */
static bool read_news(struct stream_hub *hub) {
    struct event_position rear, front;
    if (!find_ends(hub, &rear, &front))
        return false;
    bool more = read_from(hub, front);
    if (before(rear, front))
        more = read_from(hub, rear) || more;
    return more;
}

/* False: the hub closes. */
static bool wait_until(struct stream_hub *hub, int ms, bool bell) {
    int64_t at_ms = clock_monotonic_ms() + ms;
    struct timespec until = {.tv_sec = at_ms / 1000, .tv_nsec = at_ms % 1000 * 1000000};
    pthread_mutex_lock(&hub->lock);
    while (!hub->closing && !(bell && hub->rung))
        if (pthread_cond_timedwait(&hub->news, &hub->lock, &until) != 0)
            break;
    bool go_on = !hub->closing;
    if (bell)
        hub->rung = false;
    pthread_mutex_unlock(&hub->lock);
    return go_on;
}

/* ---- what passes ---- */

static void put_signal(const struct stream_client *c, const struct stream_signal *s,
                       struct buf *out) {
    bool here = uid_is_nil(c->conversation) || uid_equal(c->conversation, s->conversation);
    if (c->visit && stream_visit_hears(c->visit, s))
        stream_signal_for_visitor(s, out);
    else if (!c->visit && c->kinds == ~0u && here && !uid_is_nil(s->conversation))
        stream_signal_for_dashboard(s, out);
}

static void tell(struct stream_hub *hub, const struct stream_signal *s) {
    buf_auto frame;
    buf_init(&frame, SIGNAL_BYTES_MAX);
    pthread_mutex_lock(&hub->lock);
    for (struct stream_client *c = hub->clients; c; c = c->next) {
        buf_reset(&frame);
        if (s->what == STREAM_SIGNAL_TYPING)
            put_signal(c, s, &frame);
        else if (c->visit && stream_visit_hears(c->visit, s))
            httpd_stream_end(c->stream);
        if (frame.len && !frame.full)
            write_to(c, buf_span(&frame));
    }
    pthread_mutex_unlock(&hub->lock);
}

/* The subscriber's thread. */
static void hear(void *ctx, struct span message) {
    struct arena *a = arena_new();
    struct stream_signal s;
    if (message.n && stream_signal_parse(a, message, &s) == OK)
        tell(ctx, &s);
    arena_free(a);
}

void stream_hub_signal(struct stream_hub *hub, const struct stream_signal *signal) {
    buf_auto b;
    buf_init(&b, SIGNAL_BYTES_MAX);
    stream_signal_render(signal, &b);
    if (b.full || !redis_publish(hub->world->redis, WAKES_SIGNAL_CHANNEL, buf_span(&b)))
        tell(hub, signal);
}

/* ---- the bell ---- */

static void ring(void *ctx, struct span message) {
    struct stream_hub *hub = ctx;
    (void)message;
    pthread_mutex_lock(&hub->lock);
    hub->rung = hub->clients != NULL;
    if (hub->rung)
        pthread_cond_signal(&hub->news);
    pthread_mutex_unlock(&hub->lock);
}

/* Every batch of turns rings it, and hearing it costs a wake-up: nobody listens for nobody. */
static void mind_bell(struct stream_hub *hub, bool wanted) {
    if (wanted && !hub->bell)
        hub->bell = redis_subscribe(hub->world->redis, WAKES_CHANNEL, ring, hub);
    if (wanted || !hub->bell)
        return;
    redis_unsubscribe(hub->bell);
    hub->bell = NULL;
}

static bool has_clients(struct stream_hub *hub) {
    pthread_mutex_lock(&hub->lock);
    bool any = hub->clients != NULL;
    pthread_mutex_unlock(&hub->lock);
    return any;
}

static void *hub_main(void *ctx) {
    struct stream_hub *hub = ctx;
    bool more = false;
    while (wait_until(hub, PAUSE_MS, false) && (more || wait_until(hub, POLL_MS, true))) {
        mind_bell(hub, has_clients(hub)); /* before reading: what comes later rings */
        more = read_news(hub);
        beat_all(hub);
    }
    mind_bell(hub, false);
    return NULL;
}

/* ---- opening and closing ---- */

struct stream_hub *stream_hub_open(struct world *w) {
    struct stream_hub *hub = calloc(1, sizeof *hub);
    struct pg_options options = {.url = w->cfg->database_url,
                                 .application_name = "stream",
                                 .size = 1,
                                 .timeout_ms = (int)w->cfg->database_timeout_ms,
                                 .pooled = w->cfg->database_pooled};
    pthread_condattr_t monotonic;
    if (!hub)
        abort();
    hub->world = w;
    hub->pool = pg_pool_open(&options);
    hub->arena = arena_new();
    buf_init(&hub->frame, FRAME_BYTES_MAX);
    pthread_mutex_init(&hub->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&hub->news, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&hub->thread, NULL, hub_main, hub) != 0)
        abort();
    hub->signals = redis_subscribe(w->redis, WAKES_SIGNAL_CHANNEL, hear, hub);
    return hub;
}

void stream_hub_close(struct stream_hub *hub) {
    redis_unsubscribe(hub->signals);
    pthread_mutex_lock(&hub->lock);
    hub->closing = true;
    pthread_cond_signal(&hub->news);
    pthread_mutex_unlock(&hub->lock);
    pthread_join(hub->thread, NULL);
    pthread_cond_destroy(&hub->news);
    pthread_mutex_destroy(&hub->lock);
    pg_pool_close(hub->pool);
    arena_free(hub->arena);
    buf_fini(&hub->frame);
    free(hub);
}

/* ---- clients ---- */

static void client_free(struct stream_client *c) {
    stream_visit_free(c->visit);
    free(c->key_id);
    free(c);
}

/* Loop thread. */
static void gone(void *ctx) {
    struct stream_client *c = ctx;
    pthread_mutex_lock(&c->hub->lock);
    *c->at = c->next;
    if (c->next)
        c->next->at = c->at;
    c->hub->n_visits -= c->visit != NULL;
    pthread_mutex_unlock(&c->hub->lock);
    client_free(c);
}

static struct stream_client *client_new(struct stream_hub *hub, const struct stream_wish *wish) {
    struct stream_client *c = calloc(1, sizeof *c);
    char *key_id = strdup(wish->key_id);
    if (!c || !key_id)
        abort();
    *c = (struct stream_client){.hub = hub,
                                .after = wish->after,
                                .conversation = wish->conversation,
                                .kinds = wish->kinds,
                                .key_id = key_id};
    if (wish->visitor)
        c->visit = stream_visit_new(wish->visitor, clock_monotonic_ms());
    return c;
}

/* Keys keep a quarter of the streams, and no visitor has more than some tabs. The lock is held. */
static bool has_room(const struct stream_hub *hub, const struct stream_wish *wish) {
    int own = 0;
    if (!wish->visitor)
        return true;
    for (const struct stream_client *c = hub->clients; c; c = c->next)
        own += c->visit && stream_visit_is_of(c->visit, wish->visitor->id);
    int64_t most = hub->world->cfg->streams_max;
    return own < STREAM_VISIT_EACH_MAX && hub->n_visits < most - most / 4;
}

/* Under the lock, so that gone() cannot come before the client is on the list. */
enum err stream_hub_add(struct stream_hub *hub, struct httpd *h, struct http_call *call,
                        const struct stream_wish *wish) {
    struct stream_client *c = client_new(hub, wish);
    const struct http_answer head = {.content_type = "text/event-stream",
                                     .headers = wish->headers,
                                     .n_headers = wish->n_headers};
    buf_auto greeting;
    buf_init(&greeting, FRAME_BYTES_MAX);
    buf_adds(&greeting, wish->greeting); /* the wish may live in the call, which goes */
    pthread_mutex_lock(&hub->lock);
    if (has_room(hub, wish))
        c->stream = httpd_stream_open(h, call, &head, gone, c);
    if (c->stream) {
        hub->n_visits += c->visit != NULL;
        c->next = hub->clients;
        c->at = &hub->clients;
        if (c->next)
            c->next->at = &c->next;
        hub->clients = c;
        write_to(c, buf_span(&greeting));
        hub->rung = true;
        pthread_cond_signal(&hub->news);
    }
    bool opened = c->stream != NULL;
    pthread_mutex_unlock(&hub->lock);
    if (!opened)
        client_free(c);
    return opened ? OK : ERR_LIMIT;
}
