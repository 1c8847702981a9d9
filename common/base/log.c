#include "log.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "metric.h"

#define LINE_MAX_BYTES 4096 /* PIPE_BUF: one write of at most this is not mixed with another's */
#define TAIL_BYTES 24       /* kept free for `,"cut":1}` and the newline */
#define ID_MAX 65
#define LINES_PER_S 200
#define LINES_BURST 1000

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
    char service[32];
    bool logfmt;
    enum log_level level;
} setup = {.service = "redthread", .level = LOG_INFO};

static _Thread_local struct { char request_id[ID_MAX], trace_id[ID_MAX]; } context;

static struct {
    pthread_mutex_t lock;
    int64_t tokens_ms; /* 1000 / LINES_PER_S of these buy a line */
    int64_t filled_ms;
    int64_t dropped; /* since the last line that said so */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER};

#define TOKEN_MS (1000 / LINES_PER_S)
#define TOKENS_MAX_MS ((int64_t)LINES_BURST * TOKEN_MS)

struct line {
    char p[LINE_MAX_BYTES];
    size_t len;
    bool cut; /* something did not fit and was left out whole */
};

void log_setup(const char *service, const char *format, const char *level) {
    snprintf(setup.service, sizeof setup.service, "%s", service);
    setup.logfmt = strcmp(format, "logfmt") == 0;
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (strcmp(level, level_names[i]) == 0)
            setup.level = (enum log_level)i;
}

void log_context(const char *request_id, const char *trace_id) {
    snprintf(context.request_id, ID_MAX, "%s", request_id ? request_id : "");
    snprintf(context.trace_id, ID_MAX, "%s", trace_id ? trace_id : "");
}

static void put(struct line *l, const char *s, size_t n) {
    if (n > LINE_MAX_BYTES - TAIL_BYTES - l->len) {
        l->cut = true;
        return;
    }
    memcpy(l->p + l->len, s, n);
    l->len += n;
}

static void put_text(struct line *l, const char *s) { put(l, s, strlen(s)); }

static bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

/* Everything but printable ASCII is escaped, byte by byte: a line stays one line, valid JSON, and
 * harmless to a terminal, whatever a peer sent. */
static void put_quoted(struct line *l, const char *s) {
    put_text(l, "\"");
    while (*s) {
        size_t plain = 0;
        while (is_plain((unsigned char)s[plain]))
            plain++;
        put(l, s, plain);
        s += plain;
        if (!*s)
            break;
        char escaped[8];
        unsigned char c = (unsigned char)*s++;
        snprintf(escaped, sizeof escaped, c == '"' || c == '\\' ? "\\%c" : "\\u%04x", c);
        put_text(l, escaped);
    }
    put_text(l, "\"");
}

static bool needs_quotes(const char *s) {
    if (!*s)
        return true;
    for (; *s; s++)
        if (*s <= ' ' || *s >= 0x7F || strchr("\"=\\", *s))
            return true;
    return false;
}

static void put_value(struct line *l, const struct log_field *f) {
    char digits[24];
    if (!f->text) {
        snprintf(digits, sizeof digits, "%" PRId64, f->number);
        put_text(l, digits);
    } else if (setup.logfmt && !needs_quotes(f->text)) {
        put_text(l, f->text);
    } else {
        put_quoted(l, f->text);
    }
}

/* A field that does not fit is left out whole; the line says so at its end. */
static void put_field(struct line *l, const struct log_field *f) {
    size_t before = l->len;
    bool cut_before = l->cut;
    l->cut = false;
    if (setup.logfmt) {
        put_text(l, before ? " " : "");
        put_text(l, f->key);
        put_text(l, "=");
    } else {
        put_text(l, before ? ",\"" : "{\"");
        put_text(l, f->key);
        put_text(l, "\":");
    }
    put_value(l, f);
    if (l->cut)
        l->len = before;
    l->cut |= cut_before;
}

static void put_text_field(struct line *l, const char *key, const char *text) {
    struct log_field f = LOG_T(key, text);
    if (*text)
        put_field(l, &f);
}

static void finish(struct line *l) {
    if (l->cut) {
        const char *mark = setup.logfmt ? " cut=1" : ",\"cut\":1";
        memcpy(l->p + l->len, mark, strlen(mark));
        l->len += strlen(mark);
    }
    if (!setup.logfmt)
        l->p[l->len++] = '}';
    l->p[l->len++] = '\n';
}

static void build(struct line *l, enum log_level level, const char *event,
                  const struct log_field *fields, int n) {
    char stamp[CLOCK_RFC3339_MAX];
    l->len = 0;
    l->cut = false;
    put_text_field(l, "time", clock_rfc3339(clock_wall_ms(), stamp));
    put_text_field(l, "level", level_names[level]);
    put_text_field(l, "service", setup.service);
    put_text_field(l, "event", event);
    put_text_field(l, "request_id", context.request_id);
    put_text_field(l, "trace_id", context.trace_id);
    for (int i = 0; i < n; i++)
        put_field(l, &fields[i]);
    finish(l);
}

/* O_NONBLOCK would change a terminal for everybody who shares it, so the reader is asked instead.
 * POLLERR beside POLLOUT is a pipe that nobody reads any more: writing would raise SIGPIPE. */
static bool write_line(const struct line *l) {
    struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) != 1 || out.revents != POLLOUT)
        return false;
    return write(STDERR_FILENO, l->p, l->len) == (ssize_t)l->len;
}

static bool take_token(void) {
    int64_t now = clock_monotonic_ms();
    gate.tokens_ms = gate.filled_ms ? gate.tokens_ms + (now - gate.filled_ms) : TOKENS_MAX_MS;
    gate.filled_ms = now;
    if (gate.tokens_ms > TOKENS_MAX_MS)
        gate.tokens_ms = TOKENS_MAX_MS;
    if (gate.tokens_ms < TOKEN_MS)
        return false;
    gate.tokens_ms -= TOKEN_MS;
    return true;
}

static bool confess_dropped(void) {
    if (gate.dropped == 0)
        return true;
    struct line l;
    build(&l, LOG_WARN, "log_dropped", &LOG_N("lines", gate.dropped), 1);
    if (!write_line(&l))
        return false;
    gate.dropped = 0;
    return true;
}

static void emit(const struct line *l) {
    pthread_mutex_lock(&gate.lock);
    if (!take_token() || !confess_dropped() || !write_line(l)) {
        gate.dropped++;
        metric_add(METRIC_log_dropped, 1);
    }
    pthread_mutex_unlock(&gate.lock);
}

void log_line(enum log_level level, const char *event, const struct log_field *fields, int n) {
    if (level < setup.level)
        return;
    struct line l;
    build(&l, level, event, fields, n);
    emit(&l);
}
