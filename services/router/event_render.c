#include "event_render.h"

#include <inttypes.h>

#include "../../common/codec/json.h"
#include "../../common/model/decision.h"

/* What changes a dashboard; why it was decided is a call away, by the id of the message. */
static void put_decision(const struct decision *d, struct buf *b) {
    json_put_key(b, "decision");
    buf_addc(b, '{');
    json_put_text(b, "mode", mode_text(d->mode));
    party_put(b, "handler", d->handler);
    party_put(b, "backup", d->backup);
    json_put_number(b, "priority", d->priority);
    json_put_text(b, "intent", d->intent && *d->intent ? d->intent : NULL);
    json_put_text(b, "emotion", emotion_label_text(d->emotion));
    buf_addc(b, '}');
}

/* One that cannot be read is left out: the message is still news. */
static void put_packed_decision(struct span packed, struct buf *b) {
    struct arena *a = arena_new();
    struct decision d;
    if (decision_unpack(a, packed, &d) == OK)
        put_decision(&d, b);
    arena_free(a);
}

/* No text of a customer: a stream tells what changed, the conversation tells what was said. */
static void put_message(const struct event *e, struct buf *b) {
    json_put_key(b, "message");
    buf_addc(b, '{');
    json_put_uid(b, "id", e->message_id);
    json_put_number(b, "seq", e->seq);
    json_put_text(b, "direction", direction_text(e->direction));
    json_put_text(b, "kind", message_kind_text(e->message_kind));
    party_put(b, "author", party_of(e->author_type, e->author_id));
    json_put_text(b, "channel", e->channel);
    json_put_text(b, "language", e->language[0] ? e->language : NULL);
    if (e->decision.p)
        put_packed_decision(e->decision, b);
    buf_addc(b, '}');
}

void event_render_frame(const struct event *e, struct buf *out) {
    const char *kind = event_kind_text(e->kind);
    buf_addf(out, "id: %" PRIu64 "-%d\nevent: %s\ndata: {", e->at.xid, e->at.n, kind);
    json_put_text(out, "type", kind);
    json_put_when(out, "at", e->at_ms);
    json_put_uid(out, "conversation_id", e->conversation_id);
    if (e->seq)
        json_put_number(out, "seq", e->seq);
    json_put_raw(out, "data", e->data);
    if (!uid_is_nil(e->message_id))
        put_message(e, out);
    buf_adds(out, "}\n\n");
}
