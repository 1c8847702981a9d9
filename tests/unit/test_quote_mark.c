#include "../../common/codec/quote_mark.h"

#include "cases.h"

#define LINES_MAX 8

static struct quote_lines read(const char *text, struct quote_line room[LINES_MAX]) {
    struct span rest = span_of(text), raw;
    struct quote_lines lines = {room, 0};
    while (lines.n < LINES_MAX && span_split(&rest, '\n', &raw)) {
        struct span s = span_trim(raw);
        room[lines.n++] = (struct quote_line){raw, s, !s.n, s.n && *s.p == '>'};
    }
    return lines;
}

static void test_marks(void **state) {
    static const struct {
        const char *text;
        enum quote_mark mark;
        int n;
    } rows[] = {{"On 3 June 2024, A <a@b.dk> wrote:", QUOTE_WROTE, 1},
                {"On 3 June 2024, A\n<a@b.dk> wrote:", QUOTE_WROTE, 2},
                {"The Shop\n<a@b.dk> wrote:", QUOTE_WROTE, 2},
                {"Thanks.\nOn 3 June 2024, A <a@b.dk> wrote:", QUOTE_NONE, 0},
                {"On 3 June\n\nA <a@b.dk> wrote:", QUOTE_NONE, 0},
                {"03.06.2024, 10.12, \"A\" <a@b.dk>:", QUOTE_WROTE, 1},
                {"---- On Mon, 3 Jun 2024 a@b.dk wrote ----", QUOTE_WROTE, 1},
                {"-----Original Message-----", QUOTE_ORIGINAL, 1},
                {"Original Message", QUOTE_NONE, 0},
                {"---------- Forwarded message ----------", QUOTE_FORWARD, 1},
                {"Begin forwarded message:", QUOTE_FORWARD, 1},
                {"From: A\nSent: B\nTo: C\nSubject: D\nx", QUOTE_HEADERS, 4},
                {"From: A\n<a@b.dk>\nSent: B\nTo: C\nx", QUOTE_HEADERS, 4},
                {"From: A\nSent: B\nx", QUOTE_NONE, 0},
                {"From: Oslo\nTo: Bergen\nDate: Friday", QUOTE_NONE, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quote_line room[LINES_MAX];
        struct quote_lines lines = read(rows[i].text, room);
        int n = 0;
        enum quote_mark mark = quote_mark_at(&lines, 0, &n);
        if (mark != rows[i].mark || n != rows[i].n)
            fail_msg("%s: %d, %d lines", rows[i].text, (int)mark, n);
    }
}

static void test_rules_and_devices(void **state) {
    struct quote_line room[LINES_MAX];
    (void)state;
    assert_true(quote_mark_rule(read("_____", room).items));
    assert_false(quote_mark_rule(read("--", room).items));
    assert_false(quote_mark_rule(read("-----a", room).items));
    assert_true(quote_mark_device(read("Get Outlook for iOS<https://aka.ms/o0ukef>", room).items));
    assert_false(quote_mark_device(read("Sent from my house, yesterday, was it?", room).items));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_rules_and_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
