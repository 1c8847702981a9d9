#include "telegram.h"

#include <string.h>

#include "hook.h"
#include "note.h"
#include "pick.h"
#include "post.h"
#include "telegram_said.h"

#define API "https://api.telegram.org"
#define CALL_MAX (1024 * 1024)
#define TEXT_MAX 4096
#define RATE_PER_S 30
#define MS_PER_S 1000

static enum err telegram_verify(struct arena *a, const struct channel_call *call) {
    (void)a;
    return hook_check_secret(call, hook_header(call, "X-Telegram-Bot-Api-Secret-Token"));
}

/* ---- in ---- */

static void read_message(struct arena *a, const json_t *j, struct inbound_list *out) {
    telegram_said(&(struct telegram_said){.arena = a, .list = out}, j);
}

static void read_edited(struct arena *a, const json_t *j, struct inbound_list *out) {
    telegram_said(&(struct telegram_said){.arena = a, .list = out, .edited = true}, j);
}

static void read_business(struct arena *a, const json_t *j, struct inbound_list *out) {
    telegram_said(&(struct telegram_said){.arena = a, .list = out, .business = true}, j);
}

static void read_edited_business(struct arena *a, const json_t *j, struct inbound_list *out) {
    telegram_said(
        &(struct telegram_said){.arena = a, .list = out, .business = true, .edited = true}, j);
}

static void read_deleted(struct arena *a, const json_t *j, struct inbound_list *out) {
    static const char *const kept[] = {"business_connection_id", NULL};
    const char *chat = pick_id(a, j, "chat.id");
    const json_t *ids = pick(j, "message_ids");
    for (int i = 0; i < pick_count(ids); i++) {
        note_auto note;
        note_open(&note);
        note_members(&note, a, j, kept);
        struct inbound *one = inbound_add(a, out, INBOUND_REVOKE);
        json_auto wrapped = json_pack("{sO}", "id", pick_item(ids, i));
        if (!one)
            return;
        one->address = chat;
        telegram_said_by(a, pick(j, "chat"), one);
        one->external_id = one->about = telegram_said_id(a, chat, pick_id(a, wrapped, "id"));
        one->metadata = note_done(&note, a);
    }
}

/* The words on the button that was pressed; "" if the message is gone. */
static const char *label(struct arena *a, const json_t *message, const char *data) {
    const json_t *rows = pick(message, "reply_markup.inline_keyboard");
    for (int r = 0; *data && r < pick_count(rows); r++) {
        const json_t *row = pick_item(rows, r);
        for (int b = 0; b < pick_count(row); b++)
            if (strcmp(pick_text(a, pick_item(row, b), "callback_data"), data) == 0)
                return pick_text(a, pick_item(row, b), "text");
    }
    return "";
}

static void put_callback(struct arena *a, const json_t *j, struct inbound *one) {
    static const char *const kept[] = {"inline_message_id", "chat_instance", "game_short_name",
                                       NULL};
    static const char *const place[] = {"message_thread_id", "is_topic_message",
                                        "business_connection_id", NULL};
    const char *data = pick_text(a, j, "data"), *words = label(a, pick(j, "message"), data);
    note_auto note;
    note_open(&note);
    note_text(&note, "payload", data);
    note_members(&note, a, j, kept);
    note_members(&note, a, pick(j, "message"), place);
    one->text = *words ? words : data;
    one->metadata = note_done(&note, a);
}

static void read_callback(struct arena *a, const json_t *j, struct inbound_list *out) {
    const char *chat = pick_id(a, j, "message.chat.id");
    if (!*pick_id(a, j, "id") || !*pick_id(a, j, "from.id")) {
        hook_refuse(a, out, "a callback without an id or a person");
        return;
    }
    struct inbound *one = inbound_add(a, out, INBOUND_POSTBACK);
    if (!one)
        return;
    one->external_id = pick_id(a, j, "id");
    one->content = "callback";
    one->address = *chat ? chat : pick_id(a, j, "from.id");
    one->about = one->in_reply_to = telegram_said_id(a, chat, pick_id(a, j, "message.message_id"));
    telegram_said_by(a, pick(j, "from"), one);
    put_callback(a, j, one);
}

/* The list of all that hold now; the last one counts. */
static void read_reaction(struct arena *a, const json_t *j, struct inbound_list *out) {
    const json_t *now = pick(j, "new_reaction");
    struct inbound *one = inbound_add(a, out, INBOUND_REACTION);
    int n = pick_count(now);
    if (!one)
        return;
    one->address = pick_id(a, j, "chat.id");
    one->external_id = one->about = telegram_said_id(a, one->address, pick_id(a, j, "message_id"));
    one->sent_ms = pick_time_ms(j, "date");
    telegram_said_by(a, pick(j, "user"), one);
    if (n)
        one->reaction = pick_text(a, pick_item(now, n - 1), "emoji");
    if (n && !*one->reaction)
        one->reaction = pick_text(a, pick_item(now, n - 1), "custom_emoji_id");
}

static const struct {
    const char *kind;
    void (*read)(struct arena *, const json_t *, struct inbound_list *);
} readers[] = {
    {"message", read_message},
    {"edited_message", read_edited},
    {"business_message", read_business},
    {"edited_business_message", read_edited_business},
    {"deleted_business_messages", read_deleted},
    {"callback_query", read_callback},
    {"message_reaction", read_reaction},
    {"guest_message", read_message},
};

/* The member beside update_id names the kind. */
static void ignore_update(struct arena *a, const json_t *update, struct inbound_list *out) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)update, name, value) {
        if (strcmp(name, "update_id") == 0)
            continue;
        hook_ignore(a, out, name);
        return;
    }
}

static void read_update(struct arena *a, const json_t *update, struct inbound_list *out) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        const json_t *what = pick(update, readers[i].kind);
        if (!what)
            continue;
        readers[i].read(a, what, out);
        return;
    }
    ignore_update(a, update, out);
}

static enum err telegram_parse(struct arena *a, const struct channel_call *call,
                               struct inbound_list *out) {
    json_auto j = NULL;
    TRY(hook_json(call, &j));
    for (int i = 0; i < pick_count(j); i++)
        read_update(a, pick_item(j, i), out);
    return OK;
}

/* ---- out ---- */

/* A chat is a number, or "@name". */
static void put_chat(struct buf *b, const char *address) {
    const char *digits = *address == '-' ? address + 1 : address;
    bool number = *digits && strspn(digits, "0123456789") == strlen(digits);
    if (number)
        json_put_raw(b, "chat_id", address);
    else
        json_put_text(b, "chat_id", address);
}

static bool is_number(const char *s) { return *s && strspn(s, "0123456789") == strlen(s); }

/* Quotes what it was written to, in groups, where many talk: "<chat>:<message>" of this chat. */
static void put_quote(struct arena *a, struct buf *b, const struct channel_outbound *o) {
    const char *id = o->answers ? o->answers->external_id : "";
    const char *mark = strchr(id, ':');
    bool group = strncmp(post_thread(a, o, "chat_type"), "group", 5) == 0 ||
                 strcmp(post_thread(a, o, "chat_type"), "supergroup") == 0;
    if (!group || o->part || !mark || !is_number(mark + 1) ||
        strncmp(id, o->message->address, (size_t)(mark - id)) != 0)
        return;
    json_put_key(b, "reply_parameters");
    buf_addc(b, '{');
    json_put_raw(b, "message_id", mark + 1);
    json_put_flag(b, "allow_sending_without_reply", true);
    buf_addc(b, '}');
}

static enum err telegram_render(struct arena *a, const struct channel_outbound *o,
                                struct wire_request *out) {
    const struct channel_account *c = o->account;
    const char *topic = post_thread(a, o, "message_thread_id");
    const char *business = post_thread(a, o, "business_connection_id");
    if (!*c->bot_token || !*o->message->address)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    buf_addc(&b, '{');
    put_chat(&b, o->message->address);
    json_put_text(&b, "text", o->text);
    if (is_number(topic) && strcmp(post_thread(a, o, "is_topic_message"), "true") == 0)
        json_put_raw(&b, "message_thread_id", topic);
    if (*business)
        json_put_text(&b, "business_connection_id", business);
    put_quote(a, &b, o);
    buf_addc(&b, '}');
    return post_json(a, arena_printf(a, "%s/bot%s/sendMessage", post_base(a, c, API), c->bot_token),
                     NULL, &b, out);
}

static const struct post_row rows[] = {
    {401, POST_ANY, CHANNEL_DISABLE}, /* the token was revoked */
    {403, POST_ANY, CHANNEL_GIVE_UP}, /* blocked by this person, or put out of the group */
    /* No such bot: the token is not one. A missing chat is 400. */
    {404, POST_ANY, CHANNEL_DISABLE},
    {420, POST_ANY, CHANNEL_WAIT},
    {429, POST_ANY, CHANNEL_WAIT},
    {400, POST_ANY, CHANNEL_GIVE_UP},
    {500, POST_ANY, CHANNEL_RETRY},
    {502, POST_ANY, CHANNEL_RETRY},
};

/* A group that became another: at once again, to the new one. */
static void moved(struct arena *a, const json_t *j, struct channel_receipt *out) {
    out->address = pick_id(a, j, "parameters.migrate_to_chat_id");
    if (*out->address)
        out->outcome = CHANNEL_RETRY;
}

#define RETRY_S_MAX 86400
static int64_t retry_ms(const json_t *j) {
    int64_t seconds = pick_number(j, "parameters.retry_after");
    if (seconds < 0)
        return 0;
    return (seconds < RETRY_S_MAX ? seconds : RETRY_S_MAX) * MS_PER_S;
}

static void telegram_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                             struct channel_receipt *out) {
    json_auto j = post_read(a, response, wall_ms, out);
    if (pick_flag(j, "ok"))
        out->external_id = telegram_said_id(a, pick_id(a, j, "result.chat.id"),
                                            pick_id(a, j, "result.message_id"));
    else if (pick(j, "ok"))
        post_code(a, out, POST_TABLE(rows), pick_number(j, "error_code"), POST_ANY);
    if (pick(j, "parameters.retry_after"))
        out->retry_after_ms = retry_ms(j);
    moved(a, j, out);
    post_settle(out);
}

const struct channel telegram_channel = {
    .kind = CHANNEL_TELEGRAM,
    .call_bytes_max = CALL_MAX,
    .verify = telegram_verify,
    .parse = telegram_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_UTF16,
    .rate_per_s = RATE_PER_S,
    .render = telegram_render,
    .outcome = telegram_outcome,
};
