"""torture.py PROGRAM: kills branches, their programs and their hub, again and again.

Each branch has a program that writes as fast as the database lets it and says so after each COMMIT, and
a `tributary sync` or `tributary agent`. Both are killed with SIGKILL at random moments, the hub too.
What was acknowledged must be there ever after:
  - a program that comes back finds all that its predecessor had acknowledged, and half of nothing;
  - a changeset is at the hub, and at the other branches, whole or not at all;
  - files stay whole (PRAGMA integrity_check), and at the end all replicas have the same rows.
Prints its progress and one JSON document; exits 1 if anything is not as it must be.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

SCHEMA = """
CREATE TABLE entry (branch TEXT NOT NULL, number INTEGER NOT NULL, body TEXT,
  PRIMARY KEY (branch, number)) WITHOUT ROWID;
CREATE TABLE tally (branch TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL, body TEXT);
"""
# Transaction n inserts entry n, sets the tally to n, and deletes entry n - 7 if that is one in ten.
DELETED_AFTER, DELETED_EVERY, DELETED_AT = 7, 10, 3


def is_gone(number, last):
    return number % DELETED_EVERY == DELETED_AT and number + DELETED_AFTER <= last


def connect(path, journal=None):
    database = sqlite3.connect(path, timeout=60, isolation_level=None)
    if journal:
        database.execute(f"PRAGMA journal_mode = {journal}")
    return database


def tally(database, branch):
    row = database.execute("SELECT number FROM tally WHERE branch = ?", (branch,)).fetchone()
    return row[0] if row else 0


def write_for_ever(path, branch, journal, seed, pipe):
    """A branch's program: writes, and says which transaction was committed."""
    rng = random.Random(seed)
    database = connect(path, journal)
    database.execute("PRAGMA synchronous = NORMAL")
    number = tally(database, branch)
    os.write(pipe, b"%d\n" % number)
    while True:
        number += 1
        database.execute("BEGIN IMMEDIATE")
        body = f"{branch} {number} " + "客" * rng.randint(0, 60)
        database.execute("INSERT INTO entry VALUES (?, ?, ?)", (branch, number, body))
        database.execute(
            "INSERT INTO tally VALUES (?, ?, ?) ON CONFLICT (branch) DO UPDATE SET"
            " number = excluded.number, body = excluded.body", (branch, number, body))
        gone = number - DELETED_AFTER
        if gone > 0 and is_gone(gone, number):
            database.execute("DELETE FROM entry WHERE branch = ? AND number = ?", (branch, gone))
        database.execute("COMMIT")
        os.write(pipe, b"%d\n" % number)
        time.sleep(rng.random() * 0.004)


class Trouble(Exception):
    pass


def check_rows(path, branches, exactly=None, whole=False):
    """Each branch's rows are those after its last transaction that is here, and no others."""
    # Not read-only: what a killed writer left half done is rolled back by whoever opens it next.
    database = connect(path)
    if whole:
        found = database.execute("PRAGMA integrity_check").fetchall()
        if found != [("ok",)]:
            raise Trouble(f"{path}: {found[:3]}")
    database.execute("BEGIN")
    lasts = {}
    for branch in branches:
        last = lasts[branch] = tally(database, branch)
        if exactly is not None and last != exactly[branch]:
            raise Trouble(f"{path} has {last} transactions of {branch}, not {exactly[branch]}")
        count, least, most = database.execute(
            "SELECT count(*), min(number), max(number) FROM entry WHERE branch = ?", (branch,)
        ).fetchone()
        gone = sum(1 for n in range(DELETED_AT, last - DELETED_AFTER + 1, DELETED_EVERY))
        if count != last - gone or (count and most != last):
            raise Trouble(f"{path}: of {last} transactions of {branch}, {count} rows up to {most}")
        if whole:
            numbers = {n for (n,) in database.execute(
                "SELECT number FROM entry WHERE branch = ?", (branch,))}
            if numbers != {n for n in range(1, last + 1) if not is_gone(n, last)}:
                raise Trouble(f"{path}: other rows of {branch} than were written")
    database.execute("COMMIT")
    database.close()
    return lasts


class Branch:
    def __init__(self, arguments, folder, name, journal, shared):
        self.arguments, self.name, self.journal, self.shared = arguments, name, journal, shared
        self.path = os.path.join(folder, f"{name}.db")
        self.log = os.path.join(folder, f"{name}.log")
        self.rng = random.Random(f"{arguments.seed} {name}")
        self.acknowledged = 0
        self.sync_seconds = 0.1

    def start_writer(self):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            try:
                write_for_ever(self.path, self.name, self.journal, self.rng.random(), writing)
            except BaseException as error:
                os.write(writing, f"! {error!r}\n".encode())
            os._exit(3)
        os.close(writing)
        return pid, reading

    def take_acknowledgements(self, reading):
        """After the writer's end: what it said. The first line is what it found."""
        text = b""
        while piece := os.read(reading, 1 << 16):
            text += piece
        os.close(reading)
        lines = text.split(b"\n")[:-1]
        for index, line in enumerate(lines):
            if line.startswith(b"!"):
                raise Trouble(f"{self.name}'s program ended: {line.decode()}")
            number = int(line)
            if index == 0 and not self.acknowledged <= number <= self.acknowledged + 1:
                raise Trouble(f"{self.name} found {number}, acknowledged were {self.acknowledged}")
            self.acknowledged = number
        return len(lines)

    def tool(self, *words):
        with open(self.log, "ab") as log:
            return subprocess.Popen(
                [self.arguments.program, *words, self.path], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def cycle(self):
        writer, reading = self.start_writer()
        is_agent = self.rng.random() < 0.2
        began = time.monotonic()
        tool = self.tool("agent" if is_agent else "sync")
        limit = self.rng.random() * self.sync_seconds * (2 if is_agent else 1.3)
        try:
            status = tool.wait(limit)
            if status == 0:
                self.sync_seconds += 0.2 * (time.monotonic() - began - self.sync_seconds)
            elif status not in (3, 5):
                raise Trouble(f"sync of {self.name} ended with {status}; see {self.log}")
        except subprocess.TimeoutExpired:
            tool.kill()
            tool.wait()
            with self.shared.branch_kills.get_lock():
                self.shared.branch_kills.value += 1
        os.kill(writer, signal.SIGKILL)
        os.waitpid(writer, 0)
        with self.shared.program_kills.get_lock():
            self.shared.program_kills.value += 1
        self.take_acknowledgements(reading)

    def run(self):
        try:
            cycles = 0
            while not self.shared.stop.is_set():
                self.cycle()
                cycles += 1
                if cycles % 100 == 0:
                    os.truncate(self.log, 0)
                    check_rows(self.path, self.shared.names, whole=cycles % 1_000 == 0)
            self.shared.acknowledged[self.shared.names.index(self.name)] = self.acknowledged
        except BaseException as error:
            self.shared.failures.put(f"{self.name}: {error!r}")
            self.shared.stop.set()


class Hub:
    def __init__(self, arguments, folder, shared):
        self.arguments, self.shared = arguments, shared
        self.path = os.path.join(folder, "hub")
        self.log = os.path.join(folder, "hub.log")
        self.rng = random.Random(f"{arguments.seed} hub")
        self.listen = "127.0.0.1:0"
        self.process = None

    def start(self, patience=30.0):
        """Returns whether it was ready in time."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.arguments.program, "hub", "serve", self.path, "--listen", self.listen],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        os.set_blocking(self.process.stdout.fileno(), False)
        deadline, text = time.monotonic() + patience, b""
        while not text.endswith(b"\n"):
            if self.process.poll() is not None:
                raise Trouble(f"the hub ended with {self.process.returncode}; see {self.log}")
            if time.monotonic() > deadline:
                return False
            text += self.process.stdout.read() or b""
            time.sleep(0.002)
        self.listen = text.decode().split("https://")[1].strip()
        return True

    def set_back(self):
        """Restores the hub from its last backup while it serves, or makes a new backup."""
        backup = self.path + ".backup"
        if os.path.exists(backup) and self.rng.random() < 0.5:
            run(self.arguments, "hub", "restore", backup, self.path)
            with self.shared.restores.get_lock():
                self.shared.restores.value += 1
        else:
            run(self.arguments, "hub", "backup", self.path, backup)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        with self.shared.hub_kills.get_lock():
            self.shared.hub_kills.value += 1

    def run(self):
        """Is killed once for so many kills of branches, now and then while it starts."""
        try:
            self.start()
            ratio = self.arguments.branch_kills / max(1, self.arguments.hub_kills)
            while not self.shared.stop.is_set():
                due = (self.shared.hub_kills.value + 1) * ratio
                if self.shared.branch_kills.value < due:
                    time.sleep(0.005)
                    continue
                time.sleep(self.rng.random() * 0.1)
                if self.rng.random() < self.arguments.restores:
                    self.set_back()
                self.kill()
                kills = self.shared.hub_kills.value
                if kills % 20 == 0:
                    check_rows(self.path + "/hub.db", self.shared.names, whole=kills % 200 == 0)
                if kills % 200 == 0:
                    os.truncate(self.log, 0)
                while self.rng.random() < 0.2 and not self.start(self.rng.random() * 0.1):
                    self.kill()
                if self.process.poll() is not None:
                    self.start()
        except BaseException as error:
            self.shared.failures.put(f"the hub: {error!r}")
            self.shared.stop.set()
        finally:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()


class Shared:
    def __init__(self, names):
        self.names = names
        self.branch_kills = multiprocessing.Value("q", 0)
        self.program_kills = multiprocessing.Value("q", 0)
        self.hub_kills = multiprocessing.Value("q", 0)
        self.restores = multiprocessing.Value("q", 0)
        self.acknowledged = multiprocessing.Array("q", len(names))
        self.stop = multiprocessing.Event()
        self.failures = multiprocessing.SimpleQueue()


def run(arguments, *words):
    ended = subprocess.run([arguments.program, *words], capture_output=True, text=True)
    if ended.returncode != 0:
        raise Trouble(f"{' '.join(words)} ended with {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def settle(arguments, shared, hub, paths, failures):
    """All sync to the end; then all have the same, and all that was acknowledged."""
    hub.start()
    try:
        for _ in range(4):
            for path in paths:
                run(arguments, "sync", path)
        exactly = {name: tally(connect(path), name) for name, path in zip(shared.names, paths)}
        for index, (name, last) in enumerate(exactly.items()):
            acknowledged = shared.acknowledged[index]
            if not acknowledged <= last <= acknowledged + 1:
                failures.append(f"{name} has {last} transactions, acknowledged were {acknowledged}")
        digests = []
        for place in [hub.path] + paths:
            file = place + "/hub.db" if place == hub.path else place
            check_rows(file, shared.names, exactly, whole=True)
            digests.append(run(arguments, "digest", place, "--json"))
            run(arguments, "doctor", place)
        if len(set(digests)) != 1:
            failures.append("the digests differ")
        conflicts = json.loads(run(arguments, "conflicts", hub.path, "--json"))["conflicts"]
        if conflicts:
            failures.append(f"{len(conflicts)} conflicts, though nobody writes others' rows")
        return sum(exactly.values())
    finally:
        hub.process.kill()
        hub.process.wait()


def prepare(arguments, folder, shared, names, journals):
    like = os.path.join(folder, "like.db")
    connect(like).executescript(SCHEMA)
    hub = Hub(arguments, folder, shared)
    run(arguments, "hub", "init", hub.path, "--like", like)
    hub.start()
    branches = []
    for name, journal in zip(names, journals):
        branch = Branch(arguments, folder, name, journal, shared)
        token = run(arguments, "hub", "invite", hub.path, "--branch", name).strip()
        run(arguments, "join", branch.path, token)
        branches.append(branch)
    hub.kill()
    shared.hub_kills.value = 0
    return hub, branches


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--branches", type=int, default=3)
    parser.add_argument("--branch-kills", type=int, default=1_000)
    parser.add_argument("--hub-kills", type=int, default=150)
    parser.add_argument(
        "--restores", type=float, default=0.05,
        help="with this share of the hub's kills, it is backed up or restored before")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="at most so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", help="where to work; kept if anything is wrong")
    arguments = parser.parse_args()
    arguments.program = os.path.abspath(arguments.program)
    folder = tempfile.mkdtemp(prefix="tributary-torture-", dir=arguments.folder)
    names = [chr(ord("A") + index) for index in range(arguments.branches)]
    shared = Shared(names)
    hub, branches = prepare(
        arguments, folder, shared, names, [["WAL", "DELETE"][i % 2] for i in range(len(names))])
    began, said = time.monotonic(), 0
    workers = [multiprocessing.Process(target=one.run, daemon=True) for one in branches + [hub]]
    for worker in workers:
        worker.start()
    while not shared.stop.is_set():
        time.sleep(0.1)
        elapsed = time.monotonic() - began
        done = (
            shared.branch_kills.value >= arguments.branch_kills
            and shared.hub_kills.value >= arguments.hub_kills)
        if done or elapsed > arguments.seconds:
            shared.stop.set()
        if elapsed - said >= 10:
            said = elapsed
            print(
                f"{elapsed:.0f} s: {shared.branch_kills.value} kills of branches,"
                f" {shared.hub_kills.value} of the hub", file=sys.stderr, flush=True)
    for worker in workers:
        worker.join(120)
    elapsed = time.monotonic() - began
    failures = []
    while not shared.failures.empty():
        failures.append(shared.failures.get())
    transactions = 0
    if not failures:
        try:
            transactions = settle(
                arguments, shared, hub, [branch.path for branch in branches], failures)
        except Trouble as error:
            failures.append(str(error))
    kills = shared.branch_kills.value + shared.hub_kills.value
    print(json.dumps({
        "seed": arguments.seed, "seconds": round(elapsed, 1),
        "branchKills": shared.branch_kills.value, "hubKills": shared.hub_kills.value,
        "hubRestores": shared.restores.value, "programKills": shared.program_kills.value, "killsPerSecond": round(kills / elapsed, 1),
        "acknowledged": sum(shared.acknowledged), "transactions": transactions,
        "lost": 0 if not failures else None,
        "failures": failures, "folder": folder if failures else None,
    }, indent=2))
    if not failures:
        shutil.rmtree(folder)
    sys.exit(1 if failures else 0)


main()
