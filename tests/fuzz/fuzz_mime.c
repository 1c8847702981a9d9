#include "fuzz.h"

#include <string.h>

#include "../../common/codec/mail_date.h"
#include "../../common/codec/mailbox.h"
#include "../../common/codec/mime_text.h"

static void ours(const char *s) { fuzz_require(utf8_valid(s, strlen(s))); }

static void look(struct arena *a, const struct mime_mail *m) {
    struct mailbox boxes[8];
    int64_t ms;
    for (int i = 0; i < m->head.n; i++) {
        const char *value = mime_head_decode(a, m->head.fields[i].raw);
        ours(value);
        fuzz_require(!strpbrk(value, "\r\n"));
        int n = mailbox_parse(a, value, boxes, 8);
        for (int k = 0; k < n; k++)
            ours(boxes[k].name), ours(boxes[k].address);
        mail_date_parse(value, &ms);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static bool ready;
    if (!ready)
        mime_setup();
    ready = true;
    struct arena *a = arena_new();
    struct mime_mail m;
    fuzz_require(mime_parse(a, (struct span){size ? (const char *)data : "", size}, &m) == OK);
    look(a, &m);
    ours(mime_text(a, &m));
    ours(mime_text_html(a, &m));
    for (int i = 0; i < m.n_parts; i++) {
        ours(m.parts[i].name), ours(m.parts[i].type), ours(m.parts[i].charset);
        fuzz_require(m.parts[i].bytes.n <= size);
    }
    arena_free(a);
    return 0;
}
