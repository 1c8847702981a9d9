/*
 * config: everything a process can be told, one row each in config.def. Environment variables
 * only; NAME_FILE names a file that holds the value of NAME (its last newline dropped). Read once
 * at start.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"

struct config {
#define CONFIG_TEXT const char *
#define CONFIG_NUMBER int64_t
#define CONFIG_FLAG bool
#define X(field, env, type, def, min, max, secret, help) CONFIG_##type field;
#include "config.def"
#undef X
};

/* Reads the environment. An unknown REDTHREAD_* variable, a value out of range, both NAME and
 * NAME_FILE is ERR_INVALID with one clear line in why. Settings for clients (REDTHREAD_URL and the
 * four keys) are passed over. Strings are copied into the arena, which must outlive cfg. */
MUST_CHECK enum err config_read(struct arena *a, char *const *environment, struct config *cfg,
                                struct why *why);
/* What a process with a database cannot do without: its URL and a sealing key of 64 hex digits.
 * Apart from config_read, so that admin commands without a database need neither. */
MUST_CHECK enum err config_require(const struct config *cfg, struct why *why);
/* One "NAME=value" line a row, secrets as "(set)" or "(empty)", help behind '#'. */
void config_dump(const struct config *cfg, struct buf *out);
/* The same table as an example environment file, defaults and help only. */
void config_example(struct buf *out);
