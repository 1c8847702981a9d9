#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/codec/json.h"
#include "commands.h"

static const struct row {
    const char *name;
    command *run;
    const char *words, *help;
} rows[] = {
    {"migrate", migrate_cmd, "[--directory DIR]", "bring the database to this program's schema"},
    {"key", key_cmd, "create --role ROLE [--channel ID]... [--agent ID] | list | revoke ID",
     "make, show and withdraw API keys"},
    {"config", config_cmd, "[--example]", "show the configuration in force, secrets hidden"},
    {"health", health_cmd, "URL", "exit 0 if URL/readyz says ready"},
    {"train", train_cmd, "--examples FILE.tsv --out MODEL", "learn intents from labelled texts"},
    {"evaluate", evaluate_cmd, "--model MODEL --examples FILE.tsv", "measure a model"},
    {"classify", classify_cmd, "--model MODEL", "one text a line in, its intent out"},
    {"analyze", analyze_cmd, "[--model MODEL] [--policy FILE]",
     "one text a line in, all that it shows out"},
    {"search", search_cmd, "--knowledge FILE.json", "one query a line in, ranked entries out"},
    {"decide", decide_cmd, "--policy FILE", "a message in, the decision on it out; no database"},
    {"replay", replay_cmd, "[--policy FILE]",
     "judge recorded decisions again, under their own policy or a candidate"},
    {"learn-handover", learn_cmd, "[--since TIME] [--until TIME]",
     "learn from takeovers when a person should come: a new policy, not active"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static void print_usage(FILE *out) {
    fputs("usage: redthread COMMAND\n\n", out);
    for (size_t i = 0; i < ROWS; i++)
        fprintf(out, "  %s %s\n      %s\n", rows[i].name, rows[i].words, rows[i].help);
    fputs("\nConfiguration comes from the environment; `redthread config` shows it.\n", out);
}

static const struct row *find(const char *name) {
    for (size_t i = 0; i < ROWS; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static bool asks_for_help(const char *word) {
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && asks_for_help(argv[1])) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    const struct row *row = argc > 1 ? find(argv[1]) : NULL;
    if (!row) {
        print_usage(stderr);
        return 2;
    }
    json_setup();
    return row->run(argc - 1, argv + 1);
}
