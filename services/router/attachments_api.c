/* attachments_api: bytes that came with a message, as a download: never shown, whatever they say
 * they are. */
#include "../../common/flow/objects.h"
#include "../../common/store/attachments.h"
#include "handlers.h"

#define NAME_BYTES_MAX 255

/* The name as RFC 6266 and RFC 8187 want it; nothing of it is taken as it is. */
static const char *disposition(struct arena *a, const char *name) {
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    buf_auto b;
    buf_init(&b, NAME_BYTES_MAX * 3 + 64);
    buf_adds(&b, "attachment; filename*=UTF-8''");
    for (int i = 0; name[i] && i < NAME_BYTES_MAX; i++) {
        if (strchr(plain, name[i]))
            buf_addc(&b, name[i]);
        else
            buf_addf(&b, "%%%02X", (unsigned char)name[i]);
    }
    return arena_strndup(a, b.p, b.len);
}

/* Without a connection held: the object store may take its time. */
static enum err find(struct request *r, struct uid id, struct attachment *out) {
    struct message m;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(attachments_find(c, r->arena, id, out));
    TRY(messages_find_many(c, r->arena, &out->of, 1, &m));
    return m.seq && request_allow_channel(r, m.channel) == OK ? OK : ERR_ABSENT;
}

enum err attachments_get(struct request *r, struct reply *out) {
    struct attachment one;
    struct uid id;
    TRY(request_uid(r, 0, &id));
    TRY(find(r, id, &one));
    if (!one.bytes.p)
        TRY(objects_get(r->world, r->arena, id, &one.bytes));
    out->content_type = "application/octet-stream";
    reply_header(out, "Content-Disposition", disposition(r->arena, *one.name ? one.name : "file"));
    reply_header(out, "Content-Security-Policy", "sandbox; default-src 'none'");
    buf_add(&out->body, one.bytes.p, one.bytes.n);
    return OK;
}
