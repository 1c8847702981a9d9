#include "whatsapp_said.h"

#include <stdlib.h>
#include <string.h>

#include "hook.h"
#include "pick.h"

/* ---- who ---- */

static bool is_id(const json_t *contact, const char *name, const char *id) {
    const json_t *v = json_object_get(contact, name);
    if (json_is_integer(v))
        return strtoll(id, NULL, 10) == json_integer_value(v);
    return json_is_string(v) && strcmp(json_string_value(v), id) == 0;
}

/* Contacts stand in no fixed order: by number or user id, else the only one there is. */
static const json_t *contact_of(const struct whatsapp_said *s, const char *phone,
                                const char *user_id) {
    int n = pick_count(s->contacts);
    for (int i = 0; i < n; i++) {
        const json_t *c = pick_item(s->contacts, i);
        if ((*phone && is_id(c, "wa_id", phone)) || (*user_id && is_id(c, "user_id", user_id)))
            return c;
    }
    return n == 1 && !*phone && !*user_id ? pick_item(s->contacts, 0) : NULL;
}

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

static void identify(struct arena *a, struct inbound *out, const char *kind, const char *value) {
    if (*value)
        inbound_identify(a, out, kind, value, TRUST_VERIFIED);
}

bool whatsapp_said_by(const struct whatsapp_said *s, const char *phone, const char *user_id,
                      struct inbound *out) {
    struct arena *a = s->arena;
    const json_t *contact = contact_of(s, phone, user_id);
    phone = first_of(phone, pick_id(a, contact, "wa_id"));
    user_id = first_of(user_id, pick_id(a, contact, "user_id"));
    if (!*phone && !*user_id)
        return false;
    const char *digits = *phone == '+' ? phone + 1 : phone;
    const char *number = *digits ? arena_printf(a, "+%s", digits) : "";
    const char *username = pick_text(a, contact, "profile.username");
    out->address = first_of(digits, user_id);
    out->name = pick_text(a, contact, "profile.name");
    hook_sender(a, out, *user_id ? "whatsapp" : "phone", *user_id ? user_id : number);
    identify(a, out, "phone", number);
    identify(a, out, "whatsapp", user_id);
    identify(a, out, "whatsapp", pick_id(a, contact, "parent_user_id"));
    if (*username)
        inbound_identify(a, out, "whatsapp_username", username, TRUST_CLAIMED);
    return true;
}

void whatsapp_said_wrong(struct arena *a, const json_t *errors, struct inbound *out) {
    const json_t *first = pick_count(errors) ? pick_item(errors, 0) : NULL;
    if (!first)
        return;
    out->error_code = pick_id(a, first, "code");
    out->error = first_of(pick_text(a, first, "error_data.details"),
                          first_of(pick_text(a, first, "title"), pick_text(a, first, "message")));
}

/* ---- what ---- */

/* One item while it is read. */
struct item {
    struct arena *a;
    const json_t *j; /* the item, or what an edit made of it */
    struct inbound *out;
    struct note *note;
};

static void say(struct item *t, const char *path) {
    t->out->text = pick_text(t->a, t->j, path);
    note_cut(t->note, pick_is_long(t->j, path));
}

static void read_text(struct item *t) { say(t, pick(t->j, "text.body") ? "text.body" : "text"); }

static void read_media(struct item *t) {
    const json_t *media = pick(t->j, t->out->content);
    struct inbound_attachment *one = inbound_attach(t->a, t->out);
    say(t, arena_printf(t->a, "%s.caption", t->out->content));
    note_flag(t->note, "voice", pick_flag(media, "voice"));
    note_flag(t->note, "animated", pick_flag(media, "animated"));
    if (!one)
        return;
    one->media_id = pick_id(t->a, media, "id");
    one->content_type = pick_text(t->a, media, "mime_type");
    one->name = pick_text(t->a, media, "filename");
    one->url = first_of(pick_text(t->a, media, "url"), pick_text(t->a, media, "link"));
    if (pick(media, "file_size"))
        one->size = pick_number(media, "file_size");
}

static void read_button(struct item *t) {
    say(t, "button.text");
    note_text(t->note, "payload", pick_text(t->a, t->j, "button.payload"));
}

/* The object may be missing where WhatsApp itself failed on it (value.errors). */
static void read_interactive(struct item *t) {
    static const char *const said[] = {"interactive.button_reply.title",
                                       "interactive.list_reply.title", "interactive.nfm_reply.body",
                                       "interactive.call_permission_reply.response"};
    static const char *const ids[] = {"interactive.button_reply.id", "interactive.list_reply.id"};
    for (size_t i = 0; i < sizeof said / sizeof *said && !*t->out->text; i++)
        say(t, said[i]);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        note_text(t->note, "payload", pick_text(t->a, t->j, ids[i]));
    note_json(t->note, t->a, "interactive", pick(t->j, "interactive"));
}

static void read_location(struct item *t) {
    note_json(t->note, t->a, "location", pick(t->j, "location"));
}

static void read_contacts(struct item *t) {
    note_json(t->note, t->a, "contacts", pick(t->j, "contacts"));
}

static void read_order(struct item *t) {
    say(t, "order.text");
    note_json(t->note, t->a, "order", pick(t->j, "order"));
}

static void read_reaction(struct item *t) {
    t->out->type = INBOUND_REACTION;
    t->out->about = pick_id(t->a, t->j, "reaction.message_id");
    t->out->reaction = pick_text(t->a, t->j, "reaction.emoji");
}

static const char *original(struct item *t, const char *path) {
    return first_of(pick_id(t->a, t->j, path), pick_id(t->a, t->j, "original_message_id"));
}

static void read_revoke(struct item *t) {
    t->out->type = INBOUND_REVOKE;
    t->out->about = original(t, "revoke.original_message_id");
}

/* Whatever is not in the table is a message all the same: a customer wrote something. */
static void read_unknown(struct item *t) {
    whatsapp_said_wrong(t->a, pick(t->j, "errors"), t->out);
    note_json(t->note, t->a, "errors", pick(t->j, "errors"));
    note_json(t->note, t->a, "unsupported", pick(t->j, "unsupported"));
}

static void read_welcome(struct item *t) { t->out->type = INBOUND_CONTROL; }

static void read_edit(struct item *t);

static const struct {
    const char *type;
    void (*read)(struct item *);
} readers[] = {
    {"text", read_text},         {"image", read_media},
    {"video", read_media},       {"audio", read_media},
    {"voice", read_media},       {"document", read_media},
    {"sticker", read_media},     {"button", read_button},
    {"location", read_location}, {"interactive", read_interactive},
    {"contacts", read_contacts}, {"order", read_order},
    {"reaction", read_reaction}, {"revoke", read_revoke},
    {"edit", read_edit},         {"request_welcome", read_welcome},
};

static void read_as(struct item *t, const char *type) {
    t->out->content = type;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(type, readers[i].type) != 0)
            continue;
        readers[i].read(t);
        return;
    }
    read_unknown(t);
}

/* The new form stands in edit.message, of any type a message has; an edit within it would be
 * nonsense. */
static void read_edit(struct item *t) {
    struct item inner = *t;
    const json_t *edited = pick(t->j, "edit.message");
    const char *type = pick_text(t->a, edited, "type");
    t->out->about = original(t, "edit.original_message_id");
    inner.j = edited ? edited : pick(t->j, "edit.text") ? pick(t->j, "edit") : t->j;
    if (*type && strcmp(type, "edit") != 0 && strcmp(type, "revoke") != 0)
        read_as(&inner, type);
    else
        read_text(&inner);
    t->out->type = INBOUND_EDIT;
}

/* ---- a number or a user id became another ---- */

static void read_system(const struct whatsapp_said *s, struct item *t) {
    const json_t *system = pick(t->j, "system");
    struct arena *a = t->a;
    const char *phone = first_of(pick_id(a, system, "wa_id"), pick_id(a, system, "new_wa_id"));
    const char *user_id =
        first_of(pick_id(a, system, "user_id"), first_of(pick_id(a, system, "new_user_id"),
                                                         pick_id(a, system, "user_id.current")));
    struct inbound was = *t->out;
    t->out->type = INBOUND_SYSTEM;
    t->out->content = first_of(pick_text(a, system, "type"), "system");
    t->out->about = first_of(pick_id(a, system, "user_id.previous"), was.address);
    note_text(t->note, "body", pick_text(a, system, "body"));
    note_text(t->note, "identity", pick_text(a, system, "identity"));
    if (!*phone && !*user_id)
        return;
    struct whatsapp_said others = *s; /* the contact is that of the old number */
    others.contacts = NULL;
    t->out->identities = NULL;
    t->out->n_identities = 0;
    (void)!whatsapp_said_by(&others, phone, user_id, t->out);
    t->out->name = was.name;
    t->out->sender = was.sender;
}

/* ---- an item ---- */

static void put_context(struct item *t) {
    static const char *const kept[] = {"forwarded", "frequently_forwarded", "referred_product",
                                       NULL};
    t->out->in_reply_to = pick_id(t->a, t->j, "context.id");
    note_members(t->note, t->a, pick(t->j, "context"), kept);
}

static void put_place(const struct whatsapp_said *s, struct item *t) {
    static const char *const kept[] = {"group_id", "referral", "identity", NULL};
    static const char *const number[] = {"phone_number_id", "display_phone_number", NULL};
    note_members(t->note, t->a, pick(s->value, "metadata"), number);
    note_members(t->note, t->a, t->j, kept);
}

/* The customer wrote it, or the business wrote to him. */
static bool put_customer(const struct whatsapp_said *s, const json_t *j, struct inbound *out) {
    const char *phone = pick_id(s->arena, j, s->echo ? "to" : "from");
    const char *user_id = pick_id(s->arena, j, s->echo ? "to_user_id" : "from_user_id");
    if (!*phone)
        phone = pick_id(s->arena, j, s->echo ? "recipient_id" : "wa_id");
    bool hidden = strchr(phone, '.') && !*user_id; /* a user id where a number used to be */
    return whatsapp_said_by(s, hidden ? "" : phone, hidden ? phone : user_id, out);
}

static void read_item(const struct whatsapp_said *s, struct item *t) {
    const char *type = first_of(pick_text(t->a, t->j, "type"), "unsupported");
    put_place(s, t);
    put_context(t);
    if (strcmp(type, "system") == 0)
        read_system(s, t);
    else
        read_as(t, type);
    if (s->echo && t->out->type == INBOUND_MESSAGE)
        t->out->type = INBOUND_ECHO;
}

void whatsapp_said(const struct whatsapp_said *s, const json_t *item) {
    note_auto note;
    struct arena *a = s->arena;
    struct inbound *out = inbound_add(a, s->list, INBOUND_MESSAGE);
    note_open(&note);
    if (!out)
        return;
    out->external_id = pick_id(a, item, "id");
    out->sent_ms = pick_time_ms(item, "timestamp");
    if (!*out->external_id || !put_customer(s, item, out)) {
        out->type = INBOUND_INVALID;
        out->why = *out->external_id ? "a message of nobody" : "a message without an id";
        return;
    }
    struct item t = {a, item, out, &note};
    read_item(s, &t);
    out->metadata = note_done(&note, a);
}
