#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/codec/crypto.h"
#include "../../common/codec/enc.h"
#include "../../common/codec/json.h"
#include "../../common/store/keys.h"
#include "admin.h"
#include "commands.h"

#define ID_BYTES 6
#define SECRET_BYTES 32

/* ---- the words of the command line ---- */

static bool take_role(struct api_key *key, const char *value) {
    if (role_parse(value, &key->role))
        return true;
    admin_fail("--role is connector, agent, dashboard or admin, not %s", value);
    return false;
}

static bool take_channel(struct api_key *key, const char *value) {
    if (!json_is_config_id(value) || key->n_channels == ACCOUNT_KEY_CHANNELS_MAX) {
        admin_fail("--channel %s: not the id of a channel, or one too many", value);
        return false;
    }
    key->channels[key->n_channels++] = value;
    return true;
}

static bool take_agent(struct api_key *key, const char *value) {
    key->agent = value;
    if (json_is_config_id(value))
        return true;
    admin_fail("--agent %s: not the id of an agent", value);
    return false;
}

static const struct word {
    const char *name;
    bool (*take)(struct api_key *key, const char *value);
} words[] = {{"--role", take_role}, {"--channel", take_channel}, {"--agent", take_agent}};

static bool take_word(struct api_key *key, const char *name, const char *value) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0 && value)
            return words[i].take(key, value);
    admin_fail("key create does not understand %s", name);
    return false;
}

/* A key that may do nothing is a mistake; so is a bound that would not bind. */
static bool is_complete(const struct api_key *key, bool has_role) {
    const char *wrong = NULL;
    if (!has_role)
        wrong = "key create needs --role ROLE";
    else if ((key->role == ROLE_CONNECTOR) != (key->n_channels > 0))
        wrong = "a connector key needs --channel ID, and no other key takes it";
    else if ((key->role == ROLE_AGENT) != (key->agent != NULL))
        wrong = "an agent key needs --agent ID, and no other key takes it";
    if (wrong)
        admin_fail("%s", wrong);
    return !wrong;
}

static bool parse_key(int argc, char **argv, struct api_key *key) {
    bool has_role = false;
    for (int i = 0; i < argc; i += 2) {
        if (!take_word(key, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            return false;
        has_role = has_role || strcmp(argv[i], "--role") == 0;
    }
    return is_complete(key, has_role);
}

/* ---- create, list, revoke ---- */

static char *random_hex(struct arena *a, size_t bytes) {
    uint8_t random[SECRET_BYTES];
    crypto_random(random, bytes);
    return enc_hex(a, random, bytes);
}

static int create(struct admin *admin, int argc, char **argv) {
    struct api_key key = {.role = ROLE_CONNECTOR};
    if (!parse_key(argc, argv, &key))
        return EXIT_FAILURE;
    key.id = random_hex(admin->arena, ID_BYTES);
    const char *text =
        arena_printf(admin->arena, "rt_%s_%s", key.id, random_hex(admin->arena, SECRET_BYTES));
    crypto_sha256(span_of(text), key.hash);
    enum err e = keys_add(admin->pg, admin->arena, &key);
    if (e != OK)
        return admin_fail("the key was not stored: %s", err_text(e));
    puts(text);
    return EXIT_SUCCESS;
}

static int list(struct admin *admin, int argc, char **argv) {
    const struct api_key *keys;
    int n;
    (void)argv;
    if (argc)
        return admin_fail("key list takes no words");
    enum err e = keys_load_all(admin->pg, admin->arena, &keys, &n);
    if (e != OK)
        return admin_fail("the keys were not read: %s", err_text(e));
    for (int i = 0; i < n; i++) {
        printf("%s %s", keys[i].id, role_text(keys[i].role));
        for (int j = 0; j < keys[i].n_channels; j++)
            printf(" --channel %s", keys[i].channels[j]);
        printf(*keys[i].agent ? " --agent %s\n" : "%s\n", keys[i].agent);
    }
    return EXIT_SUCCESS;
}

static int revoke(struct admin *admin, int argc, char **argv) {
    if (argc != 1)
        return admin_fail("key revoke takes the id of one key");
    enum err e = keys_revoke(admin->pg, admin->arena, argv[0]);
    if (e == ERR_ABSENT)
        return admin_fail("there is no key %s", argv[0]);
    return e == OK ? EXIT_SUCCESS : admin_fail("%s was not revoked: %s", argv[0], err_text(e));
}

static const struct verb {
    const char *name;
    int (*run)(struct admin *admin, int argc, char **argv);
} verbs[] = {{"create", create}, {"list", list}, {"revoke", revoke}};

static const struct verb *find(const char *name) {
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

int key_cmd(int argc, char **argv) {
    struct admin admin;
    const struct verb *verb = argc > 1 ? find(argv[1]) : NULL;
    if (!verb)
        return admin_fail("key is followed by create, list or revoke");
    if (!admin_open("redthread-key", &admin))
        return EXIT_FAILURE;
    int status = verb->run(&admin, argc - 2, argv + 2);
    admin_close(&admin);
    return status;
}
