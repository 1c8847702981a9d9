#include "channel.h"

#include <stddef.h>

#include "connector.h"
#include "email_raw.h"
#include "line.h"
#include "mailgun.h"
#include "messenger.h"
#include "postmark.h"
#include "sendgrid.h"
#include "slack.h"
#include "telegram.h"
#include "twilio.h"
#include "webchat.h"
#include "wechat.h"
#include "whatsapp.h"

const struct channel *channel_find(enum channel_kind kind) {
    static const struct channel *const channels[] = {
        [CHANNEL_CONNECTOR] = &connector_channel, [CHANNEL_WEBCHAT] = &webchat_channel,
        [CHANNEL_WHATSAPP] = &whatsapp_channel,   [CHANNEL_MESSENGER] = &messenger_channel,
        [CHANNEL_INSTAGRAM] = &instagram_channel, [CHANNEL_TELEGRAM] = &telegram_channel,
        [CHANNEL_TWILIO] = &twilio_channel,       [CHANNEL_LINE] = &line_channel,
        [CHANNEL_SLACK] = &slack_channel,         [CHANNEL_WECHAT] = &wechat_channel,
        [CHANNEL_MAILGUN] = &mailgun_channel,     [CHANNEL_SENDGRID] = &sendgrid_channel,
        [CHANNEL_POSTMARK] = &postmark_channel,   [CHANNEL_EMAIL_RAW] = &email_raw_channel,
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
