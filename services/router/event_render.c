#include "event_render.h"

#include <inttypes.h>

#include "../../common/codec/json.h"
#include "../../common/model/decision.h"

static void put_uid(struct buf *b, const char *name, struct uid u) {
    char text[UID_TEXT_MAX];
    json_put_text(b, name, uid_is_nil(u) ? NULL : uid_text(u, text));
}

/* A decision that cannot be read is left out: the message is still news. */
static void put_decision(struct span packed, struct buf *b) {
    struct arena *a = arena_new();
    struct decision d;
    if (decision_unpack(a, packed, &d) == OK) {
        json_put_key(b, "decision");
        buf_addc(b, '{');
        decision_render(&d, b);
        buf_addc(b, '}');
    }
    arena_free(a);
}

/* No text of a customer: a stream tells what changed, the conversation tells what was said. */
static void put_message(const struct event *e, struct buf *b) {
    json_put_key(b, "message");
    buf_addc(b, '{');
    put_uid(b, "id", e->message_id);
    json_put_number(b, "seq", e->seq);
    json_put_text(b, "direction", direction_text(e->direction));
    json_put_text(b, "kind", message_kind_text(e->message_kind));
    json_put_key(b, "author");
    buf_addc(b, '{');
    json_put_text(b, "type", party_type_text(e->author_type));
    json_put_text(b, "id", e->author_id);
    buf_addc(b, '}');
    json_put_text(b, "channel", e->channel);
    json_put_text(b, "language", e->language[0] ? e->language : NULL);
    if (e->decision.p)
        put_decision(e->decision, b);
    buf_addc(b, '}');
}

void event_render_frame(const struct event *e, struct buf *out) {
    const char *kind = event_kind_text(e->kind);
    buf_addf(out, "id: %" PRIu64 "-%d\nevent: %s\ndata: {", e->at.xid, e->at.n, kind);
    json_put_text(out, "type", kind);
    json_put_when(out, "at", e->at_ms);
    put_uid(out, "conversation_id", e->conversation_id);
    if (e->seq)
        json_put_number(out, "seq", e->seq);
    json_put_raw(out, "data", e->data);
    if (!uid_is_nil(e->message_id))
        put_message(e, out);
    buf_adds(out, "}\n\n");
}
