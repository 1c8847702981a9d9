/* random_signals: a vector as no reading would give it: every state of every signal occurs. */
#pragma once
#include <string.h>

#include "../../common/model/signals.h"
#include "chance.h"

static const char *const random_texts[] = {
    "",      "neutral", "where_is_my_order", "bot:faq", "agent:anna", "da", "care", "human",
    "anger", "legal"};

static inline float random_number(struct chance *c) {
    const float odd[] = {0.0f, -0.0f, 1.0f, 2.0f, 255.0f, 256.0f, 0.5f, -1.0f, 16777215.0f};
    int kind = chance_below(c, 3);
    uint32_t bits = (uint32_t)chance_next(c);
    float any;
    memcpy(&any, &bits, sizeof any);
    return kind == 0 ? odd[chance_below(c, 9)] : kind == 1 ? (float)chance_real(c) : any;
}

static inline struct signals random_signals(struct chance *c) {
    struct signals s = {.known = 0};
    for (int i = 0; i < SIGNAL_NUMBERS_; i++)
        if (chance_below(c, 5))
            signals_set(&s, (enum signal_number)i, 0), s.number[i] = random_number(c);
    for (int i = 0; i < SIGNAL_TEXTS_; i++)
        if (chance_below(c, 5))
            s.text[i] = random_texts[chance_below(c, 10)];
    return s;
}
