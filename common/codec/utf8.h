/* utf8: validating and walking UTF-8 (RFC 3629: no overlong forms, no surrogates, <= U+10FFFF). */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_valid(const char *s, size_t n); /* NUL counts as valid here */
/* Decodes one code point of valid UTF-8 at s and returns its length in bytes; 0 at the NUL. */
int utf8_next(const char *s, uint32_t *cp);
size_t utf8_count(const char *s); /* code points of a valid, NUL-terminated string */
size_t utf8_truncate(const char *s, size_t max_cp); /* bytes of the first max_cp code points */
int utf8_put(uint32_t cp, char out[4]);             /* bytes written */

enum utf8_script {
    UTF8_LATIN,
    UTF8_HAN,
    UTF8_KANA,
    UTF8_HANGUL,
    UTF8_CYRILLIC,
    UTF8_ARABIC,
    UTF8_OTHER_LETTER,
    UTF8_DIGIT,
    UTF8_SPACE,
    UTF8_PUNCT,
    UTF8_EMOJI
};
enum utf8_script utf8_script(uint32_t cp);
/* Lower case for Latin, Greek and Cyrillic; full-width ASCII to ASCII. */
uint32_t utf8_fold(uint32_t cp);
