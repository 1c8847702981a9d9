/*
 * twilio: SMS, MMS, WhatsApp and RCS through Twilio: forms (or JSON) signed together with the
 * public URL as it is configured there. An address is written as Twilio writes it: "+45…",
 * "whatsapp:+45…", "messenger:…". Without public_url nothing can be proven, so nothing is taken.
 */
#pragma once
#include "channel.h"

extern const struct channel twilio_channel;
