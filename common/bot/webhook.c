#include "webhook.h"

#include <string.h>
#include <strings.h>

#include "../codec/json.h"
#include "../codec/sign.h"
#include "../codec/utf8.h"

#define BODY_BYTES_MAX (4 * 1024 * 1024)
#define HEADERS_N 7
#define FACT_VALUE_MAX 1000 /* code points */
#define NOTE_MAX 1000
#define CITATION_MAX 400

/* ---- the question ---- */

static void put_message(struct buf *b, const struct message *m) {
    char id[UID_TEXT_MAX];
    json_put_key(b, "message");
    buf_addc(b, '{');
    json_put_text(b, "id", uid_text(m->id, id));
    json_put_number(b, "seq", m->seq);
    json_put_text(b, "text", m->text);
    json_put_text(b, "language", m->language);
    json_put_text(b, "channel", m->channel);
    json_put_when(b, "received_at", m->received_ms);
    buf_addc(b, '}');
}

static void put_line(struct buf *b, const struct message *m) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "seq", m->seq);
    json_put_text(b, "direction", direction_text(m->direction));
    party_put(b, "author", m->author);
    json_put_key(b, "text");
    json_put_string_n(b, m->text, utf8_truncate(m->text, BOT_TEXT_MAX));
    json_put_when(b, "at", m->received_ms);
    json_put_text(b, "channel", m->channel);
    buf_addc(b, '}');
}

/* The newest BOT_HISTORY_MAX messages. Notes are between agents: a bot never sees one. */
static void put_history(struct buf *b, const struct bot_question *q) {
    int first = q->n_history, seen = 0;
    while (first > 0 && seen < BOT_HISTORY_MAX)
        seen += q->history[--first]->kind == MESSAGE_MESSAGE;
    json_put_key(b, "history");
    buf_addc(b, '[');
    for (int i = first; i < q->n_history; i++)
        if (q->history[i]->kind == MESSAGE_MESSAGE)
            put_line(b, q->history[i]);
    buf_addc(b, ']');
}

static bool is_known(const struct fact *f, int64_t now_ms) {
    return f->expires_ms == 0 || f->expires_ms > now_ms;
}

static void put_fact(struct buf *b, const struct fact *f) {
    json_put_key(b, f->name);
    buf_addc(b, '{');
    json_put_text(b, "value", f->value);
    json_put_text(b, "source", f->source);
    json_put_double(b, "confidence", f->confidence);
    json_put_when(b, "updated_at", f->updated_ms);
    buf_addc(b, '}');
}

static void put_facts(struct buf *b, const struct bot_question *q) {
    const struct conversation *c = q->conversation;
    json_put_key(b, "facts");
    buf_addc(b, '{');
    for (int i = 0; i < c->n_facts; i++)
        if (is_known(&c->facts[i], q->now_ms))
            put_fact(b, &c->facts[i]);
    buf_addc(b, '}');
    json_put_key(b, "known");
    buf_addc(b, '[');
    for (int i = 0; i < c->n_facts; i++) {
        if (!is_known(&c->facts[i], q->now_ms))
            continue;
        json_put_item(b);
        json_put_string(b, c->facts[i].name);
    }
    buf_addc(b, ']');
}

static void put_mood(struct buf *b, const struct conversation *c) {
    json_put_key(b, "mood");
    buf_addc(b, '{');
    json_put_text(b, "label", emotion_label_text(c->emotion.label));
    json_put_double(b, "intensity", c->emotion.intensity);
    json_put_double(b, "trend", c->emotion.trend);
    buf_addc(b, '}');
}

static void put_promise(struct buf *b, const struct promise *p, int64_t now_ms) {
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "no", p->no);
    json_put_text(b, "text", p->text);
    party_put(b, "by", p->by);
    json_put_when(b, "made_at", p->made_ms);
    json_put_when(b, "due_at", p->due_ms);
    json_put_flag(b, "overdue", p->due_ms && p->due_ms < now_ms);
    buf_addc(b, '}');
}

static void put_open_promises(struct buf *b, const struct bot_question *q) {
    const struct conversation *c = q->conversation;
    json_put_key(b, "promises");
    buf_addc(b, '[');
    for (int i = 0; i < c->n_promises; i++)
        if (!c->promises[i].kept_ms)
            put_promise(b, &c->promises[i], q->now_ms);
    buf_addc(b, ']');
}

static void put_intent(struct buf *b, const struct decision *d) {
    json_put_key(b, "intent");
    if (!d || !d->intent || !*d->intent) {
        buf_adds(b, "null");
        return;
    }
    buf_addc(b, '{');
    json_put_text(b, "name", d->intent);
    json_put_double(b, "confidence", d->confidence);
    json_put_flag(b, "in_scope", d->in_scope);
    buf_addc(b, '}');
}

static void put_data(struct buf *b, const struct bot_question *q) {
    const struct conversation *c = q->conversation;
    char conversation[UID_TEXT_MAX], customer[UID_TEXT_MAX];
    json_put_key(b, "data");
    buf_addc(b, '{');
    json_put_text(b, "conversation_id", uid_text(c->id, conversation));
    json_put_text(b, "customer_id", uid_text(c->customer_id, customer));
    json_put_text(b, "session", conversation);
    json_put_number(b, "epoch", q->epoch);
    json_put_number(b, "seq", q->message->seq);
    json_put_text(b, "language", c->language);
    put_message(b, q->message);
    put_history(b, q);
    put_facts(b, q);
    put_mood(b, c);
    put_open_promises(b, q);
    put_intent(b, q->decision);
    buf_addc(b, '}');
}

static enum err body(struct arena *a, const struct bot_question *q, struct span *out) {
    buf_auto b;
    buf_init(&b, BODY_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "type", "message.received");
    json_put_when(&b, "timestamp", q->message->received_ms);
    put_data(&b, q);
    buf_addc(&b, '}');
    TRY(buf_done(&b));
    *out = (struct span){arena_copy(a, b.p, b.len), b.len};
    return OK;
}

/* The id is that of this question: the same when it is asked again, another one under another
 * epoch, because only an answer under the present epoch counts. */
static enum err webhook_ask(struct arena *a, const struct bot_account *account,
                            const struct bot_question *q, int64_t unix_s,
                            struct wire_request *out) {
    char uid[UID_TEXT_MAX];
    struct span bytes;
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, HEADERS_N);
    const char *id = arena_printf(a, "ask_%s_%d", uid_text(q->message->id, uid), q->epoch);
    const char *conversation = arena_strdup(a, uid_text(q->conversation->id, uid));
    TRY(body(a, q, &bytes));
    TRY(sign_headers(a, account->secret ? account->secret : "", id, unix_s, bytes, headers));
    headers[3] = (struct wire_header){"Content-Type", "application/json"};
    headers[4] = (struct wire_header){"Accept", "application/json"};
    headers[5] = (struct wire_header){"Conversation-Id", conversation};
    headers[6] = (struct wire_header){"Idempotency-Key", id};
    *out = (struct wire_request){"POST", arena_strdup(a, account->url), headers, HEADERS_N, bytes};
    return OK;
}

/* ---- the answer ---- */

static bool is_given(const json_t *j) { return j && !json_is_null(j); }

/* Text of at most max code points, copied; absent or null leaves *out as it was. */
static enum err take_text(struct arena *a, const json_t *j, size_t max, const char **out) {
    if (!is_given(j))
        return OK;
    if (!json_is_string(j) || utf8_count(json_string_value(j)) > max)
        return ERR_UPSTREAM;
    *out = arena_strdup(a, json_string_value(j));
    return OK;
}

static enum err take_flag(const json_t *j, bool *out) {
    if (!is_given(j))
        return OK;
    if (!json_is_boolean(j))
        return ERR_UPSTREAM;
    *out = json_is_true(j);
    return OK;
}

static enum err take_confidence(const json_t *j, double *out) {
    if (!is_given(j))
        return OK;
    double v = json_number_value(j);
    if (!json_is_number(j) || v < 0 || v > 1)
        return ERR_UPSTREAM;
    *out = v;
    return OK;
}

/* "A-17" or {"value": "A-17", "confidence": 0.8}. Who said it and when is filled in by the caller.
 */
static enum err take_fact(struct arena *a, const char *name, const json_t *j, struct fact *out) {
    bool detailed = json_is_object(j);
    *out = (struct fact){.name = arena_strdup(a, name), .value = "", .source = "", .confidence = 1};
    if (!json_is_config_id(name))
        return ERR_UPSTREAM;
    TRY(take_text(a, detailed ? json_object_get(j, "value") : j, FACT_VALUE_MAX, &out->value));
    if (!*out->value)
        return ERR_UPSTREAM;
    return detailed ? take_confidence(json_object_get(j, "confidence"), &out->confidence) : OK;
}

static enum err take_facts(struct arena *a, json_t *j, struct bot_reply *out) {
    const char *name;
    json_t *value;
    if (!is_given(j))
        return OK;
    if (!json_is_object(j) || json_object_size(j) > BOT_FACTS_MAX)
        return ERR_UPSTREAM;
    json_object_foreach(j, name, value) {
        TRY(take_fact(a, name, value, &out->facts[out->n_facts]));
        out->n_facts++;
    }
    return OK;
}

static enum err take_citation(struct arena *a, const json_t *j, struct bot_citation *out) {
    if (!is_given(j))
        return OK;
    if (!json_is_object(j))
        return ERR_UPSTREAM;
    TRY(take_text(a, json_object_get(j, "id"), CITATION_MAX, &out->id));
    return take_text(a, json_object_get(j, "title"), CITATION_MAX, &out->title);
}

/* White space alone is nothing to say. */
static enum err take_texts(struct arena *a, const json_t *j, struct bot_reply *out) {
    TRY(take_text(a, json_object_get(j, "text"), BOT_TEXT_MAX, &out->text));
    if (span_trim(span_of(out->text)).n == 0)
        out->text = "";
    return take_text(a, json_object_get(j, "note"), NOTE_MAX, &out->note);
}

/* Strict about the type of what it knows, blind to members it does not. */
static enum err take_reply(struct arena *a, const json_t *j, struct bot_reply *out) {
    if (!json_is_object(j))
        return ERR_UPSTREAM;
    TRY(take_texts(a, j, out));
    TRY(take_flag(json_object_get(j, "handover"), &out->handover));
    TRY(take_facts(a, json_object_get(j, "facts"), out));
    return take_citation(a, json_object_get(j, "citation"), &out->citation);
}

/* A bot that names no type is taken at its word: the body must be JSON all the same. */
static bool may_be_json(const char *content_type) {
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return !content_type ||
           (strncasecmp(content_type, json, n) == 0 && strchr("; \t", content_type[n]) != NULL);
}

static enum err webhook_answer(struct arena *a, const struct wire_response *response,
                               struct bot_reply *out) {
    json_auto j = NULL;
    *out = (struct bot_reply){.text = "", .note = "", .citation = {"", ""}};
    if (response->status != 200 || response->body.n > BOT_REPLY_BYTES_MAX)
        return ERR_UPSTREAM;
    if (!may_be_json(wire_header_find(response->headers, response->n_headers, "Content-Type")))
        return ERR_UPSTREAM;
    if (json_load_span(response->body, &j, NULL) != OK)
        return ERR_UPSTREAM;
    return take_reply(a, j, out);
}

const struct bot webhook_bot = {.kind = BOT_WEBHOOK, .ask = webhook_ask, .answer = webhook_answer};
