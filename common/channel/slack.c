#include "slack.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/utf8.h"
#include "hook.h"
#include "note.h"
#include "pick.h"
#include "post.h"
#include "slack_text.h"

#define API "https://slack.com/api"
#define CALL_MAX (1024 * 1024)
#define TEXT_MAX 4000 /* more is allowed, but Slack cuts and folds it */
#define RATE_PER_S 1
#define TOLERANCE_MS (300 * 1000)
#define DIGITS_MAX 12 /* of a timestamp */
#define MS_PER_S 1000

/* ---- proof ---- */

static bool is_recent(const char *seconds, int64_t wall_ms) {
    size_t n = strlen(seconds);
    if (n == 0 || n > DIGITS_MAX || strspn(seconds, "0123456789") != n)
        return false;
    int64_t apart_ms = strtoll(seconds, NULL, 10) * MS_PER_S - wall_ms;
    return apart_ms >= -TOLERANCE_MS && apart_ms <= TOLERANCE_MS;
}

static enum err slack_verify(struct arena *a, const struct channel_call *call) {
    const char *given = hook_header(call, "X-Slack-Signature");
    const char *seconds = hook_header(call, "X-Slack-Request-Timestamp");
    struct span body = call->request->body;
    if (!is_recent(seconds, call->wall_ms) || strncmp(given, "v0=", 3) != 0)
        return ERR_UNKNOWN_KEY;
    struct span head = span_of(arena_printf(a, "v0:%s:", seconds));
    char *text = arena_alloc(a, head.n + body.n + 1);
    memcpy(text, head.p, head.n);
    if (body.n)
        memcpy(text + head.n, body.p, body.n);
    return hook_check(a, call, HOOK_SHA256_HEX, (struct span){text, head.n + body.n}, given + 3);
}

/* Slack tries the address with a challenge that wants to come back. */
static void slack_answer(struct arena *a, const struct channel_call *call,
                         struct channel_reply *out) {
    json_auto j = NULL;
    *out = (struct channel_reply){200, "text/plain", ""};
    if (hook_json(call, &j) == OK && strcmp(pick_text(a, j, "type"), "url_verification") == 0)
        out->body = pick_text(a, j, "challenge");
}

/* ---- in ---- */

/* One event while it is read. */
struct item {
    struct arena *a;
    const struct channel_call *call;
    const json_t *envelope, *j; /* the call, the event in it */
    struct inbound_list *list;
};

static const char *first_of(const char *one, const char *other) { return *one ? one : other; }

/* "1355517523.000005": never as a float, which has too few digits. */
static int64_t ts_ms(const char *ts) {
    char *end;
    int64_t seconds = strtoll(ts, &end, 10), ms = 0;
    if (seconds < 0 || strspn(ts, "0123456789") > DIGITS_MAX)
        return 0;
    for (int i = 1; i <= 3; i++) {
        bool digit = *end == '.' && strspn(end + 1, "0123456789") >= (size_t)i;
        ms = ms * 10 + (digit ? end[i] - '0' : 0);
    }
    return seconds * MS_PER_S + ms;
}

static const char *id_of(struct arena *a, const char *channel, const char *ts) {
    return *channel && *ts ? arena_printf(a, "%s:%s", channel, ts) : "";
}

static const char *team_of(const struct item *t, const json_t *message) {
    const char *team =
        first_of(pick_id(t->a, message, "user_team"), pick_id(t->a, message, "team"));
    return first_of(team, pick_id(t->a, t->envelope, "team_id"));
}

static void put_person(const struct item *t, const json_t *message, struct inbound *out) {
    const char *user = pick_id(t->a, message, "user");
    const char *team = team_of(t, message);
    hook_sender(t->a, out, "slack", *user ? arena_printf(t->a, "%s:%s", team, user) : "");
    out->name = first_of(pick_text(t->a, message, "user_profile.real_name"),
                         pick_text(t->a, message, "user_profile.display_name"));
}

static void put_address(const struct item *t, const json_t *message, struct inbound *out) {
    const char *channel = pick_id(t->a, t->j, "channel");
    const char *thread = pick_id(t->a, message, "thread_ts");
    const char *ts = pick_id(t->a, message, "ts");
    out->address = *thread ? id_of(t->a, channel, thread) : channel;
    if (*thread && strcmp(thread, ts) != 0)
        out->in_reply_to = id_of(t->a, channel, thread);
}

static void put_place(const struct item *t, const json_t *message, struct inbound *out) {
    static const char *const kept[] = {"channel", "channel_type", "event_ts", "subtype", NULL};
    static const char *const envelope[] = {"team_id", "event_id", "api_app_id", NULL};
    static const char *const inner[] = {"thread_ts", "client_msg_id", "ts", NULL};
    note_auto note;
    note_open(&note);
    note_members(&note, t->a, t->j, kept);
    note_members(&note, t->a, t->envelope, envelope);
    note_members(&note, t->a, message, inner);
    note_text(&note, "retry_num", hook_header(t->call, "X-Slack-Retry-Num"));
    note_cut(&note, pick_is_long(message, "text"));
    out->metadata = note_done(&note, t->a);
}

static void read_files(const struct item *t, const json_t *message, struct inbound *out) {
    const json_t *files = pick(message, "files");
    for (int i = 0; i < pick_count(files); i++) {
        const json_t *file = pick_item(files, i);
        struct inbound_attachment *one = inbound_attach(t->a, out);
        if (!one)
            return;
        one->url = first_of(pick_text(t->a, file, "url_private_download"),
                            pick_text(t->a, file, "url_private"));
        one->name = first_of(pick_text(t->a, file, "name"), pick_text(t->a, file, "title"));
        one->content_type = pick_text(t->a, file, "mimetype");
        one->media_id = pick_id(t->a, file, "id");
        if (pick(file, "size"))
            one->size = pick_number(file, "size");
    }
}

static void put_text(const struct item *t, const json_t *message, struct inbound *out) {
    char *text = slack_text_read(t->a, pick_text(t->a, message, "text"));
    text[utf8_truncate(text, MESSAGE_TEXT_MAX)] = '\0';
    out->text = text;
    read_files(t, message, out);
    out->content = out->n_attachments ? "file" : "text";
}

static struct inbound *start(const struct item *t, enum inbound_type type, const json_t *message) {
    struct inbound *out = inbound_add(t->a, t->list, type);
    if (!out)
        return NULL;
    put_address(t, message, out);
    put_person(t, message, out);
    put_place(t, message, out);
    return out;
}

static bool is_bots(const json_t *message, struct arena *a) {
    return pick(message, "bot_id") || pick(message, "bot_profile") ||
           strcmp(pick_text(a, message, "subtype"), "bot_message") == 0;
}

static void read_said(const struct item *t) {
    const char *id = id_of(t->a, pick_id(t->a, t->j, "channel"), pick_id(t->a, t->j, "ts"));
    if (!*id) {
        hook_refuse(t->a, t->list, "a message without a channel or a ts");
        return;
    }
    struct inbound *out = start(t, INBOUND_MESSAGE, t->j);
    if (!out)
        return;
    out->external_id = id;
    out->sent_ms = ts_ms(pick_text(t->a, t->j, "ts"));
    put_text(t, t->j, out);
}

static const char *inner_id(const struct item *t, const char *path) {
    return id_of(t->a, pick_id(t->a, t->j, "channel"), pick_id(t->a, t->j, path));
}

/* Slack also says "changed" when it unfolds a link: then the words are the same. A deleted head of
 * a thread becomes a tombstone. */
static void read_changed(const struct item *t) {
    const json_t *now = pick(t->j, "message"), *before = pick(t->j, "previous_message");
    bool gone = strcmp(pick_text(t->a, now, "subtype"), "tombstone") == 0;
    bool same = before && !pick(now, "edited") &&
                strcmp(pick_text(t->a, now, "text"), pick_text(t->a, before, "text")) == 0;
    if (is_bots(now, t->a) || (same && !gone)) {
        hook_ignore(t->a, t->list, "message_changed");
        return;
    }
    struct inbound *out = start(t, gone ? INBOUND_REVOKE : INBOUND_EDIT, gone ? before : now);
    if (!out)
        return;
    out->external_id = out->about = inner_id(t, "message.ts");
    out->sent_ms = ts_ms(first_of(pick_text(t->a, now, "edited.ts"), pick_text(t->a, t->j, "ts")));
    if (!gone)
        put_text(t, now, out);
}

static void read_deleted(const struct item *t) {
    const json_t *before = pick(t->j, "previous_message");
    if (is_bots(before, t->a)) {
        hook_ignore(t->a, t->list, "message_deleted");
        return;
    }
    struct inbound *out = start(t, INBOUND_REVOKE, before);
    if (!out)
        return;
    out->external_id = out->about =
        first_of(inner_id(t, "deleted_ts"), inner_id(t, "previous_message.ts"));
    out->sent_ms = ts_ms(pick_text(t->a, t->j, "ts"));
}

static const struct {
    const char *subtype;
    void (*read)(const struct item *);
} subtypes[] = {
    {"", read_said},
    {"file_share", read_said},
    {"me_message", read_said},
    {"thread_broadcast", read_said},
    {"message_changed", read_changed},
    {"message_deleted", read_deleted},
};

/* A subtype of the channel's own (joined, renamed, …) is nobody's message. */
static void read_message(const struct item *t) {
    const char *subtype = pick_text(t->a, t->j, "subtype");
    bool bots = is_bots(t->j, t->a);
    for (size_t i = 0; !bots && i < sizeof subtypes / sizeof *subtypes; i++) {
        if (strcmp(subtype, subtypes[i].subtype) != 0)
            continue;
        subtypes[i].read(t);
        return;
    }
    hook_ignore(t->a, t->list, bots ? "bot_message" : subtype);
}

static void read_reaction(const struct item *t) {
    struct inbound *out = inbound_add(t->a, t->list, INBOUND_REACTION);
    const char *channel = pick_id(t->a, t->j, "item.channel");
    bool removed = strcmp(pick_text(t->a, t->j, "type"), "reaction_removed") == 0;
    if (!out)
        return;
    out->address = channel;
    out->external_id = out->about = id_of(t->a, channel, pick_id(t->a, t->j, "item.ts"));
    out->reaction = removed ? "" : pick_text(t->a, t->j, "reaction");
    out->sent_ms = ts_ms(pick_text(t->a, t->j, "event_ts"));
    put_person(t, t->j, out);
    put_place(t, NULL, out);
}

static const struct {
    const char *type;
    void (*read)(const struct item *);
} readers[] = {
    {"message", read_message},
    {"app_mention", read_message},
    {"reaction_added", read_reaction},
    {"reaction_removed", read_reaction},
};

static void read_event(const struct item *t) {
    const char *type = pick_text(t->a, t->j, "type");
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(type, readers[i].type) != 0)
            continue;
        readers[i].read(t);
        return;
    }
    hook_ignore(t->a, t->list, type);
}

/* Commands and buttons come as forms; they are not conversation. */
static bool is_form(const struct channel_call *call) {
    return strncmp(hook_header(call, "Content-Type"), "application/x-www-form-urlencoded", 33) == 0;
}

static enum err slack_parse(struct arena *a, const struct channel_call *call,
                            struct inbound_list *out) {
    json_auto j = NULL;
    if (is_form(call)) {
        hook_ignore(a, out, "form");
        return OK;
    }
    TRY(hook_json(call, &j));
    struct item t = {a, call, j, pick(j, "event"), out};
    if (strcmp(pick_text(a, j, "type"), "event_callback") == 0 && t.j)
        read_event(&t);
    else
        hook_ignore(a, out, pick_text(a, j, "type"));
    return OK;
}

/* ---- out ---- */

static enum err slack_render(struct arena *a, const struct channel_outbound *o,
                             struct wire_request *out) {
    const struct channel_account *c = o->account;
    struct span thread = span_of(o->message->address), channel = {NULL, 0};
    span_split(&thread, ':', &channel);
    if (!*c->access_token || !channel.n)
        return ERR_INVALID;
    buf_auto b;
    buf_init(&b, POST_BODY_MAX);
    buf_addc(&b, '{');
    json_put_text(&b, "channel", arena_strndup(a, channel.p, channel.n));
    json_put_text(&b, "text", slack_text_write(a, o->text));
    if (thread.n)
        json_put_text(&b, "thread_ts", arena_strndup(a, thread.p, thread.n));
    json_put_flag(&b, "unfurl_links", false);
    buf_addc(&b, '}');
    return post_json(a, arena_printf(a, "%s/chat.postMessage", post_base(a, c, API)),
                     post_bearer(a, c->access_token), &b, out);
}

/* Slack's codes are words. */
static const struct {
    const char *error;
    enum channel_outcome outcome;
} rows[] = {
    {"ratelimited", CHANNEL_WAIT},
    {"rate_limited", CHANNEL_WAIT},
    {"message_limit_exceeded", CHANNEL_WAIT},
    {"internal_error", CHANNEL_RETRY},
    {"fatal_error", CHANNEL_RETRY},
    {"service_unavailable", CHANNEL_RETRY},
    {"request_timeout", CHANNEL_RETRY},
    {"team_added_to_org", CHANNEL_WAIT},
    /* The token or the app is gone for every message: a person must install it again. */
    {"invalid_auth", CHANNEL_DISABLE},
    {"not_authed", CHANNEL_DISABLE},
    {"account_inactive", CHANNEL_DISABLE},
    {"token_revoked", CHANNEL_DISABLE},
    {"token_expired", CHANNEL_DISABLE},
    {"missing_scope", CHANNEL_DISABLE},
    {"no_permission", CHANNEL_DISABLE},
    {"org_login_required", CHANNEL_DISABLE},
};

/* A code is a word of ASCII; anything else is not repeated. */
static const char *code_of(struct arena *a, const json_t *j) {
    const char *code = pick_text(a, j, "error");
    size_t n = strspn(code, "abcdefghijklmnopqrstuvwxyz0123456789_");
    return code[n] || !n || n > 60 ? "unknown" : code;
}

static void refused(struct arena *a, const char *code, struct channel_receipt *out) {
    if (out->outcome == CHANNEL_ACCEPTED)
        out->outcome = CHANNEL_GIVE_UP;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(code, rows[i].error) == 0)
            out->outcome = rows[i].outcome;
    out->error = arena_printf(a, "code %s", code);
}

static void slack_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                          struct channel_receipt *out) {
    json_auto j = post_read(a, response, wall_ms, out);
    if (pick(j, "error"))
        refused(a, code_of(a, j), out);
    else if (out->outcome == CHANNEL_ACCEPTED)
        out->external_id = id_of(a, pick_id(a, j, "channel"), pick_id(a, j, "ts"));
    post_settle(out);
}

const struct channel slack_channel = {
    .kind = CHANNEL_SLACK,
    .call_bytes_max = CALL_MAX,
    .verify = slack_verify,
    .answer = slack_answer,
    .parse = slack_parse,
    .text_max = TEXT_MAX,
    .text_unit = CHANNEL_CODE_POINTS,
    .rate_per_s = RATE_PER_S,
    .render = slack_render,
    .outcome = slack_outcome,
};
