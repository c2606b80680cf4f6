"""account.py DATABASE BEFORE CONFLICTS LOG…: was anything lost, was anything made up?

DATABASE is any replica at the end, BEFORE the database before the first write, CONFLICTS the document
of `tributary conflicts --json`, LOG what the writers wrote down. Prints a JSON document with counts and
the first findings; exits 1 if there are any.
"""

import json
import sqlite3
import sys
from collections import Counter


def canonical(value):
    """Equal for equal values, whatever they travelled through."""
    if isinstance(value, bool):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else "s" + value


def text_key(key):
    """A key as the program prints it, as a tuple of texts."""
    if isinstance(key, str) and key.startswith("["):
        key = json.loads(key)
    if isinstance(key, (list, tuple)):
        return tuple(str(part) for part in key)
    return (str(key),)


def cells(path):
    """{table: {key: {column: value}}} of all tables with a key, blobs left out."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    result = {}
    for (name,) in database.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " AND name NOT LIKE 'tributary_%'"
    ).fetchall():
        quoted = '"' + name.replace('"', '""') + '"'
        columns = [row for row in database.execute(f"PRAGMA table_xinfo({quoted})") if row[6] == 0]
        keys = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5] > 0]
        names = [row[1] for row in columns]
        if not keys:
            continue
        rows = result[name] = {}
        for row in database.execute(f"SELECT * FROM {quoted}"):
            named = dict(zip(names, row))
            rows[tuple(str(named[key]) for key in keys)] = {
                column: value
                for column, value in named.items()
                if column not in keys and not isinstance(value, bytes)
            }
    integrity = database.execute("PRAGMA integrity_check").fetchall()
    return result, integrity


def main():
    database, before, conflicts_path, *logs = sys.argv[1:]
    end, integrity = cells(database)
    start, _ = cells(before)
    with open(conflicts_path, encoding="utf-8") as file:
        conflicts = json.load(file)["conflicts"]
    overruled = {
        (conflict["table"], conflict["column"], canonical(value["value"]))
        for conflict in conflicts
        for value in conflict["values"]
        if conflict.get("column") is not None and "value" in value
    }
    disputed_rows = {(conflict["table"], text_key(conflict["key"])) for conflict in conflicts}

    writes = []
    for path in logs:
        with open(path, encoding="utf-8") as file:
            writes += [json.loads(line) for line in file]
    overwritten = {
        (write["table"], text_key(write["key"]), column, canonical(value))
        for write in writes
        for column, value in write["old"].items()
    }
    known = {
        (write["table"], text_key(write["key"]), column, canonical(value))
        for write in writes
        for column, value in write["new"].items()
    }
    written_columns = {(table, column) for table, _, column, _ in known}
    deleted = {(write["table"], text_key(write["key"])) for write in writes if write["op"] == "delete"}

    findings, fates = [], Counter()
    for write in writes:
        table, key = write["table"], text_key(write["key"])
        row = end.get(table, {}).get(key)
        if write["op"] == "delete":
            if row is None:
                fates["deleted"] += 1
            elif (table, key) in disputed_rows:
                fates["deletion overruled"] += 1
            else:
                findings.append(f"the deletion of {table} {key} is nowhere")
        if write["op"] == "insert" and row is None and (table, key) not in deleted:
            findings.append(f"the inserted row {table} {key} is gone, and nobody deleted it")
        for column, value in write["new"].items():
            cell = (table, key, column, canonical(value))
            if row is not None and canonical(row[column]) == canonical(value):
                fates["visible"] += 1
            elif cell in overwritten:
                fates["knowingly overwritten"] += 1
            elif (table, column, canonical(value)) in overruled:
                fates["in the ledger"] += 1
            else:
                findings.append(f"{value!r} of {table} {key} {column} is lost")
    for table, rows in end.items():
        for key, row in rows.items():
            for column, value in row.items():
                was = start.get(table, {}).get(key, {}).get(column, ...)
                if was is not ... and canonical(was) == canonical(value):
                    continue
                if was is ... and (table, column) not in written_columns:
                    continue
                if (table, key, column, canonical(value)) not in known:
                    findings.append(f"{value!r} of {table} {key} {column} was written by nobody")
    if integrity != [("ok",)]:
        findings.append(f"integrity_check: {integrity}")
    print(
        json.dumps(
            {
                "writes": len(writes), "fates": fates, "conflicts": len(conflicts),
                "findingCount": len(findings), "findings": findings[:20],
            },
            ensure_ascii=False,
        )
    )
    sys.exit(1 if findings else 0)


main()
