#include "enums.h"

#include <string.h>

static bool enums_find(const char *const *names, int n, const char *text, int *index) {
    for (int i = 0; text && i < n; i++) {
        if (strcmp(names[i], text) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

#define ENUM(type, prefix) static const char *const type##_names[] = {
#define X(prefix, name, text) text,
#define END(type)                                                                                  \
    }                                                                                              \
    ;
#include "enums.def"
#undef ENUM
#undef X
#undef END

/* A number from the database or the cache may be one a newer version wrote. */
#define ENUM(type, prefix)                                                                         \
    const char *type##_text(enum type value) {                                                     \
        return (unsigned)value < type##_count_ ? type##_names[value] : "unknown";                  \
    }                                                                                              \
    bool type##_parse(const char *text, enum type *value) { /* NOLINT: a type */                   \
        int index = 0;                                                                             \
        if (!enums_find(type##_names, type##_count_, text, &index))                                \
            return false;                                                                          \
        *value = (enum type)index; /* NOLINT: a type */                                            \
        return true;                                                                               \
    }
#define X(prefix, name, text)
#define END(type)
#include "enums.def"
