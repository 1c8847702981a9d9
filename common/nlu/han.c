#include "han.h"

#include <pthread.h>
#include <stdlib.h>

#include "../codec/utf8.h"

#define PAIRS_MAX 1024

extern const char han_bytes[];
__asm__(".pushsection .rodata\n.globl han_bytes\n.hidden han_bytes\nhan_bytes:\n"
        ".incbin \"common/nlu/lexicon/han.tsv\"\n.byte 0\n.popsection\n");

static struct pair { uint32_t from, to; } pairs[PAIRS_MAX];
static int n_pairs;
static pthread_once_t pairs_once = PTHREAD_ONCE_INIT;

static int by_from(const void *x, const void *y) {
    uint32_t a = ((const struct pair *)x)->from, b = ((const struct pair *)y)->from;
    return a < b ? -1 : a > b;
}

static void pairs_build(void) {
    uint32_t cp, before = 0;
    for (const char *s = han_bytes; *s && n_pairs < PAIRS_MAX;) {
        s += utf8_next(s, &cp);
        bool ideograph = utf8_script(cp) == UTF8_HAN;
        if (ideograph && before)
            pairs[n_pairs++] = (struct pair){before, cp};
        before = ideograph && !before ? cp : 0;
    }
    qsort(pairs, (size_t)n_pairs, sizeof *pairs, by_from);
}

uint32_t han_simplify(uint32_t cp) {
    pthread_once(&pairs_once, pairs_build);
    const struct pair *found =
        bsearch(&(struct pair){cp, 0}, pairs, (size_t)n_pairs, sizeof *pairs, by_from);
    return found ? found->to : cp;
}
