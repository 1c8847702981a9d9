#include "commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/clock.h"
#include "../../common/codec/json.h"
#include "../../common/decide/decide.h"
#include "../../common/decide/observe.h"
#include "../../common/nlu/read.h"
#include "examples.h"
#include "policyfile.h"

#define INPUT_BYTES_MAX (256 * 1024)
#define OUTPUT_BYTES_MAX (64 * 1024)

/* The contract's message, and what else the judgement may be told: the conversation's control and
 * stored state, and signals by name that stand above what was observed (null: unknown). A text or
 * an attachment is required. */
struct decide_input {
    const char *channel, *external_id, *text, *html, *subject, *locale, *in_reply_to;
    json_t *from, *attachments, *metadata, *conversation, *signals;
    int64_t sent_ms;
};
#define INPUT(member, kind, name, max)                                                             \
    { name, kind, false, offsetof(struct decide_input, member), 0, max }
static const struct json_field input_rows[] = {
    {"text", JSON_KIND_TEXT, false, offsetof(struct decide_input, text), 0, MESSAGE_TEXT_MAX},
    INPUT(channel, JSON_KIND_ID, "channel", 0),
    INPUT(external_id, JSON_KIND_TEXT, "external_id", 0),
    INPUT(from, JSON_KIND_OBJECT, "from", 0),
    INPUT(html, JSON_KIND_TEXT, "html", 0),
    INPUT(subject, JSON_KIND_TEXT, "subject", 0),
    INPUT(locale, JSON_KIND_TEXT, "locale", 35),
    INPUT(attachments, JSON_KIND_ARRAY, "attachments", MESSAGE_ATTACHMENTS_MAX),
    INPUT(in_reply_to, JSON_KIND_TEXT, "in_reply_to", 0),
    INPUT(metadata, JSON_KIND_OBJECT, "metadata", 0),
    INPUT(conversation, JSON_KIND_OBJECT, "conversation", 0),
    INPUT(signals, JSON_KIND_OBJECT, "signals", 0),
    {"sent_at", JSON_KIND_TIME, false, offsetof(struct decide_input, sent_ms), 0, 0},
};

struct decide_control {
    const char *mode, *queue, *language;
    json_t *holder, *state;
    int64_t epoch;
};
static const struct json_field control_rows[] = {
    {"mode", JSON_KIND_TEXT, false, offsetof(struct decide_control, mode), 0, 32},
    {"queue", JSON_KIND_ID, false, offsetof(struct decide_control, queue), 0, 0},
    {"language", JSON_KIND_TEXT, false, offsetof(struct decide_control, language), 0, 8},
    {"holder", JSON_KIND_OBJECT, false, offsetof(struct decide_control, holder), 0, 0},
    {"state", JSON_KIND_OBJECT, false, offsetof(struct decide_control, state), 0, 0},
    {"epoch", JSON_KIND_INTEGER, false, offsetof(struct decide_control, epoch), 0, INT32_MAX},
};
static const struct json_field holder_rows[] = {
    {"type", JSON_KIND_TEXT, true, 0, 0, 16},
    {"id", JSON_KIND_ID, true, sizeof(const char *), 0, 0},
};
#define ROWS(rows) rows, (int)(sizeof(rows) / sizeof(*(rows)))

struct desk {
    struct arena *arena;
    struct policy *policy;
    struct intent_model *model;
    struct decide_input in;
    struct conversation conversation;
    struct signals signals;
    struct why why;
};

static enum err take_holder(struct desk *k, const json_t *j) {
    const char *words[2];
    TRY(json_fill(j, "/conversation/holder", ROWS(holder_rows), words, &k->why));
    enum party_type type;
    bool holds = party_type_parse(words[0], &type) &&
                 (type == PARTY_BOT || type == PARTY_AGENT || type == PARTY_QUEUE);
    if (!holds)
        return why_set(&k->why, ERR_INVALID, "/conversation/holder/type",
                       "must be bot, agent or queue");
    k->conversation.holder = party_of(type, words[1]);
    return OK;
}

static enum err take_conversation(struct desk *k) {
    struct conversation *c = &k->conversation;
    struct decide_control in = {.mode = "none", .queue = "", .language = ""};
    const json_t *j = k->in.conversation;
    TRY(j ? json_fill(j, "/conversation", ROWS(control_rows), &in, &k->why) : OK);
    const char *state = in.state ? json_text(k->arena, in.state) : "{}";
    if (conversation_parse_state(k->arena, span_of(state), c) != OK)
        return why_set(&k->why, ERR_INVALID, "/conversation/state", "is not a stored state");
    if (!mode_parse(in.mode, &c->mode))
        return why_set(&k->why, ERR_INVALID, "/conversation/mode", "is no mode");
    c->queue = in.queue;
    c->language = in.language;
    c->epoch = (int)in.epoch;
    c->topic = c->episode.topic;
    return in.holder ? take_holder(k, in.holder) : OK;
}

static bool override_number(struct signals *s, enum signal_number n, const json_t *j) {
    if (json_is_null(j))
        s->known &= ~(UINT64_C(1) << n);
    else if (json_is_number(j) || json_is_boolean(j))
        signals_set(s, n, json_is_boolean(j) ? json_is_true(j) : json_number_value(j));
    else
        return false;
    return true;
}

static enum err override_signals(struct desk *k) {
    const char *name;
    json_t *j;
    json_object_foreach(k->in.signals, name, j) {
        enum signal_number n;
        enum signal_text t;
        bool taken = false;
        if (signals_find_number(name, &n))
            taken = override_number(&k->signals, n, j);
        else if (signals_find_text(name, &t) && (json_is_string(j) || json_is_null(j)))
            taken = true, k->signals.text[t] = json_string_value(j);
        if (!taken)
            return why_set(&k->why, ERR_INVALID, arena_printf(k->arena, "/signals/%s", name),
                           "is no signal, or not of its type");
    }
    return OK;
}

/* As the router would, with an empty roster unlooked at and the policy's own bot at work. */
static void look(struct desk *k, struct reading *reading) {
    const char *metadata = k->in.metadata ? json_text(k->arena, k->in.metadata) : "{}";
    const struct bot_account bot = {.id = policy_bot(k->policy), .enabled = true};
    const struct message message = {
        .channel = k->in.channel,
        .text = k->in.text,
        .extra = arena_printf(k->arena, "{\"metadata\":%s}", metadata),
    };
    const struct context context = {
        .now_ms = k->in.sent_ms ? k->in.sent_ms : clock_wall_ms(),
        .conversation = &k->conversation,
        .message = &message,
        .bot = &bot,
        .topic_failure_rate = -1,
    };
    const struct read_input in = {.text = k->in.text,
                                  .subject = k->in.subject,
                                  .locale = k->in.locale,
                                  .earlier_language = k->conversation.language,
                                  .channel_language = "",
                                  .model = k->model,
                                  .usage = policy_usage(k->policy)};
    read_text(k->arena, &in, reading);
    observe(k->arena, k->policy, &context, reading, &k->signals);
}

static void print_decision(struct desk *k, const struct reading *reading) {
    struct decision *d = ARENA_NEW(k->arena, struct decision);
    buf_auto b;
    buf_init(&b, OUTPUT_BYTES_MAX);
    decide_run(k->arena, k->policy, 0, &k->signals, d);
    d->model_version = reading->model_version;
    d->evidence = reading->emotion_evidence;
    buf_addc(&b, '{');
    decision_render(d, &b);
    json_put_key(&b, "signals");
    signals_render(&k->signals, &b);
    buf_adds(&b, "}\n");
    fputs(b.p, stdout);
}

static int refuse(const struct desk *k, const char *what) {
    fprintf(stderr, "redthread decide: %s: %s%s%s\n", what, k->why.pointer,
            *k->why.pointer ? ": " : "", k->why.text);
    return 1;
}

static enum err take_message(struct desk *k, const json_t *root) {
    TRY(json_fill(root, "", ROWS(input_rows), &k->in, &k->why));
    bool says_something = *k->in.text || json_array_size(k->in.attachments) > 0;
    if (!says_something)
        return why_set(&k->why, ERR_INVALID, "/text", "is required");
    return take_conversation(k);
}

static int decide_message(struct desk *k, struct span text) {
    struct reading reading;
    json_auto root = NULL;
    k->in = (struct decide_input){.channel = "", .text = "", .subject = "", .locale = ""};
    if (json_load_span(text, &root, &k->why) != OK || take_message(k, root) != OK)
        return refuse(k, "message");
    look(k, &reading);
    if (override_signals(k) != OK)
        return refuse(k, "message");
    print_decision(k, &reading);
    return 0;
}

/* One byte more than may be, so that a message too large is refused and not cut. */
static struct span read_stdin(struct arena *a) {
    char *text = arena_alloc(a, INPUT_BYTES_MAX + 1);
    return (struct span){text, fread(text, 1, INPUT_BYTES_MAX + 1, stdin)};
}

static int load_model(struct desk *k, const char *path) {
    struct span bytes;
    if (!path)
        return 0;
    enum err e = examples_read_file(k->arena, path, &bytes);
    e = e == OK ? intent_open(bytes, &k->model) : e;
    if (e != OK)
        why_set(&k->why, e, "", "%s", err_text(e));
    return e == OK ? 0 : refuse(k, path);
}

static int run(struct desk *k, const char *policy, const char *model) {
    k->policy = policyfile_open(policy);
    int status = k->policy ? load_model(k, model) : EXIT_FAILURE;
    if (status)
        return status;
    struct span text = read_stdin(k->arena);
    if (text.n > INPUT_BYTES_MAX) {
        why_set(&k->why, ERR_TOO_LARGE, "", "is larger than %d bytes", INPUT_BYTES_MAX);
        return refuse(k, "message");
    }
    return decide_message(k, text);
}

int decide_cmd(int argc, char **argv) {
    const char *policy = NULL, *model = NULL;
    for (int i = 1; i < argc; i += 2) {
        const char **option = strcmp(argv[i], "--policy") == 0  ? &policy
                              : strcmp(argv[i], "--model") == 0 ? &model
                                                                : NULL;
        if (!option || i + 1 == argc) {
            fputs("usage: redthread decide [--policy FILE] [--model MODEL] < message.json\n",
                  stderr);
            return 2;
        }
        *option = argv[i + 1];
    }
    struct desk k = {.arena = arena_new()};
    int status = run(&k, policy, model);
    policy_free(k.policy);
    intent_free(k.model);
    arena_free(k.arena);
    return status;
}
