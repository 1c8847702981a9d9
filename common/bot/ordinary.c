#include "ordinary.h"

const char *ordinary_words(void) {
#define X(words) words " "
    return
#include "ordinary.def"
        ;
#undef X
}
