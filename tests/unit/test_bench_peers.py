"""The portfolio the peers bill, and the comparison that decides whether the benchmark is worth anything."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from benchmarks.peers import __main__ as bench
from benchmarks.peers.portfolio import (
    MONTH,
    differences,
    last_day,
    months_before,
    portfolio,
    read_lines,
    read_portfolio,
    write_portfolio,
    write_rows,
)

CONTRACTS = portfolio(seed=1, size=120)
RIGHT = [(contract.contract_id, Decimal(contract.quantity * contract.unit_cents) / 100) for contract in CONTRACTS]


def test_a_seed_draws_the_same_contracts_again_and_another_seed_others():
    assert portfolio(1, 120) == CONTRACTS
    assert portfolio(2, 120) != CONTRACTS


def test_the_portfolio_has_what_the_comparison_needs():
    assert len({contract.contract_id for contract in CONTRACTS}) == len(CONTRACTS)
    assert len({contract.client_id for contract in CONTRACTS}) < len(CONTRACTS), "no client with several contracts"
    assert any(contract.quantity > 1 for contract in CONTRACTS)
    assert any(contract.quantity * contract.unit_cents % 100 for contract in CONTRACTS), "round amounts alone"
    assert all(contract.start < MONTH and contract.start.day == 1 for contract in CONTRACTS)


def test_contracts_and_lines_survive_their_files(tmp_path: Path):
    write_portfolio(tmp_path / "portfolio.csv", CONTRACTS)
    assert read_portfolio(tmp_path / "portfolio.csv") == CONTRACTS
    write_rows(tmp_path / "lines.csv", RIGHT)
    assert read_lines(tmp_path / "lines.csv") == RIGHT


def test_months_are_counted_over_the_turn_of_the_year():
    assert [f"{months_before(MONTH, count)}" for count in (0, 2, 3, 15)] == [
        "2026-03-01", "2026-01-01", "2025-12-01", "2024-12-01",
    ]  # fmt: skip
    assert f"{last_day(months_before(MONTH, 25))}" == "2024-02-29"


def test_lines_in_any_order_are_right():
    assert differences(CONTRACTS, reversed(RIGHT)) == []


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (RIGHT[1:], "K00001: no line"),
        ([*RIGHT, RIGHT[0]], "K00001: 2 lines"),
        ([*RIGHT, ("K99999", Decimal("1.00"))], "K99999: a line of no contract"),
        ([("K00001", RIGHT[0][1] + Decimal("0.01")), *RIGHT[1:]], "K00001: "),
        ([("K00001", RIGHT[0][1] - Decimal("0.001")), *RIGHT[1:]], "K00001: "),
    ],
    ids=["missing", "twice", "surplus", "a cent", "less than a cent"],
)
def test_a_line_that_is_wrong_is_found(lines: list[tuple[str, Decimal]], words: str):
    (found,) = differences(CONTRACTS, lines)
    assert found.startswith(words)


def test_nothing_billed_is_not_taken_for_right():
    assert len(differences(CONTRACTS, [])) == len(CONTRACTS)


@pytest.mark.parametrize("cents", [0, 1])
def test_the_benchmark_ends_with_the_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cents: int):
    def step(system: bench.System, name: str, folder: Path, *paths: Path) -> str:
        if name == "lines":
            surplus = Decimal(cents) / 100 if system.name == "Tryton" else 0
            billed = read_portfolio(folder.parents[1] / "portfolio.csv")
            write_rows(paths[0], [(each.contract_id, each.amount + surplus) for each in billed])
        return "0.5 0.25"

    monkeypatch.setattr(bench.System, "step", step)
    monkeypatch.setattr(bench.System, "version", lambda system: system.name)
    monkeypatch.setattr(bench, "SIZES", (4,))
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "RESULTS.md")
    with pytest.raises(SystemExit) as end:
        bench.main()
    assert end.value.code == cents
    written = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert f"**{'12 differences' if cents else 'no difference'}**" in written
    assert "| 4 | Silver | 0.50 / 0.50 | 8 | 0.25 | 16 | 1.00 |" in written
