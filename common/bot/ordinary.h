/* ordinary: the words that say little about the matter in any conversation. A small knowledge
 * cannot tell by itself that "where is my" is common and "refund" is not. */
#pragma once

/* All of them, separated by blanks. Static text. */
const char *ordinary_words(void);
