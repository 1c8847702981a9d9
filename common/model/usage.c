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

bool usage_names(const struct usage *u, const char *name) {
    for (int i = 0; u && i < u->n_facts; i++)
        if (strcmp(u->facts[i].name, name) == 0)
            return true;
    return false;
}
