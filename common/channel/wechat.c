#include "wechat.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../codec/utf8.h"
#include "../codec/xml.h"
#include "hook.h"
#include "note.h"
#include "pick.h"
#include "post.h"
#include "wechat_seal.h"

#define API "https://api.weixin.qq.com"
#define CALL_MAX (1024 * 1024)
#define TEXT_MAX 2048 /* bytes */
#define WINDOW_MS (INT64_C(48) * 3600 * 1000)
#define MS_PER_S 1000
#define TOKEN_LIFE_S 7200

/* ---- proof ---- */

/* "" unless the body holds one. */
static const char *sealed_of(struct arena *a, const struct channel_call *call) {
    struct xml_fields fields;
    if (xml_parse(a, call->request->body, &fields) != OK)
        return "";
    return xml_text(&fields, "Encrypt");
}

static enum err wechat_verify(struct arena *a, const struct channel_call *call) {
    const char *sealed = *call->account->encoding_key ? sealed_of(a, call) : "";
    if (*call->account->encoding_key && !*sealed)
        return ERR_UNKNOWN_KEY;
    return wechat_seal_check(a, call, sealed,
                             hook_query(a, call, *sealed ? "msg_signature" : "signature"));
}

static enum err wechat_greet(struct arena *a, const struct channel_call *call,
                             struct channel_reply *out) {
    const char *echo = hook_query(a, call, "echostr");
    if (!*echo || wechat_seal_check(a, call, "", hook_query(a, call, "signature")) != OK)
        return ERR_DENIED;
    *out = (struct channel_reply){200, "text/plain", echo};
    return OK;
}

static void wechat_answer(struct arena *a, const struct channel_call *call,
                          struct channel_reply *out) {
    (void)a, (void)call;
    *out = (struct channel_reply){200, "text/plain", "success"};
}

/* ---- in ---- */

/* One call while it is read. */
struct item {
    struct arena *a;
    const struct xml_fields *fields;
    struct inbound *out;
    struct note *note;
};

static const char *text(const struct item *t, const char *name) {
    return xml_text(t->fields, name);
}

/* "" if it is longer than any id. */
static const char *id(const struct item *t, const char *name) {
    const char *value = text(t, name);
    return utf8_count(value) <= PICK_ID_MAX ? value : "";
}

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

static void say(struct item *t, const char *words) {
    size_t n = utf8_truncate(words, MESSAGE_TEXT_MAX);
    note_cut(t->note, words[n] != '\0');
    t->out->text = arena_strndup(t->a, words, n);
}

static void read_text(struct item *t) { say(t, text(t, "Content")); }

static void attach(struct item *t, const char *media, const char *url) {
    struct inbound_attachment *one = inbound_attach(t->a, t->out);
    if (!one)
        return;
    one->media_id = id(t, media);
    one->url = text(t, url);
    one->content_type = "";
}

static void read_media(struct item *t) { attach(t, "MediaId", "PicUrl"); }

/* WeChat may have listened to it. */
static void read_voice(struct item *t) {
    attach(t, "MediaId", "Url");
    say(t, text(t, "Recognition"));
}

static void read_data(struct item *t) { (void)t; } /* its fields are kept in the metadata */

static const struct {
    const char *type;
    void (*read)(struct item *);
} readers[] = {
    {"text", read_text},   {"image", read_media},      {"video", read_media},
    {"voice", read_voice}, {"shortvideo", read_media}, {"location", read_data},
    {"link", read_data},
};

static void read_message(struct item *t) {
    t->out->external_id = id(t, "MsgId");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
        if (strcmp(t->out->content, readers[i].type) == 0)
            readers[i].read(t);
    if (*t->out->external_id)
        return;
    t->out->type = INBOUND_INVALID;
    t->out->why = "a message without an id";
}

/* What of the menu is a wish, and what tells of the person; the rest is counted. */
static const struct {
    const char *event;
    enum inbound_type type;
} events[] = {
    {"CLICK", INBOUND_POSTBACK},
    {"scancode_push", INBOUND_POSTBACK},
    {"scancode_waitmsg", INBOUND_POSTBACK},
    {"subscribe", INBOUND_CONTROL},
    {"unsubscribe", INBOUND_CONTROL},
    {"SCAN", INBOUND_CONTROL},
    {"VIEW", INBOUND_CONTROL},
    {"view_miniprogram", INBOUND_CONTROL},
};

static void read_event(struct item *t) {
    const char *event = id(t, "Event");
    const char *const parts[] = {id(t, "FromUserName"), id(t, "CreateTime"), event};
    t->out->type = INBOUND_IGNORED;
    t->out->why = "nothing that is kept";
    t->out->content = event;
    t->out->external_id = arena_printf(t->a, "%s:%s:%s", parts[0], parts[1], parts[2]);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (strcasecmp(event, events[i].event) == 0)
            t->out->type = events[i].type;
    if (t->out->type != INBOUND_IGNORED)
        t->out->why = "";
    if (t->out->type != INBOUND_POSTBACK)
        return;
    say(t, first_of(text(t, "ScanResult"), text(t, "EventKey")));
    note_text(t->note, "payload", text(t, "EventKey"));
}

/* All fields but those that have a place of their own. */
static void put_fields(struct item *t) {
    static const char *const placed[] = {"FromUserName", "CreateTime", "Content",    "MsgId",
                                         "MediaId",      "PicUrl",     "Recognition"};
    for (int i = 0; i < t->fields->n; i++) {
        bool known = false;
        for (size_t k = 0; k < sizeof placed / sizeof *placed; k++)
            known |= strcmp(t->fields->items[i].name, placed[k]) == 0;
        if (!known)
            note_text(t->note, t->fields->items[i].name, t->fields->items[i].value);
    }
}

static void read_fields(struct item *t) {
    const char *person = id(t, "FromUserName");
    char *end;
    int64_t seconds = strtoll(id(t, "CreateTime"), &end, 10);
    if (!*person || !*id(t, "MsgType")) {
        t->out->type = INBOUND_INVALID;
        t->out->why = "a message of nobody or of no type";
        return;
    }
    t->out->address = person;
    t->out->sender = (struct identity){"", person, TRUST_VERIFIED};
    t->out->sent_ms = seconds > 0 && seconds < INT64_C(253402300799) ? seconds * MS_PER_S : 0;
    t->out->content = id(t, "MsgType");
    if (strcasecmp(t->out->content, "event") == 0)
        read_event(t);
    else
        read_message(t);
}

static enum err open_body(struct arena *a, const struct channel_call *call,
                          struct xml_fields *fields) {
    struct span plain;
    TRY(xml_parse(a, call->request->body, fields));
    if (!*call->account->encoding_key || !*xml_text(fields, "Encrypt"))
        return OK;
    TRY(wechat_seal_open(a, call->account, xml_text(fields, "Encrypt"), &plain));
    return xml_parse(a, plain, fields);
}

static enum err wechat_parse(struct arena *a, const struct channel_call *call,
                             struct inbound_list *out) {
    struct xml_fields fields;
    note_auto note;
    note_open(&note);
    TRY(open_body(a, call, &fields));
    struct item t = {a, &fields, inbound_add(a, out, INBOUND_MESSAGE), &note};
    if (!t.out)
        return OK;
    put_fields(&t);
    read_fields(&t);
    t.out->metadata = note_done(&note, a);
    return OK;
}

/* ---- out ---- */

static enum err wechat_render(struct arena *a, const struct channel_outbound *o,
                              struct wire_request *out) {
    if (!*o->token || !*o->message->address)
        return ERR_INVALID;
    buf_auto b, url;
    buf_init(&url, POST_BODY_MAX);
    buf_init(&b, POST_BODY_MAX);
    buf_addf(&url, "%s/cgi-bin/message/custom/send", post_base(a, o->account, API));
    buf_adds(&url, "?access_token=");
    post_escape(&url, o->token);
    buf_addc(&b, '{');
    json_put_text(&b, "touser", o->message->address);
    json_put_text(&b, "msgtype", "text");
    buf_adds(&b, ",\"text\":{");
    json_put_text(&b, "content", o->text);
    buf_adds(&b, "}}");
    return post_json(a, buf_span(&url).p, NULL, &b, out);
}

static const struct post_row rows[] = {
    {-1, POST_ANY, CHANNEL_RETRY}, /* busy */
    {40001, POST_ANY, CHANNEL_RENEW},   {40014, POST_ANY, CHANNEL_RENEW},
    {41001, POST_ANY, CHANNEL_RENEW},   {42001, POST_ANY, CHANNEL_RENEW},
    {40003, POST_ANY, CHANNEL_GIVE_UP}, /* not an OpenID of this account */
    {43004, POST_ANY, CHANNEL_GIVE_UP}, /* does not follow any more */
    {43019, POST_ANY, CHANNEL_GIVE_UP}, {45015, POST_ANY, CHANNEL_CLOSED}, /* later than 48 hours */
    {45047, POST_ANY, CHANNEL_CLOSED},  /* too many since the customer last wrote */
    {45009, POST_ANY, CHANNEL_WAIT},    /* the day's calls */
    {45011, POST_ANY, CHANNEL_WAIT},    /* the minute's */
    {40164, POST_ANY, CHANNEL_DISABLE}, /* our address is not on the account's list */
    {48001, POST_ANY, CHANNEL_DISABLE}, /* the account may not use this interface */
    {50002, POST_ANY, CHANNEL_DISABLE}, /* the account is limited */
};

static void wechat_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                           struct channel_receipt *out) {
    json_auto j = post_read(a, response, wall_ms, out);
    int64_t code = pick_number(j, "errcode");
    if (code)
        post_code(a, out, POST_TABLE(rows), code, POST_ANY);
    else if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = pick_id(a, j, "msgid");
    post_settle(out);
}

static enum err wechat_token_request(struct arena *a, const struct channel_account *account,
                                     struct wire_request *out) {
    if (!*account->app_id || !*account->app_secret)
        return ERR_INVALID;
    buf_auto url;
    buf_init(&url, POST_BODY_MAX);
    buf_addf(&url,
             "%s/cgi-bin/token?grant_type=client_credential&appid=", post_base(a, account, API));
    post_escape(&url, account->app_id);
    buf_adds(&url, "&secret=");
    post_escape(&url, account->app_secret);
    *out = (struct wire_request){.method = "GET", .url = arena_strdup(a, buf_span(&url).p)};
    return OK;
}

static enum err wechat_token_answer(struct arena *a, const struct wire_response *response,
                                    const char **token, int64_t *life_ms) {
    struct channel_receipt unused;
    json_auto j = post_read(a, response, 0, &unused);
    int64_t seconds = pick_number(j, "expires_in");
    *token = pick_id(a, j, "access_token");
    *life_ms = (seconds > 0 && seconds <= TOKEN_LIFE_S ? seconds : TOKEN_LIFE_S) * MS_PER_S;
    return **token ? OK : ERR_UPSTREAM;
}

const struct channel wechat_channel = {
    .kind = CHANNEL_WECHAT,
    .call_bytes_max = CALL_MAX,
    .verify = wechat_verify,
    .greet = wechat_greet,
    .answer = wechat_answer,
    .parse = wechat_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_BYTES,
    .window_ms = WINDOW_MS,
    .render = wechat_render,
    .outcome = wechat_outcome,
    .token_request = wechat_token_request,
    .token_answer = wechat_token_answer,
};
