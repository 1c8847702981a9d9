/* options: "--name value" arguments of a subcommand, as a table of what may be given. */
#pragma once
#include <stdbool.h>

struct options_row {
    const char *name;   /* "--model" */
    const char **value; /* left alone when the option is absent */
    bool required;
};

/* False when an argument is unknown, has no value, or a required one is missing; stderr says which.
 */
bool options_parse(int argc, char **argv, const struct options_row *rows, int n);

/* Whose text should be a whole number from 0 to most; false, and stderr says so, when it is not. */
bool options_number(const char *command, const struct options_row *row, int most, int *out);
