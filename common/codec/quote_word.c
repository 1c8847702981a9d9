#include "quote_word.h"

#include <string.h>
#include <strings.h>

#define ROWS(list) (sizeof(list) / sizeof *(list))

static const struct {
    enum quote_label label;
    const char *words[44];
} labels[] = {
    {QUOTE_FROM,
     {"From",       "Fra",       "Från",       "Von",      "De",        "Da",       "Van",
      "Lähettäjä",  "Od",        "От",         "От кого",  "发件人",    "寄件者",   "寄件人",
      "差出人",     "送信者",    "De la",      "Kimden",   "Gönderen",  "Feladó",   "Από",
      "Expéditeur", "Remitente", "Mittente",   "Afzender", "Nadawca",   "Absender", "Avsender",
      "Afsender",   "Avsändare", "Odesílatel", "Від",      "보낸 사람", "Dari",     "Saatja",
      "发件者",     "From name"}},
    {QUOTE_SENT,
     {"Sent",         "Date",        "Sendt",      "Dato",      "Skickat",   "Datum",
      "Gesendet",     "Gesendet am", "Envoyé",     "Envoyé le", "Enviado",   "Enviado el",
      "Enviado em",   "Enviada em",  "Fecha",      "Inviato",   "Data",      "Verzonden",
      "Verzonden op", "Lähetetty",   "Päivämäärä", "Päiväys",   "Wysłano",   "Wysłane",
      "Отправлено",   "Дата",        "发送时间",   "发送日期",  "日期",      "傳送時間",
      "寄件日期",     "送信日時",    "日時",       "日付",      "Trimis",    "Gönderildi",
      "Tarih",        "Elküldve",    "Odesláno",   "Надіслано", "보낸 날짜", "날짜",
      "Message du",   "Sendt den"}},
    {QUOTE_TO,
     {"To",
      "Til",
      "Till",
      "An",
      "À",
      "A",
      "Á",
      "Para",
      "Aan",
      "Do",
      "Vastaanottaja",
      "Кому",
      "收件人",
      "收件者",
      "宛先",
      "Către",
      "Kime",
      "Címzett",
      "Komu",
      "받는 사람",
      "Destinataire",
      "Destinatario",
      "Destinatário",
      "Modtager",
      "Mottaker",
      "Mottagare",
      "Empfänger",
      "Pour",
      "Per",
      "Προς"}},
    {QUOTE_CC,
     {"Cc", "Kopi", "Kopia", "Kopie", "Copie à", "抄送", "副本", "Copia", "Копия", "DW", "참조"}},
    {QUOTE_SUBJECT, {"Subject", "Emne",      "Ämne",    "Betreff", "Objet", "Sujet",   "Asunto",
                     "Oggetto", "Onderwerp", "Assunto", "Aihe",    "Temat", "Тема",    "主题",
                     "主旨",    "件名",      "Subiect", "Konu",    "Tárgy", "Předmět", "Предмет",
                     "제목",    "Θέμα",      "Teema",   "標題"}},
};

static const char *const wrote[] = {
    "wrote",        "writes",     "skrev",      "schrieb", "schreibt",  "geschrieben", "a écrit",
    "escribió",     "ha escrito", "ha scritto", "scrisse", "schreef",   "geschreven",  "escreveu",
    "napisał",      "napisała",   "napisał(a)", "pisze",   "kirjoitti", "пишет",       "писал",
    "написал",      "написала",   "пише",       "写道",    "寫道",      "のメール",    "書きました",
    "のメッセージ", "작성",       "님이 쓴 글", "napsal",  "napísal",   "írta",        "yazdı",
    "a scris",      "έγραψε",     "kirjutas",   "rašė",    "skrifaði",  "menulis",     "đã viết",
    "كتب",          "כתב"};

static const char *const opens[] = {
    "On ",     "Am ",       "Le ", "El ",   "Il ",   "Op ",  "Em ",  "Den ", "W dniu", "Dnia ",
    "In data", "Il giorno", "在",  "於",    "于",    "På ",  "Dne ", "Vào ", "Pada ",  "Kl. ",
    "A ",      "Mon",       "Tue", "Wed",   "Thu",   "Fri",  "Sat",  "Sun",  "man",    "tir",
    "ons",     "tor",       "fre", "lør",   "søn",   "lör",  "sön",  "mån",  "tis",    "Mo",
    "Di",      "Mi",        "Do",  "Fr",    "Sa",    "So",   "lun",  "mar",  "mer",    "mié",
    "jeu",     "jue",       "ven", "vie",   "sam",   "sáb",  "dim",  "dom",  "gio",    "sab",
    "seg",     "ter",       "qua", "qui",   "sex",   "ma ",  "ti ",  "ke ",  "to ",    "pe ",
    "la ",     "su ",       "wo ", "do ",   "vr ",   "za ",  "zo ",  "di ",  "pon",    "wto",
    "śro",     "śr.",       "czw", "pią",   "pt.",   "nie",  "пн",   "вт",   "ср",     "чт",
    "пт",      "сб",        "вс",  "понед", "вторн", "четв", "пятн", "субб", "воскр"};

static const char *const self[] = {"I wrote",       "I have written", "schrieb ich", "skrev jeg",
                                   "skrev jag",     "j'ai écrit",     "j’ai écrit",  "escribí",
                                   "ho scritto",    "schreef ik",     "we wrote",    "skrev vi",
                                   "schrieben wir", "escrevi"};

static const char *const original[] = {"original message",
                                       "original e-mail",
                                       "original email",
                                       "original mail",
                                       "original-nachricht",
                                       "oprindelig meddelelse",
                                       "oprindelig besked",
                                       "oprindelig mail",
                                       "opprinnelig melding",
                                       "opprinnelig e-post",
                                       "ursprüngliche nachricht",
                                       "ursprünglichenachricht",
                                       "ursprungligt meddelande",
                                       "originalmeddelande",
                                       "message d'origine",
                                       "message d’origine",
                                       "message original",
                                       "mensaje original",
                                       "messaggio originale",
                                       "oorspronkelijk bericht",
                                       "origineel bericht",
                                       "mensagem original",
                                       "alkuperäinen viesti",
                                       "oryginalna wiadomość",
                                       "wiadomość oryginalna",
                                       "исходное сообщение",
                                       "Исходное сообщение",
                                       "原始邮件",
                                       "原始郵件",
                                       "原邮件",
                                       "元のメッセージ",
                                       "Original Message",
                                       "původní zpráva",
                                       "Původní zpráva",
                                       "eredeti üzenet",
                                       "mesaj original",
                                       "mesajul original",
                                       "原始信件",
                                       "원본 메시지",
                                       "reply message",
                                       "Пересылаемое письмо",
                                       "ursprüngliche mail",
                                       "ursprungligt mejl"};

static const char *const forward[] = {"forwarded message",
                                      "begin forwarded message",
                                      "forwarded by",
                                      "videresendt besked",
                                      "videresendt meddelelse",
                                      "videresendt melding",
                                      "start på videresendt besked",
                                      "videresendt mail",
                                      "start på videresendt",
                                      "weitergeleitete nachricht",
                                      "anfang der weitergeleiteten nachricht",
                                      "weitergeleitete mail",
                                      "message transféré",
                                      "message transmis",
                                      "début du message transféré",
                                      "début du message réexpédié",
                                      "mensaje reenviado",
                                      "inicio del mensaje reenviado",
                                      "messaggio inoltrato",
                                      "inizio messaggio inoltrato",
                                      "doorgestuurd bericht",
                                      "begin doorgestuurd bericht",
                                      "mensagem encaminhada",
                                      "início da mensagem encaminhada",
                                      "Início da mensagem encaminhada",
                                      "vidarebefordrat meddelande",
                                      "vidarebefordrat brev",
                                      "vidarebefordrat mejl",
                                      "välitetty viesti",
                                      "Välitetty viesti",
                                      "edelleenlähetetty viesti",
                                      "Пересылаемое сообщение",
                                      "Пересланное сообщение",
                                      "Начало переадресованного сообщения",
                                      "转发的邮件",
                                      "转发邮件信息",
                                      "转发邮件",
                                      "轉寄郵件",
                                      "转发信息",
                                      "転送メッセージ",
                                      "przekazana wiadomość",
                                      "wiadomość przekazana",
                                      "전달된 메시지",
                                      "přeposlaná zpráva",
                                      "Přeposlaná zpráva"};

static const char *const above[] = {"reply above",
                                    "please type your reply above",
                                    "please reply above",
                                    "type your reply above",
                                    "write above this line",
                                    "please write above this line",
                                    "svar over denne linje",
                                    "skriv dit svar over denne",
                                    "skriv svar over denne",
                                    "antworten sie oberhalb dieser",
                                    "bitte antworten sie oberhalb",
                                    "répondez au-dessus de",
                                    "responda por encima de",
                                    "reageer boven deze",
                                    "svara ovanför den här",
                                    "typ uw antwoord boven"};

static const char *const device[] = {"Sent from ",
                                     "Sent via ",
                                     "Sent with ",
                                     "Sendt fra ",
                                     "Sendt via ",
                                     "Sendt med ",
                                     "Skickat från ",
                                     "Skickades från ",
                                     "Skickat med ",
                                     "Gesendet von ",
                                     "Gesendet mit ",
                                     "Gesendet über ",
                                     "Von meinem ",
                                     "Diese Nachricht wurde von meinem ",
                                     "Envoyé de ",
                                     "Envoyé depuis ",
                                     "Envoyé à partir d",
                                     "Envoyé via ",
                                     "Envoyé avec ",
                                     "Enviado desde ",
                                     "Enviado do ",
                                     "Enviado de ",
                                     "Enviado a partir d",
                                     "Enviado con ",
                                     "Enviado através d",
                                     "Inviato da",
                                     "Inviato dal",
                                     "Inviato con ",
                                     "Verzonden vanaf ",
                                     "Verstuurd vanaf ",
                                     "Verzonden met ",
                                     "Verstuurd met ",
                                     "Verzonden via ",
                                     "Wysłano z ",
                                     "Wysłane z ",
                                     "Lähetetty ",
                                     "Отправлено с ",
                                     "Отправлено из ",
                                     "Отправлено со ",
                                     "发自我的",
                                     "发自 ",
                                     "從我的",
                                     "從 ",
                                     "iPhoneから送信",
                                     "Get Outlook for ",
                                     "Hent Outlook ",
                                     "Download Outlook ",
                                     "Obtenez Outlook ",
                                     "Obtenir Outlook ",
                                     "Télécharger Outlook ",
                                     "Skaffa Outlook ",
                                     "Hämta Outlook ",
                                     "Få Outlook ",
                                     "Last ned Outlook ",
                                     "Obtener Outlook ",
                                     "Descargar Outlook ",
                                     "Scarica Outlook ",
                                     "Ottieni Outlook ",
                                     "Obter o Outlook ",
                                     "Outlook voor ",
                                     "Download Outlook",
                                     "Pobierz aplikację Outlook",
                                     "Hanki Outlook ",
                                     "获取 Outlook ",
                                     "取得 Outlook ",
                                     "下载 Outlook",
                                     "Laden Sie Outlook ",
                                     "Outlook für ",
                                     "Outlook für iOS",
                                     "Скачать Outlook ",
                                     "나의 iPhone에서 보냄",
                                     "Odesláno z ",
                                     "Yahoo Mail: Search",
                                     "Sent on "};

static char lower(char c) { return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c); }

bool quote_word_starts(struct span s, const char *word) {
    if (!s.n || lower(*s.p) != lower(*word))
        return false;
    size_t n = strlen(word);
    return s.n >= n && !strncasecmp(s.p, word, n);
}

static bool starts_any(struct span s, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (quote_word_starts(s, words[i]))
            return true;
    return false;
}

static bool is_letter(unsigned char c) {
    return c >= 0x80 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* As a word of its own, where the writing parts words. */
static bool holds(struct span text, const char *word) {
    size_t n = strlen(word);
    bool ascii = (unsigned char)word[0] < 0x80;
    char first = lower(word[0]);
    for (size_t i = 0; i + n <= text.n; i++) {
        if (lower(text.p[i]) != first || strncasecmp(text.p + i, word, n) != 0)
            continue;
        bool before = ascii && i > 0 && is_letter((unsigned char)text.p[i - 1]);
        bool behind = ascii && i + n < text.n && is_letter((unsigned char)text.p[i + n]) &&
                      (unsigned char)text.p[i + n] < 0x80;
        if (!before && !behind)
            return true;
    }
    return false;
}

static bool holds_any(struct span text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (holds(text, words[i]))
            return true;
    return false;
}

/* Behind a label stands a colon, perhaps behind a space or a star (bold in plain text). */
static bool labelled(struct span line, const char *word) {
    if (!quote_word_starts(line, word))
        return false;
    struct span rest = {line.p + strlen(word), line.n - strlen(word)};
    while (rest.n && (*rest.p == ' ' || *rest.p == '*' || *rest.p == '\t'))
        rest.p++, rest.n--;
    return rest.n && (*rest.p == ':' || (rest.n > 2 && !memcmp(rest.p, "：", 3)));
}

enum quote_label quote_word_label(struct span line) {
    while (line.n && (*line.p == '*' || *line.p == ' '))
        line.p++, line.n--;
    if (!line.n || (!memchr(line.p, ':', line.n) && !memmem(line.p, line.n, "：", 3)))
        return QUOTE_LABEL_NONE;
    for (size_t i = 0; i < ROWS(labels); i++)
        for (size_t k = 0; k < ROWS(labels[i].words) && labels[i].words[k]; k++)
            if (labelled(line, labels[i].words[k]))
                return labels[i].label;
    return QUOTE_LABEL_NONE;
}

static bool is_any(struct span text, const char *const *words, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (text.n == strlen(words[i]) && quote_word_starts(text, words[i]))
            return true;
    return false;
}

bool quote_word_wrote(struct span text) { return holds_any(text, wrote, ROWS(wrote)); }
bool quote_word_opens(struct span line) { return starts_any(line, opens, ROWS(opens)); }
bool quote_word_self(struct span text) { return holds_any(text, self, ROWS(self)); }
bool quote_word_original(struct span text) { return is_any(text, original, ROWS(original)); }
bool quote_word_forward(struct span text) { return is_any(text, forward, ROWS(forward)); }
bool quote_word_above(struct span text) { return starts_any(text, above, ROWS(above)); }
bool quote_word_device(struct span line) { return starts_any(line, device, ROWS(device)); }
