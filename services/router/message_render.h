/* message_render: one message as the contract shows it to people. What is rarely there comes from
 * `extra`. */
#pragma once
#include "../../common/base/buf.h"
#include "../../common/model/message.h"

void message_render(const struct message *m, struct buf *out);
