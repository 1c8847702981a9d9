/* enums: every enum with a text form, one row each in enums.def, and the two ways between them. */
#pragma once
#include <stdbool.h>

/* clang-format off */
#define ENUM(type, prefix) enum type {
#define X(prefix, name, text) prefix##_##name,
#define END(type) type##_count_ };
/* clang-format on */
#include "enums.def"
#undef ENUM
#undef X
#undef END

/* const char *mode_text(enum mode): never NULL.
 * bool mode_parse(const char *, enum mode *): exact text. */
#define ENUM(type, prefix)                                                                         \
    const char *type##_text(enum type value);                                                      \
    bool type##_parse(const char *text, enum type *value); /* NOLINT: a type */
#define X(prefix, name, text)
#define END(type)
#include "enums.def"
#undef ENUM
#undef X
#undef END
