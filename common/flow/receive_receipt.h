/* receive_receipt: what is told of messages that we sent: by the provider's receipts, by the
 * customer's reading, by the reports of mail servers. Private to flow. */
#pragma once
#include "receive_act.h"

MUST_CHECK enum err receive_receipt_status(struct receive *r, int i);
MUST_CHECK enum err receive_receipt_read(struct receive *r, int i);
/* A machine's mail: it stands beside the message it is about, and settles it where it can. */
MUST_CHECK enum err receive_receipt_report(struct receive *r, int i);
