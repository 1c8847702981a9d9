#include "messenger.h"

#include <string.h>

#include "hook.h"
#include "messenger_said.h"
#include "meta.h"
#include "pick.h"

#define MESSENGER_TEXT_MAX 2000
#define INSTAGRAM_TEXT_MAX 1000 /* bytes */
#define MESSENGER_RATE_PER_S 40
#define INSTAGRAM_RATE_PER_S 10
#define USER_REF "user_ref:"

/* ---- the envelope ---- */

static void read_items(struct messenger_said *s, const json_t *items, bool standby) {
    s->standby = standby;
    for (int i = 0; i < pick_count(items); i++)
        messenger_said(s, pick_item(items, i));
}

/* Instagram wraps an item of messaging[] into a change when it is a field of its own. */
static void read_change(struct messenger_said *s, const json_t *change) {
    const json_t *value = pick(change, "value");
    s->standby = false;
    if (pick(value, "sender") || pick(value, "recipient"))
        messenger_said(s, value);
    else
        hook_ignore(s->arena, s->list, pick_text(s->arena, change, "field"));
}

static enum err messenger_parse(struct arena *a, const struct channel_call *call,
                                struct inbound_list *out) {
    json_auto j = NULL;
    TRY(hook_json(call, &j));
    const json_t *entries = pick(j, "entry");
    for (int e = 0; e < pick_count(entries); e++) {
        const json_t *entry = pick_item(entries, e);
        const json_t *changes = pick(entry, "changes");
        struct messenger_said s = {
            .arena = a, .account = call->account, .entry = entry, .list = out};
        read_items(&s, pick(entry, "messaging"), false);
        read_items(&s, pick(entry, "standby"), true);
        for (int c = 0; c < pick_count(changes); c++)
            read_change(&s, pick_item(changes, c));
    }
    return OK;
}

/* ---- out ---- */

static void put_recipient(struct buf *b, const char *address) {
    size_t n = strlen(USER_REF);
    bool ref = strncmp(address, USER_REF, n) == 0;
    json_put_key(b, "recipient");
    buf_addc(b, '{');
    json_put_text(b, ref ? "user_ref" : "id", ref ? address + n : address);
    buf_addc(b, '}');
}

/* A person may answer for seven days where Meta allowed the tag; a bot never. */
static void put_type(struct buf *b, const struct channel_outbound *o) {
    bool tagged = o->account->human_agent_tag && o->message->author.type == PARTY_AGENT;
    json_put_text(b, "messaging_type", tagged ? "MESSAGE_TAG" : "RESPONSE");
    if (tagged)
        json_put_text(b, "tag", "HUMAN_AGENT");
}

static enum err render(struct arena *a, const struct channel_outbound *o, const char *from,
                       struct wire_request *out) {
    const struct channel_account *c = o->account;
    if (!*from)
        from = post_thread(a, o, "page_id");
    if (!*c->access_token || !*from || !*o->message->address)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    buf_addc(&b, '{');
    put_recipient(&b, o->message->address);
    put_type(&b, o);
    json_put_key(&b, "message");
    buf_addc(&b, '{');
    json_put_text(&b, "text", o->text);
    json_put_text(&b, "metadata", post_message_id(a, o)); /* the echo brings it back */
    buf_adds(&b, "}}");
    return post_json(a, arena_printf(a, "%s/%s/messages", post_base(a, c, META_GRAPH), from),
                     post_bearer(a, c->access_token), &b, out);
}

static enum err messenger_render(struct arena *a, const struct channel_outbound *o,
                                 struct wire_request *out) {
    return render(a, o, o->account->page_id, out);
}

static enum err instagram_render(struct arena *a, const struct channel_outbound *o,
                                 struct wire_request *out) {
    return render(a, o, o->account->account_id, out);
}

static void messenger_outcome(struct arena *a, const struct wire_response *response,
                              int64_t wall_ms, struct channel_receipt *out) {
    json_auto j = meta_read(a, response, wall_ms, out);
    if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = pick_id(a, j, "message_id");
}

#define SHARED                                                                                     \
    .call_bytes_max = META_CALL_MAX, .verify = meta_verify, .greet = meta_greet,                   \
    .parse = messenger_parse, .window_ms = META_WINDOW_MS, .outcome = messenger_outcome

const struct channel messenger_channel = {
    .kind = CHANNEL_MESSENGER,
    SHARED,
    .text_max = MESSENGER_TEXT_MAX,
    .text_unit = CHANNEL_CODE_POINTS,
    .rate_per_s = MESSENGER_RATE_PER_S,
    .render = messenger_render,
};

const struct channel instagram_channel = {
    .kind = CHANNEL_INSTAGRAM,
    SHARED,
    .text_max = INSTAGRAM_TEXT_MAX,
    .text_unit = CHANNEL_BYTES,
    .rate_per_s = INSTAGRAM_RATE_PER_S,
    .render = instagram_render,
};
