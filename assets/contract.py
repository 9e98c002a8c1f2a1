"""The input contract as data: every table a user can feed, with its columns, key, checks and references.

It belongs here when it can be said about an input without reading one. Detection of files, typing, row checks,
reference checks, the empty tables dbt reads and the documentation are all derived from `TABLES`; nothing else
repeats a column name. This module imports nothing heavy, so that any command may look something up in it.

The words are those of `docs/data-contract.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "text",
    "siret",
    "sirets",
    "date",
    "month",
    "timestamp",
    "money",
    "price",
    "quantity",
    "percent",
    "integer",
    "boolean",
    "choice",
]
Kind = Literal["reference", "event", "document", "declaration", "export"]

#: DuckDB type of each column type. Money never passes through a float.
SQL_TYPES: dict[str, str] = {
    "text": "VARCHAR",
    "siret": "VARCHAR",
    "sirets": "VARCHAR",
    "month": "VARCHAR",
    "choice": "VARCHAR",
    "date": "DATE",
    "timestamp": "TIMESTAMP",
    "money": "DECIMAL(18,2)",
    "price": "DECIMAL(18,6)",
    "quantity": "DECIMAL(18,4)",
    "percent": "DECIMAL(9,4)",
    "integer": "INTEGER",
    "boolean": "BOOLEAN",
}

#: (digits in all, digits after the point) of the decimal types.
DECIMALS: dict[str, tuple[int, int]] = {"money": (18, 2), "price": (18, 6), "quantity": (18, 4), "percent": (9, 4)}

#: Digits accepted before the point: far above what a firm bills, and such that a quantity times a price is an amount.
WHOLE_DIGITS: dict[str, int] = {"money": 12, "price": 6, "quantity": 9, "percent": 5}

#: Where a row came from: present in every input and raw table beside the columns of the contract.
PROVENANCE: dict[str, str] = {"_key": "VARCHAR", "_file": "VARCHAR", "_sheet": "VARCHAR", "_row": "BIGINT"}

#: The one currency: a `currency` column is understood in every table and refused with any other value.
CURRENCY = "EUR"


@dataclass(frozen=True)
class Column:
    """One column of an input table.

    Attributes:
        name: as written in the header row.
        type: decides how a cell is read (`normalise.parse_cells`) and the type in the warehouse.
        required: a blank cell rejects the row, a missing column the file.
        choices: the words a `choice` may hold, in the spelling the warehouse keeps; cells may differ in case.
        default: what a blank cell means, as text; None leaves it NULL.
        minimum: smallest number accepted, as text.
        maximum: largest number accepted, as text.
        personal: its values are masked in messages and rejected rows.
    """

    name: str
    type: ColumnType = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    default: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    personal: bool = False

    @property
    def sql_type(self) -> str:
        """DuckDB type of the column."""
        return SQL_TYPES[self.type]


@dataclass(frozen=True)
class Reference:
    """A row whose `columns` are all filled must find them as `target_columns` of a row of `target`.

    Attributes:
        columns: the columns that point.
        target: the table pointed at.
        target_columns: the columns found there, in the same order.
        unless_listed_in: (table, column) of a `|`-joined list; a value named in it needs no row in `target`.
    """

    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    unless_listed_in: tuple[str, str] | None = None


@dataclass(frozen=True)
class Table:
    """One input table.

    Attributes:
        name: also the beginning of the names of its files.
        title_fr: one line for people, in French.
        title_en: the same in English.
        kind: `reference` (the latest delivery of a key wins whole), `event` (a union, later deliveries correct),
            `document` (filled from engagement letters, never from a file of that name), `declaration` (from payroll
            declarations likewise), `export` (from the exports of time trackers: a later one replaces the rows of each
            user and day it covers).
        columns: in the order of the contract.
        key: names of the key columns; values may be NULL when the column is not required.
        ordered: (earlier, later) pairs of dates: a later one before the earlier one rejects the row.
        exactly_one: columns of which exactly one must be filled.
        references: what a row points at; a dangling one rejects it.
        content: for a table whose rows may have no id (the last column of the key): the columns that identify such a
            row, with its rank among the equal ones of its file. Never change them: validated lines keep these keys.
        made_of: tables whose rows this one also has, once looked up in others of them, when a run begins.
    """

    name: str
    title_fr: str
    title_en: str
    kind: Kind
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    ordered: tuple[tuple[str, str], ...] = ()
    exactly_one: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    content: tuple[str, ...] = ()
    made_of: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column called `name`; KeyError when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(column.name for column in self.columns)


def _columns(*specs: str | Column) -> tuple[Column, ...]:
    """Columns from short specifications: `name[*] [type] [=default]`; a ready Column passes through."""
    result = []
    for spec in specs:
        if isinstance(spec, Column):
            result.append(spec)
            continue
        name, *rest = spec.split()
        default = rest.pop()[1:] if rest and rest[-1].startswith("=") else None
        kind = rest[0] if rest else "text"
        result.append(Column(name.rstrip("*"), kind, required=name.endswith("*"), default=default))  # type: ignore[arg-type]
    return tuple(result)


def _choice(name: str, *choices: str, default: str | None = None) -> Column:
    return Column(name.rstrip("*"), "choice", required=name.endswith("*"), choices=choices, default=default)


def _number(name: str, type_: ColumnType, minimum: str | None = "0", maximum: str | None = None) -> Column:
    return Column(name.rstrip("*"), type_, required=name.endswith("*"), minimum=minimum, maximum=maximum)


def _personal(name: str) -> Column:
    return Column(name.rstrip("*"), required=name.endswith("*"), personal=True)


def _to(target: str, *columns: str, on: tuple[str, ...] = ()) -> Reference:
    return Reference(columns, target, on or columns)


_VALID = (("valid_from", "valid_to"),)
_CLIENT_FILE = _to("client_file", "client_file_id")
_SERVICE = _to("service", "service_code")
_MISSION = _to("mission", "mission_id")
_COLLABORATOR = _to("collaborator", "collaborator_id")
_FISCAL_YEAR = _to("fiscal_year", "client_file_id", "fy_label")
_CONTRACT = _to("service_contract", "contract_id")
_RULE = _to("billing_rule", "rule_id")
_QUANTITY = _to("quantity", "quantity_id")

BILLING_MODES = ("FLAT", "UNIT", "TIME")
TERMS = ("ADVANCE", "ARREARS")
METHODS = ("PER_PAYMENT", "PER_CONTRACT", "PER_INDIVIDUAL")
PERIODICITIES = ("ONE_OFF", "MONTHLY", "BIMONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY")
ROUNDINGS = ("LAST", "FIRST", "SPREAD")
PRORATIONS = ("NONE", "ACTUAL", "THIRTY_360", "HALF_MONTH")
RULE_TYPES = ("FLAT_AMOUNT", "FLAT_WITH_TRUE_UP", "CONSUMED_UNITS")
READING_MODES = ("ACTUAL", "ESTIMATE_ALLOWED")
READING_ORIGINS = ("INSTALLATION", "CUSTOMER", "PROVIDER", "ESTIMATE", "REMOVAL", "ROLLOVER")

_ALL = (
    Table(
        "client",
        "Clients",
        "Clients",
        "reference",
        _columns(
            "client_id*",
            "legal_name*",
            "siren",
            "vat_number",
            "einvoice_address",
            _personal("address"),
            "postal_code",
            "city",
            "country",
            _personal("email"),
            _number("payment_terms_days", "integer"),
            "no_estimate boolean =false",
            "migrated_at timestamp",
            "last_saved_at timestamp",
            _choice("status", "ACTIVE", "CLOSED", default="ACTIVE"),
        ),
        key=("client_id",),
    ),
    Table(
        "client_file",
        "Dossiers clients",
        "Client files",
        "reference",
        _columns(
            "client_file_id*",
            "client_id*",
            "label",
            _choice("status", "ACTIVE", "CLOSED", default="ACTIVE"),
            "opened_on date",
            "closed_on date",
            "manager_id",
        ),
        key=("client_file_id",),
        ordered=(("opened_on", "closed_on"),),
        references=(_to("client", "client_id"),),
    ),
    Table(
        "establishment",
        "Établissements",
        "Establishments",
        "reference",
        _columns("siret* siret", "client_file_id*", "label", "active_from date", "active_to date"),
        key=("siret",),
        ordered=(("active_from", "active_to"),),
        references=(_CLIENT_FILE,),
    ),
    Table(
        "fiscal_year",
        "Exercices",
        "Fiscal years",
        "reference",
        _columns(
            "client_file_id*",
            "fy_label*",
            "start_date* date",
            "end_date* date",
            _choice("status", "OPEN", "CLOSED", default="OPEN"),
        ),
        key=("client_file_id", "fy_label"),
        ordered=(("start_date", "end_date"),),
        references=(_CLIENT_FILE,),
    ),
    Table(
        "collaborator",
        "Collaborateurs",
        "Collaborators",
        "reference",
        _columns(
            "collaborator_id*", _personal("name*"), "grade", _personal("email"), "entry_date date", "exit_date date"
        ),
        key=("collaborator_id",),
        ordered=(("entry_date", "exit_date"),),
    ),
    Table(
        "selling_rate",
        "Taux de vente horaires",
        "Hourly selling rates",
        "reference",
        _columns(
            "collaborator_id",
            "grade",
            "client_file_id",
            "mission_code",
            "valid_from* date",
            "valid_to date",
            _number("hourly_price*", "price"),
        ),
        key=("collaborator_id", "grade", "client_file_id", "mission_code", "valid_from"),
        ordered=_VALID,
        exactly_one=("collaborator_id", "grade"),
        references=(_COLLABORATOR, _CLIENT_FILE),
    ),
    Table(
        "service",
        "Prestations",
        "Services",
        "reference",
        _columns(
            "service_code*",
            "label*",
            "unit*",
            "vat_code*",
            "revenue_account",
            _choice("tier_mode", "GRADUATED", "VOLUME", default="GRADUATED"),
            _number("minimum_amount", "money"),
            _number("free_quantity", "quantity"),
        ),
        key=("service_code",),
    ),
    Table(
        "price",
        "Tarif du catalogue, par tranche",
        "Catalogue prices, by tier",
        "reference",
        _columns(
            "service_code*",
            "valid_from* date",
            _number("up_to", "quantity"),
            "valid_to date",
            "unit_price* price",
        ),
        key=("service_code", "valid_from", "up_to"),
        ordered=_VALID,
        references=(_SERVICE,),
    ),
    Table(
        "client_price",
        "Prix et remises propres à un dossier",
        "Prices and discounts of one client file",
        "reference",
        _columns(
            "client_file_id*",
            "service_code*",
            "valid_from* date",
            "valid_to date",
            "unit_price price",
            _number("discount_pct", "percent", "0", "100"),
        ),
        key=("client_file_id", "service_code", "valid_from"),
        ordered=_VALID,
        references=(_CLIENT_FILE, _SERVICE),
    ),
    Table(
        "vat_rate",
        "Taux de TVA (20 = 20 %)",
        "VAT rates (20 = 20 %)",
        "reference",
        _columns(
            "vat_code*",
            "valid_from* date",
            "valid_to date",
            _number("rate*", "percent", "0", "100"),
            "category",
            "legal_mention",
        ),
        key=("vat_code", "valid_from"),
        ordered=_VALID,
    ),
    Table(
        "price_index",
        "Indices de révision",
        "Price indices",
        "reference",
        _columns("index_code*", "month* month", "series", _number("value*", "price"), "published_on date"),
        key=("index_code", "month", "series"),
    ),
    Table(
        "index_link",
        "Raccords entre séries d'indices",
        "Links between index series",
        "reference",
        _columns("index_code*", "from_series*", "to_series*", _number("coefficient*", "price")),
        key=("index_code", "from_series", "to_series"),
    ),
    Table(
        "mission",
        "Missions millésimées",
        "Missions by vintage",
        "reference",
        _columns(
            "mission_id*",
            "client_file_id*",
            "mission_code*",
            "label",
            "vintage*",
            "fy_label*",
            _choice("billing_mode*", *BILLING_MODES),
            _choice("term", *TERMS),
            "service_code*",
            "start_date* date",
            "end_date date",
            "last_time_entry_date date",
            _number("budget_minutes", "integer"),
            _number("budget_amount", "money"),
            _choice("budget_policy", "NONE", "FLAG", "CAP", default="NONE"),
            _choice("renewal", "NONE", "TACIT", "EXPRESS", default="NONE"),
            _choice("status", "OPEN", "CLOSED", default="OPEN"),
            "approval_required boolean",
            _number("rounding_minutes", "integer", "0", "1440"),
            _choice("rounding_mode", "up", "down", "nearest"),
            _choice("rounding_per", "entry", "day"),
        ),
        key=("mission_id",),
        ordered=(("start_date", "end_date"),),
        references=(_CLIENT_FILE, _FISCAL_YEAR, _SERVICE),
    ),
    Table(
        "billing_plan",
        "Plans de facturation saisis à la main",
        "Billing plans entered by hand",
        "reference",
        _columns(
            "plan_id*",
            "client_file_id*",
            "fy_label*",
            "mission_id*",
            "total_amount money",
            _choice("status", "ACTIVE", "CANCELLED", default="ACTIVE"),
        ),
        key=("plan_id",),
        # mission_id is not checked here: a plan of an unknown mission is the anomaly FI-03.
        references=(_CLIENT_FILE, _FISCAL_YEAR),
    ),
    Table(
        "billing_plan_line",
        "Échéances des plans saisis à la main",
        "Instalments of plans entered by hand",
        "reference",
        _columns(
            "plan_id*",
            "line_no* integer",
            "due_date* date",
            "period_start date",
            "period_end date",
            "amount money",
            "label",
            "is_balance boolean =false",
        ),
        key=("plan_id", "line_no"),
        ordered=(("period_start", "period_end"),),
        references=(_to("billing_plan", "plan_id"),),
    ),
    Table(
        "metric_binding",
        "Métriques de paie facturées par mission",
        "Payroll metrics billed by a mission",
        "reference",
        _columns(
            "mission_id*",
            "metric_code*",
            "service_code*",
            _choice("method", *METHODS),
            "sirets sirets",
            Column("lag_months", "integer", default="0", minimum="0", maximum="120"),
            "auto boolean =true",
        ),
        key=("mission_id", "metric_code"),
        references=(_MISSION, _SERVICE),
    ),
    Table(
        "payroll_metric",
        "Métriques de paie",
        "Payroll metrics",
        "event",
        _columns(
            "siret* siret",
            "month* month",
            "metric_code*",
            _choice("method", *METHODS),
            _number("quantity*", "quantity", "0", "9999999"),
            "final boolean =true",
            "manual boolean =true",
            "complete boolean =true",
        ),
        # `manual` is part of the physical key: what a feed said and what a person typed stay side by side.
        key=("siret", "month", "metric_code", "method", "manual"),
        references=(Reference(("siret",), "establishment", ("siret",), ("metric_binding", "sirets")),),
    ),
    Table(
        "payroll_declaration",
        "Comptages des déclarations de paie (DSN)",
        "Counts of payroll declarations (DSN)",
        "declaration",
        _columns(
            "siret* siret",
            "month* month",
            "fraction*",
            "part*",
            "type*",
            "declared_on date",
            "order_no* integer",
            "metric_code*",
            _choice("method", *METHODS),
            _number("quantity*", "quantity"),
            _number("without_internships*", "quantity"),
            _number("without_officers*", "quantity"),
            _number("without_both*", "quantity"),
        ),
        key=("siret", "month", "fraction", "part", "declared_on", "order_no", "metric_code", "method"),
    ),
    Table(
        "time_entry",
        "Temps passés",
        "Time entries",
        "event",
        _columns(
            "source",
            "source_id",
            "collaborator_id*",
            "mission_id*",
            "work_date* date",
            _number("minutes*", "integer", "1", "1000000"),
            "billable boolean =true",
            "approved boolean =true",
            _personal("description"),
        ),
        # No references: an unknown mission or collaborator is an anomaly (FI-02, FI-20), never a rejected row.
        key=("source", "source_id"),
        content=(
            "source",
            "collaborator_id",
            "mission_id",
            "work_date",
            "minutes",
            "billable",
            "approved",
            "description",
        ),
        made_of=("tracked_entry", "project_map", "user_map"),
    ),
    Table(
        "project_map",
        "Correspondance des projets du suivi des temps",
        "Time tracker projects and their missions",
        "reference",
        _columns("tool*", "client", "project*", "task", "mission_id*", "valid_from date", "valid_to date", "note"),
        key=("tool", "client", "project", "task", "valid_from"),
        ordered=_VALID,
        references=(_MISSION,),
    ),
    Table(
        "user_map",
        "Correspondance des utilisateurs du suivi des temps",
        "Time tracker users and their collaborators",
        "reference",
        _columns("tool*", _personal("user*"), "collaborator_id*", _personal("note")),
        key=("tool", "user"),
        references=(_COLLABORATOR,),
    ),
    Table(
        "adhoc_service",
        "Prestations ponctuelles",
        "Ad-hoc services",
        "event",
        _columns(
            "adhoc_id*",
            "client_file_id*",
            "mission_id",
            "service_code*",
            "service_date* date",
            _number("quantity*", "quantity", "-9999999", "9999999"),
            "unit_price price",
            "label",
            _personal("author"),
        ),
        key=("adhoc_id",),
        references=(_CLIENT_FILE, _SERVICE, _MISSION),
    ),
    Table(
        "service_contract",
        "Contrats de service",
        "Service contracts",
        "reference",
        _columns(
            "contract_id*",
            "client_id*",
            "start_date* date",
            "end_date date",
            _choice("status", "ACTIVE", "CLOSED", default="ACTIVE"),
            _number("billing_threshold", "money"),
            _number("free_months", "integer", "0", "1200"),
            "migrated boolean =false",
            "manually_edited boolean =false",
        ),
        key=("contract_id",),
        ordered=(("start_date", "end_date"),),
        references=(_to("client", "client_id"),),
    ),
    Table(
        "contract_module",
        "Modules des contrats",
        "Modules of contracts",
        "reference",
        _columns(
            "module_id*",
            "contract_id*",
            "label",
            "valid_from* date",
            "valid_to date",
            _choice("renewal", "TACIT", "EXPRESS"),
            "renewed_by_module_id",
        ),
        key=("module_id",),
        ordered=_VALID,
        references=(_CONTRACT,),
    ),
    Table(
        "rule_template",
        "Règles de facturation prédéfinies",
        "Templates of billing rules",
        "reference",
        _columns(
            "template_id*",
            # What a template leaves out is the anomaly AN-13, never a rejected row.
            _choice("type", *RULE_TYPES),
            "period_months integer",
            "true_up_months integer",
            _choice("term", *TERMS),
            _choice("reading_mode", *READING_MODES),
            "valid_from date",
            "valid_to date",
        ),
        key=("template_id",),
        ordered=_VALID,
    ),
    Table(
        "billing_rule",
        "Règles de facturation des contrats",
        "Billing rules of contracts",
        "reference",
        _columns(
            "rule_id*",
            "module_id*",
            "template_id",
            _choice("type*", *RULE_TYPES),
            "service_code*",
            _choice("term", *TERMS),
            _number("period_months*", "integer", "1", "1200"),
            _number("anchor_day", "integer", "1", "31"),
            "period_start date",
            "last_invoice_date date",
            "next_invoice_date date",
            "amount money",
            "unit_price price",
            "included_units quantity",
            "accumulated_units quantity",
            "refund_unused boolean =false",
            _choice("reading_mode", *READING_MODES),
            Column("estimate_lookback_days", "integer", default="20", minimum="0", maximum="3660"),
            "prorate_first boolean =false",
            "prorate_last boolean =false",
            _number("true_up_months", "integer", "1", "1200"),
            _number("true_up_day", "integer", "1", "31"),
            "true_up_period_start date",
            "last_true_up_date date",
            "next_true_up_date date",
            _number("offered_units", "quantity"),
            "workaround_offered boolean =false",
            "manually_edited boolean =false",
            _choice("status", "ACTIVE", "CLOSED", default="ACTIVE"),
            "net_assets boolean =true",
        ),
        key=("rule_id",),
        # template_id is not checked here: an unknown template is the anomaly AN-13.
        references=(_to("contract_module", "module_id"), _SERVICE),
    ),
    Table(
        "rule_change",
        "Avenants aux règles de facturation",
        "Changes of billing rules",
        "reference",
        _columns("rule_id*", "field*", "effective_from* date", "old_value", "new_value", _personal("author")),
        key=("rule_id", "field", "effective_from"),
        references=(_RULE,),
    ),
    Table(
        "asset",
        "Biens sous contrat",
        "Assets under contract",
        "reference",
        _columns("asset_id*", "contract_id*", "serial_no", "model", "installed_on date", "removed_on date"),
        key=("asset_id",),
        ordered=(("installed_on", "removed_on"),),
        references=(_CONTRACT,),
    ),
    Table(
        "quantity",
        "Grandeurs relevées ou calculées",
        "Quantities read or computed",
        "reference",
        _columns(
            "quantity_id*",
            "asset_id*",
            "predefined_code",
            _choice("kind*", "TECHNICAL", "COMPUTED"),
            "cumulative boolean =true",
            "formula",
            "unit",
            "created_on date",
            "retired_on date",
        ),
        key=("quantity_id",),
        ordered=(("created_on", "retired_on"),),
        references=(_to("asset", "asset_id"),),
    ),
    Table(
        "rule_quantity",
        "Grandeurs facturées par une règle",
        "Quantities billed by a rule",
        "reference",
        _columns("rule_id*", "quantity_id*"),
        key=("rule_id", "quantity_id"),
        references=(_RULE, _QUANTITY),
    ),
    Table(
        "meter_reading",
        "Relevés de compteur",
        "Meter readings",
        "event",
        _columns(
            "quantity_id*",
            "reading_date* date",
            _choice("origin*", *READING_ORIGINS),
            _number("value*", "quantity"),
            "billed_ref",
        ),
        key=("quantity_id", "reading_date", "origin"),
        references=(_QUANTITY,),
    ),
    Table(
        "flat_fee_history",
        "Forfaits déjà facturés",
        "Flat fees already billed",
        "event",
        _columns(
            "rule_id*",
            "period_start* date",
            "period_end* date",
            "included_units quantity",
            "amount money",
            "invoice_ref",
            "below_threshold boolean =false",
            "regularised_on date",
        ),
        key=("rule_id", "period_start"),
        ordered=(("period_start", "period_end"),),
        references=(_RULE,),
    ),
    Table(
        "run_override",
        "Dérogations d'un contrat pour un calcul",
        "Overrides of one contract in one run",
        "reference",
        _columns(
            "contract_id*",
            "control_date* date",
            _choice("option*", "NO_ACCUMULATION_CHECK"),
            "reason*",
            _personal("author*"),
        ),
        key=("contract_id", "control_date", "option"),
        references=(_CONTRACT,),
    ),
    Table(
        "waiver",
        "Anomalies acceptées",
        "Accepted anomalies",
        "reference",
        _columns("code*", "subject_id*", "valid_from* date", "valid_to date", "reason*", _personal("author*")),
        key=("code", "subject_id", "valid_from"),
        ordered=_VALID,
    ),
    Table(
        "correction",
        "Corrections posées sur les entrées",
        "Corrections laid over the input",
        "reference",
        _columns(
            "correction_id*",
            "table*",
            "key*",
            "column*",
            _personal("new_value"),
            "reason*",
            _personal("author*"),
            "effective_from date",
        ),
        key=("correction_id",),
    ),
    Table(
        "adjustment",
        "Ajustements de lignes ouvertes",
        "Adjustments of open lines",
        "reference",
        _columns(
            "adjustment_id*",
            "line_key*",
            _choice("kind*", "EXCLUDE", "POSTPONE", "DISCOUNT_PCT", "SET_AMOUNT"),
            "value",
            "reason*",
            _personal("author*"),
        ),
        key=("adjustment_id",),
    ),
    Table(
        "document_confirmation",
        "Lettres lues dans un PDF, confirmées",
        "Letters read from a PDF, confirmed",
        "reference",
        _columns(
            "document_id*",
            _number("version*", "integer", "1"),
            "content_hash*",
            _personal("author*"),
            "confirmed_on* date",
        ),
        key=("document_id", "version"),
    ),
    Table(
        "document",
        "Lettres de mission",
        "Engagement letters",
        "document",
        _columns(
            "document_id*",
            "version* integer",
            "client_file_id*",
            "fy_label*",
            "signed_on date",
            "effective_from date",
            "effective_to date",
            "currency",
            "total_fee money",
            "to_confirm",
        ),
        key=("document_id", "version"),
        ordered=(("effective_from", "effective_to"),),
    ),
    Table(
        "document_line",
        "Lignes des lettres de mission",
        "Lines of engagement letters",
        "document",
        _columns(
            "document_id*",
            "version* integer",
            "line_no* integer",
            "mission_id",
            "mission_code",
            "label",
            "service_code",
            _choice("billing_mode", *BILLING_MODES),
            "amount money",
            "unit_price price",
            "amount_per_period money",
            _choice("term", *TERMS),
            "index_code",
            "index_series",
            "base_month month",
            "revision_month month",
            "cap_pct percent",
            "floor_pct percent",
            _choice("periodicity", *PERIODICITIES),
            "first_due_date date",
            _number("instalments", "integer", "1", "1200"),
            _choice("rounding", *ROUNDINGS, default="LAST"),
            _choice("proration", *PRORATIONS, default="ACTUAL"),
            "place",
        ),
        key=("document_id", "version", "line_no"),
    ),
    Table(
        "document_instalment",
        "Échéances écrites dans les lettres de mission",
        "Instalments spelt out in engagement letters",
        "document",
        _columns(
            "document_id*",
            "version* integer",
            "line_no* integer",
            "instalment_no* integer",
            "due_date* date",
            "amount money",
            "is_balance boolean =false",
        ),
        key=("document_id", "version", "line_no", "instalment_no"),
    ),
    Table(
        "tracked_entry",
        "Saisies des outils de suivi des temps",
        "Entries of time trackers",
        "export",
        _columns(
            "tool*",
            "client",
            "project*",
            "task",
            _personal("user*"),
            _personal("user_login"),
            _personal("user_name"),
            "work_date* date",
            _number("minutes*", "integer", "0"),
            "billable boolean =true",
            "approved boolean =true",
            _personal("description"),
        ),
        key=(),
        # What may be mended in the tool once an entry is billed, its flags and its text, does not make another entry.
        content=("tool", "client", "project", "task", "user", "work_date", "minutes"),
    ),
)

#: Every table by name, in the order in which people read the contract.
TABLES: dict[str, Table] = {table.name: table for table in _ALL}

#: The tables a file can feed by its name: all but those that letters, payroll declarations and exports fill.
FILE_TABLES: tuple[str, ...] = tuple(table.name for table in _ALL if table.kind in ("reference", "event"))

_LONGEST_FIRST = tuple(sorted(FILE_TABLES, key=len, reverse=True))


def table_of(name: str) -> str | None:
    """The table a file stem or a sheet name stands for: `<table>` or `<table>_<anything>`, the longest name wins.

    >>> table_of("client_file_2026"), table_of("client_2026"), table_of("notes")
    ('client_file', 'client', None)
    """
    name = name.strip().lower()
    for table in _LONGEST_FIRST:
        if name == table or name.startswith(table + "_"):
            return table
    return None


def reference_order() -> tuple[str, ...]:
    """Names of all tables, each after those it refers to or is made of, so that one pass finds what dangles."""
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        for source in TABLES[name].made_of:
            if source not in done:
                visit(source)
        for reference in TABLES[name].references:
            for target in (reference.target, *(reference.unless_listed_in or ())[:1]):
                if target not in done:
                    visit(target)
        done.setdefault(name)

    for name in TABLES:
        visit(name)
    return tuple(done)
