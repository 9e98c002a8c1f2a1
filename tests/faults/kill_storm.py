"""A storm of `kill -9` on whole commands: `python -m tests.faults.kill_storm --kills 300 --seed 1`.

The golden month is run, validated and exported. Each of the three commands is killed before every durable step it
takes, and at random moments. Kills come in series: a command is killed, given again where the kill left the workspace,
killed again, and at last left alone. Then all must be as if nothing had happened: the same bytes in `published/`,
`ledger/`, `exports/` and `reports/`, nothing left over, no trace on the screen, and a reader who looked all the time
has seen whole months only. Exit status 1 when something was wrong, or a step was never come to.

Two commands at a time take about two hours on two cores; `TMPDIR` says where.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock

from tests.faults.actions import MONTH, prefact
from tests.faults.crashing import KILLED, Ended, Nth, perform, plain, started
from tests.faults.watching import Reader, kept, leftovers

INBOX = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month" / "inbox"
COMMANDS = ("run", "validate", "export")
#: How many kills come before a command is left alone: at steps, and at moments.
STEPS_IN_SERIES = 36
MOMENTS_IN_SERIES = (1, 2, 4, 8, 16)
AT_A_TIME = 2
PAUSE_SECONDS = 0.05
#: What a command writes, to see whether one that was killed had begun to.
WRITTEN = ("archive", "exports", "ledger", "published", "reports", "warehouse.duckdb", "warehouse.duckdb.wal")


@dataclass
class Figures:
    """What was counted of one command.

    Attributes:
        at_steps: kills before one of its steps.
        at_moments: kills at random moments.
        begun: kills after which files were not what they had been.
        finished: times it was left alone at last.
        looks: months a reader opened meanwhile.
        wrong: what was not as if nothing had happened.
    """

    at_steps: int = 0
    at_moments: int = 0
    begun: int = 0
    finished: int = 0
    looks: int = 0
    wrong: list[str] = field(default_factory=list)


class Trial:
    """A command that is killed again and again.

    Attributes:
        command: of prefact.
        steps: the durable steps it takes when nothing happens.
        seconds: how long it then takes.
        figures: what was counted.
    """

    def __init__(self, command: str, before: Path, whole: Path) -> None:
        """Let the command do its work once, undisturbed.

        Args:
            command: of prefact.
            before: a workspace ready for it.
            whole: where to make the one in which it was done.
        """
        self.command = command
        self.figures = Figures()
        self._before = before
        self._lock = Lock()
        shutil.copytree(before, whole, symlinks=True)
        begin = time.monotonic()
        ended = perform(prefact, whole, command, MONTH)
        self.seconds = time.monotonic() - begin
        assert ended.status == 0, ended.err
        self._wanted = promised(whole)
        self.steps = nth_of_name(ended.steps)

    def kill_at_steps(self, targets: Sequence[Nth]) -> None:
        """Kill the command before each of some steps.

        Args:
            targets: in the order in which it takes them.
        """
        rest = list(targets)
        while rest:
            with self._workspace() as root:
                killed: list[Nth] = []
                ended = None
                while rest and (ended := self._perform(root, before=rest[0])).status == KILLED:
                    killed.append(rest.pop(0))
                    ended = None
                if ended and not killed:
                    self._say_wrong(f"never came to {rest.pop(0)}")
                # A step that was taken for good before an earlier kill does not come again: it has its turn anew.
                self._check(root, ended or self._perform(root), f"killed before {killed}")
            with self._lock:
                self.figures.at_steps += len(killed)

    def kill_at_moments(self, count: int, draw: random.Random) -> None:
        """Kill the command at random moments.

        Args:
            count: how many times.
            draw: gives the moments.
        """
        killed: list[str] = []
        while len(killed) < count:
            with self._workspace() as root:
                ended = None
                while len(killed) < count and ended is None:
                    moment = draw.uniform(0, self.seconds)
                    ended = self._kill_after(root, moment)
                    if ended is None:
                        killed.append(f"{moment:.2f} s")
                self._check(root, ended or self._perform(root), f"killed after {', '.join(killed)}")
        with self._lock:
            self.figures.at_moments += len(killed)

    def _perform(self, root: Path, before: Nth | None = None) -> Ended:
        found = written(root)
        ended = perform(prefact, root, self.command, MONTH, before=before)
        self._count(ended, found != written(root))
        return ended

    def _kill_after(self, root: Path, moment: float) -> Ended | None:
        """Give the command and kill it; its end, if it came first."""
        found = written(root)
        with started(prefact, root, self.command, MONTH) as child:
            child.process.join(moment)
            child.kill()
            ended = child.ended()
        self._count(ended, found != written(root))
        return None if ended.status == KILLED else ended

    def _count(self, ended: Ended, has_begun: bool) -> None:
        if ended.status == KILLED:
            with self._lock:
                self.figures.begun += has_begun

    @contextmanager
    def _workspace(self) -> Iterator[Path]:
        """A workspace in which the command is to be given, and a reader who looks at it all the time."""
        with tempfile.TemporaryDirectory(prefix=f"storm-{self.command}-") as folder:
            root = shutil.copytree(self._before, Path(folder, "firm"), symlinks=True)
            with Reader(root, pause_seconds=PAUSE_SECONDS) as reader:
                yield root
                reader.look()
            for wrong in reader.wrong[:1]:
                self._say_wrong(f"a reader saw {wrong}")
            with self._lock:
                self.figures.looks += reader.looks

    def _check(self, root: Path, ended: Ended, what: str) -> None:
        """Compare a workspace in which the command came to its end with the one that nothing happened to."""
        with self._lock:
            self.figures.finished += 1
        if ended.status != 0 or "Traceback" in ended.err:
            self._say_wrong(f"{what}: ended with {ended.status}: {ended.err[-2000:]}")
        found = promised(root)
        names = sorted(name for name in found.keys() | self._wanted if found.get(name) != self._wanted.get(name))
        if names:
            self._say_wrong(f"{what}: other bytes in {', '.join(names)}")
        if left := leftovers(root):
            self._say_wrong(f"{what}: left over {', '.join(left)}")

    def _say_wrong(self, what: str) -> None:
        with self._lock:
            self.figures.wrong.append(what)
        print(f"WRONG {self.command}: {what}", file=sys.stderr, flush=True)


def promised(root: Path) -> dict[str, str]:
    """SHA-256 of every file that must come out the same, reports included."""
    reports = (path for path in (root / "reports").rglob("*") if path.is_file())
    return kept(root) | {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in reports
    }


def written(root: Path) -> dict[str, tuple[int, ...]]:
    """What changes when a command writes, of each file."""
    found = {}
    for name in WRITTEN:
        for path in (root / name, *(root / name).rglob("*")):
            if path.is_symlink() or path.exists():
                state = path.lstat()
                found[str(path)] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


def nth_of_name(steps: Iterable[str]) -> list[Nth]:
    """Steps by names that stay the same, in the order in which they were taken."""
    of_name: Counter[str] = Counter()
    found = []
    for step in steps:
        of_name[plain(step)] += 1
        found.append((plain(step), of_name[plain(step)]))
    return found


def prepared(folder: Path) -> list[Trial]:
    """Each command with a workspace ready for it: what the one before it made."""
    place = folder / "inbox alone"
    shutil.copytree(INBOX, place / "inbox")
    trials = []
    for command in COMMANDS:
        trials.append(Trial(command, place, folder / f"after {command}"))
        place = folder / f"after {command}"
        print(f"{command}: {len(trials[-1].steps)} steps, {trials[-1].seconds:.1f} s", flush=True)
    return trials


def series(trials: Sequence[Trial], kills: int, seed: int) -> list[Callable[[], None]]:
    """Return what kills the commands, each part in workspaces of its own.

    Args:
        trials: the commands.
        kills: how many at random moments, all commands together.
        seed: of the moments and of the order.
    """
    found: list[Callable[[], None]] = []
    for trial in trials:
        # One series goes from the first steps to the last.
        stride = -(-len(trial.steps) // STEPS_IN_SERIES)
        found += [partial(trial.kill_at_steps, trial.steps[first::stride]) for first in range(stride)]
    draw = random.Random(seed)
    while kills:
        count = min(draw.choice(MOMENTS_IN_SERIES), kills)
        kills -= count
        trial = trials[len(found) % len(trials)]
        found.append(partial(trial.kill_at_moments, count, random.Random(draw.random())))
    draw.shuffle(found)
    return found


def main() -> int:
    """Let the storm loose and tell what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300, help="at random moments, besides one before each step")
    parser.add_argument("--seed", type=int, default=1, help="of the moments")
    chosen = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="storm-") as folder:
        trials = prepared(Path(folder))
        parts = series(trials, chosen.kills, chosen.seed)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            for done, _ in enumerate(pool.map(lambda part: part(), parts), 1):
                figures = [trial.figures for trial in trials]
                kills = sum(each.at_steps + each.at_moments for each in figures)
                print(f"{done} of {len(parts)} series, {kills} kills", file=sys.stderr, flush=True)
    for trial in trials:
        counted = trial.figures
        print(
            f"{trial.command}: {counted.at_steps} kills before {len(trial.steps)} steps, {counted.at_moments} at random"
            f" moments; {counted.begun} left something begun; finished {counted.finished} times,"
            f" {counted.looks} months read meanwhile, {len(counted.wrong)} wrong"
        )
    wrong = sum(len(trial.figures.wrong) for trial in trials)
    print(f"{time.monotonic() - begin:.0f} s, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
