#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../common/base/config.h"
#include "admin.h"
#include "commands.h"

#define DUMP_BYTES_MAX (64 * 1024)

static int print(const struct buf *text) {
    if (buf_done(text) != OK)
        return admin_fail("too much configuration to print");
    return fwrite(text->p, 1, text->len, stdout) == text->len ? EXIT_SUCCESS : EXIT_FAILURE;
}

int config_cmd(int argc, char **argv) {
    struct why why = {0};
    struct config cfg;
    buf_auto text;
    buf_init(&text, DUMP_BYTES_MAX);
    if (argc == 2 && strcmp(argv[1], "--example") == 0) {
        config_example(&text);
        return print(&text);
    }
    if (argc != 1)
        return admin_fail("config takes nothing but --example");
    struct arena *a = arena_new();
    enum err e = config_read(a, environ, &cfg, &why);
    if (e == OK)
        config_dump(&cfg, &text);
    arena_free(a);
    return e == OK ? print(&text) : admin_fail("%s", why.text);
}
