#include "../../common/base/crew.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SEEN_MAX 1000

/* What the workers saw. While `shut`, a worker whose batch begins with the first item waits in it,
 * so that a test decides what stands in the queue when the next batch is taken. */
struct stage {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool shut, all_wait;
    int entered, inside, most_inside;
    int seen[SEEN_MAX], n_seen;
    int batches[SEEN_MAX], n_batches;
    int taken, worker_max;
};

static struct stage stage;
static int items[SEEN_MAX];

static int fresh_stage(void **state) {
    (void)state;
    stage = (struct stage){.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    for (int i = 0; i < SEEN_MAX; i++)
        items[i] = i;
    return 0;
}

static void play(void *ctx, int worker, void **batch, int n) {
    struct stage *s = ctx;
    pthread_mutex_lock(&s->lock);
    s->batches[s->n_batches++ % SEEN_MAX] = n;
    for (int i = 0; i < n && s->n_seen < SEEN_MAX; i++)
        s->seen[s->n_seen++] = *(int *)batch[i];
    s->taken += n;
    if (worker > s->worker_max)
        s->worker_max = worker;
    s->entered++;
    if (++s->inside > s->most_inside)
        s->most_inside = s->inside;
    pthread_cond_broadcast(&s->change);
    while (s->shut && (s->all_wait || batch[0] == &items[0]))
        pthread_cond_wait(&s->change, &s->lock);
    s->inside--;
    pthread_mutex_unlock(&s->lock);
}

static struct crew *open_crew(int threads, int queue_max, int batch_max) {
    return crew_open(
        &(struct crew_options){"test", threads, queue_max, batch_max, 0, play, &stage});
}

static void shut(void) { stage.shut = true; }

static void wait_entered(int n) {
    pthread_mutex_lock(&stage.lock);
    while (stage.entered < n)
        pthread_cond_wait(&stage.change, &stage.lock);
    pthread_mutex_unlock(&stage.lock);
}

static void open_stage(void) {
    pthread_mutex_lock(&stage.lock);
    stage.shut = false;
    pthread_cond_broadcast(&stage.change);
    pthread_mutex_unlock(&stage.lock);
}

static void add(struct crew *c, int from, int to) {
    for (int i = from; i < to; i++)
        assert_int_equal(crew_add(c, &items[i]), OK);
}

static void test_a_lone_item_goes_at_once(void **state) {
    (void)state;
    struct crew *c = open_crew(1, 10, 10);
    add(c, 0, 1);
    wait_entered(1);
    add(c, 1, 2);
    wait_entered(2);
    crew_close(c);
    assert_int_equal(stage.n_batches, 2);
}

static void test_what_waits_is_the_next_batch(void **state) {
    (void)state;
    shut();
    struct crew *c = open_crew(1, 100, 8);
    add(c, 0, 1);
    wait_entered(1);
    add(c, 1, 21);
    assert_int_equal(crew_waiting(c), 20);
    open_stage();
    crew_close(c);
    assert_int_equal(stage.n_batches, 4);
    assert_int_equal(stage.batches[0], 1);
    assert_int_equal(stage.batches[1], 8);
    assert_int_equal(stage.batches[2], 8);
    assert_int_equal(stage.batches[3], 4);
}

static void test_what_comes_together_is_taken_together(void **state) {
    (void)state;
    void *many[20];
    for (int i = 0; i < 20; i++)
        many[i] = &items[i];
    struct crew *c = open_crew(1, 8, 100);
    assert_int_equal(crew_add_many(c, many, 20), 8);
    crew_close(c);
    assert_int_equal(stage.n_batches, 1);
    assert_int_equal(stage.batches[0], 8);
    assert_int_equal(stage.seen[7], 7);
}

static void test_one_idle_thread_takes_all(void **state) {
    (void)state;
    void *many[20];
    for (int i = 0; i < 20; i++)
        many[i] = &items[i + 1];
    shut();
    struct crew *c = open_crew(2, 100, 100);
    add(c, 0, 1);
    wait_entered(1);
    assert_int_equal(crew_add_many(c, many, 20), 20);
    wait_entered(2);
    open_stage();
    crew_close(c);
    assert_int_equal(stage.n_batches, 2); /* one is busy: the other takes all */
    assert_int_equal(stage.batches[1], 20);
}

static void test_order_is_kept_around_the_ring(void **state) {
    (void)state;
    struct crew *c = open_crew(1, 7, 3);
    for (int i = 0; i < SEEN_MAX; i++)
        while (crew_add(c, &items[i]) != OK)
            continue;
    crew_close(c);
    assert_int_equal(stage.n_seen, SEEN_MAX);
    for (int i = 0; i < SEEN_MAX; i++)
        assert_int_equal(stage.seen[i], i);
}

static void test_a_full_queue_refuses_and_takes_again(void **state) {
    (void)state;
    shut();
    struct crew *c = open_crew(1, 3, 1);
    add(c, 0, 1);
    wait_entered(1);
    add(c, 1, 4);
    assert_int_equal(crew_add(c, &items[4]), ERR_BUSY);
    assert_int_equal(crew_waiting(c), 3);
    open_stage();
    wait_entered(4);
    add(c, 5, 6);
    crew_close(c);
    assert_int_equal(stage.n_seen, 5);
    assert_int_equal(stage.seen[4], 5);
}

static void test_all_threads_work_at_the_same_time(void **state) {
    (void)state;
    shut();
    stage.all_wait = true;
    struct crew *c = open_crew(4, 10, 1);
    add(c, 0, 4);
    wait_entered(4);
    open_stage();
    crew_close(c);
    assert_int_equal(stage.most_inside, 4);
    assert_int_equal(stage.worker_max, 3);
}

static void *close_crew(void *c) {
    crew_close(c);
    return NULL;
}

/* One worker is held, so that the crew lives; the other empties the queue, so that a refusal while
 * the queue is empty can only mean that the crew closes. */
static void test_close_takes_nothing_more_in(void **state) {
    (void)state;
    shut();
    struct crew *c = open_crew(2, 100, 4);
    add(c, 0, 1);
    wait_entered(1);
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_crew, c), 0);
    int added = 1;
    while (crew_add(c, &items[1]) == OK) {
        added++;
        while (crew_waiting(c) > 0)
            sched_yield();
    }
    open_stage();
    pthread_join(closer, NULL);
    assert_int_equal(stage.taken, added);
}

static void test_close_works_off_what_waits(void **state) {
    (void)state;
    shut();
    struct crew *c = open_crew(1, 100, 4);
    add(c, 0, 1);
    wait_entered(1);
    add(c, 1, 51);
    pthread_t closer;
    assert_int_equal(pthread_create(&closer, NULL, close_crew, c), 0);
    open_stage();
    pthread_join(closer, NULL);
    assert_int_equal(stage.taken, 51);
}

static void test_an_idle_crew_closes(void **state) {
    (void)state;
    crew_close(open_crew(8, 1, 1));
    assert_int_equal(stage.n_batches, 0);
}

/* ---- the gate ---- */

/* As `play`, but behind a gate, where those who wait there are counted. */
struct gated {
    struct stage stage;
    struct crew *crew;
    int room, waiting;
};

static struct gated gated;

static void play_behind_the_gate(void *ctx, int worker, void **batch, int n) {
    struct gated *g = ctx;
    int room = g->room - n, more;
    pthread_mutex_lock(&g->stage.lock);
    g->waiting++;
    pthread_cond_broadcast(&g->stage.change);
    pthread_mutex_unlock(&g->stage.lock);
    while ((more = crew_enter(g->crew, batch + n, room)) > 0) {
        n += more;
        room -= more;
        pthread_mutex_lock(&g->stage.lock);
        g->stage.taken += more;
        pthread_cond_broadcast(&g->stage.change);
        pthread_mutex_unlock(&g->stage.lock);
    }
    play(&g->stage, worker, batch, n);
    crew_leave(g->crew);
}

static void open_gated(int threads, int inside_max, int room) {
    gated = (struct gated){.room = room};
    gated.stage = (struct stage){.lock = PTHREAD_MUTEX_INITIALIZER,
                                 .change = PTHREAD_COND_INITIALIZER,
                                 .shut = true,
                                 .all_wait = true};
    gated.crew = crew_open(&(struct crew_options){"gated", threads, 100, room, inside_max,
                                                  play_behind_the_gate, &gated});
}

static void wait_until(const int *count, int n) {
    pthread_mutex_lock(&gated.stage.lock);
    while (*count < n)
        pthread_cond_wait(&gated.stage.change, &gated.stage.lock);
    pthread_mutex_unlock(&gated.stage.lock);
}

static void let_go(void) {
    pthread_mutex_lock(&gated.stage.lock);
    gated.stage.shut = false;
    pthread_cond_broadcast(&gated.stage.change);
    pthread_mutex_unlock(&gated.stage.lock);
    crew_close(gated.crew);
}

static void test_a_batch_grows_before_the_gate(void **state) {
    (void)state;
    open_gated(2, 1, 10);
    add(gated.crew, 0, 1);
    wait_until(&gated.stage.entered, 1);
    add(gated.crew, 1, 2);
    wait_until(&gated.waiting, 2);
    add(gated.crew, 2, 6);
    wait_until(&gated.stage.taken, 1 + 4); /* play adds a batch when it is inside, this one not */
    let_go();
    assert_int_equal(gated.stage.n_batches, 2);
    assert_int_equal(gated.stage.batches[1], 5);
    assert_int_equal(gated.stage.most_inside, 1);
}

static void test_what_a_full_batch_has_no_room_for_goes_to_who_is_idle(void **state) {
    (void)state;
    open_gated(3, 1, 2);
    add(gated.crew, 0, 1);
    wait_until(&gated.stage.entered, 1);
    add(gated.crew, 1, 3);
    wait_until(&gated.waiting, 2);
    while (crew_waiting(gated.crew) > 0)
        sched_yield();
    add(gated.crew, 3, 4);
    wait_until(&gated.waiting, 3);
    assert_int_equal(crew_waiting(gated.crew), 0);
    let_go();
    assert_int_equal(gated.stage.n_seen, 4);
    assert_int_equal(gated.stage.most_inside, 1);
}

static void test_no_more_are_behind_the_gate_than_may(void **state) {
    (void)state;
    open_gated(5, 2, 3);
    gated.stage.shut = false;
    for (int i = 0; i < SEEN_MAX; i++)
        while (crew_add(gated.crew, &items[i]) != OK)
            sched_yield();
    let_go();
    assert_int_equal(gated.stage.n_seen, SEEN_MAX);
    assert_in_range(gated.stage.most_inside, 1, 2);
}

static sigset_t worker_mask;

static void read_mask(void *ctx, int worker, void **batch, int n) {
    (void)ctx, (void)worker, (void)batch, (void)n;
    pthread_sigmask(SIG_SETMASK, NULL, &worker_mask);
}

static void test_signals_stay_with_the_opener(void **state) {
    (void)state;
    sigset_t ours;
    struct crew *c = crew_open(&(struct crew_options){"test", 1, 1, 1, 0, read_mask, NULL});
    add(c, 0, 1);
    crew_close(c);
    pthread_sigmask(SIG_SETMASK, NULL, &ours);
    assert_true(sigismember(&worker_mask, SIGTERM));
    assert_false(sigismember(&ours, SIGTERM));
}

#define CASE(f) cmocka_unit_test_setup(f, fresh_stage)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(test_a_lone_item_goes_at_once),
        CASE(test_what_waits_is_the_next_batch),
        CASE(test_what_comes_together_is_taken_together),
        CASE(test_one_idle_thread_takes_all),
        CASE(test_order_is_kept_around_the_ring),
        CASE(test_a_full_queue_refuses_and_takes_again),
        CASE(test_all_threads_work_at_the_same_time),
        CASE(test_close_takes_nothing_more_in),
        CASE(test_close_works_off_what_waits),
        CASE(test_an_idle_crew_closes),
        CASE(test_a_batch_grows_before_the_gate),
        CASE(test_what_a_full_batch_has_no_room_for_goes_to_who_is_idle),
        CASE(test_no_more_are_behind_the_gate_than_may),
        CASE(test_signals_stay_with_the_opener),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
