"""Random parks of service contracts over months: the product and the simulator tell the same of every run.

Many lives share one inbox and every run. To look into a difference, `Life(number, …)` gives the life again, whose
number the keys carry, and `python -m tests.property.test_contracts_random FIRST LAST STEPS` plays some of them longer.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from tests.oracle.arithmetic import last_day, month_plus
from tests.oracle.contracts.model import Draft, Simulator
from tests.oracle.contracts.parks import Life, Tables
from tests.oracle.model import Configuration
from tests.property.month_run import Outcome, run_month

FIRST_MONTH = "2024-02"
FRAME: Tables = {
    "service": [{"service_code": "COPY", "label": "Copies", "unit": "copy", "vat_code": "N"}],
    "vat_rate": [{"vat_code": "N", "valid_from": "2000-01-01", "rate": "20"}],
}
LINE_FACTS = (
    "contract_id",
    "rule_id",
    "billing_mode",
    "period_start",
    "period_end",
    "due_date",
    "origin_month",
    "quantity",
    "unit_price",
    "amount_net",
    "status",
    "held_by",
)
SHOWN = 40


@dataclass(frozen=True)
class Step:
    """A run of a month and what follows it.

    Attributes:
        share: of the contracts that are validated; None for the month as a whole.
        reacts: people waive and override what the run shows, and it is run again.
    """

    month: str
    control_date: date
    share: int | None = None
    reacts: bool = True


#: A month on time, one validated for some contracts, several that nobody ran, then one run in its middle.
STEPS = (
    Step("2024-02", date(2024, 2, 29), reacts=False),
    Step("2024-03", date(2024, 3, 31), share=60),
    Step("2024-11", date(2024, 11, 17), reacts=False),
)


def steps_of(count: int, seed: int = 0) -> Iterator[Step]:
    """Months on time, months nobody runs, months validated for some contracts first, control dates of every kind."""
    random = Random(f"steps/{seed}")
    month = FIRST_MONTH
    for number in range(count):
        day = last_day(month)
        choice = random.random() if number else 1
        if choice < 0.1:
            day = day.replace(day=1)
        elif choice < 0.2:
            day = day.replace(day=17)
        yield Step(month, day, random.choice((None, None, None, None, 60)) if number else None)
        month = month_plus(month, 2 if random.random() < 0.1 else 1)


class Firm:
    """The lives of a park in one workspace, and in the simulator."""

    def __init__(self, root: Path, numbers: Iterable[int], months: int) -> None:
        self.root = root
        self.lives = [Life(number, FIRST_MONTH, months, faulty=number % 2 == 1) for number in numbers]
        self.simulator = Simulator({})
        self.random = Random("firm")
        self.files = 0
        self.said: list[str] = []
        self.moment = 0
        self.seen: dict[str, int] = defaultdict(int)
        self.deliver([FRAME])

    def deliver(self, deliveries: Iterable[Tables]) -> bool:
        together: Tables = defaultdict(list)
        for tables in deliveries:
            for table, rows in tables.items():
                together[table] += rows
        inbox = self.root / "inbox"
        inbox.mkdir(parents=True, exist_ok=True)
        self.files += 1
        for table, rows in together.items():
            columns = list(dict.fromkeys(column for row in rows for column in row))
            with (inbox / f"{table}_{self.files:04d}.csv").open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)
        self.simulator.deliver({table: rows for table, rows in together.items() if table != "vat_rate"})
        return bool(together)

    def play(self, steps: Iterable[Step]) -> list[str]:
        for step in steps:
            self.deliver([life.deliveries(step.control_date) for life in self.lives])
            draft = self.run(step)
            decided = [life.decisions(draft) for life in self.lives]
            now = [one[0] for one in decided]
            if step.reacts and any(rows for tables in now for rows in tables.values()):
                self.deliver(now)
                draft = self.run(step)
            self.validate(step, draft)
            self.deliver([one[1] for one in decided])
        return self.said

    def run(self, step: Step) -> Draft:
        draft = self.simulator.run(step.month, step.control_date)
        outcome = run_month(self.root, step.month, draft.control_date, Configuration())
        place = f"{step.month} at {draft.control_date}"
        self.said += [f"{place}: {one}" for one in differences(draft, outcome)]
        for line in draft.lines:
            self.seen[f"{line.billing_mode} {line.status}"] += 1
        for one in draft.anomalies:
            self.seen[f"{one.code} {one.status}"] += 1
        for row in draft.exclusions:
            self.seen[row.reason_code] += 1
        return draft

    def validate(self, step: Step, draft: Draft) -> None:
        from assets.ledger import freeze_month, load_ledger

        contracts = None
        if step.share is not None:
            contracts = [one for one in sorted(draft.open_contracts) if self.random.random() * 100 < step.share]
        self.simulator.validate(step.month, contracts)
        self.moment += 1
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            freeze_month(
                connection,
                self.root / "ledger",
                step.month,
                None if contracts is None else (),
                contracts or (),
                recorded_at=f"2026-01-01T00:00:00.{self.moment:06d}",
                recorded_by="tester",
            )
            load_ledger(connection, self.root / "ledger")


def differences(draft: Draft, outcome: Outcome) -> list[str]:
    """What the product tells otherwise than the simulator, one sentence each."""
    said: list[str] = []
    wanted = {line.line_key: line for line in draft.lines}
    found = {row["line_key"]: row for row in outcome.relation("lines")}
    said += [f"line {key}: missing, {wanted[key]}" for key in sorted(wanted.keys() - found.keys())]
    for key in sorted(found.keys() - wanted.keys()):
        said.append(f"line {key}: not expected, { {fact: str(found[key][fact]) for fact in LINE_FACTS} }")
    for key in sorted(wanted.keys() & found.keys()):
        for fact in LINE_FACTS:
            expected, got = getattr(wanted[key], fact), found[key][fact]
            if fact == "status" and got == "VALIDATED" and key in {line.line_key for line in draft.lines}:
                expected = got if expected in ("VALIDATED", "READY") else expected
            if expected != got:
                said.append(f"line {key}: {fact} is {got}, expected {expected}")
    said += _sets(
        "exclusion",
        {(row.source_key, row.reason_code): () for row in draft.exclusions},
        {
            (row["source_key"], row["reason_code"]): ()
            for row in outcome.relation("exclusions")
            if row["reason_code"] in ("BELOW_THRESHOLD", "FREE_PERIOD")
        },
    )
    said += _sets(
        "anomaly",
        {
            (row.code, row.subject_id): (
                row.severity,
                row.status,
                row.cause_code,
                *((row.expected, row.actual) if row.code == "AN-16" else ()),
            )
            for row in draft.anomalies
        },
        {
            (row["code"], row["subject_id"]): (
                row["severity"],
                row["status"],
                row["cause_code"],
                *((row["expected"], row["actual"]) if row["code"] == "AN-16" else ()),
            )
            for row in outcome.relation("anomalies")
            if row["code"].startswith("AN-")
        },
    )
    return said


def _sets(what: str, wanted: dict[Any, tuple], found: dict[Any, tuple]) -> list[str]:
    return (
        [f"{what} {key}: missing, {wanted[key]}" for key in sorted(wanted.keys() - found.keys())]
        + [f"{what} {key}: not expected, {found[key]}" for key in sorted(found.keys() - wanted.keys())]
        + [
            f"{what} {key}: is {found[key]}, expected {wanted[key]}"
            for key in sorted(wanted.keys() & found.keys())
            if wanted[key] != found[key]
        ]
    )


@pytest.fixture(scope="module")
def firm(tmp_path_factory) -> Firm:
    found = Firm(tmp_path_factory.mktemp("park"), range(120), months=12)
    found.play(STEPS)
    return found


def test_the_product_and_the_simulator_tell_the_same(firm):
    assert firm.said[:SHOWN] == []


def test_the_lives_come_to_lines_of_every_kind_and_most_anomalies(firm):
    for mode in ("CONTRACT_FLAT", "TRUE_UP", "CONSUMED"):
        assert firm.seen[f"{mode} READY"] and firm.seen[f"{mode} HELD"], mode
    assert firm.seen["BELOW_THRESHOLD"] and firm.seen["FREE_PERIOD"]
    raised = {seen.split()[0] for seen in firm.seen if seen.startswith("AN-")}
    assert len(raised) >= 22, sorted(raised)


def main(arguments: Sequence[str]) -> None:
    """Plays the lives FIRST to LAST over some STEPS and prints what differs."""
    first, last, count = (int(one) for one in arguments)
    with tempfile.TemporaryDirectory() as folder:
        played = Firm(Path(folder), range(first, last), months=count + count // 5 + 2)
        for step in steps_of(count, seed=first):
            before = len(played.said)
            played.play([step])
            for sentence in played.said[before:]:
                print(sentence, flush=True)
            print(f"-- {step.month} {step.control_date} share {step.share}", flush=True)
        print(dict(sorted(played.seen.items())))


if __name__ == "__main__":
    main(sys.argv[1:])
