#include "phrase.h"

#include <stddef.h>

#include "language.h"

#define LANGUAGES 5

const char *phrase_text(enum phrase p, const char *language) {
    static const char *const languages[LANGUAGES] = {"en", "nl", "da", "de", "zh"};
    static const char *const phrases[PHRASE_COUNT_][LANGUAGES] = {
#define X(name, en, nl, da, de, zh) {en, nl, da, de, zh},
#include "phrase.def"
#undef X
    };
    for (size_t i = 0; i < LANGUAGES; i++)
        if (language_equal(languages[i], language))
            return phrases[p][i];
    return phrases[p][0];
}
