#include "channel.h"

/* Receipts come doubled, late and out of order: what is not a step forward changes nothing. */
bool channel_receipt_advances(enum delivery_status from, enum delivery_status to) {
    static const bool advances[delivery_status_count_][delivery_status_count_] = {
        [DELIVERY_PENDING] = {[DELIVERY_SENT] = true,
                              [DELIVERY_DELIVERED] = true,
                              [DELIVERY_READ] = true,
                              [DELIVERY_FAILED] = true},
        [DELIVERY_SENT] =
            {[DELIVERY_DELIVERED] = true, [DELIVERY_READ] = true, [DELIVERY_FAILED] = true},
        [DELIVERY_DELIVERED] = {[DELIVERY_READ] = true},
    };
    return (unsigned)from < delivery_status_count_ && (unsigned)to < delivery_status_count_ &&
           advances[from][to];
}

unsigned channel_receipt_sources(enum delivery_status to) {
    unsigned mask = 0;
    for (int from = 0; from < delivery_status_count_; from++)
        if (channel_receipt_advances((enum delivery_status)from, to))
            mask |= 1u << from;
    return mask;
}
