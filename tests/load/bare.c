/*
 * bare: libmicrohttpd and nothing else. Two threads of the library's own read a POST to the end and
 * answer it with an answer of a message's length, so that `load` can be driven against it and its
 * CPU compared with the router's. Refuses nothing, understands nothing, stores nothing.
 *
 *   bare          prints its port on 127.0.0.1; ends with its standard input
 */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS 2u
#define CONNECTIONS 512u
#define ANSWER_BYTES 900

static char answer[ANSWER_BYTES + 1] =
    "{\"message\":{\"seq\":1,\"duplicate\":false},\"decision\":{\"id\":\"";

static enum MHD_Result respond(struct MHD_Connection *connection) {
    struct MHD_Response *r =
        MHD_create_response_from_buffer(ANSWER_BYTES, answer, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(r, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(connection, 201, r);
    MHD_destroy_response(r);
    return queued;
}

/* The library calls once for the head, once for each part of the body, and once at its end. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *n, void **seen) {
    static char head;
    (void)cls, (void)url, (void)method, (void)version, (void)body;
    bool first = *seen == NULL;
    *seen = &head;
    if (!first && *n == 0)
        return respond(connection);
    *n = 0;
    return MHD_YES;
}

int main(void) {
    const struct sockaddr_in here = {.sin_family = AF_INET,
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    memset(answer + strlen(answer), 'x', ANSWER_BYTES - strlen(answer) - 3);
    memcpy(answer + ANSWER_BYTES - 3, "\"}}", 3);
    struct MHD_Daemon *d =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL,
                         MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
                         MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_END);
    if (!d)
        return EXIT_FAILURE;
    printf("%d\n", MHD_get_daemon_info(d, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    MHD_stop_daemon(d);
    return EXIT_SUCCESS;
}
