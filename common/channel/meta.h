/*
 * meta: what WhatsApp, Messenger and Instagram share: X-Hub-Signature-256 over the raw bytes, the
 * hub.challenge handshake, and the Graph API's way to refuse. Graph v25.0.
 */
#pragma once
#include "channel.h"
#include "post.h"

#define META_GRAPH "https://graph.facebook.com/v25.0"
#define META_CALL_MAX (4 * 1024 * 1024) /* documented: up to 3 MB */
#define META_WINDOW_MS (INT64_C(24) * 3600 * 1000)

enum err meta_verify(struct arena *a, const struct channel_call *call);
/* ERR_DENIED: no verify_token configured, another one given, or no challenge. */
enum err meta_greet(struct arena *a, const struct channel_call *call, struct channel_reply *out);
/* Reads an answer of the Graph API; its body, the caller's to json_decref, or NULL. */
json_t *meta_read(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out);
