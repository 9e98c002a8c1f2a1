"""What the oracle is given and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from tests.oracle.arithmetic import exact, rounded

#: Values the contract gives to a column that the input leaves empty.
DEFAULTS = {
    "client": {"status": "ACTIVE"},
    "client_file": {"status": "ACTIVE"},
    "fiscal_year": {"status": "OPEN"},
    "mission": {"term": "ARREARS", "budget_policy": "NONE", "renewal": "NONE", "status": "OPEN"},
    "billing_plan": {"status": "ACTIVE"},
    "billing_plan_line": {"is_balance": False},
    "service": {"tier_mode": "GRADUATED", "free_quantity": Decimal(0), "minimum_amount": Decimal(0)},
    "metric_binding": {"lag_months": 0, "auto": True},
    "payroll_metric": {"final": True, "manual": True, "complete": True},
    "time_entry": {"billable": True, "approved": True},
}


@dataclass(frozen=True)
class Configuration:
    """The keys of prefact.toml that move a month of the firm."""

    first_month: str | None = None
    approval_required: bool = True
    rounding_minutes: int = 0
    rounding_mode: str = "up"
    rounding_per: str = "entry"
    units_method: str = "PER_PAYMENT"
    jump_factor: Decimal = Decimal(3)


class Row(dict):
    """A row of the input: an absent column is NULL."""

    def __missing__(self, column):
        return None


class Tables:
    """The input tables, with the contract's defaults filled in.

    Args:
        tables: rows by table name; values are str, Decimal, int, bool, date or None.
        documents: engagement letters as the JSON reference format reads.
    """

    def __init__(self, tables: dict[str, list[dict]], documents: list[dict]):
        self._rows: dict[str, list[Row]] = {}
        for name, rows in tables.items():
            defaults = DEFAULTS.get(name, {})
            filled = []
            for row in rows:
                row = Row(row)
                for column, value in defaults.items():
                    if row[column] is None:
                        row[column] = value
                filled.append(row)
            self._rows[name] = filled
        self.documents = documents
        self.missions = {row["mission_id"]: row for row in self.rows("mission")}
        self.client_files = {row["client_file_id"]: row for row in self.rows("client_file")}
        self.clients = {row["client_id"]: row for row in self.rows("client")}
        self.fiscal_years = {(row["client_file_id"], row["fy_label"]): row for row in self.rows("fiscal_year")}
        self.services = {row["service_code"]: row for row in self.rows("service")}
        self.collaborators = {row["collaborator_id"]: row for row in self.rows("collaborator")}
        self.establishments = {row["siret"]: row for row in self.rows("establishment")}

    def rows(self, name: str) -> list[Row]:
        return self._rows.get(name, [])

    def client_of(self, client_file_id: str | None) -> str | None:
        client_file = self.client_files.get(client_file_id)
        return client_file["client_id"] if client_file else None


@dataclass
class Item:
    """The atom that is billed: an instalment, a tier of a quantity, a time entry, an ad-hoc service."""

    mode: str
    line_key: str
    held_key: str
    client_file_id: str | None
    mission_id: str | None
    fy_label: str | None
    service_code: str | None
    due_date: date
    origin_month: str
    period: tuple[date | None, date | None]
    quantity: Decimal
    unit_price: Decimal | None
    discount_pct: Decimal | None
    amount: Decimal | None
    minutes: int | None = None
    work_date: date | None = None
    is_balance: bool = False
    term: str | None = None
    subjects: list[str] = field(default_factory=list)
    sources: list[tuple[str, str]] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    vat_code: str | None = None
    vat_rate: Decimal | None = None
    held_by: set[str] = field(default_factory=set)
    alone: bool = False


@dataclass(frozen=True)
class Line:
    line_key: str
    billing_mode: str
    client_id: str | None
    client_file_id: str | None
    fy_label: str | None
    mission_id: str | None
    service_code: str | None
    period_start: date | None
    period_end: date | None
    due_date: date
    origin_month: str
    quantity: Decimal
    unit_price: Decimal | None
    discount_pct: Decimal | None
    amount_net: Decimal | None
    vat_code: str | None
    vat_rate: Decimal | None
    status: str
    held_by: str | None


@dataclass(frozen=True)
class Exclusion:
    source_table: str
    source_key: str
    reason_code: str


@dataclass(frozen=True)
class Fate:
    source_table: str
    source_key: str
    fate: str
    month: str | None
    reason_code: str | None


@dataclass(frozen=True)
class Group:
    client_id: str
    client_file_id: str
    lines: int
    amount_net: Decimal
    amount_vat: Decimal
    amount_gross: Decimal
    amount_held: Decimal


@dataclass(frozen=True)
class VatGroup:
    client_id: str
    client_file_id: str
    vat_code: str
    vat_rate: Decimal
    base: Decimal
    vat: Decimal


@dataclass(frozen=True)
class Anomaly:
    code: str
    severity: str
    subject_id: str
    status: str


@dataclass
class Finding:
    """One case of a rule before waivers: what it is about and what it holds.

    `hold` is None, ("mission", id) or ("item", held_key).
    """

    code: str
    severity: str
    subject_id: str
    hold: tuple[str, str] | None = None


@dataclass
class ExpectedMonth:
    lines: list[Line]
    groups: list[Group]
    vat_groups: list[VatGroup]
    exclusions: list[Exclusion]
    fates: list[Fate]
    anomalies: list[Anomaly]
    refused_documents: set[str]
    rejected_rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((line.amount_net for line in self.lines if line.status == "READY"), Decimal("0.00"))


def discounted(quantity: Decimal, unit_price: Decimal, discount_pct: Decimal | None) -> Decimal:
    return rounded(exact(quantity) * exact(unit_price) * (1 - exact(discount_pct or 0) / 100))


def overlaps(row: Row, start: date, end: date, begin: str = "valid_from", finish: str = "valid_to") -> bool:
    """Whether the row's validity, open where it is empty, touches start..end."""
    return (row[begin] is None or row[begin] <= end) and (row[finish] is None or row[finish] >= start)


def in_force(row: Row, day: date) -> bool:
    return overlaps(row, day, day)
