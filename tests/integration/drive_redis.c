/* drive_redis URL TIMEOUT_MS: the redis driver by hand. One command a line, words parted by tabs;
 * one answer a line: yes or no, microseconds it took, then values ("-" for an absent one). What the
 * subscriber hears is a line "heard TEXT". */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/base/log.h"
#include "../../common/io/redis.h"

#define WORDS_MAX 64

struct drive {
    struct redis *redis;
    struct redis_subscriber *subscriber;
    struct arena *arena;
    struct span word[WORDS_MAX];
    int n;
};

static void on_heard(void *ctx, struct span message) {
    (void)ctx;
    printf("heard\t%.*s\n", (int)message.n, message.p);
    fflush(stdout);
}

static void answer(bool ok, int64_t since_us, const char *text) {
    printf("%s\t%lld\t%s\n", ok ? "yes" : "no", (long long)(clock_monotonic_us() - since_us), text);
    fflush(stdout);
}

static void do_get(struct drive *d) {
    struct span values[WORDS_MAX];
    char *text = arena_strdup(d->arena, "");
    int64_t from = clock_monotonic_us();
    bool ok = redis_get_many(d->redis, d->arena, d->word + 1, d->n - 1, values);
    for (int i = 0; i < d->n - 1; i++)
        text = values[i].p ? arena_printf(d->arena, "%s%.*s|", text, (int)values[i].n, values[i].p)
                           : arena_printf(d->arena, "%s-|", text);
    answer(ok, from, text);
}

/* set TTL key value key value ...; a last word by itself is published on "news" */
static void do_set(struct drive *d) {
    struct span keys[WORDS_MAX], values[WORDS_MAX];
    int n = 0;
    for (int i = 2; i + 1 < d->n; i += 2, n++) {
        keys[n] = d->word[i];
        values[n] = d->word[i + 1];
    }
    struct redis_values v = {.keys = keys, .values = values, .n = n, .ttl_s = atoi(d->word[1].p)};
    if (d->n % 2) {
        v.channel = "news";
        v.message = d->word[d->n - 1];
    }
    int64_t from = clock_monotonic_us();
    answer(redis_set_many(d->redis, &v), from, "");
}

static void do_delete(struct drive *d) {
    int64_t from = clock_monotonic_us();
    answer(redis_delete_many(d->redis, d->word + 1, d->n - 1), from, "");
}

static void do_publish(struct drive *d) {
    int64_t from = clock_monotonic_us();
    answer(redis_publish(d->redis, d->word[1].p, d->word[2]), from, "");
}

static void do_up(struct drive *d) {
    int64_t from = clock_monotonic_us();
    answer(redis_up(d->redis), from, "");
}

static void do_subscribe(struct drive *d) {
    d->subscriber = redis_subscribe(d->redis, d->word[1].p, on_heard, NULL);
}

static void *get_often(void *arg) {
    struct drive *d = arg;
    struct arena *a = arena_new();
    intptr_t hits = 0;
    for (int i = 0; i < 500; i++) {
        struct span key = span_of("k"), value;
        hits += redis_get_many(d->redis, a, &key, 1, &value) && value.n == 1;
        arena_reset(a);
    }
    arena_free(a);
    return (void *)hits;
}

/* threads N: each reads "k" 500 times; how many found one byte. */
static void do_threads(struct drive *d) {
    pthread_t thread[WORDS_MAX];
    int n = atoi(d->word[1].p);
    intptr_t sum = 0;
    int64_t from = clock_monotonic_us();
    for (int i = 0; i < n; i++)
        if (pthread_create(&thread[i], NULL, get_often, d))
            abort();
    for (int i = 0; i < n; i++) {
        void *hits;
        pthread_join(thread[i], &hits);
        sum += (intptr_t)hits;
    }
    answer(true, from, arena_printf(d->arena, "%lld", (long long)sum));
}

static const struct verb {
    const char *name;
    void (*run)(struct drive *d);
} verbs[] = {{"get", do_get},         {"set", do_set}, {"delete", do_delete},
             {"publish", do_publish}, {"up", do_up},   {"subscribe", do_subscribe},
             {"threads", do_threads}};

static void obey(struct drive *d, char *line) {
    line[strcspn(line, "\n")] = '\0';
    d->n = 0;
    for (char *rest = line; rest && d->n < WORDS_MAX;)
        d->word[d->n++] = span_of(strsep(&rest, "\t"));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (span_is(d->word[0], verbs[i].name))
            verbs[i].run(d);
    arena_reset(d->arena);
}

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    log_setup("drive", "json", "info");
    struct redis_options o = {argv[1], atoi(argv[2])};
    struct drive d = {.redis = NULL};
    struct why why;
    if (redis_open(&o, &d.redis, &why) != OK) {
        fprintf(stderr, "%s\n", why.text);
        return 3;
    }
    d.arena = arena_new();
    char *line = NULL;
    size_t cap = 0;
    while (getline(&line, &cap, stdin) > 0)
        obey(&d, line);
    free(line);
    if (d.subscriber)
        redis_unsubscribe(d.subscriber);
    redis_close(d.redis);
    arena_free(d.arena);
    return 0;
}
