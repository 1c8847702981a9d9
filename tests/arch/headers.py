#!/usr/bin/python3
"""Each header compiles alone and opens with what it is."""

import concurrent.futures
import subprocess

import house

COMPILE = ["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
           "-isystem", "/usr/include/postgresql", "-x", "c", "-"]


def compile_alone(file):
    source = f'#include "{file.absolute}"\nextern int used_;\n'
    return subprocess.run(COMPILE, input=source, capture_output=True, text=True)


def main():
    report = house.Report("headers")
    headers = house.files("common/*/*.h", "services/*/*.h")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for file, result in zip(headers, pool.map(compile_alone, headers)):
            if result.returncode:
                report.bad(file.path, 1, f"does not compile alone:\n{result.stderr.strip()}")
            if not file.text.startswith("/*"):
                report.bad(file.path, 1, "does not open with what it is", "opening")
            if "#pragma once" not in file.text:
                report.bad(file.path, 1, "has no #pragma once", "once")
    report.end(len(headers))


main()
