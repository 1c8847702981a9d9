#!/usr/bin/python3
"""Who may include whom: rooms only look down, foreign headers stand in one file each."""

import re

import house

PURE_FLOOR = {"base", "codec", "model"}
MAY_INCLUDE = {
    "base": set(),
    "codec": {"base"},
    "model": {"base", "codec"},
    "channel": PURE_FLOOR,
    "bot": PURE_FLOOR,
    "nlu": PURE_FLOOR,
    "decide": PURE_FLOOR,
    "io": {"base", "codec"},
    "store": PURE_FLOOR | {"io"},
    "flow": PURE_FLOOR | {"channel", "bot", "nlu", "decide", "io", "store"},
}
EVERYTHING = set(MAY_INCLUDE)

# Foreign headers and the only files that may name them.
FOREIGN = (
    (r"microhttpd\.h", r"common/io/httpd(_\w+)?\.[ch]"),
    (r"libpq-fe\.h", r"common/io/pg(_\w+)?\.[ch]"),
    (r"hiredis/.*", r"common/io/redis(_\w+)?\.[ch]"),
    (r"curl/.*", r"common/io/fetch(_\w+)?\.[ch]"),
    (r"openssl/.*", r"common/codec/crypto\.c"),
    (r"jansson\.h", r"common/codec/json\.h"),
    (r"gmime/.*", r"common/codec/mime\.c"),
    (r"iconv\.h", r"common/codec/charset\.c"),
    (r"expat\.h", r"common/codec/xml\.c"),
    (r"sanitizer/asan_interface\.h", r"common/base/arena\.c"),
)
C_HEADERS = set("assert ctype endian errno float inttypes limits locale math pthread signal "
                "stdalign stdarg stdatomic stdbool stddef stdint stdio stdlib stdnoreturn string "
                "strings time".split())
POSIX_HEADERS = set("arpa/inet dirent fcntl fnmatch glob getopt ifaddrs malloc net/if "
                    "netdb netinet/in netinet/tcp poll sched sys/epoll sys/mman "
                    "sys/eventfd sys/file sys/prctl sys/random sys/resource sys/socket sys/stat "
                    "sys/time sys/types sys/uio sys/un sys/wait termios unistd".split())
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def check_system(report, file, line, name):
    for header, places in FOREIGN:
        if re.fullmatch(header, name):
            if not re.fullmatch(places, file.path):
                report.bad(file.path, line, f"<{name}> belongs into {places}", name)
            return
    plain = name.removesuffix(".h")
    if plain in C_HEADERS:
        return
    if plain not in POSIX_HEADERS:
        report.bad(file.path, line, f"<{name}> is not in the table of headers", name)
    elif house.pure(file) and not file.path.startswith("common/base/"):
        report.bad(file.path, line, f"<{name}> in a pure room", name)


def check_own(report, file, line, name):
    target = (file.absolute.parent / name).resolve()
    if not target.is_file() or house.TOP not in target.parents:
        report.bad(file.path, line, f'"{name}" does not lead to a file from here', name)
        return
    there = target.relative_to(house.TOP).as_posix().split("/")
    here = file.path.split("/")
    if there[:2] == here[:2]:
        return
    if there[0] != "common":
        report.bad(file.path, line, f'"{name}": services never include each other', name)
        return
    allowed = MAY_INCLUDE[here[1]] if here[0] == "common" else EVERYTHING
    if there[1] not in allowed:
        report.bad(file.path, line, f"{here[1]} may not include {there[1]} ({name})", name)


def check_first(report, file, includes):
    """A .c file names its own header first, so that the header stands alone."""
    if not file.name.endswith(".c") or not file.absolute.with_suffix(".h").exists():
        return
    if not includes or includes[0][2] != f"{file.stem}.h":
        report.bad(file.path, 1, f'the first include is not "{file.stem}.h"', "first")


def main():
    report = house.Report("floors")
    checked = house.files("common/*/*.[ch]", "common/*/*.def", "services/*/*.[ch]")
    for file in checked:
        room = file.path.split("/")[1]
        if file.path.startswith("common/") and room not in MAY_INCLUDE:
            report.bad(file.path, 1, f"{room} is not a room of the house")
            continue
        text = file.uncommented
        includes = [(house.line_of(text, m.start()), m.group(1), m.group(2))
                    for m in INCLUDE.finditer(text)]
        check_first(report, file, includes)
        for line, mark, name in includes:
            (check_own if mark == '"' else check_system)(report, file, line, name)
    report.end(len(checked))


main()
