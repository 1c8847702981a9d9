#include "mail_auth.h"

#include <string.h>
#include <strings.h>

#include "../codec/mailbox.h"

#define HEADERS_MAX 20
#define RESULTS_MAX 40

static bool trusted(const struct channel_account *account, struct span name) {
    for (int i = 0; i < account->trusted_authserv.n; i++) {
        const char *one = account->trusted_authserv.items[i];
        if (strlen(one) == name.n && !strncasecmp(one, name.p, name.n))
            return true;
    }
    return false;
}

/* No public suffix list here: the parent of a domain speaks for it, never the other way round, and
 * a name without a dot for nobody. */
bool mail_auth_aligned(const char *signer, const char *sender) {
    size_t n = strlen(signer), of = strlen(sender);
    if (!n || n > of || !strchr(signer, '.') || strcasecmp(sender + of - n, signer) != 0)
        return false;
    return n == of || sender[of - n - 1] == '.';
}

/* ---- Authentication-Results ---- */

/* Comments are dropped and quoted strings opened, so that neither hides a semicolon. */
static char *plain(struct arena *a, const char *value) {
    char *out = arena_alloc(a, strlen(value) + 1), *to = out;
    int depth = 0;
    bool quoted = false;
    for (const char *c = value; *c; c++) {
        depth += !quoted && *c == '(' ? 1 : 0;
        if (*c == '"' && !depth)
            quoted = !quoted;
        else if (!depth)
            *to++ = (char)(quoted && strchr("; ", *c) ? '_' : *c);
        depth -= !quoted && *c == ')' && depth ? 1 : 0;
    }
    return out;
}

/* The value of `name=` in one result; its end is a space. "" if there is none. */
static const char *property(struct arena *a, struct span result, const char *name) {
    struct span rest = result, word;
    size_t n = strlen(name);
    while (span_split(&rest, ' ', &word)) {
        if (word.n <= n || strncasecmp(word.p, name, n) != 0 || word.p[n] != '=')
            continue;
        const char *value = arena_strndup(a, word.p + n + 1, word.n - n - 1);
        const char *at = strrchr(value, '@');
        return at ? at + 1 : value;
    }
    return "";
}

/* One method's result: does it speak for the sender's domain? */
static bool speaks(struct arena *a, struct span result, const char *domain) {
    static const struct {
        const char *method, *property, *other;
    } rows[] = {{"dkim", "header.d", "header.i"}, {"spf", "smtp.mailfrom", "smtp.mailfrom"}};
    result = span_trim(result);
    if (!strcmp(property(a, result, "dmarc"), "pass")) {
        const char *of = property(a, result, "header.from");
        return !*of || !strcasecmp(of, domain);
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *of = property(a, result, rows[i].property);
        if (!*of)
            of = property(a, result, rows[i].other);
        if (!strcmp(property(a, result, rows[i].method), "pass") && mail_auth_aligned(of, domain))
            return true;
    }
    return false;
}

/* One header: the name of who wrote it, then results. *ours: it is of a name we trust. */
static bool header_proves(struct arena *a, const struct mail *mail, const char *value, bool *ours) {
    struct span rest = span_of(plain(a, value)), name = {"", 0}, result;
    span_split(&rest, ';', &name);
    name = span_trim(name);
    const char *space = name.n ? memchr(name.p, ' ', name.n) : NULL; /* a version follows */
    if (space)
        name.n = (size_t)(space - name.p);
    *ours = trusted(mail->account, name);
    const char *domain = mailbox_domain(mail->from);
    for (int i = 0; *ours && i < RESULTS_MAX && span_split(&rest, ';', &result); i++)
        if (speaks(a, result, domain))
            return true;
    return false;
}

static bool results_prove(struct arena *a, const struct mail *mail) {
    const char *values[HEADERS_MAX];
    int n = mime_head_all(a, &mail->mime.head, "Authentication-Results", values, HEADERS_MAX);
    for (int i = 0; i < n; i++) {
        bool ours, proves = header_proves(a, mail, values[i], &ours);
        if (ours)
            return proves; /* those below may have come with the mail */
    }
    return false;
}

/* ---- providers ---- */

static bool provider_proves(const struct mail *mail) {
    const struct mail_envelope *e = &mail->envelope;
    const char *domain = mailbox_domain(mail->from);
    if (!e->judge || !*e->judge || !trusted(mail->account, span_of(e->judge)))
        return false;
    return mail_auth_aligned(e->dkim_domain ? e->dkim_domain : "", domain) ||
           mail_auth_aligned(e->spf_domain ? e->spf_domain : "", domain);
}

bool mail_auth_proves(struct arena *a, const struct mail *mail) {
    struct mailbox boxes[2];
    const char *from = mime_head_plain(a, &mail->mime.head, "From");
    if (!*mail->from || !from || mime_head_count(&mail->mime.head, "From") != 1 ||
        mailbox_parse(a, from, boxes, 2) != 1)
        return false;
    return results_prove(a, mail) || provider_proves(mail);
}
