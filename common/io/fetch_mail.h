/*
 * fetch_mail: one mail to one SMTP server over libcurl. Private to fetch*.c.
 *
 * smtps:// speaks TLS from the first byte, smtp:// must upgrade by STARTTLS or nothing is sent.
 * Only within networks that the operator has listed may it go without: to a literal address (or
 * localhost) that offers no STARTTLS, and to a name whose URL ends in ?tls=off. Certificates are
 * verified always. The path of the URL is what EHLO says; the sender's domain if it has none.
 */
#pragma once
#include "fetch.h"

#define FETCH_MAIL_RECIPIENTS_MAX 32

struct fetch_mail {
    const struct fetch_net *net;
    struct arena *arena;
    int timeout_ms;
    fetch_may_send *may_send;
    void *ctx;
};

/* As fetch_run(): headers "MAIL FROM" and "RCPT TO" (several), perhaps "SMTP USER" and "SMTP
 * PASSWORD"; the status is the server's last word. What the request calls "Message-ID" the response
 * does too. curl: the caller's easy handle. */
MUST_CHECK enum err fetch_mail_run(void *curl, const struct fetch_mail *how,
                                   const struct wire_request *request, struct wire_response *out);
