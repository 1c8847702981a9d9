#include "modelfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool map_file(int fd, struct modelfile *out) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return false;
    out->bytes = (size_t)st.st_size;
    out->map = mmap(NULL, out->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (out->map == MAP_FAILED)
        out->map = NULL;
    return out->map != NULL;
}

bool modelfile_open(const char *path, struct modelfile *out) {
    *out = (struct modelfile){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    bool mapped = map_file(fd, out);
    close(fd);
    if (mapped && intent_open((struct span){out->map, out->bytes}, &out->model) == OK)
        return true;
    fprintf(stderr, "%s: not a model of this version, or damaged\n", path);
    modelfile_close(out);
    return false;
}

void modelfile_close(struct modelfile *f) {
    intent_free(f->model);
    if (f->map)
        munmap(f->map, f->bytes);
    *f = (struct modelfile){0};
}
