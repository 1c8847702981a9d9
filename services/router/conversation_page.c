#include "conversation_page.h"

#include "../../common/store/conversations.h"
#include "../../common/store/messages.h"
#include "message_render.h"

#define MESSAGE_BYTES_MAX (1024 * 1024)

void conversation_page_redirect(struct request *r, const char *prefix, struct uid to,
                                struct reply *out) {
    char id[UID_TEXT_MAX];
    const char *rest = strchr(r->call->path + strlen(prefix), '/');
    const char *query = *r->call->query ? arena_printf(r->arena, "?%s", r->call->query) : "";
    out->status = 308;
    reply_header(
        out, "Location",
        arena_printf(r->arena, "%s%s%s%s", prefix, uid_text(to, id), rest ? rest : "", query));
    buf_addc(&out->body, '{');
    json_put_text(&out->body, "merged_into", id);
    buf_addc(&out->body, '}');
}

enum err conversation_page_find(struct request *r, struct conversation *found, struct reply *out,
                                bool *moved) {
    struct uid id;
    pg_lease_auto c = NULL;
    *moved = false;
    TRY(request_uid(r, 0, &id));
    TRY(pg_lease(r->world->reads, &c));
    TRY(conversations_find(c, r->arena, id, found));
    *moved = !uid_is_nil(found->merged_into);
    if (*moved)
        conversation_page_redirect(r, "/v1/conversations/", found->merged_into, out);
    return OK;
}

enum err conversation_page_put(struct request *r, const struct conversation *c, struct buf *out) {
    const struct message_ref newest = {c->id, c->last_seq};
    struct messages last = {0};
    buf_auto text;
    buf_init(&text, MESSAGE_BYTES_MAX);
    pg_lease_auto pg = NULL;
    TRY(pg_lease(r->world->reads, &pg));
    TRY(messages_before(pg, r->arena, &newest, 1, &last));
    if (last.n)
        message_render(&last.items[0], &text);
    TRY(buf_done(&text));
    conversation_render(c, last.n ? text.p : NULL, out);
    return OK;
}
