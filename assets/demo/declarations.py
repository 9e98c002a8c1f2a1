"""The payroll declarations of the demonstration: what some establishments count, declared person by person.

Their rows of `payroll_metric` are not delivered: they follow from these files. One declaration was wrong and replaced,
one came in two fractions, one send was a test.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from assets.demo.dates import parse_month
from assets.demo.dsn import Employee, declaration, envelope, staff, written
from assets.demo.firm import COLUMNS


def is_declared(row: tuple, declaring: Iterable[str]) -> bool:
    """Whether a row of `payroll_metric` comes with the declarations: a count of such an establishment, not typed."""
    cells = dict(zip(COLUMNS["payroll_metric"], row, strict=True))
    return cells["siret"] in declaring and not cells["manual"]


def write_declarations(folder: Path, seed: int, rows: Iterable[tuple]) -> None:
    """Writes a send for each month, with what went wrong in the last but one.

    Args:
        folder: `inbox/payroll`.
        seed: of the invented persons.
        rows: of `payroll_metric`; complete.
    """
    counts: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        cells = dict(zip(COLUMNS["payroll_metric"], row, strict=True))
        counts[cells["month"]][cells["siret"]][cells["metric_code"]] = int(Decimal(cells["quantity"]))
    folder.mkdir(parents=True, exist_ok=True)
    months = sorted(counts)
    for text in months:
        month = parse_month(text)
        crews = {siret: _crew(seed, siret, month, found) for siret, found in counts[text].items()}
        first = [declaration(siret, month, crew) for siret, crew in crews.items()]
        if text in months[-2:-1]:
            wrong, *others = crews.items()
            first[0] = declaration(wrong[0], month, wrong[1][:-1])
            again = declaration(wrong[0], month, wrong[1], kind="03", order=2)
            (folder / f"dsn_{text}_annule_et_remplace.dsn").write_bytes(written(envelope([again])))
            if others:
                siret, crew = others[0]
                half = len(crew) // 2
                first[1] = declaration(siret, month, crew[:half], fraction="12")
                rest = envelope([declaration(siret, month, crew[half:], fraction="22")])
                (folder / f"dsn_{text}_fraction_2.edi").write_bytes(written(rest))
            test = envelope([declaration(siret, month, crew) for siret, crew in crews.items()], real=False)
            (folder / f"dsn_{text}_test.txt").write_bytes(written(test))
        (folder / f"dsn_{text}.dsn").write_bytes(written(envelope(first)))


def _crew(seed: int, siret: str, month: date, counts: dict[str, int]) -> list[Employee]:
    """As many employees as were counted, the last of them hired in the month."""
    crew = staff(seed, siret, counts["PAYSLIPS"], date(2020, 1, 1))
    hired = min(counts.get("NEW_HIRES", 0), len(crew))
    settled = crew[: len(crew) - hired]
    return settled + [
        replace(employee, start=month + timedelta(days=number), contract=f"{month:%Y%m}{number:02d}")
        for number, employee in enumerate(crew[len(settled) :])
    ]
