"""A month whose time comes from two overlapping exports: what is mapped is billed once, the rest is held and told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration import cli
from tests.integration.test_commands import INBOX
from tests.unit.tracker_files import Work, kimai

MONTH = "2026-03"
FIRST, LATER = "timesheets/kimai/1.csv", "timesheets/kimai/2.csv"


def work(user: str, project: str, day: date, minutes: int, **flags: bool) -> Work:
    return Work(user, "Alpha", project, "Réunion", day, minutes * 60, **flags)


WORK = [
    work("Alice", "Conseil", date(2026, 3, 2), 90),
    work("Alice", "Conseil", date(2026, 3, 16), 60),
    work("Alice", "Conseil", date(2026, 3, 16), 60, billable=False),
    work("Alice", "Conseil", date(2026, 3, 30), 30),
    work("Bob", "Autre", date(2026, 3, 30), 45),
]
MAPS = {
    "project_map.csv": "tool;client;project;task;mission_id\nkimai;;Conseil;;MT\n",
    "user_map.csv": "tool;user;collaborator_id\nkimai;alice@cabinet.fr;K1\n",
}


def published(root: Path, columns: str, relation: str, where: str) -> list[tuple]:
    file = root / "published" / MONTH / f"{relation}.parquet"
    return duckdb.sql(f"select {columns} from '{file}' where {where} order by all").fetchall()


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """The firm after its month is run, with an export in French and a later one in English of part of it."""
    root = tmp_path_factory.mktemp("firm")
    # Alice's entry of 2 March was deleted in between; the others come in another order.
    first = work("Alice", "Conseil", date(2026, 3, 1), 5, billable=False)
    exports = {
        FIRST: kimai(WORK, french=True, delimiter=";"),
        LATER: kimai([first, *reversed(WORK[1:4])]),
    }
    for name, text in (INBOX | MAPS | exports).items():
        if name != "time_entry.csv":
            path = root / "inbox" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    assert cli.main(["run", MONTH, "-w", str(root)]) == 0
    return root


def test_what_is_mapped_is_billed_once_with_the_rows_it_comes_from(firm):
    lines = published(
        firm, "mission_id, quantity, amount_net", "prebill_line", "billing_mode = 'TIME' and status = 'READY'"
    )
    assert lines == [("MT", Decimal("1.5000"), Decimal("135.00"))]
    evidence = published(
        firm, "source_file, source_row", "prebill_evidence", "source_table = 'time_entry' and amount is not null"
    )
    assert evidence == [(LATER, 3), (LATER, 5)]


def test_what_is_not_is_held_and_tells_the_row_to_add_naming_nobody(firm):
    name = "kimai: Alpha / Autre / Réunion"
    held = published(
        firm, "mission_id, held_by, amount_net", "prebill_line", "billing_mode = 'TIME' and status = 'HELD'"
    )
    assert held == [(name, "FI-02,FI-20", None)]
    mission, collaborator = published(firm, "code, actual", "anomaly", "subject_type = 'time_entry'")
    assert mission == ("FI-02", f"{name} → project_map: kimai;Alpha;Autre;Réunion;?")
    assert collaborator[0] == "FI-20" and collaborator[1].startswith("kimai:")
    content = b"".join(file.read_bytes() for file in (firm / "published" / MONTH).resolve().glob("*.parquet"))
    assert b"alice" not in content.lower() and b"bob" not in content.lower()


def test_each_row_that_stands_has_one_fate(firm):
    fates = published(firm, "source_file, source_row, fate", "input_fate", "source_table = 'time_entry'")
    assert fates == [
        (FIRST, 6, "OPEN"),
        (LATER, 2, "EXCLUDED"),
        (LATER, 3, "BILLED"),
        (LATER, 4, "EXCLUDED"),
        (LATER, 5, "BILLED"),
    ]
