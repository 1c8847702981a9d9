#include "telegram_said.h"

#include <string.h>

#include "hook.h"
#include "note.h"
#include "pick.h"

/* One message while it is read. */
struct item {
    struct arena *a;
    const json_t *j;
    const char *kind; /* the member that says what it is */
    struct inbound *out;
    struct note *note;
};

const char *telegram_said_id(struct arena *a, const char *chat, const char *message) {
    return *chat && *message ? arena_printf(a, "%s:%s", chat, message) : "";
}

void telegram_said_by(struct arena *a, const json_t *user, struct inbound *out) {
    const char *first = pick_text(a, user, "first_name"), *last = pick_text(a, user, "last_name");
    const char *username = pick_text(a, user, "username");
    out->name = arena_printf(a, "%s%s%s", first, *first && *last ? " " : "", last);
    out->locale = pick_text(a, user, "language_code");
    hook_sender(a, out, "telegram", pick_id(a, user, "id"));
    if (*username)
        inbound_identify(a, out, "telegram_username", username, TRUST_CLAIMED);
}

/* ---- what ---- */

static void say(struct item *t, const char *path) {
    t->out->text = pick_text(t->a, t->j, path);
    note_cut(t->note, pick_is_long(t->j, path));
}

static void attach(struct item *t, const json_t *file) {
    struct inbound_attachment *one = inbound_attach(t->a, t->out);
    if (!one)
        return;
    one->media_id = pick_id(t->a, file, "file_id");
    one->name = pick_text(t->a, file, "file_name");
    one->content_type = pick_text(t->a, file, "mime_type");
    if (pick(file, "file_size"))
        one->size = pick_number(file, "file_size");
}

static void read_text(struct item *t) { say(t, "text"); }

static void read_file(struct item *t) {
    say(t, "caption");
    attach(t, pick(t->j, t->kind));
}

/* All sizes of one picture, the largest last. */
static void read_photo(struct item *t) {
    const json_t *sizes = pick(t->j, "photo");
    int n = pick_count(sizes);
    say(t, "caption");
    if (n)
        attach(t, pick_item(sizes, n - 1));
}

static void read_sticker(struct item *t) {
    attach(t, pick(t->j, "sticker"));
    note_text(t->note, "emoji", pick_text(t->a, pick(t->j, "sticker"), "emoji"));
}

static void read_data(struct item *t) {
    say(t, "caption");
    note_json(t->note, t->a, t->kind, pick(t->j, t->kind));
}

/* One's own number, shared by a button, is a claim; another person's is not his at all. */
static void read_contact(struct item *t) {
    const json_t *contact = pick(t->j, "contact");
    const char *phone = pick_id(t->a, contact, "phone_number");
    const char *who = pick_id(t->a, contact, "user_id");
    bool own = *who && strcmp(who, pick_id(t->a, t->j, "from.id")) == 0;
    note_json(t->note, t->a, "contact", contact);
    if (own)
        inbound_identify(t->a, t->out, "phone",
                         *phone == '+' ? phone : arena_printf(t->a, "+%s", phone), TRUST_CLAIMED);
}

/* Either side of the move tells of it. */
static void read_migration(struct item *t) {
    const char *to = pick_id(t->a, t->j, "migrate_to_chat_id");
    const char *from = pick_id(t->a, t->j, "migrate_from_chat_id");
    t->out->type = INBOUND_SYSTEM;
    t->out->about = *to ? t->out->address : from;
    if (*to)
        t->out->address = to;
}

static void read_service(struct item *t) {
    t->out->type = INBOUND_IGNORED;
    t->out->why = "a note of the chat's own";
}

static void read_unknown(struct item *t) {
    t->out->content = "unsupported";
    say(t, "caption");
}

/* First that is there; a venue also has a location, an animation a document. */
static const struct {
    const char *kind;
    void (*read)(struct item *);
} readers[] = {
    {"text", read_text},
    {"migrate_to_chat_id", read_migration},
    {"migrate_from_chat_id", read_migration},
    {"photo", read_photo},
    {"animation", read_file},
    {"video", read_file},
    {"video_note", read_file},
    {"voice", read_file},
    {"audio", read_file},
    {"document", read_file},
    {"sticker", read_sticker},
    {"venue", read_data},
    {"location", read_data},
    {"contact", read_contact},
    {"dice", read_data},
    {"poll", read_data},
    {"checklist", read_data},
    {"story", read_data},
    {"game", read_data},
    {"paid_media", read_data},
    {"web_app_data", read_data},
    {"successful_payment", read_data},
    {"new_chat_members", read_service},
    {"new_chat_member", read_service},
    {"left_chat_member", read_service},
    {"new_chat_title", read_service},
    {"new_chat_photo", read_service},
    {"delete_chat_photo", read_service},
    {"group_chat_created", read_service},
    {"supergroup_chat_created", read_service},
    {"channel_chat_created", read_service},
    {"message_auto_delete_timer_changed", read_service},
    {"pinned_message", read_service},
    {"invoice", read_service},
    {"refunded_payment", read_service},
    {"users_shared", read_service},
    {"chat_shared", read_service},
    {"connected_website", read_service},
    {"write_access_allowed", read_service},
    {"passport_data", read_service},
    {"proximity_alert_triggered", read_service},
    {"boost_added", read_service},
    {"chat_background_set", read_service},
    {"forum_topic_created", read_service},
    {"forum_topic_edited", read_service},
    {"forum_topic_closed", read_service},
    {"forum_topic_reopened", read_service},
    {"general_forum_topic_hidden", read_service},
    {"general_forum_topic_unhidden", read_service},
    {"giveaway_created", read_service},
    {"giveaway", read_service},
    {"giveaway_winners", read_service},
    {"giveaway_completed", read_service},
    {"video_chat_scheduled", read_service},
    {"video_chat_started", read_service},
    {"video_chat_ended", read_service},
    {"video_chat_participants_invited", read_service},
};

static void read_kind(struct item *t) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (!pick(t->j, readers[i].kind))
            continue;
        t->kind = t->out->content = readers[i].kind;
        readers[i].read(t);
        return;
    }
    read_unknown(t);
}

/* ---- where ---- */

static void put_place(struct item *t, const char *chat) {
    static const char *const kept[] = {"message_thread_id", "business_connection_id",
                                       "media_group_id",    "forward_origin",
                                       "forward_from",      "quote",
                                       "sender_chat",       "is_topic_message",
                                       "external_reply",    NULL};
    note_members(t->note, t->a, t->j, kept);
    note_text(t->note, "chat_type", pick_text(t->a, t->j, "chat.type"));
    note_text(t->note, "chat_title", pick_text(t->a, t->j, "chat.title"));
    t->out->in_reply_to =
        telegram_said_id(t->a, chat, pick_id(t->a, t->j, "reply_to_message.message_id"));
}

static void ignore(struct item *t, const char *why) {
    t->out->type = INBOUND_IGNORED;
    t->out->content = "message";
    t->out->why = why;
}

/* In a business chat the chat is the customer's; whoever else writes there is the business. */
static void settle(const struct telegram_said *s, struct item *t) {
    const char *chat = pick_id(t->a, t->j, "chat.id"), *from = pick_id(t->a, t->j, "from.id");
    bool owner = s->business && *from && strcmp(chat, from) != 0;
    if (pick_flag(t->j, "from.is_bot") || pick(t->j, "sender_business_bot")) {
        ignore(t, "written by a bot");
        return;
    }
    if (t->out->type != INBOUND_MESSAGE)
        return;
    if (s->edited) {
        t->out->type = INBOUND_EDIT;
        t->out->about = t->out->external_id;
    } else if (owner) {
        t->out->type = INBOUND_ECHO;
    }
    if (owner)
        telegram_said_by(t->a, pick(t->j, "chat"), t->out);
}

void telegram_said(const struct telegram_said *s, const json_t *message) {
    note_auto note;
    struct arena *a = s->arena;
    const char *chat = pick_id(a, message, "chat.id");
    const char *id = telegram_said_id(a, chat, pick_id(a, message, "message_id"));
    note_open(&note);
    if (!*id) {
        hook_refuse(a, s->list, "a message without a chat or an id");
        return;
    }
    struct item t = {a, message, "", inbound_add(a, s->list, INBOUND_MESSAGE), &note};
    if (!t.out)
        return;
    t.out->external_id = id;
    t.out->address = chat;
    t.out->sent_ms = pick_time_ms(message, s->edited ? "edit_date" : "date");
    telegram_said_by(a, pick(message, "from"), t.out);
    put_place(&t, chat);
    read_kind(&t);
    settle(s, &t);
    t.out->metadata = note_done(&note, a);
}
