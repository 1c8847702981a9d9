/*
 * charset: bytes in a named encoding to text of ours: valid UTF-8 without NUL. Total: what the
 * encoding forbids becomes U+FFFD, a NUL becomes a space, an unknown or lying label is read as
 * UTF-8 if the bytes are that, else as windows-1252. Labels are taken as mail means them: gb2312
 * is really GB18030, iso-8859-1 really windows-1252. The only file with <iconv.h>.
 */
#pragma once
#include "../base/arena.h"
#include "../base/span.h"

#define CHARSET_LABEL_MAX 40

/* label may be NULL, "" or anything. NUL-terminated, in the arena. */
char *charset_text(struct arena *a, const char *label, struct span bytes);
/* UTF-8 if valid, else windows-1252: for bytes that came without a label. */
char *charset_guess(struct arena *a, struct span bytes);
