#!/usr/bin/python3
"""No test stands apart: each unit test has its pure file and each pure file its unit test, each
fuzz target has its file, and each house rule runs."""

import os

import house


def main():
    report = house.Report("all_tests_run")
    pure_files = {file.stem: file for file in house.files("common/*/*.c") if house.pure(file)}
    tests = {file.stem.removeprefix("test_"): file for file in house.files("tests/unit/test_*.c")}
    headers = {file.stem for file in house.files("common/*/*.h") if house.pure(file)}
    for stem, file in tests.items():
        if stem not in pure_files.keys() | headers:
            report.bad(file.path, 1, f"there is no pure file {stem}")
    for stem, file in pure_files.items():
        if stem not in tests:
            report.bad(file.path, 1, f"there is no tests/unit/test_{stem}.c")
    fuzzers = house.files("tests/fuzz/fuzz_*.c")
    for file in fuzzers:
        stem = file.stem.removeprefix("fuzz_")
        if stem not in pure_files:
            report.bad(file.path, 1, f"there is no pure file {stem}.c")
    rules = house.files("tests/arch/*.py")
    for file in rules:
        if file.stem != "house" and not os.access(file.absolute, os.X_OK):
            report.bad(file.path, 1, "is not executable, so nobody runs it")
    report.end(len(tests) + len(pure_files) + len(fuzzers) + len(rules))


main()
