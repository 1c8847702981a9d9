#include "twilio.h"

#include <string.h>
#include <strings.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/utf8.h"
#include "hook.h"
#include "note.h"
#include "pick.h"
#include "post.h"
#include "twilio_sign.h"

#define API "https://api.twilio.com"
#define CALL_MAX (1024 * 1024)
#define TEXT_MAX 1600

/* ---- proof ---- */

/* A body that is no form is covered by its digest, which stands in the signed URL. */
static bool has_digest(struct arena *a, const struct channel_call *call, const char **given) {
    *given = hook_query(a, call, "bodySHA256");
    return **given != '\0';
}

static bool is_digest(struct arena *a, struct span body, const char *given) {
    uint8_t digest[CRYPTO_SHA256_BYTES];
    crypto_sha256(body, digest);
    const char *ours = enc_hex(a, digest, sizeof digest);
    return crypto_equal(ours, strlen(ours), given, strlen(given));
}

static enum err twilio_verify(struct arena *a, const struct channel_call *call) {
    const char *urls[TWILIO_SIGN_URLS], *given = hook_header(call, "X-Twilio-Signature"), *digest;
    struct form form = {NULL, 0};
    enum err proven = ERR_UNKNOWN_KEY;
    if (!*call->account->public_url)
        return ERR_UNKNOWN_KEY;
    if (has_digest(a, call, &digest)) {
        if (!is_digest(a, call->request->body, digest))
            return ERR_UNKNOWN_KEY;
    } else if (form_parse(a, call->request->body, &form) != OK) {
        return ERR_UNKNOWN_KEY;
    }
    int n = twilio_sign_urls(a, call->account->public_url, hook_raw_query(call), urls);
    for (int i = 0; i < n; i++) {
        struct span text = twilio_sign_text(a, urls[i], &form);
        if (hook_check(a, call, HOOK_SHA1_BASE64, text, given) == OK)
            proven = OK;
    }
    return proven;
}

/* Replies leave by the API, never in the answer: 204 says so without TwiML. */
static void twilio_answer(struct arena *a, const struct channel_call *call,
                          struct channel_reply *out) {
    (void)a, (void)call;
    *out = (struct channel_reply){204, "", ""};
}

/* ---- in ---- */

struct call {
    struct arena *a;
    struct form form;
};

static const char *text(const struct call *c, const char *name) {
    return form_text(c->a, &c->form, name);
}

/* "" if it is longer than any id. */
static const char *id(const struct call *c, const char *name) {
    const char *value = text(c, name);
    return utf8_count(value) <= PICK_ID_MAX ? value : "";
}

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

/* Only these prove a number; "messenger:…" and short codes are addresses of this channel. */
static const char *phone_of(const char *address) {
    static const char *const prefixes[] = {"whatsapp:", "rcs:", ""};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t n = strlen(prefixes[i]);
        if (strncmp(address, prefixes[i], n) == 0 && address[n] == '+')
            return address + n;
    }
    return "";
}

static void put_customer(const struct call *c, const char *address, struct inbound *out) {
    const char *phone = phone_of(address);
    out->address = address;
    hook_sender(c->a, out, "phone", phone);
    if (*phone)
        inbound_identify(c->a, out, "phone", phone, TRUST_VERIFIED);
}

/* The words that Twilio itself takes for consent or its end. What may as well be meant otherwise
 * ("cancel", "yes", "end") counts only where Twilio says that it counted it. */
static const struct {
    const char *word, *member;
} consents[] = {
    {"STOP", "opt_out"}, {"STOPALL", "opt_out"}, {"UNSUBSCRIBE", "opt_out"}, {"OPTOUT", "opt_out"},
    {"START", "opt_in"}, {"UNSTOP", "opt_in"},   {"HELP", "help"},
};

static void put_consent(struct note *note, const char *said) {
    for (size_t i = 0; i < sizeof consents / sizeof *consents; i++)
        if (strcasecmp(said, consents[i].word) == 0)
            note_flag(note, consents[i].member, true);
}

static const char *trimmed(struct arena *a, const char *s) {
    struct span words = span_trim(span_of(s));
    return arena_strndup(a, words.p, words.n);
}

/* Whatever begins so is kept; new parameters appear without notice. */
static bool is_kept(struct span name) {
    static const char *const begins[] = {"To",
                                         "AccountSid",
                                         "MessagingServiceSid",
                                         "Button",
                                         "Forwarded",
                                         "Frequently",
                                         "Latitude",
                                         "Longitude",
                                         "Address",
                                         "Label",
                                         "List",
                                         "Referral",
                                         "Original",
                                         "Channel",
                                         "WaId",
                                         "NumSegments",
                                         "FromCountry",
                                         "Interactive",
                                         "Flow",
                                         "OptOutType",
                                         "MessageType",
                                         "ExternalUserId"};
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
        if (name.n >= strlen(begins[i]) && memcmp(name.p, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

static void put_place(const struct call *c, const char *said, struct inbound *out) {
    const char *opt = text(c, "OptOutType");
    note_auto note;
    note_open(&note);
    for (int i = 0; i < c->form.n; i++)
        if (is_kept(c->form.items[i].name))
            note_text(&note, form_clean(c->a, c->form.items[i].name),
                      form_clean(c->a, c->form.items[i].value));
    note_text(&note, "payload", first_of(text(c, "ButtonPayload"), text(c, "ListId")));
    put_consent(&note, first_of(opt, trimmed(c->a, said)));
    out->metadata = note_done(&note, c->a);
}

static void read_media(const struct call *c, struct inbound *out) {
    for (int i = 0; i < INBOUND_ATTACHMENTS_MAX; i++) {
        const char *url = text(c, arena_printf(c->a, "MediaUrl%d", i));
        struct inbound_attachment *one = *url ? inbound_attach(c->a, out) : NULL;
        if (!one)
            return;
        one->url = url;
        one->content_type = text(c, arena_printf(c->a, "MediaContentType%d", i));
    }
}

/* "image/png" is an image; a document is a file. */
static const char *content_of(const struct call *c, const struct inbound *out) {
    static const char *const media[] = {"image", "video", "audio"};
    if (*text(c, "ButtonText") || *text(c, "ButtonPayload"))
        return "button";
    if (*text(c, "ListId"))
        return "list";
    if (*text(c, "Latitude"))
        return "location";
    for (size_t i = 0; out->n_attachments && i < sizeof media / sizeof *media; i++)
        if (strncmp(out->attachments[0].content_type, media[i], strlen(media[i])) == 0)
            return media[i];
    return out->n_attachments ? "file" : "text";
}

static void read_message(const struct call *c, const char *sid, struct inbound_list *list) {
    const char *from = id(c, "From"), *body = text(c, "Body");
    struct inbound *out;
    if (!*from) {
        hook_refuse(c->a, list, "a message of nobody");
        return;
    }
    out = inbound_add(c->a, list, INBOUND_MESSAGE);
    if (!out)
        return;
    out->external_id = sid;
    out->name = text(c, "ProfileName");
    out->text = first_of(body, first_of(text(c, "ButtonText"), text(c, "ListTitle")));
    out->in_reply_to = id(c, "OriginalRepliedMessageSid");
    put_customer(c, from, out);
    read_media(c, out);
    out->content = content_of(c, out);
    put_place(c, body, out);
}

static enum delivery_status status_of(const char *word) {
    static const struct {
        const char *word;
        enum delivery_status status;
    } rows[] = {{"sent", DELIVERY_SENT},     {"delivered", DELIVERY_DELIVERED},
                {"read", DELIVERY_READ},     {"undelivered", DELIVERY_FAILED},
                {"failed", DELIVERY_FAILED}, {"canceled", DELIVERY_FAILED}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcasecmp(word, rows[i].word) == 0)
            return rows[i].status;
    return DELIVERY_NONE;
}

static void read_status(const struct call *c, const char *sid, const char *word,
                        struct inbound_list *list) {
    struct inbound *out = inbound_add(c->a, list, INBOUND_STATUS);
    if (!out)
        return;
    out->external_id = out->about = sid;
    out->status_text = word;
    out->status = status_of(word);
    out->error_code = id(c, "ErrorCode");
    out->error = text(c, "ErrorMessage");
    if (strcmp(out->error_code, "0") == 0)
        out->error_code = "";
    put_customer(c, id(c, "To"), out);
    put_place(c, "", out);
}

static bool is_arrival(const char *word) {
    return !*word || strcasecmp(word, "received") == 0 || strcasecmp(word, "receiving") == 0;
}

static void read_call(const struct call *c, struct inbound_list *out) {
    const char *sid =
        first_of(id(c, "MessageSid"), first_of(id(c, "SmsMessageSid"), id(c, "SmsSid")));
    const char *word = first_of(id(c, "MessageStatus"), id(c, "SmsStatus"));
    if (!*sid)
        hook_ignore(c->a, out, *text(c, "CallSid") ? "call" : text(c, "EventType"));
    else if (is_arrival(word))
        read_message(c, sid, out);
    else
        read_status(c, sid, word, out);
}

/* An object's members are as good as a form's. */
static struct form form_of(struct arena *a, const json_t *object) {
    struct form form = {ARENA_ARRAY(a, struct form_pair, FORM_PAIRS_MAX), 0};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)object, name, value) {
        if (form.n == FORM_PAIRS_MAX)
            break;
        form.items[form.n++] =
            (struct form_pair){span_of(arena_strdup(a, name)), span_of(pick_text(a, object, name))};
    }
    return form;
}

static enum err read_json(struct arena *a, const struct channel_call *call,
                          struct inbound_list *out) {
    json_auto j = NULL;
    TRY(hook_json(call, &j));
    for (int i = 0; i < pick_count(j); i++) {
        const json_t *data = pick(pick_item(j, i), "data");
        struct call c = {a, form_of(a, data ? data : pick_item(j, i))};
        read_call(&c, out);
    }
    return OK;
}

static enum err twilio_parse(struct arena *a, const struct channel_call *call,
                             struct inbound_list *out) {
    struct call c = {.a = a};
    const char *digest;
    struct span body = span_trim(call->request->body);
    if (has_digest(a, call, &digest) && body.n && strchr("{[", *body.p))
        return read_json(a, call, out);
    TRY(form_parse(a, call->request->body, &c.form));
    read_call(&c, out);
    return OK;
}

/* ---- out ---- */

/* A customer of WhatsApp is answered from the WhatsApp sender of the same number. */
static const char *sender_of(struct arena *a, const char *from, const char *address) {
    size_t n = strcspn(address, ":");
    bool prefixed = address[n] == ':' && !strchr(from, ':') && *from == '+';
    return prefixed ? arena_printf(a, "%.*s:%s", (int)n, address, from) : from;
}

static enum err twilio_render(struct arena *a, const struct channel_outbound *o,
                              struct wire_request *out) {
    const struct channel_account *c = o->account;
    const char *from = *c->from ? c->from : post_thread(a, o, "To");
    bool service = strncmp(from, "MG", 2) == 0;
    if (!*c->account_sid || c->n_secrets < 1 || !*c->secrets[0] || !*from || !*o->message->address)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    post_field(&b, "To", o->message->address);
    post_field(&b, service ? "MessagingServiceSid" : "From",
               service ? from : sender_of(a, from, o->message->address));
    post_field(&b, "Body", o->text);
    if (*c->public_url)
        post_field(&b, "StatusCallback", c->public_url);
    return post_form(a,
                     arena_printf(a, "%s/2010-04-01/Accounts/%s/Messages.json",
                                  post_base(a, c, API), c->account_sid),
                     post_basic(a, c->account_sid, c->secrets[0]), &b, out);
}

static const struct post_row rows[] = {
    {14107, POST_ANY, CHANNEL_WAIT},
    {20003, POST_ANY, CHANNEL_DISABLE}, /* the token is not this account's */
    {20005, POST_ANY, CHANNEL_DISABLE}, /* the account is not active */
    {20008, POST_ANY, CHANNEL_DISABLE}, /* test credentials */
    {20429, POST_ANY, CHANNEL_WAIT},
    {20500, POST_ANY, CHANNEL_RETRY},
    {20503, POST_ANY, CHANNEL_RETRY},
    {21610, POST_ANY, CHANNEL_GIVE_UP}, /* this person opted out */
    {21611, POST_ANY, CHANNEL_WAIT},    /* the sender's queue is full */
    {21614, POST_ANY, CHANNEL_GIVE_UP},
    {30001, POST_ANY, CHANNEL_WAIT},    /* queue overflow */
    {30002, POST_ANY, CHANNEL_DISABLE}, /* account suspended */
    {30022, POST_ANY, CHANNEL_WAIT},
    {63016, POST_ANY, CHANNEL_CLOSED}, /* free text outside WhatsApp's window */
    {63017, POST_ANY, CHANNEL_WAIT},
    {63018, POST_ANY, CHANNEL_WAIT},
    {63038, POST_ANY, CHANNEL_WAIT}, /* daily limit of the account */
};

static void twilio_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                           struct channel_receipt *out) {
    json_auto j = post_read(a, response, wall_ms, out);
    if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = pick_id(a, j, "sid");
    else if (pick_number(j, "code"))
        post_code(a, out, POST_TABLE(rows), pick_number(j, "code"), POST_ANY);
    post_settle(out);
}

const struct channel twilio_channel = {
    .kind = CHANNEL_TWILIO,
    .call_bytes_max = CALL_MAX,
    .verify = twilio_verify,
    .answer = twilio_answer,
    .parse = twilio_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_CODE_POINTS,
    .rate_per_s = 0, /* by sender and country; Twilio queues */
    .render = twilio_render,
    .outcome = twilio_outcome,
};
