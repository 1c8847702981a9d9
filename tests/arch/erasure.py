#!/usr/bin/python3
"""Erasing a person reaches every table of customer data: each table with a bucket is named in
common/store/erasure.c."""

import re

import house

TABLE = re.compile(r"CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?(\w+)\s*\((.*?)\n\)", re.DOTALL)


def customer_tables():
    """{table: (migration, line)} of tables that have a bucket column."""
    found = {}
    for file in house.files("migrations/*.sql"):
        text = re.sub(r"--[^\n]*", "", file.text)
        for match in TABLE.finditer(text):
            if re.search(r"^\s*bucket\s+smallint\b", match.group(2), re.MULTILINE | re.IGNORECASE):
                found[match.group(1)] = (file.path, house.line_of(text, match.start()))
    return found


def main():
    report = house.Report("erasure")
    statements = " ".join(text for file in house.files("common/store/erasure*.c")
                          for _, text in file.strings())
    tables = customer_tables()
    for table, (path, line) in tables.items():
        if not re.search(rf"\b{table}\b", statements):
            report.bad(path, line, f"common/store/erasure.c does not know the table {table}", table)
    report.end(len(tables))


main()
