/* setting: the same text set otherwise; what is meant must stay. */
#pragma once
#include <string.h>

#include "../../common/base/arena.h"

static inline const char *setting_upper(struct arena *a, const char *text) {
    char *out = arena_strdup(a, text);
    for (char *c = out; *c; c++)
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    return out;
}

static inline const char *setting_spaced(struct arena *a, const char *text) {
    char *out = arena_alloc(a, 3 * strlen(text) + 5), *to = out;
    for (; *text; text++)
        to = *text == ' ' ? stpcpy(to, " \t ") : (*to = *text, to + 1);
    *to = '\0';
    return arena_printf(a, "  %s  ", out);
}

static inline const char *setting_marked(struct arena *a, const char *text) {
    return arena_printf(a, "%s!", text);
}

static inline const char *setting_smiling(struct arena *a, const char *text) {
    return arena_printf(a, "%s 🙂", text);
}

static const char *(*const settings[])(struct arena *a, const char *text) = {
    setting_upper, setting_spaced, setting_marked, setting_smiling};
#define SETTINGS (sizeof settings / sizeof *settings)
