"""What a month costs: `python -m benchmarks.month S M L` runs portfolios of these sizes and writes RESULTS.md.

Of each size: the floor (`floor.sql`), the first run in a new workspace, which reads a year of files, and a second one,
for which nothing changed. Every command is a process of its own. Lines that differ from the floor's end the benchmark.
With `--year`, twelve months of one more portfolio are delivered, run and validated one after the other.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.curves import curves
from benchmarks.portfolio import SIZES, Portfolio, write

MONTH = "2026-12"
FIRST_OF_YEAR = "2026-01"
RESULTS = Path(__file__).with_name("RESULTS.md")
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "performance.svg"
TINY = Path(__file__).resolve().parents[1] / "tests" / "fixtures" / "golden_month" / "inbox"
TINY_MONTH = "2025-03"
TRIES = 5


@dataclass(frozen=True)
class Stage:
    """A stage of a run, or all of it.

    Attributes:
        name: of the stage, with its part if it has several.
        wall: seconds.
        cpu: seconds of all threads of the process.
        peak_mb: the most memory the process held during it, MiB.
    """

    name: str
    wall: float
    cpu: float
    peak_mb: int


def run_here(workspace: Path, month: str) -> list[Stage]:
    """Runs a month in this process and times its stages.

    Args:
        workspace: of the portfolio.
        month: `YYYY-MM`.
    """
    started, started_cpu = time.perf_counter(), time.process_time()
    from orchestration.month import run_months
    from orchestration.settings import load_workspace

    stages: list[Stage] = []
    begun: list[float] = []
    highest = 0

    def show(stage: str, detail: str, seconds: float | None) -> None:
        nonlocal highest
        if seconds is None:
            highest = max(highest, _peak_mb())
            # Linux forgets the peak so far.
            Path("/proc/self/clear_refs").write_text("5")
            begun.append(time.process_time())
        else:
            name = f"{stage}: {detail}" if detail else stage
            stages.append(Stage(name, seconds, time.process_time() - begun.pop(), _peak_mb()))

    run_months(load_workspace(workspace), [month], None, show, lambda outcome: None)
    highest = max(highest, _peak_mb(), *(stage.peak_mb for stage in stages))
    whole = Stage("all", time.perf_counter() - started, time.process_time() - started_cpu, highest)
    rest = Stage("Dagster", whole.wall - sum(s.wall for s in stages), whole.cpu - sum(s.cpu for s in stages), 0)
    return [*stages, rest, whole]


def _peak_mb() -> int:
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) >> 10


def run_apart(workspace: Path, month: str) -> list[Stage]:
    """Runs a month in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.month", "--one", str(workspace), month]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [Stage(**stage) for stage in json.loads(done.stdout.splitlines()[-1])]


def measure(size: str, folder: Path) -> dict[str, Any]:
    """Measures one size; the lines must be the floor's.

    Args:
        size: one of `SIZES`.
        folder: to work in.
    """
    from benchmarks.floor import compare

    workspace = _workspace(folder / size)
    write(Portfolio(SIZES[size], MONTH), workspace)
    rows = sum(_rows(file) for file in (workspace / "inbox").rglob("*.csv"))
    mega = sum(file.stat().st_size for file in (workspace / "inbox").rglob("*.csv")) / 1e6
    print(f"{size}: {rows:,} rows, {mega:.0f} MB", flush=True)
    first = run_apart(workspace, MONTH)
    print(_line("first run", first[-1]), flush=True)
    again = run_apart(workspace, MONTH)
    print(_line("again", again[-1]), flush=True)
    floor, different = compare(workspace, MONTH)
    if different:
        sys.exit("\n".join([f"{size}: the lines are not the floor's", *different[:20]]))
    print(f"floor: {floor}", flush=True)
    shutil.rmtree(workspace)
    return {"size": size, "rows": rows, "mega": mega, "first": first, "again": again, "floor": floor}


def measure_year(size: str, folder: Path) -> list[tuple[str, Stage, Stage]]:
    """Delivers, runs and validates the months of a year; gives (month, run, validation)."""
    workspace = _workspace(folder / f"{size} year")
    write(Portfolio(SIZES[size], FIRST_OF_YEAR, history=1, ahead=11), workspace)
    later = folder / f"{size} later"
    shutil.move(workspace / "inbox" / "events", later)
    events = workspace / "inbox" / "events"
    events.mkdir()
    year = []
    for number in range(1, 13):
        month = f"2026-{number:02}"
        for file in [*later.glob(f"*_{month}.csv"), *(later.glob("*_0000-00.csv") if number == 1 else ())]:
            shutil.move(file, events)
        run = run_apart(workspace, month)[-1]
        started, before = time.perf_counter(), os.times()
        _prefact(workspace, "validate", month)
        after = os.times()
        spent = after.children_user + after.children_system - before.children_user - before.children_system
        year.append((month, run, Stage("validate", time.perf_counter() - started, spent, 0)))
        print(_line(month, run), _line("validate", year[-1][2]), flush=True)
    shutil.rmtree(workspace)
    return year


def measure_start(folder: Path) -> dict[str, tuple[float, float]]:
    """Gives the median wall and processor seconds of commands on the tiny month."""
    workspace = _workspace(folder / "tiny")
    shutil.copytree(TINY, workspace / "inbox", dirs_exist_ok=True)
    _prefact(workspace, "run", TINY_MONTH)
    found = {}
    for words in (("--help",), ("status",), ("run", TINY_MONTH)):
        walls, cpus = [], []
        for _ in range(TRIES):
            started, before = time.perf_counter(), os.times()
            _prefact(workspace, *words)
            after = os.times()
            walls.append(time.perf_counter() - started)
            cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
        found[" ".join(words)] = statistics.median(walls), statistics.median(cpus)
        print(f"prefact {' '.join(words)}: {found[' '.join(words)][0]:.2f} s", flush=True)
    return found


def _workspace(folder: Path) -> Path:
    from orchestration.settings import create_workspace

    folder.mkdir(parents=True)
    create_workspace(folder, "en")
    return folder


def _prefact(workspace: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *words],
        check=True,
        cwd=workspace,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _rows(file: Path) -> int:
    with file.open("rb") as content:
        return sum(block.count(b"\n") for block in iter(lambda: content.read(1 << 20), b"")) - 1


def _line(name: str, stage: Stage) -> str:
    return f"  {name}: {stage.wall:.1f} s, {stage.cpu:.1f} s of CPU, {stage.peak_mb} MiB"


# --- the report ----------------------------------------------------------------------------------------------------


def report(
    sizes: list[dict[str, Any]],
    start: dict[str, tuple[float, float]],
    year: list[tuple[str, Stage, Stage]],
    year_size: str,
) -> str:
    """Says all of it in Markdown, each figure also as a ratio."""
    memory = int(re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())[1]) >> 20
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    text = [
        "# What a month costs",
        "",
        "Written by `make bench`; what it means is in [docs/performance.md](../docs/performance.md).",
        "",
        f"{_processor()}, {os.cpu_count()} processors, {memory} GiB; {platform.system()}, Python "
        f"{platform.python_version()}; load averages at the end: {load}. Where other work shares the machine, "
        "seconds of processor and ratios say more than the clock.",
        "",
        "## Sizes",
        "",
        "| Size | Client files | Rows read | MB | Lines | Floor, s | of CPU | First run, s | of CPU | × floor (CPU) "
        "| Peak, MiB | Again, s | of CPU |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in sizes:
        floor, first, again = one["floor"], one["first"][-1], one["again"][-1]
        text.append(
            f"| {one['size']} | {SIZES[one['size']]:,} | {one['rows']:,} | {one['mega']:.0f} | {floor.lines:,} "
            f"| {floor.wall:.1f} | {floor.cpu:.1f} | {first.wall:.1f} | {first.cpu:.1f} "
            f"| {first.wall / floor.wall:.1f} ({first.cpu / floor.cpu:.1f}) | {first.peak_mb} "
            f"| {again.wall:.1f} | {again.cpu:.1f} |"
        )
    if len(sizes) > 1:
        text += ["", "Each size against the one before it:", ""]
        for before, one in pairwise(sizes):
            rows = one["rows"] / before["rows"]
            wall = one["first"][-1].wall / before["first"][-1].wall
            cpu = one["first"][-1].cpu / before["first"][-1].cpu
            text.append(
                f"- {one['size']} / {before['size']}: {rows:.1f} × the rows, {wall:.1f} × the time, {cpu:.1f} × CPU"
            )
    for one in sizes:
        text += [
            "",
            f"## {one['size']}, stage by stage",
            "",
            "| Stage | First run, s | of CPU | share | Peak, MiB | Rows/s | Again, s | of CPU |",
            "|---|--:|--:|--:|--:|--:|--:|--:|",
        ]
        whole = one["first"][-1]
        for stage, second in zip(one["first"], one["again"], strict=True):
            text.append(
                f"| {stage.name} | {stage.wall:.1f} | {stage.cpu:.1f} | {stage.wall / whole.wall:.0%} "
                f"| {stage.peak_mb or ''} | {one['rows'] / stage.wall:,.0f} | {second.wall:.1f} | {second.cpu:.1f} |"
            )
    text += ["", "## Start-up", "", "| Command, on the tiny month | s | of CPU |", "|---|--:|--:|"]
    text += [f"| `prefact {name}` | {wall:.2f} | {cpu:.2f} |" for name, (wall, cpu) in start.items()]
    if year:
        text += [
            "",
            f"## A year of {year_size}",
            "",
            "Each month's files arrive, it is run and validated. × first: CPU against the first month's.",
            "",
            "| Month | Run, s | of CPU | × first | Validation, s | of CPU |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for month, run, validation in year:
            text.append(
                f"| {month} | {run.wall:.1f} | {run.cpu:.1f} | {run.cpu / year[0][1].cpu:.2f} "
                f"| {validation.wall:.1f} | {validation.cpu:.1f} |"
            )
    return "\n".join(text) + "\n"


def picture(sizes: list[dict[str, Any]]) -> str:
    """Draws processor seconds by rows read."""
    return curves(
        {
            "first run": [(one["rows"], one["first"][-1].cpu) for one in sizes],
            "nothing new": [(one["rows"], one["again"][-1].cpu) for one in sizes],
            "floor": [(one["rows"], one["floor"].cpu) for one in sizes],
        },
        "rows read",
        "seconds of processor",
    )


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def main() -> None:
    """Measures and writes RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", metavar="SIZE", help=f"of {', '.join(SIZES)}; S, M and L unless given")
    parser.add_argument("--year", choices=list(SIZES), help="also run and validate twelve months of this size")
    parser.add_argument("--one", nargs=2, metavar=("WORKSPACE", "MONTH"), help="run one month and print its stages")
    chosen = parser.parse_args()
    if chosen.one:
        stages = run_here(Path(chosen.one[0]), chosen.one[1])
        print(json.dumps([vars(stage) for stage in stages]))
        return
    if unknown := [size for size in chosen.sizes if size not in SIZES]:
        parser.error(f"no such size: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="prefact-bench-") as name:
        folder = Path(name)
        start = measure_start(folder)
        sizes = [measure(size, folder) for size in chosen.sizes or ("S", "M", "L")]
        year = measure_year(chosen.year, folder) if chosen.year else []
    RESULTS.write_text(report(sizes, start, year, chosen.year or ""), encoding="utf-8")
    PICTURE.write_text(picture(sizes), encoding="utf-8")
    print(f"written: {RESULTS}, {PICTURE}")


if __name__ == "__main__":
    main()
