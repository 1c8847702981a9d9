#include "webchat.h"

#include <inttypes.h>
#include <math.h>

#include "../codec/crypto.h"
#include "../codec/enc.h"
#include "../codec/json.h"
#include "../codec/utf8.h"

#define JWT_PARTS 3
#define SECONDS_MAX 253402300799.0 /* the last second of the year 9999 */
#define AUDIENCES_MAX 16

const struct channel webchat_channel = {
    .kind = CHANNEL_WEBCHAT,
    .text_max = MESSAGE_TEXT_MAX,
    .pulled = true,
};

/* ---- origins ---- */

static bool is_own_host(const char *origin, const char *host) {
    const char *scheme_end = strstr(origin, "://");
    return scheme_end && host && *host && strcmp(scheme_end + 3, host) == 0;
}

bool webchat_origin_allowed(const struct channel_account *account, const char *origin,
                            const char *host) {
    if (!origin)
        return true;
    if (!*origin || strcmp(origin, "null") == 0)
        return false;
    for (int i = 0; i < account->allowed_origins.n; i++)
        if (strcmp(account->allowed_origins.items[i], origin) == 0)
            return true;
    return is_own_host(origin, host);
}

/* As a browser writes it (RFC 6454, 6.2): scheme, host in lower case, a port unless it is the
 * scheme's own, and nothing behind it. */
static bool is_origin(const char *text) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:[]";
    const char *host = strncmp(text, "https://", 8) == 0  ? text + 8
                       : strncmp(text, "http://", 7) == 0 ? text + 7
                                                          : "";
    return *host && host[strspn(host, allowed)] == '\0';
}

static bool is_color(const char *text) {
    return strlen(text) == 7 && *text == '#' && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

enum err webchat_check(const struct channel_account *account, struct why *why) {
    for (int i = 0; i < account->allowed_origins.n; i++)
        if (!is_origin(account->allowed_origins.items[i]))
            return why_set(why, ERR_INVALID, "/settings/allowed_origins",
                           "must be origins as https://shop.example, without path");
    if (*account->color && !is_color(account->color))
        return why_set(why, ERR_INVALID, "/settings/color", "must be #rrggbb");
    if (*account->position && strcmp(account->position, "left") != 0 &&
        strcmp(account->position, "right") != 0)
        return why_set(why, ERR_INVALID, "/settings/position", "must be left or right");
    return OK;
}

/* ---- signatures ---- */

/* Every secret is tried, whichever fits. */
static bool is_signed(const struct channel_account *account, struct span text, struct span mac) {
    bool any = false;
    for (int i = 0; i < account->n_secrets; i++) {
        uint8_t ours[CRYPTO_SHA256_BYTES];
        if (crypto_hmac_sha256(span_of(account->secrets[i]), text, ours) != OK)
            continue;
        any |= crypto_equal(ours, sizeof ours, mac.p, mac.n);
    }
    return any;
}

struct jwt {
    struct span header, payload, signature; /* encoded */
    struct span signed_text;
};

static bool split(struct span text, struct jwt *out) {
    struct span rest = text, part[JWT_PARTS];
    for (int i = 0; i < JWT_PARTS; i++)
        if (!span_split(&rest, '.', &part[i]) || part[i].n == 0)
            return false;
    *out = (struct jwt){part[0], part[1], part[2], {text.p, text.n - part[2].n - 1}};
    return rest.p == NULL;
}

static enum err load_part(struct arena *a, struct span part, json_t **out) {
    struct span bytes;
    TRY(enc_unbase64url(a, part, &bytes));
    TRY(json_load_span(bytes, out, NULL));
    return json_is_object(*out) ? OK : ERR_MALFORMED;
}

/* The algorithm is ours to choose, not the sender's; and what a header calls critical (RFC 7515,
 * 4.1.11) must be understood, which we do of nothing. */
static bool header_is_ours(struct arena *a, struct span part) {
    json_auto header = NULL;
    if (load_part(a, part, &header) != OK)
        return false;
    const char *alg = json_string_value(json_object_get(header, "alg"));
    return alg && strcmp(alg, "HS256") == 0 && !json_object_get(header, "crit");
}

static bool jwt_is_signed(struct arena *a, const struct channel_account *account,
                          const struct jwt *jwt) {
    struct span mac;
    return enc_unbase64url(a, jwt->signature, &mac) == OK && header_is_ours(a, jwt->header) &&
           is_signed(account, jwt->signed_text, mac);
}

/* ---- claims ---- */

static enum err refuse(struct why *why, const char *text) {
    return why_set(why, ERR_DENIED, "", "the identity %s", text);
}

/* Seconds since 1970 by RFC 7519, 2: they may have a fraction. */
static bool take_seconds(const json_t *payload, const char *name, double *out) {
    const json_t *j = json_object_get(payload, name);
    if (!json_is_number(j))
        return false;
    *out = json_number_value(j);
    return isfinite(*out) && *out >= 0 && *out <= SECONDS_MAX;
}

static enum err check_times(const json_t *payload, int64_t unix_s, struct why *why) {
    double expires, begins = 0, now = (double)unix_s;
    if (!take_seconds(payload, "exp", &expires))
        return refuse(why, "names no time at which it expires (exp)");
    if (now >= expires + WEBCHAT_LEEWAY_S)
        return refuse(why, "has expired (exp)");
    if (json_object_get(payload, "nbf") && !take_seconds(payload, "nbf", &begins))
        return refuse(why, "has a time that is none (nbf)");
    return begins > now + WEBCHAT_LEEWAY_S ? refuse(why, "is not valid yet (nbf)") : OK;
}

static bool names_channel(const json_t *audience, const char *id) {
    const char *one = json_string_value(audience);
    if (one)
        return strcmp(one, id) == 0;
    size_t n = json_array_size(audience);
    for (size_t i = 0; i < n && n <= AUDIENCES_MAX; i++) {
        one = json_string_value(json_array_get(audience, i));
        if (one && strcmp(one, id) == 0)
            return true;
    }
    return false;
}

/* Nothing that could be taken for another id: no blanks at the ends, no control characters. */
static bool is_user_id(struct arena *a, const char *text) {
    const char *normalised;
    return *text && utf8_count(text) <= WEBCHAT_USER_MAX &&
           identity_normalise(a, "user", text, &normalised, NULL) == OK &&
           strcmp(normalised, text) == 0;
}

/* Many a shop numbers its users. */
static const char *id_text(struct arena *a, const json_t *j) {
    if (json_is_integer(j))
        return arena_printf(a, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
    return json_is_string(j) ? json_string_value(j) : NULL;
}

static enum err take_user(struct arena *a, const json_t *payload, struct webchat_claims *out,
                          struct why *why) {
    const char *sub = id_text(a, json_object_get(payload, "sub"));
    const char *user = id_text(a, json_object_get(payload, "user_id"));
    if (sub && user && strcmp(sub, user) != 0)
        return refuse(why, "names two users (sub, user_id)");
    user = user ? user : sub;
    if (!user || !is_user_id(a, user))
        return refuse(why, "names no user (user_id or sub, 1 to 128 characters)");
    out->user_id = arena_strdup(a, user);
    return OK;
}

static const char *take_text(struct arena *a, const json_t *payload, const char *name, size_t max) {
    const char *text = json_string_value(json_object_get(payload, name));
    return text && utf8_count(text) <= max ? arena_strdup(a, text) : "";
}

/* An address that is none is left out: the person is still known. */
static const char *email_of(struct arena *a, const char *text) {
    const char *out;
    return text && *text && identity_normalise(a, "email", text, &out, NULL) == OK ? out : "";
}

static void take_profile(struct arena *a, const json_t *payload, struct webchat_claims *out) {
    out->email = email_of(a, json_string_value(json_object_get(payload, "email")));
    out->email_verified = *out->email && json_is_true(json_object_get(payload, "email_verified"));
    out->name = take_text(a, payload, "name", WEBCHAT_NAME_MAX);
    out->locale = take_text(a, payload, "locale", WEBCHAT_NAME_MAX);
}

static enum err check_audience(const json_t *payload, const char *channel, struct why *why) {
    if (names_channel(json_object_get(payload, "aud"), channel))
        return OK;
    return refuse(why, "is for another audience (aud must be the channel's id)");
}

enum err webchat_identity_jwt(struct arena *a, const struct webchat_asked *asked, struct span text,
                              struct webchat_claims *out, struct why *why) {
    struct jwt jwt;
    json_auto payload = NULL;
    *out = (struct webchat_claims){"", "", false, "", ""};
    if (text.n > WEBCHAT_JWT_MAX || !split(text, &jwt) || !jwt_is_signed(a, asked->account, &jwt))
        return refuse(why, "is not proven");
    if (load_part(a, jwt.payload, &payload) != OK)
        return refuse(why, "has no readable claims");
    TRY(check_times(payload, asked->unix_s, why));
    TRY(check_audience(payload, asked->account->id, why));
    TRY(take_user(a, payload, out, why));
    take_profile(a, payload, out);
    return OK;
}

enum err webchat_identity_hash(struct arena *a, const struct channel_account *account,
                               struct span hash, struct webchat_claims *out) {
    struct span mac;
    const char *proven;
    if (hash.n != 2 * CRYPTO_SHA256_BYTES || enc_unhex(a, hash, &mac) != OK ||
        !is_user_id(a, out->user_id) || !is_signed(account, span_of(out->user_id), mac))
        return ERR_DENIED;
    out->email = email_of(a, out->email);
    proven = strchr(out->user_id, '@') ? email_of(a, out->user_id) : "";
    if (*proven)
        out->email = proven;
    out->email_verified = *proven != '\0';
    return OK;
}
