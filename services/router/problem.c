#include "problem.h"

/* Codes that the error table writes in capitals, as the last segment of a URI. */
static const struct {
    enum err err;
    const char *code;
} codes[] = {
    {ERR_MALFORMED, "malformed"}, {ERR_UNKNOWN_KEY, "unknown-key"},
    {ERR_DENIED, "denied"},       {ERR_ABSENT, "absent"},
    {ERR_METHOD, "method"},       {ERR_CONFLICT, "conflict"},
    {ERR_TOO_LARGE, "too-large"}, {ERR_MEDIA_TYPE, "media-type"},
    {ERR_INVALID, "invalid"},     {ERR_LIMIT, "limit"},
    {ERR_HEADERS, "headers"},     {ERR_BUG, "internal"},
    {ERR_UPSTREAM, "upstream"},   {ERR_BUSY, "busy"},
    {ERR_STORE, "store"},         {ERR_TIMEOUT, "timeout"},
};

static const char *code_of(enum err e) {
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].err == e)
            return codes[i].code;
    return "internal";
}

/* What went wrong on our side is for the log; that somebody is ahead of the caller is for them. */
struct problem problem_of(enum err e, const struct why *why) {
    int status = err_http(e);
    bool told = (status < 500 || e == ERR_BUSY) && why && why->text[0];
    return (struct problem){
        .status = status,
        .code = code_of(e),
        .title = err_text(e),
        .detail = told ? why->text : err_text(e),
        .pointer = status == 422 && why ? why->pointer : NULL,
    };
}

static enum err err_of_status(int status) {
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (err_http(codes[i].err) == status)
            return codes[i].err;
    return ERR_MALFORMED;
}

struct problem problem_of_status(int status, const char *detail) {
    struct problem p = problem_of(err_of_status(status), NULL);
    if (status == 408)
        p = (struct problem){.code = "too-slow", .title = "the request took too long to arrive"};
    p.status = status;
    p.detail = detail;
    return p;
}

void problem_render(const struct problem *p, const char *request_id, struct buf *out) {
    buf_adds(out, "{\"type\":\"/problems/");
    buf_adds(out, p->code);
    buf_addc(out, '"');
    json_put_text(out, "title", p->title);
    json_put_number(out, "status", p->status);
    json_put_text(out, "detail", p->detail);
    json_put_text(out, "instance", request_id);
    if (p->pointer) {
        json_put_key(out, "errors");
        buf_adds(out, "[{");
        json_put_text(out, "pointer", p->pointer);
        json_put_text(out, "detail", p->detail);
        buf_adds(out, "}]");
    }
    buf_addc(out, '}');
}

int problem_headers(const struct problem *p, struct wire_header out[PROBLEM_HEADERS_MAX]) {
    int n = 0;
    if (p->status == 401)
        out[n++] = (struct wire_header){"WWW-Authenticate", "Bearer"};
    if (p->status == 429 || p->status == 503)
        out[n++] = (struct wire_header){"Retry-After", "1"};
    return n;
}
