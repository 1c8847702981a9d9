/*
 * version_memory: which version of a conversation this process saved last. Answers leave before the
 * cache is told, and a batch asks the cache while another is saved: what the cache remembers may be
 * older by then, and judging from it would be in vain. Says only what it is sure of; most
 * conversations it does not know, and PostgreSQL checks the version in any case. Private to flow.
 */
#pragma once
#include <stdbool.h>

#include "../model/conversation.h"

#define VERSION_MEMORY_SLOTS 4096 /* a later conversation takes the slot of an earlier one */

struct version_memory;
struct version_memory *version_memory_open(void);
void version_memory_close(struct version_memory *m); /* accepts NULL */

void version_memory_keep(struct version_memory *m, struct uid conversation, int64_t version);
/* Was a newer one saved here? */
bool version_memory_is_old(struct version_memory *m, const struct conversation *c);
