"""The floor under a month: one hand-written DuckDB statement that reads the same files and writes the same lines.

    python -m benchmarks.floor run WORKSPACE --month 2026-12
    python -m benchmarks.floor compare WORKSPACE --month 2026-12

`run` writes the month's `prebill_line.parquet` of an inbox of `benchmarks/portfolio.py` and tells what it took: no less
is physically needed. `compare` does so for a month that `prefact run` published, and fails unless the lines are the
same: columns, types, order and every value. `floor.sql` says what it leaves out.
"""

from __future__ import annotations

import argparse
import calendar
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

SCRIPT = Path(__file__).with_name("floor.sql")


@dataclass(frozen=True)
class Cost:
    """What the floor took, the start of DuckDB included.

    Attributes:
        lines: written.
        wall: seconds.
        cpu: seconds of all threads.
        peak_mb: the most memory the process held, in MiB, what it held before included.
    """

    lines: int
    wall: float
    cpu: float
    peak_mb: int

    def __str__(self) -> str:
        return f"{self.lines} lines, {self.wall:.2f} s, {self.cpu:.2f} s of CPU, {self.peak_mb} MB"


def run(workspace: Path, control_date: date, target: Path, threads: int = 2) -> Cost:
    """Writes the lines of a month.

    Args:
        workspace: that holds `inbox/`, as `benchmarks/portfolio.py` writes it.
        control_date: in the month, the last day as a rule.
        target: the Parquet file.
        threads: of DuckDB.

    Returns:
        What it took.
    """
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    import duckdb

    with duckdb.connect() as connection:
        connection.execute(f"set threads = {threads}")
        # As literals: the first parameter bound imports what data frames need, 90 MB.
        for name, value in {
            "inbox": _text(workspace / "inbox"),
            "month_start": f"date '{control_date.replace(day=1)}'",
            "control_date": f"date '{control_date}'",
            "target": _text(target),
        }.items():
            connection.execute(f"set variable {name} = {value}")
        connection.execute(SCRIPT.read_text(encoding="utf-8"))
    after = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter() - started
    return Cost(
        lines=duckdb.read_parquet(str(target)).count("*").fetchone()[0],
        wall=wall,
        cpu=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        peak_mb=after.ru_maxrss // 1024,
    )


def differences(expected: Path, found: Path) -> list[str]:
    """Says how two files of lines differ, row by row in the order they are written: nothing when they are the same."""
    import duckdb

    with duckdb.connect() as connection:
        columns, found_columns = (
            [row[:2] for row in connection.execute("describe from read_parquet(?)", [str(file)]).fetchall()]
            for file in (expected, found)
        )
        if columns != found_columns:
            return [f"the columns are {found_columns}, expected {columns}"]
        differing = ", ".join(
            f"case when expected.{name} is distinct from found.{name} then "
            f"format('{name}: {{}}, expected {{}}', {_shown(f'found.{name}')}, {_shown(f'expected.{name}')}) end"
            for name, _ in columns
        )
        rows = connection.execute(
            f"""
            select coalesce(expected.file_row_number, found.file_row_number), concat_ws('; ', {differing}) as difference
            from read_parquet(?, file_row_number = true) as expected
            full join read_parquet(?, file_row_number = true) as found
                on expected.file_row_number = found.file_row_number
            where difference <> '' or expected.file_row_number is null or found.file_row_number is null
            order by all""",
            [str(expected), str(found)],
        ).fetchall()
    return [f"row {number}: {difference}" for number, difference in rows]


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _shown(value: str) -> str:
    return f"coalesce({value}::varchar, 'NULL')"


def compare(workspace: Path, month: str, threads: int = 2) -> tuple[Cost, list[str]]:
    """Runs the floor beside a published month.

    Returns:
        What it took, and how its lines differ from those published.
    """
    from assets.publication import published_state

    published = workspace / "published"
    control_date = published_state(published, month).control_date
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "prebill_line.parquet"
        cost = run(workspace, control_date, target, threads)
        return cost, differences(published / month / "prebill_line.parquet", target)


def main() -> None:
    """Runs the floor, or compares it with what was published."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("run", "compare"))
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--month", default="2026-12")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--target", type=Path, help="of run: where the lines go, else nowhere that stays")
    arguments = parser.parse_args()
    if not (arguments.workspace / "inbox").is_dir():
        parser.error(f"{arguments.workspace} has no inbox: python -m benchmarks.portfolio {arguments.workspace}")
    if arguments.action == "compare":
        if not (arguments.workspace / "published" / arguments.month).is_dir():
            parser.error(f"{arguments.month} is not published: prefact run {arguments.month} -w {arguments.workspace}")
        cost, said = compare(arguments.workspace, arguments.month, arguments.threads)
        print(f"floor: {cost}")
        if said:
            sys.exit("\n".join([*said[:20], f"{len(said)} of {cost.lines} lines differ from those published"]))
        print(f"the {cost.lines} lines published are the same")
        return
    year, number = map(int, arguments.month.split("-"))
    with tempfile.TemporaryDirectory() as folder:
        target = arguments.target or Path(folder) / "prebill_line.parquet"
        control_date = date(year, number, calendar.monthrange(year, number)[1])
        print(f"floor: {run(arguments.workspace, control_date, target, arguments.threads)}")


if __name__ == "__main__":
    main()
