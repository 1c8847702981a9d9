#include "fuzz.h"

#include "../../common/nlu/read.h"

#define ANSWER_BYTES_MAX (1 << 20)

static void check_cues(struct cues cues, int length) {
    for (int i = 0; i < cues.n; i++)
        fuzz_require(cues.items[i].start >= 0 && cues.items[i].start < cues.items[i].end &&
                     cues.items[i].end <= length);
}

static void check_share(double v) { fuzz_require(v >= 0 && v <= 1); }

/* Evidence stands within the text, and every number is in its range. */
static void check(const struct reading *r, int length) {
    check_cues(r->emotion_evidence, length);
    check_cues(r->urgency_evidence, length);
    check_cues(r->wants_human_evidence, length);
    check_cues(r->stance_evidence, length);
    check_cues(r->subject_evidence, length);
    check_share(r->intensity);
    check_share(r->urgency);
    check_share(r->wants_human);
    check_share(r->language_confidence);
    fuzz_require(r->valence >= -1 && r->valence <= 1);
    for (int i = 0; i < r->n_facts; i++)
        fuzz_require(*r->facts[i].value && r->facts[i].end <= length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    struct reading r = {0};
    const char *text = fuzz_text(a, data, size);
    const struct read_input in = {
        .text = text, .earlier_language = "", .channel_language = "", .figures = true};
    buf_auto out;
    buf_init(&out, ANSWER_BYTES_MAX);
    read_text(a, &in, &r);
    check(&r, (int)utf8_count(text));
    read_render(&r, &out);
    fuzz_require(buf_done(&out) == OK && utf8_valid(out.p, out.len));
    arena_free(a);
    return 0;
}
