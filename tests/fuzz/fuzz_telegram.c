#include "dialects.h"

#include "../../common/channel/telegram.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct channel_account account = account_blank();
    dialects_call(&telegram_channel, &account, "/x", (struct span){(const char *)data, size});
    return 0;
}
