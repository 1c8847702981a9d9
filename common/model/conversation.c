#include "conversation.h"

#include <string.h>

#include "../codec/json.h"

/* ---- what is known ---- */

const struct fact *conversation_fact(const struct conversation *c, const char *name,
                                     int64_t now_ms) {
    for (int i = 0; i < c->n_facts; i++) {
        const struct fact *f = &c->facts[i];
        bool expired = f->expires_ms && f->expires_ms <= now_ms;
        if (strcmp(f->name, name) == 0)
            return expired ? NULL : f;
    }
    return NULL;
}

static int conversation_oldest_fact(const struct conversation *c) {
    int oldest = 0;
    for (int i = 1; i < c->n_facts; i++)
        if (c->facts[i].updated_ms < c->facts[oldest].updated_ms)
            oldest = i;
    return oldest;
}

bool conversation_learn(struct conversation *c, const struct fact *f) {
    for (int i = 0; i < c->n_facts; i++) {
        if (strcmp(c->facts[i].name, f->name) != 0)
            continue;
        bool is_new = strcmp(c->facts[i].value, f->value) != 0;
        c->facts[i] = *f;
        return is_new;
    }
    int at = c->n_facts < CONVERSATION_FACTS_MAX ? c->n_facts++ : conversation_oldest_fact(c);
    c->facts[at] = *f;
    return true;
}

void conversation_add_channel(struct conversation *c, const char *channel) {
    for (int i = 0; i < c->n_channels; i++)
        if (strcmp(c->channels[i], channel) == 0)
            return;
    if (c->n_channels < CONVERSATION_CHANNELS_MAX)
        c->channels[c->n_channels++] = channel;
}

bool conversation_has_choice(const struct conversation *c) {
    return c->choice.asked_seq > 0 && c->choice.asked_seq == c->last_out_seq;
}

void conversation_drop_choice(struct conversation *c) { memset(&c->choice, 0, sizeof c->choice); }

bool conversation_mood_is_negative(enum emotion_label label) {
    return label == EMOTION_ANGER || label == EMOTION_FRUSTRATION || label == EMOTION_SADNESS ||
           label == EMOTION_FEAR;
}

/* ---- the contract's object ---- */

static const char *conversation_text(const char *s) { return s && *s ? s : NULL; }

static void conversation_put_facts(const struct conversation *c, struct buf *out) {
    json_put_key(out, "facts");
    buf_addc(out, '{');
    for (int i = 0; i < c->n_facts; i++) {
        json_put_key(out, c->facts[i].name);
        buf_addc(out, '{');
        json_put_text(out, "value", c->facts[i].value);
        json_put_text(out, "source", c->facts[i].source);
        json_put_double(out, "confidence", c->facts[i].confidence);
        json_put_when(out, "updated_at", c->facts[i].updated_ms);
        buf_addc(out, '}');
    }
    buf_addc(out, '}');
}

static void conversation_put_promises(const struct conversation *c, struct buf *out) {
    json_put_key(out, "promises");
    buf_addc(out, '[');
    for (int i = 0; i < c->n_promises; i++) {
        const struct promise *p = &c->promises[i];
        json_put_item(out);
        buf_addc(out, '{');
        json_put_number(out, "no", p->no);
        json_put_text(out, "text", p->text);
        party_put(out, "by", p->by);
        json_put_when(out, "made_at", p->made_ms);
        json_put_when(out, "due_at", p->due_ms);
        json_put_when(out, "kept_at", p->kept_ms);
        json_put_flag(out, "breached", p->breached);
        buf_addc(out, '}');
    }
    buf_addc(out, ']');
}

static void conversation_put_control(const struct conversation *c, struct buf *out) {
    json_put_key(out, "control");
    buf_addc(out, '{');
    party_put(out, "holder", c->holder);
    json_put_number(out, "epoch", c->epoch);
    party_put(out, "offered_to", c->offered_to);
    buf_addc(out, '}');
}

static void conversation_put_emotion(const struct conversation *c, struct buf *out) {
    json_put_key(out, "emotion");
    buf_addc(out, '{');
    json_put_text(out, "label", emotion_label_text(c->emotion.label));
    json_put_double(out, "intensity", c->emotion.intensity);
    json_put_double(out, "trend", c->emotion.trend);
    buf_addc(out, '}');
}

static void conversation_put_episode(const struct conversation *c, struct buf *out) {
    json_put_key(out, "episode");
    buf_addc(out, '{');
    json_put_uid(out, "id", c->episode.id);
    json_put_number(out, "number", c->episode.number);
    json_put_text(out, "topic", conversation_text(c->episode.topic));
    json_put_when(out, "opened_at", c->episode.opened_ms);
    json_put_when(out, "resolved_at", c->episode.resolved_ms);
    buf_addc(out, '}');
}

void conversation_render(const struct conversation *c, const char *last_message, struct buf *out) {
    buf_addc(out, '{');
    json_put_uid(out, "id", c->id);
    json_put_uid(out, "customer_id", c->customer_id);
    json_put_text(out, "status", conversation_status_text(c->status));
    json_put_text(out, "mode", c->mode == MODE_NONE ? NULL : mode_text(c->mode));
    conversation_put_control(c, out);
    party_put(out, "backup", c->backup);
    json_put_text(out, "queue", conversation_text(c->queue));
    json_put_number(out, "priority", c->priority);
    json_put_text(out, "language", conversation_text(c->language));
    json_put_text(out, "topic", conversation_text(c->topic));
    conversation_put_facts(c, out);
    conversation_put_emotion(c, out);
    conversation_put_episode(c, out);
    conversation_put_promises(c, out);
    json_put_raw(out, "last_message", last_message);
    json_put_number(out, "version", c->version);
    json_put_when(out, "created_at", c->created_ms);
    json_put_when(out, "updated_at", c->updated_ms);
    buf_addc(out, '}');
}
