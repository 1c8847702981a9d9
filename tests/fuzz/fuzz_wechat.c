#include "dialects.h"

#include "../../common/channel/wechat.h"

/* Plain, and with the key of the safe mode. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct channel_account account = account_blank();
    struct span body = {(const char *)data, size};
    const char *url = "/x?timestamp=1&nonce=2&signature=3&msg_signature=4";
    dialects_call(&wechat_channel, &account, url, body);
    account.encoding_key = "MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1ub3BxcnN0dXY";
    account.secrets[account.n_secrets++] = "token";
    dialects_call(&wechat_channel, &account, url, body);
    return 0;
}
