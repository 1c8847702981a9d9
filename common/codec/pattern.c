#include "pattern.h"

#include <string.h>

#include "utf8.h"

#define EDGE_START 1
#define EDGE_END 2

static const char digits[] = "0123456789", letters[] = "abcdefghijklmnopqrstuvwxyz";
/* What people write between the parts of a number, folded: hyphens and dashes, blanks. */
static const uint32_t separating[] = {' ',    '-',    '.',    '/',    '_',    0x00A0, 0x2007,
                                      0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x202F, 0x3000};
/* Marks of other pattern languages: whoever writes one means something that is not here. */
static const char foreign[] = "(){}]|*+^$?";

/* ---- compiling ---- */

struct compiling {
    struct pattern *p;
    const char *text, *rest;
    const char *at;
    struct why *why;
    uint32_t set[128]; /* what the atom just read takes */
    int n_set;
    bool separator, digit;
    int required, digits;
};

static enum err complain(const struct compiling *c, const char *place, const char *text) {
    char until[PATTERN_CHARS_MAX * 4 + 1] = {0};
    memcpy(until, c->text, (size_t)(place - c->text));
    return why_set(c->why, ERR_INVALID, c->at, "character %d: %s", (int)utf8_count(until) + 1,
                   text);
}

static void take(struct compiling *c, uint32_t cp) {
    if (c->n_set < (int)(sizeof c->set / sizeof *c->set))
        c->set[c->n_set++] = cp;
}

static void take_all(struct compiling *c, const char *ascii) {
    for (; *ascii; ascii++)
        take(c, (uint32_t)*ascii);
}

static uint32_t next_folded(struct compiling *c) {
    uint32_t cp;
    c->rest += utf8_next(c->rest, &cp);
    return utf8_fold(cp);
}

static bool is_plain(uint32_t cp) {
    return cp < 0x80 && (strchr(digits, (int)cp) || strchr(letters, (int)cp));
}

/* [AB0-4]: a range goes from letter to letter or digit to digit. */
static enum err compile_set(struct compiling *c) {
    const char *open = c->rest - 1;
    while (*c->rest && *c->rest != ']') {
        const char *here = c->rest;
        uint32_t first = next_folded(c), last = first;
        if (*c->rest == '-' && c->rest[1] && c->rest[1] != ']') {
            c->rest++;
            last = next_folded(c);
        }
        bool range = last != first;
        bool alike = is_plain(first) && is_plain(last) && (first <= '9') == (last <= '9');
        if (range && (!alike || last < first))
            return complain(c, here, "a range goes from a letter or digit to a later one");
        for (uint32_t cp = first; cp <= last; cp++)
            take(c, cp);
    }
    if (*c->rest != ']' || c->n_set == 0)
        return complain(c, open, "[ wants characters and a ] behind them");
    c->rest++;
    return OK;
}

static enum err compile_escape(struct compiling *c) {
    const char *here = c->rest - 1;
    uint32_t cp = *c->rest ? next_folded(c) : 'a';
    if (cp >= 0x80 || is_plain(cp))
        return complain(c, here, "\\ stands before a mark only; a digit is #, a letter @");
    take(c, cp);
    return OK;
}

static bool all_digits(const struct compiling *c) {
    for (int i = 0; i < c->n_set; i++)
        if (c->set[i] < '0' || c->set[i] > '9')
            return false;
    return true;
}

/* What the signs for a digit, a letter, either and a separator take; nothing for other characters.
 */
static void take_sign(struct compiling *c, uint32_t cp) {
    if (cp == '#' || cp == '&')
        take_all(c, digits);
    if (cp == '@' || cp == '&')
        take_all(c, letters);
    for (size_t i = 0; cp == '~' && i < sizeof separating / sizeof *separating; i++)
        take(c, separating[i]);
}

static enum err compile_atom(struct compiling *c) {
    const char *here = c->rest;
    uint32_t cp = next_folded(c);
    c->n_set = 0;
    c->separator = cp == '~';
    take_sign(c, cp);
    if (cp < 0x80 && strchr(foreign, (int)cp))
        return complain(c, here, "has no meaning here; write \\ before a mark that is part of it");
    if (cp < 0x20 || cp == 0x7F)
        return complain(c, here, "is no character that people write");
    if (cp == '[')
        TRY(compile_set(c));
    else if (cp == '\\')
        TRY(compile_escape(c));
    else if (c->n_set == 0)
        take(c, cp);
    c->digit = all_digits(c);
    return OK;
}

/* Up to two digits; -1 for none. */
static int compile_number(struct compiling *c) {
    int n = -1;
    for (int i = 0; i < 2 && *c->rest >= '0' && *c->rest <= '9'; i++)
        n = (n < 0 ? 0 : n * 10) + (*c->rest++ - '0');
    return n;
}

static enum err compile_count(struct compiling *c, int *least, int *most) {
    const char *here = c->rest;
    *least = c->separator ? 0 : 1;
    *most = 1;
    bool counted = *c->rest == '?' || *c->rest == '{';
    if (counted && c->separator)
        return complain(c, here, "~ may be missing as it is and takes no count");
    if (*c->rest == '?') {
        c->rest++;
        *least = 0;
        return OK;
    }
    if (!counted)
        return OK;
    c->rest++;
    *least = *most = compile_number(c);
    if (*c->rest == ',') {
        c->rest++;
        *most = compile_number(c);
    }
    if (*c->rest != '}' || *least < 0 || *most < 1 || *most < *least)
        return complain(c, here, "a count is {5} or {4,8}");
    c->rest++;
    return OK;
}

static enum err refuse(const struct compiling *c, const char *text) {
    return why_set(c->why, ERR_INVALID, c->at, "%s", text);
}

static bool let_take(struct pattern *p, uint32_t cp, uint64_t bit) {
    int i = 0;
    if (cp < 0x80) {
        p->ascii[cp] |= bit;
        return true;
    }
    while (i < p->n_others && p->others[i].cp < cp)
        i++;
    if (i == p->n_others || p->others[i].cp != cp) {
        if (p->n_others == PATTERN_OTHERS_MAX)
            return false;
        memmove(&p->others[i + 1], &p->others[i],
                (size_t)(p->n_others++ - i) * sizeof p->others[0]);
        p->others[i].cp = cp;
        p->others[i].takes = 0;
    }
    p->others[i].takes |= bit;
    return true;
}

static enum err place_atom(struct compiling *c, bool optional) {
    struct pattern *p = c->p;
    if (p->positions == PATTERN_POSITIONS_MAX)
        return refuse(c, "finds more than 48 characters");
    uint64_t bit = UINT64_C(2) << p->positions++;
    for (int i = 0; i < c->n_set; i++)
        if (!let_take(p, c->set[i], bit))
            return refuse(c, "tells too many characters apart");
    p->optional |= optional ? bit : 0;
    p->separators |= c->separator ? bit : 0;
    p->digits_only &= c->separator || c->digit;
    c->required += !optional;
    c->digits += !optional && c->digit;
    return OK;
}

static enum err compile_all(struct compiling *c) {
    while (*c->rest) {
        int least, most;
        TRY(compile_atom(c));
        TRY(compile_count(c, &least, &most));
        for (int i = 0; i < most; i++)
            TRY(place_atom(c, i >= least));
    }
    if (c->required < PATTERN_REQUIRED_MIN || c->digits == 0)
        return refuse(c, "must ask for at least 3 characters, one of them a digit");
    return OK;
}

enum err pattern_compile(const char *text, const char *at, struct pattern *out, struct why *why) {
    struct compiling c = {.p = out, .text = text, .rest = text, .at = at, .why = why};
    *out = (struct pattern){.digits_only = true};
    if (utf8_count(text) > PATTERN_CHARS_MAX)
        return refuse(&c, "is longer than 128 characters");
    TRY(compile_all(&c));
    out->before = out->optional >> 1 & ~out->optional;
    out->last = out->optional & ~(out->optional >> 1);
    return OK;
}

/* ---- edges ---- */

static bool is_digit(uint32_t cp) { return cp >= '0' && cp <= '9'; }

/* Of scripts that write words without blanks inside; folded. */
static bool is_wordly(uint32_t cp) {
    if (cp < 0x80)
        return is_digit(cp) || (cp >= 'a' && cp <= 'z');
    enum utf8_script s = utf8_script(cp);
    return s == UTF8_LATIN || s == UTF8_CYRILLIC || s == UTF8_ARABIC || s == UTF8_OTHER_LETTER ||
           s == UTF8_DIGIT;
}

/* A mark that makes one of what stands around it: "AB-12345", "12.50", "me@home". */
static bool binds(uint32_t before, uint32_t mark, uint32_t after) {
    if (mark == '@')
        return is_wordly(before) || is_wordly(after);
    if (mark == '-' || mark == '_')
        return is_wordly(before) && is_wordly(after);
    bool numeric = mark == '.' || mark == ',' || mark == '/' || mark == ':';
    return numeric && is_digit(before) && is_digit(after);
}

void pattern_open(struct arena *a, const char *text, int n, struct pattern_text *out) {
    uint32_t *cps = ARENA_ARRAY(a, uint32_t, n + 4), *at = cps + 2; /* blanks around it */
    uint8_t *edges = ARENA_ARRAY(a, uint8_t, n + 1);
    int count = 0;
    for (; count < n && *text; count++) {
        uint32_t cp;
        text += utf8_next(text, &cp);
        at[count] = utf8_fold(cp);
    }
    for (int i = 0; i <= count; i++) {
        bool inside = is_wordly(at[i - 1]) && is_wordly(at[i]);
        bool starts = !inside && !binds(at[i - 2], at[i - 1], at[i]);
        bool ends = !inside && !binds(at[i - 1], at[i], at[i + 1]);
        edges[i] = (uint8_t)((starts ? EDGE_START : 0) | (ends ? EDGE_END : 0));
    }
    *out = (struct pattern_text){at, edges, count, 0};
}

/* ---- running ---- */

static uint64_t takers(const struct pattern *p, uint32_t cp) {
    if (cp < 0x80)
        return p->ascii[cp];
    int low = 0, high = p->n_others;
    while (low < high) {
        int middle = (low + high) / 2;
        if (p->others[middle].cp < cp)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->n_others && p->others[low].cp == cp ? p->others[low].takes : 0;
}

/* Whatever stands before or in a run of positions that may be left out also stands behind them, up
 * to the end of the run: a subtraction borrows its way through each run at once. */
static uint64_t skip(const struct pattern *p, uint64_t state) {
    uint64_t ends = state | p->last;
    return state | (p->optional & (~(ends - p->before) ^ ends));
}

static uint64_t step(const struct pattern *p, uint64_t state, uint32_t cp) {
    return state << 1 & takers(p, cp);
}

static bool accepts(const struct pattern *p, uint64_t state) { return state >> p->positions & 1; }

/* The longest find that starts here; -1 for none. *meets: does one end at `end`? */
static int run_from(const struct pattern *p, struct pattern_text *t, int start, int end,
                    bool *meets) {
    uint64_t state = skip(p, 1);
    int longest = -1;
    *meets = false;
    for (int i = start; i < t->n && state; i++) {
        state = skip(p, step(p, state, t->folded[i]));
        t->steps++;
        if (accepts(p, state) && t->edges[i + 1] & EDGE_END) {
            longest = i + 1;
            *meets |= longest == end;
        }
    }
    return longest;
}

static bool find_start(const struct pattern *p, struct pattern_text *t, int from, int end,
                       struct pattern_match *out) {
    int first = end - p->positions > from ? end - p->positions : from;
    for (int start = first; start < end; start++) {
        bool meets = false;
        int longest = t->edges[start] & EDGE_START ? run_from(p, t, start, end, &meets) : -1;
        if (!meets)
            continue;
        *out = (struct pattern_match){start, longest};
        return true;
    }
    return false;
}

bool pattern_find(const struct pattern *p, struct pattern_text *t, int from,
                  struct pattern_match *out) {
    uint64_t state = 0;
    for (int i = from; i < t->n; i++) {
        state = skip(p, state | (t->edges[i] & EDGE_START));
        state = skip(p, step(p, state, t->folded[i]));
        t->steps++;
        if (accepts(p, state) && t->edges[i + 1] & EDGE_END)
            return find_start(p, t, from, i + 1, out);
    }
    return false;
}

/* ---- value ---- */

static uint32_t capital(uint32_t cp) { return cp >= 'a' && cp <= 'z' ? cp - 32 : cp; }

/* From the end back: which position took which code point. */
void pattern_value(const struct pattern *p, const struct pattern_text *t, struct pattern_match m,
                   char separator, char out[PATTERN_VALUE_MAX]) {
    uint64_t states[PATTERN_POSITIONS_MAX + 1] = {skip(p, 1)};
    uint32_t said[PATTERN_POSITIONS_MAX + 1];
    int n = m.end - m.start, k = n, n_said = 0;
    for (int i = 0; i < n; i++)
        states[i + 1] = skip(p, step(p, states[i], t->folded[m.start + i]));
    for (int at = p->positions; at > 0; at--) {
        uint64_t bit = UINT64_C(1) << at;
        uint32_t cp = k > 0 ? t->folded[m.start + k - 1] : 0;
        bool taken = k > 0 && states[k - 1] & bit >> 1 && takers(p, cp) & bit;
        k -= taken;
        if (p->separators & bit)
            cp = (uint32_t)(unsigned char)separator;
        if (cp && (taken || p->separators & bit))
            said[n_said++] = capital(cp);
    }
    char *to = out;
    while (n_said > 0)
        to += utf8_put(said[--n_said], to);
    *to = '\0';
}
