#include "fuzz.h"

#include "../../common/channel/webchat.h"
#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"

#define NOW_S 1795255200

/* Lines: header, claims, a foreign JWT; the rest is an origin. No foreign one is ours (nobody
 * guesses an HMAC); signed by us, whatever is taken has an id that can be an address. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct span rest = {(const char *)data, size};
    struct span header = fuzz_line(&rest), claims = fuzz_line(&rest), foreign = fuzz_line(&rest);
    struct channel_account account = account_blank();
    struct webchat_claims who;
    struct why why = {{0}, {0}};
    uint8_t mac[CRYPTO_SHA256_BYTES];
    account.id = "chat";
    account.secrets[0] = "secret";
    account.n_secrets = 1;
    const struct webchat_asked asked = {&account, NOW_S};
    fuzz_require(webchat_identity_jwt(a, &asked, foreign, &who, &why) == ERR_DENIED);
    const char *text = arena_printf(a, "%s.%s", enc_base64url(a, header.p, header.n),
                                    enc_base64url(a, claims.p, claims.n));
    fuzz_require(crypto_hmac_sha256(span_of("secret"), span_of(text), mac) == OK);
    const char *ours = arena_printf(a, "%s.%s", text, enc_base64url(a, mac, sizeof mac));
    if (webchat_identity_jwt(a, &asked, span_of(ours), &who, &why) == OK) {
        const char *same;
        fuzz_require(utf8_valid(who.user_id, strlen(who.user_id)) && *who.user_id);
        fuzz_require(identity_normalise(a, "user", who.user_id, &same, NULL) == OK);
        fuzz_require(!who.email_verified || *who.email);
    }
    const char *origin = fuzz_text(a, (const uint8_t *)rest.p, rest.p ? rest.n : 0);
    fuzz_require(!webchat_origin_allowed(&account, origin, ""));
    arena_free(a);
    return 0;
}
