#include "mail_form.h"

#include <string.h>
#include <strings.h>

#include "../codec/charset.h"
#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/mime_text.h"
#include "form.h"

static enum err parse_urlencoded(struct arena *a, struct span body, struct mail_form *out) {
    struct form form;
    TRY(form_parse(a, body, &form));
    out->parts = ARENA_ARRAY(a, struct multipart_part, form.n + 1);
    out->n = form.n;
    for (int i = 0; i < form.n; i++)
        out->parts[i] = (struct multipart_part){charset_guess(a, form.items[i].name), NULL, "",
                                                form.items[i].value};
    return OK;
}

enum err mail_form_parse(struct arena *a, const struct wire_request *request,
                         struct mail_form *out) {
    const char *type = wire_header_find(request->headers, request->n_headers, "Content-Type");
    *out = (struct mail_form){NULL, 0};
    if (type && !strncasecmp(type, "application/x-www-form-urlencoded", 33))
        return parse_urlencoded(a, request->body, out);
    return multipart_parse(a, type, request->body, &out->parts, &out->n);
}

/* Mailgun writes some names in two ways: `from` and `From`. */
static bool same_name(const char *a, const char *b) {
    return *a && *b && (*a | 0x20) == (*b | 0x20) && !strcmp(a + 1, b + 1);
}

struct span mail_form_bytes(const struct mail_form *form, const char *name) {
    for (int i = 0; i < form->n; i++)
        if (same_name(form->parts[i].name, name) && !form->parts[i].filename)
            return form->parts[i].bytes;
    return (struct span){NULL, 0};
}

const char *mail_form_text(struct arena *a, const struct mail_form *form, const char *name) {
    struct span bytes = mail_form_bytes(form, name);
    return bytes.p ? mime_text_tidy(a, charset_guess(a, bytes), MIME_TEXT_BYTES_MAX) : "";
}

static const char *bare_type(struct arena *a, const char *type) {
    char *out = arena_strndup(a, type, strcspn(type, "; "));
    for (char *c = out; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    return *out ? out : "application/octet-stream";
}

static const char *base_name(const char *name) {
    for (const char *c = name; *c; c++)
        if ((*c == '/' || *c == '\\') && c[1])
            name = c + 1;
    return name;
}

void mail_form_attach(struct arena *a, const struct mail_form *form, struct mime_mail *mail) {
    mail->parts = ARENA_ARRAY(a, struct mime_part, form->n + 1);
    for (int i = 0; i < form->n; i++) {
        const struct multipart_part *p = &form->parts[i];
        if (!p->filename)
            continue;
        mail->parts[mail->n_parts++] =
            (struct mime_part){.type = bare_type(a, p->content_type),
                               .name = mime_head_decode(a, span_of(base_name(p->filename))),
                               .content_id = "",
                               .charset = "",
                               .attachment = true,
                               .bytes = p->bytes};
    }
}

void mail_form_type(struct arena *a, struct mime_mail *mail) {
    const char *type = mime_head_plain(a, &mail->head, "Content-Type");
    const char *report = type ? multipart_parameter(a, span_of(type), "report-type") : NULL;
    mail->type = type ? bare_type(a, type) : "text/plain";
    mail->report_type = report ? bare_type(a, report) : "";
}

enum err mail_form_basic(struct arena *a, const struct channel_call *call) {
    const struct channel_account *c = call->account;
    const struct wire_request *q = call->request;
    const char *given = wire_header_find(q->headers, q->n_headers, "Authorization");
    struct span said;
    bool ok = false;
    if (!given || strncasecmp(given, "Basic ", 6) != 0 || !*c->username ||
        enc_unbase64(a, span_trim(span_of(given + 6)), &said) != OK)
        return ERR_UNKNOWN_KEY;
    for (int i = 0; i < c->n_secrets; i++) {
        const char *want = arena_printf(a, "%s:%s", c->username, c->secrets[i]);
        ok |= *c->secrets[i] && crypto_equal(said.p, said.n, want, strlen(want));
    }
    return ok ? OK : ERR_UNKNOWN_KEY;
}
