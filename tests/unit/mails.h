/* mails: an account that takes mail, and a mail through its adapter; for the tests of
 * channel/mail*.
 */
#pragma once
#include <string.h>

#include "../../common/channel/mail.h"
#include "../../common/codec/enc.h"
#include "cases.h"

#define MAILS_NOW_MS 1717409520000 /* 2024-06-03T10:12:00Z */

static inline struct channel_account mails_account(enum channel_kind kind) {
    struct channel_account c = account_blank();
    c.id = "mail";
    c.kind = kind;
    c.address = "support@shop.example";
    c.smtp_url = "smtp://mx.example";
    c.username = "hook";
    c.secrets[0] = "new-secret";
    c.secrets[1] = "old-secret";
    c.n_secrets = 2;
    memset(c.reply_key, 7, sizeof c.reply_key);
    return c;
}

/* What the adapter makes of a call; asserts that it is one event. */
static inline struct inbound *mails_take(struct arena *a, const struct channel_account *account,
                                         const struct wire_request *q) {
    struct channel_call call = {account, q, MAILS_NOW_MS};
    struct inbound_list *list = ARENA_NEW(a, struct inbound_list);
    assert_int_equal(channel_find(account->kind)->parse(a, &call, list), OK);
    assert_int_equal(list->n, 1);
    return &list->items[0];
}

static inline struct inbound *mails_take_raw(struct arena *a, const struct channel_account *account,
                                             struct span raw) {
    struct wire_header type = {"Content-Type", "message/rfc822"};
    struct wire_request q = {"POST", "/", &type, 1, raw};
    return mails_take(a, account, &q);
}
