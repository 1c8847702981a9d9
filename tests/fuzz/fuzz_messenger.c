#include "dialects.h"

#include "../../common/channel/messenger.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct channel_account account = account_blank();
    struct span body = {(const char *)data, size};
    account.own_app_id = "77";
    dialects_call(&messenger_channel, &account, "/x", body);
    dialects_call(&instagram_channel, &account, "/x", body);
    return 0;
}
