#include "meta.h"

#include <string.h>

#include "../codec/crypto.h"
#include "hook.h"
#include "pick.h"

#define SIGNATURE_PREFIX "sha256="

enum err meta_verify(struct arena *a, const struct channel_call *call) {
    const char *given = hook_header(call, "X-Hub-Signature-256");
    size_t n = strlen(SIGNATURE_PREFIX);
    if (strncmp(given, SIGNATURE_PREFIX, n) != 0)
        return ERR_UNKNOWN_KEY;
    return hook_check(a, call, HOOK_SHA256_HEX, call->request->body, given + n);
}

enum err meta_greet(struct arena *a, const struct channel_call *call, struct channel_reply *out) {
    const char *ours = call->account->verify_token;
    const char *given = hook_query(a, call, "hub.verify_token");
    const char *challenge = hook_query(a, call, "hub.challenge");
    bool asks = strcmp(hook_query(a, call, "hub.mode"), "subscribe") == 0;
    if (!*ours || !crypto_equal(ours, strlen(ours), given, strlen(given)) || !asks || !*challenge)
        return ERR_DENIED;
    *out = (struct channel_reply){200, "text/plain", challenge};
    return OK;
}

/* Graph error codes, general ones first, then WhatsApp's, then Messenger's and Instagram's. */
static const struct post_row rows[] = {
    {1, POST_ANY, CHANNEL_RETRY}, /* unknown, temporary */
    {2, POST_ANY, CHANNEL_RETRY}, /* service down */
    {3, POST_ANY, CHANNEL_DISABLE},
    {4, POST_ANY, CHANNEL_WAIT},   /* calls of the app */
    {10, 2018278, CHANNEL_CLOSED}, /* Messenger: outside the window */
    {10, 2534022, CHANNEL_CLOSED}, /* Instagram: outside the window */
    {10, 0, CHANNEL_DISABLE},      /* the permission was withdrawn: true of every message */
    {10, POST_ANY, CHANNEL_GIVE_UP},
    {32, POST_ANY, CHANNEL_WAIT}, /* calls of the page */
    {100, 33, CHANNEL_DISABLE},   /* no such number or page for this token */
    {100, POST_ANY, CHANNEL_GIVE_UP},
    /* A token that ended or was withdrawn refuses every message, and trying on gets the app
     * throttled: a person must set another; what waits goes out then. */
    {190, POST_ANY, CHANNEL_DISABLE},
    {200, 0, CHANNEL_DISABLE},        /* permission for the page is missing */
    {200, POST_ANY, CHANNEL_GIVE_UP}, /* for this person only */
    {341, POST_ANY, CHANNEL_WAIT},
    {368, POST_ANY, CHANNEL_GIVE_UP}, /* against policy: more of the same makes it worse */
    {551, POST_ANY, CHANNEL_GIVE_UP}, /* this person cannot be reached */
    {613, POST_ANY, CHANNEL_WAIT},
    {1200, POST_ANY, CHANNEL_RETRY},
    {1545041, POST_ANY, CHANNEL_GIVE_UP},
    {80006, POST_ANY, CHANNEL_WAIT}, /* Messenger, of the page */
    {80007, POST_ANY, CHANNEL_WAIT}, /* WhatsApp, of the account */
    {130429, POST_ANY, CHANNEL_WAIT},
    {130472, POST_ANY, CHANNEL_GIVE_UP}, /* the customer is in an experiment of Meta's */
    {130497, POST_ANY, CHANNEL_GIVE_UP},
    {131000, POST_ANY, CHANNEL_RETRY},
    {131005, POST_ANY, CHANNEL_DISABLE}, /* permission */
    {131016, POST_ANY, CHANNEL_RETRY},
    {131026, POST_ANY, CHANNEL_GIVE_UP}, /* undeliverable */
    {131031, POST_ANY, CHANNEL_DISABLE}, /* the account is locked */
    {131042, POST_ANY, CHANNEL_DISABLE}, /* payment: a person must see to it */
    {131045, POST_ANY, CHANNEL_DISABLE}, /* the number is not registered */
    {131047, POST_ANY, CHANNEL_CLOSED},
    {131048, POST_ANY, CHANNEL_WAIT},    /* flagged as spam for now */
    {131049, POST_ANY, CHANNEL_GIVE_UP}, /* ecosystem limit: not to be tried again */
    {131050, POST_ANY, CHANNEL_GIVE_UP},
    {131051, POST_ANY, CHANNEL_GIVE_UP},
    {131053, POST_ANY, CHANNEL_GIVE_UP},
    {131056, POST_ANY, CHANNEL_WAIT}, /* too many to the same person */
    {131057, POST_ANY, CHANNEL_RETRY},
    {133004, POST_ANY, CHANNEL_RETRY},
    {133010, POST_ANY, CHANNEL_DISABLE}, /* the number is not registered */
    {133016, POST_ANY, CHANNEL_WAIT},
};

json_t *meta_read(struct arena *a, const struct wire_response *response, int64_t wall_ms,
                  struct channel_receipt *out) {
    json_t *j = post_read(a, response, wall_ms, out);
    const json_t *error = pick(j, "error");
    if (!error) {
        post_settle(out);
        return j;
    }
    enum channel_outcome by_status = out->outcome;
    int64_t code = pick_number(error, "code");
    post_code(a, out, POST_TABLE(rows), code, pick_number(error, "error_subcode"));
    bool transient = by_status == CHANNEL_GIVE_UP && out->outcome == CHANNEL_GIVE_UP &&
                     pick_flag(error, "is_transient");
    if (transient)
        out->outcome = CHANNEL_RETRY;
    post_settle(out);
    return j;
}
