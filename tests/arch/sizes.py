#!/usr/bin/python3
"""Sizes that keep a page a page: lines of functions, files and headers, columns, parameters,
nesting."""

import re

import house

FUNCTION_LINES, PARAMETERS, NESTING = 60, 5, 3
FILE_LINES, HEADER_LINES, COLUMNS = 500, 120, 100
HEAD = re.compile(r"(\w+)\s*$")
NOT_CALLS = {"if", "for", "while", "switch", "return", "sizeof", "struct"}


def without_directives(code):
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda m: re.sub(r"[^\n]", " ", m.group()), code,
                  flags=re.MULTILINE)


def opening(code, close):
    """Where the parenthesis that `close` closes was opened."""
    depth = 0
    for at in range(close, -1, -1):
        depth += {")": 1, "(": -1}.get(code[at], 0)
        if depth == 0:
            return at
    return 0


def word_before(code, at):
    match = HEAD.search(code[:at].rstrip())
    return match.group(1) if match else ""


def is_control(code, brace):
    """Whether the brace opens the body of a statement (and not an initialiser or a struct)."""
    before = code[:brace].rstrip()
    if not before:
        return False
    if before[-1] == ")":
        return word_before(code, opening(code, len(before) - 1)) not in ("", "return", "sizeof")
    return word_before(code, brace) in ("else", "do")


def parameters(text):
    text = text.strip()
    if text in ("", "void"):
        return 0
    depth, count = 0, 1
    for char in text:
        depth += {"(": 1, ")": -1, "[": 1, "]": -1}.get(char, 0)
        count += char == "," and depth == 0
    return count


def functions(code):
    """(name, first line, last line, parameters, deepest nesting) of each function body."""
    stack, start = [], None
    for at, char in enumerate(code):
        if char == "{":
            if not stack and start is None and code[:at].rstrip().endswith(")"):
                start = at
                deepest = 0
            stack.append(start is not None and start != at and is_control(code, at))
            if start is not None:
                deepest = max(deepest, sum(stack))
        elif char == "}" and stack:
            stack.pop()
            if not stack and start is not None:
                yield describe(code, start, at, deepest)
                start = None


def describe(code, start, end, deepest):
    close = len(code[:start].rstrip()) - 1
    opened = opening(code, close)
    while word_before(code, opened) in ("PRINTF_LIKE", "__attribute__"):
        close = len(code[:opened].rstrip().rsplit(None, 1)[0].rstrip()) - 1
        opened = opening(code, close)
    return (word_before(code, opened), house.line_of(code, code.rfind("\n", 0, opened) + 1),
            house.line_of(code, end), parameters(code[opened + 1:close]), deepest)


def check_functions(report, file):
    for name, first, last, count, deepest in functions(without_directives(file.code)):
        lines = last - first + 1
        if lines > FUNCTION_LINES:
            report.bad(file.path, first, f"{name} has {lines} lines, {FUNCTION_LINES} may be", name)
        if count > PARAMETERS:
            report.bad(file.path, first,
                       f"{name} has {count} parameters, {PARAMETERS} may be", name)
        if deepest > NESTING:
            report.bad(file.path, first, f"{name} nests {deepest} deep, {NESTING} may be", name)


def check_lines(report, file):
    lines = file.text.splitlines()
    most = HEADER_LINES if file.name.endswith(".h") else FILE_LINES
    if len(lines) > most:
        report.bad(file.path, 1, f"{len(lines)} lines, {most} may be", "lines")
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS:
            report.bad(file.path, number, f"{len(line)} columns, {COLUMNS} may be", "columns")


def main():
    report = house.Report("sizes")
    checked = house.files("common/*/*.[ch]", "services/*/*.[ch]", "tests/*/*.[ch]")
    for file in checked:
        check_lines(report, file)
        check_functions(report, file)
    scripts = house.files("tests/*/*.py", "tests/run", "deploy/demo/*.py",
                          "deploy/demo/load", "deploy/demo/play")
    for file in scripts:
        check_lines(report, file)
    report.end(len(checked) + len(scripts))


main()
