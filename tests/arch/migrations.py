#!/usr/bin/python3
"""Migrations are numbered without a gap, say why they exist, go forward only, and keep the rule of
the bucket: it leads every key of customer data. A column goes only where another takes its name in
the same migration, so that no program of the release before misses it."""

import re

import house

NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
FORBIDDEN = (
    (re.compile(r"\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b", re.I),
     "no triggers"),
    (re.compile(r"\bDROP\s+(?:TABLE|COLUMN\s+(\w+)\b(?!.*\bRENAME\s+COLUMN\s+\w+\s+TO\s+\1\b))",
                re.I | re.DOTALL), "forward only: expand, then contract"),
    (re.compile(r"\b(?:BEGIN|COMMIT|ROLLBACK)\s*;", re.I), "the program owns the transaction"),
)
TABLE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s*\((.*?)\n\)", re.DOTALL)
KEY = re.compile(r"(PRIMARY KEY|UNIQUE|FOREIGN KEY)\s*(?:NULLS NOT DISTINCT\s*)?\(\s*(\w+)", re.I)


def check_keys(report, file, text):
    for table in TABLE.finditer(text):
        body = table.group(2)
        line = house.line_of(text, table.start())
        if not re.search(r"^\s*bucket\s+smallint\b", body, re.MULTILINE | re.I):
            continue
        for key in KEY.finditer(body):
            if key.group(2) != "bucket":
                report.bad(file.path, line, f"{table.group(1)}: {key.group(1)} does not begin with "
                           "bucket", table.group(1))
        if not re.search(r"PRIMARY KEY\s*\(\s*bucket", body, re.I):
            report.bad(file.path, line, f"{table.group(1)} has no primary key (bucket, …)",
                       table.group(1))


def main():
    report = house.Report("migrations")
    found = house.files("migrations/*")
    for number, file in enumerate(found, 1):
        match = NAME.fullmatch(file.name)
        if not match or int(match.group(1)) != number:
            report.bad(file.path, 1, f"expected {number:04}_<concern>.sql")
        if not file.text.startswith("--"):
            report.bad(file.path, 1, "does not open with why it exists", "opening")
        text = re.sub(r"--[^\n]*", lambda m: " " * len(m.group()), file.text)
        for pattern, reason in FORBIDDEN:
            for hit in pattern.finditer(text):
                report.bad(file.path, house.line_of(text, hit.start()), f"{hit.group()}: {reason}",
                           "forbidden")
        check_keys(report, file, text)
    report.end(len(found))


main()
