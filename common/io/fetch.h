/*
 * fetch: one outgoing call over libcurl, HTTP or a mail by SMTP, with a cap on everything.
 *
 * http and https only; no redirects, no proxy from the environment, no userinfo in the URL; every
 * address is checked when the socket is opened, so a name that answers differently the second time
 * gains nothing: private, loopback, link-local, multicast and mapped addresses are refused unless
 * the allow-list has them. A call is given up at its deadline. The only file with <curl/...>.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"
#include "../codec/wire.h"

#define FETCH_BODY_MAX (64 * 1024)
#define FETCH_HEADERS_MAX 64

struct fetch_net; /* the parsed allow-list; immutable, shared by threads */
struct fetch;     /* one thread's client; keeps connections open between calls */

void fetch_setup(void); /* once, before threads */
/* Comma-separated CIDR, IPv4 and IPv6. */
MUST_CHECK enum err fetch_net_parse(const char *allow, struct fetch_net **out, struct why *why);
void fetch_net_free(struct fetch_net *n);
/* Is the URL one that could be called: scheme, no userinfo, and if its host is a literal address
 * (in any spelling), an allowed one. For checking configuration when it is saved; names are
 * checked at connect. */
MUST_CHECK enum err fetch_check_url(const struct fetch_net *n, const char *url, struct why *why);
/* The same of smtp:// and smtps://. */
MUST_CHECK enum err fetch_check_smtp_url(const struct fetch_net *n, const char *url,
                                         struct why *why);

struct fetch *fetch_new(const struct fetch_net *n);
void fetch_free(struct fetch *f);

/* Answers of up to so many bytes are taken from now on; FETCH_BODY_MAX until said. */
void fetch_expect(struct fetch *f, size_t answer_bytes_max);

/* May the bytes still be sent? Asked right before the first byte and before the body; false
 * gives up with ERR_DENIED and nothing of the body sent. NULL: always. */
typedef bool fetch_may_send(void *ctx);

/* OK with out->status set for any complete answer, whatever the status. ERR_DENIED: address
 * refused, or may_send said no. ERR_TIMEOUT. ERR_TOO_LARGE: answer over the cap. ERR_UPSTREAM:
 * connect, TLS, protocol. Answer and headers live in the arena. Method "MAIL": see fetch_mail.h. */
MUST_CHECK enum err fetch_run(struct fetch *f, struct arena *a, const struct wire_request *request,
                              int timeout_ms, fetch_may_send *may_send, void *ctx,
                              struct wire_response *out);
