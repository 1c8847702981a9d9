#include "language.h"

#include <string.h>
#include <strings.h>

bool language_equal(const char *left, const char *right) {
    size_t n = strcspn(left, "-_");
    return n > 0 && n == strcspn(right, "-_") && strncasecmp(left, right, n) == 0;
}
