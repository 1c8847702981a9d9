/* fetch_net: which addresses may be called. Private to fetch*.c; knows no libcurl. */
#pragma once
#include <stdbool.h>
#include <sys/socket.h>

#include "fetch.h"

bool fetch_net_allows(const struct fetch_net *n, const struct sockaddr *address);
/* If host is an address in any spelling (or names this machine), is it an allowed one? Names pass.
 */
bool fetch_net_allows_host(const struct fetch_net *n, const char *host);
/* Has the operator listed it by name of its network? Of a host: only an address in any spelling, or
 * this machine. */
bool fetch_net_lists(const struct fetch_net *n, const struct sockaddr *address);
bool fetch_net_lists_host(const struct fetch_net *n, const char *host);
