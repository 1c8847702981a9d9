#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../codec/enc.h"
#include "../codec/json.h"
#include "../codec/mail_date.h"
#include "../codec/mailbox.h"
#include "../codec/mime_head.h"
#include "../codec/utf8.h"
#include "mail.h"
#include "mail_class.h"
#include "mail_reply.h"

#define MAIL_BYTES_MAX (4 * 1024 * 1024)
#define FOLD_AT 76
#define WORD_BYTES 42   /* of UTF-8 in an encoded word: it and its frame stay below 76 */
#define SUBJECT_MAX 900 /* bytes */
#define REFERENCES_LAST 20
#define HEADERS_MAX 8

/* What of earlier mails goes into this one. Texts "" where there is none. */
struct thread {
    const char *subject, *answers, *reply_to;
    const char *references[MAIL_IDS_MAX];
    int n_references;
};

/* ---- headers ---- */

/* No byte of a value may end the header; folding puts its own. */
static char *safe(struct arena *a, const char *value) {
    char *out = arena_strdup(a, value);
    for (char *c = out; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            *c = ' ';
    return out;
}

static bool plain(const char *s) {
    for (; *s; s++)
        if ((signed char)*s < ' ' || *s == 127)
            return false;
    return true;
}

/* At spaces, where there are any; at 998 a line would be refused (RFC 5322 2.1.1). */
static void put_folded(struct buf *b, const char *name, const char *value) {
    size_t column = strlen(name) + 1;
    struct span rest = span_of(value), word;
    buf_addf(b, "%s:", name);
    while (span_split(&rest, ' ', &word)) {
        if (!word.n)
            continue;
        if (column + word.n + 1 > FOLD_AT && column > strlen(name) + 1) {
            buf_adds(b, "\r\n");
            column = 0;
        }
        buf_addc(b, ' ');
        buf_add(b, word.p, word.n);
        column += word.n + 1;
    }
    buf_adds(b, "\r\n");
}

/* RFC 2047, base64, each word of whole characters. */
static const char *encoded(struct arena *a, const char *text) {
    const char *out = "";
    while (*text) {
        size_t n = strlen(text) < WORD_BYTES ? strlen(text) : WORD_BYTES;
        while (n && (text[n] & 0xc0) == 0x80)
            n--;
        out = arena_printf(a, "%s%s=?UTF-8?B?%s?=", out, *out ? " " : "", enc_base64(a, text, n));
        text += n;
    }
    return out;
}

/* A long word without a space could not be folded. */
static bool foldable(const char *s) {
    for (; *s; s += strspn(s, " ")) {
        size_t n = strcspn(s, " ");
        if (n > FOLD_AT)
            return false;
        s += n;
    }
    return true;
}

static void put_text(struct arena *a, struct buf *b, const char *name, const char *value) {
    value = safe(a, value);
    bool word = strstr(value, "=?") != NULL;
    put_folded(b, name, plain(value) && !word && foldable(value) ? value : encoded(a, value));
}

static const char *named(struct arena *a, const char *name, const char *address) {
    name = safe(a, name);
    if (!*name)
        return address;
    if (!plain(name) || strpbrk(name, "\"\\") || strstr(name, "=?") || strlen(name) > FOLD_AT - 8)
        return arena_printf(a, "%s <%s>", encoded(a, name), address);
    return arena_printf(a, "\"%s\" <%s>", name, address);
}

/* ---- subject ---- */

/* "Re:" in the words of the usual clients. */
static bool answers_already(const char *subject) {
    static const char *const marks[] = {
        "Re:",   "Sv:",    "Aw:",     "Antw:", "Vs:",    "Res:",  "Rif:",   "Odp:",  "Ynt:",
        "Vá:",   "R:",     "RE：",    "回复:", "回复：", "回覆:", "回覆：", "答复:", "答复：",
        "返信:", "Ответ:", "Ответ：", "Rép:",  "Ref:",   "Atb:",  "Na:"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (!strncasecmp(subject, marks[i], strlen(marks[i])))
            return true;
    const char *close = !strncasecmp(subject, "Re[", 3) ? strstr(subject, "]:") : NULL;
    return close && close - subject < 7;
}

static const char *subject_of(struct arena *a, const struct channel_outbound *o, const char *own,
                              const struct thread *t) {
    if (o->answers)
        own = answers_already(t->subject)
                  ? t->subject
                  : arena_printf(a, "Re:%s%s", *t->subject ? " " : "", t->subject);
    if (!*own)
        own = *o->account->display_name ? o->account->display_name : o->account->address;
    size_t n = strlen(own) < SUBJECT_MAX ? strlen(own) : SUBJECT_MAX;
    while (n && (own[n] & 0xc0) == 0x80)
        n--;
    return arena_strndup(a, own, n);
}

/* ---- thread ---- */

static const char *text_in(struct arena *a, const json_t *j, const char *name) {
    const char *text = json_string_value(json_object_get(j, name));
    return text ? arena_strdup(a, text) : "";
}

static void take_references(struct arena *a, const json_t *list, struct thread *t) {
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one) {
        const char *id = json_string_value(one);
        if (id && *id && mail_id_clean(id) && strlen(id) <= MAIL_ID_BYTES_MAX &&
            t->n_references < MAIL_IDS_MAX)
            t->references[t->n_references++] = arena_strdup(a, id);
    }
}

/* What the customer's newest mail says; its extra may be anything, also nothing. */
static void read_thread(struct arena *a, const struct message *answers, struct thread *t) {
    *t = (struct thread){"", "", "", {NULL}, 0};
    json_auto extra = NULL;
    if (!answers)
        return;
    if (answers->extra && json_load_span(span_of(answers->extra), &extra, NULL) != OK)
        extra = NULL;
    const json_t *mail = json_object_get(extra, "mail");
    t->subject = text_in(a, extra, "subject");
    t->reply_to = text_in(a, mail, "reply_to");
    t->answers = answers->external_id ? answers->external_id : "";
    if (strchr(t->answers, '@') == NULL || !mail_id_clean(t->answers))
        t->answers = "";
    take_references(a, json_object_get(mail, "references"), t);
    if (!t->n_references)
        take_references(a, json_object_get(mail, "in_reply_to"), t);
}

/* The first and the last of the thread, and the one that is answered. */
static const char *references_of(struct arena *a, const struct thread *t) {
    const char *out = "";
    for (int i = 0; i < t->n_references; i++)
        if ((i == 0 || i >= t->n_references - REFERENCES_LAST) &&
            strcmp(t->references[i], t->answers) != 0)
            out = arena_printf(a, "%s<%s> ", out, t->references[i]);
    return *t->answers ? arena_printf(a, "%s<%s>", out, t->answers) : "";
}

/* ---- body ---- */

/* May the letter stand for itself? Not a space at the end of a line, nor what mail servers change
 * at the front of one: a dot, "From ", a dash. */
static bool stands(const char *c, int column) {
    bool last = !c[1] || c[1] == '\n' || c[1] == '\r';
    if (*c == ' ' || *c == '\t')
        return !last;
    return *c > ' ' && *c < 127 && *c != '=' && (column || !strchr(".F-", *c));
}

/* One line as quoted-printable (RFC 2045 6.7), in pieces of at most 76. */
static void put_quoted_line(struct buf *b, const char *c) {
    for (int column = 0; *c && *c != '\n'; c++) {
        if (*c == '\r')
            continue;
        bool as_is = stands(c, column);
        if (column + (as_is ? 1 : 3) > FOLD_AT - 1) {
            buf_adds(b, "=\r\n");
            column = 0;
        }
        if (as_is)
            buf_addc(b, *c);
        else
            buf_addf(b, "=%02X", (unsigned char)*c);
        column += as_is ? 1 : 3;
    }
    buf_adds(b, "\r\n");
}

static void put_quoted(struct buf *b, const char *text) {
    while (*text) {
        put_quoted_line(b, text);
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
}

static const char *with_crlf(struct arena *a, const char *text) {
    char *out = arena_alloc(a, 2 * strlen(text) + 1), *to = out;
    for (; *text; text++) {
        if (*text == '\n')
            *to++ = '\r';
        if (*text != '\r')
            *to++ = *text;
    }
    return out;
}

/* Where most letters would be escaped base64 is shorter. */
static bool foreign(const char *text) {
    size_t high = 0, n = strlen(text);
    for (size_t i = 0; i < n; i++)
        high += (signed char)text[i] < 0;
    return high * 3 > n;
}

static void put_part(struct arena *a, struct buf *b, const char *type, const char *text) {
    bool base64 = foreign(text);
    buf_addf(b, "Content-Type: %s; charset=utf-8\r\n", type);
    buf_addf(b, "Content-Transfer-Encoding: %s\r\n\r\n", base64 ? "base64" : "quoted-printable");
    if (!base64) {
        put_quoted(b, text);
        return;
    }
    const char *crlf = with_crlf(a, text), *all = enc_base64(a, crlf, strlen(crlf));
    for (size_t n = strlen(all); n; n -= n < FOLD_AT ? n : FOLD_AT) {
        buf_addf(b, "%.*s\r\n", FOLD_AT, all);
        all += n < FOLD_AT ? n : FOLD_AT;
    }
}

static void put_body(struct arena *a, struct buf *b, const char *text, const char *html,
                     const char *boundary) {
    if (!*html) {
        put_part(a, b, "text/plain", text);
        return;
    }
    buf_addf(b, "Content-Type: multipart/alternative; boundary=\"%s\"\r\n", boundary);
    buf_addf(b, "\r\n--%s\r\n", boundary);
    put_part(a, b, "text/plain", text);
    buf_addf(b, "--%s\r\n", boundary);
    put_part(a, b, "text/html", html);
    buf_addf(b, "--%s--\r\n", boundary);
}

/* ---- the whole ---- */

struct draft {
    const char *to, *message_id, *subject, *html;
    struct thread thread;
};

static void put_head(struct arena *a, const struct channel_outbound *o, const struct draft *d,
                     struct buf *b) {
    char date[MAIL_DATE_MAX];
    const struct message *m = o->message;
    struct uid conversation = m->conversation_id;
    const char *references = references_of(a, &d->thread);
    bool automatic = m->author.type == PARTY_BOT || m->author.type == PARTY_SYSTEM;
    put_folded(b, "From", named(a, o->account->display_name, o->account->address));
    put_folded(b, "To", d->to);
    put_folded(b, "Reply-To", mail_reply_address(a, o->account, conversation, m->seq));
    put_text(a, b, "Subject", d->subject);
    buf_addf(b, "Message-ID: <%s>\r\n", d->message_id);
    if (*d->thread.answers)
        put_folded(b, "In-Reply-To", arena_printf(a, "<%s>", d->thread.answers));
    if (*references)
        put_folded(b, "References", references);
    buf_addf(b, "Date: %s\r\nMIME-Version: 1.0\r\n", mail_date_text(m->received_ms, date));
    put_folded(b, MAIL_LOOP_HEADER, safe(a, mail_class_loop_mark(o->account)));
    if (automatic)
        buf_adds(b, "Auto-Submitted: auto-replied\r\nX-Auto-Response-Suppress: All\r\n");
}

/* Where to: what the customer's Reply-To asks for, if that can be written to. */
static enum err draft(struct arena *a, const struct channel_outbound *o, struct draft *d) {
    char uid[UID_TEXT_MAX];
    const char *domain = mailbox_domain(o->account->address);
    json_auto extra = NULL;
    if (o->message->extra)
        TRY(json_load_span(span_of(o->message->extra), &extra, NULL));
    read_thread(a, o->answers, &d->thread);
    d->html = text_in(a, extra, "html");
    d->subject = subject_of(a, o, text_in(a, extra, "subject"), &d->thread);
    d->to = mailbox_sendable(d->thread.reply_to) ? d->thread.reply_to : o->message->address;
    d->message_id = arena_printf(a, "%s@%s", uid_text(o->message->id, uid), domain);
    bool sends = mailbox_sendable(o->account->address) && *o->account->smtp_url;
    return sends && mailbox_sendable(d->to) ? OK : ERR_INVALID;
}

enum err mail_render(struct arena *a, const struct channel_outbound *o, struct wire_request *out) {
    struct draft d;
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, HEADERS_MAX);
    const struct channel_account *account = o->account;
    TRY(draft(a, o, &d));
    buf_auto b;
    buf_init(&b, MAIL_BYTES_MAX);
    put_head(a, o, &d, &b);
    put_body(a, &b, o->text, d.html, arena_printf(a, "=_%.36s", d.message_id));
    TRY(buf_done(&b));
    int n = 0;
    headers[n++] = (struct wire_header){"MAIL FROM", arena_strdup(a, account->address)};
    headers[n++] = (struct wire_header){"RCPT TO", d.to};
    headers[n++] = (struct wire_header){"Message-ID", d.message_id};
    if (*account->smtp_username) {
        headers[n++] = (struct wire_header){"SMTP USER", arena_strdup(a, account->smtp_username)};
        headers[n++] =
            (struct wire_header){"SMTP PASSWORD", arena_strdup(a, account->smtp_password)};
    }
    *out = (struct wire_request){
        "MAIL", arena_strdup(a, account->smtp_url), headers, n, {arena_copy(a, b.p, b.len), b.len}};
    return OK;
}

/* SMTP's reply (RFC 5321 4.2): 4xx passes, 5xx does not; 0 is no answer, perhaps after the mail was
 * taken: the same Message-ID lets the receiver see that. */
void mail_outcome(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out) {
    int status = response->status;
    const char *id = wire_header_find(response->headers, response->n_headers, "Message-ID");
    (void)wall_ms;
    *out = (struct channel_receipt){CHANNEL_RETRY, -1, "", "", ""};
    if (status >= 200 && status < 300) {
        out->outcome = CHANNEL_ACCEPTED;
        out->external_id = id ? arena_strdup(a, id) : "";
        return;
    }
    if (status >= 500 && status != 530 && status != 535)
        out->outcome = CHANNEL_GIVE_UP;
    out->error = status ? arena_printf(a, "SMTP %d", status) : "no answer";
}
