/*
 * visit_render: a message as a visitor of the widget sees it: what was said, by whom in words,
 * when, and how far it has come. No id of a person, no decision, no reason, nothing of other
 * channels.
 */
#pragma once
#include "../../common/flow/snapshot.h"
#include "../../common/model/message.h"

void visit_render_message(const struct message *m, const struct snapshot *s, struct buf *out);
