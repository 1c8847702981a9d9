/* drive_statements: every SQL statement of the program, "name<TAB>SQL" a line. */
#include <stdio.h>

#include "../../common/store/statement.h"

int main(void) {
    for (int i = 0; i < statement_count(); i++)
        printf("%s\t%s\n", statement_at(i)->name, statement_at(i)->sql);
    return 0;
}
