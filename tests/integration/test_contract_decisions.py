"""What people decide about contracts: corrections proposed, looked at, applied; parts validated; waivers of one run."""

from __future__ import annotations

import csv
import shutil

import duckdb
import pytest

from orchestration.cli import main
from tests.contracts.park import seed_story, write
from tests.faults.watching import kept

MONTH = "2006-11"
DAY = ("--control-date", "2006-11-01")


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """The month in which the day of the true-up can still be set right."""
    root = write(tmp_path_factory.mktemp("decisions") / "firm", seed_story())
    assert main(["run", MONTH, "-w", str(root), *DAY]) == 0
    return root


@pytest.fixture(scope="module")
def proposed(firm):
    assert main(["anomalies", MONTH, "--propose", "-w", str(firm)]) == 0
    return firm / "reports" / MONTH / f"correction_proposed_{MONTH}.csv"


def amounts(root) -> dict[str, str]:
    file = root / "published" / MONTH / "prebill_line.parquet"
    rows = duckdb.sql(f"select line_key, quantity::varchar || ' ' || status from '{file}'").fetchall()
    return dict(rows)


def test_what_would_mend_an_anomaly_is_written_as_corrections_to_review(proposed):
    with proposed.open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["table"], row["key"], row["column"], row["new_value"], row["effective_from"]) for row in rows] == [
        ("billing_rule", "R1", "next_true_up_date", "2006-11-01", "2006-11-01"),
        ("billing_rule", "R1", "true_up_day", "1", "2006-11-01"),
    ]
    assert all(row["reason"].startswith("AN-15 ") and row["author"] for row in rows)
    assert len({row["correction_id"] for row in rows}) == 2


def test_a_month_is_shown_as_it_would_be_and_nothing_changes(firm, proposed, capsys):
    before = kept(firm)
    inbox = sorted(path.name for path in (firm / "inbox").rglob("*"))
    assert main(["run", MONTH, "-w", str(firm), *DAY, "--what-if", str(proposed)]) == 0
    out = capsys.readouterr().out
    # On time, the true-up settles the four flat fees billed: 13 000 copies of 12 000.
    assert "TRUEUP|R1|2006-11-01" in out
    assert "10,00" in out
    assert "AN-15 R1" in out
    assert kept(firm) == before
    assert sorted(path.name for path in (firm / "inbox").rglob("*")) == inbox
    assert not (firm / ".prefact" / "what-if").exists()


def test_moved_into_the_inbox_it_gives_what_was_shown_and_says_so(firm, proposed, tmp_path, capsys):
    root = shutil.copytree(firm, tmp_path / "firm", symlinks=True)
    shutil.copy(proposed, root / "inbox")
    assert main(["run", MONTH, "-w", str(root), *DAY]) == 0
    assert amounts(root) == {"FEE|R1|2006-11-01": "1.0000 READY", "TRUEUP|R1|2006-11-01": "1000.0000 READY"}
    capsys.readouterr()
    assert main(["explain", "TRUEUP|R1|2006-11-01", "-w", str(root)]) == 0
    out = capsys.readouterr().out
    assert "billing_rule R1, true_up_day : 2 → 1 (AN-15 " in out
    assert "2006-11-02 → 2006-11-01" in out


def test_a_file_that_is_not_there_and_a_month_never_run_are_told(firm, capsys):
    assert main(["run", MONTH, "-w", str(firm), "--what-if", "nowhere.csv"]) == 1
    assert "nowhere.csv" in capsys.readouterr().err
    assert main(["run", "2006-10", "-w", str(firm), "--what-if", str(firm / "inbox" / "client.csv")]) == 1
    assert "prefact run 2006-10" in capsys.readouterr().err


def test_a_contract_is_validated_by_itself_and_moves_on_and_nothing_proposed_is_applied(
    firm, proposed, tmp_path, capsys
):
    root = shutil.copytree(firm, tmp_path / "firm", symlinks=True)
    assert main(["validate", MONTH, "-w", str(root), "--contract", "K9"]) == 1
    assert "K9" in capsys.readouterr().err
    assert main(["validate", MONTH, "-w", str(root), "--contract", "K1"]) == 0
    assert amounts(root) == {"FEE|R1|2006-11-01": "1.0000 VALIDATED"}
    assert main(["run", "2006-12", "-w", str(root)]) == 0
    assert (root / proposed.relative_to(firm)).exists()
    # The next fee is that of February; the true-up that was not reached on the 1st, as proposed, is late in December.
    file = root / "published" / "2006-12" / "prebill_line.parquet"
    assert duckdb.sql(f"select line_key, status, held_by from '{file}'").fetchall() == [
        ("TRUEUP|R1|2006-11-02", "HELD", "AN-15")
    ]
    assert main(["validate", MONTH, "-w", str(root), "--contract", "K1"]) == 0
    assert "TRUEUP" not in str(amounts(root))


def test_who_waived_the_check_of_a_run_is_kept_with_the_line_for_good(firm, tmp_path, capsys):
    root = shutil.copytree(firm, tmp_path / "firm", symlinks=True)
    (root / "inbox" / "run_override.csv").write_text(
        "contract_id,control_date,option,reason,author\nK1,2006-12-31,NO_ACCUMULATION_CHECK,recalage,anne\n"
    )
    assert main(["run", "2006-12", "-w", str(root)]) == 0
    assert main(["validate", "2006-12", "-w", str(root)]) == 0
    (root / "inbox" / "run_override.csv").write_text("contract_id,control_date,option,reason,author\n")
    capsys.readouterr()
    assert main(["run", "2006-12", "-w", str(root)]) == 0
    assert main(["explain", "TRUEUP|R1|2006-11-02", "-w", str(root)]) == 0
    out = capsys.readouterr().out
    assert "sans contrôle des cumuls" in out and "recalage" in out and "anne" in out
