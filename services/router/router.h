/*
 * router: what the HTTP process owns beside its world: listener, crews, stream hub. Knows no
 * routes.
 */
#pragma once
#include <stdatomic.h>

#include "../../common/base/crew.h"
#include "../../common/flow/world.h"
#include "../../common/io/httpd.h"

struct stream_hub;
struct ingest_desk;
struct pace;

#define ARRIVED_MAX 128

struct router {
    struct world *world;
    struct httpd *httpd;
    struct crew *turns, *reads;
    struct stream_hub *hub;
    struct pace *pace;
    struct ingest_desk *desks;  /* one for each thread of `turns` */
    void *arrived[ARRIVED_MAX]; /* calls for `turns` of this pass of the loop; loop thread */
    int n_arrived;
    atomic_bool draining;        /* told to end: unready from then on */
    int64_t recheck_spent_ms;    /* monotonic: up to then such looks are used up; loop thread */
    atomic_bool recheck_pending; /* somebody will look for an unknown key in the database; door.c */
    atomic_llong rechecked_us;   /* monotonic: when the newest such look began that has ended */
    atomic_llong ready_checked_ms; /* monotonic; health.c */
    atomic_int ready_found;        /* the enum err of that check */
};
