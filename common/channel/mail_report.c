#include "mail_report.h"

#include <string.h>
#include <strings.h>

#include "../codec/charset.h"
#include "../codec/mailbox.h"

#define GROUPS_MAX 200
#define LINES_MAX 400 /* of a bounce's text that are looked at */
#define DIAGNOSTIC_MAX 300

/* ---- words and numbers as they are spelled ---- */

static const char *const actions[][2] = {
    {"failed", "failed"},         {"failure", "failed"},       {"fail", "failed"},
    {"expired", "failed"},        {"undeliverable", "failed"}, {"undelivered", "failed"},
    {"permanent", "failed"},      {"error", "failed"},         {"delayed", "delayed"},
    {"delay", "delayed"},         {"deferred", "delayed"},     {"delivered", "delivered"},
    {"deliverable", "delivered"}, {"success", "delivered"},    {"relayed", "relayed"},
    {"expanded", "expanded"}};

static bool digit(char c) { return c >= '0' && c <= '9'; }

/* Bytes of "5.1.1" at c; 0: something else stands there. */
static size_t enhanced(const char *c) {
    if (!*c || !strchr("245", *c) || c[1] != '.' || !digit(c[2]))
        return 0;
    size_t n = 2 + strspn(c + 2, "0123456789");
    size_t m = c[n] == '.' ? strspn(c + n + 1, "0123456789") : 0;
    return m && m <= 3 && n <= 5 && c[n + 1 + m] != '.' ? n + 1 + m : 0;
}

/* An SMTP code, 4xx or 5xx, at c. */
static bool smtp_code(const char *c) {
    return (*c == '4' || *c == '5') && digit(c[1]) && digit(c[2]) && !digit(c[3]);
}

/* "5.1.1" wherever it stands; an SMTP code 5xx says "5.0.0"; "" for neither. */
static const char *status_in(struct arena *a, const char *text) {
    for (const char *c = text; *c; c++) {
        size_t n = c == text || (!digit(c[-1]) && c[-1] != '.') ? enhanced(c) : 0;
        if (n)
            return arena_strndup(a, c, n);
    }
    for (const char *c = text; *c; c++)
        if (smtp_code(c) && (c == text || strchr(" ;:#", c[-1])))
            return arena_printf(a, "%c.0.0", *c);
    return "";
}

/* Odd spellings are told by their first word, a missing one by the class of the status. */
static const char *action_of(struct arena *a, const char *said, const char *status) {
    size_t n = strcspn(said, " ;(,");
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
        if (strlen(actions[i][0]) == n && !strncasecmp(said, actions[i][0], n))
            return actions[i][1];
    if (*status)
        return *status == '5' ? "failed" : *status == '4' ? "delayed" : "delivered";
    char *word = arena_strndup(a, said, n);
    for (char *c = word; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
    return word;
}

/* Behind "rfc822;"; as it is where that is no address. */
static const char *address_of(struct arena *a, const char *value) {
    const char *type = value ? strchr(value, ';') : NULL;
    struct mailbox box;
    value = type ? type + 1 : value ? value : "";
    return mailbox_parse(a, value, &box, 1) ? box.address
                                            : arena_strdup(a, value + strspn(value, " \t"));
}

static const char *field(struct arena *a, const struct mime_head *h, const char *name) {
    const char *value = mime_head_plain(a, h, name);
    return value ? value : "";
}

static struct mail_recipient *add(struct mail_report *r) {
    return r->n < MAIL_REPORT_RECIPIENTS_MAX ? &r->recipients[r->n++] : NULL;
}

/* ---- parts ---- */

/* One group of fields; the first is about the whole and names nobody. */
static void take_group(struct arena *a, const struct mime_head *h, struct mail_report *r) {
    const char *final = mime_head_plain(a, h, "Final-Recipient");
    const char *original = mime_head_plain(a, h, "Original-Recipient");
    const char *action = field(a, h, "Action"), *id = field(a, h, "X-Original-Message-ID");
    const char *diagnostic = field(a, h, "Diagnostic-Code");
    if (*id && !*r->original_id) {
        const char *ids[MAIL_IDS_MAX];
        r->original_id = mail_id_all(a, h, "X-Original-Message-ID", ids) ? ids[0] : "";
    }
    if (!final && !original && !*action)
        return;
    struct mail_recipient *one = add(r);
    if (!one)
        return;
    one->status = status_in(a, field(a, h, "Status"));
    if (!*one->status)
        one->status = status_in(a, diagnostic);
    one->address = address_of(a, final && *final ? final : original);
    one->action = action_of(a, action, one->status);
    one->diagnostic = arena_strndup(a, diagnostic, strnlen(diagnostic, DIAGNOSTIC_MAX));
}

static void take_status(struct arena *a, struct span bytes, struct mail_report *r) {
    struct mime_head h;
    size_t n;
    r->delivery = true;
    for (int i = 0; i < GROUPS_MAX && (n = mime_head_parse(a, bytes, &h)); i++) {
        take_group(a, &h, r);
        bytes = (struct span){bytes.p + n, bytes.n - n};
    }
}

static void take_disposition(struct arena *a, struct span bytes, struct mail_report *r) {
    struct mime_head h;
    const char *ids[MAIL_IDS_MAX];
    mime_head_parse(a, bytes, &h);
    const char *said = field(a, &h, "Disposition"), *word = strchr(said, ';');
    const char *who = mime_head_plain(a, &h, "Final-Recipient");
    struct mail_recipient *one = add(r);
    r->disposition = true;
    if (mail_id_all(a, &h, "Original-Message-ID", ids) && !*r->original_id)
        r->original_id = ids[0];
    if (!one)
        return;
    word = word ? word + 1 + strspn(word + 1, " ") : "";
    size_t n = strcspn(word, "/ ;,");
    bool read = n == 9 && !strncasecmp(word, "displayed", 9);
    *one = (struct mail_recipient){address_of(a, who), read ? "read" : arena_strndup(a, word, n),
                                   "", ""};
}

/* The returned mail, or its header. */
static void take_returned(struct arena *a, struct span bytes, struct mail_report *r) {
    struct mime_head h;
    const char *ids[MAIL_IDS_MAX];
    mime_head_parse(a, bytes, &h);
    if (!*r->original_id && mail_id_all(a, &h, "Message-ID", ids))
        r->original_id = ids[0];
}

static bool is(const struct mime_part *p, const char *type) { return !strcmp(p->type, type); }

static void take_part(struct arena *a, const struct mime_part *p, struct mail_report *r) {
    if (is(p, "message/delivery-status") || is(p, "message/global-delivery-status"))
        take_status(a, p->bytes, r);
    else if (is(p, "message/disposition-notification"))
        take_disposition(a, p->bytes, r);
    else if (is(p, "message/feedback-report"))
        r->feedback = true;
    else if (is(p, "message/rfc822") || is(p, "text/rfc822-headers") || is(p, "message/global") ||
             is(p, "message/rfc822-headers") || is(p, "message/global-headers"))
        take_returned(a, p->bytes, r);
}

void mail_report_read(struct arena *a, const struct mail *mail, struct mail_report *out) {
    memset(out, 0, sizeof *out);
    out->original_id = "";
    for (int i = 0; i < mail->mime.n_parts; i++)
        take_part(a, &mail->mime.parts[i], out);
}

bool mail_report_has(const struct mail_report *r, const char *action) {
    for (int i = 0; i < r->n; i++)
        if (!strcmp(r->recipients[i].action, action))
            return true;
    return false;
}

/* ---- text only ---- */

/* Our own address and the reporter's are not whom it could not reach. */
static bool foreign(const struct mail *mail, const char *address) {
    return mailbox_sendable(address) && strcasecmp(address, mail->account->address) != 0 &&
           strcasecmp(address, mail->from) != 0 && strncasecmp(address, "postmaster@", 11) != 0 &&
           strncasecmp(address, "mailer-daemon@", 14) != 0;
}

/* The first address in the line; "" if there is none. *alone: nothing stands before it, and behind
 * it nothing or a colon. */
static const char *address_in(struct arena *a, struct span line, bool *alone) {
    static const char ends[] = " \t<>()[]\"',;:";
    const char *at = line.n ? memchr(line.p, '@', line.n) : NULL;
    if (!at)
        return "";
    const char *from = at, *to = at, *end = line.p + line.n;
    while (from > line.p && !strchr(ends, from[-1]))
        from--;
    while (to < end && !strchr(ends, *to))
        to++;
    while (to > from && to[-1] == '.')
        to--;
    size_t before = (size_t)(from - line.p), behind = (size_t)(end - to);
    bool front = strspn(line.p, " \t<\"'(") >= before;
    size_t closing = 0;
    while (closing < behind && strchr(" \t>\"')", to[closing]))
        closing++;
    *alone = front && (closing == behind || to[closing] == ':');
    return arena_strndup(a, from, (size_t)(to - from));
}

static void keep(struct arena *a, const struct mail *mail, const char *address, const char *action,
                 struct mail_report *r) {
    for (int i = 0; i < r->n; i++)
        if (!strcasecmp(r->recipients[i].address, address))
            return;
    struct mail_recipient *one = foreign(mail, address) ? add(r) : NULL;
    if (one)
        *one = (struct mail_recipient){address, action, status_in(a, mail->text), ""};
}

/* Exim and Gmail name them in a header. */
static void take_header(struct arena *a, const struct mail *mail, const char *action,
                        struct mail_report *r) {
    struct mailbox boxes[MAIL_REPORT_RECIPIENTS_MAX];
    const char *value = mime_head_plain(a, &mail->mime.head, "X-Failed-Recipients");
    int n = value ? mailbox_parse(a, value, boxes, MAIL_REPORT_RECIPIENTS_MAX) : 0;
    for (int i = 0; i < n; i++)
        keep(a, mail, boxes[i].address, action, r);
}

static bool starts(struct span line, const char *word) {
    return line.n >= strlen(word) && !strncasecmp(line.p, word, strlen(word));
}

/* From here on stands the mail that came back. */
static bool copies(struct span line) {
    while (line.n && strchr("-=_* ", *line.p))
        line.p++, line.n--;
    return starts(line, "This is a copy of") || starts(line, "Below this line is a copy") ||
           starts(line, "Original message") || starts(line, "Message header") ||
           starts(line, "Return-Path:") || starts(line, "Received:") ||
           starts(line, "Unsent message") || starts(line, "Message from yourself");
}

/* alone: only addresses that have a line to themselves. */
static void take_lines(struct arena *a, const struct mail *mail, bool only_alone,
                       const char *action, struct mail_report *r) {
    struct span rest = span_of(mail->text), line;
    for (int i = 0; i < LINES_MAX && span_split(&rest, '\n', &line); i++) {
        bool alone = false;
        const char *address = address_in(a, span_trim(line), &alone);
        if (copies(line))
            return;
        if (*address && alone >= only_alone)
            keep(a, mail, address, action, r);
        if (r->n && !only_alone)
            return;
    }
}

/* A field of the returned mail in the text. */
static void take_id(struct arena *a, const struct mail *mail, struct mail_report *r) {
    struct span rest = span_of(mail->text), line;
    const char *ids[MAIL_IDS_MAX];
    while (!*r->original_id && span_split(&rest, '\n', &line)) {
        line = span_trim(line);
        while (line.n && *line.p == '>')
            line = span_trim((struct span){line.p + 1, line.n - 1});
        if (!starts(line, "Message-ID:"))
            continue;
        struct mime_head h = {NULL, 0, 0};
        if (line.n == 11 && !span_split(&rest, '\n', &line))
            return;
        size_t skip = starts(line, "Message-ID:") ? 11 : 0;
        mime_head_add(a, &h, span_of("Message-ID"), (struct span){line.p + skip, line.n - skip});
        if (mail_id_all(a, &h, "Message-ID", ids))
            r->original_id = ids[0];
    }
}

void mail_report_guess(struct arena *a, const struct mail *mail, const char *action,
                       struct mail_report *out) {
    if (!out->n)
        take_header(a, mail, action, out);
    if (!out->n)
        take_lines(a, mail, true, action, out);
    if (!out->n)
        take_lines(a, mail, false, action, out);
    take_id(a, mail, out);
}
