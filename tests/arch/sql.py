#!/usr/bin/python3
"""SQL stands in common/store and migrations/ and nowhere else; it is never built from pieces, and
the store has no DDL."""

import re

import house

SQL = re.compile(
    r"^\s*(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\b|DELETE\s+FROM\s|MERGE\s+INTO\s|"
    r"WITH\s+\w+\s*(?:\([^)]*\)\s*)?AS\s|CREATE\s|ALTER\s|DROP\s|TRUNCATE\s|BEGIN\b|COMMIT\b|"
    r"COPY\s+\w+\s*(?:\(|FROM|TO)|ROLLBACK\b|SAVEPOINT\s|SET\s+LOCAL\s|LOCK\s+TABLE\s|"
    r"LISTEN\s|NOTIFY\s)")
DDL = re.compile(
    r"\b(?:CREATE|ALTER|DROP)\s+(?:UNIQUE\s+)?(?:TABLE|INDEX|TYPE|SCHEMA|FUNCTION|TRIGGER)\b")
TRANSACTION = re.compile(r"\s*(?:BEGIN|COMMIT|ROLLBACK)\b[^;]*;?\s*$")
DRIVER = re.compile(r"common/io/pg(_\w+)?\.[ch]")
PIECE = re.compile(r"%(?:\.\*)?[-+0 #]*\d*(?:l|ll|z)?[sdiuxc]")


def check(report, file, line, text):
    if not SQL.match(text):
        return
    if file.path.startswith("common/store/"):
        if DDL.search(text) and "TEMP" not in text:
            report.bad(file.path, line, "DDL belongs into migrations/", "ddl")
        if PIECE.search(text):
            report.bad(file.path, line, "SQL built from pieces: bind a parameter", "pieces")
        return
    if DRIVER.fullmatch(file.path) and TRANSACTION.match(text):
        return
    report.bad(file.path, line, f"SQL outside the store: {text[:50]!r}", "sql")


def main():
    report = house.Report("sql")
    checked = house.sources()
    for file in checked:
        for line, text in file.strings():
            check(report, file, line, text)
    report.end(len(checked))


main()
