/*
 * spell: words as they are typed: without the letters a keyboard lacks ("zurueckrufen",
 * "aergerlig") and with one slip of the finger ("medarbjeder", "represntative"). A slip is looked
 * up, not worked out: what can become of each known word is listed once. Short words, and the first
 * and the last letter of longer ones, are left alone: too much of what would be heard there is
 * another word. It does not know which words there are beyond those it was told.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spell_word;
struct spell_slip;
struct spell {
    struct spell_word *words; /* until it is shut */
    uint32_t *slots;
    uint64_t *meant;          /* a word's hash by its number, from 1 */
    struct spell_slip *slips; /* a table of slot_mask + 1 */
    uint64_t *sieve;          /* a few bits of each: most words of a text are none */
    uint32_t n, room, slot_mask, slip_mask;
};

/* The phrase in plain letters: ae, oe, ue, ss, aa. false if it has no others, or is too long. */
bool spell_plainly(const char *phrase, char *out, size_t size);

/* A word told more than once is one word. More than 65 535 of them end the program, as does more
 * than there is memory for. */
void spell_add(struct spell *s, const char *word, size_t bytes, uint64_t hash);
void spell_shut(struct spell *s);
void spell_free(struct spell *s);

#define SPELL_SIEVE_BITS 19
uint64_t spell_look(const struct spell *s, uint64_t hash);

/* By its hash, the word that was meant by one that is none; 0: it is one, or what is it? */
static inline uint64_t spell_meant(const struct spell *s, uint64_t hash) {
    uint64_t bit = hash >> (64 - SPELL_SIEVE_BITS);
    return s->sieve[bit / 64] >> bit % 64 & 1 ? spell_look(s, hash) : 0;
}
