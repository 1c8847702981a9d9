#include "configuration.h"

#include <limits.h>
#include <stdlib.h>

#include "../../common/base/log.h"

#define VERSION_DIGITS_MAX 9

enum err configuration_now(struct request *r, struct snapshot **out) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->reads, &c));
    TRY(world_refresh(r->world, c));
    *out = world_snapshot(r->world);
    return OK;
}

/* What is committed stays committed: a process that could not read it now will at its next look. */
void configuration_changed(struct request *r, struct pg *c) {
    enum err e = world_refresh(r->world, c);
    if (e != OK)
        log_event(LOG_WARN, "configuration_not_read_yet", LOG_T("error", err_name(e)));
    redis_publish(r->world->redis, WORLD_BELL, span_of("1"));
}

/* A body may repeat the id, as it does when it was read from here; it may not name another. */
static enum err take_body_id(struct request *r, const char *id) {
    json_t *said = json_object_get(r->body, "id");
    if (!said)
        return OK;
    if (!json_is_string(said) || strcmp(json_string_value(said), id) != 0)
        return why_set(&r->why, ERR_INVALID, "/id", "is not the id in the path");
    json_object_del(r->body, "id");
    return OK;
}

enum err configuration_id(struct request *r, const char **id) {
    *id = r->param[0];
    if (json_is_config_id(*id))
        return take_body_id(r, *id);
    return why_set(&r->why, ERR_INVALID, "",
                   "the id in the path must be 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a "
                   "letter or digit");
}

static bool parse_version(const char *s, int *version) {
    size_t n = strspn(s, "0123456789");
    long v = n >= 1 && n <= VERSION_DIGITS_MAX && !s[n] ? strtol(s, NULL, 10) : -1;
    *version = (int)v;
    return v >= 0;
}

enum err configuration_version(struct request *r, int *version) {
    return parse_version(r->param[0], version) ? OK : ERR_ABSENT;
}

static enum err read_limit(struct request *r, int *limit) {
    int64_t n;
    TRY(request_query_number(r, "limit", 1, CONFIGURATION_LIMIT_MAX, CONFIGURATION_LIMIT, &n));
    *limit = (int)n;
    return OK;
}

enum err configuration_list(struct request *r, int *limit, const char **after) {
    TRY(read_limit(r, limit));
    TRY(request_query(r, "cursor", after));
    if (!*after)
        *after = "";
    else if (!json_is_config_id(*after))
        return why_set(&r->why, ERR_INVALID, "", "cursor must be one that an answer gave");
    return OK;
}

enum err configuration_versions(struct request *r, int *limit, int *below) {
    const char *cursor;
    TRY(read_limit(r, limit));
    TRY(request_query(r, "cursor", &cursor));
    *below = INT_MAX;
    if (cursor && !parse_version(cursor, below))
        return why_set(&r->why, ERR_INVALID, "", "cursor must be one that an answer gave");
    return OK;
}

static const void *record_at(const struct configuration_page *page, int i) {
    return (const char *)page->records + (size_t)i * page->size;
}

static const char *id_at(const struct configuration_page *page, int i) {
    return *(const char *const *)record_at(page, i);
}

enum err configuration_reply_page(struct request *r, const struct configuration_page *page,
                                  struct reply *out) {
    int limit, first = 0;
    const char *after;
    TRY(configuration_list(r, &limit, &after));
    while (first < page->n && strcmp(id_at(page, first), after) <= 0)
        first++;
    int end = page->n - first > limit ? first + limit : page->n;
    reply_list_open(out);
    for (int i = first; i < end; i++) {
        json_put_item(&out->body);
        page->render(record_at(page, i), &out->body);
    }
    reply_list_close(out, end < page->n ? id_at(page, end - 1) : NULL);
    return OK;
}
