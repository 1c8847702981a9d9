/*
 * mailgun: routes of Mailgun: parsed or raw (`body-mime`), urlencoded or multipart. The signature
 * covers only timestamp and token, not the mail: a call is as trustworthy as the connection it came
 * by. A retry, up to 8 hours later, may bring the first timestamp; one from further back, or ahead
 * of us, is refused. What is replayed within that time has a Message-ID we know.
 */
#pragma once
#include "channel.h"

extern const struct channel mailgun_channel;
