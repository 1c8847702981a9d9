#!/usr/bin/python3
"""Calls and words that have no place: I/O and time in judgement, unbounded string functions,
comparisons of secrets that leak their length of agreement, sleeping tests, leftovers."""

import re

import house

IMPURE = ("time clock_gettime gettimeofday rand random srand srandom drand48 crypto_random getenv "
          "secure_getenv fopen open popen system socket connect printf puts sleep usleep "
          "nanosleep log_setup log_context log_line log_event").split()
# These files of the lowest floors are the sources of time, configuration, lines and chance.
SOURCES = {"common/base/clock", "common/base/log", "common/base/config", "common/base/crew",
           "common/codec/crypto"}
UNBOUNDED = "strcpy strcat sprintf vsprintf gets alloca strtok".split()
SLEEPS = re.compile(r"\b(?:time\.sleep|sleep|usleep|nanosleep)\s*\(")
COMPARE = re.compile(r"\b(memcmp|strn?cmp|strn?casecmp|span_equal|span_is)\s*\(([^;{}]*)")
# Lower case: a constant such as SECRET_PREFIX is no secret.
SECRET = re.compile(r"\b\w*(?:secret|digest|hmac|signature|hash)\w*\b")
LEFTOVER = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")


def calls(names):
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def each(report, file, pattern, text, message):
    for match in pattern.finditer(text):
        word = match.group(1) if pattern.groups else match.group()
        report.bad(file.path, house.line_of(text, match.start()), f"{word.strip()}: {message}",
                   word.strip("( "))


def check_secrets(report, file):
    code = file.code
    for match in COMPARE.finditer(code):
        depth, end = 1, 0
        for end, char in enumerate(match.group(2)):
            depth += {"(": 1, ")": -1}.get(char, 0)
            if not depth:
                break
        if SECRET.search(match.group(2)[:end]):
            report.bad(file.path, house.line_of(code, match.start()),
                       f"{match.group(1)} of a secret: use crypto_equal", match.group(1))


def check_product(report, file):
    code = file.code
    each(report, file, calls(UNBOUNDED), code, "never")
    each(report, file, re.compile(r"\btypedef\s+(struct)\b"), code, "say `struct x`")
    each(report, file, LEFTOVER, file.text, "finish it or say it in an issue")
    check_secrets(report, file)
    if house.pure(file) and file.path.rsplit(".", 1)[0] not in SOURCES:
        each(report, file, calls(IMPURE), code, "banned in a pure room")
    if not file.path.startswith("common/io/"):
        each(report, file, re.compile(r"\b(goto)\b"), code, "only drivers may")


def main():
    report = house.Report("banned")
    product = house.sources()
    for file in product:
        check_product(report, file)
    tests = house.files("tests/*/*.c", "tests/*/*.h", "tests/*/*.py", "tests/run")
    for file in tests:
        if file.path != "tests/arch/banned.py":
            each(report, file, SLEEPS, file.code if file.name.endswith((".c", ".h")) else file.text,
                 "poll for the event with a deadline")
        if file.name.endswith((".c", ".h")):
            each(report, file, calls(UNBOUNDED), file.code, "never")
    report.end(len(product) + len(tests))


main()
