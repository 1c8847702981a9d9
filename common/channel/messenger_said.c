#include "messenger_said.h"

#include <string.h>

#include "hook.h"
#include "pick.h"

/* One item while it is read. */
struct item {
    const struct messenger_said *s;
    struct arena *a;
    const json_t *j;
    const char *kind; /* "message", "postback", …: the member that says what it is */
    const json_t *what;
    struct inbound *out;
    struct note *note;
};

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

static void say(struct item *t, const char *path) {
    t->out->text = pick_text(t->a, t->what, path);
    note_cut(t->note, pick_is_long(t->what, path));
}

/* The id of what is told once; made up where the version of the API gives none. */
static const char *told_id(struct item *t) {
    const char *mid = pick_id(t->a, t->what, "mid");
    const char *const parts[] = {t->out->address, pick_text(t->a, t->j, "timestamp"), t->kind,
                                 pick_text(t->a, t->what, "payload"),
                                 pick_text(t->a, t->what, "text")};
    return *mid ? mid : hook_id(t->a, parts, (int)(sizeof parts / sizeof *parts));
}

/* ---- messages ---- */

static void read_attachment(struct item *t, const json_t *j) {
    struct inbound_attachment *one;
    const char *url = first_of(pick_text(t->a, j, "payload.url"), pick_text(t->a, j, "url"));
    if (!*url || !(one = inbound_attach(t->a, t->out)))
        return;
    one->url = url;
    one->name = first_of(pick_text(t->a, j, "payload.title"), pick_text(t->a, j, "title"));
    one->media_id =
        first_of(pick_id(t->a, j, "payload.sticker_id"), pick_id(t->a, j, "payload.attachment_id"));
}

static void read_attachments(struct item *t) {
    const json_t *all = pick(t->what, "attachments");
    for (int i = 0; i < pick_count(all); i++)
        read_attachment(t, pick_item(all, i));
    const char *type = pick_count(all) ? pick_text(t->a, pick_item(all, 0), "type") : "";
    bool sticker = pick_count(all) && pick(pick_item(all, 0), "payload.sticker_id");
    if (*type)
        t->out->content = sticker ? "sticker" : type;
    if (pick_count(all))
        note_json(t->note, t->a, "attachments", all);
}

static void put_context(struct item *t) {
    static const char *const kept[] = {
        "referral", "is_self", "is_unsupported", "app_id", "metadata", "commands", NULL};
    t->out->in_reply_to = pick_id(t->a, t->what, "reply_to.mid");
    note_text(t->note, "payload", pick_text(t->a, t->what, "quick_reply.payload"));
    note_json(t->note, t->a, "story", pick(t->what, "reply_to.story"));
    note_members(t->note, t->a, t->what, kept);
}

static void ignore(struct item *t, const char *content, const char *why) {
    t->out->type = INBOUND_IGNORED;
    t->out->content = content;
    t->out->why = why;
}

/* What one of our own requests said comes back as an echo of our app. */
static void read_echo(struct item *t) {
    const char *app = pick_id(t->a, t->what, "app_id");
    const char *ours = t->s->account->own_app_id;
    t->out->type = INBOUND_ECHO;
    t->out->about_ours = pick_id(t->a, t->what, "metadata");
    if (*ours && strcmp(app, ours) == 0)
        ignore(t, "echo", "an echo of our own message");
}

static void read_message(struct item *t) {
    t->out->external_id = told_id(t);
    if (pick_flag(t->what, "is_deleted")) {
        t->out->type = INBOUND_REVOKE;
        t->out->about = pick_id(t->a, t->what, "mid");
        return;
    }
    t->out->content = pick_flag(t->what, "is_unsupported") ? "unsupported" : "text";
    say(t, "text");
    read_attachments(t);
    put_context(t);
    if (pick(t->what, "quick_reply"))
        t->out->content = "quick_reply";
    if (pick_flag(t->what, "is_echo"))
        read_echo(t);
    else if (pick_flag(t->what, "is_self"))
        ignore(t, "self", "the account wrote to itself");
}

static void read_edit(struct item *t) {
    t->out->type = INBOUND_EDIT;
    t->out->external_id = t->out->about = pick_id(t->a, t->what, "mid");
    t->out->content = "text";
    say(t, "text");
    note_json(t->note, t->a, "num_edit", pick(t->what, "num_edit"));
}

static void read_postback(struct item *t) {
    static const char *const kept[] = {"payload", "referral", NULL};
    t->out->type = INBOUND_POSTBACK;
    t->out->content = "postback";
    t->out->external_id = told_id(t);
    say(t, pick(t->what, "title") ? "title" : "payload");
    note_members(t->note, t->a, t->what, kept);
}

static void read_reaction(struct item *t) {
    bool taken_back = strcmp(pick_text(t->a, t->what, "action"), "unreact") == 0;
    t->out->type = INBOUND_REACTION;
    t->out->external_id = t->out->about = pick_id(t->a, t->what, "mid");
    if (!taken_back)
        t->out->reaction =
            first_of(pick_text(t->a, t->what, "emoji"), pick_text(t->a, t->what, "reaction"));
}

/* ---- receipts ---- */

static void read_read(struct item *t) {
    t->out->type = INBOUND_READ;
    t->out->about = pick_id(t->a, t->what, "mid");
    t->out->watermark_ms = pick_time_ms(t->what, "watermark");
}

static void delivered(struct inbound *out, const char *mid) {
    out->type = INBOUND_STATUS;
    out->status = DELIVERY_DELIVERED;
    out->status_text = "delivered";
    out->external_id = out->about = mid;
}

/* One event a message; all but the first are copies. */
static void read_delivery(struct item *t) {
    const json_t *mids = pick(t->what, "mids");
    struct inbound first = *t->out;
    t->out->watermark_ms = pick_time_ms(t->what, "watermark");
    delivered(t->out, pick_id(t->a, t->what, "mids")); /* "" unless it is a lone text */
    for (int i = 0; i < pick_count(mids); i++) {
        const char *mid = json_string_value(pick_item(mids, i));
        bool more = *t->out->about != '\0';
        struct inbound *one = t->out;
        if (mid && more)
            one = inbound_add(t->a, t->s->list, INBOUND_STATUS);
        if (!one || !mid)
            continue;
        *one = first;
        delivered(one, arena_strdup(t->a, mid));
        t->out = one;
    }
}

/* ---- control ---- */

static void read_control(struct item *t) {
    t->out->type = INBOUND_CONTROL;
    t->out->content = t->kind;
    note_json(t->note, t->a, t->kind, t->what);
}

static void read_ignored(struct item *t) { ignore(t, t->kind, "nothing that is kept"); }

/* First that is there says what it is. */
static const struct {
    const char *kind;
    void (*read)(struct item *);
} readers[] = {
    {"message", read_message},
    {"message_edit", read_edit},
    {"postback", read_postback},
    {"reaction", read_reaction},
    {"read", read_read},
    {"delivery", read_delivery},
    {"pass_thread_control", read_control},
    {"take_thread_control", read_control},
    {"request_thread_control", read_control},
    {"app_roles", read_control},
    {"optin", read_control},
    {"referral", read_control},
    {"account_linking", read_control},
    {"policy_enforcement", read_ignored},
};

/* The customer is who wrote, or to whom an echo went. */
static bool put_customer(struct item *t) {
    bool echo = pick_flag(t->what, "is_echo");
    const json_t *person = pick(t->j, echo ? "recipient" : "sender");
    const char *id = pick_id(t->a, person, "id");
    const char *ref =
        first_of(pick_id(t->a, person, "user_ref"), pick_id(t->a, t->what, "user_ref"));
    if (!*id && *ref)
        id = arena_printf(t->a, "user_ref:%s", ref);
    t->out->address = id;
    t->out->sender = (struct identity){"", id, TRUST_VERIFIED};
    return *id != '\0';
}

static void put_place(struct item *t) {
    bool echo = pick_flag(t->what, "is_echo");
    const char *page = pick_id(t->a, t->j, echo ? "sender.id" : "recipient.id");
    note_text(t->note, "page_id", first_of(page, pick_id(t->a, t->s->entry, "id")));
    note_flag(t->note, "standby", t->s->standby);
    t->out->sent_ms = pick_time_ms(t->j, "timestamp");
}

static void (*reader_of(struct item *t))(struct item *) {
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        t->what = pick(t->j, readers[i].kind);
        t->kind = readers[i].kind;
        if (t->what)
            return readers[i].read;
    }
    return NULL;
}

/* The first member that is not the envelope's names what we do not know. */
static const char *unknown_kind(struct arena *a, const json_t *j) {
    static const char *const envelope[] = {"sender", "recipient", "timestamp"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)j, name, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof envelope / sizeof *envelope; i++)
            known |= strcmp(name, envelope[i]) == 0;
        if (!known)
            return arena_strdup(a, name);
    }
    return "";
}

void messenger_said(const struct messenger_said *s, const json_t *item) {
    note_auto note;
    struct item t = {.s = s, .a = s->arena, .j = item, .note = &note};
    void (*read)(struct item *) = reader_of(&t);
    note_open(&note);
    if (!read) {
        if (json_is_object(item))
            hook_ignore(t.a, s->list, unknown_kind(t.a, item));
        else
            hook_refuse(t.a, s->list, "an item that is no object");
        return;
    }
    t.out = inbound_add(t.a, s->list, INBOUND_MESSAGE);
    if (!t.out)
        return;
    if (!put_customer(&t)) {
        t.out->type = INBOUND_INVALID;
        t.out->why = "an item of nobody";
        return;
    }
    put_place(&t);
    read(&t);
    t.out->metadata = note_done(&note, t.a);
}
