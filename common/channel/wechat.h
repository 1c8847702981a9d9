/*
 * wechat: a WeChat Official Account: XML in, plain or in safe mode (AES), JSON out under a token
 * that is fetched. An address is an OpenID. In plain mode WeChat's signature does not cover the
 * body: with an encoding_key configured only encrypted, fully signed calls are taken.
 */
#pragma once
#include "channel.h"

extern const struct channel wechat_channel;
