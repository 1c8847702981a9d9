#include "line.h"

#include <string.h>

#include "../codec/crypto.h"
#include "hook.h"
#include "note.h"
#include "pick.h"
#include "post.h"

#define API "https://api.line.me"
#define CALL_MAX (1024 * 1024)
#define TEXT_MAX 5000
#define RATE_PER_S 2000
#define ALREADY_SENT 409 /* the retry key was accepted before */

static enum err line_verify(struct arena *a, const struct channel_call *call) {
    return hook_check(a, call, HOOK_SHA256_BASE64, call->request->body,
                      hook_header(call, "X-Line-Signature"));
}

/* ---- in ---- */

/* One event while it is read. */
struct item {
    struct arena *a;
    const json_t *j;
    const char *type;
    struct inbound *out;
    struct note *note;
};

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

/* In a group the reply goes to the group, the words are the person's. */
static void put_source(struct item *t) {
    const char *user = pick_id(t->a, t->j, "source.userId");
    const char *place =
        first_of(pick_id(t->a, t->j, "source.groupId"), pick_id(t->a, t->j, "source.roomId"));
    t->out->address = first_of(place, user);
    t->out->sender = (struct identity){"", first_of(user, t->out->address), TRUST_VERIFIED};
}

static void put_place(struct item *t) {
    static const char *const kept[] = {"replyToken", "source", NULL};
    note_members(t->note, t->a, t->j, kept);
    note_text(t->note, "webhook_event_id", pick_id(t->a, t->j, "webhookEventId"));
    note_flag(t->note, "redelivery", pick_flag(t->j, "deliveryContext.isRedelivery"));
    note_flag(t->note, "standby", strcmp(pick_text(t->a, t->j, "mode"), "standby") == 0);
}

static void read_file(struct item *t, const json_t *m) {
    struct inbound_attachment *one = inbound_attach(t->a, t->out);
    if (!one)
        return;
    one->media_id = pick_id(t->a, m, "id");
    one->url = pick_text(t->a, m, "contentProvider.originalContentUrl");
    one->name = pick_text(t->a, m, "fileName");
    if (pick(m, "fileSize"))
        one->size = pick_number(m, "fileSize");
}

static void read_message(struct item *t) {
    static const char *const files[] = {"image", "video", "audio", "file"};
    static const char *const kept[] = {
        "quoteToken", "mention", "emojis",  "imageSet", "duration",  "packageId",       "stickerId",
        "keywords",   "title",   "address", "latitude", "longitude", "markAsReadToken", NULL};
    const json_t *m = pick(t->j, "message");
    t->out->external_id = pick_id(t->a, m, "id");
    t->out->content = first_of(pick_text(t->a, m, "type"), "unsupported");
    t->out->text = pick_text(t->a, m, "text");
    t->out->in_reply_to = pick_id(t->a, m, "quotedMessageId");
    note_cut(t->note, pick_is_long(m, "text"));
    note_members(t->note, t->a, m, kept);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(t->out->content, files[i]) == 0)
            read_file(t, m);
    if (*t->out->external_id)
        return;
    t->out->type = INBOUND_INVALID;
    t->out->why = "a message without an id";
}

static void read_unsend(struct item *t) {
    t->out->type = INBOUND_REVOKE;
    t->out->about = pick_id(t->a, t->j, "unsend.messageId");
}

static void read_postback(struct item *t) {
    t->out->type = INBOUND_POSTBACK;
    t->out->content = "postback";
    t->out->text = pick_text(t->a, t->j, "postback.data");
    note_text(t->note, "payload", t->out->text);
    note_json(t->note, t->a, "params", pick(t->j, "postback.params"));
    const char *const parts[] = {t->out->address, pick_text(t->a, t->j, "timestamp"), t->out->text};
    if (!*t->out->external_id)
        t->out->external_id = hook_id(t->a, parts, 3);
}

static void read_control(struct item *t) {
    static const char *const kept[] = {"follow", "joined", "left", "link", NULL};
    t->out->type = INBOUND_CONTROL;
    t->out->content = t->type;
    note_members(t->note, t->a, t->j, kept);
}

static const struct {
    const char *type;
    void (*read)(struct item *);
} readers[] = {
    {"message", read_message},     {"unsend", read_unsend},        {"postback", read_postback},
    {"follow", read_control},      {"unfollow", read_control},     {"join", read_control},
    {"leave", read_control},       {"memberJoined", read_control}, {"memberLeft", read_control},
    {"accountLink", read_control}, {"activated", read_control},    {"deactivated", read_control},
};

static void read_as(struct item *t) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(t->type, readers[i].type) != 0)
            continue;
        readers[i].read(t);
        return;
    }
    t->out->type = INBOUND_IGNORED;
    t->out->content = t->type;
    t->out->why = "nothing that is kept";
}

/* Who or what may be missing from what is counted only. */
static bool needs_address(enum inbound_type type) {
    return type == INBOUND_MESSAGE || type == INBOUND_POSTBACK;
}

static void read_event(struct arena *a, const json_t *event, struct inbound_list *list) {
    note_auto note;
    const char *type = pick_text(a, event, "type");
    note_open(&note);
    if (!*type) {
        hook_refuse(a, list, "an event without a type");
        return;
    }
    struct item t = {a, event, type, inbound_add(a, list, INBOUND_MESSAGE), &note};
    if (!t.out)
        return;
    t.out->external_id = pick_id(a, event, "webhookEventId");
    t.out->sent_ms = pick_time_ms(event, "timestamp");
    put_source(&t);
    put_place(&t);
    read_as(&t);
    if (needs_address(t.out->type) && !*t.out->address) {
        t.out->type = INBOUND_INVALID;
        t.out->why = "an event of nobody";
    }
    t.out->metadata = note_done(&note, a);
}

static enum err line_parse(struct arena *a, const struct channel_call *call,
                           struct inbound_list *out) {
    json_auto j = NULL;
    TRY(hook_json(call, &j));
    const json_t *events = pick(j, "events");
    for (int i = 0; i < pick_count(events); i++)
        read_event(a, pick_item(events, i), out);
    return OK;
}

/* ---- out ---- */

/* The same for every attempt of a part, another for each part: a UUID made of both. */
static const char *retry_key(struct arena *a, const struct channel_outbound *o) {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct uid key;
    char text[UID_TEXT_MAX];
    crypto_sha256(span_of(arena_printf(a, "%s/%d", post_message_id(a, o), o->part)), digest);
    memcpy(key.b, digest, sizeof key.b);
    key.b[6] = (uint8_t)((key.b[6] & 0x0F) | 0x80); /* version 8: made our own way */
    key.b[8] = (uint8_t)((key.b[8] & 0x3F) | 0x80);
    return arena_strdup(a, uid_text(key, text));
}

static enum err line_render(struct arena *a, const struct channel_outbound *o,
                            struct wire_request *out) {
    const struct channel_account *c = o->account;
    if (!*c->access_token || !*o->message->address)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "to", o->message->address);
    buf_adds(&b, ",\"messages\":[{\"type\":\"text\"");
    json_put_text(&b, "text", o->text);
    buf_adds(&b, "}]}");
    TRY(post_json(a, arena_printf(a, "%s/v2/bot/message/push", post_base(a, c, API)),
                  post_bearer(a, c->access_token), &b, out));
    post_header(out, "X-Line-Retry-Key", retry_key(a, o));
    return OK;
}

/* LINE has no codes but HTTP's. 429 is also the month's quota, which no schedule outlasts; it says
 * so in words only, so it waits like the rest. */
static const struct post_row rows[] = {
    {400, POST_ANY, CHANNEL_GIVE_UP}, {401, POST_ANY, CHANNEL_DISABLE},
    {403, POST_ANY, CHANNEL_DISABLE}, /* the plan or permission lacks it, for every message */
    {404, POST_ANY, CHANNEL_GIVE_UP}, {429, POST_ANY, CHANNEL_WAIT},
    {500, POST_ANY, CHANNEL_RETRY},
};

static void line_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                         struct channel_receipt *out) {
    json_auto j = post_read(a, response, wall_ms, out);
    if (response->status == ALREADY_SENT)
        *out = (struct channel_receipt){CHANNEL_ACCEPTED, -1, "", "", ""};
    else if (out->outcome != CHANNEL_ACCEPTED && response->status)
        post_code(a, out, POST_TABLE(rows), response->status, POST_ANY);
    if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = pick_id(a, pick_item(pick(j, "sentMessages"), 0), "id");
    post_settle(out);
}

const struct channel line_channel = {
    .kind = CHANNEL_LINE,
    .call_bytes_max = CALL_MAX,
    .verify = line_verify,
    .parse = line_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_UTF16,
    .rate_per_s = RATE_PER_S,
    .render = line_render,
    .outcome = line_outcome,
};
