/* dialects: what the fuzz targets of the channel adapters require: every text an adapter hands on
 * is valid UTF-8, ids and texts are within their caps, metadata is a JSON object; reading an answer
 * of the provider's ends in one of the outcomes. */
#pragma once
#include "fuzz.h"

#include "../../common/channel/channel.h"
#include "../../common/channel/note.h"
#include "../../common/channel/pick.h"

#define DIALECTS_ID_MAX (PICK_ID_MAX * 3 + 16) /* made of up to three */

static inline void dialects_require_text(const char *s, size_t max) {
    fuzz_require(s && utf8_valid(s, strlen(s)) && utf8_count(s) <= max);
}

static inline void dialects_require_event(const struct inbound *i) {
    const char *const ids[] = {i->external_id, i->about,       i->about_ours,   i->address,
                               i->in_reply_to, i->sender.kind, i->sender.value, i->error_code};
    const char *const texts[] = {i->text,    i->name,        i->content, i->locale, i->reaction,
                                 i->subject, i->status_text, i->error,   i->html,   i->full_text};
    for (size_t k = 0; k < sizeof ids / sizeof *ids; k++)
        dialects_require_text(ids[k], DIALECTS_ID_MAX);
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
        dialects_require_text(texts[k], MESSAGE_TEXT_MAX * 2 + 1);
    dialects_require_text(i->text, MESSAGE_TEXT_MAX);
    for (int k = 0; k < i->n_identities; k++)
        dialects_require_text(i->identities[k].value, IDENTITY_VALUE_MAX);
    for (int k = 0; k < i->n_attachments; k++) {
        dialects_require_text(i->attachments[k].url, MESSAGE_TEXT_MAX);
        dialects_require_text(i->attachments[k].name, MESSAGE_TEXT_MAX);
        dialects_require_text(i->attachments[k].media_id, DIALECTS_ID_MAX);
        dialects_require_text(i->attachments[k].content_type, MESSAGE_TEXT_MAX);
    }
    bool told = i->type == INBOUND_MESSAGE || i->type == INBOUND_POSTBACK;
    fuzz_require(!told || (*i->external_id && *i->address));
    fuzz_require((i->type == INBOUND_INVALID || i->type == INBOUND_IGNORED) == (*i->why != '\0'));
}

static inline void dialects_require_metadata(const struct inbound *i) {
    json_auto j = NULL;
    if (!i->metadata)
        return;
    fuzz_require(strlen(i->metadata) <= NOTE_BYTES_MAX + 1024);
    fuzz_require(json_load_limited(span_of(i->metadata), INT64_MAX, &j, NULL) != ERR_MALFORMED);
    fuzz_require(!j || json_is_object(j));
}

static inline void dialects_answer(struct arena *a, const struct channel *channel,
                                   struct span body) {
    static const int statuses[] = {0, 200, 400, 429, 500};
    for (size_t k = 0; k < sizeof statuses / sizeof *statuses; k++) {
        struct wire_response response = {statuses[k], NULL, 0, body};
        struct channel_receipt r;
        channel->outcome(a, &response, 0, &r);
        dialects_require_text(r.external_id, DIALECTS_ID_MAX);
        dialects_require_text(r.address, DIALECTS_ID_MAX);
        dialects_require_text(r.error, 200);
        fuzz_require((r.outcome == CHANNEL_ACCEPTED) == (*r.error == '\0'));
    }
}

/* What a call with this body means. */
static inline void dialects_call(const struct channel *channel, struct channel_account *account,
                                 const char *url, struct span body) {
    struct arena *a = arena_new();
    struct wire_request request = {"POST", url, NULL, 0, body};
    struct channel_call call = {account, &request, INT64_C(1795255200000)};
    struct channel_reply reply = {200, "", ""};
    struct inbound_list list = {0};
    enum err e = channel->parse(a, &call, &list);
    fuzz_require(e == OK || e == ERR_MALFORMED || e == ERR_TOO_LARGE);
    for (int i = 0; e == OK && i < list.n; i++) {
        dialects_require_event(&list.items[i]);
        dialects_require_metadata(&list.items[i]);
    }
    fuzz_require(channel->verify(a, &call) == ERR_UNKNOWN_KEY);
    if (channel->answer)
        channel->answer(a, &call, &reply);
    dialects_require_text(reply.body, MESSAGE_TEXT_MAX);
    dialects_answer(a, channel, body);
    arena_free(a);
}
