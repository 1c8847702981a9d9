/*
 * load: a closed-loop load generator for POST /v1/messages. One thread, epoll; every answer is read
 * and checked: status, seq, and whether it says duplicate when it must. Prints one JSON line.
 *
 *   load --port 8080 --key rt_… --connections 64 --seconds 5 [--customers 10000] [--duplicates 30]
 * [--text-bytes 200]
 *        [--path /livez] [--tag x] [--warmup 0.5]
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_MAX 16384
#define ANSWER_MAX (256 * 1024)
#define TEXT_MAX 8192
#define SAMPLES_MAX 8000000
#define TEXTS 8 /* more than a conversation remembers */

struct options {
    int port, connections, customers, duplicates, text_bytes;
    double seconds, warmup;
    const char *key, *tag, *path, *channel;
};

struct connection {
    int fd;
    char request[REQUEST_MAX], answer[ANSWER_MAX];
    size_t request_n, sent, answer_n;
    int64_t began_us;
    bool duplicate;
    uint64_t last_id, last_customer, last_text;
    bool has_last;
};

struct tally {
    uint64_t answers, fresh, duplicates, bad;
    uint32_t *samples;
    uint64_t n_samples;
    int64_t last_answer_us, longest_gap_us;
    char first_bad[256];
};

static struct options opt = {8080, 64, 10000, 0, 200, 5, 0.5, "", "a", "/v1/messages", "web"};
static struct tally tally;
static uint64_t next_id;
static char texts[TEXTS][TEXT_MAX + 1];

static int64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static uint64_t random_state = 88172645463325252ULL;
static uint64_t random_next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

/* ---- options ---- */

static const struct {
    const char *name;
    enum { INT, REAL, TEXT } type;
    void *target;
} option_rows[] = {
    {"--port", INT, &opt.port},
    {"--connections", INT, &opt.connections},
    {"--customers", INT, &opt.customers},
    {"--duplicates", INT, &opt.duplicates},
    {"--text-bytes", INT, &opt.text_bytes},
    {"--seconds", REAL, &opt.seconds},
    {"--warmup", REAL, &opt.warmup},
    {"--key", TEXT, &opt.key},
    {"--tag", TEXT, &opt.tag},
    {"--path", TEXT, &opt.path},
    {"--channel", TEXT, &opt.channel},
};

static void read_option(const char *name, const char *value) {
    for (size_t i = 0; i < sizeof option_rows / sizeof option_rows[0]; i++) {
        if (strcmp(name, option_rows[i].name) != 0)
            continue;
        if (option_rows[i].type == INT)
            *(int *)option_rows[i].target = atoi(value);
        else if (option_rows[i].type == REAL)
            *(double *)option_rows[i].target = atof(value);
        else
            *(const char **)option_rows[i].target = value;
        return;
    }
    fprintf(stderr, "load: unknown option %s\n", name);
    exit(2);
}

/* ---- one request, one answer ---- */

/* The same in every run: what a text says decides how it is answered, and so what it costs. Each
 * begins with another sentence: who asks the same again and again would be sent to a person. */
static void fill_texts(void) {
    static const char *const sentences[TEXTS] = {
        "Hello, where is my parcel? ",
        "I ordered two lamps and a chair last week. ",
        "The invoice says that they would be here today. ",
        "Please tell me when they come. ",
        "Do you have the right address? ",
        "We have moved and the name on the door is new. ",
        "Can I also return one of the lamps? ",
        "Thank you for your help, Mette. ",
    };
    size_t limit = (size_t)opt.text_bytes < TEXT_MAX ? (size_t)opt.text_bytes : TEXT_MAX;
    for (size_t i = 0; i < TEXTS; i++) {
        size_t n = 0;
        for (size_t k = i; n < limit; k++)
            n += (size_t)snprintf(texts[i] + n, limit + 1 - n, "%s", sentences[k % TEXTS]);
    }
}

static void make_get(struct connection *c) {
    c->request_n =
        (size_t)snprintf(c->request, sizeof c->request,
                         "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n",
                         opt.path, opt.key);
}

/* Customers write in turn, from one drawn by lot. */
static void make_post(struct connection *c) {
    static uint64_t turn;
    if (!turn)
        turn = random_next() >> 32;
    char body[REQUEST_MAX / 2];
    bool again = c->has_last && (int)(random_next() % 100) < opt.duplicates;
    if (!again) {
        c->last_id = next_id++;
        c->last_text = turn / (uint64_t)opt.customers % TEXTS;
        c->last_customer = turn++ % (uint64_t)opt.customers;
        c->has_last = true;
    }
    c->duplicate = again;
    int n = snprintf(body, sizeof body,
                     "{\"channel\":\"%s\",\"external_id\":\"%s-%llu\",\"from\":{\"address\":"
                     "\"%s-%llu\",\"name\":\"Mette\"},\"text\":\"%s\",\"locale\":\"en-GB\"}",
                     opt.channel, opt.tag, (unsigned long long)c->last_id,
                     opt.customers == 1 ? opt.tag : "visitor", (unsigned long long)c->last_customer,
                     texts[c->last_text]);
    c->request_n =
        (size_t)snprintf(c->request, sizeof c->request,
                         "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                         "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
                         opt.path, opt.key, n, body);
}

static void begin(struct connection *c) {
    c->sent = c->answer_n = 0;
    if (strcmp(opt.path, "/v1/messages") == 0)
        make_post(c);
    else
        make_get(c);
    c->began_us = now_us();
    ssize_t n = send(c->fd, c->request, c->request_n, MSG_NOSIGNAL);
    c->sent = n > 0 ? (size_t)n : 0;
}

/* Whole answer in the buffer? Its length, else 0. */
static size_t answer_length(struct connection *c) {
    c->answer[c->answer_n] = '\0';
    const char *end = strstr(c->answer, "\r\n\r\n");
    const char *length = end ? strcasestr(c->answer, "content-length:") : NULL;
    if (!length || length > end)
        return 0;
    size_t whole = (size_t)(end + 4 - c->answer) + strtoul(length + 15, NULL, 10);
    return c->answer_n >= whole ? whole : 0;
}

static bool is_right(struct connection *c) {
    int status = atoi(c->answer + 9);
    if (strcmp(opt.path, "/v1/messages") != 0)
        return status == 200;
    const char *seq = strstr(c->answer, "\"seq\":");
    bool says = strstr(c->answer, "\"duplicate\":true") != NULL;
    return status == (c->duplicate ? 200 : 201) && says == c->duplicate && seq &&
           atoi(seq + 6) > 0 && strstr(c->answer, "\"decision\":{\"id\"");
}

static void record(struct connection *c, int64_t now, bool counts) {
    if (!is_right(c)) {
        if (!tally.bad++)
            snprintf(tally.first_bad, sizeof tally.first_bad, "%.200s", c->answer);
        return;
    }
    if (now - tally.last_answer_us > tally.longest_gap_us)
        tally.longest_gap_us = now - tally.last_answer_us;
    tally.last_answer_us = now;
    tally.answers++;
    tally.fresh += !c->duplicate;
    tally.duplicates += c->duplicate;
    if (counts && tally.n_samples < SAMPLES_MAX)
        tally.samples[tally.n_samples++] = (uint32_t)(now - c->began_us);
}

static void dial(struct connection *c, int epoll) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)opt.port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (c->fd < 0 || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) {
        perror("load: connect");
        exit(1);
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e);
}

static void on_bytes(struct connection *c, int epoll, bool counts, bool go_on) {
    ssize_t n = recv(c->fd, c->answer + c->answer_n, ANSWER_MAX - 1 - c->answer_n, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0) { /* the server closed: counted, then dialled again */
        tally.bad++;
        close(c->fd);
        dial(c, epoll);
        if (go_on)
            begin(c);
        return;
    }
    c->answer_n += (size_t)n;
    if (!answer_length(c))
        return;
    record(c, now_us(), counts);
    if (go_on)
        begin(c);
}

/* ---- the whole ---- */

static int by_size(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static uint32_t percentile(double p) {
    uint64_t i = (uint64_t)(p * (double)tally.n_samples);
    return tally.n_samples ? tally.samples[i < tally.n_samples ? i : tally.n_samples - 1] : 0;
}

static void report(double seconds) {
    qsort(tally.samples, tally.n_samples, sizeof *tally.samples, by_size);
    printf(
        "{\"connections\":%d,\"answers\":%llu,\"fresh\":%llu,\"duplicates\":%llu,\"bad\":%llu,"
        "\"per_second\":%.1f,\"p50_us\":%u,\"p99_us\":%u,\"p999_us\":%u,\"longest_gap_ms\":%lld}\n",
        opt.connections, (unsigned long long)tally.answers, (unsigned long long)tally.fresh,
        (unsigned long long)tally.duplicates, (unsigned long long)tally.bad,
        (double)tally.n_samples / seconds, percentile(0.5), percentile(0.99), percentile(0.999),
        (long long)(tally.longest_gap_us / 1000));
    if (tally.bad)
        fprintf(stderr, "load: first wrong answer: %s\n", tally.first_bad);
}

static void drain(int epoll, struct connection *all) {
    struct epoll_event events[256];
    int64_t until = now_us() + 2000000;
    uint64_t want = tally.answers + tally.bad, have = want;
    for (int i = 0; i < opt.connections; i++)
        want += all[i].request_n > 0;
    while (have < want && now_us() < until) {
        int n = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < n; i++)
            on_bytes(events[i].data.ptr, epoll, false, false);
        have = tally.answers + tally.bad;
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i + 1 < argc; i += 2)
        read_option(argv[i], argv[i + 1]);
    struct connection *all = calloc((size_t)opt.connections, sizeof *all);
    struct epoll_event events[512];
    int epoll = epoll_create1(0);
    tally.samples = malloc(SAMPLES_MAX * sizeof *tally.samples);
    next_id = (uint64_t)now_us() << 20;
    random_state ^= next_id;
    fill_texts();
    for (int i = 0; i < opt.connections; i++) {
        dial(&all[i], epoll);
        begin(&all[i]);
    }
    int64_t start = now_us(), counted_from = start + (int64_t)(opt.warmup * 1e6);
    int64_t end = counted_from + (int64_t)(opt.seconds * 1e6);
    tally.last_answer_us = start;
    for (int64_t now = start; now < end; now = now_us()) {
        int n = epoll_wait(epoll, events, 512, 100);
        for (int i = 0; i < n; i++)
            on_bytes(events[i].data.ptr, epoll, now >= counted_from, true);
    }
    drain(epoll, all);
    report(opt.seconds);
    return tally.bad ? 1 : 0;
}
