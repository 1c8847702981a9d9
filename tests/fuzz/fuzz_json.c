#include "fuzz.h"

#include "../../common/codec/json.h"
#include "../../common/codec/json_plain.h"

struct sample {
    const char *text, *id;
    int64_t number, when;
    double real;
    bool flag;
    json_t *object, *array;
};

static const struct json_field rows[] = {
    {"text", JSON_KIND_TEXT, true, offsetof(struct sample, text), 1, 8},
    {"number", JSON_KIND_INTEGER, false, offsetof(struct sample, number), -5, 5},
    {"real", JSON_KIND_REAL, false, offsetof(struct sample, real), 0, 1},
    {"flag", JSON_KIND_FLAG, false, offsetof(struct sample, flag), 0, 0},
    {"object", JSON_KIND_OBJECT, false, offsetof(struct sample, object), 0, 0},
    {"array", JSON_KIND_ARRAY, false, offsetof(struct sample, array), 0, 2},
    {"when", JSON_KIND_TIME, false, offsetof(struct sample, when), 0, 0},
    {"id", JSON_KIND_ID, false, offsetof(struct sample, id), 0, 0},
};

/* What was written reads back equal, and a second time to the same bytes. */
static void check_round_trip(struct arena *a, const json_t *j) {
    json_auto again = NULL;
    const char *text = json_text(a, j);
    fuzz_require(json_load_span(span_of(text), &again, NULL) == OK);
    fuzz_require(strcmp(text, json_text(a, again)) == 0);
}

static void check_fill(const json_t *j) {
    struct sample s = {0};
    struct why why = {{0}, {0}};
    if (json_fill(j, "", rows, sizeof rows / sizeof rows[0], &s, &why) != OK) {
        fuzz_require(why.text[0] && utf8_valid(why.text, strlen(why.text)));
        return;
    }
    size_t n = utf8_count(s.text);
    fuzz_require(n >= 1 && n <= 8 && s.number >= -5 && s.number <= 5);
    fuzz_require(s.real >= 0 && s.real <= 1 && json_array_size(s.array) <= 2);
    fuzz_require(!s.id || json_is_config_id(s.id));
}

/* What the quick reader takes, the full one takes for the same. */
static void check_plain(struct span raw) {
    json_error_t error;
    json_auto quick = json_plain(raw, JSON_NODES_MAX);
    if (!quick)
        return;
    json_auto full = json_loadb(raw.p, raw.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    fuzz_require(full && json_equal(quick, full));
}

/* Nor does it fill what the full one would refuse. */
static void check_plain_fill(struct arena *a, struct span raw) {
    struct sample quick = {0}, slow = {0};
    struct why why = {{0}, {0}};
    json_auto j = NULL;
    const struct json_plain_shape shape = {
        .rows = rows, .n_rows = sizeof rows / sizeof rows[0], .target = &quick};
    if (!json_plain_fill(a, raw, &shape))
        return;
    fuzz_require(json_load_span(raw, &j, &why) == OK);
    fuzz_require(json_fill(j, "", rows, sizeof rows / sizeof rows[0], &slow, &why) == OK);
    fuzz_require(strcmp(quick.text, slow.text) == 0 && quick.when == slow.when);
    fuzz_require(!quick.id == !slow.id && (!quick.id || strcmp(quick.id, slow.id) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *a = arena_new();
    json_auto j = NULL;
    check_plain((struct span){(const char *)data, size});
    check_plain_fill(a, (struct span){(const char *)data, size});
    if (json_load_span((struct span){(const char *)data, size}, &j, NULL) == OK) {
        check_round_trip(a, j);
        check_fill(j);
    }
    arena_free(a);
    return 0;
}
