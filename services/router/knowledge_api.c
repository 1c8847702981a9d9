/* Knowledge and its search, and the examples that intents are learned from. */
#include <stddef.h>

#include "../../common/codec/utf8.h"
#include "../../common/store/faqs.h"
#include "../../common/store/models.h"
#include "configuration.h"
#include "handlers.h"

#define QUERY_MAX_CHARS 1000
#define HITS 10
#define HITS_MAX 50
#define EXAMPLE_MAX_CHARS 2000
#define LANGUAGE_MAX_CHARS 16

/* ---- entries ---- */

static void render_entry(const struct knowledge *k, struct buf *out) {
    buf_addc(out, '{');
    json_put_text(out, "id", k->id);
    faqs_render(k, out);
    buf_addc(out, '}');
}

enum err knowledge_put(struct request *r, struct reply *out) {
    struct knowledge entry = {0};
    bool created;
    pg_lease_auto c = NULL;
    TRY(configuration_id(r, &entry.id));
    TRY(faqs_parse(r->arena, r->body, &entry, &r->why));
    TRY(pg_lease(r->world->reads, &c));
    TRY(faqs_save(c, r->arena, &entry, &created));
    configuration_changed(r, c);
    out->status = created ? 201 : 200;
    render_entry(&entry, &out->body);
    return OK;
}

enum err knowledge_get(struct request *r, struct reply *out) {
    struct knowledge entry;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(faqs_load(c, r->arena, r->param[0], &entry));
    render_entry(&entry, &out->body);
    return OK;
}

enum err knowledge_delete(struct request *r, struct reply *out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(faqs_drop(c, r->arena, r->param[0]));
    configuration_changed(r, c);
    out->status = 204;
    return OK;
}

enum err knowledge_list(struct request *r, struct reply *out) {
    int limit;
    const char *after;
    struct faqs_page page;
    pg_lease_auto c = NULL;
    TRY(configuration_list(r, &limit, &after));
    TRY(pg_lease(r->world->reads, &c));
    TRY(faqs_load_page(c, r->arena, after, limit + 1, &page));
    int n = page.n > limit ? limit : page.n;
    reply_list_open(out);
    for (int i = 0; i < n; i++) {
        json_put_item(&out->body);
        render_entry(&page.items[i], &out->body);
    }
    reply_list_close(out, page.n > limit ? page.items[n - 1].id : NULL);
    return OK;
}

/* ---- search ---- */

/* In the language asked for, or whichever comes first. */
static const struct knowledge_answer *answer_in(const struct knowledge *k, const char *language) {
    for (int i = 0; i < k->n_answers; i++)
        if (strcmp(k->answers[i].language, language) == 0)
            return &k->answers[i];
    return k->n_answers ? &k->answers[0] : NULL;
}

static void render_hit(const struct knowledge_hit *hit, const char *language, struct buf *out) {
    const struct knowledge *k = hit->entry;
    const struct knowledge_answer *answer = answer_in(k, language);
    json_put_item(out);
    buf_addc(out, '{');
    json_put_text(out, "id", k->id);
    json_put_double(out, "score", hit->score);
    json_put_text(out, "intent", *k->intent ? k->intent : NULL);
    json_put_text(out, "question", k->n_questions ? k->questions[0] : NULL);
    json_put_text(out, "language", answer ? answer->language : NULL);
    json_put_text(out, "answer", answer ? answer->text : NULL);
    buf_addc(out, '}');
}

static enum err parse_query(struct request *r, const char **query, const char **language) {
    TRY(request_query(r, "q", query));
    TRY(request_query(r, "lang", language));
    if (!*query || !**query || utf8_count(*query) > QUERY_MAX_CHARS)
        return why_set(&r->why, ERR_INVALID, "", "q must be text of 1 to %d characters",
                       QUERY_MAX_CHARS);
    if (!*language)
        *language = "";
    return OK;
}

enum err knowledge_search(struct request *r, struct reply *out) {
    const char *query, *language;
    struct knowledge_hit hits[HITS_MAX];
    int64_t limit;
    TRY(parse_query(r, &query, &language));
    TRY(request_query_number(r, "limit", 1, HITS_MAX, HITS, &limit));
    int n = faq_search(r->snapshot->faq, r->arena, query, language, hits, (int)limit);
    reply_list_open(out);
    for (int i = 0; i < n; i++)
        render_hit(&hits[i], language, &out->body);
    reply_list_close(out, NULL);
    return OK;
}

/* ---- examples ---- */

struct examples_body {
    json_t *examples;
};

static const struct json_field examples_rows[] = {
    {"examples", JSON_KIND_ARRAY, true, offsetof(struct examples_body, examples), 0,
     MODELS_EXAMPLES_MAX},
};

static const struct json_field example_rows[] = {
    {"text", JSON_KIND_TEXT, true, offsetof(struct example, text), 1, EXAMPLE_MAX_CHARS},
    {"language", JSON_KIND_TEXT, false, offsetof(struct example, language), 0, LANGUAGE_MAX_CHARS},
};

/* A text, or an object that also says the language. */
static enum err take_example(const json_t *item, const char *at, struct example *out,
                             struct why *why) {
    *out = (struct example){.text = json_string_value(item), .language = ""};
    if (json_is_object(item))
        return json_fill(item, at, example_rows, sizeof example_rows / sizeof example_rows[0], out,
                         why);
    if (out->text && *out->text && utf8_count(out->text) <= EXAMPLE_MAX_CHARS)
        return OK;
    return why_set(why, ERR_INVALID, at, "must be text of 1 to %d characters", EXAMPLE_MAX_CHARS);
}

static enum err parse_examples(struct request *r, struct models_examples *out) {
    struct examples_body body;
    TRY(json_fill(r->body, "", examples_rows, 1, &body, &r->why));
    out->n = (int)json_array_size(body.examples);
    out->items = ARENA_ARRAY(r->arena, struct example, out->n + 1);
    for (int i = 0; i < out->n; i++)
        TRY(take_example(json_array_get(body.examples, (size_t)i),
                         arena_printf(r->arena, "/examples/%d", i), &out->items[i], &r->why));
    return OK;
}

enum err intents_put_examples(struct request *r, struct reply *out) {
    const char *intent;
    struct models_examples examples;
    pg_lease_auto c = NULL;
    TRY(configuration_id(r, &intent));
    TRY(parse_examples(r, &examples));
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_save_examples(c, r->arena, intent, &examples));
    buf_addc(&out->body, '{');
    json_put_text(&out->body, "intent", intent);
    json_put_number(&out->body, "count", examples.n);
    buf_addc(&out->body, '}');
    return OK;
}

static void render_example(const struct example *e, struct buf *out) {
    json_put_item(out);
    buf_addc(out, '{');
    json_put_text(out, "text", e->text);
    json_put_text(out, "language", *e->language ? e->language : NULL);
    buf_addc(out, '}');
}

enum err intents_get_examples(struct request *r, struct reply *out) {
    struct models_examples examples;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(models_load_examples(c, r->arena, r->param[0], &examples));
    if (examples.n == 0)
        return ERR_ABSENT;
    buf_addc(&out->body, '{');
    json_put_text(&out->body, "intent", r->param[0]);
    json_put_key(&out->body, "examples");
    buf_addc(&out->body, '[');
    for (int i = 0; i < examples.n; i++)
        render_example(&examples.items[i], &out->body);
    buf_adds(&out->body, "]}");
    return OK;
}
