#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#define ARENA_CLANG_ASAN __has_feature(address_sanitizer)
#else
#define ARENA_CLANG_ASAN 0
#endif

/* Under ASan what is not handed out is poisoned, with a gap behind each piece, so that a use after
 * reset and a write past the end are found as they would be with malloc. Not inlined, because gcc
 * takes poisoning fresh memory for reading it. */
#if defined(__SANITIZE_ADDRESS__) || ARENA_CLANG_ASAN
#include <sanitizer/asan_interface.h>
#define GAP 16

__attribute__((noinline)) static void poison(void *p, size_t n) {
    __asan_poison_memory_region(p, n);
}

__attribute__((noinline)) static void unpoison(void *p, size_t n) {
    __asan_unpoison_memory_region(p, n);
}
#else
#define GAP 0

static void poison(void *p, size_t n) { (void)p, (void)n; }

static void unpoison(void *p, size_t n) { (void)p, (void)n; }
#endif

#define CHUNK_MIN ((size_t)16 << 10)
#define CHUNK_MAX ((size_t)1 << 20)
#define ALIGNMENT alignof(max_align_t)

struct chunk {
    struct chunk *next;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct arena {
    struct chunk *open; /* the one being cut; the full ones and the big ones follow it */
    size_t next_size, used;
};

static struct chunk *chunk_new(size_t size) {
    struct chunk *c = malloc(sizeof *c + size);
    if (!c)
        abort();
    c->next = NULL;
    c->size = size;
    c->used = 0;
    poison(c->bytes, size);
    return c;
}

static void chunk_free(struct chunk *c) {
    unpoison(c->bytes, c->size);
    free(c);
}

static void chunks_free(struct chunk *c) {
    while (c) {
        struct chunk *next = c->next;
        chunk_free(c);
        c = next;
    }
}

struct arena *arena_new(void) {
    struct arena *a = calloc(1, sizeof *a);
    if (!a)
        abort();
    a->next_size = CHUNK_MIN;
    return a;
}

void arena_free(struct arena *a) {
    if (!a)
        return;
    chunks_free(a->open);
    free(a);
}

/* The largest chunk of the growing series; a request's own big chunk is not worth keeping. */
static struct chunk *take_keeper(struct arena *a) {
    struct chunk **best = NULL;
    for (struct chunk **at = &a->open; *at; at = &(*at)->next)
        if ((*at)->size <= CHUNK_MAX && (!best || (*at)->size > (*best)->size))
            best = at;
    if (!best)
        return NULL;
    struct chunk *keeper = *best;
    *best = keeper->next;
    return keeper;
}

void arena_reset(struct arena *a) {
    struct chunk *keeper = take_keeper(a);
    chunks_free(a->open);
    a->open = keeper;
    a->used = 0;
    if (!keeper)
        return;
    keeper->next = NULL;
    keeper->used = 0;
    poison(keeper->bytes, keeper->size);
}

size_t arena_used(const struct arena *a) { return a->used; }

static struct chunk *push_chunk(struct arena *a) {
    struct chunk *c = chunk_new(a->next_size);
    c->next = a->open;
    a->open = c;
    a->next_size = a->next_size < CHUNK_MAX / 2 ? a->next_size * 2 : CHUNK_MAX;
    return c;
}

/* Stands behind the open chunk, so that what is left of that one is still used. */
static struct chunk *push_own_chunk(struct arena *a, size_t size) {
    struct chunk *c = chunk_new(size);
    struct chunk **at = a->open ? &a->open->next : &a->open;
    c->next = *at;
    *at = c;
    return c;
}

static void *take(struct arena *a, size_t size) {
    assert(size <= PTRDIFF_MAX / 2);
    size_t step = (size + GAP + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (step == 0)
        step = ALIGNMENT;
    struct chunk *c = a->open;
    if (!c || step > c->size - c->used)
        c = step > a->next_size / 2 ? push_own_chunk(a, step) : push_chunk(a);
    void *p = c->bytes + c->used;
    c->used += step;
    a->used += size;
    unpoison(p, size);
    return p;
}

void *arena_alloc(struct arena *a, size_t size) { return memset(take(a, size), 0, size); }

void *arena_room(struct arena *a, size_t size) { return take(a, size); }

void *arena_copy(struct arena *a, const void *p, size_t size) {
    void *copy = take(a, size);
    return size ? memcpy(copy, p, size) : copy;
}

char *arena_strdup(struct arena *a, const char *s) {
    return s ? arena_copy(a, s, strlen(s) + 1) : NULL;
}

char *arena_strndup(struct arena *a, const char *s, size_t n) {
    char *copy = take(a, n + 1);
    if (n)
        memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    char small[256];
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(small, sizeof small, fmt, args);
    va_end(args);
    assert(n >= 0);
    if ((size_t)n < sizeof small) {
        va_end(again);
        return arena_copy(a, small, (size_t)n + 1);
    }
    char *s = take(a, (size_t)n + 1);
    vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    return s;
}

char *arena_join(struct arena *a, const char *const *texts, int n) {
    size_t size = 1;
    for (int i = 0; i < n; i++)
        size += strlen(texts[i]);
    char *joined = take(a, size), *at = joined;
    for (int i = 0; i < n; i++)
        at = stpcpy(at, texts[i]);
    *at = '\0';
    return joined;
}
