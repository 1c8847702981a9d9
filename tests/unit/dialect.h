/* dialect: the runner for the adapters of the chat channels: a case of
 * tests/cases/channel/KIND.json is a request and the events that it means. Of an event only the
 * members that the case names are compared. */
#pragma once
#include <stdlib.h>
#include <string.h>

#include "../../common/channel/channel.h"
#include "../../common/codec/json.h"
#include "cases.h"
#include "dialect_account.h"

#define DIALECT_HEADERS_MAX 16

static inline struct span dialect_body(struct arena *a, const json_t *request) {
    const json_t *body = json_object_get(request, "body");
    if (json_is_string(body))
        return span_of(arena_strdup(a, json_string_value(body)));
    return body ? span_of(json_text(a, body)) : (struct span){"", 0};
}

static inline struct wire_request dialect_request(struct arena *a, const json_t *request) {
    struct wire_header *headers = ARENA_ARRAY(a, struct wire_header, DIALECT_HEADERS_MAX);
    const char *name;
    json_t *value;
    int n = 0;
    json_object_foreach(json_object_get(request, "headers"), name, value) {
        headers[n++] = (struct wire_header){name, json_string_value(value)};
    }
    return (struct wire_request){
        cases_text(request, "method", "POST"),
        arena_printf(a, "/v1/channels/c/webhook%s", cases_text(request, "query", "")), headers, n,
        dialect_body(a, request)};
}

#define DIALECT_TEXT(name)                                                                         \
    { #name, offsetof(struct inbound, name) }
static const struct {
    const char *name;
    size_t offset;
} dialect_texts[] = {
    DIALECT_TEXT(external_id), DIALECT_TEXT(about),      DIALECT_TEXT(about_ours),
    DIALECT_TEXT(address),     DIALECT_TEXT(name),       DIALECT_TEXT(content),
    DIALECT_TEXT(text),        DIALECT_TEXT(locale),     DIALECT_TEXT(in_reply_to),
    DIALECT_TEXT(status_text), DIALECT_TEXT(error_code), DIALECT_TEXT(error),
    DIALECT_TEXT(reaction),    DIALECT_TEXT(why),
};

/* What was read, as JSON in the words of the cases. */
static inline json_t *dialect_identity(const struct identity *i) {
    return json_sprintf("%s=%s %s", i->kind, i->value, trust_text(i->trust));
}

static inline void dialect_put_lists(json_t *out, const struct inbound *i) {
    json_t *identities = json_array(), *attachments = json_array();
    for (int k = 0; k < i->n_identities; k++)
        json_array_append_new(identities, dialect_identity(&i->identities[k]));
    for (int k = 0; k < i->n_attachments; k++) {
        const struct inbound_attachment *one = &i->attachments[k];
        json_array_append_new(attachments,
                              json_pack("{ssssssss sI}", "name", one->name, "content_type",
                                        one->content_type, "url", one->url, "media_id",
                                        one->media_id, "size", (json_int_t)one->size));
    }
    json_object_set_new(out, "identities", identities);
    json_object_set_new(out, "attachments", attachments);
}

static inline json_t *dialect_event(const struct inbound *i) {
    json_t *out = json_pack("{ssss sIsI}", "type", inbound_type_text(i->type), "status",
                            delivery_status_text(i->status), "sent_ms", (json_int_t)i->sent_ms,
                            "watermark_ms", (json_int_t)i->watermark_ms);
    json_error_t error;
    for (size_t k = 0; k < sizeof dialect_texts / sizeof *dialect_texts; k++) {
        const char *text =
            *(const char *const *)(const void *)((const char *)i + dialect_texts[k].offset);
        json_object_set_new(out, dialect_texts[k].name, json_string(text));
    }
    json_object_set_new(out, "sender", dialect_identity(&i->sender));
    json_object_set_new(out, "metadata",
                        i->metadata ? json_loads(i->metadata, 0, &error) : json_object());
    dialect_put_lists(out, i);
    return out;
}

/* Everything that is expected is there: objects by the members named, all else exactly. */
static inline bool dialect_holds(const json_t *got, const json_t *expected) {
    const char *name;
    json_t *value;
    if (!json_is_object(expected) || !json_is_object(got))
        return json_equal((json_t *)(uintptr_t)got, (json_t *)(uintptr_t)expected);
    json_object_foreach((json_t *)(uintptr_t)expected, name, value) {
        if (!dialect_holds(json_object_get(got, name), value))
            return false;
    }
    return true;
}

static inline void dialect_check(struct arena *a, const char *name, const json_t *expected,
                                 const struct inbound_list *list) {
    if ((int)json_array_size(expected) != list->n)
        fail_msg("%s: %d events", name, list->n);
    for (int i = 0; i < list->n; i++) {
        json_auto got = dialect_event(&list->items[i]);
        const json_t *wanted = json_array_get(expected, (size_t)i);
        if (!dialect_holds(got, wanted))
            fail_msg("%s: event %d is\n%s\nand not\n%s", name, i, json_text(a, got),
                     json_text(a, wanted));
    }
}
