"""Speed and memory of reading payroll declarations: a year of a portfolio, as it may be delivered.

`python -m benchmarks.dsn` writes synthetic declarations into a temporary folder and reads them in three shapes: a file
for each establishment and month, a file a month, all in one file. Each is read by a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from random import Random

from assets.demo import identifiers
from assets.demo.dsn import declaration, envelope, staff, written

SHAPES = ("establishments", "months", "one")


def write_year(folder: Path, seed: int, establishments: int) -> None:
    """Writes `<folder>/<shape>/*.dsn` for every shape, the same declarations in each."""
    rng = Random(seed)
    sirets = [identifiers.siret(identifiers.siren(rng), 1) for _ in range(establishments)]
    crews = [staff(seed, siret, min(1 + int(rng.expovariate(0.4)), 40), date(2025, 1, 1)) for siret in sirets]
    for shape in SHAPES:
        (folder / shape).mkdir()
    with (folder / "one" / "year.dsn").open("wb") as year:
        for number in range(1, 13):
            month = date(2025, number, 1)
            declared = [declaration(siret, month, crew) for siret, crew in zip(sirets, crews, strict=True)]
            for siret, lines in zip(sirets, declared, strict=True):
                name = f"{siret}-{month:%Y-%m}.dsn"
                (folder / "establishments" / name).write_bytes(written(envelope([lines])))
            content = written(envelope(declared))
            (folder / "months" / f"{month:%Y-%m}.dsn").write_bytes(content)
            year.write(content)


def read_shape(folder: Path) -> None:
    """Reads the files of a folder, prints what it took and checks that nothing was refused."""
    from assets.payroll.reading import Counts, read_payroll

    paths = sorted(folder.iterdir())
    size = sum(path.stat().st_size for path in paths)
    before = _peak()
    start, start_cpu = time.perf_counter(), time.process_time()
    results = read_payroll(paths)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    assert all(isinstance(result, Counts) and not result.rejects.height for result in results)
    declarations = sum(result.rows.height for result in results) // 6
    payslips = sum(int(result.rows["quantity"].gather_every(6).sum()) for result in results)
    print(
        f"{folder.name:>15}: {len(paths):6} files, {size / 1e6:6.1f} MB, {declarations} declarations, "
        f"{payslips} payslips: {seconds:5.2f} s ({cpu:.2f} s of processors), {size / 1e6 / seconds:5.1f} MB/s, "
        f"peak {_peak()} MiB (imports alone: {before} MiB)"
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main() -> None:
    """Generates and reads; with `--read` only reads one folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--establishments", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--read", type=Path, help="read the files of this folder instead of generated ones")
    arguments = parser.parse_args()
    if arguments.read:
        read_shape(arguments.read)
        return
    with tempfile.TemporaryDirectory() as name:
        write_year(Path(name), arguments.seed, arguments.establishments)
        for shape in SHAPES:
            subprocess.run([sys.executable, "-m", "benchmarks.dsn", "--read", f"{name}/{shape}"], check=True)


if __name__ == "__main__":
    main()
