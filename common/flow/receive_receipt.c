#include "receive_receipt.h"

#include <string.h>

#include "../store/messages.h"

static struct message_mark mark_of(const struct receive *r, const struct inbound *in) {
    const char *error = in->status != DELIVERY_FAILED ? ""
                        : *in->error_code
                            ? arena_printf(r->arena, "%s %s", in->error_code, in->error)
                            : in->error;
    return (struct message_mark){.to = in->status,
                                 .from = channel_receipt_sources(in->status),
                                 .error = error,
                                 .external_id = in->about,
                                 .channel = r->account->id};
}

static enum err mark_about(struct receive *r, struct message_mark m, const struct message *about) {
    pg_lease_auto c = NULL;
    bool changed;
    m.conversation_id = about->conversation_id;
    m.seq = about->seq;
    if (*about->external_id)
        m.external_id = "";
    TRY(pg_lease(r->world->turns, &c));
    return messages_mark(c, r->arena, &m, &changed);
}

static enum err keep(struct receive *r, const struct message_mark *m) {
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    return messages_keep_receipt(c, r->arena, m);
}

static enum err mark_upto(struct receive *r, int i, enum delivery_status to) {
    const struct inbound *in = &r->list.items[i];
    struct customer customer;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    enum err e = receive_customer(r, c, in, &customer);
    if (e != OK)
        return e == ERR_ABSENT ? receive_say(r, i, "nobody is known under this address") : e;
    const struct message_reads reads = {.conversation_id = customer.conversation_id,
                                        .channel = r->account->id,
                                        .address = in->address,
                                        .upto_ms = in->watermark_ms,
                                        .to = to,
                                        .from = channel_receipt_sources(to)};
    r->outcomes[i].conversation_id = customer.conversation_id;
    return messages_mark_upto(c, r->arena, &reads);
}

enum err receive_receipt_status(struct receive *r, int i) {
    const struct inbound *in = &r->list.items[i];
    const struct message_mark m = mark_of(r, in);
    struct message about;
    if (in->status == DELIVERY_NONE)
        return OK;
    if (in->watermark_ms && !*in->about)
        return mark_upto(r, i, in->status);
    enum err e = receive_about(r, i, &about);
    if (e == ERR_ABSENT && *in->about) {
        TRY(keep(r, &m));
        e = receive_about(r, i, &about);
        if (e == ERR_ABSENT)
            return receive_say(r, i, "the message it is about is not known yet");
    }
    if (e == ERR_ABSENT)
        return receive_say(r, i, "it names no message");
    TRY(e);
    return about.direction == DIRECTION_OUT ? mark_about(r, m, &about) : OK;
}

enum err receive_receipt_read(struct receive *r, int i) {
    struct inbound *in = &r->list.items[i];
    in->status = DELIVERY_READ;
    return receive_receipt_status(r, i);
}

/* ---- machines' mail ---- */

static const struct {
    enum inbound_type type;
    enum delivery_status status;
} reports[] = {
    {INBOUND_BOUNCE, DELIVERY_FAILED},
    {INBOUND_DELIVERY_REPORT, DELIVERY_DELIVERED},
};

static enum delivery_status reported(const struct inbound *in) {
    if (in->status != DELIVERY_NONE)
        return in->status;
    for (size_t k = 0; k < sizeof reports / sizeof reports[0]; k++)
        if (reports[k].type == in->type)
            return reports[k].status;
    return DELIVERY_NONE;
}

/* By the message it reports on; an out-of-office reply also by who it comes from. */
static enum err find_place(struct receive *r, int i, struct message *about, struct uid *place) {
    const struct inbound *in = &r->list.items[i];
    struct customer customer;
    *about = (struct message){.seq = 0};
    enum err e = receive_about(r, i, about);
    *place = about->conversation_id;
    if (e != ERR_ABSENT || in->type != INBOUND_AUTO_REPLY)
        return e;
    pg_lease_auto c = NULL;
    TRY(pg_lease(r->world->turns, &c));
    TRY(receive_customer(r, c, in, &customer));
    *place = customer.conversation_id;
    return OK;
}

enum err receive_receipt_report(struct receive *r, int i) {
    struct inbound *in = &r->list.items[i];
    struct message about;
    struct uid place;
    enum err e = find_place(r, i, &about, &place);
    if (e == ERR_ABSENT)
        return receive_say(r, i, "it is about nothing that we know");
    TRY(e);
    in->status = reported(in);
    if (about.seq && about.direction == DIRECTION_OUT && in->status != DELIVERY_NONE)
        TRY(mark_about(r, mark_of(r, in), &about));
    enum inbound_type type = r->outcomes[i].type;
    TRY(receive_hear(r, i, TURN_AUTOMATIC, place));
    if (r->outcomes[i].type == INBOUND_INVALID)
        r->outcomes[i].type = type;
    return OK;
}
