/*
 * webchat: our own chat widget. No provider calls us and nobody is called: visitors talk to the
 * router, and what they are told waits until it is read (pulled). Here stands what the router asks
 * of it without I/O: which pages may embed it, and whether a site has vouched for a visitor.
 *
 * A site vouches in one of two ways, with any of the channel's identity secrets: a JWT (RFC 7519),
 * HS256 and nothing else whatever its header says, for this channel and not for ever; or the hex
 * HMAC-SHA256 of the user id. Without a secret nobody is vouched for. Nothing is remembered here.
 */
#pragma once
#include "channel.h"

extern const struct channel webchat_channel;

#define WEBCHAT_TEXT_MAX 8000     /* code points of what a visitor may write at once */
#define WEBCHAT_JWT_MAX 4096      /* bytes */
#define WEBCHAT_USER_MAX 128      /* code points of a user id */
#define WEBCHAT_NAME_MAX 200      /* code points */
#define WEBCHAT_LEEWAY_S 60       /* clocks differ */
#define WEBCHAT_VISITOR_MARK "v-" /* addresses of visitors nobody vouched for */
#define WEBCHAT_USER_MARK "u-"    /* addresses of users a site vouched for */

/* Who a site says its visitor is. Texts "" if not said; in the arena. */
struct webchat_claims {
    const char *user_id;
    const char *email; /* normalised */
    bool email_verified;
    const char *name, *locale;
};

/* May a page of this origin talk to the channel? Origin and Host as they were sent, NULL if not.
 * Listed origins may, exactly as written, and pages of the router's own host; no origin at all is
 * no page of another site. "null" (sandboxed frames, files) never may. */
bool webchat_origin_allowed(const struct channel_account *account, const char *origin,
                            const char *host);
/* Are the settings ones that can work? ERR_INVALID with pointer and sentence. */
MUST_CHECK enum err webchat_check(const struct channel_account *account, struct why *why);

struct webchat_asked {
    const struct channel_account *account;
    int64_t unix_s; /* now */
};
/* ERR_DENIED: not proven; or proven and not valid (too late, too early, for another channel): then
 * why says so. */
MUST_CHECK enum err webchat_identity_jwt(struct arena *a, const struct webchat_asked *asked,
                                         struct span jwt, struct webchat_claims *out,
                                         struct why *why);
/* hash: 64 hex digits over out->user_id, which must be set. An e-mail address is proven only if it
 * is itself the user id. ERR_DENIED: not proven. */
MUST_CHECK enum err webchat_identity_hash(struct arena *a, const struct channel_account *account,
                                          struct span hash, struct webchat_claims *out);
