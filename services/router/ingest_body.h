/*
 * ingest_body: the body of POST /v1/messages -> a turn. Checks shape and limits and says which
 * member is wrong; asks nobody and stores nothing.
 */
#pragma once
#include "../../common/codec/json.h"
#include "../../common/flow/turn.h"

struct ingest_sender {
    const char *address, *name;
    json_t *identities;
};

struct ingest_body {
    const char *channel, *external_id, *text, *html, *subject, *locale, *in_reply_to;
    json_t *from, *attachments, *metadata; /* borrowed from the body; from NULL: see sender */
    struct ingest_sender sender;
    int64_t sent_ms;
};

/* A body of texts only, as nearly all are, read at once; false: read it as JSON, which also has the
 * words for what is wrong. */
bool ingest_body_plain(struct arena *a, struct span raw, struct ingest_body *out);

/* The outermost members: enough to know which channel it is about. ERR_INVALID with why. */
MUST_CHECK enum err ingest_body_read(const json_t *json, struct ingest_body *out, struct why *why);
/* The rest of it, and a turn of kind TURN_MESSAGE with what it needs in the arena; texts are
 * borrowed from the body. account: the channel's. ERR_INVALID with why. */
MUST_CHECK enum err ingest_body_turn(struct arena *a, const struct ingest_body *body,
                                     const struct channel_account *account, struct turn *out,
                                     struct why *why);
