#include "usage.h"

#include <string.h>

#define NAME_CHARS_MAX 32

struct fact_json {
    const char *name, *pattern, *separator;
};
static const struct json_field fact_rows[] = {
    {"name", JSON_KIND_TEXT, true, offsetof(struct fact_json, name), 1, NAME_CHARS_MAX},
    {"pattern", JSON_KIND_TEXT, true, offsetof(struct fact_json, pattern), 1, PATTERN_CHARS_MAX},
    {"separator", JSON_KIND_TEXT, false, offsetof(struct fact_json, separator), 0, 1},
};
#define FACT_ROWS ((int)(sizeof fact_rows / sizeof *fact_rows))

/* These have a form of their own that no pattern tells: check digits, a normal form. */
static const char *const built_in[] = {"email", "phone", "iban", "amount", "date"};

static bool is_name(const char *s) {
    return s[0] >= 'a' && s[0] <= 'z' &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

static bool is_built_in(const char *name) {
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcmp(built_in[i], name) == 0)
            return true;
    return false;
}

static enum err parse_fact(struct arena *a, const json_t *j, const char *at, struct usage_fact *out,
                           struct why *why) {
    struct fact_json in = {.separator = ""};
    TRY(json_fill(j, at, fact_rows, FACT_ROWS, &in, why));
    if (!is_name(in.name))
        return why_set(why, ERR_INVALID, arena_printf(a, "%s/name", at),
                       "must be of a-z, 0-9 and _, the first a letter");
    if (is_built_in(in.name))
        return why_set(why, ERR_INVALID, arena_printf(a, "%s/name", at),
                       "is read by a rule of its own and takes no pattern");
    if (*in.separator && !strchr("-./_ ", *in.separator))
        return why_set(why, ERR_INVALID, arena_printf(a, "%s/separator", at),
                       "must be one of - . / _ and blank, or nothing");
    out->name = arena_strdup(a, in.name);
    out->separator = *in.separator;
    return pattern_compile(in.pattern, arena_printf(a, "%s/pattern", at), &out->pattern, why);
}

enum err usage_parse_facts(struct arena *a, const json_t *list, const char *at, struct usage *out,
                           struct why *why) {
    size_t n = json_array_size(list);
    struct usage_fact *facts = ARENA_ARRAY(a, struct usage_fact, n + 1);
    for (size_t i = 0; i < n; i++)
        TRY(parse_fact(a, json_array_get(list, i), arena_printf(a, "%s/%zu", at, i), &facts[i],
                       why));
    out->facts = facts;
    out->n_facts = (int)n;
    return OK;
}

/* ---- display norms ---- */

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* In small letters, parts parted by hyphens; cut where it is too long to be one. */
static void plain_locale(const char *locale, char out[USAGE_LOCALE_MAX + 1]) {
    size_t n = 0;
    for (; locale && locale[n] && n < USAGE_LOCALE_MAX; n++) {
        char c = locale[n];
        out[n] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c == '_' ? '-' : c);
    }
    out[n] = '\0';
}

static bool is_locale(const char *plain) {
    size_t n = strspn(plain, LETTERS);
    bool fits = n == 2 || n == 3;
    for (const char *part = plain + n; fits && *part; part += n + 1) {
        n = strspn(part + 1, LETTERS "0123456789");
        fits = *part == '-' && n >= 2 && n <= 8;
    }
    return fits;
}

static struct usage_norm *norm_slot(struct usage *u, const char *locale) {
    for (int i = 0; i < u->n_norms; i++)
        if (strcmp(u->norms[i].locale, locale) == 0)
            return &u->norms[i];
    return u->n_norms < USAGE_NORMS_MAX ? &u->norms[u->n_norms++] : NULL;
}

static enum err parse_norm(struct arena *a, const char *name, double factor, struct usage *out) {
    char locale[USAGE_LOCALE_MAX + 1];
    plain_locale(name, locale);
    struct usage_norm *norm = norm_slot(out, locale);
    if (!norm)
        return ERR_LIMIT;
    *norm = (struct usage_norm){arena_strdup(a, locale), factor};
    return OK;
}

static bool names_locale(const char *name) {
    char locale[USAGE_LOCALE_MAX + 1];
    plain_locale(name, locale);
    return strlen(name) <= USAGE_LOCALE_MAX && is_locale(locale);
}

enum err usage_parse_norms(struct arena *a, json_t *j, const char *at, struct usage *out,
                           struct why *why) {
    const char *name;
    json_t *factor;
    if (!out->norms)
        out->norms = ARENA_ARRAY(a, struct usage_norm, USAGE_NORMS_MAX);
    json_object_foreach(j, name, factor) {
        double v = json_number_value(factor);
        const char *here = arena_printf(a, "%s/%s", at, name);
        if (!names_locale(name))
            return why_set(why, ERR_INVALID, here,
                           "must be named by a language or locale, as in \"da\" or \"de-CH\"");
        if (!json_is_number(factor) || v < USAGE_NORM_LEAST || v > USAGE_NORM_MOST)
            return why_set(why, ERR_INVALID, here, "must be a number from 0.5 to 2");
        if (parse_norm(a, name, v, out) != OK)
            return why_set(why, ERR_INVALID, at, "names more than 64 languages and locales");
    }
    return OK;
}

/* How much of the locale the name is: whole parts only. */
static size_t covers(const char *name, const char *locale) {
    size_t n = strlen(name);
    bool whole = strncmp(name, locale, n) == 0 && (locale[n] == '\0' || locale[n] == '-');
    return whole ? n : 0;
}

double usage_norm(const struct usage *u, const char *language, const char *locale) {
    char spoken[USAGE_LOCALE_MAX + 1];
    double factor = 1;
    size_t best = 0;
    plain_locale(locale, spoken);
    bool fits = covers(language, spoken) > 0;
    for (int i = 0; u && i < u->n_norms; i++) {
        size_t covered = covers(u->norms[i].locale, fits ? spoken : language);
        if (covered > best)
            factor = u->norms[i].factor;
        best = covered > best ? covered : best;
    }
    return factor;
}

bool usage_names(const struct usage *u, const char *name) {
    for (int i = 0; u && i < u->n_facts; i++)
        if (strcmp(u->facts[i].name, name) == 0)
            return true;
    return false;
}
