#include "objects.h"

#include "../base/clock.h"
#include "../codec/sigv4.h"
#include "../store/attachments.h"

#define SOME 4 /* at once: each may have many megabytes */
#define TIMEOUT_MS 60000

static enum err call(struct world *w, struct arena *a, struct fetch *f, struct wire_request *q,
                     struct wire_response *out) {
    const struct sigv4_key key = {w->cfg->objects_key, w->cfg->objects_secret,
                                  w->cfg->objects_region};
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, SIGV4_HEADERS);
    TRY(sigv4_sign(a, &key, q, clock_wall_ms(), headers));
    q->headers = headers;
    q->n_headers = SIGV4_HEADERS;
    TRY(fetch_run(f, a, q, TIMEOUT_MS, NULL, NULL, out));
    return out->status / 100 == 2 ? OK : out->status == 404 ? ERR_ABSENT : ERR_UPSTREAM;
}

static struct wire_request request(struct world *w, struct arena *a, const char *method,
                                   struct uid id) {
    char text[UID_TEXT_MAX];
    return (struct wire_request){
        .method = method,
        .url = arena_printf(a, "%s/%s", w->cfg->objects_url, uid_text(id, text)),
        .body = {"", 0}};
}

typedef enum err attachments_list(struct pg *c, struct arena *a, int limit,
                                  struct attachments *out);
typedef enum err attachments_say(struct pg *c, struct arena *a, struct uid id);

static int look(struct world *w, struct arena *a, attachments_list *read, struct attachments *out) {
    pg_lease_auto c = NULL;
    if (pg_lease(w->reads, &c) != OK || read(c, a, SOME, out) != OK)
        out->n = 0;
    return out->n;
}

static bool say(struct world *w, struct arena *a, attachments_say *what, struct uid id) {
    pg_lease_auto c = NULL;
    return pg_lease(w->reads, &c) == OK && what(c, a, id) == OK;
}

static bool put(struct world *w, struct arena *a, struct fetch *f, const struct attachment *one) {
    struct wire_request q = request(w, a, "PUT", one->id);
    struct wire_response answer;
    q.body = one->bytes;
    return call(w, a, f, &q, &answer) == OK && say(w, a, attachments_moved, one->id);
}

static bool drop(struct world *w, struct arena *a, struct fetch *f, struct uid id) {
    struct wire_request q = request(w, a, "DELETE", id);
    struct wire_response answer;
    enum err e = call(w, a, f, &q, &answer);
    return (e == OK || e == ERR_ABSENT) && say(w, a, attachments_forget, id);
}

void objects_move(struct world *w, struct arena *a, struct fetch *f, bool *more) {
    struct attachments here, gone;
    *more = false;
    if (!*w->cfg->objects_url)
        return;
    int n = look(w, a, attachments_here, &here), done = 0;
    for (int i = 0; i < n; i++)
        done += put(w, a, f, &here.items[i]);
    *more = done == SOME;
    n = look(w, a, attachments_gone, &gone);
    done = 0;
    for (int i = 0; i < n; i++)
        done += drop(w, a, f, gone.items[i].id);
    *more |= done == SOME;
}

enum err objects_get(struct world *w, struct arena *a, struct uid id, struct span *bytes) {
    struct wire_request q = request(w, a, "GET", id);
    struct wire_response answer;
    struct fetch *f = fetch_new(w->net);
    fetch_expect(f, OBJECTS_BYTES_MAX);
    enum err e = call(w, a, f, &q, &answer);
    fetch_free(f);
    *bytes = answer.body;
    return e;
}
