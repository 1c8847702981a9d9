/*
 * post: what the senders of all providers have in common: a request with a body and an
 * authorisation, and the reading of an answer by the provider's own codes, a table per adapter.
 * Error texts hold codes, never a token, an address or words of a customer.
 */
#pragma once
#include "channel.h"

#define POST_BODY_MAX (256 * 1024)

/* The account's api_base, or the provider's own, without a slash at the end. */
const char *post_base(struct arena *a, const struct channel_account *account, const char *own);
/* "Bearer …"; in the arena. */
const char *post_bearer(struct arena *a, const char *token);
const char *post_basic(struct arena *a, const char *user, const char *password);
/* POST of what is in the buffer. authorization: NULL for none. ERR_TOO_LARGE: the buffer is full.
 */
MUST_CHECK enum err post_json(struct arena *a, const char *url, const char *authorization,
                              const struct buf *body, struct wire_request *out);
MUST_CHECK enum err post_form(struct arena *a, const char *url, const char *authorization,
                              const struct buf *body, struct wire_request *out);
/* One more header on a request that post_json or post_form made; one at most. */
void post_header(struct wire_request *r, const char *name, const char *value);
/* name=value with & before it unless it is the first. */
void post_field(struct buf *b, const char *name, const char *value);
/* Percent-encoded, all but unreserved characters. */
void post_escape(struct buf *b, const char *text);
/* A member of {"metadata": {…}} of the message that is answered; "" if there is none. */
const char *post_thread(struct arena *a, const struct channel_outbound *o, const char *name);
/* Our id of the message. */
const char *post_message_id(struct arena *a, const struct channel_outbound *o);

#define POST_ANY (-1)
struct post_row {
    int64_t code, subcode; /* subcode POST_ANY: whatever it is */
    enum channel_outcome outcome;
};
struct post_table {
    const struct post_row *rows;
    int n;
};
#define POST_TABLE(rows) ((struct post_table){(rows), (int)(sizeof(rows) / sizeof *(rows))})

/* What the HTTP status alone says; and the body as JSON, the caller's to json_decref, or NULL. To
 * be ended by post_settle. */
json_t *post_read(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out);
/* The provider's code decides, where the table knows it; named in out->error either way. */
void post_code(struct arena *a, struct channel_receipt *out, struct post_table table, int64_t code,
               int64_t subcode);
/* A time that was named makes waiting of another try, and says nothing with the rest. */
void post_settle(struct channel_receipt *out);
