#include "fuzz.h"

#include <string.h>

#include "../../common/channel/email_raw.h"
#include "../../common/codec/json.h"
#include "../../common/codec/mime.h"

static void ours(const char *s) { fuzz_require(s && utf8_valid(s, strlen(s))); }

static void look(const struct inbound *i) {
    const char *const texts[] = {i->external_id, i->about,   i->address, i->name,
                                 i->text,        i->html,    i->subject, i->full_text,
                                 i->in_reply_to, i->locale,  i->error,   i->error_code,
                                 i->status_text, i->content, i->why,     i->mail};
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        ours(texts[k]);
    for (int k = 0; k < i->n_attachments; k++)
        ours(i->attachments[k].name), ours(i->attachments[k].content_type);
    json_t *mail = NULL;
    fuzz_require(json_load_span(span_of(i->mail), &mail, NULL) == OK && *i->external_id);
    json_decref(mail);
}

/* A mail twice is the same event. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    struct channel_account account = account_blank();
    struct wire_request q = {"POST", "/", NULL, 0, {size ? (const char *)data : "", size}};
    struct channel_call call = {&account, &q, 0};
    struct inbound_list once = {0}, twice = {0};
    struct arena *a = arena_new();
    if (!ready)
        mime_setup();
    ready = true;
    account.id = "mail";
    account.address = "support@shop.example";
    memset(account.reply_key, 1, sizeof account.reply_key);
    account.trusted_authserv = (struct account_list){{"mx.shop.example"}, 1};
    if (email_raw_channel.parse(a, &call, &once) == OK) {
        fuzz_require(email_raw_channel.parse(a, &call, &twice) == OK);
        fuzz_require(once.n == 1 && twice.n == 1);
        look(&once.items[0]);
        fuzz_require(!strcmp(once.items[0].external_id, twice.items[0].external_id) &&
                     !strcmp(once.items[0].text, twice.items[0].text) &&
                     !strcmp(once.items[0].mail, twice.items[0].mail));
    }
    arena_free(a);
    return 0;
}
