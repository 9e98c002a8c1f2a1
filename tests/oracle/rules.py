"""FI-01 … FI-22: who is found, how bad it is and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from tests.oracle.arithmetic import ONE_DAY, exact, first_day, last_day, month_plus, rounded
from tests.oracle.flat import Plan
from tests.oracle.model import Configuration, Finding, Item, Row, Tables
from tests.oracle.units import Units, bound_sirets, covers, is_succeeded, unit_work
from tests.oracle.worktime import Entry, worth_of


@dataclass
class Case:
    """Everything the rules look at."""

    tables: Tables
    configuration: Configuration
    month: str
    control_date: date
    plans: list[Plan]
    flat: list[Item]
    units: Units
    letter_prices: list[Row]
    entries: list[Entry]
    items: list[Item]

    @property
    def month_entries(self) -> list[Entry]:
        """Billable approved entries of known missions in the month."""
        return [entry for entry in self.entries if entry.counts and entry.month == self.month]


def findings(case: Case) -> list[Finding]:
    return [found for rule in RULES for found in rule(case)]


def _mission(case: Case, mission_id: str) -> Row | None:
    return case.tables.missions.get(mission_id)


def fi_01(case: Case):
    planned = {plan.mission_id for plan in case.plans}
    bound = {binding["mission_id"] for binding in case.tables.rows("metric_binding")}
    for mission in case.tables.rows("mission"):
        end = mission["end_date"]
        current = mission["start_date"] <= case.control_date and (end is None or end >= case.control_date)
        if mission["status"] != "OPEN" or not current:
            continue
        covered = {"FLAT": planned, "UNIT": bound}.get(mission["billing_mode"])
        if covered is not None and mission["mission_id"] not in covered:
            yield Finding("FI-01", "critical", mission["mission_id"])


def fi_02(case: Case):
    for entry in case.entries:
        if entry.state == "UNKNOWN_MISSION" and entry.month == case.month:
            yield Finding("FI-02", "critical", entry.key, ("entry", entry.key))


def _still_due(case: Case) -> list[Plan]:
    """Live plans with something due in the month or after it."""
    start = first_day(case.month)
    return [plan for plan in case.plans if any(day >= start for day in plan.due_dates)]


def fi_03(case: Case):
    for plan in _still_due(case):
        mission = _mission(case, plan.mission_id)
        if mission is None or mission["status"] != "OPEN":
            yield Finding("FI-03", "critical", plan.plan_id, ("mission", plan.mission_id))


def fi_04(case: Case):
    """What was planned twice is a question even when one of the plans has run out."""
    keys: dict[tuple, list[Plan]] = {}
    for plan in case.plans:
        keys.setdefault((plan.client_file_id, plan.fy_label, plan.mission_id), []).append(plan)
    still_due = {plan.plan_id for plan in _still_due(case)}
    for (_, _, mission_id), plans in keys.items():
        if len(plans) > 1 and any(plan.plan_id in still_due for plan in plans):
            yield Finding("FI-04", "critical", mission_id, ("mission", mission_id))


def fi_05(case: Case):
    for plan in case.plans:
        if not plan.by_hand or plan.total_amount is None:
            continue
        amounts = [line["amount"] for line in plan.lines]
        if None not in amounts and sum(amounts, Decimal(0)) != plan.total_amount:
            yield Finding("FI-05", "critical", plan.plan_id, ("mission", plan.mission_id))


def fi_06(case: Case):
    for plan in case.plans:
        year = case.tables.fiscal_years.get((plan.client_file_id, plan.fy_label))
        for line in plan.lines or []:
            if line["is_balance"] or year is None:
                continue
            if not year["start_date"] <= line["due_date"] <= year["end_date"]:
                yield Finding("FI-06", "warning", f"{plan.plan_id}|{line['line_no']}")


def fi_07(case: Case):
    for mission in case.tables.rows("mission"):
        end = mission["end_date"]
        if end is None or mission["renewal"] != "EXPRESS" or is_succeeded(case.tables, mission):
            continue
        days = [
            _item_date(item) for item in case.items if item.mission_id == mission["mission_id"] and not item.is_balance
        ]
        if any(day > end for day in days):
            yield Finding("FI-07", "critical", mission["mission_id"], ("mission", mission["mission_id"]))


def _item_date(item: Item) -> date:
    if item.mode == "TIME":
        return item.work_date
    if item.mode == "UNIT":
        return item.period[0]
    if item.mode == "FLAT" and item.term == "ARREARS" and item.period[1] is not None:
        return item.period[1]
    return item.due_date


def fi_08(case: Case):
    for entry in case.month_entries:
        if entry.state == "LINE" and entry.hourly_price is None:
            yield Finding("FI-08", "critical", entry.key, ("entry", entry.key))


def fi_09(case: Case):
    scopes = {
        "selling_rate": ("collaborator_id", "grade", "client_file_id", "mission_code"),
        "price": ("service_code",),
        "client_price": ("client_file_id", "service_code"),
        "vat_rate": ("vat_code",),
    }
    for table, columns in scopes.items():
        sequences: dict[tuple, list[Row]] = {}
        for row in case.tables.rows(table):
            sequences.setdefault(tuple(row[column] for column in columns), []).append(row)
        for scope, rows in sequences.items():
            lists: dict[date, date] = {}
            for row in sorted(rows, key=lambda row: row["valid_from"]):
                begin, end = row["valid_from"], row["valid_to"] or date.max
                lists[begin] = max(lists.get(begin, end), end)
            for (_, end), (begin, _) in pairwise(lists.items()):
                if end == date.max or begin != end + ONE_DAY:
                    yield Finding("FI-09", "warning", "|".join(value or "" for value in scope))


def fi_10(case: Case):
    for entry in case.month_entries:
        mission = entry.mission
        year = case.tables.fiscal_years.get((mission["client_file_id"], mission["fy_label"])) or Row()
        limit = mission["last_time_entry_date"]
        late = limit is not None and entry.row["work_date"] > limit
        if late or mission["status"] == "CLOSED" or year["status"] == "CLOSED":
            yield Finding("FI-10", "critical", entry.key, ("entry", entry.key))


def fi_11(case: Case):
    for mission in case.tables.rows("mission"):
        if mission["budget_policy"] == "NONE":
            continue
        used = [
            entry
            for entry in case.entries
            if entry.counts
            and entry.row["mission_id"] == mission["mission_id"]
            and entry.row["work_date"] <= last_day(case.month)
        ]
        minutes = sum(entry.rounded_minutes for entry in used)
        worth = rounded(sum((worth_of(entry) for entry in used), Fraction(0)))
        over_minutes = mission["budget_minutes"] is not None and minutes > mission["budget_minutes"]
        over_amount = mission["budget_amount"] is not None and worth > mission["budget_amount"]
        if over_minutes or over_amount:
            yield Finding("FI-11", "warning", mission["mission_id"])


def fi_12(case: Case):
    for measured in case.units.missing:
        yield Finding("FI-12", "critical", measured.mission["mission_id"])


def fi_13(case: Case):
    billed = set()
    for binding in case.tables.rows("metric_binding"):
        mission = _mission(case, binding["mission_id"])
        if mission is not None and mission["status"] == "OPEN" and covers(case.tables, mission, case.month):
            billed.update(bound_sirets(case.tables, mission, binding))
    for row in case.tables.rows("payroll_metric"):
        if row["month"] == case.month and row["quantity"] > 0 and row["siret"] not in billed:
            yield Finding("FI-13", "warning", row["siret"])


def fi_14(case: Case):
    """A sale is short when one of its metrics is incomplete, or lacks while the sale has others."""
    for item in case.items:
        if item.mode != "UNIT":
            continue
        for measured in case.units.measures:
            if not measured.feeds(item):
                continue
            incomplete = [row["siret"] for row in measured.rows if not row["complete"]]
            for siret in [*incomplete, *measured.lacking]:
                yield Finding("FI-14", "critical", siret, ("item", item.held_key))
    for measured in case.units.measures:
        for row in measured.rows:
            if not row["final"]:
                yield Finding("FI-14", "warning", row["siret"])


def fi_15(case: Case):
    months = [month_plus(case.month, -count) for count in range(4)]
    for mission in case.tables.rows("mission"):
        measured = [_measures(case, mission, month) for month in months]
        for name, now in measured[0].items():
            before = [month.get(name) for month in measured[1:]]
            if now is None or None in before:
                continue
            mean = sum(before) / 3
            factor = exact(case.configuration.jump_factor)
            if now > mean * factor or now < mean / factor:
                yield Finding("FI-15", "warning", mission["mission_id"])


def _measures(case: Case, mission: Row, month: str) -> dict[str, Fraction | None]:
    """What a mission counts in a month: instalments, minutes, or each of its metrics; None where one is unknown."""
    mission_id = mission["mission_id"]
    values: dict[str, list] = {}
    if mission["billing_mode"] == "FLAT":
        for item in case.flat:
            if item.mission_id == mission_id and item.origin_month == month and not item.is_balance:
                values.setdefault("amount", []).append(item.unit_price)
    elif mission["billing_mode"] == "TIME":
        for entry in case.entries:
            if entry.state == "LINE" and entry.row["mission_id"] == mission_id and entry.month == month:
                values.setdefault("minutes", []).append(entry.row["minutes"])
    else:
        for measured in unit_work(case.tables, case.letter_prices, month, case.configuration).measures:
            if measured.mission["mission_id"] == mission_id:
                for row in measured.rows:
                    values.setdefault(row["metric_code"], []).append(row["quantity"])
    return {
        name: None if None in found else sum((exact(value) for value in found), Fraction(0))
        for name, found in values.items()
    }


def fi_16(case: Case):
    billed = {item.subjects[0] for item in case.items if item.mode == "ADHOC"}
    for item in case.items:
        if item.mode == "ADHOC" and item.unit_price is None:
            yield Finding("FI-16", "critical", item.subjects[0], ("item", item.held_key))
    seen = set()
    for row in sorted(case.tables.rows("adhoc_service"), key=lambda row: row["adhoc_id"]):
        twin = (row["client_file_id"], row["service_code"], row["service_date"], row["quantity"])
        if twin in seen and row["adhoc_id"] in billed:
            yield Finding("FI-16", "warning", row["adhoc_id"])
        seen.add(twin)


def fi_17(case: Case):
    for item in case.items:
        if item.mode == "FLAT" and item.unit_price is None:
            yield Finding("FI-17", "critical", item.subjects[0], ("item", item.held_key))
        if item.mode == "UNIT" and item.unit_price is None:
            yield Finding("FI-17", "critical", item.service_code, ("item", item.held_key))


def fi_19(case: Case):
    for client_id in sorted({case.tables.client_of(item.client_file_id) or "" for item in case.items} - {""}):
        client = case.tables.clients[client_id]
        if None in (client["siren"], client["vat_number"], client["einvoice_address"]):
            yield Finding("FI-19", "warning", client_id)


def fi_20(case: Case):
    for entry in case.entries:
        if entry.month != case.month or not (entry.counts or entry.state == "UNKNOWN_MISSION"):
            continue
        person = case.tables.collaborators.get(entry.row["collaborator_id"])
        day = entry.row["work_date"]
        if (
            person is None
            or (person["entry_date"] is not None and day < person["entry_date"])
            or (person["exit_date"] is not None and day > person["exit_date"])
        ):
            yield Finding("FI-20", "critical", entry.key, ("entry", entry.key))


def fi_22(case: Case):
    for item in case.items:
        if item.vat_rate is None and item.service_code is not None:
            yield Finding("FI-22", "critical", item.service_code, ("item", item.held_key))


RULES = (
    fi_01,
    fi_02,
    fi_03,
    fi_04,
    fi_05,
    fi_06,
    fi_07,
    fi_08,
    fi_09,
    fi_10,
    fi_11,
    fi_12,
    fi_13,
    fi_14,
    fi_15,
    fi_16,
    fi_17,
    fi_19,
    fi_20,
    fi_22,
)
