#include "fact.h"

#include <ctype.h>
#include <string.h>

#include "../codec/utf8.h"
#include "fact_own.h"

#define ORDER_DIGITS_MIN 3
#define ORDER_BYTES_MAX 28
#define PHONE_DIGITS_MIN 8
#define PHONE_DIGITS_MAX 15
#define WORDS_BEFORE 4
#define WORDS_AFTER 3

struct hunt {
    struct arena *arena;
    const char *text, *at;
    int position; /* code points before at */
    const struct cue_source *from;
    struct reading *out;
    bool orders; /* by word and shape: not where the operator named a pattern for them */
};

/* Bytes of the candidate at the hunt's place, without what stands around it. */
struct find {
    const char *name, *value;
    double confidence;
    size_t bytes;
};

static bool is_alnum(char c) { return isalnum((unsigned char)c) != 0; }

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int count_digits(const char *s, size_t n) {
    int digits = 0;
    for (size_t i = 0; i < n; i++)
        digits += is_digit(s[i]);
    return digits;
}

/* ---- mail addresses ---- */

static size_t domain_length(const char *s) {
    size_t n = 0, dot = 0;
    while (is_alnum(s[n]) || (s[n] == '-' && n) || (s[n] == '.' && n && is_alnum(s[n + 1]))) {
        dot = s[n] == '.' ? n : dot;
        n++;
    }
    bool top_level = dot && n - dot > 2 && isalpha((unsigned char)s[dot + 1]);
    return top_level ? n : 0;
}

static bool find_email(const struct hunt *h, struct find *f) {
    size_t local = 0;
    while (is_alnum(h->at[local]) || (h->at[local] && strchr("._%+-'", h->at[local])))
        local++;
    if (local == 0 || local > 64 || h->at[local] != '@')
        return false;
    size_t domain = domain_length(h->at + local + 1);
    if (domain == 0)
        return false;
    f->bytes = local + 1 + domain;
    char *value = arena_strndup(h->arena, h->at, f->bytes);
    for (char *c = value; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    *f = (struct find){"email", value, 0.98, f->bytes};
    return true;
}

/* ---- what stands near ---- */

static int piece_at(const struct hunt *h) {
    const struct scan *s = h->from->scan;
    int low = 0, high = s->n;
    while (low < high) {
        int middle = (low + high) / 2;
        if (s->items[middle].end <= h->position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Words between the nearest find of the label and the piece; -1 if there is none in reach. */
static int words_to(const struct hunt *h, enum lexicon_label label, int piece) {
    int best = -1;
    for (int i = 0; i < h->from->hits->n; i++) {
        const struct lexicon_hit *hit = &h->from->hits->items[i];
        if (hit->entry->label != label)
            continue;
        int before = piece - hit->to, after = hit->from - piece - 1;
        int distance = before >= 0 ? before : after;
        bool near = before >= 0 ? before <= WORDS_BEFORE : after >= 0 && after <= WORDS_AFTER;
        if (near && (best < 0 || distance < best))
            best = distance;
    }
    return best;
}

static bool is_followed_by(const struct hunt *h, enum lexicon_label label, int piece) {
    for (int i = 0; i < h->from->hits->n; i++) {
        const struct lexicon_hit *hit = &h->from->hits->items[i];
        if (hit->entry->label == label && hit->from == piece + 1)
            return true;
    }
    return false;
}

/* ---- phone numbers ---- */

struct digits {
    size_t bytes;
    int count, groups, longest;
    bool plus, dated;
};

/* 12-11-2026, 2026/11/12, 24.12.: two or three short parts with the same mark between. */
static bool is_date(const char *s, size_t n) {
    size_t part = 0, parts = 1, i = 0;
    char mark = 0;
    for (; i < n; i++) {
        if (is_digit(s[i])) {
            part++;
            continue;
        }
        if (!strchr("-/.", s[i]) || (mark && s[i] != mark) || part == 0 || part == 3 || part > 4)
            return false;
        mark = s[i];
        part = 0;
        parts++;
    }
    return parts == 3 && part > 0 && (part == 2 || part == 4 || part == 1);
}

static struct digits take_digits(const char *s) {
    struct digits d = {.plus = s[0] == '+'};
    size_t i = d.plus;
    int group = 0;
    for (; s[i]; i++) {
        bool mark = strchr(" -()./", s[i]) != NULL;
        bool leads = is_digit(s[i + 1]) || s[i + 1] == '(' || (s[i] == ')' && s[i + 1] == ' ');
        if (is_digit(s[i])) {
            d.groups += group == 0;
            d.count++;
            group++;
            d.longest = group > d.longest ? group : d.longest;
        } else if (mark && leads) {
            group = 0;
        } else {
            break;
        }
    }
    d.bytes = i;
    d.dated = is_date(s, i);
    return d;
}

static char *phone_value(struct arena *a, const char *s, const struct digits *d) {
    char *out = arena_alloc(a, d->bytes + 2), *to = out;
    bool international = d->plus || (s[0] == '0' && s[1] == '0');
    if (international)
        *to++ = '+';
    for (size_t i = d->plus ? 1 : international ? 2 : 0; i < d->bytes; i++)
        if (is_digit(s[i]))
            *to++ = s[i];
    return out;
}

/* How sure the shape alone is; a word beside it says more. */
static double phone_shape(const char *s, const struct digits *d) {
    bool china = d->count == 11 && s[0] == '1' && s[1] >= '3';
    bool national = s[0] == '0' && d->count >= 9 && d->count <= 12;
    bool grouped = d->groups >= 3 && d->longest <= 4 && d->count <= 11;
    if (d->plus || strncmp(s, "00", 2) == 0)
        return 0.95;
    return national ? 0.75 : china && d->groups == 1 ? 0.7 : grouped ? 0.65 : 0;
}

static bool find_phone(const struct hunt *h, struct find *f) {
    if (!is_digit(h->at[0]) && !(h->at[0] == '+' && is_digit(h->at[1])))
        return false;
    struct digits d = take_digits(h->at);
    bool fits = d.count >= PHONE_DIGITS_MIN && d.count <= PHONE_DIGITS_MAX && !d.dated;
    if (!fits || is_alnum(h->at[d.bytes]))
        return false;
    int piece = piece_at(h);
    int named = words_to(h, LEXICON_PHONE, piece), order = words_to(h, LEXICON_ORDER, piece);
    double confidence = named >= 0 ? 0.9 : phone_shape(h->at, &d);
    bool ordered = order >= 0 && (named < 0 || order < named) && !d.plus;
    if (confidence == 0 || ordered)
        return false;
    *f = (struct find){"phone", phone_value(h->arena, h->at, &d), confidence, d.bytes};
    return true;
}

/* ---- order numbers ---- */

static size_t code_length(const char *s) {
    size_t n = 0;
    while (is_alnum(s[n]) || (n && strchr("-/_", s[n]) && s[n] && is_alnum(s[n + 1])))
        n++;
    return n;
}

/* "DK-10023", "ORD123456": capitals, then at least four digits. */
static bool is_strong_shape(const char *s, size_t n) {
    size_t letters = 0;
    while (letters < n && s[letters] >= 'A' && s[letters] <= 'Z')
        letters++;
    bool rest = count_digits(s + letters, n - letters) >= 4;
    for (size_t i = letters; i < n; i++)
        rest &= is_digit(s[i]) || s[i] == '-';
    return letters >= 1 && letters <= 5 && rest;
}

/* A price, a percentage or a decimal number. */
static bool is_amount(const struct hunt *h, size_t n) {
    static const char *const marks[] = {"€", "$", "£", "¥", "￥", "%"};
    const char *after = h->at + n;
    if ((*after == '.' || *after == ',') && is_digit(after[1]))
        return true;
    after += *after == ' ';
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t m = strlen(marks[i]);
        bool before = h->at >= h->text + m && memcmp(h->at - m, marks[i], m) == 0;
        bool spaced =
            h->at > h->text + m && h->at[-1] == ' ' && memcmp(h->at - m - 1, marks[i], m) == 0;
        if (before || spaced || strncmp(after, marks[i], m) == 0)
            return true;
    }
    return h->at > h->text + 1 && (h->at[-1] == '.' || h->at[-1] == ',') && is_digit(h->at[-2]);
}

static bool is_year(const char *s, size_t n) {
    return n == 4 && (strncmp(s, "19", 2) == 0 || strncmp(s, "20", 2) == 0);
}

static double order_confidence(const struct hunt *h, size_t n, bool hash) {
    int piece = piece_at(h), near = words_to(h, LEXICON_ORDER, piece);
    if (is_followed_by(h, LEXICON_NOT_ORDER, piece))
        return 0;
    if (is_year(h->at, n) && !hash && near != 0)
        return 0;
    if (near >= 0)
        return near <= 1 ? 0.95 : 0.85;
    return hash ? 0.85 : is_strong_shape(h->at, n) ? 0.6 : 0;
}

static bool find_order(const struct hunt *h, struct find *f) {
    size_t hash = h->at[0] == '#', n = code_length(h->at + hash);
    struct hunt inner = *h;
    inner.at += hash;
    inner.position += (int)hash;
    bool fits = n <= ORDER_BYTES_MAX && count_digits(inner.at, n) >= ORDER_DIGITS_MIN;
    if (!fits || is_date(inner.at, n) || is_amount(&inner, n))
        return false;
    double confidence = order_confidence(&inner, n, hash);
    if (confidence == 0)
        return false;
    char *value = arena_strndup(h->arena, inner.at, n);
    for (char *c = value; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    *f = (struct find){"order_number", value, confidence, n + hash};
    return true;
}

/* ---- the operator's own ---- */

/* A number of nothing but digits is also a price, a year's worth of pieces, a phone number: a word
 * near it settles that it is meant. */
static bool is_own(struct hunt h, struct fact_own *own) {
    size_t bytes = utf8_truncate(h.text, (size_t)own->fact.start);
    h.at = h.text + bytes;
    h.position = own->fact.start;
    if (!own->bare)
        return true;
    size_t n = utf8_truncate(h.at, (size_t)(own->fact.end - own->fact.start));
    int piece = piece_at(&h), order = words_to(&h, LEXICON_ORDER, piece);
    int phone = words_to(&h, LEXICON_PHONE, piece);
    bool named =
        strcmp(own->fact.name, "order_number") == 0 && order >= 0 && (phone < 0 || order < phone);
    if (named)
        own->fact.confidence = FACT_OWN_SURE;
    return named || (!is_amount(&h, n) && !is_followed_by(&h, LEXICON_NOT_ORDER, piece));
}

static void find_own(struct hunt *h, const struct usage *usage) {
    struct fact_own own[FACT_OWN_MAX];
    int n = fact_own_find(h->arena, h->text, usage, own, NULL);
    for (int i = 0; i < n; i++)
        if (is_own(*h, &own[i]))
            h->out->facts[h->out->n_facts++] = own[i].fact;
}

/* ---- the walk ---- */

static bool is_known(const struct hunt *h, const struct find *f) {
    for (int i = 0; i < h->out->n_facts; i++) {
        const struct reading_fact *known = &h->out->facts[i];
        if (strcmp(known->name, f->name) == 0 && strcmp(known->value, f->value) == 0)
            return true;
    }
    return false;
}

/* What stands in the same place is one thing only: the surer. True if the find may stay. */
static bool settle(struct hunt *h, const struct find *f) {
    struct reading *r = h->out;
    int end = h->position + (int)f->bytes, kept = 0;
    for (int i = 0; i < r->n_facts; i++) {
        bool apart = r->facts[i].end <= h->position || r->facts[i].start >= end;
        if (!apart && r->facts[i].confidence >= f->confidence)
            return false;
    }
    for (int i = 0; i < r->n_facts; i++)
        if (r->facts[i].end <= h->position || r->facts[i].start >= end)
            r->facts[kept++] = r->facts[i];
    r->n_facts = kept;
    return true;
}

static void keep(struct hunt *h, const struct find *f) {
    if (is_known(h, f) || !settle(h, f) || h->out->n_facts == READING_FACTS_MAX)
        return;
    h->out->facts[h->out->n_facts++] = (struct reading_fact){
        f->name, f->value, f->confidence, h->position, h->position + (int)f->bytes};
}

static void sort_by_place(struct reading *r) {
    for (int i = 1; i < r->n_facts; i++)
        for (int k = i; k > 0 && r->facts[k].start < r->facts[k - 1].start; k--) {
            struct reading_fact f = r->facts[k];
            r->facts[k] = r->facts[k - 1];
            r->facts[k - 1] = f;
        }
}

/* Only an address or a number is worth a closer look; most words are neither. */
static bool may_be_fact(const struct hunt *h, bool addresses) {
    const char *s = h->at + (*h->at == '#');
    return addresses || *h->at == '+' || count_digits(s, code_length(s)) > 0;
}

/* A run of letters, digits and their marks is looked at once, from its beginning. */
static size_t run_length(const char *s) {
    size_t n = 1;
    while (is_alnum(s[n - 1]) && (is_alnum(s[n]) || (s[n] == '-' && is_alnum(s[n + 1]))))
        n++;
    return n;
}

static bool find_here(const struct hunt *h, struct find *f) {
    return find_email(h, f) || find_phone(h, f) || (h->orders && find_order(h, f));
}

static void walk_text(struct hunt *h) {
    struct find f = {0};
    bool addresses = strchr(h->text, '@') != NULL;
    while (*h->at) {
        uint32_t cp;
        size_t step = (size_t)utf8_next(h->at, &cp);
        int points = 1;
        bool starts = is_alnum(*h->at) || *h->at == '#' || *h->at == '+';
        if (starts && may_be_fact(h, addresses) && find_here(h, &f)) {
            keep(h, &f);
            step = f.bytes;
            points = (int)step;
        } else if (starts) {
            step = run_length(h->at);
            points = (int)step;
        }
        h->at += step;
        h->position += points;
    }
}

void fact_read(struct arena *a, const char *text, const struct cue_source *from,
               const struct usage *usage, struct reading *r) {
    struct hunt h = {a, text, text, 0, from, r, !usage_names(usage, "order_number")};
    bool own = usage && usage->n_facts > 0;
    bool usual = text[strcspn(text, "@0123456789")] != '\0';
    if (!own && !usual)
        return;
    r->facts = ARENA_ARRAY(a, struct reading_fact, READING_FACTS_MAX);
    if (own)
        find_own(&h, usage);
    if (usual)
        walk_text(&h);
    if (own)
        sort_by_place(r);
}
