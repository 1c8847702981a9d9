#include "fetch_net.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/span.h"

#define RANGES_MAX 64

struct range {
    int family;
    int bits;
    uint8_t address[16];
};

struct fetch_net {
    struct range deny[RANGES_MAX], allow[RANGES_MAX];
    int n_deny, n_allow;
};

/* Private, shared, local, documentation, multicast, reserved; then what wraps an IPv4 address. */
static const char *const denied[] = {
    "0.0.0.0/8",        "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12",    "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15",    "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
    "168.63.129.16/32", "::/96",           "fc00::/7",       "fe80::/10",      "fec0::/10",
    "ff00::/8",         "2001:db8::/32",   "::ffff:0:0/96",  "64:ff9b::/96",   "64:ff9b:1::/48",
    "2001::/32",        "2002::/16"};

/* ---- ranges ---- */

static bool parse_range(struct span text, struct range *out) {
    char address[INET6_ADDRSTRLEN];
    struct span rest = text, part;
    memset(out, 0, sizeof *out);
    if (!span_split(&rest, '/', &part) || part.n >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)part.n, part.p);
    out->family = memchr(part.p, ':', part.n) ? AF_INET6 : AF_INET;
    int max = out->family == AF_INET6 ? 128 : 32;
    if (inet_pton(out->family, address, out->address) != 1)
        return false;
    out->bits = max;
    if (!rest.p)
        return true;
    if (rest.n == 0 || rest.n > 3 || strspn(rest.p, "0123456789") < rest.n)
        return false;
    out->bits = (int)strtol(rest.p, NULL, 10);
    return out->bits <= max;
}

static bool range_has(const struct range *r, int family, const uint8_t *address) {
    int whole = r->bits / 8, left = r->bits % 8;
    if (r->family != family || memcmp(r->address, address, (size_t)whole) != 0)
        return false;
    return left == 0 || (r->address[whole] ^ address[whole]) >> (8 - left) == 0;
}

static bool any_has(const struct range *ranges, int n, int family, const uint8_t *address) {
    for (int i = 0; i < n; i++)
        if (range_has(&ranges[i], family, address))
            return true;
    return false;
}

enum err fetch_net_parse(const char *allow, struct fetch_net **out, struct why *why) {
    struct fetch_net *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    for (size_t i = 0; i < sizeof denied / sizeof *denied; i++)
        if (!parse_range(span_of(denied[i]), &n->deny[n->n_deny++]))
            abort();
    struct span rest = span_of(allow), part;
    while (span_split(&rest, ',', &part)) {
        part = span_trim(part);
        if (part.n == 0)
            continue;
        if (n->n_allow == RANGES_MAX || !parse_range(part, &n->allow[n->n_allow++])) {
            fetch_net_free(n);
            return why_set(why, ERR_INVALID, "", "\"%.*s\" is not an address range (CIDR)",
                           (int)part.n, part.p);
        }
    }
    *out = n;
    return OK;
}

void fetch_net_free(struct fetch_net *n) { free(n); }

/* ---- judgement ---- */

/* NULL: not an IP address. */
static const uint8_t *bytes_of(const struct sockaddr *address) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    if (address->sa_family == AF_INET)
        return (const uint8_t *)&v4->sin_addr;
    return address->sa_family == AF_INET6 ? v6->sin6_addr.s6_addr : NULL;
}

bool fetch_net_lists(const struct fetch_net *n, const struct sockaddr *address) {
    const uint8_t *bytes = bytes_of(address);
    return bytes && any_has(n->allow, n->n_allow, address->sa_family, bytes);
}

bool fetch_net_allows(const struct fetch_net *n, const struct sockaddr *address) {
    const uint8_t *bytes = bytes_of(address);
    return bytes &&
           (fetch_net_lists(n, address) || !any_has(n->deny, n->n_deny, address->sa_family, bytes));
}

static bool names_this_machine(const char *host) {
    static const char local[] = "localhost";
    size_t n = strlen(host), local_n = strlen(local);
    if (n > 0 && host[n - 1] == '.')
        n--;
    if (n < local_n || strncasecmp(host + n - local_n, local, local_n) != 0)
        return false;
    return n == local_n || host[n - local_n - 1] == '.';
}

/* What is asked of the address that host is; otherwise, if it is a name. */
static bool ask_host(const struct fetch_net *n, const char *host,
                     bool (*ask)(const struct fetch_net *, const struct sockaddr *),
                     bool otherwise) {
    char bare[INET6_ADDRSTRLEN + 16];
    size_t host_n = strlen(host);
    if (names_this_machine(host))
        host = "127.0.0.1";
    if (host[0] == '[' && host_n > 2 && host_n < sizeof bare) {
        snprintf(bare, sizeof bare, "%.*s", (int)host_n - 2, host + 1);
        host = bare;
    }
    /* No look-up: only what the C library itself takes for an address, 0x7f.1 and 2130706433
     * included. */
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM}, *found;
    if (getaddrinfo(host, NULL, &hints, &found) != 0)
        return otherwise;
    bool yes = ask(n, found->ai_addr);
    freeaddrinfo(found);
    return yes;
}

bool fetch_net_allows_host(const struct fetch_net *n, const char *host) {
    return ask_host(n, host, fetch_net_allows, true);
}

bool fetch_net_lists_host(const struct fetch_net *n, const char *host) {
    return ask_host(n, host, fetch_net_lists, false);
}
