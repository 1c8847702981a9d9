#include "rules.h"

#include <string.h>

#include "../model/conversation.h"

enum condition_kind {
    CONDITION_ALL,
    CONDITION_ANY,
    CONDITION_NOT,
    CONDITION_NUMBER,
    CONDITION_TEXT
};

/* How a signal is compared. `among` is right for `is`, `in` and a bare value alike. */
struct comparison {
    bool has_at_least, has_below, has_among, has_not_among;
    double at_least, below;
    double *numbers, *not_numbers;
    const char **texts, **not_texts;
    int n_among, n_not_among;
};

struct condition {
    enum condition_kind kind;
    struct condition **parts; /* ALL, ANY, NOT */
    int n_parts;
    enum signal_number number;
    enum signal_text text;
    struct comparison compare;
};

/* ---- judging ---- */

static enum verdict rules_all(const struct condition *c, const struct signals *s) {
    enum verdict least = VERDICT_YES;
    for (int i = 0; i < c->n_parts; i++) {
        enum verdict v = rules_judge(c->parts[i], s);
        least = v < least ? v : least;
    }
    return least;
}

static enum verdict rules_any(const struct condition *c, const struct signals *s) {
    enum verdict most = VERDICT_NO;
    for (int i = 0; i < c->n_parts; i++) {
        enum verdict v = rules_judge(c->parts[i], s);
        most = v > most ? v : most;
    }
    return most;
}

static enum verdict rules_not(const struct condition *c, const struct signals *s) {
    return (enum verdict)(VERDICT_YES - rules_all(c, s));
}

/* Signals are floats: 0.6 in a policy and 0.6 in a reading must meet as the same number. */
static bool rules_number_among(const double *numbers, int n, float v) {
    for (int i = 0; i < n; i++)
        if ((float)numbers[i] == v)
            return true;
    return false;
}

static bool rules_text_among(const char *const *texts, int n, const char *v) {
    for (int i = 0; i < n; i++)
        if (strcmp(texts[i], v) == 0)
            return true;
    return false;
}

static enum verdict rules_number(const struct condition *c, const struct signals *s) {
    const struct comparison *k = &c->compare;
    if (!signals_known(s, c->number))
        return VERDICT_UNKNOWN;
    float v = s->number[c->number];
    bool yes = (!k->has_at_least || v >= (float)k->at_least) &&
               (!k->has_below || v < (float)k->below) &&
               (!k->has_among || rules_number_among(k->numbers, k->n_among, v)) &&
               (!k->has_not_among || !rules_number_among(k->not_numbers, k->n_not_among, v));
    return yes ? VERDICT_YES : VERDICT_NO;
}

static enum verdict rules_text(const struct condition *c, const struct signals *s) {
    const struct comparison *k = &c->compare;
    const char *v = s->text[c->text];
    if (!v)
        return VERDICT_UNKNOWN;
    bool yes = (!k->has_among || rules_text_among(k->texts, k->n_among, v)) &&
               (!k->has_not_among || !rules_text_among(k->not_texts, k->n_not_among, v));
    return yes ? VERDICT_YES : VERDICT_NO;
}

static enum verdict (*const rules_judges[])(const struct condition *, const struct signals *) = {
    [CONDITION_ALL] = rules_all,       [CONDITION_ANY] = rules_any,   [CONDITION_NOT] = rules_not,
    [CONDITION_NUMBER] = rules_number, [CONDITION_TEXT] = rules_text,
};

enum verdict rules_judge(const struct condition *when, const struct signals *s) {
    return rules_judges[when->kind](when, s);
}

static const struct condition *rules_first(const struct condition *c, enum condition_kind kind) {
    if (c->kind == kind)
        return c;
    for (int i = 0; i < c->n_parts; i++) {
        const struct condition *found = rules_first(c->parts[i], kind);
        if (found)
            return found;
    }
    return NULL;
}

double rules_strength(const struct condition *when, const struct signals *s) {
    const struct condition *c = rules_first(when, CONDITION_NUMBER);
    return c && signals_known(s, c->number) ? (double)s->number[c->number] : 1;
}

const char *rules_seen_text(const struct condition *when, const struct signals *s) {
    const struct condition *c = rules_first(when, CONDITION_TEXT);
    return c ? s->text[c->text] : NULL;
}

/* ---- parsing ---- */

struct place {
    struct arena *a;
    const char *at; /* JSON pointer of what is being parsed */
    struct why *why;
};

static enum err rules_refuse(const struct place *p, const char *text) {
    return why_set(p->why, ERR_INVALID, p->at, "%s", text);
}

/* The place of a member; ~ and / in its name are escaped as RFC 6901 says. */
static struct place rules_member(const struct place *p, const char *name) {
    buf_auto escaped;
    buf_init(&escaped, WHY_POINTER_MAX);
    for (const char *c = name; *c; c++) {
        if (*c == '~' || *c == '/')
            buf_adds(&escaped, *c == '~' ? "~0" : "~1");
        else
            buf_addc(&escaped, *c);
    }
    const char *at = arena_printf(p->a, "%s/%s", p->at, escaped.p ? escaped.p : "");
    return (struct place){p->a, at, p->why};
}

static struct place rules_item(const struct place *p, size_t i) {
    return (struct place){p->a, arena_printf(p->a, "%s/%zu", p->at, i), p->why};
}

static enum err rules_number_value(const struct place *p, const json_t *j, double *v) {
    if (!json_is_number(j) && !json_is_boolean(j))
        return rules_refuse(p, "must be a number or a flag: the signal is one");
    *v = json_is_boolean(j) ? json_is_true(j) : json_number_value(j);
    return OK;
}

static enum err rules_text_value(const struct place *p, const json_t *j, const char **v) {
    if (!json_is_string(j))
        return rules_refuse(p, "must be a text: the signal is one");
    *v = arena_strdup(p->a, json_string_value(j));
    return OK;
}

static enum err rules_value(const struct place *p, const struct condition *c, const json_t *j,
                            double *number, const char **text) {
    return c->kind == CONDITION_NUMBER ? rules_number_value(p, j, number)
                                       : rules_text_value(p, j, text);
}

/* One value or a list of them, all of the signal's type. */
static enum err rules_values(const struct place *p, const json_t *j, struct condition *c,
                             bool negative) {
    bool is_list = json_is_array(j);
    size_t n = is_list ? json_array_size(j) : 1;
    if (n == 0 || n > RULES_VALUES_MAX)
        return rules_refuse(p, "must be a value or a list of 1 to 100 values");
    double *numbers = ARENA_ARRAY(p->a, double, n);
    const char **texts = ARENA_ARRAY(p->a, const char *, n);
    for (size_t i = 0; i < n; i++) {
        struct place here = is_list ? rules_item(p, i) : *p;
        const json_t *value = is_list ? json_array_get(j, i) : j;
        TRY(rules_value(&here, c, value, &numbers[i], &texts[i]));
    }
    struct comparison *k = &c->compare;
    if (negative) {
        k->has_not_among = true, k->n_not_among = (int)n;
        k->not_numbers = numbers, k->not_texts = texts;
    } else {
        k->has_among = true, k->n_among = (int)n;
        k->numbers = numbers, k->texts = texts;
    }
    return OK;
}

static enum err rules_bound(const struct place *p, const json_t *j, struct condition *c, bool low) {
    if (c->kind != CONDITION_NUMBER)
        return rules_refuse(p, "a text has no order: use \"is\", \"in\" or \"not_in\"");
    if (!json_is_number(j))
        return rules_refuse(p, "must be a number");
    if (low)
        c->compare.has_at_least = true, c->compare.at_least = json_number_value(j);
    else
        c->compare.has_below = true, c->compare.below = json_number_value(j);
    return OK;
}

static const struct {
    const char *name;
    enum err (*parse)(const struct place *, const json_t *, struct condition *, bool);
    bool flag;
} rules_operators[] = {
    {"is", rules_values, false},     {"in", rules_values, false},   {"not_in", rules_values, true},
    {"at_least", rules_bound, true}, {"below", rules_bound, false},
};
#define RULES_OPERATORS (sizeof(rules_operators) / sizeof(*rules_operators))

static enum err rules_operator(const struct place *p, const char *name, const json_t *j,
                               struct condition *c) {
    for (size_t i = 0; i < RULES_OPERATORS; i++)
        if (strcmp(rules_operators[i].name, name) == 0)
            return rules_operators[i].parse(p, j, c, rules_operators[i].flag);
    return rules_refuse(p, "must be is, in, not_in, at_least or below");
}

static enum err rules_signal(const struct place *p, json_t *j, struct condition *c) {
    if (!json_is_object(j))
        return rules_values(p, j, c, false);
    if (json_object_size(j) == 0)
        return rules_refuse(p, "compares the signal with nothing");
    const char *name;
    json_t *value;
    json_object_foreach(j, name, value) {
        struct place here = rules_member(p, name);
        TRY(rules_operator(&here, name, value, c));
    }
    return OK;
}

static enum err rules_condition(const struct place *p, json_t *j, struct condition **out);

static enum err rules_list(const struct place *p, const json_t *j, struct condition *c) {
    size_t n = json_array_size(j);
    if (!json_is_array(j) || n == 0 || n > RULES_VALUES_MAX)
        return rules_refuse(p, "must be a list of 1 to 100 conditions");
    c->parts = ARENA_ARRAY(p->a, struct condition *, n);
    for (; c->n_parts < (int)n; c->n_parts++) {
        struct place here = rules_item(p, (size_t)c->n_parts);
        TRY(rules_condition(&here, json_array_get(j, (size_t)c->n_parts), &c->parts[c->n_parts]));
    }
    return OK;
}

static enum err rules_negation(const struct place *p, json_t *j, struct condition *c) {
    c->kind = CONDITION_NOT;
    c->parts = ARENA_ARRAY(p->a, struct condition *, 1);
    c->n_parts = 1;
    return rules_condition(p, j, &c->parts[0]);
}

static enum err rules_part(const struct place *p, const char *name, json_t *j,
                           struct condition **out) {
    struct condition *c = *out = ARENA_NEW(p->a, struct condition);
    if (strcmp(name, "not") == 0)
        return rules_negation(p, j, c);
    if (strcmp(name, "all") == 0 || strcmp(name, "any") == 0) {
        c->kind = name[1] == 'l' ? CONDITION_ALL : CONDITION_ANY;
        return rules_list(p, j, c);
    }
    if (signals_find_number(name, &c->number))
        c->kind = CONDITION_NUMBER;
    else if (signals_find_text(name, &c->text))
        c->kind = CONDITION_TEXT;
    else
        return rules_refuse(p, "is no signal, and not one of all, any, not");
    return rules_signal(p, j, c);
}

static enum err rules_condition(const struct place *p, json_t *j, struct condition **out) {
    if (!json_is_object(j))
        return rules_refuse(p, "must be an object of signals");
    struct condition *c = *out = ARENA_NEW(p->a, struct condition);
    c->kind = CONDITION_ALL;
    c->parts = ARENA_ARRAY(p->a, struct condition *, json_object_size(j));
    const char *name;
    json_t *value;
    json_object_foreach(j, name, value) {
        struct place here = rules_member(p, name);
        TRY(rules_part(&here, name, value, &c->parts[c->n_parts]));
        c->n_parts++;
    }
    return OK;
}

struct rule_json {
    const char *name, *unknown;
    json_t *when, *then;
};
static const struct json_field rules_rule_fields[] = {
    {"name", JSON_KIND_ID, true, offsetof(struct rule_json, name), 0, 0},
    {"when", JSON_KIND_OBJECT, true, offsetof(struct rule_json, when), 0, 0},
    {"then", JSON_KIND_OBJECT, true, offsetof(struct rule_json, then), 0, 0},
    {"unknown", JSON_KIND_TEXT, false, offsetof(struct rule_json, unknown), 0, 8},
};

struct then_json {
    const char *mode, *queue, *review, *reason;
    int64_t priority;
};
static const struct json_field rules_then_fields[] = {
    {"mode", JSON_KIND_TEXT, false, offsetof(struct then_json, mode), 0, 32},
    {"queue", JSON_KIND_ID, false, offsetof(struct then_json, queue), 0, 0},
    {"priority", JSON_KIND_INTEGER, false, offsetof(struct then_json, priority), PRIORITY_HIGHEST,
     PRIORITY_LOWEST},
    {"review", JSON_KIND_TEXT, false, offsetof(struct then_json, review), 0, 16},
    {"reason", JSON_KIND_TEXT, false, offsetof(struct then_json, reason), 0, 64},
};
#define RULES_ROWS(rows) rows, (int)(sizeof(rows) / sizeof(*(rows)))

static enum err rules_then(const struct place *p, const json_t *j, struct rule *r) {
    struct then_json then = {.priority = 0};
    TRY(json_fill(j, p->at, RULES_ROWS(rules_then_fields), &then, p->why));
    struct place mode = rules_member(p, "mode"), review = rules_member(p, "review");
    struct place reason = rules_member(p, "reason");
    if (then.mode && (!mode_parse(then.mode, &r->mode) || r->mode == MODE_NONE))
        return rules_refuse(&mode, "must be self_service, human_backup, human or human_emotion");
    if (then.review && (!review_parse(then.review, &r->review) || r->review == REVIEW_NONE))
        return rules_refuse(&review, "must be after or before");
    if (then.reason && !reasons_find(then.reason, &r->reason))
        return rules_refuse(&reason, "is no reason code");
    r->queue = then.queue ? arena_strdup(p->a, then.queue) : "";
    r->priority = (int)then.priority;
    if (json_object_size(j) == 0)
        return rules_refuse(p, "decides nothing");
    return OK;
}

static enum err rules_rule(const struct place *p, const json_t *j, struct rule *r) {
    struct rule_json in = {.name = NULL};
    TRY(json_fill(j, p->at, RULES_ROWS(rules_rule_fields), &in, p->why));
    struct place when = rules_member(p, "when"), then = rules_member(p, "then");
    struct place unknown = rules_member(p, "unknown");
    if (in.unknown && strcmp(in.unknown, "yes") != 0 && strcmp(in.unknown, "no") != 0)
        return rules_refuse(&unknown, "must be yes or no");
    *r = (struct rule){.name = arena_strdup(p->a, in.name), .reason = REASON_rule_matched};
    r->unknown_is_yes = in.unknown && strcmp(in.unknown, "yes") == 0;
    struct condition *condition = NULL;
    TRY(rules_condition(&when, in.when, &condition));
    r->when = condition;
    return rules_then(&then, in.then, r);
}

enum err rules_parse(struct arena *a, const json_t *list, const char *at, struct rules *out,
                     struct why *why) {
    struct place p = {a, at, why};
    size_t n = json_array_size(list);
    if (!json_is_array(list) || n > RULES_MAX)
        return rules_refuse(&p, "must be a list of at most 200 rules");
    *out = (struct rules){ARENA_ARRAY(a, struct rule, n ? n : 1), 0};
    for (; out->n < (int)n; out->n++) {
        struct place here = rules_item(&p, (size_t)out->n);
        TRY(rules_rule(&here, json_array_get(list, (size_t)out->n), &out->items[out->n]));
    }
    return OK;
}
