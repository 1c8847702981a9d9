#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../common/base/buf.h"
#include "../../common/store/events.h"
#include "../../common/store/migrations.h"
#include "admin.h"
#include "commands.h"

#define FILE_BYTES_MAX (1024 * 1024)

static int is_sql(const struct dirent *d) {
    size_t n = strlen(d->d_name);
    return n > 4 && strcmp(d->d_name + n - 4, ".sql") == 0;
}

static bool read_file(struct arena *a, const char *path, struct span *out) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return false;
    char *bytes = arena_alloc(a, FILE_BYTES_MAX + 1);
    size_t n = fread(bytes, 1, FILE_BYTES_MAX + 1, f);
    bool whole = !ferror(f) && n <= FILE_BYTES_MAX;
    fclose(f);
    *out = (struct span){bytes, n};
    return whole;
}

static bool read_one(struct arena *a, const char *directory, const char *file,
                     struct migrations *out) {
    struct migration *m = &out->items[out->n++];
    m->name = arena_strndup(a, file, strlen(file) - 4);
    if (strtol(file, NULL, 10) != out->n) {
        admin_fail("%s/%s: expected number %04d", directory, file, out->n);
        return false;
    }
    if (read_file(a, arena_printf(a, "%s/%s", directory, file), &m->sql))
        return true;
    admin_fail("%s/%s cannot be read", directory, file);
    return false;
}

static bool read_directory(struct arena *a, const char *directory, struct migrations *out) {
    struct dirent **files;
    int n = scandir(directory, &files, is_sql, alphasort);
    bool ok = n > 0 && n <= MIGRATIONS_MAX;
    if (!ok)
        admin_fail("%s holds no migrations", directory);
    for (int i = 0; i < n; i++) {
        ok = ok && read_one(a, directory, files[i]->d_name, out);
        free(files[i]);
    }
    if (n >= 0)
        free(files);
    return ok;
}

static int apply_all(struct admin *admin, const struct migrations *all) {
    const struct migration *applied;
    struct why why = {0};
    enum err e;
    while ((e = migrations_apply_next(admin->pg, all, &applied, &why)) == OK && applied)
        printf("applied %s\n", applied->name);
    if (e != OK)
        return admin_fail("%s", *why.text ? why.text : err_text(e));
    printf("the schema is at %s\n", all->items[all->n - 1].name);
    return EXIT_SUCCESS;
}

/* A restored dump is migrated like any database before anything starts on it. */
static int adopt_restored(struct admin *admin) {
    int64_t adopted;
    enum err e = events_adopt_restored(admin->pg, &adopted);
    if (e != OK)
        return admin_fail("%s", err_text(e));
    if (adopted)
        printf("%lld events of another PostgreSQL are the beginning of the feed now\n",
               (long long)adopted);
    return EXIT_SUCCESS;
}

int migrate_cmd(int argc, char **argv) {
    struct admin admin;
    struct migrations all = {.n = 0};
    bool from_directory = argc == 3 && strcmp(argv[1], "--directory") == 0;
    if (argc != 1 && !from_directory)
        return admin_fail("migrate takes nothing but --directory DIR");
    if (!admin_open("redthread-migrate", &admin))
        return EXIT_FAILURE;
    bool found = true;
    if (from_directory)
        found = read_directory(admin.arena, argv[2], &all);
    else
        migrations_built_in(&all);
    int status = found ? apply_all(&admin, &all) : EXIT_FAILURE;
    if (status == EXIT_SUCCESS)
        status = adopt_restored(&admin);
    admin_close(&admin);
    return status;
}
