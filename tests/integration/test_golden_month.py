"""The tiny firm of `fixtures/golden_month`, two months through Dagster: what comes out was worked by hand."""

from __future__ import annotations

import hashlib
import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from assets.stages import DBT, INGESTION
from assets.standing import COMPUTED_FROM
from orchestration.month import MonthOutcome
from tests.oracle.reading import read_rows

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month"
MONTHS = ("2025-01", "2025-02")
#: Worked by hand: 331.00 + 3193.26 + 473.37 + 365.82 and 394.00 + 2768.59 + 183.33.
TOTALS = {"2025-01": Decimal("4363.45"), "2025-02": Decimal("3345.92")}
PUBLISHED = {
    "lines": "prebill_line",
    "groups": "prebill_group",
    "vat_groups": "prebill_group_vat",
    "exclusions": "prebill_exclusion",
    "anomalies": "anomaly",
}


def run(workspace: Path, months: tuple[str, ...] = MONTHS) -> list[MonthOutcome]:
    from orchestration.month import run_months
    from orchestration.settings import load_workspace

    outcomes: list[MonthOutcome] = []
    run_months(load_workspace(workspace), months, None, lambda *_: None, outcomes.append)
    return outcomes


def arrivals(outcome: MonthOutcome) -> int:
    return len(outcome.notes[INGESTION].new)


def published(workspace: Path, month: str, relation: str, columns: list[str]) -> list[dict]:
    file = workspace / "published" / month / f"{relation}.parquet"
    names = ", ".join(f'"{column}"' for column in columns)
    rows = duckdb.sql(f"select {names} from read_parquet('{file}')").fetchall()
    return in_order([dict(zip(columns, row, strict=True)) for row in rows])


def in_order(rows: list[dict]) -> list[dict]:
    """Rows by their first columns, which are their keys."""
    return sorted(rows, key=lambda row: [str(value or "") for value in row.values()])


def worked(name: str) -> list[dict]:
    """Rows worked by hand, without the column that says how."""
    rows = read_rows(GOLDEN / "expected" / f"{name}.csv")
    return in_order([{column: value for column, value in row.items() if column != "worked"} for row in rows])


def digests(workspace: Path) -> dict[str, str]:
    """SHA-256 of every published file but `month_state`, which may carry a time of day."""
    return {
        f"{month}/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for month in MONTHS
        for file in sorted((workspace / "published" / month).glob("*.parquet"))
        if file.stem != "month_state"
    }


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("golden")
    shutil.copytree(GOLDEN / "inbox", root / "inbox")
    run(root)
    return root


@pytest.mark.parametrize("month", MONTHS)
@pytest.mark.parametrize("relation", PUBLISHED)
def test_what_is_published_was_worked_by_hand(workspace, month, relation):
    wanted = worked(f"{relation}_{month}")
    found = published(workspace, month, PUBLISHED[relation], list(wanted[0]))
    assert found == wanted


def test_every_event_row_has_one_fate(workspace):
    wanted = worked("fates")
    found = [row for month in MONTHS for row in published(workspace, month, "input_fate", list(wanted[0]))]
    assert in_order(found) == wanted


def test_nothing_of_the_fixture_is_rejected(workspace):
    assert published(workspace, MONTHS[-1], "rejected_row", ["source_file", "row_number", "reason"]) == []


@pytest.mark.parametrize("month", MONTHS)
def test_lines_groups_and_total_are_one_sum(workspace, month):
    lines = published(workspace, month, "prebill_line", ["status", "amount_net"])
    groups = published(workspace, month, "prebill_group", ["lines", "amount_net", "amount_vat", "amount_gross"])
    ready = [line["amount_net"] for line in lines if line["status"] == "READY"]
    assert sum(ready) == sum(group["amount_net"] for group in groups) == TOTALS[month]
    assert len(ready) == sum(group["lines"] for group in groups)
    assert all(group["amount_net"] + group["amount_vat"] == group["amount_gross"] for group in groups)


@pytest.mark.parametrize("month", MONTHS)
def test_evidence_recomputes_every_line(workspace, month):
    lines = published(workspace, month, "prebill_line", ["line_key", "amount_net"])
    evidence = published(workspace, month, "prebill_evidence", ["line_key", "source_table", "source_key", "amount"])
    assert {row["line_key"] for row in evidence} == {line["line_key"] for line in lines}
    for line in lines:
        if line["amount_net"] is not None:
            parts = [row["amount"] for row in evidence if row["line_key"] == line["line_key"]]
            assert sum(parts) == line["amount_net"], line["line_key"]


def test_a_month_run_again_elsewhere_gives_the_same_bytes(workspace, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy, symlinks=True)
    with duckdb.connect(str(copy / "warehouse.duckdb")) as connection:
        connection.execute(f"drop table {COMPUTED_FROM}")
    (outcome,) = run(copy, MONTHS[-1:])
    assert DBT not in outcome.notes, "it was computed"
    assert digests(copy) == digests(workspace)
    assert digests(copy)


def test_a_month_in_which_nothing_changed_is_taken_as_it_was_computed(workspace, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy, symlinks=True)
    shutil.rmtree(copy / "reports")
    (outcome,) = run(copy, MONTHS[-1:])
    assert DBT in outcome.notes
    assert digests(copy) == digests(workspace)
    assert {path.name for path in (copy / "reports" / MONTHS[-1]).iterdir()} == {
        path.name for path in (workspace / "reports" / MONTHS[-1]).iterdir()
    }
    assert arrivals(outcome) == 0
    file = copy / "inbox" / "adhoc_service.csv"
    file.write_text(file.read_text() + "A999,D4,COPIE,2025-02-09,3,\n")
    (outcome,) = run(copy, MONTHS[-1:])
    assert DBT not in outcome.notes, "something changed"
    assert arrivals(outcome) == 1


def test_another_month_is_computed_with_the_same_bytes(workspace, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(workspace, copy, symlinks=True)
    (outcome,) = run(copy, MONTHS[:1])
    assert DBT not in outcome.notes
    assert digests(copy) == digests(workspace)
