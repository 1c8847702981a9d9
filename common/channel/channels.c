#include "channel.h"

#include <stddef.h>

#include "connector.h"
#include "email_raw.h"
#include "mailgun.h"
#include "postmark.h"
#include "sendgrid.h"

const struct channel *channel_find(enum channel_kind kind) {
    static const struct channel *const channels[] = {
        [CHANNEL_CONNECTOR] = &connector_channel, [CHANNEL_MAILGUN] = &mailgun_channel,
        [CHANNEL_SENDGRID] = &sendgrid_channel,   [CHANNEL_POSTMARK] = &postmark_channel,
        [CHANNEL_EMAIL_RAW] = &email_raw_channel,
    };
    size_t n = sizeof channels / sizeof channels[0];
    return (unsigned)kind < n ? channels[kind] : NULL;
}

bool channel_sends(const struct channel_account *account) {
    const struct channel *c = channel_find(account->kind);
    bool by_mail = c && c->outcome == email_raw_channel.outcome;
    return c && c->render && (account->kind != CHANNEL_CONNECTOR || *account->outbound_url) &&
           (!by_mail || (*account->smtp_url && *account->address));
}
