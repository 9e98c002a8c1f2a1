"""Random histories: whatever arrives, is corrected, goes or is validated, in any order, each step shows what it must.

Many small firms share one inbox and every run of the product; their client files are validated each on its own. After
each run the month is laid beside what `tests.oracle.history` works out from the requirement. To look into a difference,
`LivingFirm(number, MONTHS).done` after as many changes tells what the firm did.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.oracle.arithmetic import last_day
from tests.oracle.firms import merge, write_inbox
from tests.oracle.history import DraftLine, History
from tests.oracle.living import LivingFirm
from tests.oracle.model import Configuration
from tests.property.month_run import run_month

MONTHS = ("2025-01", "2025-02", "2025-03", "2025-04")
#: Open to the end: what no other month takes is here.
LAST = "2025-05"
FIRMS = range(60)
SHOWN = 30
LINE_FACTS = (
    "client_file_id",
    "mission_id",
    "service_code",
    "origin_month",
    "quantity",
    "unit_price",
    "discount_pct",
    "amount_net",
    "status",
    "held_by",
    "adjusts_line_key",
)


@dataclass(frozen=True)
class Step:
    """Changes of the input or none, a run, and the share of client files then validated in which months."""

    run: str
    changes: bool = True
    validate: dict[str, int] = field(default_factory=dict)


STEPS = (
    Step("2025-01"),
    Step("2025-02", validate={"2025-02": 25}),
    Step("2025-01", validate={"2025-01": 40}),
    Step("2025-02", changes=False, validate={"2025-01": 30, "2025-02": 40}),
    Step("2025-03", validate={"2025-03": 50}),
    Step("2025-02", validate={"2025-02": 50}),
    Step("2025-01", validate={"2025-01": 80}),
    Step("2025-04", validate={"2025-04": 30}),
    Step("2025-01"),
    Step("2025-02", changes=False),
    Step("2025-03", changes=False),
    Step("2025-04", changes=False),
    Step(LAST, changes=False),
)


class Workshop:
    """One workspace, its firms and their histories."""

    def __init__(self, root: Path, numbers: Iterable[int], seed: int):
        self.root = root
        self.random = Random(f"workshop/{seed}")
        self.firms = [LivingFirm(number, MONTHS) for number in numbers]
        self.histories = [History(firm.tables, firm.documents, MONTHS[0]) for firm in self.firms]
        self.said: dict[str, list[str]] = defaultdict(list)
        #: Months whose last run read the input as it stands, and may be validated.
        self.current: set[str] = set()
        self.links: dict[str, str] = {}
        self.frozen: dict[str, dict] = {}
        self.open_lines: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.seen: Counter = Counter()

    # -- acting --------------------------------------------------------------------------------------------------------

    def play(self, number: int, step: Step) -> None:
        if step.changes:
            for firm in self.firms:
                firm.change(self.open_lines[firm.firm.prefix])
            self.current.clear()
        place = f"step {number}, run {step.run}"
        self.run(step.run, place)
        for month, share in step.validate.items():
            self.validate(month, share)
        self.check_across(place)

    def run(self, month: str, place: str) -> None:
        write_inbox(merge([firm.firm for firm in self.firms]), self.root / "inbox")
        outcome = run_month(self.root, month, last_day(month), Configuration())
        self.current.add(month)
        self.check_run(month, place, outcome)

    def validate(self, month: str, share: int) -> None:
        if month not in self.current:
            return
        from assets.ledger import freeze_month, load_ledger

        files = [file_id for firm in self.firms for file_id in firm.files if self.random.random() * 100 < share]
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            freeze_month(
                connection,
                self.root / "ledger",
                month,
                files,
                recorded_at="2025-06-01T00:00:00",
                recorded_by="tester",
            )
            load_ledger(connection, self.root / "ledger")
        for firm, history in zip(self.firms, self.histories, strict=True):
            history.validate(month, [file_id for file_id in files if file_id in firm.files])

    # -- looking -------------------------------------------------------------------------------------------------------

    def tell(self, what: str, place: str, message: str) -> None:
        self.said[what].append(f"{place}: {message}")

    def check_run(self, month: str, place: str, outcome) -> None:
        rows = {row["line_key"]: row for row in outcome.relation("lines")}
        items = outcome.query(
            "select identity, kind, line_key, adjusts_line_key from marts.prebill_item inner join marts.prebill_line"
            f" using (month, line_key) where month = '{month}'"
        )
        keys = {
            (item["identity"], item["kind"], item["adjusts_line_key"]): item["line_key"]
            for item in items
            if item["kind"] != "ORIGINAL"
        }
        wanted: dict[str, dict] = {}
        for firm, history in zip(self.firms, self.histories, strict=True):
            draft = history.run(month)
            draft.lines = [named(line, keys) for line in draft.lines]
            self.open_lines[firm.firm.prefix] = [
                (line.parts[0].piece.mode if line.parts[0].kind == "ORIGINAL" else "DELTA", line.key)
                for line in draft.lines
                if line.excluded_as is None
            ]
            for line in history.lines[month]:
                wanted[line.key] = facts(line, frozen=True)
            for line in draft.lines:
                if line.excluded_as is None:
                    wanted[line.key] = facts(line, frozen=False)
                    self.seen[line.parts[0].piece.mode, line.parts[0].kind, line.status] += 1
        for key in sorted(wanted.keys() - rows.keys()):
            self.tell("lines", place, f"{key} missing: {wanted[key]}")
        for key in sorted(rows.keys() - wanted.keys()):
            self.tell("lines", place, f"{key} not expected: { {fact: rows[key][fact] for fact in LINE_FACTS} }")
        for key in sorted(wanted.keys() & rows.keys()):
            for fact in LINE_FACTS:
                if wanted[key][fact] != rows[key][fact]:
                    self.tell("lines", place, f"{key}: {fact} is {rows[key][fact]}, expected {wanted[key][fact]}")
        self.check_exclusions(month, place, outcome)
        self.check_changed(month, place, outcome)
        for row in rows.values():
            if row["status"] in ("VALIDATED", "EXPORTED"):
                known = self.frozen.setdefault(row["line_key"], row)
                if known != row:
                    self.tell("frozen", place, f"{row['line_key']} was {known}, is {row}")

    def check_exclusions(self, month: str, place: str, outcome) -> None:
        found = set()
        for row in outcome.relation("exclusions"):
            if row["reason_code"] in ("EXCLUDED_BY_PERSON", "POSTPONED"):
                found.add(("adjustment", row["detail"], row["reason_code"]))
            else:
                found.add((row["source_table"], row["source_key"], row["reason_code"]))
        wanted = set()
        for history in self.histories:
            wanted |= history.settled[month].union(*history.drafts[month].exclusions.values())
        for each in sorted(wanted - found):
            self.tell("exclusions", place, f"{each} missing")
        for each in sorted(found - wanted):
            self.tell("exclusions", place, f"{each} not expected")

    def check_changed(self, month: str, place: str, outcome) -> None:
        found = {row["subject_id"] for row in outcome.relation("anomalies") if row["code"] == "FI-18"}
        open_files = {
            file_id
            for firm, history in zip(self.firms, self.histories, strict=True)
            for file_id in firm.files
            if (file_id, month) not in history.closed
        }
        for history in self.histories:
            draft = history.drafts[month]
            own = {
                state.line_key: file_id
                for (_, file_id), states in history.billed.items()
                for state in states
                if file_id in open_files
            }
            for key in sorted(draft.changed & own.keys() - found):
                self.tell("FI-18", place, f"{key} missing")
            for key in sorted((found & own.keys()) - draft.touched):
                self.tell("FI-18", place, f"{key} not expected")

    def check_across(self, place: str) -> None:
        """What holds over all months at once, of the ledger and of the drafts that read the input as it stands."""
        links = {
            str(path.relative_to(self.root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (self.root / "ledger").glob("*/*")
        }
        for name, digest in self.links.items():
            if links.get(name) != digest:
                self.tell("frozen", place, f"{name} changed")
        self.links = links
        months = ", ".join(f"'{month}'" for month in self.current)
        with duckdb.connect(str(self.root / "warehouse.duckdb")) as connection:
            connection.execute(
                f"""
                create or replace temp view shown as
                select line.month, line.line_key from marts.prebill_line as line
                where line.month in ({months}) and line.status in ('READY', 'HELD')
                    and not exists (
                        select 1 from ledger.closed
                        where closed.month = line.month and closed.client_file_id = line.client_file_id
                    )
                union all select month, line_key from ledger.line
                """
            )
            twice = {
                "line_key": "select line_key, string_agg(month) from shown group by 1 having count(*) > 1",
                "anomaly": "select month, code, subject_id from marts.anomaly group by all having count(*) > 1",
                "item": """
                    select identity, client_file_id, string_agg(month)
                    from marts.prebill_item semi join shown using (month, line_key)
                    where kind = 'ORIGINAL' group by 1, 2 having count(*) > 1
                """,
                "fate": "select * from marts.input_fate group by all having count(*) > 1",
            }
            for what, query in twice.items():
                for row in connection.execute(query).fetchall():
                    self.tell("unique", place, f"{what} twice: {row}")


def named(line: DraftLine, keys: dict) -> DraftLine:
    """A delta line under the name the product gives it; which item it adjusts and how is what tells it apart."""
    part = line.parts[0]
    if part.kind == "ORIGINAL":
        return line
    return replace(line, key=keys.get((part.piece.identity, part.kind, part.adjusts), line.key))


def facts(line: DraftLine, frozen: bool) -> dict:
    part = line.parts[0]
    piece = part.piece
    return {
        "client_file_id": piece.client_file_id,
        "mission_id": piece.mission_id,
        "service_code": piece.service_code,
        "origin_month": piece.home,
        "quantity": line.quantity,
        "unit_price": piece.unit_price,
        "discount_pct": line.discount_pct,
        "amount_net": line.amount,
        "status": "VALIDATED" if frozen else line.status,
        "held_by": None if frozen else ",".join(sorted(line.held)) or None,
        "adjusts_line_key": part.adjusts,
    }


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Workshop:
    made = Workshop(tmp_path_factory.mktemp("histories"), FIRMS, 1)
    for number, step in enumerate(STEPS, start=1):
        made.play(number, step)
    return made


@pytest.mark.parametrize("what", ["lines", "exclusions", "frozen", "FI-18", "unique"])
def test_every_step_shows_what_it_must(workshop, what):
    said = workshop.said[what]
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])
