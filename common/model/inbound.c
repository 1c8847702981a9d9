#include "inbound.h"

#include <string.h>

#define FIRST_CAP 4

struct inbound *inbound_add(struct arena *a, struct inbound_list *list, enum inbound_type type) {
    if (list->n == INBOUND_EVENTS_MAX)
        return NULL;
    if (list->n == list->cap) {
        int cap = list->cap ? list->cap * 2 : FIRST_CAP;
        struct inbound *items = ARENA_ARRAY(a, struct inbound, cap);
        if (list->n)
            memcpy(items, list->items, sizeof *items * (size_t)list->n);
        list->items = items;
        list->cap = cap;
    }
    struct inbound *i = &list->items[list->n++];
    *i = (struct inbound){
        .type = type,
        .external_id = "",
        .about = "",
        .about_ours = "",
        .address = "",
        .name = "",
        .sender = {"", "", TRUST_CLAIMED},
        .content = "",
        .text = "",
        .full_text = "",
        .html = "",
        .subject = "",
        .locale = "",
        .in_reply_to = "",
        .status_text = "",
        .error_code = "",
        .error = "",
        .reaction = "",
        .why = "",
    };
    return i;
}

void inbound_identify(struct arena *a, struct inbound *i, const char *kind, const char *value,
                      enum trust trust) {
    struct why why;
    struct identity one = {.kind = kind, .trust = trust};
    if (i->n_identities == INBOUND_IDENTITIES_MAX ||
        identity_normalise(a, kind, value, &one.value, &why) != OK)
        return;
    if (!i->identities)
        i->identities = ARENA_ARRAY(a, struct identity, INBOUND_IDENTITIES_MAX);
    i->identities[i->n_identities++] = one;
}

struct inbound_attachment *inbound_attach(struct arena *a, struct inbound *i) {
    if (i->n_attachments == INBOUND_ATTACHMENTS_MAX)
        return NULL;
    if (!i->attachments)
        i->attachments = ARENA_ARRAY(a, struct inbound_attachment, INBOUND_ATTACHMENTS_MAX);
    struct inbound_attachment *one = &i->attachments[i->n_attachments++];
    *one = (struct inbound_attachment){
        .name = "", .content_type = "", .url = "", .media_id = "", .size = -1};
    return one;
}
