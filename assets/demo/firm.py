"""The builder: one method per thing an accounting firm keeps, each appending rows to the input tables.

Rows are held as tuples in the column order below, so that tens of thousands of dossiers fit in memory. Money and other
decimals are text with a point (`"83.33"`), made from integer cents: no float is ever near them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import TYPE_CHECKING

from assets.demo import vocabulary
from assets.demo.dates import ONE_DAY, month_end, month_text, months_between, shift
from assets.demo.identifiers import siren, siret, vat_number

if TYPE_CHECKING:
    from assets.demo.park import Contract

COLUMNS: dict[str, tuple[str, ...]] = {
    table: tuple(columns.split())
    for table, columns in {
        "client": "client_id legal_name siren vat_number einvoice_address address postal_code city country email "
        "payment_terms_days status no_estimate migrated_at last_saved_at",
        "client_file": "client_file_id client_id label status opened_on closed_on manager_id",
        "establishment": "siret client_file_id label active_from active_to",
        "fiscal_year": "client_file_id fy_label start_date end_date status",
        "collaborator": "collaborator_id name grade email entry_date exit_date",
        "selling_rate": "collaborator_id grade client_file_id mission_code valid_from valid_to hourly_price",
        "service": "service_code label unit vat_code revenue_account tier_mode minimum_amount free_quantity",
        "price": "service_code valid_from up_to valid_to unit_price",
        "client_price": "client_file_id service_code valid_from valid_to unit_price discount_pct",
        "vat_rate": "vat_code valid_from valid_to rate category legal_mention",
        "price_index": "index_code month series value published_on",
        "index_link": "index_code from_series to_series coefficient",
        "mission": "mission_id client_file_id mission_code label vintage fy_label billing_mode term service_code "
        "start_date end_date last_time_entry_date budget_minutes budget_amount budget_policy renewal status "
        "approval_required rounding_minutes rounding_mode rounding_per",
        "billing_plan": "plan_id client_file_id fy_label mission_id total_amount status",
        "billing_plan_line": "plan_id line_no due_date period_start period_end amount label is_balance",
        "metric_binding": "mission_id metric_code service_code method sirets lag_months auto",
        "payroll_metric": "siret month metric_code method quantity final manual complete",
        "time_entry": "source source_id collaborator_id mission_id work_date minutes billable approved description",
        "project_map": "tool client project task mission_id",
        "user_map": "tool user collaborator_id",
        "adhoc_service": "adhoc_id client_file_id mission_id service_code service_date quantity unit_price label "
        "author",
        "service_contract": "contract_id client_id start_date end_date status billing_threshold free_months "
        "manually_edited",
        "contract_module": "module_id contract_id label valid_from valid_to renewal renewed_by_module_id",
        "rule_template": "template_id type period_months true_up_months term reading_mode valid_from valid_to",
        "billing_rule": "rule_id module_id template_id type service_code term period_months anchor_day period_start "
        "last_invoice_date next_invoice_date amount unit_price included_units accumulated_units refund_unused "
        "reading_mode estimate_lookback_days true_up_months true_up_day true_up_period_start last_true_up_date "
        "next_true_up_date offered_units workaround_offered manually_edited status",
        "rule_change": "rule_id field effective_from old_value new_value author",
        "asset": "asset_id contract_id serial_no model installed_on removed_on",
        "quantity": "quantity_id asset_id predefined_code kind cumulative formula unit created_on retired_on",
        "rule_quantity": "rule_id quantity_id",
        "meter_reading": "quantity_id reading_date origin value billed_ref",
        "flat_fee_history": "rule_id period_start period_end included_units amount invoice_ref below_threshold "
        "regularised_on",
        "run_override": "contract_id control_date option reason author",
        "waiver": "code subject_id valid_from valid_to reason author",
        "correction": "correction_id table key column new_value reason author effective_from",
    }.items()
}

# Service billed by default for each kind of mission.
SERVICE_OF = {"TENUE": "TENUE", "BILAN": "BILAN", "SOCIAL": "BULLETIN", "JURIDIQUE": "JURID", "CONSEIL": "HEURE"}
LABEL_OF = {
    "TENUE": "Tenue comptable",
    "BILAN": "Comptes annuels et liasse fiscale",
    "SOCIAL": "Gestion de la paie",
    "JURIDIQUE": "Secrétariat juridique",
    "CONSEIL": "Conseil et travaux exceptionnels",
}


def euros(cents: int) -> str:
    """Integer cents as text, `8333` → `"83.33"`."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{cents // 100}.{cents % 100:02d}"


def split_cents(total: int, parts: int) -> list[int]:
    """A total in equal instalments, each rounded half up, the last taking the rest."""
    share = (2 * total + parts) // (2 * parts)
    return [share] * (parts - 1) + [total - share * (parts - 1)]


@dataclass(frozen=True, slots=True)
class FiscalYear:
    """A fiscal year of a client file."""

    label: str
    start: date
    end: date
    status: str


@dataclass(slots=True)
class Dossier:
    """A client file with what is needed to build on it."""

    client_id: str
    file_id: str
    siren: str
    years: list[FiscalYear] = field(default_factory=list)
    sirets: list[str] = field(default_factory=list)

    @property
    def current(self) -> FiscalYear:
        """The latest fiscal year."""
        return self.years[-1]


@dataclass(frozen=True, slots=True)
class Due:
    """An instalment of a plan; `cents` None is an amount left empty."""

    day: date
    cents: int | None
    period: tuple[date, date] | None = None
    is_balance: bool = False
    label: str = "Provision"


class Firm:
    """The input of one firm, as it grows."""

    def __init__(self, rng: Random, month: date) -> None:
        self.rng = rng
        self.month = month
        self.rows: dict[str, list[tuple]] = {table: [] for table in COLUMNS}
        self.letters: list[dict] = []
        self.contracts: list[Contract] = []
        self._names: set[str] = set()
        self._sirens: set[str] = set()
        self._ranks: dict[str, int] = {}
        self._clients = self._files = self._entries = self._adhoc = 0

    def add(self, table: str, /, **values: object) -> None:
        """Append a row; columns not given are empty, an unknown one is a mistake of the caller."""
        row = tuple(values.pop(column, None) for column in COLUMNS[table])
        if values:
            raise KeyError(f"{table} has no column {', '.join(values)}")
        self.rows[table].append(row)

    # -- the portfolio

    def _legal_name(self) -> tuple[str, str]:
        """A company name not used yet, with its legal form."""
        rng = self.rng
        form = rng.choices(("SARL", "SAS", "EURL", "SASU", "SCI", "SA"), (34, 27, 14, 11, 11, 3))[0]
        pattern = rng.choice(vocabulary.PROPERTY_TRADES if form == "SCI" else vocabulary.TRADES)
        name = pattern.format(s=rng.choice(vocabulary.SURNAMES), p=rng.choice(vocabulary.PLACES))
        legal = f"{form} {name}"
        while legal in self._names:
            suffix = rng.choice(vocabulary.CITIES)[0]
            legal = f"{form} {name} {suffix}"
            if legal in self._names:
                legal = f"{legal} {rng.choice(vocabulary.SURNAMES)}"
        self._names.add(legal)
        return legal, form

    def client(self, **over: object) -> tuple[str, str]:
        """A client with complete identity; returns its id and SIREN."""
        rng = self.rng
        number = siren(rng)
        while number in self._sirens:
            number = siren(rng)
        self._sirens.add(number)
        self._clients += 1
        client_id = f"C{self._clients:05d}"
        legal_name, _ = self._legal_name()
        city, postal_code = rng.choice(vocabulary.CITIES)
        values: dict[str, object] = {
            "legal_name": legal_name,
            "siren": number,
            "vat_number": vat_number(number),
            "einvoice_address": f"0225:{number}",
            "address": f"{rng.randrange(1, 120)} {rng.choice(vocabulary.STREETS)}",
            "postal_code": postal_code,
            "city": city,
            "country": "FR",
            "email": f"compta@{client_id.lower()}.example",
            "payment_terms_days": rng.choice((0, 15, 30, 30, 30)),
            "status": "ACTIVE",
        }
        self.add("client", client_id=client_id, **(values | over))
        return client_id, number

    def dossier(
        self, *, client: tuple[str, str] | None = None, opened_on: date | None = None, **over: object
    ) -> Dossier:
        """A client file, of a new client unless one is given, without fiscal years yet."""
        client_id, number = client or self.client()
        self._files += 1
        file_id = f"D{self._files:05d}"
        values: dict[str, object] = {"label": f"Dossier {file_id}", "status": "ACTIVE", "opened_on": opened_on}
        self.add("client_file", client_file_id=file_id, client_id=client_id, **(values | over))
        return Dossier(client_id, file_id, number)

    def fiscal_year(
        self, dossier: Dossier, start: date, end: date, *, status: str = "OPEN", label: str | None = None
    ) -> FiscalYear:
        """A fiscal year, labelled by the year it ends in (and the month, when two end in one year)."""
        if label is None:
            label = str(end.year)
            if any(year.label == label for year in dossier.years):
                label = month_text(end)
        year = FiscalYear(label, start, end, status)
        dossier.years.append(year)
        self.add(
            "fiscal_year",
            client_file_id=dossier.file_id,
            fy_label=label,
            start_date=start,
            end_date=end,
            status=status,
        )
        return year

    def establishment(self, dossier: Dossier, label: str = "Siège", **over: object) -> str:
        """A further establishment of the client file; returns its SIRET."""
        rank = self._ranks[dossier.siren] = self._ranks.get(dossier.siren, 0) + 1
        number = siret(dossier.siren, rank)
        dossier.sirets.append(number)
        self.add("establishment", siret=number, client_file_id=dossier.file_id, label=label, **over)
        return number

    def mission(
        self,
        dossier: Dossier,
        code: str,
        mode: str,
        *,
        year: FiscalYear | None = None,
        suffix: str = "",
        **over: object,
    ) -> str:
        """A mission over a fiscal year (the latest by default); returns its id, which names file, code and vintage."""
        year = year or dossier.current
        mission_id = f"{dossier.file_id}-{code}-{year.label}{suffix}"
        values: dict[str, object] = {
            "label": f"{LABEL_OF[code]} {year.label}",
            "vintage": year.end.year,
            "term": "ARREARS",
            "service_code": SERVICE_OF[code],
            "start_date": year.start,
            "end_date": year.end,
            "budget_policy": "NONE",
            "renewal": "NONE",
            "status": "OPEN",
        }
        self.add(
            "mission",
            mission_id=mission_id,
            client_file_id=dossier.file_id,
            mission_code=code,
            fy_label=year.label,
            billing_mode=mode,
            **(values | over),
        )
        return mission_id

    # -- fees

    def plan(
        self,
        dossier: Dossier,
        mission_id: str,
        dues: Iterable[Due],
        *,
        year: FiscalYear | None = None,
        total: int | str | None = "sum",
        status: str = "ACTIVE",
        suffix: str = "",
    ) -> str:
        """A plan entered by hand; its total is the sum of its lines unless another (in cents, or None) is given."""
        plan_id = f"PF-{mission_id}{suffix}"
        dues = list(dues)
        cents = sum(due.cents or 0 for due in dues) if total == "sum" else total
        self.add(
            "billing_plan",
            plan_id=plan_id,
            client_file_id=dossier.file_id,
            fy_label=(year or dossier.current).label,
            mission_id=mission_id,
            total_amount=None if cents is None else euros(cents),
            status=status,
        )
        append = self.rows["billing_plan_line"].append
        for line_no, due in enumerate(dues, 1):
            start, end = due.period or (None, None)
            amount = None if due.cents is None else euros(due.cents)
            append((plan_id, line_no, due.day, start, end, amount, due.label, due.is_balance))
        return plan_id

    # -- units

    def binding(self, mission_id: str, service_code: str, metric: str = "PAYSLIPS", **over: object) -> None:
        """Binds a UNIT mission to a payroll metric, over all establishments of the file unless `sirets` says which."""
        values: dict[str, object] = {"method": "PER_PAYMENT", "lag_months": 0, "auto": True}
        self.add(
            "metric_binding", mission_id=mission_id, metric_code=metric, service_code=service_code, **(values | over)
        )

    def metric(self, siret_number: str, month: date, quantity: int, metric: str = "PAYSLIPS", **over: object) -> None:
        """A quantity counted by the payroll for an establishment and a month."""
        values: dict[str, object] = {"method": "PER_PAYMENT", "final": True, "manual": False, "complete": True}
        self.add(
            "payroll_metric",
            siret=siret_number,
            month=month_text(month),
            metric_code=metric,
            quantity=f"{quantity}.0000",
            **(values | over),
        )

    def steady_metric(self, siret_number: str, quantity: int, *, months: int = 6, until: int = 0) -> None:
        """The same number of payslips for some months, up to the one `until` months from the month billed."""
        for offset in range(until - months + 1, until + 1):
            self.metric(siret_number, shift(self.month, offset), quantity)

    # -- work

    def entry(self, collaborator_id: str, mission_id: str, day: date, minutes: int, **over: object) -> str:
        """A time entry of the firm's own tool; returns its subject key `source|source_id`."""
        self._entries += 1
        source_id = f"S{self._entries:05d}"
        values: dict[str, object] = {"billable": True, "approved": True, "description": "Travaux du dossier"}
        self.add(
            "time_entry",
            source="temps",
            source_id=source_id,
            collaborator_id=collaborator_id,
            mission_id=mission_id,
            work_date=day,
            minutes=minutes,
            **(values | over),
        )
        return f"temps|{source_id}"

    def adhoc(self, dossier: Dossier, service_code: str, day: date, quantity: int = 1, **over: object) -> str:
        """A service added on the fly; returns its id."""
        self._adhoc += 1
        adhoc_id = f"A{self._adhoc:06d}"
        self.add(
            "adhoc_service",
            adhoc_id=adhoc_id,
            client_file_id=dossier.file_id,
            service_code=service_code,
            service_date=day,
            quantity=f"{quantity}.0000",
            **over,
        )
        return adhoc_id


def monthly_dues(
    start: date, end: date, total: int, *, anchor: int = 31, advance: bool = False, every: int = 1
) -> list[Due]:
    """Instalments of whole periods of `every` months from `start` to `end`, a total in cents split over them.

    In arrears they fall due on day `anchor` of each period's last month, in advance on that of its first; a first or
    last day that would leave the year is brought back into it.
    """
    count = (months_between(start, end) + every) // every
    dues = []
    for i, cents in enumerate(split_cents(total, count)):
        first = max(start, shift(start, i * every))
        last = min(end, month_end(shift(start, i * every + every - 1)))
        base = first if advance else last
        day = min(base.replace(day=min(anchor, month_end(base).day)), end)
        dues.append(Due(max(day, start), cents, (first, last)))
    return dues


def day_before(day: date) -> date:
    """The day before."""
    return day - ONE_DAY
