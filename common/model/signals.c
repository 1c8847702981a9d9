#include "signals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../codec/json.h"
#include "packed.h"

/* How a known number is written, two bits each: most signals are flags, counts or calm zeros. */
enum number_form { FORM_ZERO, FORM_ONE, FORM_BYTE, FORM_FLOAT };

_Static_assert(SIGNAL_NUMBERS_ <= 64, "signals.known has one bit per number");

static const char *const signals_numbers[] = {
#define NUMBER(name, help) #name,
#define TEXT(name, help)
#include "signal.def"
#undef NUMBER
#undef TEXT
};
static const char *const signals_texts[] = {
#define NUMBER(name, help)
#define TEXT(name, help) #name,
#include "signal.def"
#undef NUMBER
#undef TEXT
};

const char *signals_number_name(enum signal_number n) {
    return (unsigned)n < SIGNAL_NUMBERS_ ? signals_numbers[n] : "unknown";
}

static bool signals_find(const char *const *names, int n, const char *name, int *index) {
    for (int i = 0; name && i < n; i++) {
        if (strcmp(names[i], name) == 0) {
            *index = i;
            return true;
        }
    }
    return false;
}

bool signals_find_number(const char *name, enum signal_number *n) {
    int index = 0;
    if (!signals_find(signals_numbers, SIGNAL_NUMBERS_, name, &index))
        return false;
    *n = (enum signal_number)index;
    return true;
}

bool signals_find_text(const char *name, enum signal_text *t) {
    int index = 0;
    if (!signals_find(signals_texts, SIGNAL_TEXTS_, name, &index))
        return false;
    *t = (enum signal_text)index;
    return true;
}

static enum number_form signals_form(float v) {
    if (signals_same_bits(v, 0.0f))
        return FORM_ZERO;
    if (signals_same_bits(v, 1.0f))
        return FORM_ONE;
    bool is_byte = v >= 0 && v <= 255 && signals_same_bits((float)(uint8_t)v, v);
    return is_byte ? FORM_BYTE : FORM_FLOAT;
}

static void signals_put_forms(const struct signals *s, struct buf *out) {
    unsigned byte = 0;
    int used = 0;
    for (int i = 0; i < SIGNAL_NUMBERS_; i++) {
        if (!signals_known(s, (enum signal_number)i))
            continue;
        byte |= (unsigned)signals_form(s->number[i]) << used;
        used += 2;
        if (used == 8) {
            packed_put_byte(out, byte);
            byte = 0, used = 0;
        }
    }
    if (used)
        packed_put_byte(out, byte);
}

void signals_pack(const struct signals *s, struct buf *out) {
    packed_put_byte(out, SIGNAL_NUMBERS_);
    packed_put_byte(out, SIGNAL_TEXTS_);
    for (int i = 0; i < SIGNAL_NUMBERS_; i += 8)
        packed_put_byte(out, s->known >> i & 0xff);
    signals_put_forms(s, out);
    for (int i = 0; i < SIGNAL_NUMBERS_; i++) {
        if (!signals_known(s, (enum signal_number)i))
            continue;
        enum number_form form = signals_form(s->number[i]);
        if (form == FORM_BYTE)
            packed_put_byte(out, (unsigned)s->number[i]);
        else if (form == FORM_FLOAT)
            packed_put_float(out, s->number[i]);
    }
    struct packed_pool pool = {.n = 0};
    for (int i = 0; i < SIGNAL_TEXTS_; i++)
        packed_put_text(out, &pool, s->text[i]);
}

static enum err signals_take_known(struct span *in, unsigned n_numbers, struct signals *s) {
    for (unsigned i = 0; i < n_numbers; i += 8) {
        unsigned byte;
        TRY(packed_take_byte(in, &byte));
        s->known |= (uint64_t)byte << i;
    }
    uint64_t beyond = n_numbers < 64 ? s->known >> n_numbers : 0;
    return beyond == 0 ? OK : ERR_MALFORMED;
}

static enum err signals_take_number(struct span *in, enum number_form form, float *v) {
    unsigned byte;
    if (form == FORM_FLOAT)
        return packed_take_float(in, v);
    if (form == FORM_BYTE) {
        TRY(packed_take_byte(in, &byte));
        *v = (float)byte;
        return OK;
    }
    *v = form == FORM_ONE ? 1.0f : 0.0f;
    return OK;
}

static enum err signals_take_numbers(struct span *in, struct signals *s) {
    size_t n_known = (size_t)__builtin_popcountll(s->known);
    struct span forms = {in->p, (n_known + 3) / 4};
    if (forms.n > in->n)
        return ERR_MALFORMED;
    in->p += forms.n, in->n -= forms.n;
    size_t k = 0;
    for (int i = 0; i < SIGNAL_NUMBERS_; i++) {
        if (!signals_known(s, (enum signal_number)i))
            continue;
        unsigned form = (unsigned char)forms.p[k / 4] >> (k % 4 * 2) & 3;
        TRY(signals_take_number(in, (enum number_form)form, &s->number[i]));
        k++;
    }
    return OK;
}

/* A record of an older version has fewer rows: the newer ones stay unknown. One of a newer version
 * is refused, for its length cannot be told. */
enum err signals_unpack(struct arena *a, struct span *in, struct signals *s) {
    *s = (struct signals){.known = 0};
    unsigned n_numbers, n_texts;
    TRY(packed_take_byte(in, &n_numbers));
    TRY(packed_take_byte(in, &n_texts));
    if (n_numbers > SIGNAL_NUMBERS_ || n_texts > SIGNAL_TEXTS_)
        return ERR_MALFORMED;
    TRY(signals_take_known(in, n_numbers, s));
    TRY(signals_take_numbers(in, s));
    struct packed_pool pool = {.n = 0};
    for (unsigned i = 0; i < n_texts; i++)
        TRY(packed_take_text(a, in, &pool, &s->text[i]));
    return OK;
}

#define DECIMAL_UNIT_MAX 1000000000

/* Most numbers are flags, counts and fractions: digits without the detour over printf, as few as
 * name this very number. */
static bool signals_put_decimal(struct buf *out, float v) {
    bool plain = v >= 0.001f && v < 1000.0f;
    if (!plain && !signals_same_bits(v, 0.0f))
        return false;
    int64_t unit = 1, scaled = (int64_t)((double)v + 0.5);
    while (!signals_same_bits((float)((double)scaled / (double)unit), v)) {
        if (unit == DECIMAL_UNIT_MAX)
            return false;
        unit *= 10;
        scaled = (int64_t)((double)v * (double)unit + 0.5);
    }
    buf_add_int(out, scaled / unit);
    if (unit > 1)
        buf_addc(out, '.');
    for (scaled %= unit; unit > 1; scaled %= unit)
        buf_addc(out, (char)('0' + scaled / (unit /= 10)));
    return true;
}

/* As a double, 0.9f would show its rounding. */
void signals_put_float(struct buf *out, float v) {
    char digits[32];
    if (signals_put_decimal(out, v))
        return;
    if (!(v - v == 0)) {
        buf_adds(out, "null");
        return;
    }
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)v);
        if (signals_same_bits(strtof(digits, NULL), v))
            break;
    }
    buf_adds(out, digits);
}

void signals_render(const struct signals *s, struct buf *out) {
    buf_addc(out, '{');
    for (int i = 0; i < SIGNAL_NUMBERS_; i++) {
        if (!signals_known(s, (enum signal_number)i))
            continue;
        json_put_key(out, signals_numbers[i]);
        signals_put_float(out, s->number[i]);
    }
    for (int i = 0; i < SIGNAL_TEXTS_; i++)
        if (s->text[i])
            json_put_text(out, signals_texts[i], s->text[i]);
    buf_addc(out, '}');
}
