#!/usr/bin/python3
"""A name tells its file and back: stems are unique in the tree, none is a rag-bag, and what a
header declares carries the stem as its prefix."""

import re

import house

BANNED = set("util utils helper helpers misc common types manager".split())
PROTOTYPE = re.compile(
    r"^(?!static\b|typedef\b|#)(?:[A-Za-z_][\w \t]*[ \t*]+)(\w+)\([^;{]*\)[^;{}]*;", re.MULTILINE)


def without_bodies(code):
    """Preprocessor lines and everything between braces removed; lines stay."""
    code = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: "\n" * m.group().count("\n"), code,
                  flags=re.MULTILINE)
    out, depth = [], 0
    for char in code:
        depth -= char == "}"
        out.append(char if depth == 0 or char == "\n" else " ")
        depth += char == "{"
    return "".join(out)


def check_prefix(report, file):
    code = without_bodies(file.code)
    code = re.sub(r"\bMUST_CHECK\b|\bPRINTF_LIKE\([^)]*\)|__attribute__\s*\(\(.*?\)\)", "", code)
    for match in PROTOTYPE.finditer(code):
        name = match.group(1)
        # A file split off another (pg_link beside pg) may use the older prefix.
        prefixes = (f"{file.stem}_", f"{file.stem.split('_')[0]}_")
        if name != file.stem and not name.startswith(prefixes):
            report.bad(file.path, house.line_of(code, match.start()),
                       f"{name} does not begin with {file.stem}_", name)


def main():
    report = house.Report("stems")
    checked = house.files("common/*/*.[ch]", "common/*/*.def", "services/*/*.[ch]",
                          "tests/unit/*.[ch]", "tests/fuzz/*.[ch]", "tests/load/*.[ch]",
                          "tests/integration/*.c")
    homes = {}
    for file in checked:
        if file.stem in BANNED:
            report.bad(file.path, 1, f"a file named {file.stem} collects what has no home")
        if file.stem != "main":
            homes.setdefault(file.stem, {})[file.room] = file.path
        if file.name.endswith(".h") and file.path.startswith(("common/", "services/")):
            check_prefix(report, file)
    for stem, places in homes.items():
        if len(places) > 1:
            report.bad(sorted(places.values())[0], 1,
                       f"the stem {stem} is used in {', '.join(sorted(places))}", stem)
    report.end(len(checked))


main()
