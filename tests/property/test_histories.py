"""Random histories: whatever arrives, is corrected, goes or is validated, in any order, each step shows what it must.

Many small firms share one inbox and every run of the product; their client files are validated each on its own. After
each run the month is laid beside what `tests.oracle.history` works out from the requirement. To look into a difference,
`Workshop.firms` tell what each did (`done`).
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.oracle.arithmetic import last_day, month_of
from tests.oracle.firms import merge, write_inbox
from tests.oracle.history import DraftLine, History
from tests.oracle.living import LivingFirm
from tests.oracle.model import Configuration
from tests.property.month_run import run_month

MONTHS = ("2025-01", "2025-02", "2025-03")
#: Open to the end: what no other month takes is here.
LAST = "2025-04"
#: Some entries are said to be of before it, a month nobody ever runs.
BEFORE = "2024-12"
FIRMS = range(120)
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


Account = tuple[str, str | None, str]


@dataclass(frozen=True)
class Step:
    """Changes of the input or none, a run, then the percentage of client files validated; None is the whole month."""

    run: str
    changes: bool = True
    validates: int | None = 0


STEPS = (
    Step("2025-01", validates=30),
    # For most, January is open still.
    Step("2025-02", validates=40),
    Step("2025-01", validates=50),
    Step("2025-03", validates=30),
    Step("2025-02", validates=50),
    # From here on each month shows what it comes to.
    Step("2025-01", changes=False),
    Step("2025-03", changes=False, validates=None),
    Step(LAST, changes=False),
)


LINE_COLUMNS = "month, line_key, client_file_id, mission_id, billing_mode, quantity, amount_net"
#: Validated lines, and the drafts of the months given where their client file has them open.
SHOWN_LINES = f"""
    select {LINE_COLUMNS}
    from marts.prebill_line as line
    where month in ({{months}}) and status in ('READY', 'HELD')
        and not exists (
            select 1 from ledger.closed
            where closed.month = line.month
                and (closed.client_file_id is null or closed.client_file_id = line.client_file_id)
        )
    union all
    select {LINE_COLUMNS} from ledger.line
"""
SUMS = f"""
    with counted as (
        select month, line_key, cast(sum(minutes) as bigint) as minutes
        from marts.prebill_item where kind <> 'EXCLUDED' group by month, line_key
    )
    select
        client_file_id, mission_id, billing_mode,
        sum(coalesce(counted.minutes, quantity)) as measured, sum(amount_net) as amount, count(*) as lines
    from ({SHOWN_LINES}) as line
    left join counted using (month, line_key)
    group by all
"""


class Workshop:
    """One workspace, its firms and their histories."""

    def __init__(self, root: Path, numbers: Iterable[int], seed: int):
        self.root = root
        self.random = Random(f"workshop/{seed}")
        self.firms = [LivingFirm(number, MONTHS, BEFORE) for number in numbers]
        self.histories = [History(firm.tables, firm.documents, MONTHS[0]) for firm in self.firms]
        self.said: dict[str, list[str]] = defaultdict(list)
        #: Months whose last run read the input as it stands, and may be validated.
        self.current: set[str] = set()
        self.links: dict[str, str] = {}
        self.frozen: dict[str, dict] = {}
        self.open_lines: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.seen: Counter = Counter()
        #: Client file, mission and mode of each line ever shown.
        self.account_of: dict[str, Account] = {}

    # -- acting --------------------------------------------------------------------------------------------------------

    def play(self, number: int, step: Step) -> None:
        if step.changes:
            for firm in self.firms:
                firm.change(self.open_lines[firm.firm.prefix])
            self.current.clear()
        place = f"step {number}, run {step.run}"
        self.run(step.run, place)
        if step.validates != 0:
            self.validate(step.run, step.validates)
        self.check_across(place)

    def run(self, month: str, place: str) -> None:
        write_inbox(merge([firm.firm for firm in self.firms]), self.root / "inbox")
        outcome = run_month(self.root, month, last_day(month), Configuration())
        self.current.add(month)
        self.check_run(month, place, outcome)

    def validate(self, month: str, share: int | None) -> None:
        files = [file_id for firm in self.firms for file_id in firm.files]
        if share is not None:
            files = [file_id for file_id in files if self.random.random() * 100 < share]
        freeze(self.root, month, None if share is None else files)
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
                piece = line.parts[0].piece
                self.account_of[line.key] = (piece.client_file_id, piece.mission_id, piece.mode)
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
            connection.execute(f"create or replace temp view shown as {SHOWN_LINES.format(months=months)}")
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


@dataclass(frozen=True)
class Sum:
    """What an account comes to: minutes of TIME, else quantities; amounts; of how many lines."""

    measured: Decimal
    amount: Decimal
    lines: int


def sums(root: Path, months: Iterable[str]) -> dict[Account, Sum]:
    """Validated and open lines of all months, by account."""
    wanted = ", ".join(f"'{month}'" for month in months)
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute(SUMS.format(months=wanted)).fetchall()
    return {
        row[:3]: Sum(Decimal(row[3]), row[4] if row[4] is not None else Decimal(0), row[5])
        for row in rows
        # What was taken back whole leaves nothing.
        if row[3] or row[4]
    }


def run_once(root: Path, once: Path) -> dict[Account, Sum]:
    """One single run of all there is: every month before the last is closed and empty."""
    from assets.ledger import append_link

    once.mkdir()
    shutil.copytree(root / "inbox", once / "inbox")
    (once / ".prefact").symlink_to(root / ".prefact")
    with duckdb.connect() as connection:
        for month in MONTHS:
            append_link(
                once / "ledger",
                connection,
                {"kind": "validation", "month": month, "is_whole": True, "recorded_at": "2025-06-01T00:00:00"},
                {"closed": f"select '{month}' as month, null as client_file_id, null as contract_id"},
            )
    run_month(once, LAST, last_day(LAST), Configuration())
    return sums(once, [LAST])


def freeze(root: Path, month: str, client_files: list[str] | None) -> None:
    """Validates the month as it was last run."""
    from assets.ledger import freeze_month, load_ledger

    with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
        freeze_month(
            connection,
            root / "ledger",
            month,
            client_files,
            recorded_at="2025-06-01T00:00:00",
            recorded_by="tester",
        )
        load_ledger(connection, root / "ledger")


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


def incomparable(workshop: Workshop, firm: LivingFirm, history: History) -> set[Account]:
    """Accounts that come to something else by what they went through than by one run of what is there now.

    People's adjustments were of lines as they stood; a cap and minutes rounded by the day leave what was billed as it
    was; cancelling a plan, closing a mission of units and replacing a letter are not for the past; and what is said now
    to be of before the first month, one single run leaves to that month.
    """
    found = {workshop.account_of[key] for key in firm.adjusted if key in workshop.account_of}
    cancelled = {row["mission_id"] for row in firm.rows("billing_plan") if row["status"] != "ACTIVE"}
    versions = Counter(letter["lines"][0]["mission_id"] for letter in firm.documents)
    before = any(month_of(row["work_date"]) == BEFORE for row in firm.rows("time_entry"))
    for mission in firm.rows("mission"):
        mission_id, mode = mission["mission_id"], mission["billing_mode"]
        if (
            (mode == "TIME" and (before or mission.get("budget_policy") or mission.get("rounding_per") == "day"))
            or (mode == "UNIT" and mission["status"] == "CLOSED")
            or (mode == "FLAT" and (mission_id in cancelled or versions[mission_id] > 1))
        ):
            found.add((mission["client_file_id"], mission_id, mode))
    return found


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


def test_the_months_come_to_what_one_single_run_bills(workshop, tmp_path_factory):
    """Quantities and minutes exactly, and amounts exactly wherever no line is cut: each line of hours rounds itself."""
    found = sums(workshop.root, workshop.current)
    wanted = run_once(workshop.root, tmp_path_factory.mktemp("once") / "firm")
    said, compared = [], 0
    for firm, history in zip(workshop.firms, workshop.histories, strict=True):
        left_out = incomparable(workshop, firm, history)
        for account in {key for key in found.keys() | wanted.keys() if key[0] in firm.files} - left_out:
            compared += 1
            nothing = Sum(Decimal(0), Decimal(0), 0)
            one, other = found.get(account, nothing), wanted.get(account, nothing)
            cents = Decimal("0.01") * (one.lines + other.lines) if account[2] == "TIME" and not firm.is_exact else 0
            if one.measured != other.measured or abs(one.amount - other.amount) > cents:
                said.append(f"{account}: {one}, in one run {other}")
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])
    assert compared > len(workshop.firms)


def test_a_letter_comes_to_the_amount_of_its_last_version(workshop):
    """Whatever was billed under earlier ones: the instalments left share what is left of it."""
    found = sums(workshop.root, workshop.current)
    said, compared = [], 0
    for firm, history in zip(workshop.firms, workshop.histories, strict=True):
        adjusted = {workshop.account_of.get(key) for key in firm.adjusted}
        for letter in firm.documents:
            line = letter["lines"][0]
            account = (letter["client_file_id"], line["mission_id"], "FLAT")
            live = history.drafts[LAST].letters[letter["document_id"]] == letter["version"]
            if live and "amount" in line and account not in adjusted:
                compared += letter["version"] > 1
                if account not in found or found[account].amount != Decimal(line["amount"]):
                    said.append(f"{account}: {found.get(account)}, agreed {line['amount']}")
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])
    assert compared > 5


def test_each_row_that_arrived_has_one_fate(workshop):
    with duckdb.connect(str(workshop.root / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.execute("select source_table, source_key, fate from marts.input_fate").fetchall()
        arrived = connection.execute(
            "select (select count(*) from raw.time_entry) + (select count(*) from raw.adhoc_service)"
            " + (select count(*) from raw.payroll_metric)"
        ).fetchone()[0]
    assert len(rows) == len({row[:2] for row in rows}) == arrived
    wanted: dict[tuple[str, str], set[str]] = {}
    for history in workshop.histories:
        for (table, key), fates in history.fates(workshop.current).items():
            # Nobody types here what a feed says as well.
            wanted[table, key.removesuffix("|True") if table == "payroll_metric" else key] = fates
    said = [
        f"{row[:2]}: {row[2]}, expected {wanted.get(row[:2], {'OPEN'})}"
        for row in rows
        if row[2] not in wanted.get(row[:2], {"OPEN"})
    ]
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])
