#include "stream_signal.h"

#include "../../common/codec/json.h"

#define TEXT(member)                                                                               \
    { #member, JSON_KIND_TEXT, false, offsetof(struct stream_signal, member), 0, 0 }

void stream_signal_render(const struct stream_signal *s, struct buf *out) {
    buf_addc(out, '{');
    json_put_number(out, "what", s->what);
    json_put_text(out, "channel", s->channel);
    json_put_text(out, "address", s->address);
    json_put_uid(out, "conversation", s->conversation);
    json_put_uid(out, "session", s->session);
    json_put_text(out, "author", s->author);
    json_put_text(out, "name", s->name);
    json_put_text(out, "agent", s->agent);
    json_put_flag(out, "on", s->on);
    buf_addc(out, '}');
}

struct parsed {
    struct stream_signal signal; /* first: the offsets are its own */
    int64_t what;
    const char *conversation, *session;
};

static void keep_texts(struct arena *a, struct stream_signal *s) {
    s->channel = arena_strdup(a, s->channel);
    s->address = arena_strdup(a, s->address);
    s->author = arena_strdup(a, s->author);
    s->name = arena_strdup(a, s->name);
    s->agent = arena_strdup(a, s->agent);
}

enum err stream_signal_parse(struct arena *a, struct span text, struct stream_signal *out) {
    static const struct json_field rows[] = {
        TEXT(channel),
        TEXT(address),
        TEXT(author),
        TEXT(name),
        TEXT(agent),
        {"on", JSON_KIND_FLAG, false, offsetof(struct stream_signal, on), 0, 0},
        {"what", JSON_KIND_INTEGER, true, offsetof(struct parsed, what), 0, STREAM_SIGNAL_END},
        {"conversation", JSON_KIND_TEXT, false, offsetof(struct parsed, conversation), 0, 36},
        {"session", JSON_KIND_TEXT, false, offsetof(struct parsed, session), 0, 36},
    };
    struct parsed p = {
        .signal = {.channel = "", .address = "", .author = "", .name = "", .agent = ""}};
    json_auto j = NULL;
    TRY(json_load_span(text, &j, NULL));
    TRY(json_fill(j, "", rows, sizeof rows / sizeof rows[0], &p, NULL));
    p.signal.what = (enum stream_signal_what)p.what;
    if (p.conversation && !uid_parse(p.conversation, &p.signal.conversation))
        return ERR_MALFORMED;
    if (p.session && !uid_parse(p.session, &p.signal.session))
        return ERR_MALFORMED;
    keep_texts(a, &p.signal);
    *out = p.signal;
    return OK;
}

static void put_author(const struct stream_signal *s, bool with_id, struct buf *out) {
    json_put_key(out, "author");
    buf_addc(out, '{');
    json_put_text(out, "type", s->author);
    if (with_id)
        json_put_text(out, "id", s->agent);
    json_put_text(out, "name", *s->name ? s->name : NULL);
    buf_addc(out, '}');
    json_put_flag(out, "typing", s->on);
    buf_adds(out, "}\n\n");
}

void stream_signal_for_dashboard(const struct stream_signal *s, struct buf *out) {
    buf_adds(out, "event: typing\ndata: {\"type\":\"typing\"");
    json_put_uid(out, "conversation_id", s->conversation);
    put_author(s, true, out);
}

void stream_signal_for_visitor(const struct stream_signal *s, struct buf *out) {
    buf_adds(out, "event: typing\ndata: {");
    put_author(s, false, out);
}
