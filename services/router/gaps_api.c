/* gaps_api: what customers asked and our knowledge does not say, most frequent first. */
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/bot/gap.h"
#include "../../common/store/gaps.h"
#include "handlers.h"
#include "paging.h"

#define DAY_MS 86400000LL
#define DAYS 30
#define DAYS_MAX 365
#define LANGUAGE_MAX_BYTES 16
/* Whether an entry answers by now is asked of the index, gap by gap. After so many the page ends,
 * and its cursor goes on. */
#define LOOKED_AT_MAX 500

enum wanted { WANTED_OPEN, WANTED_CLOSED, WANTED_ALL };

struct looking {
    struct request *r;
    enum wanted wanted;
    struct unanswered *asked;
    struct gaps gaps;
    struct reply *out;
};

/* ---- the question ---- */

static enum err read_wanted(struct request *r, enum wanted *wanted) {
    static const char *const names[] = {"open", "closed", "all"};
    const char *text;
    TRY(request_query(r, "state", &text));
    for (int i = 0; i < 3; i++)
        if (!text || strcmp(text, names[i]) == 0) {
            *wanted = (enum wanted)i;
            return OK;
        }
    return why_set(&r->why, ERR_INVALID, "", "state must be open, closed or all");
}

static enum err read_span(struct request *r, struct gaps_span *s) {
    int64_t days;
    TRY(request_query_number(r, "days", 1, DAYS_MAX, DAYS, &days));
    TRY(request_query(r, "lang", &s->language));
    s->language = s->language ? s->language : "";
    if (strlen(s->language) > LANGUAGE_MAX_BYTES)
        return why_set(&r->why, ERR_INVALID, "", "lang must be a language such as da");
    s->from_ms = clock_wall_ms() - days * DAY_MS;
    s->limit = GAP_QUESTIONS_MAX;
    return OK;
}

/* The first gap behind the one a cursor names, which may have grown since, or be gone. */
static int place_behind(const struct looking *l, const struct listings_place *p) {
    for (int i = 0; i < l->gaps.n; i++)
        if (uid_equal(l->asked[l->gaps.items[i].first].message_id, p->conversation))
            return i + 1;
    for (int i = 0; i < l->gaps.n; i++) {
        const struct gap *g = &l->gaps.items[i];
        if (g->count < p->order || (g->count == p->order && g->last_ms < p->at_ms))
            return i;
    }
    return l->gaps.n;
}

static enum err read_place(const struct looking *l, int *at) {
    const char *said;
    struct listings_place p;
    *at = 0;
    TRY(paging_cursor(l->r, &said));
    if (!said)
        return OK;
    if (!paging_take_place(&said, &p) || *said)
        return paging_refuse(l->r);
    *at = place_behind(l, &p);
    return OK;
}

/* ---- is it closed? ---- */

static const struct knowledge *entry_for(const struct looking *l, int place) {
    const struct unanswered *q = &l->asked[place];
    return faq_would_answer(l->r->snapshot->faq, l->r->arena, q->text,
                            q->confidence >= FAQ_SURE ? q->intent : "", q->language);
}

/* The entry that answers it now. Every wording that is shown must be answered, else it is open. */
static const struct knowledge *closed_by(const struct looking *l, const struct gap *g) {
    const struct knowledge *k = entry_for(l, g->representative);
    for (int i = 0; i < g->n_examples && k; i++)
        if (!entry_for(l, g->examples[i]))
            k = NULL;
    return k;
}

static bool is_wanted(const struct looking *l, const struct knowledge *closed) {
    return l->wanted == WANTED_ALL || (closed != NULL) == (l->wanted == WANTED_CLOSED);
}

/* ---- one gap ---- */

static const char *text_or_null(const char *s) { return *s ? s : NULL; }

static void put_entry(struct buf *out, const char *name, const struct knowledge *k,
                      const double *score) {
    json_put_key(out, name);
    if (!k) {
        buf_adds(out, "null");
        return;
    }
    buf_addc(out, '{');
    json_put_text(out, "id", k->id);
    json_put_text(out, "question", k->n_questions ? k->questions[0] : NULL);
    if (score)
        json_put_double(out, "score", *score);
    buf_addc(out, '}');
}

static void put_nearest(const struct looking *l, const struct gap *g, struct buf *out) {
    struct knowledge_hit hit = {0};
    int n =
        faq_search(l->r->snapshot->faq, l->r->arena, l->asked[g->representative].text, "", &hit, 1);
    put_entry(out, "nearest", n ? hit.entry : NULL, &hit.score);
}

static void put_example(const struct unanswered *q, struct buf *out) {
    json_put_item(out);
    buf_addc(out, '{');
    json_put_text(out, "text", q->text);
    json_put_text(out, "language", text_or_null(q->language));
    json_put_uid(out, "conversation_id", q->conversation_id);
    json_put_uid(out, "message_id", q->message_id);
    json_put_when(out, "at", q->at_ms);
    buf_addc(out, '}');
}

static void put_examples(const struct looking *l, const struct gap *g, struct buf *out) {
    json_put_key(out, "examples");
    buf_addc(out, '[');
    put_example(&l->asked[g->representative], out);
    for (int i = 0; i < g->n_examples; i++)
        put_example(&l->asked[g->examples[i]], out);
    buf_addc(out, ']');
}

static void put_languages(const struct gap *g, struct buf *out) {
    json_put_key(out, "languages");
    buf_addc(out, '[');
    for (int i = 0; i < g->n_languages; i++) {
        json_put_item(out);
        json_put_string(out, g->languages[i]);
    }
    buf_addc(out, ']');
}

static void put_gap(const struct looking *l, const struct gap *g, const struct knowledge *closed) {
    struct buf *out = &l->out->body;
    json_put_item(out);
    buf_addc(out, '{');
    json_put_uid(out, "id", l->asked[g->first].message_id);
    json_put_text(out, "question", l->asked[g->representative].text);
    json_put_number(out, "count", g->count);
    json_put_number(out, "customers", g->customers);
    json_put_when(out, "first_at", g->first_ms);
    json_put_when(out, "last_at", g->last_ms);
    put_languages(g, out);
    json_put_text(out, "intent", text_or_null(g->intent));
    put_nearest(l, g, out);
    put_entry(out, "answered_by", closed, NULL);
    put_examples(l, g, out);
    buf_addc(out, '}');
}

/* ---- the page ---- */

static const char *cursor_of(const struct looking *l, const struct gap *g) {
    const struct listings_place p = {
        .at_ms = g->last_ms, .conversation = l->asked[g->first].message_id, .order = g->count};
    return paging_seal(l->r->arena, paging_place(l->r->arena, &p));
}

/* From `at` on until `limit` are told or enough were looked at; the cursor to go on with, or NULL.
 */
static const char *put_page(const struct looking *l, int at, int limit) {
    int told = 0, end = at + LOOKED_AT_MAX;
    for (; at < l->gaps.n && at < end && told < limit; at++) {
        const struct gap *g = &l->gaps.items[at];
        const struct knowledge *closed = closed_by(l, g);
        if (!is_wanted(l, closed))
            continue;
        put_gap(l, g, closed);
        told++;
    }
    return at > 0 && at < l->gaps.n ? cursor_of(l, &l->gaps.items[at - 1]) : NULL;
}

static enum err load(struct looking *l, const struct gaps_span *span) {
    struct request *r = l->r;
    int n;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(gaps_load(c, r->arena, span, &l->asked, &n));
    l->gaps = gap_list(r->arena, faq_thesaurus(r->snapshot->faq), l->asked, n);
    return OK;
}

enum err gaps_list(struct request *r, struct reply *out) {
    struct looking l = {.r = r, .out = out};
    struct gaps_span span;
    int limit, at;
    TRY(paging_limit(r, &limit));
    TRY(read_wanted(r, &l.wanted));
    TRY(read_span(r, &span));
    TRY(load(&l, &span));
    TRY(read_place(&l, &at));
    reply_list_open(out);
    reply_list_close(out, put_page(&l, at, limit));
    return OK;
}
