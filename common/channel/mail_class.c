#include "mail_class.h"

#include <string.h>
#include <strings.h>

#include "../base/uid.h"
#include "../codec/mailbox.h"

#define ROWS(list) (sizeof(list) / sizeof *(list))

/* One mail while it is judged. */
struct look {
    struct arena *arena;
    const struct mail *mail;
    const struct mail_report *report;
    bool daemon;      /* From is a mail server's */
    bool null_sender; /* the envelope's sender is <> */
};

static const char *field(const struct look *l, const char *name) {
    const char *value = mime_head_plain(l->arena, &l->mail->mime.head, name);
    return value ? value : "";
}

static bool starts(const char *s, const char *word) { return !strncasecmp(s, word, strlen(word)); }

static bool starts_any(const char *s, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (starts(s, words[i]))
            return true;
    return false;
}

static bool holds_any(const char *s, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcasestr(s, words[i]))
            return true;
    return false;
}

/* ---- senders ---- */

static const char *const daemons[] = {
    "mailer-daemon", "mailerdaemon", "mailer_daemon",      "mail-daemon",   "maildaemon",
    "postmaster",    "poostmaster",  "post.master",        "mail.delivery", "mail-delivery",
    "maildelivery",  "mdaemon",      "bounce-notification"};
static const char *const daemon_names[] = {"mail delivery sub",  "mail delivery system",
                                           "mailer-daemon",      "mail delivery service",
                                           "mail administrator", "mail delivery"};
static const char *const deaf[] = {
    "no-reply",     "noreply",      "no_reply",     "no.reply",        "donotreply",
    "do-not-reply", "do_not_reply", "do.not.reply", "nepasrepondre",   "ne-pas-repondre",
    "ikkesvar",     "ikke-svar",    "svar-ikke",    "nicht-antworten", "keine-antwort"};

/* Begins the local part with the word, and no letter behind it. */
static bool local_is(const char *address, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++) {
        size_t size = strlen(words[i]);
        if (starts(address, words[i]) &&
            !(((address[size] | 0x20) >= 'a') && ((address[size] | 0x20) <= 'z')))
            return true;
    }
    return false;
}

static bool is_daemon(const struct mail *m) {
    return local_is(m->from, daemons, ROWS(daemons)) ||
           holds_any(m->from_name, daemon_names, ROWS(daemon_names));
}

static bool is_null_sender(const struct look *l) {
    const char *said = l->mail->envelope.from;
    const char *path = mime_head_plain(l->arena, &l->mail->mime.head, "Return-Path");
    if (said)
        return !*said || !strcmp(said, "<>");
    return path && (!*path || !strcmp(path, "<>"));
}

/* ---- our own ---- */

const char *mail_class_loop_mark(const struct channel_account *account) {
    return *account->address ? account->address : account->id;
}

/* <uuid@our domain> is how mail_render() names what it sends. */
static bool own_id(const struct mail *m) {
    struct uid u;
    const char *at = strrchr(m->message_id, '@'), *domain = mailbox_domain(m->account->address);
    char text[UID_TEXT_MAX] = "";
    if (!at || !*domain || strcasecmp(at + 1, domain) != 0 || at - m->message_id != 36)
        return false;
    memcpy(text, m->message_id, 36);
    return uid_parse(text, &u);
}

static bool is_loop(const struct look *l) {
    const struct mail *m = l->mail;
    return !strcasecmp(field(l, MAIL_LOOP_HEADER), mail_class_loop_mark(m->account)) || own_id(m) ||
           (*m->from && !strcasecmp(m->from, m->account->address));
}

/* ---- bounces ---- */

static const char *const failed_subjects[] = {"undeliver",
                                              "delivery status notification",
                                              "delivery failure",
                                              "failure notice",
                                              "returned mail",
                                              "mail delivery failed",
                                              "delivery failed",
                                              "delivery has failed",
                                              "could not be delivered",
                                              "non-delivery",
                                              "nondeliverable",
                                              "delivery notification",
                                              "mail system error",
                                              "delivery problem",
                                              "delivery error",
                                              "message status",
                                              "unzustellbar",
                                              "nicht zugestellt",
                                              "unzustellbarkeit",
                                              "kan ikke leveres",
                                              "kunne ikke leveres",
                                              "ikke leveret",
                                              "ikke levert",
                                              "kan inte levereras",
                                              "ej levere",
                                              "non remis",
                                              "non distribu",
                                              "échec de",
                                              "no se puede entregar",
                                              "no entregado",
                                              "non recapitabile",
                                              "mancata consegna",
                                              "onbestelbaar",
                                              "não foi possível entregar",
                                              "não é possível entregar",
                                              "nie dostarczono",
                                              "niedostarczona",
                                              "недостав",
                                              "не доставлен",
                                              "退信",
                                              "无法投递",
                                              "未送达",
                                              "配信不能",
                                              "配信できません",
                                              "returned to sender",
                                              "rejected mail",
                                              "message you sent",
                                              "toimitus epäonn"};
static const char *const delayed_words[] = {
    "delayed",          "delay)",     "warning: ",    "still being retried",
    "will be retried",  "will retry", "still trying", "not yet been delivered",
    "has not yet been", "forsinke",   "verzögert",    "försenad",
    "retardé",          "retrasad",   "vertraagd",    "delivery incomplete",
    "temporarily"};
static const char *const failed_texts[] = {"qmail-send program",
                                           "created automatically by mail delivery software",
                                           "wasn't able to deliver your message",
                                           "this is the mail system at host",
                                           "could not be delivered to one or more",
                                           "delivery to the following recipient",
                                           "permanent fatal errors",
                                           "delivery has failed to these recipients",
                                           "did not reach",
                                           "permanently failed",
                                           "address not found",
                                           "message could not be delivered",
                                           "following addresses failed",
                                           "following address failed",
                                           "following address(es) failed",
                                           "undeliverable address",
                                           "user unknown",
                                           "mailbox unavailable",
                                           "mailbox is full",
                                           "mailbox full",
                                           "no such user",
                                           "unable to deliver",
                                           "couldn't be delivered",
                                           "wasn't delivered",
                                           "recipient's mailbox"};

static enum inbound_type failed_or_delayed(const struct mail *m) {
    bool delayed = holds_any(m->subject, delayed_words, ROWS(delayed_words)) ||
                   (holds_any(m->text, delayed_words, ROWS(delayed_words)) &&
                    !holds_any(m->subject, failed_subjects, ROWS(failed_subjects)));
    return delayed ? INBOUND_DELAYED : INBOUND_BOUNCE;
}

static enum inbound_type by_report(const struct look *l) {
    const struct mail_report *r = l->report;
    if (mail_report_has(r, "failed"))
        return INBOUND_BOUNCE;
    if (mail_report_has(r, "delayed"))
        return INBOUND_DELAYED;
    if (mail_report_has(r, "delivered") || mail_report_has(r, "relayed") ||
        mail_report_has(r, "expanded"))
        return INBOUND_DELIVERY_REPORT;
    return failed_or_delayed(l->mail);
}

/* A report is believed as such if it says so itself or a mail server sent it: a person may attach
 * one. */
static enum inbound_type reported(const struct look *l) {
    const struct mime_mail *m = &l->mail->mime;
    bool says = !strcmp(m->type, "multipart/report");
    bool machine = says || l->daemon || l->null_sender || !*l->mail->from;
    if (machine && (l->report->feedback || !strcmp(m->report_type, "feedback-report")))
        return INBOUND_FEEDBACK_REPORT;
    if (machine && (l->report->disposition || !strcmp(m->report_type, "disposition-notification")))
        return INBOUND_DELIVERY_REPORT;
    if (machine && (l->report->delivery || !strcmp(m->report_type, "delivery-status")))
        return by_report(l);
    return INBOUND_MESSAGE;
}

static enum inbound_type bounced(const struct look *l) {
    const struct mail *m = l->mail;
    bool mailer = starts(m->from, "mailer-daemon") || starts(m->from, "mailerdaemon");
    bool subject = holds_any(m->subject, failed_subjects, ROWS(failed_subjects));
    bool server = l->daemon || !*m->from;
    bool says = mailer || subject || holds_any(m->text, failed_texts, ROWS(failed_texts)) ||
                holds_any(m->subject, delayed_words, ROWS(delayed_words));
    if (*field(l, "X-Failed-Recipients") || (server && says) || (l->null_sender && subject))
        return failed_or_delayed(m);
    return INBOUND_MESSAGE;
}

/* ---- automatic answers ---- */

/* A header that has one of these values, or any ("") but none of "no" and "false". */
static const struct {
    const char *name, *value;
} automatic[] = {
    {"X-Autoreply", ""},
    {"X-Autoreply-From", ""},
    {"X-Autorespond", ""},
    {"X-Autoresponder", ""},
    {"X-Autogenerated", ""},
    {"X-Mail-Autoreply", ""},
    {"X-Auto-Reply-From", ""},
    {"X-Vacation", ""},
    {"X-FC-MachineGenerated", "true"},
    {"X-Apple-Action", "VACATION"},
    {"Delivered-To", "Autoresponder"},
    {"X-POST-MessageClass", "9; Autoresponder"},
    {"Precedence", "auto_reply"},
    {"Precedence", "auto-reply"},
    {"Preference", "auto_reply"},
    {"X-Precedence", "auto_reply"},
    {"X-Auto-Submitted", "auto-"},
};
static const char *const away[] = {"Automatic reply",
                                   "Automatisk svar",
                                   "Automatiskt svar",
                                   "Autosvar",
                                   "Auto-reply",
                                   "Autoreply",
                                   "Auto reply",
                                   "Auto Response",
                                   "Auto-response",
                                   "Autoresponse",
                                   "Automatic response",
                                   "Out of Office",
                                   "Out-of-office",
                                   "Out of the office",
                                   "Abwesenheitsnotiz",
                                   "Abwesenheit:",
                                   "Automatische Antwort",
                                   "Automatische Abwesenheit",
                                   "Réponse automatique",
                                   "Absence du bureau",
                                   "Respuesta automática",
                                   "Fuera de la oficina",
                                   "Risposta automatica",
                                   "Fuori sede",
                                   "Automatisch antwoord",
                                   "Afwezigheid",
                                   "Resposta automática",
                                   "Ausência temporária",
                                   "Automaattinen vastaus",
                                   "Poissaoloilmoitus",
                                   "Odpowiedź automatyczna",
                                   "Autoodpowiedź",
                                   "Автоматический ответ",
                                   "Автоответ",
                                   "自动回复",
                                   "自動回覆",
                                   "自动答复",
                                   "自動返信",
                                   "不在通知",
                                   "Ikke på kontoret",
                                   "Fraværsbesked",
                                   "Frånvaromeddelande",
                                   "Fraværsmelding",
                                   "Automatická odpověď",
                                   "Otomatik yanıt",
                                   "Vacation:"};

static bool header_is_automatic(const struct look *l) {
    const char *values[4];
    for (size_t i = 0; i < ROWS(automatic); i++) {
        int n = mime_head_all(l->arena, &l->mail->mime.head, automatic[i].name, values, 4);
        for (int k = 0; k < n; k++) {
            bool any = !*automatic[i].value && *values[k] && strcasecmp(values[k], "no") != 0 &&
                       strcasecmp(values[k], "false") != 0;
            if (any || (*automatic[i].value && starts(values[k], automatic[i].value)))
                return true;
        }
    }
    return false;
}

/* auto-replied (vacation), auto-generated; "no" and its comments are a person's. */
static bool auto_submitted(const struct look *l) {
    const char *value = field(l, "Auto-Submitted");
    size_t n = strcspn(value, " \t;(");
    return n > 0 && !(n == 2 && starts(value, "no"));
}

/* Exchange's out-of-office answers often have nothing but this. */
static bool suppresses(const struct look *l) {
    const char *value = field(l, "X-Auto-Response-Suppress");
    return strcasestr(value, "OOF") || strcasestr(value, "AutoReply") || strcasestr(value, "All");
}

static bool answers(const struct mail *m) { return m->n_in_reply_to || m->n_references; }

static bool is_auto_reply(const struct look *l) {
    const struct mail *m = l->mail;
    return auto_submitted(l) || suppresses(l) || header_is_automatic(l) ||
           starts_any(m->subject, away, ROWS(away)) || (starts(m->subject, "Auto:") && answers(m));
}

static bool is_list(const struct look *l) {
    static const char *const many[] = {"bulk", "junk", "list"};
    return *field(l, "List-Id") || *field(l, "List-Unsubscribe") || *field(l, "List-Post") ||
           starts_any(field(l, "Precedence"), many, ROWS(many));
}

enum inbound_type mail_class(struct arena *a, const struct mail *mail,
                             const struct mail_report *report) {
    struct look l = {a, mail, report, is_daemon(mail), false};
    enum inbound_type type;
    l.null_sender = is_null_sender(&l);
    if (is_loop(&l))
        return INBOUND_LOOP;
    if ((type = reported(&l)) != INBOUND_MESSAGE)
        return type;
    bool replies = is_auto_reply(&l);
    if ((!replies || l.daemon || *field(&l, "X-Failed-Recipients")) &&
        (type = bounced(&l)) != INBOUND_MESSAGE)
        return type;
    if (replies || (l.null_sender && !*field(&l, "List-Id")))
        return INBOUND_AUTO_REPLY;
    if (is_list(&l))
        return INBOUND_LIST;
    return local_is(mail->from, deaf, ROWS(deaf)) ||
                   (l.daemon && local_is(mail->from, daemons, ROWS(daemons)))
               ? INBOUND_AUTO_REPLY
               : INBOUND_MESSAGE;
}
