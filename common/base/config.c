#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "span.h"

#define PREFIX "REDTHREAD_"
#define FILE_SUFFIX "_FILE"
#define VALUE_MAX 65536
#define SEALING_KEY_DIGITS 64

enum value_type { TYPE_TEXT, TYPE_NUMBER, TYPE_FLAG, TYPES };

struct row {
    const char *name, *def, *help;
    size_t offset;
    int64_t min, max;
    enum value_type type;
    bool secret;
};

static const struct row rows[] = {
#define X(field, name, type, def, min, max, secret, help)                                          \
    {name, def, help, offsetof(struct config, field), min, max, TYPE_##type, secret},
#include "config.def"
#undef X
};
#define ROWS ((int)(sizeof rows / sizeof rows[0]))

/* Written into the user's environment for clients of a running system; not for our processes. */
static const char *const client_names[] = {
    "REDTHREAD_URL",       "REDTHREAD_ADMIN_KEY",     "REDTHREAD_CONNECTOR_KEY",
    "REDTHREAD_AGENT_KEY", "REDTHREAD_DASHBOARD_KEY",
};

/* Text settings with a closed set of values. */
static const struct {
    const char *name;
    const char *values[4];
} choices[] = {
    {"REDTHREAD_LOG_FORMAT", {"json", "logfmt", NULL, NULL}},
    {"REDTHREAD_LOG_LEVEL", {"debug", "info", "warn", "error"}},
};

/* The value of a variable whose name is name + suffix; NULL if it is not set. */
static const char *lookup(char *const *environment, const char *name, const char *suffix) {
    size_t name_n = strlen(name), suffix_n = strlen(suffix);
    for (; *environment; environment++) {
        const char *e = *environment;
        if (strncmp(e, name, name_n) == 0 && strncmp(e + name_n, suffix, suffix_n) == 0 &&
            e[name_n + suffix_n] == '=')
            return e + name_n + suffix_n + 1;
    }
    return NULL;
}

static bool is_client_name(struct span name) {
    for (size_t i = 0; i < sizeof client_names / sizeof client_names[0]; i++)
        if (span_is(name, client_names[i]))
            return true;
    return false;
}

static bool is_known_name(struct span name) {
    for (int i = 0; i < ROWS; i++) {
        size_t n = strlen(rows[i].name);
        if (name.n < n || memcmp(name.p, rows[i].name, n) != 0)
            continue;
        struct span rest = {name.p + n, name.n - n};
        if (rest.n == 0 || span_is(rest, FILE_SUFFIX))
            return true;
    }
    return is_client_name(name);
}

static enum err refuse_unknown(char *const *environment, struct why *why) {
    for (; *environment; environment++) {
        struct span name = {*environment, strcspn(*environment, "=")};
        if (strncmp(name.p, PREFIX, strlen(PREFIX)) == 0 && !is_known_name(name))
            return why_set(why, ERR_INVALID, "", "%.*s is not a setting; see `redthread config`",
                           (int)(name.n < 80 ? name.n : 80), name.p);
    }
    return OK;
}

static enum err read_open_file(struct arena *a, const struct row *row, FILE *file, const char **out,
                               struct why *why) {
    char *text = arena_alloc(a, VALUE_MAX + 1);
    size_t n = fread(text, 1, VALUE_MAX + 1, file);
    if (ferror(file))
        return why_set(why, ERR_INVALID, "", "%s_FILE cannot be read: %s", row->name,
                       strerror(errno));
    if (n > VALUE_MAX || memchr(text, '\0', n))
        return why_set(why, ERR_INVALID, "", "%s_FILE names a file that is too large or has NUL",
                       row->name);
    if (n && text[n - 1] == '\n')
        text[--n] = '\0';
    *out = text;
    return OK;
}

static enum err read_file(struct arena *a, const struct row *row, const char *path,
                          const char **out, struct why *why) {
    FILE *file = fopen(path, "re");
    if (!file)
        return why_set(why, ERR_INVALID, "", "%s_FILE cannot be opened: %s", row->name,
                       strerror(errno));
    enum err e = read_open_file(a, row, file, out, why);
    fclose(file);
    return e;
}

static enum err find_value(struct arena *a, char *const *environment, const struct row *row,
                           const char **out, struct why *why) {
    const char *value = lookup(environment, row->name, "");
    const char *path = lookup(environment, row->name, FILE_SUFFIX);
    if (value && path)
        return why_set(why, ERR_INVALID, "", "%s and %s_FILE are both set; give one", row->name,
                       row->name);
    if (path)
        return read_file(a, row, path, out, why);
    *out = value ? value : row->def;
    return OK;
}

static enum err check_choice(const struct row *row, const char *value, struct why *why) {
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (strcmp(choices[i].name, row->name) != 0)
            continue;
        for (int v = 0; v < 4 && choices[i].values[v]; v++)
            if (strcmp(choices[i].values[v], value) == 0)
                return OK;
        return why_set(why, ERR_INVALID, "", "%s must be %s", row->name, row->help);
    }
    return OK;
}

static bool parse_number(const char *s, int64_t *out) {
    size_t digits = strspn(s, "0123456789");
    if (digits == 0 || s[digits])
        return false;
    *out = strtoll(s, NULL, 10); /* too many digits give INT64_MAX, which no row allows */
    return true;
}

typedef enum err set_value(struct arena *a, const struct row *row, const char *value, void *target,
                           struct why *why);

static enum err set_text(struct arena *a, const struct row *row, const char *value, void *target,
                         struct why *why) {
    TRY(check_choice(row, value, why));
    *(const char **)target = arena_strdup(a, value);
    return OK;
}

static enum err set_number(struct arena *a, const struct row *row, const char *value, void *target,
                           struct why *why) {
    (void)a;
    int64_t n;
    if (!parse_number(value, &n) || n < row->min || n > row->max)
        return why_set(why, ERR_INVALID, "",
                       "%s must be a whole number from %" PRId64 " to %" PRId64, row->name,
                       row->min, row->max);
    *(int64_t *)target = n;
    return OK;
}

static enum err set_flag(struct arena *a, const struct row *row, const char *value, void *target,
                         struct why *why) {
    (void)a;
    if (strcmp(value, "0") != 0 && strcmp(value, "1") != 0)
        return why_set(why, ERR_INVALID, "", "%s must be 0 or 1", row->name);
    *(bool *)target = value[0] == '1';
    return OK;
}

static set_value *const setters[TYPES] = {set_text, set_number, set_flag};

enum err config_read(struct arena *a, char *const *environment, struct config *cfg,
                     struct why *why) {
    TRY(refuse_unknown(environment, why));
    for (int i = 0; i < ROWS; i++) {
        const char *value = NULL;
        TRY(find_value(a, environment, &rows[i], &value, why));
        TRY(setters[rows[i].type](a, &rows[i], value, (char *)cfg + rows[i].offset, why));
    }
    return OK;
}

enum err config_require(const struct config *cfg, struct why *why) {
    if (cfg->database_url[0] == '\0')
        return why_set(why, ERR_INVALID, "", "REDTHREAD_DATABASE_URL is required");
    size_t digits = strspn(cfg->sealing_key, "0123456789abcdefABCDEF");
    if (digits != SEALING_KEY_DIGITS || cfg->sealing_key[digits])
        return why_set(why, ERR_INVALID, "", "REDTHREAD_SEALING_KEY must be %d hex digits",
                       SEALING_KEY_DIGITS);
    return OK;
}

static void dump_text(const struct row *row, const void *value, struct buf *out) {
    const char *s = *(const char *const *)value;
    buf_adds(out, !row->secret ? s : s[0] ? "(set)" : "(empty)");
}

static void dump_number(const struct row *row, const void *value, struct buf *out) {
    (void)row;
    buf_addf(out, "%" PRId64, *(const int64_t *)value);
}

static void dump_flag(const struct row *row, const void *value, struct buf *out) {
    (void)row;
    buf_adds(out, *(const bool *)value ? "1" : "0");
}

static void (*const dumpers[TYPES])(const struct row *, const void *,
                                    struct buf *) = {dump_text, dump_number, dump_flag};

void config_dump(const struct config *cfg, struct buf *out) {
    for (int i = 0; i < ROWS; i++) {
        buf_addf(out, "%s=", rows[i].name);
        dumpers[rows[i].type](&rows[i], (const char *)cfg + rows[i].offset, out);
        buf_addf(out, "  # %s\n", rows[i].help);
    }
}

/* Help stands on a line of its own: readers of such files take what follows a value as part of it.
 */
void config_example(struct buf *out) {
    for (int i = 0; i < ROWS; i++)
        buf_addf(out, "# %s\n%s=%s\n", rows[i].help, rows[i].name, rows[i].def);
}
