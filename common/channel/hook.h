/*
 * hook: what the webhook calls of all providers have in common: proof by a secret, the query, and
 * the two events that are none: something we do not know, something broken.
 */
#pragma once
#include "channel.h"
#include "form.h"

const char *hook_header(const struct channel_call *call, const char *name); /* "" if absent */
/* Of the call's query, decoded; "" if absent. */
const char *hook_query(struct arena *a, const struct channel_call *call, const char *name);
struct span hook_raw_query(const struct channel_call *call); /* without '?'; p NULL: none */

/* How a provider writes a message authentication code. */
enum hook_scheme { HOOK_SHA256_HEX, HOOK_SHA256_BASE64, HOOK_SHA1_BASE64 };
/* ERR_UNKNOWN_KEY unless `given` is the code of text under one of the account's secrets. Compares
 * in constant time, all secrets each time; empty ones prove nothing. */
MUST_CHECK enum err hook_check(struct arena *a, const struct channel_call *call,
                               enum hook_scheme scheme, struct span text, const char *given);
/* The same where the secret itself comes along. */
MUST_CHECK enum err hook_check_secret(const struct channel_call *call, const char *given);

/* JSON body, leniently. ERR_MALFORMED also if it is neither object nor list. */
MUST_CHECK enum err hook_json(const struct channel_call *call, json_t **out);

/* what: the provider's name of it; why: a sentence of ours. NULL when the list is full. */
struct inbound *hook_ignore(struct arena *a, struct inbound_list *list, const char *what);
struct inbound *hook_refuse(struct arena *a, struct inbound_list *list, const char *why);
/* The customer, if the identity can be normalised; else the address stays who he is. */
void hook_sender(struct arena *a, struct inbound *i, const char *kind, const char *value);
/* A stable id for what the provider gives none, made of what does not change over retries. */
const char *hook_id(struct arena *a, const char *const *parts, int n);
