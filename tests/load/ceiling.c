/*
 * ceiling: the product's own save, driven by a bare libpq client: no HTTP, no JSON parsing, no
 * judging. What it sends is rendered before the clock starts. Says how fast the database alone
 * could be.
 *
 *   ceiling --url URI --connections 2 --batch 64 --messages 40000 [--customers 10000] [--text-bytes
 * 200]
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/codec/crypto.h"
#include "../../common/codec/json.h"
#include "../../common/decide/control.h"
#include "../../common/decide/decide.h"
#include "../../common/decide/observe.h"
#include "../../common/io/pg_rows.h"
#include "../../common/model/identity.h"
#include "../../common/nlu/read.h"
#include "../../common/store/conversations.h"
#include "../../common/store/customers.h"
#include "../../common/store/ledger.h"
#include "../../common/store/statement.h"

#define PARAMS 4

struct options {
    const char *url;
    int connections, batch, messages, customers, text_bytes;
};
static struct options opt = {"", 2, 64, 40000, 10000, 200};

/* Parameters as they travel, in binary. */
struct value {
    char *p;
    int n;
};
struct payload {
    struct value fence, save[PARAMS];
};

struct client {
    PGconn *conn;
    struct arena *arena;
    struct conversation *customers;
    int n_customers;
    struct payload *batches;
    int n_batches, wrong;
    int64_t *took_us;
    pthread_t thread;
};

static pthread_barrier_t start;
static const char *save_sql, *fence_sql;
static struct decision decision;
static char text[16384];

static void die(const char *what, const char *why) {
    fprintf(stderr, "ceiling: %s: %s\n", what, why);
    exit(1);
}

static struct uid new_uid(uint8_t bucket) {
    uint8_t random[UID_RANDOM_BYTES];
    crypto_random(random, sizeof random);
    return uid_make(clock_wall_ms(), bucket, random);
}

/* ---- what is sent ---- */

static void judge_once(struct arena *a) {
    struct policy *p = NULL;
    struct reading *r = ARENA_NEW(a, struct reading);
    struct signals *s = ARENA_NEW(a, struct signals);
    struct conversation *c = ARENA_NEW(a, struct conversation);
    const struct message m = {.text = text, .channel = "web", .address = "x", .external_id = ""};
    const struct bot_account bot = {.id = "faq", .kind = BOT_FAQ, .enabled = true};
    const struct read_input in = {.text = text, .earlier_language = "", .channel_language = ""};
    if (policy_parse(span_of(policy_default_json()), &p, NULL) != OK)
        die("policy", "does not parse");
    read_text(a, &in, r);
    *c = (struct conversation){.holder = {PARTY_NONE, ""},
                               .queue = "",
                               .language = "",
                               .topic = "",
                               .last_channel = "",
                               .last_address = "",
                               .last_agent = "",
                               .tier = "",
                               .preference = "",
                               .customer_name = ""};
    const struct context k = {.now_ms = clock_wall_ms(),
                              .conversation = c,
                              .message = &m,
                              .bot = &bot,
                              .topic_failure_rate = -1};
    observe(a, p, &k, r, s);
    decide_run(a, p, 0, s, &decision);
}

static void one_message(struct ledger *l, struct arena *a, struct conversation *c, int64_t number) {
    int64_t version = c->version++;
    const struct arrival_key key =
        arrivals_key(a, "channel/web", arena_printf(a, "ceiling-%lld", (long long)number));
    struct message m = {.id = new_uid(uid_bucket(c->id)),
                        .conversation_id = c->id,
                        .seq = ++c->last_seq,
                        .author = {PARTY_CUSTOMER, ""},
                        .channel = "web",
                        .external_id = arena_printf(a, "ceiling-%lld", (long long)number),
                        .address = c->last_address,
                        .text = text,
                        .language = "en",
                        .extra = "{\"name\":\"Mette\",\"locale\":\"en-GB\"}",
                        .received_ms = clock_wall_ms(),
                        .decision = &decision};
    const struct job job = {.lane = LANE_BOT,
                            .conversation_id = c->id,
                            .seq = m.seq,
                            .epoch = c->epoch,
                            .endpoint = "bot/faq"};
    c->updated_ms = m.received_ms;
    c->last_in_seq = m.seq;
    ledger_conversation(l, c, version);
    ledger_message(l, &m, &key);
    ledger_job(l, &job, 0);
    const struct event told = {
        .kind = EVENT_MESSAGE, .conversation_id = c->id, .seq = m.seq, .at_ms = m.received_ms};
    ledger_event(l, &told);
}

static struct value kept(struct span s) {
    char *p = malloc(s.n);
    memcpy(p, s.p, s.n);
    return (struct value){p, (int)s.n};
}

static struct payload make_batch(struct client *k, int64_t *number) {
    struct arena *a = arena_new();
    struct ledger *l = ledger_open(a);
    struct uid *ids = ARENA_ARRAY(a, struct uid, opt.batch);
    struct pg_step steps[LEDGER_STEPS_MAX];
    struct payload p;
    int saved_at = 0, first = rand() % k->n_customers;
    for (int i = 0; i < opt.batch; i++) {
        struct conversation *c = &k->customers[(first + i) % k->n_customers];
        ids[i] = c->id;
        one_message(l, a, c, (*number)++);
    }
    struct pg_step fence = conversations_fence_step(a, ids, opt.batch);
    p.fence = kept(fence.args->items[0].value);
    ledger_steps(l, steps, &saved_at);
    for (int i = 0; i < PARAMS; i++)
        p.save[i] = kept(pg_rows_array(steps[saved_at].args->items[i].rows));
    ledger_close(l);
    arena_free(a);
    return p;
}

/* ---- setting up ---- */

static void run_sql(PGconn *c, const char *sql, int n, const char *const *values) {
    PGresult *r = PQexecParams(c, sql, n, NULL, values, NULL, NULL, 0);
    ExecStatusType s = PQresultStatus(r);
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
        die("setting up", PQerrorMessage(c));
    PQclear(r);
}

static struct conversation stranger(struct client *k, struct newcomer *n, int number) {
    const char *address = arena_printf(k->arena, "c-%lld-%d", (long long)clock_wall_ms(), number);
    const struct identity id = {"channel:web", address, TRUST_VERIFIED};
    uint8_t bucket = identity_bucket(id.kind, id.value);
    *n = (struct newcomer){.identity = id,
                           .customer_id = new_uid(bucket),
                           .conversation_id = new_uid(bucket),
                           .name = "Mette",
                           .arrival = arrivals_key(k->arena, "ceiling", address),
                           .now_ms = clock_wall_ms()};
    return (struct conversation){.id = n->conversation_id,
                                 .customer_id = n->customer_id,
                                 .priority = 3,
                                 .mode = MODE_SELF_SERVICE,
                                 .holder = {PARTY_BOT, "faq"},
                                 .epoch = 1,
                                 .queue = "",
                                 .language = "en",
                                 .topic = "",
                                 .created_ms = n->now_ms,
                                 .updated_ms = n->now_ms,
                                 .episode = {.number = 1,
                                             .id = new_uid(bucket),
                                             .topic = "",
                                             .outcome = "",
                                             .opened_ms = n->now_ms},
                                 .last_channel = "web",
                                 .last_address = address,
                                 .last_agent = "",
                                 .customer_name = "Mette",
                                 .tier = "",
                                 .preference = "",
                                 .effort = {.customer_messages = 1, .waiting_since_ms = n->now_ms},
                                 .recent = {42}};
}

static void meet_all(struct client *k, int number) {
    struct newcomer batch[256];
    for (int i = 0; i < k->n_customers;) {
        struct arena *a = arena_new();
        int n = 0;
        while (n < 256 && i < k->n_customers) {
            k->customers[i] = stranger(k, &batch[n++], number + i);
            i++;
        }
        struct pg_step s = customers_first_contact_step(a, batch, n);
        run_sql(k->conn, s.stmt->sql, 1, &s.args->items[0].value.p);
        arena_free(a);
    }
}

static void prepare(PGconn *c, const char *name, const char *sql) {
    PGresult *r = PQprepare(c, name, sql, 0, NULL);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        die(name, PQerrorMessage(c));
    PQclear(r);
}

static void open_client(struct client *k, int index) {
    char url[1024];
    snprintf(url, sizeof url,
             "%s%soptions=-c%%20enable_seqscan%%3Doff%%20-c%%20enable_hashjoin%%3Doff"
             "%%20-c%%20enable_mergejoin%%3Doff%%20-c%%20cpu_index_tuple_cost%%3D1"
             "%%20-c%%20plan_cache_mode%%3Dforce_generic_plan%%20-c%%20jit%%3Doff",
             opt.url, strchr(opt.url, '?') ? "&" : "?");
    k->conn = PQconnectdb(url);
    if (PQstatus(k->conn) != CONNECTION_OK)
        die("connect", PQerrorMessage(k->conn));
    k->arena = arena_new();
    k->n_customers = opt.customers / opt.connections;
    k->customers = calloc((size_t)k->n_customers, sizeof *k->customers);
    meet_all(k, index * k->n_customers);
    prepare(k->conn, "begin", "BEGIN");
    prepare(k->conn, "commit", "COMMIT");
    prepare(k->conn, "fence", fence_sql);
    prepare(k->conn, "save", save_sql);
    k->n_batches = opt.messages / opt.batch / opt.connections;
    k->batches = calloc((size_t)k->n_batches, sizeof *k->batches);
    k->took_us = calloc((size_t)k->n_batches, sizeof *k->took_us);
    int64_t number = clock_monotonic_us() * 1000;
    for (int i = 0; i < k->n_batches; i++)
        k->batches[i] = make_batch(k, &number);
}

/* ---- the run ---- */

static void send_step(PGconn *c, const char *name, const struct value *values, int n) {
    const char *p[PARAMS];
    int length[PARAMS], binary[PARAMS];
    for (int i = 0; i < n; i++) {
        p[i] = values[i].p;
        length[i] = values[i].n;
        binary[i] = 1;
    }
    PQsendQueryPrepared(c, name, n, p, length, binary, 1);
}

/* One round trip: BEGIN, fence, save, COMMIT. Returns the conversations saved. */
static int save(PGconn *c, const struct payload *p) {
    int saved = 0;
    PQenterPipelineMode(c);
    send_step(c, "begin", NULL, 0);
    send_step(c, "fence", &p->fence, 1);
    send_step(c, "save", p->save, PARAMS);
    send_step(c, "commit", NULL, 0);
    PQpipelineSync(c);
    for (int ends = 0; ends < 5;) {
        PGresult *r = PQgetResult(c);
        if (!r)
            continue;
        ExecStatusType s = PQresultStatus(r);
        if (s == PGRES_FATAL_ERROR || s == PGRES_PIPELINE_ABORTED)
            die("save", PQresultErrorMessage(r));
        ends++;
        if (ends == 3)
            saved = PQntuples(r);
        PQclear(r);
    }
    PQexitPipelineMode(c);
    return saved;
}

static void *run(void *ctx) {
    struct client *k = ctx;
    pthread_barrier_wait(&start);
    for (int i = 0; i < k->n_batches; i++) {
        int64_t began = clock_monotonic_us();
        if (save(k->conn, &k->batches[i]) != opt.batch)
            k->wrong++;
        k->took_us[i] = clock_monotonic_us() - began;
    }
    return NULL;
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void find_statements(void) {
    for (int i = 0; i < statement_count(); i++) {
        const struct pg_stmt *s = statement_at(i);
        if (!strcmp(s->name, "ledger_save"))
            save_sql = s->sql;
        if (!strcmp(s->name, "conversations_fence"))
            fence_sql = s->sql;
    }
}

static void read_options(int argc, char **argv) {
    const struct {
        const char *name;
        int *number;
    } rows[] = {{"--connections", &opt.connections},
                {"--batch", &opt.batch},
                {"--messages", &opt.messages},
                {"--customers", &opt.customers},
                {"--text-bytes", &opt.text_bytes}};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--url"))
            opt.url = argv[i + 1];
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++)
            if (!strcmp(argv[i], rows[k].name))
                *rows[k].number = atoi(argv[i + 1]);
    }
}

static void report(const struct client *clients, int64_t took_us) {
    int n = 0, wrong = 0, per = clients[0].n_batches;
    int64_t *all = calloc((size_t)(per * opt.connections), sizeof *all);
    for (int i = 0; i < opt.connections; i++) {
        memcpy(all + n, clients[i].took_us, (size_t)per * sizeof *all);
        n += per;
        wrong += clients[i].wrong;
    }
    qsort(all, (size_t)n, sizeof *all, by_size);
    printf("{\"connections\":%d,\"batch\":%d,\"messages\":%d,\"wrong\":%d,\"per_second\":%.1f,"
           "\"p50_us\":%lld,\"p99_us\":%lld}\n",
           opt.connections, opt.batch, n * opt.batch, wrong,
           (double)n * opt.batch * 1e6 / (double)took_us, (long long)all[n / 2],
           (long long)all[n * 99 / 100]);
    free(all);
    exit(wrong ? 1 : 0);
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    find_statements();
    json_setup();
    struct client *clients = calloc((size_t)opt.connections, sizeof *clients);
    for (int n = 0; n < opt.text_bytes; n += 6)
        memcpy(text + n, "order ", 6);
    text[opt.text_bytes] = '\0';
    struct arena *a = arena_new();
    judge_once(a);
    pthread_barrier_init(&start, NULL, (unsigned)opt.connections + 1);
    for (int i = 0; i < opt.connections; i++) {
        open_client(&clients[i], i);
        pthread_create(&clients[i].thread, NULL, run, &clients[i]);
    }
    pthread_barrier_wait(&start);
    int64_t began = clock_monotonic_us();
    for (int i = 0; i < opt.connections; i++)
        pthread_join(clients[i].thread, NULL);
    report(clients, clock_monotonic_us() - began);
}
