"""A branch's program that edits at random, and writes down what it did.

Every value it writes is unique, and with each write it notes the value that stood there, read in the
same transaction: what it overwrote, it overwrote knowingly. The log has one JSON line for each write
of a committed transaction:
  {"table", "key", "op": insert|update|delete, "new": {column: value}, "old": {column: value}}
"""

import argparse
import json
import random
import sqlite3
import sys


class Table:
    def __init__(self, database, name):
        self.name = name
        self.quoted = quoted(name)
        columns = [row for row in database.execute(f"PRAGMA table_xinfo({self.quoted})") if row[6] == 0]
        self.types = {row[1]: row[2].upper() for row in columns}
        self.key = [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5] > 0]
        # Blobs are left alone: pictures are not typed in by hand.
        self.values = [
            row[1] for row in columns if row[5] == 0 and "BLOB" not in row[2].upper()
        ]
        self.where = " AND ".join(f"{quoted(column)} = ?" for column in self.key)
        self.keys = []

    def load_keys(self, database, prefix_only):
        listed = ", ".join(quoted(column) for column in self.key)
        rows = database.execute(f"SELECT {listed} FROM {self.quoted}").fetchall()
        self.keys = [row for row in rows if prefix_only is None or str(row[0]).startswith(prefix_only)]

    def row(self, database, key):
        listed = ", ".join(quoted(column) for column in self.values) or "1"
        found = database.execute(f"SELECT {listed} FROM {self.quoted} WHERE {self.where}", key).fetchone()
        return None if found is None else dict(zip(self.values, found))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Writer:
    def __init__(self, arguments):
        self.random = random.Random(arguments.seed)
        self.prefix = arguments.prefix
        self.own_only = arguments.own_only
        self.count = 0
        self.base = 1_000_000 * (1 + ord(arguments.prefix[0]) - ord("A"))
        self.database = sqlite3.connect(arguments.database, timeout=120, isolation_level=None)
        if arguments.journal:
            self.database.execute(f"PRAGMA journal_mode = {arguments.journal}")
        self.database.execute("PRAGMA synchronous = NORMAL")
        names = [
            row[0]
            for row in self.database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                " AND name NOT LIKE 'tributary_%' ORDER BY name"
            )
        ]
        self.tables = [table for table in (Table(self.database, name) for name in names) if table.key]
        self.refresh()

    def refresh(self):
        for table in self.tables:
            table.load_keys(self.database, self.prefix if self.own_only else None)

    def unique(self, declared):
        """A value that nobody wrote before, fit for a column of this type."""
        self.count += 1
        if "INT" in declared or "NUM" in declared or "DEC" in declared:
            return self.base + self.count
        if "REAL" in declared or "FLOA" in declared or "DOUB" in declared:
            return (self.count + (5_000_000 if self.base > 1_000_000 else 0)) / 10_000_000
        return f"{self.prefix}-{self.count} 客户 name"

    def insert(self, table):
        self.count += 1
        key = tuple(
            self.base + self.count if "INT" in table.types[column] else f"{self.prefix}{self.count}"
            for column in table.key
        )
        new = {column: self.unique(table.types[column]) for column in table.values}
        columns = table.key + table.values
        listed = ", ".join(quoted(column) for column in columns)
        marks = ", ".join("?" for _ in columns)
        self.database.execute(
            f"INSERT INTO {table.quoted} ({listed}) VALUES ({marks})", key + tuple(new.values())
        )
        table.keys.append(key)
        return {"table": table.name, "key": key, "op": "insert", "new": new, "old": {}}

    def pick(self, table):
        """A row's key: often one of the first few, so that branches meet."""
        if not table.keys:
            return None
        if self.random.random() < 0.3:
            return table.keys[self.random.randrange(min(8, len(table.keys)))]
        return self.random.choice(table.keys)

    def update(self, table):
        key = self.pick(table)
        row = key and table.values and table.row(self.database, key)
        if not row:
            return None
        chosen = self.random.sample(table.values, self.random.randint(1, min(3, len(table.values))))
        new = {column: self.unique(table.types[column]) for column in chosen}
        assignments = ", ".join(f"{quoted(column)} = ?" for column in new)
        self.database.execute(
            f"UPDATE {table.quoted} SET {assignments} WHERE {table.where}", tuple(new.values()) + key
        )
        return {
            "table": table.name, "key": key, "op": "update", "new": new,
            "old": {column: row[column] for column in new},
        }

    def delete(self, table):
        key = self.pick(table)
        row = key and table.row(self.database, key)
        if row is None or not key:
            return None
        self.database.execute(f"DELETE FROM {table.quoted} WHERE {table.where}", key)
        return {"table": table.name, "key": key, "op": "delete", "new": {}, "old": row}

    def operation(self):
        table = self.random.choice(self.tables)
        kind = self.random.choices([self.insert, self.update, self.delete], [35, 50, 15])[0]
        return kind(table)

    def transaction(self, size):
        written = []
        self.database.execute("BEGIN IMMEDIATE")
        while len(written) < size:
            entry = self.operation()
            if entry:
                written.append(entry)
        self.database.execute("COMMIT")
        return written


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--log", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--prefix", required=True, help="a capital letter: whose values these are")
    parser.add_argument("--operations", type=int, default=0)
    parser.add_argument("--journal", choices=["wal", "delete"])
    parser.add_argument("--own-only", action="store_true", help="edit only rows of its own")
    parser.add_argument("--paced", action="store_true", help="one transaction for each line of input")
    arguments = parser.parse_args()
    writer = Writer(arguments)
    done = 0
    with open(arguments.log, "a", encoding="utf-8") as log:

        def run(size):
            entries = writer.transaction(size)
            for entry in entries:
                log.write(json.dumps(entry, ensure_ascii=False) + "\n")
            log.flush()
            return len(entries)

        if arguments.paced:
            for _ in sys.stdin:
                run(writer.random.randint(1, 4))
                print("done", flush=True)
            return
        transactions = 0
        while done < arguments.operations:
            done += run(min(writer.random.randint(1, 20), arguments.operations - done))
            transactions += 1
            if transactions % 50 == 0:
                writer.refresh()


main()
