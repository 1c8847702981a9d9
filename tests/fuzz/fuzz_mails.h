/* fuzz_mails: what holds of whatever an adapter of mail makes of any bytes. */
#pragma once
#include <string.h>

#include "../../common/channel/channel.h"
#include "../../common/codec/json.h"
#include "../../common/codec/mime.h"
#include "fuzz.h"

static inline void fuzz_mails_ours(const char *s) { fuzz_require(s && utf8_valid(s, strlen(s))); }

static inline void fuzz_mails_look(const struct inbound *i) {
    const char *const texts[] = {i->external_id, i->about,   i->address, i->name,
                                 i->text,        i->html,    i->subject, i->full_text,
                                 i->in_reply_to, i->locale,  i->error,   i->error_code,
                                 i->status_text, i->content, i->why,     i->mail};
    json_t *mail = NULL;
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        fuzz_mails_ours(texts[k]);
    for (int k = 0; k < i->n_attachments; k++) {
        fuzz_mails_ours(i->attachments[k].name);
        fuzz_mails_ours(i->attachments[k].content_type);
    }
    fuzz_require(json_load_span(span_of(i->mail), &mail, NULL) == OK && *i->external_id);
    json_decref(mail);
}

/* The same call twice is the same event. */
static inline void fuzz_mails(const struct channel *channel, struct arena *a,
                              const struct wire_request *q) {
    static bool ready;
    struct channel_account account = account_blank();
    struct channel_call call = {&account, q, 0};
    struct inbound_list once = {0}, twice = {0};
    if (!ready)
        mime_setup();
    ready = true;
    account.id = "mail";
    account.kind = channel->kind;
    account.address = "support@shop.example";
    account.username = account.secrets[0] = "x";
    account.n_secrets = 1;
    memset(account.reply_key, 1, sizeof account.reply_key);
    account.trusted_authserv = (struct account_list){{"mx.shop.example", "mailgun", "sendgrid"}, 3};
    fuzz_require(!channel->verify || channel->verify(a, &call) != OK);
    if (channel->parse(a, &call, &once) != OK)
        return;
    fuzz_require(channel->parse(a, &call, &twice) == OK && once.n == 1 && twice.n == 1);
    fuzz_mails_look(&once.items[0]);
    fuzz_require(!strcmp(once.items[0].external_id, twice.items[0].external_id) &&
                 !strcmp(once.items[0].text, twice.items[0].text) &&
                 !strcmp(once.items[0].mail, twice.items[0].mail));
}
