#include "dialects.h"

#include "../../common/channel/whatsapp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct channel_account account = account_blank();
    dialects_call(&whatsapp_channel, &account, "/x", (struct span){(const char *)data, size});
    return 0;
}
