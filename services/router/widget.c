/* widget: the chat widget as a script, and a page to try it on. The script is services/widget/ byte
 * for byte, called with the channel's public settings, the texts and the style sheet. */
#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "handlers.h"

#define MAX_AGE "public, max-age=300"
#define ETAG_BYTES 12
#define NONCE_BYTES 16

#define EMBED(name, path)                                                                          \
    __asm__(".pushsection .rodata\n"                                                               \
            "widget_" #name "_begin: .incbin \"" path "\"\n"                                       \
            "widget_" #name "_end: .byte 0\n"                                                      \
            ".popsection\n");                                                                      \
    extern const char widget_##name##_begin[], widget_##name##_end[];
#define BYTES(name)                                                                                \
    ((struct span){widget_##name##_begin, (size_t)(widget_##name##_end - widget_##name##_begin)})

EMBED(code, "services/widget/widget.js")
EMBED(texts, "services/widget/texts.json")
EMBED(style, "services/widget/widget.css")
EMBED(page, "services/widget/page.html")

static enum err find_channel(struct request *r, const struct channel_account **out) {
    *out = snapshot_channel(r->snapshot, r->param[0]);
    return *out && (*out)->kind == CHANNEL_WEBCHAT && !(*out)->disabled ? OK : ERR_ABSENT;
}

static void put_given(struct buf *b, const char *name, const char *text) {
    json_put_text(b, name, *text ? text : NULL);
}

/* Nothing of it is secret: whoever can read the page can read this. */
static void put_settings(const struct channel_account *c, struct buf *b) {
    buf_addc(b, '{');
    json_put_text(b, "channel", c->id);
    put_given(b, "name", c->display_name);
    put_given(b, "language", c->language);
    put_given(b, "greeting", c->greeting);
    put_given(b, "color", c->color);
    put_given(b, "position", c->position);
    buf_addc(b, '}');
}

static void put_script(const struct channel_account *c, struct buf *b) {
    struct span code = BYTES(code), texts = BYTES(texts), style = BYTES(style);
    buf_add(b, code.p, code.n);
    buf_addc(b, '(');
    put_settings(c, b);
    buf_adds(b, ",\n");
    buf_add(b, texts.p, texts.n);
    buf_adds(b, ",\n");
    json_put_string_n(b, style.p, style.n);
    buf_adds(b, ");\n");
}

static const char *etag_of(struct request *r, struct span bytes) {
    uint8_t sum[CRYPTO_SHA256_BYTES];
    crypto_sha256(bytes, sum);
    return arena_printf(r->arena, "\"%s\"", enc_base64url(r->arena, sum, ETAG_BYTES));
}

static bool has_it(const struct request *r, const char *etag) {
    const char *known = wire_header_find(r->call->headers, r->call->n_headers, "if-none-match");
    return known && strstr(known, etag);
}

enum err widget_script(struct request *r, struct reply *out) {
    const struct channel_account *channel;
    TRY(find_channel(r, &channel));
    put_script(channel, &out->body);
    const char *etag = etag_of(r, buf_span(&out->body));
    out->content_type = "text/javascript; charset=utf-8";
    reply_header(out, "ETag", etag);
    reply_header(out, "Cache-Control", MAX_AGE);
    reply_header(out, "Cross-Origin-Resource-Policy", "cross-origin");
    if (!has_it(r, etag))
        return OK;
    buf_reset(&out->body);
    out->status = 304;
    return OK;
}

/* The page has no script of its own and one style sheet, named by a nonce. */
enum err widget_page(struct request *r, struct reply *out) {
    const struct channel_account *channel;
    uint8_t random[NONCE_BYTES];
    struct span page = BYTES(page), part;
    TRY(find_channel(r, &channel));
    crypto_random(random, sizeof random);
    const char *nonce = enc_base64url(r->arena, random, sizeof random);
    bool first = true;
    while (span_split(&page, '~', &part)) {
        if (!first)
            buf_adds(&out->body, nonce);
        buf_add(&out->body, part.p, part.n);
        first = false;
    }
    out->content_type = "text/html; charset=utf-8";
    reply_header(out, "Content-Security-Policy",
                 arena_printf(r->arena,
                              "default-src 'none'; script-src 'self'; connect-src 'self';"
                              " style-src 'nonce-%s'; base-uri 'none'; form-action 'none';"
                              " frame-ancestors 'none'",
                              nonce));
    reply_header(out, "Referrer-Policy", "no-referrer");
    return OK;
}
