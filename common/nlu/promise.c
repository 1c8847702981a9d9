#include "promise.h"

#include <string.h>

#include "../codec/utf8.h"

/* Folded words with one blank between them and at both ends; a single ideograph is a word. */
static const char *const wordings[] = {
    " i will ",
    " i'll ",
    " we will ",
    " we'll ",
    " i am going to ",
    " i'm going to ",
    " we are going to ",
    " you will receive ",
    " you will hear ",
    " you will get ",
    " you'll get ",
    " you'll receive ",
    " you'll hear ",
    " i promise ",
    " we promise ",
    " will call you ",
    " will get back to you ",
    " ik zal ",
    " we zullen ",
    " wij zullen ",
    " ik ga ",
    " we gaan ",
    " ik bel ",
    " ik stuur ",
    " we sturen ",
    " wij sturen ",
    " ik kom ",
    " we komen ",
    " u krijgt ",
    " u ontvangt ",
    " je krijgt ",
    " je ontvangt ",
    " u hoort ",
    " je hoort ",
    " ik beloof ",
    " jeg vil ",
    " vi vil ",
    " jeg skal nok ",
    " vi skal nok ",
    " jeg sender ",
    " vi sender ",
    " jeg ringer ",
    " vi ringer ",
    " jeg vender tilbage ",
    " vi vender tilbage ",
    " du får ",
    " de får ",
    " du hører fra ",
    " jeg lover ",
    " vi lover ",
    " ich werde ",
    " wir werden ",
    " ich rufe ",
    " wir rufen ",
    " ich schicke ",
    " wir schicken ",
    " ich sende ",
    " wir senden ",
    " ich melde ",
    " wir melden ",
    " sie erhalten ",
    " sie bekommen ",
    " du bekommst ",
    " du erhältst ",
    " sie hören von ",
    " ich verspreche ",
    " wir versprechen ",
    " 我 会 ",
    " 我 们 会 ",
    " 我 将 ",
    " 我 们 将 ",
    " 您 将 ",
    " 您 会 收 到 ",
    " 保 证 ",
};
#define WORDINGS (sizeof wordings / sizeof *wordings)

/* What is not done is promised to nobody; a condition is no promise yet. */
static const char *const refusals[] = {
    " not ",  " won't ", " never ", " cannot ", " can't ",  " unable ",
    " niet ", " nooit ", " geen ",  " ikke ",   " aldrig ", " nicht ",
    " nie ",  " kein ",  " keine ", " 不 ",     " 没 ",
};
#define REFUSALS (sizeof refusals / sizeof *refusals)

static bool has_any(const char *line, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strstr(line, list[i]))
            return true;
    return false;
}

static const char *spelled(struct arena *a, const struct scan *s, int from, int to) {
    size_t room = 2;
    for (int i = from; i < to; i++)
        room += (size_t)s->items[i].bytes + 1;
    char *line = arena_alloc(a, room), *at = line;
    *at++ = ' ';
    for (int i = from; i < to; i++) {
        memcpy(at, s->items[i].fold, (size_t)s->items[i].bytes);
        at += s->items[i].bytes;
        *at++ = ' ';
    }
    *at = '\0';
    return line;
}

/* "24.12." is a date, not the end of two sentences. */
static bool ends_before(const struct scan *s, int at) {
    const struct scan_piece *p = &s->items[at];
    bool number = s->items[at - 1].kind == SCAN_NUMBER;
    bool dotted = number && p->start - s->items[at - 1].end <= (p->kind == SCAN_NUMBER ? 1 : 2);
    return p->before == SCAN_SENTENCE && !dotted;
}

static int sentence_end(const struct scan *s, int from) {
    int to = from + 1;
    while (to < s->n && !ends_before(s, to))
        to++;
    return to;
}

/* The latest moment named in the sentence is when all of it is kept. */
static void find_due(const struct when *times, int n, struct promise_found *p, int64_t now_ms,
                     const struct zone *zone) {
    p->vague = n == 0;
    for (int i = 0; i < n; i++) {
        int64_t due = when_due(&times[i], now_ms, zone);
        p->due_ms = due > p->due_ms ? due : p->due_ms;
        p->vague |= times[i].vague;
    }
    p->vague = p->due_ms == 0;
}

int promise_find(struct arena *a, const char *text, int64_t now_ms, const struct zone *zone,
                 struct promise_found out[PROMISE_MAX]) {
    struct scan s;
    struct when all[WHEN_MAX];
    int n = 0;
    scan_text(a, text, &s);
    int n_all = when_find(text, &s, all);
    for (int from = 0, to; from < s.n && n < PROMISE_MAX; from = to) {
        to = sentence_end(&s, from);
        const char *line = spelled(a, &s, from, to);
        if (!has_any(line, wordings, WORDINGS) || has_any(line, refusals, REFUSALS))
            continue;
        int first = 0, last = 0;
        while (first < n_all && all[first].from < from)
            first++;
        for (last = first; last < n_all && all[last].from < to; last++)
            ;
        struct promise_found *p = &out[n++];
        *p = (struct promise_found){.start = s.items[from].start, .end = s.items[to - 1].end};
        size_t begin = utf8_truncate(text, (size_t)p->start);
        p->text = arena_strndup(a, text + begin, utf8_truncate(text, (size_t)p->end) - begin);
        find_due(all + first, last - first, p, now_ms, zone);
    }
    return n;
}
