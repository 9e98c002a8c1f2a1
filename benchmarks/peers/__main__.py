"""Takes the turns, compares every line with the portfolio, prints the table and writes `RESULTS.md`."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks.peers.portfolio import Contract, differences, portfolio, read_lines, write_portfolio

SEED = 6
SIZES = (300, 3_000)
TURNS = 3
ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("RESULTS.md")
TEXT = """\
# Peers

`make bench-peers` has prefact and two free billing programs bill one month of the same flat monthly contracts, drawn
with the seed {seed}. Every line of every turn has been compared with the portfolio to the cent: **{verdict}**.

{table}

{versions}.
Turns of each: {turns}, one after the other, on {cores} cores. The load average was {before:.1f} before and {after:.1f}
after: above {cores}, seconds of the clock are those of a busy machine, and seconds of processor (of all threads) are
what to compare. *× prefact* does: 2 means half of prefact's, 0.5 twice. Lines per second are of the quickest turn.
*Billing* leaves out the start of the program, the *process* has it.

**It is not the same work.** Silver and Tryton make accounting documents: a draft invoice for each contract, with its
due date, currency, taxes where there are any, and the log or the consumption it settles; it is later numbered, posted
as moves or printed as PDF, none of which is timed. prefact stops at the lines of pre-billing. But it checks its input,
judges every rule of its register, keeps the evidence of each line and writes its reports, which the others do not do.

What is timed: Silver's `DocumentsGenerator.generate`, in one transaction (committing after each statement, as its
command does, took nine times as long for 300 contracts); Tryton's `generate_consumption` and `generate_invoice`, what
its two wizards do, in one transaction; a whole run of the month by prefact. Databases are SQLite and DuckDB files,
filled before. Both peers run unmodified.
"""


@dataclass(frozen=True, slots=True)
class System:
    """A system that bills.

    Attributes:
        name: for people; in small letters, of its module.
        python: of its environment.
        package: that says its version.
    """

    name: str
    python: str
    package: str

    def step(self, *arguments: object) -> str:
        """Runs a step in a process of its own; returns what it printed."""
        command = [
            self.python,
            "-W",
            "ignore",
            "-m",
            f"benchmarks.peers.{self.name.lower()}_bench",
            *map(str, arguments),
        ]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.exit(f"{self.name}: the step {arguments[0]} failed, see above")
        return done.stdout

    def version(self) -> str:
        """Returns its name and version."""
        code = f"from importlib.metadata import version; print(version({self.package!r}))"
        return f"{self.name} {subprocess.check_output([self.python, '-c', code], text=True).strip()}"


SYSTEMS = (
    System("prefact", sys.executable, "prefact"),
    System("Silver", str(ROOT / ".bench/silver/bin/python"), "django-silver"),
    System("Tryton", str(ROOT / ".bench/tryton/bin/python"), "trytond_sale_subscription"),
)


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds of billing once, of the clock and of the processors: for billing alone and for the whole process."""

    billing: float
    billing_cpu: float
    process: float
    process_cpu: float


def take_turn(system: System, folder: Path, contracts: Sequence[Contract]) -> tuple[Turn, list[str]]:
    """Bills the month from the prepared state; returns the seconds and what is wrong with the lines."""
    shutil.rmtree(folder / "work")
    shutil.copytree(folder / "prepared", folder / "work", symlinks=True)
    start, cpu_start = time.perf_counter(), children_seconds()
    printed = system.step("bill", folder / "work")
    turn = Turn(*map(float, printed.split()), time.perf_counter() - start, children_seconds() - cpu_start)
    system.step("lines", folder / "work", folder / "lines.csv")
    return turn, [f"{system.name}: {each}" for each in differences(contracts, read_lines(folder / "lines.csv"))]


def children_seconds() -> float:
    """Returns the processor seconds of the processes that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def prepare(folder: Path, size: int) -> list[Contract]:
    """Fills the databases of all systems with a portfolio; returns it."""
    contracts = portfolio(SEED, size)
    folder.mkdir()
    write_portfolio(folder / "portfolio.csv", contracts)
    for system in SYSTEMS:
        (folder / system.name / "work").mkdir(parents=True)
        system.step("prepare", folder / system.name / "work", folder / "portfolio.csv")
        shutil.copytree(folder / system.name / "work", folder / system.name / "prepared", symlinks=True)
    return contracts


def table(measured: Mapping[int, Mapping[str, Sequence[Turn]]]) -> str:
    """Returns the table of all sizes and systems, in Markdown."""
    rows = [
        "| Contracts | System | Billing, s: min / median | Lines per s | of processor, s | Lines per s of it "
        "| × prefact | Process, s: min / median | Lines per s | of processor, s |",
        "| --: | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for size, by_system in measured.items():
        least = {name: least_of(turns) for name, turns in by_system.items()}
        for name, turns in by_system.items():
            best = least[name]
            rows.append(
                f"| {size} | {name} | {best.billing:.2f} / {median(turn.billing for turn in turns):.2f} "
                f"| {size / best.billing:.0f} | {best.billing_cpu:.2f} | {size / best.billing_cpu:.0f} "
                f"| {least['prefact'].billing_cpu / best.billing_cpu:.2f} "
                f"| {best.process:.2f} / {median(turn.process for turn in turns):.2f} "
                f"| {size / best.process:.0f} | {best.process_cpu:.2f} |"
            )
    return "\n".join(rows)


def least_of(turns: Sequence[Turn]) -> Turn:
    """Returns the least seconds of each kind."""
    return Turn(*(min(getattr(turn, kind) for turn in turns) for kind in Turn.__slots__))


def main() -> None:
    """Measures all sizes; exits with 1 when a line differs."""
    before = os.getloadavg()[0]
    measured: dict[int, dict[str, list[Turn]]] = {size: {system.name: [] for system in SYSTEMS} for size in SIZES}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        contracts = {size: prepare(Path(name, str(size)), size) for size in SIZES}
        for _, size, system in product(range(TURNS), SIZES, SYSTEMS):
            turn, found = take_turn(system, Path(name, str(size), system.name), contracts[size])
            print(f"{size} contracts, {system.name}: {turn}, {len(found)} differences")
            measured[size][system.name].append(turn)
            wrong += [f"{size} contracts, {each}" for each in found]
    text = TEXT.format(
        seed=SEED,
        verdict=f"{len(wrong)} differences" if wrong else "no difference",
        table=table(measured),
        versions=", ".join(system.version() for system in SYSTEMS),
        turns=TURNS,
        cores=os.cpu_count(),
        before=before,
        after=os.getloadavg()[0],
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)
    print(*wrong, sep="\n", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
