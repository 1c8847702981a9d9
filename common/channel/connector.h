/* connector: the neutral dialect: a reply as one signed JSON POST to the operator's own connector
 * (Standard Webhooks 1.0.0). The same bytes and the same webhook-id at every attempt. */
#pragma once
#include "channel.h"

extern const struct channel connector_channel;
