#include "searches.h"

#include "../codec/json.h"
#include "statement.h"

#define ENTRIES_BYTES_MAX (256 * 1024 * 1024)

STATEMENT(searches_read, "SELECT i.n, m.text FROM json_to_recordset($1::json)"
                         " AS i(n int, bucket smallint, id uuid, seq int) JOIN message m"
                         " ON m.bucket = i.bucket AND m.conversation_id = i.id AND m.seq = i.seq");
/* A message that is new and was edited since is there twice, with one text. What says nothing
 * takes a row only to take the place of one. */
STATEMENT(searches_insert,
          "INSERT INTO search (bucket, conversation_id, seq, terms)"
          " SELECT DISTINCT ON (i.bucket, i.id, i.seq) i.bucket, i.id, i.seq, i.terms"
          " FROM json_to_recordset($1::json)"
          " AS i(bucket smallint, id uuid, seq int, terms text[])"
          " WHERE cardinality(i.terms) > 0 OR EXISTS (SELECT FROM search s"
          " WHERE s.bucket = i.bucket AND s.conversation_id = i.id AND s.seq = i.seq)"
          " ON CONFLICT (bucket, conversation_id, seq) DO UPDATE SET terms = excluded.terms");

static void ref_open(struct buf *b, const struct message_ref *ref) {
    char text[UID_TEXT_MAX];
    json_put_item(b);
    buf_addc(b, '{');
    json_put_number(b, "bucket", uid_bucket(ref->conversation_id));
    json_put_text(b, "id", uid_text(ref->conversation_id, text));
    json_put_number(b, "seq", ref->seq);
}

enum err searches_texts(struct pg *c, struct arena *a, const struct message_ref *refs, int n,
                        const char **texts) {
    pg_result_auto r = NULL;
    struct pg_args args = pg_args(a);
    buf_auto b;
    buf_init(&b, (size_t)n * 128 + 16);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        texts[i] = NULL;
        ref_open(&b, &refs[i]);
        json_put_number(&b, "n", i);
        buf_addc(&b, '}');
    }
    buf_addc(&b, ']');
    pg_put_text(&args, b.p);
    TRY(pg_run(c, &searches_read, &args, &r));
    for (int i = 0; i < pg_rows(r); i++)
        texts[pg_int(r, i, 0)] = pg_text(a, r, i, 1);
    return OK;
}

enum err searches_add(struct pg *c, struct arena *a, const struct searches_entry *entries, int n) {
    struct pg_args args = pg_args(a);
    buf_auto b;
    buf_init(&b, ENTRIES_BYTES_MAX);
    buf_addc(&b, '[');
    for (int i = 0; i < n; i++) {
        ref_open(&b, &entries[i].ref);
        json_put_key(&b, "terms");
        buf_addc(&b, '[');
        for (int k = 0; k < entries[i].n_terms; k++) {
            if (strlen(entries[i].terms[k]) > SEARCHES_TERM_BYTES_MAX)
                continue;
            json_put_item(&b);
            json_put_string(&b, entries[i].terms[k]);
        }
        buf_adds(&b, "]}");
    }
    buf_addc(&b, ']');
    TRY(buf_done(&b));
    pg_put_text(&args, b.p);
    return pg_run(c, &searches_insert, &args, NULL);
}
