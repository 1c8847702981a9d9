#include "statement.h"

#include <assert.h>

/* The linker sets these for a section whose name is an identifier. */
extern const struct pg_stmt *const __start_statements[], *const __stop_statements[];

int statement_count(void) { return (int)(__stop_statements - __start_statements); }

const struct pg_stmt *statement_at(int i) {
    assert(i >= 0 && i < statement_count());
    return __start_statements[i];
}
