/* language: are two language tags one language to a reader? Compares the primary subtag ("da-DK" is
 * "da"). */
#pragma once
#include <stdbool.h>

bool language_equal(const char *left, const char *right); /* false if either is empty */
