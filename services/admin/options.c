#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct options_row *find(const struct options_row *rows, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

bool options_parse(int argc, char **argv, const struct options_row *rows, int n) {
    for (int i = 1; i < argc; i += 2) {
        const struct options_row *row = find(rows, n, argv[i]);
        if (!row || i + 1 >= argc) {
            fprintf(stderr, "redthread %s: %s %s\n", argv[0], argv[i],
                    row ? "needs a value" : "is not an option");
            return false;
        }
        *row->value = argv[i + 1];
    }
    for (int i = 0; i < n; i++) {
        if (!rows[i].required || *rows[i].value)
            continue;
        fprintf(stderr, "redthread %s: %s is missing\n", argv[0], rows[i].name);
        return false;
    }
    return true;
}

bool options_number(const char *command, const struct options_row *row, int most, int *out) {
    const char *text = *row->value;
    char *end;
    long number = strtol(text, &end, 10);
    bool good = *text >= '0' && *text <= '9' && *end == '\0' && number <= most;
    if (!good)
        fprintf(stderr, "redthread %s: %s is a number from 0 to %d\n", command, row->name, most);
    *out = (int)number;
    return good;
}
