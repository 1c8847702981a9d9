#include "dialects.h"

#include "../../common/channel/twilio.h"

/* As a form, and as the JSON it may be. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct channel_account account = account_blank();
    struct span body = {(const char *)data, size};
    account.public_url = "https://r.example/x";
    dialects_call(&twilio_channel, &account, "/x", body);
    dialects_call(&twilio_channel, &account, "/x?bodySHA256=00", body);
    return 0;
}
