#include "visit_render.h"

#include "../../common/codec/json.h"

/* What people are called; a bot says itself that it is one, whatever its id. */
static const char *name_of(const struct message *m, const struct snapshot *s) {
    if (m->author.type != PARTY_AGENT)
        return NULL;
    const struct agent *agent = snapshot_agent(s, m->author.id);
    return agent && *agent->name ? agent->name : NULL;
}

/* The browser's own id stands behind the sender's address: see visit_messages.c. */
static const char *client_id(const struct message *m) {
    const char *colon = m->direction == DIRECTION_IN ? strrchr(m->external_id, ':') : NULL;
    return colon ? colon + 1 : NULL;
}

void visit_render_message(const struct message *m, const struct snapshot *s, struct buf *out) {
    buf_addc(out, '{');
    json_put_uid(out, "id", m->id);
    json_put_text(out, "direction", direction_text(m->direction));
    json_put_key(out, "author");
    buf_addc(out, '{');
    json_put_text(out, "type", party_type_text(m->author.type));
    json_put_text(out, "name", name_of(m, s));
    buf_addc(out, '}');
    json_put_text(out, "text", m->text);
    json_put_when(out, "sent_at", m->received_ms);
    json_put_when(out, "edited_at", m->edited_ms);
    json_put_text(out, "client_message_id", client_id(m));
    json_put_text(out, "status",
                  m->direction == DIRECTION_OUT ? delivery_status_text(m->delivery) : "sent");
    buf_addc(out, '}');
}
