"""sql.py DATABASE [STATEMENT…]: runs SQL as any program would, prints the last rows as JSON.

Statements run in one transaction. Blobs are printed as {"hex": …}. With `-` as the only statement
it reads a script from standard input.
"""

import json
import sqlite3
import sys


def plain(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def main():
    path, statements = sys.argv[1], sys.argv[2:]
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    if statements == ["-"]:
        database.executescript(sys.stdin.read())
        return
    rows = []
    database.execute("BEGIN IMMEDIATE")
    for statement in statements:
        rows = database.execute(statement).fetchall()
    database.execute("COMMIT")
    print(json.dumps([[plain(value) for value in row] for row in rows], ensure_ascii=False))


main()
