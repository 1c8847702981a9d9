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

struct page {
    struct events events;
    struct event_position upto; /* of the last one */
};

struct stream_client {
    struct stream_hub *hub;
    struct stream_client *next, **at;
    struct http_stream *stream;
    struct event_position after;
    struct uid conversation;
    unsigned kinds;
    char *key_id;
    int64_t written_ms; /* monotonic */
};

struct stream_hub {
    struct world *world;
    struct pg_pool *pool; /* its own connection: reads must not wait for reports */
    struct arena *arena;
    struct buf frame;
    pthread_t thread;
    struct redis_subscriber *bell; /* the hub's thread's; NULL while nobody has a stream */
    pthread_mutex_t lock;          /* of what follows; a stream is only touched while it is held */
    pthread_cond_t news;
    struct stream_client *clients;
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
    bool kind = c->kinds >> e->kind & 1;
    bool here = uid_is_nil(c->conversation) || uid_equal(c->conversation, e->conversation_id);
    return kind && here && before(c->after, e->at);
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
        event_render_frame(&page->events.items[i], frame);
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
        if (!before(c->after, from) && before(c->after, page->upto))
            give_page(hub, c, page);
    pthread_mutex_unlock(&hub->lock);
}

static void beat_all(struct stream_hub *hub) {
    int64_t now = clock_monotonic_ms();
    struct snapshot *s = world_snapshot(hub->world);
    pthread_mutex_lock(&hub->lock);
    for (struct stream_client *c = hub->clients; c; c = c->next) {
        if (!snapshot_key(s, c->key_id))
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

/* True: there may be more. */
static bool read_from(struct stream_hub *hub, struct event_position from) {
    struct page page = {0};
    arena_reset(hub->arena);
    pg_lease_auto c = NULL;
    enum err e = pg_lease(hub->pool, &c);
    if (e == OK)
        e = events_after(c, hub->arena, from, PAGE, &page.events);
    if (e != OK || page.events.n == 0)
        return false; /* said by the driver; the next look is due anyway */
    page.upto = page.events.items[page.events.n - 1].at;
    give_all(hub, from, &page);
    return page.events.n == PAGE;
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
    return hub;
}

void stream_hub_close(struct stream_hub *hub) {
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
    return c;
}

/* Under the lock, so that gone() cannot come before the client is on the list. */
enum err stream_hub_add(struct stream_hub *hub, struct httpd *h, struct http_call *call,
                        const struct stream_wish *wish) {
    struct stream_client *c = client_new(hub, wish);
    buf_auto greeting;
    buf_init(&greeting, FRAME_BYTES_MAX);
    buf_adds(&greeting, wish->greeting); /* the wish may live in the call, which goes */
    pthread_mutex_lock(&hub->lock);
    c->stream = httpd_stream_open(h, call, "text/event-stream", gone, c);
    if (c->stream) {
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
