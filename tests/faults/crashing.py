"""Processes that are killed where they are told to be: every durable step they take is numbered and may be their last.

A durable step is whatever may outlive a process: a file opened for writing, flushed, renamed, linked or removed, a
statement DuckDB commits or writes a file for. A process killed before such a step leaves what a power cut could leave
as well: a file about to be written is there and empty, the tail of a file about to be flushed is missing, a file DuckDB
was about to write is there and wrong.

Children are forked from a server that has imported the tools and done nothing else, so that each costs what it does
and not the ten seconds of imports; they die by SIGKILL, with no handler, `finally` or buffer of theirs run.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

#: Exit status of a killed process, as `multiprocessing` gives it.
KILLED = -signal.SIGKILL
#: What a process that is held writes among its steps.
HELD = "held"
#: Files a process leaves: what it said, and its steps.
SAID = ("out", "err", "steps")
#: Imported once, by the server. What is missing here costs time, nothing else.
TOOLS = (
    "assets.exports",
    "assets.ingestion",
    "assets.sources.api",
    "assets.sources.pull",
    "dbt.adapters.duckdb",
    "dbt.cli.main",
    "dbt.task.build",
    "expectations.audit",
    "expectations.data_docs",
    "great_expectations",
    "orchestration.cli",
    "orchestration.definitions",
    "orchestration.history",
    "orchestration.month",
    "orchestration.summary",
    "orchestration.validation",
    "polars",
    "sqlalchemy.dialects.sqlite",
    "tenacity",
    "tests.faults.actions",
)
# What nothing reads again, and Dagster's own databases, which have journals.
_LOGS = re.compile(
    r"/\.prefact/(lock$|dbt/(logs|compiled|run|graph_summary|perf_info)|dagster/(storage|history|schedules))"
)
_COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*", re.DOTALL)
_WRITES = ("create", "insert", "update", "delete", "drop", "alter", "copy", "checkpoint", "force", "truncate", "merge")
_TEMPORARY = re.compile(r"create (or replace )?temp(orary)? ", re.IGNORECASE)
# Names that are others each time: folders made for one use, tables of dbt and Great Expectations, signatures of what is
# read, in which the place of the workspace counts.
_CHANGING = re.compile(
    r"(?<=published/\.versions/\d{4}-\d\d)\.(?!link)\w+|(?<=__dbt_tmp)\d+|(?<=gx_temp_)\w+|(?<=, ')[0-9a-f]{16,}"
)
_COPY_TARGET = re.compile(r"\bto\s+'((?:[^']|'')+)'", re.IGNORECASE)


#: A step by its `plain` name, and which of those of that name, from 1.
Nth = tuple[str, int]


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    Attributes:
        status: its exit status, `KILLED` when it died where it was told to.
        out: what it wrote on stdout.
        err: what it wrote on stderr.
        steps: the durable steps it took, in order.
    """

    status: int
    out: str
    err: str
    steps: tuple[str, ...]


class Steps:
    """The durable steps of this process, counted once `watch` was called."""

    def __init__(self, root: Path, log: int, before: int | str | Nth | None, is_held: bool) -> None:
        self.root = f"{root}/"
        self.log = log
        self.before = before
        self.is_held = is_held
        self.count = 0
        self._of_name: Counter[str] = Counter()
        self._lock = threading.Lock()
        # What is done to count a step is no step.
        self._mine = threading.local()

    def take(self, name: str, spoil: Callable[[], object] | None = None) -> None:
        """Count a step about to be taken; the last one is not, and leaves what `spoil` makes of it."""
        if getattr(self._mine, "is_counting", False):
            return
        with self._lock:
            self._mine.is_counting = True
            shown = f"{name} ".replace(self.root, "").replace(f"{self.root[:-1]} ", ". ").rstrip().replace("\n", " ")
            self._of_name[plain(shown)] += 1
            if self._is_last(shown):
                self._end(spoil)
            self.count += 1
            with suppress(OSError):  # A process may be denied room for its files.
                os.write(self.log, f"{shown}\n".encode())
            self._mine.is_counting = False

    def _is_last(self, shown: str) -> bool:
        if isinstance(self.before, str):
            return self.before in shown
        return self.before in (self.count, (plain(shown), self._of_name[plain(shown)]))

    def _end(self, spoil: Callable[[], object] | None) -> None:
        if self.is_held:
            self.before = None
            os.write(self.log, f"{HELD}\n".encode())
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if spoil:
            with suppress(OSError):
                spoil()
        os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Number the steps of this process from here on, for good."""
        sys.addaudithook(self._audit)
        fsync = os.fsync

        def numbered_fsync(file: Any) -> None:
            descriptor = file if isinstance(file, int) else file.fileno()
            path = os.readlink(f"/proc/self/fd/{descriptor}") if os.path.isdir("/proc/self/fd") else ""
            self.take(f"fsync {path}", lambda: os.path.isfile(path) and cut(path))
            fsync(file)

        os.fsync = numbered_fsync
        self._watch_duckdb()

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and self._is_ours(path):
                self.take(f"write {os.fsdecode(path)}", lambda: os.open(path, flags, 0o644))
        elif event in ("os.rename", "os.symlink"):
            if self._is_ours(arguments[1]):
                self.take(f"{event[3:]} {os.fsdecode(arguments[0])} {os.fsdecode(arguments[1])}")
        elif event == "os.mkdir":
            if self._is_ours(arguments[0]) and not os.path.exists(arguments[0]):
                self.take(f"mkdir {os.fsdecode(arguments[0])}")
        elif event in ("os.remove", "os.rmdir") and (
            # A tree is removed by names relative to an open folder.
            arguments[-1] != -1 or (self._is_ours(arguments[0]) and os.path.lexists(arguments[0]))
        ):
            self.take(f"{event[3:]} {os.fsdecode(arguments[0])}")

    def _is_ours(self, path: Any) -> bool:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return False
        path = os.fsdecode(path)
        return path.startswith(self.root) and not _LOGS.search(path)

    def _watch_duckdb(self) -> None:
        import duckdb

        kind = duckdb.DuckDBPyConnection
        connect, close = duckdb.connect, kind.close
        in_memory: set[int] = set()
        # What the open transaction of a connection wrote last.
        written: dict[int, str] = {}

        def numbered_connect(database: Any = ":memory:", *args: Any, **kwargs: Any) -> Any:
            connection = connect(database, *args, **kwargs)
            if str(database) == ":memory:":
                in_memory.add(id(connection))
            return connection

        def forgetting_close(connection: Any) -> None:
            in_memory.discard(id(connection))
            written.pop(id(connection), None)
            close(connection)

        def numbered(really: Callable[..., Any]) -> Callable[..., Any]:
            def call(connection: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
                me = id(connection)
                text = " ".join(_COMMENT.sub("", query).split()) if isinstance(query, str) else ""
                word = text.partition(" ")[0].lower().rstrip(";")
                target = _COPY_TARGET.search(text) if word == "copy" else None
                if word == "begin":
                    written[me] = ""
                elif word == "commit":
                    self.take(f"commit {written.pop(me, '')}")
                elif word == "rollback":
                    written.pop(me, None)
                elif target:
                    self.take(f"copy {target[1]}", lambda: Path(target[1].replace("''", "'")).write_bytes(b"PAR1"))
                elif word in _WRITES and me not in in_memory and not _TEMPORARY.match(text):
                    if me in written:
                        written[me] = text[:80]
                    else:
                        self.take(f"commit {text[:80]}")
                return really(connection, query, *args, **kwargs)

            return call

        duckdb.connect, kind.close = numbered_connect, forgetting_close
        for name in ("execute", "sql", "query"):
            setattr(kind, name, numbered(getattr(kind, name)))


def plain(step: str) -> str:
    """The name of a step, the same in every process that takes it."""
    return _CHANGING.sub("*", step)


def cut(path: str) -> None:
    """Take the tail off a file, as when it was not flushed yet."""
    os.truncate(path, max(os.path.getsize(path) - 7, 0))


class Child:
    """A process that does something to a workspace."""

    def __init__(self, process: BaseProcess, said: Path) -> None:
        self.process = process
        self._said = said

    def wait_until(self, step: str) -> None:
        """Wait until it has taken a step with this in its name, `HELD` when it stands before the one it was told."""
        while step not in self._read("steps"):
            assert self.process.is_alive(), self.ended()
            time.sleep(0.02)

    def release(self) -> None:
        """Let it go on when it is held."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()

    def ended(self) -> Ended:
        """Wait for its end and tell how it came."""
        self.process.join()
        return Ended(
            self.process.exitcode, self._read("out"), self._read("err"), tuple(self._read("steps").splitlines())
        )

    def _read(self, name: str) -> str:
        return (self._said / name).read_text(encoding="utf-8")


@contextmanager
def started(
    action: Callable[..., int],
    root: Path,
    *arguments: Any,
    before: int | str | Nth | None = None,
    is_held: bool = False,
    prepare: Callable[[], object] | None = None,
) -> Iterator[Child]:
    """Begin something in a process of its own, which is no more when the block ends.

    Args:
        action: a function of a module; takes the workspace and the arguments and returns the exit status.
        root: the workspace.
        arguments: of the action.
        before: die before the durable step of this number, before the first one whose name has this in it, or before
            the nth of a name.
        is_held: stop before that step instead, until told to go on.
        prepare: a function of a module, called in the process first: takes something away from it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(TOOLS))
    with tempfile.TemporaryDirectory(prefix="said-") as folder:
        said = Path(folder)
        for name in SAID:
            (said / name).touch()
        process = context.Process(target=_child, args=(action, root, arguments, before, is_held, prepare, said))
        process.start()
        try:
            yield Child(process, said)
        finally:
            process.kill()
            process.join()


def perform(
    action: Callable[..., int],
    root: Path,
    *arguments: Any,
    before: int | str | Nth | None = None,
    prepare: Callable[[], object] | None = None,
) -> Ended:
    """Do something in a process of its own, to its end; the arguments are those of `started`."""
    with started(action, root, *arguments, before=before, prepare=prepare) as child:
        return child.ended()


def _child(
    action: Callable[..., int],
    root: Path,
    arguments: tuple[Any, ...],
    before: int | str | Nth | None,
    is_held: bool,
    prepare: Callable[[], object] | None,
    said: Path,
) -> None:
    out, err, steps = (os.open(said / name, os.O_WRONLY | os.O_APPEND) for name in SAID)
    os.dup2(out, 1)
    os.dup2(err, 2)
    # The semaphores of a killed process are swept, and complained about on its stderr, by a tracker of its own.
    tracker = resource_tracker.ResourceTracker()
    resource_tracker.register, resource_tracker.unregister = tracker.register, tracker.unregister
    if prepare:
        prepare()
    # It lives for seconds: collecting what it leaves takes a tenth of them.
    gc.disable()
    Steps(root, steps, before, is_held).watch()
    status = action(root, *arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
