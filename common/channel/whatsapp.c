#include "whatsapp.h"

#include <string.h>

#include "hook.h"
#include "meta.h"
#include "pick.h"
#include "whatsapp_said.h"

#define TEXT_MAX 4096
#define RATE_PER_S 80 /* of a number, before Meta raises it */

/* ---- statuses ---- */

static enum delivery_status status_of(const char *word) {
    static const struct {
        const char *word;
        enum delivery_status status;
    } rows[] = {{"sent", DELIVERY_SENT},
                {"delivered", DELIVERY_DELIVERED},
                {"read", DELIVERY_READ},
                {"played", DELIVERY_READ},
                {"failed", DELIVERY_FAILED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(word, rows[i].word) == 0)
            return rows[i].status;
    return DELIVERY_NONE;
}

static void put_place(struct arena *a, const json_t *value, const json_t *item,
                      struct inbound *out) {
    static const char *const number[] = {"phone_number_id", NULL};
    static const char *const kept[] = {"conversation", "pricing", "recipient_type",
                                       "recipient_participant_id", NULL};
    note_auto note;
    note_open(&note);
    note_members(&note, a, pick(value, "metadata"), number);
    note_members(&note, a, item, kept);
    out->metadata = note_done(&note, a);
}

static void read_status(const struct whatsapp_said *s, const json_t *item) {
    struct arena *a = s->arena;
    struct inbound *out = inbound_add(a, s->list, INBOUND_STATUS);
    if (!out)
        return;
    out->external_id = out->about = pick_id(a, item, "id");
    out->about_ours = pick_id(a, item, "biz_opaque_callback_data");
    out->status_text = pick_text(a, item, "status");
    out->status = status_of(out->status_text);
    out->sent_ms = pick_time_ms(item, "timestamp");
    (void)!whatsapp_said_by(s, pick_id(a, item, "recipient_id"),
                            pick_id(a, item, "recipient_user_id"), out);
    whatsapp_said_wrong(a, pick(item, "errors"), out);
    put_place(a, s->value, item, out);
    if (*out->about || *out->about_ours)
        return;
    out->type = INBOUND_INVALID;
    out->why = "a status of no message";
}

/* ---- what is neither said nor a status ---- */

static void read_error(const struct whatsapp_said *s, const json_t *item) {
    struct inbound *out = hook_ignore(s->arena, s->list, "error");
    if (!out)
        return;
    whatsapp_said_wrong(s->arena, item, out);
    put_place(s->arena, s->value, NULL, out);
}

/* One person got another user id: {"wa_id", "user_id": {"previous", "current"}}. */
static void read_user_id(const struct whatsapp_said *s, const json_t *item) {
    struct arena *a = s->arena;
    struct inbound *out = inbound_add(a, s->list, INBOUND_SYSTEM);
    const char *previous = pick_id(a, item, "user_id.previous");
    const char *phone = pick_id(a, item, "wa_id");
    if (!out)
        return;
    out->content = "user_id_update";
    out->about = previous;
    out->sent_ms = pick_time_ms(item, "timestamp");
    if (!whatsapp_said_by(s, phone, pick_id(a, item, "user_id.current"), out)) {
        out->type = INBOUND_INVALID;
        out->why = "a change of nobody's id";
        return;
    }
    if (*pick_id(a, item, "parent_user_id.current"))
        inbound_identify(a, out, "whatsapp", pick_id(a, item, "parent_user_id.current"),
                         TRUST_VERIFIED);
    if (*previous)
        hook_sender(a, out, "whatsapp", previous);
    put_place(a, s->value, NULL, out);
}

static void read_said(const struct whatsapp_said *s, const json_t *item) { whatsapp_said(s, item); }

static void read_echo(const struct whatsapp_said *s, const json_t *item) {
    struct whatsapp_said echo = *s;
    echo.echo = true;
    whatsapp_said(&echo, item);
}

/* ---- the envelope ---- */

static const struct {
    const char *name;
    void (*read)(const struct whatsapp_said *, const json_t *item);
} lists[] = {
    {"messages", read_said},          {"statuses", read_status}, {"message_echoes", read_echo},
    {"user_id_update", read_user_id}, {"errors", read_error},
};

static void read_change(struct arena *a, const json_t *change, struct inbound_list *list) {
    const json_t *value = pick(change, "value");
    struct whatsapp_said s = {.arena = a, .value = value, .list = list};
    bool known = false;
    s.contacts = pick(value, "contacts");
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *items = pick(value, lists[k].name);
        known |= items != NULL;
        for (int i = 0; i < pick_count(items); i++)
            lists[k].read(&s, pick_item(items, i));
    }
    if (!known)
        hook_ignore(a, list, pick_text(a, change, "field"));
}

static enum err whatsapp_parse(struct arena *a, const struct channel_call *call,
                               struct inbound_list *out) {
    json_auto j = NULL;
    TRY(hook_json(call, &j));
    const json_t *entries = pick(j, "entry");
    for (int e = 0; e < pick_count(entries); e++) {
        const json_t *changes = pick(pick_item(entries, e), "changes");
        for (int c = 0; c < pick_count(changes); c++)
            read_change(a, pick_item(changes, c), out);
    }
    return OK;
}

/* ---- out ---- */

/* A phone number is digits; anything else is a user id. A message in a group is answered there. */
static void put_recipient(struct buf *b, const char *address, const char *group) {
    bool phone = strspn(address, "+0123456789") == strlen(address);
    json_put_text(b, "recipient_type", *group ? "group" : "individual");
    if (*group)
        json_put_text(b, "to", group);
    else
        json_put_text(b, phone ? "to" : "recipient", address);
}

/* Quoted only if it is what this message was written to. */
static bool quotes(struct arena *a, const struct channel_outbound *o) {
    json_auto extra = NULL;
    if (!o->answers || !*o->answers->external_id || !o->message->extra || o->part > 0 ||
        json_load_limited(span_of(o->message->extra), INT64_MAX, &extra, NULL) != OK)
        return false;
    return strcmp(pick_text(a, extra, "in_reply_to"), o->answers->external_id) == 0;
}

static void put_message(struct arena *a, const struct channel_outbound *o, struct buf *b) {
    buf_addc(b, '{');
    json_put_text(b, "messaging_product", "whatsapp");
    put_recipient(b, o->message->address, post_thread(a, o, "group_id"));
    if (quotes(a, o)) {
        json_put_key(b, "context");
        buf_addc(b, '{');
        json_put_text(b, "message_id", o->answers->external_id);
        buf_addc(b, '}');
    }
    json_put_text(b, "type", "text");
    json_put_key(b, "text");
    buf_addc(b, '{');
    json_put_flag(b, "preview_url", false);
    json_put_text(b, "body", o->text);
    buf_addc(b, '}');
    json_put_text(b, "biz_opaque_callback_data", post_message_id(a, o));
    buf_addc(b, '}');
}

static enum err whatsapp_render(struct arena *a, const struct channel_outbound *o,
                                struct wire_request *out) {
    const struct channel_account *c = o->account;
    const char *number = post_thread(a, o, "phone_number_id");
    if (*c->phone_number_id)
        number = c->phone_number_id;
    if (!*c->access_token || !*number || !*o->message->address)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    put_message(a, o, &b);
    return post_json(a, arena_printf(a, "%s/%s/messages", post_base(a, c, META_GRAPH), number),
                     post_bearer(a, c->access_token), &b, out);
}

static void whatsapp_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                             struct channel_receipt *out) {
    json_auto j = meta_read(a, response, wall_ms, out);
    if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = pick_id(a, pick_item(pick(j, "messages"), 0), "id");
}

const struct channel whatsapp_channel = {
    .kind = CHANNEL_WHATSAPP,
    .call_bytes_max = META_CALL_MAX,
    .verify = meta_verify,
    .greet = meta_greet,
    .parse = whatsapp_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_CODE_POINTS,
    .window_ms = META_WINDOW_MS,
    .rate_per_s = RATE_PER_S,
    .render = whatsapp_render,
    .outcome = whatsapp_outcome,
};
