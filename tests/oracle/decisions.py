"""What a run sees of the input: corrections laid over it, rows that point nowhere taken out."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from tests.oracle.reading import typed

KEYS = {
    "adhoc_service": ("adhoc_id",),
    "billing_plan": ("plan_id",),
    "billing_plan_line": ("plan_id", "line_no"),
    "client": ("client_id",),
    "collaborator": ("collaborator_id",),
    "mission": ("mission_id",),
    "service": ("service_code",),
    "time_entry": ("source", "source_id"),
}
#: Table, its columns, and where they must be found; a reference with an empty column points nowhere and is fine.
REFERENCES = (
    ("client_file", ("client_id",), "client"),
    ("establishment", ("client_file_id",), "client_file"),
    ("fiscal_year", ("client_file_id",), "client_file"),
    ("selling_rate", ("collaborator_id",), "collaborator"),
    ("selling_rate", ("client_file_id",), "client_file"),
    ("price", ("service_code",), "service"),
    ("client_price", ("client_file_id",), "client_file"),
    ("client_price", ("service_code",), "service"),
    ("mission", ("client_file_id",), "client_file"),
    ("mission", ("client_file_id", "fy_label"), "fiscal_year"),
    ("mission", ("service_code",), "service"),
    ("billing_plan", ("client_file_id",), "client_file"),
    ("billing_plan", ("client_file_id", "fy_label"), "fiscal_year"),
    ("billing_plan_line", ("plan_id",), "billing_plan"),
    ("metric_binding", ("mission_id",), "mission"),
    ("metric_binding", ("service_code",), "service"),
    ("payroll_metric", ("siret",), "establishment"),
    ("adhoc_service", ("client_file_id",), "client_file"),
    ("adhoc_service", ("service_code",), "service"),
    ("adhoc_service", ("mission_id",), "mission"),
)


def as_seen(tables: dict[str, list[dict]], control_date: date) -> tuple[dict[str, list[dict]], dict[str, int]]:
    """The tables of a run at a control date, and how many rows of each were turned away."""
    seen = _corrected(tables, control_date)
    rejected: dict[str, int] = defaultdict(int)
    for table, columns, target in REFERENCES:
        known = {tuple(row.get(column) for column in columns) for row in seen.get(target, [])}
        if table == "payroll_metric":
            # An establishment somebody bills by name need not be delivered.
            known |= {
                (siret,) for row in seen.get("metric_binding", []) for siret in (row.get("sirets") or "").split("|")
            }
        kept = []
        for row in seen.get(table, []):
            values = tuple(row.get(column) for column in columns)
            if None in values or values in known:
                kept.append(row)
            else:
                rejected[table] += 1
        seen[table] = kept
    return seen, dict(rejected)


def _corrected(tables: dict[str, list[dict]], control_date: date) -> dict[str, list[dict]]:
    seen = {table: [dict(row) for row in rows] for table, rows in tables.items()}
    for correction in tables.get("correction", []):
        start = correction.get("effective_from")
        if start is not None and start > control_date:
            continue
        table, column = correction["table"], correction["column"]
        rows = seen.setdefault(table, [])
        parts = dict(zip(KEYS[table], correction["key"].split("|"), strict=True))
        found = [row for row in rows if all(str(row.get(name)) == part for name, part in parts.items())]
        if not found:
            found = [{name: typed(name, part) for name, part in parts.items()}]
            rows += found
        if column == "_deleted":
            rows.remove(found[0])
        else:
            found[0][column] = typed(column, correction["new_value"])
    return seen
