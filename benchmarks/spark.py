"""The same month in DuckDB and on a Spark cluster of this machine, compared row by row; then with things going wrong.

    python -m benchmarks.spark INBOX --month 2026-03

starts a standalone master and two workers on 127.0.0.1 and runs the month of the inbox, in workspaces of their own

    duckdb      with the engine "duckdb"
    spark       with the engine "spark"
    worker      the same, one worker with its executor killed once models have been written
    driver      the same, prefact itself killed there; then run again

The published relations of all of them must have the same rows, and nothing of the month may be published, nor stand in
the marts, before a run has ended. Needs `requirements-spark.lock` and Java 17 or 21.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import duckdb

from assets.publication import RELATIONS

HOST = "127.0.0.1"
#: Tables written when something is killed: the run is then well under way, and far from over.
KILL_AFTER = 15
START_SECONDS = 120.0
RUN_SECONDS = 7200.0


class Differs(Exception):
    """Something is not as it must be."""


def main() -> None:
    """Run the comparison and print the times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inbox", type=Path)
    parser.add_argument("--month", required=True)
    parser.add_argument("--option", action="append", default=[], metavar="spark.NAME=VALUE")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prefact-spark-") as name, ExitStack() as stack:
        folder = Path(name)
        options = dict(option.split("=", 1) for option in chosen.option)
        reference = workspace(folder / "duckdb", chosen.inbox, None, options)
        told("DuckDB", timed(lambda: finish(start(reference, chosen.month))))

        master = stack.enter_context(standalone_master(folder))
        workers = [stack.enter_context(worker(folder, master, number)) for number in (1, 2)]
        place = workspace(folder / "spark", chosen.inbox, master, options)
        told("Spark", timed(lambda: finish(watched(start(place, chosen.month), place, chosen.month))))
        require_same(reference, place, chosen.month)

        place = workspace(folder / "worker", chosen.inbox, master, options)

        def with_a_worker_killed() -> None:
            run = watched(start(place, chosen.month), place, chosen.month)
            wait_for_tables(run, place)
            kill_group(workers[0])
            finish(run)

        told("Spark, a worker killed", timed(with_a_worker_killed))
        require_same(reference, place, chosen.month)
        stack.enter_context(worker(folder, master, 3))

        place = workspace(folder / "driver", chosen.inbox, master, options)
        run = watched(start(place, chosen.month), place, chosen.month)
        wait_for_tables(run, place)
        kill_group(run)
        run.wait()
        require_nothing_visible(place, chosen.month)
        orphans = set(run_folders(place))
        told("Spark, run again after prefact was killed", timed(lambda: finish(start(place, chosen.month))))
        require_same(reference, place, chosen.month)
        if orphans & set(run_folders(place)):
            raise Differs(f"{orphans}: left by the run that was killed")


def workspace(folder: Path, inbox: Path, master: str | None, options: dict[str, str]) -> Path:
    """Make a workspace with the files of an inbox and an engine.

    Args:
        folder: to make.
        inbox: what was delivered.
        master: of the cluster; None for DuckDB.
        options: of Spark.
    """
    folder.mkdir()
    shutil.copytree(inbox, folder / "inbox")
    if master is not None:
        lines = ['engine = "spark"', "[spark]", f'master = "{master}"', "[spark.options]"]
        chosen = {"spark.driver.host": HOST, "spark.executor.memory": "1g", **options}
        lines += [f'"{name}" = "{value}"' for name, value in chosen.items()]
        (folder / "prefact.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def start(place: Path, month: str) -> subprocess.Popen[bytes]:
    """Start the month of a workspace, in a process group of its own."""
    command = [sys.executable, "-m", "orchestration.cli", "run", month, "-w", str(place)]
    with (place / "output.txt").open("wb") as output:
        return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)


def finish(run: subprocess.Popen[bytes]) -> None:
    """Wait for a run and require that it went well."""
    if run.wait(RUN_SECONDS) != 0:
        raise Differs(f"{' '.join(map(str, run.args))}: exit status {run.returncode}")


def watched(run: subprocess.Popen[bytes], place: Path, month: str) -> subprocess.Popen[bytes]:
    """Look once the run writes tables that nothing of its month is to be seen."""
    wait_for_tables(run, place)
    if (place / "published" / month).exists():
        raise Differs(f"{month} is published while it is computed")
    return run


def wait_for_tables(run: subprocess.Popen[bytes], place: Path) -> None:
    """Wait until Spark has written some tables of a run."""
    until = time.monotonic() + RUN_SECONDS
    while sum(1 for folder in run_folders(place) for _ in folder.glob("intermediate/*/_SUCCESS")) < KILL_AFTER:
        if run.poll() is not None or time.monotonic() > until:
            raise Differs(f"the run ended before it wrote tables:\n{(place / 'output.txt').read_text()}")
        time.sleep(0.1)


def run_folders(place: Path) -> list[Path]:
    """The folders of runs below the shared one."""
    return sorted((place / ".prefact" / "spark").glob("*/run-*"))


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and those it started, without notice."""
    os.killpg(process.pid, signal.SIGKILL)


def require_nothing_visible(place: Path, month: str) -> None:
    """Require that neither readers nor the marts have anything of a month."""
    if (place / "published" / month).exists():
        raise Differs(f"{month} is published although its run was killed")
    with duckdb.connect(str(place / "warehouse.duckdb"), read_only=True) as connection:
        marts = connection.execute("select table_name from duckdb_tables() where schema_name = 'marts'").fetchall()
        for (name,) in marts:
            if connection.execute(f"select count(*) from marts.{name}").fetchone() != (0,):
                raise Differs(f"marts.{name} has rows although the run was killed")


def require_same(reference: Path, place: Path, month: str) -> None:
    """Require that two workspaces published the same rows of a month, relation by relation."""
    rows = {}
    for name in RELATIONS:
        one, other = (f"read_parquet('{root / 'published' / month / name}.parquet')" for root in (reference, place))
        rows[name], differences = duckdb.sql(
            f"select (select count(*) from {one}), "
            f"(select count(*) from (select * from {one} except all select * from {other})) "
            f"+ (select count(*) from (select * from {other} except all select * from {one}))"
        ).fetchone()
        if differences:
            raise Differs(f"{name}: {differences} rows differ between {reference.name} and {place.name}")
    counted = ", ".join(f"{name} {rows[name]}" for name in ("prebill_line", "prebill_evidence", "anomaly"))
    print(f"    {place.name}: the same rows as {reference.name} in {len(rows)} relations ({counted})", flush=True)


@contextmanager
def standalone_master(folder: Path) -> Iterator[str]:
    """Run a standalone master and give its address."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
    arguments = ["org.apache.spark.deploy.master.Master", "--host", HOST, "--port", str(port), "--webui-port", "0"]
    with daemon(folder / "master.log", arguments):
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                time.sleep(0.2)
        yield f"spark://{HOST}:{port}"


@contextmanager
def worker(folder: Path, master: str, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker of one core and a gigabyte."""
    arguments = ["org.apache.spark.deploy.worker.Worker", "--host", HOST, "--cores", "1", "--memory", "1g"]
    arguments += ["--webui-port", "0", "--work-dir", str(folder / f"work-{number}"), master]
    with daemon(folder / f"worker-{number}.log", arguments) as process:
        yield process


@contextmanager
def daemon(log: Path, arguments: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a class of Spark until the block ends."""
    import pyspark

    command = [str(Path(pyspark.__file__).parent / "bin" / "spark-class"), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_group(process)
        process.wait()


def timed(work: Callable[[], None]) -> float:
    """The wall seconds of some work."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def told(what: str, seconds: float) -> None:
    """Print a time."""
    print(f"{what:<44}{seconds:>8.1f} s", flush=True)


if __name__ == "__main__":
    try:
        main()
    except Differs as error:
        sys.exit(str(error))
