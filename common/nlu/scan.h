/*
 * scan: one walk over a text: its words, ideographs and emoji, and how it is written (capitals,
 * exclamation runs, an open end). What every judgement of this room starts from. It gives no
 * meaning to anything. Folds live in the arena; spans are code points of the text.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "../base/arena.h"

#define SCAN_PIECES_MAX 4096

enum scan_kind { SCAN_WORD, SCAN_NUMBER, SCAN_IDEOGRAPH, SCAN_EMOJI };
enum scan_break { SCAN_JOINED, SCAN_CLAUSE, SCAN_SENTENCE };

struct scan_piece {
    const char *fold;       /* lower case, apostrophes straight, a letter written 3+ times once */
    uint64_t hash;          /* of fold */
    int bytes;              /* of fold */
    int start, end;         /* code points */
    enum scan_kind kind;    /* SCAN_NUMBER: has a digit */
    enum scan_break before; /* strongest mark between the piece before and this one */
    bool capital;           /* its first letter is one */
    bool upper;             /* two or more letters, all capitals */
    bool stretched;         /* "sooo" */
    bool asked;             /* a question mark follows */
    bool quoted;            /* stands between quotation marks that are opened and closed */
};

struct scan {
    struct scan_piece *items;
    int n;
    int code_points;
    int letters, capitals;     /* of scripts that have capitals */
    int exclamations;          /* longest run of exclamation marks (mixed with question marks) */
    int questions;             /* longest run of question marks */
    bool asks;                 /* a question mark anywhere */
    enum scan_break last_mark; /* strongest behind the last piece */
    bool trails_off;           /* the last mark is an ellipsis, a dash or a comma */
};

void scan_text(struct arena *a, const char *text, struct scan *out);
