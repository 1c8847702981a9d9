#include "party.h"

#include "../codec/json.h"

void party_put(struct buf *b, const char *name, struct party p) {
    json_put_key(b, name);
    if (p.type == PARTY_NONE) {
        buf_adds(b, "null");
        return;
    }
    buf_addc(b, '{');
    json_put_text(b, "type", party_type_text(p.type));
    json_put_text(b, "id", p.id ? p.id : "");
    buf_addc(b, '}');
}
