/* phrase: the few sentences the built-in bot says of its own accord, in its five languages. */
#pragma once

enum phrase {
#define X(name, en, nl, da, de, zh) PHRASE_##name,
#include "phrase.def"
#undef X
    PHRASE_COUNT_
};

/* In English where the language is not one of the five. Static text. */
const char *phrase_text(enum phrase p, const char *language);
