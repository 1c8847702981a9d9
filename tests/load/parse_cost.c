/*
 * parse_cost: what understanding one webhook call costs, without proving or storing it.
 *
 *   parse_cost --kind whatsapp --body FILE [--type CONTENT-TYPE] [--query QUERY] [--rounds 2000]
 *
 * Prints JSON: microseconds a call (median of five runs) and bytes a second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/channel/channel.h"
#include "../../common/codec/mime.h"

#define BODY_MAX (64 * 1024 * 1024)
#define RUNS 5

static struct {
    const char *kind, *body, *type, *query;
    int rounds;
} opt = {"", "", "application/json", "", 2000};

static void die(const char *what, const char *why) {
    fprintf(stderr, "parse_cost: %s: %s\n", what, why);
    exit(1);
}

static void read_options(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kind") == 0)
            opt.kind = argv[i + 1];
        else if (strcmp(argv[i], "--body") == 0)
            opt.body = argv[i + 1];
        else if (strcmp(argv[i], "--type") == 0)
            opt.type = argv[i + 1];
        else if (strcmp(argv[i], "--query") == 0)
            opt.query = argv[i + 1];
        else if (strcmp(argv[i], "--rounds") == 0)
            opt.rounds = atoi(argv[i + 1]);
        else
            die("unknown option", argv[i]);
    }
}

static struct span read_body(void) {
    FILE *f = fopen(opt.body, "rb");
    char *bytes = malloc(BODY_MAX);
    if (!f || !bytes)
        die("cannot read", opt.body);
    size_t n = fread(bytes, 1, BODY_MAX, f);
    fclose(f);
    return (struct span){bytes, n};
}

static int64_t run(const struct channel *channel, const struct channel_call *call, int *events) {
    struct arena *a = arena_new();
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < opt.rounds; i++) {
        struct inbound_list list = {0};
        if (channel->parse(a, call, &list) != OK)
            die("not understood", opt.kind);
        *events = list.n;
        arena_reset(a);
    }
    int64_t took = clock_monotonic_us() - began;
    arena_free(a);
    return took;
}

static int by_size(const void *a, const void *b) {
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv) {
    struct channel_account account = account_blank();
    int64_t took[RUNS];
    int events = 0;
    read_options(argc, argv);
    json_setup();
    mime_setup();
    if (!channel_kind_parse(opt.kind, &account.kind) || !channel_find(account.kind))
        die("no such kind", opt.kind);
    account.id = "c";
    const struct wire_header headers[] = {{"Content-Type", opt.type}};
    const struct wire_request request = {"POST", opt.query, headers, 1, read_body()};
    const struct channel_call call = {&account, &request, clock_wall_ms()};
    for (int i = 0; i < RUNS; i++)
        took[i] = run(channel_find(account.kind), &call, &events);
    qsort(took, RUNS, sizeof *took, by_size);
    double us = (double)took[RUNS / 2] / opt.rounds;
    printf("{\"us\":%.2f,\"bytes\":%zu,\"bytes_per_s\":%.0f,\"events\":%d}\n", us, request.body.n,
           (double)request.body.n / us * 1e6, events);
    return 0;
}
