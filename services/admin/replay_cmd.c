/* replay: every recorded decision judged once more from its signals. Under its own policy all must
 * come out as they did; under a candidate the differences are what it would have changed. */
#include <stdio.h>
#include <stdlib.h>

#include "../../common/codec/json.h"
#include "../../common/decide/decide.h"
#include "../../common/decide/observe.h"
#include "../../common/flow/policy_load.h"
#include "../../common/store/decisions.h"
#include "../../common/store/policies.h"
#include "admin.h"
#include "commands.h"
#include "options.h"
#include "policyfile.h"

#define BATCH 500
#define LINE_BYTES_MAX (256 * 1024)
#define MODES (MODE_HUMAN_EMOTION + 1)

struct known_policy {
    int version;
    struct policy *policy;
    struct known_policy *next;
};

struct replay {
    struct admin *admin;
    struct arena *batch;        /* of the records in hand */
    struct policy *candidate;   /* NULL: each under its own */
    struct known_policy *known; /* those met so far */
    long decisions, different;
    long by_change[MODES][MODES]; /* different ones, by mode before and after */
};

/* ---- policies ---- */

static enum err load_body(struct replay *p, int version, struct span *body) {
    struct policies_version stored;
    *body = span_of(policy_default_json());
    if (version == POLICIES_BUILT_IN)
        return OK;
    TRY(policies_load(p->admin->pg, p->batch, version, &stored));
    *body = span_of(stored.body);
    return OK;
}

static enum err policy_of(struct replay *p, int version, struct policy **out) {
    struct span body;
    struct why why;
    for (struct known_policy *k = p->known; k; k = k->next)
        if (k->version == version) {
            *out = k->policy;
            return OK;
        }
    TRY(load_body(p, version, &body));
    TRY(policy_load(body, out, &why));
    struct known_policy *k = ARENA_NEW(p->admin->arena, struct known_policy);
    *k = (struct known_policy){version, *out, p->known};
    p->known = k;
    return OK;
}

static void free_policies(struct replay *p) {
    for (struct known_policy *k = p->known; k; k = k->next)
        policy_free(k->policy);
    policy_free(p->candidate);
}

/* ---- judging ---- */

static void put_uid(struct buf *b, const char *name, struct uid u) {
    char text[UID_TEXT_MAX];
    json_put_text(b, name, uid_text(u, text));
}

static void put_decision(struct buf *b, const char *name, const struct decision *d) {
    json_put_key(b, name);
    buf_addc(b, '{');
    decision_render(d, b);
    buf_addc(b, '}');
}

static void say_difference(const struct decisions_record *r, const struct decision *again) {
    buf_auto b;
    buf_init(&b, LINE_BYTES_MAX);
    buf_addc(&b, '{');
    put_uid(&b, "id", r->message_id);
    put_uid(&b, "conversation_id", r->place.conversation_id);
    json_put_number(&b, "seq", r->place.seq);
    put_decision(&b, "stored", &r->decision);
    put_decision(&b, "decision", again);
    buf_addc(&b, '}');
    puts(b.p);
}

static enum err judge(struct replay *p, const struct decisions_record *r) {
    struct policy *policy = p->candidate;
    struct decision seen = r->decision, again;
    if (policy)
        observe_anew(policy, &seen.signals);
    else
        TRY(policy_of(p, seen.policy_version, &policy));
    decide_again(p->batch, policy, seen.policy_version, &seen, &again);
    p->decisions++;
    if (decision_equal(&again, &r->decision))
        return OK;
    p->different++;
    p->by_change[r->decision.mode][again.mode]++;
    say_difference(r, &again);
    return OK;
}

static enum err judge_all(struct replay *p) {
    struct message_ref place = {.seq = 0};
    struct decisions found;
    do {
        arena_reset(p->batch);
        TRY(decisions_after(p->admin->pg, p->batch, &place, BATCH, &found));
        for (int i = 0; i < found.n; i++)
            TRY(judge(p, &found.items[i]));
        if (found.n)
            place = found.items[found.n - 1].place;
    } while (found.n == BATCH);
    return OK;
}

static void say_summary(const struct replay *p) {
    buf_auto b;
    buf_init(&b, LINE_BYTES_MAX);
    buf_addc(&b, '{');
    json_put_number(&b, "decisions", p->decisions);
    json_put_number(&b, "same", p->decisions - p->different);
    json_put_number(&b, "different", p->different);
    json_put_key(&b, "by_change");
    buf_addc(&b, '{');
    for (int from = 0; from < MODES; from++)
        for (int to = 0; to < MODES; to++) {
            if (!p->by_change[from][to])
                continue;
            buf_addf(&b, "%s\"%s->%s\":%ld", b.p[b.len - 1] == '{' ? "" : ",", mode_text(from),
                     mode_text(to), p->by_change[from][to]);
        }
    buf_adds(&b, "}}");
    puts(b.p);
}

int replay_cmd(int argc, char **argv) {
    const char *path = NULL;
    const struct options_row rows[] = {{"--policy", &path, false}};
    struct admin admin;
    struct replay p = {.admin = &admin};
    int status = EXIT_FAILURE;
    if (!options_parse(argc, argv, rows, 1))
        return 2;
    if (!admin_open("redthread-replay", &admin))
        return EXIT_FAILURE;
    p.batch = arena_new();
    p.candidate = path ? policyfile_open(path) : NULL;
    if (!path || p.candidate) {
        enum err e = judge_all(&p);
        say_summary(&p);
        status = e != OK                ? admin_fail("%s", err_text(e))
                 : path || !p.different ? EXIT_SUCCESS
                                        : EXIT_FAILURE;
    }
    free_policies(&p);
    arena_free(p.batch);
    admin_close(&admin);
    return status;
}
