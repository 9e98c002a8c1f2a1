"""The twenty-seven anomalies of service contracts, as predicates over what a run sees."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.oracle.arithmetic import ONE_DAY, anchored
from tests.oracle.contracts.grid import FOREVER
from tests.oracle.contracts.meters import Mark, Quantities, reading_order
from tests.oracle.contracts.records import Row, View

if TYPE_CHECKING:
    from tests.oracle.contracts.model import Anomaly, HistoryRow, Item, RuleState

JUMP_FACTOR = 5
#: What an anomaly of these codes holds: only true-ups and consumption, not the flat fees beside them.
MEASURED_ONLY = {"AN-06", "AN-07", "AN-08", "AN-09", "AN-10", "AN-12", *(f"AN-{number}" for number in range(15, 25))}
#: Why a line may have no amount: accepted or not, they say so.
LEAVE_UNKNOWN = {"AN-06", "AN-07", "AN-08", "AN-11", "AN-12", "AN-24"}
#: What the override of a contract at a date accepts.
ACCUMULATION_CHECKS = {"AN-15", "AN-16", "AN-17", "AN-20", "AN-21"}
SYMPTOMS = ("AN-16", "AN-17")
CAUSES = ("AN-18", "AN-19", "AN-20", "AN-21", "AN-22", "AN-15", "AN-10")
SEVERITIES = ("critical", "warning", "info")
C, W, INFO = SEVERITIES


@dataclass(frozen=True)
class Finding:
    """One failed check: what must be mended, and the rules it concerns."""

    code: str
    subject_id: str
    severity: str
    rules: tuple[str, ...]
    contract_id: str | None = None
    expected: str | None = None
    actual: str | None = None


class Holds:
    """The critical anomalies of each rule, those that stand open and those that people accepted."""

    def __init__(self) -> None:
        self.open: dict[str, set[str]] = defaultdict(set)
        self.accepted: dict[str, set[str]] = defaultdict(set)

    def codes(self, item: Item) -> list[str]:
        codes = set(self.open[item.rule_id])
        if item.amount is None:
            codes |= self.accepted[item.rule_id] & LEAVE_UNKNOWN
        return sorted(code for code in codes if not (item.is_fee and code in MEASURED_ONLY))


def register(
    findings: list[Finding], view: View, control_date: date, overridden: frozenset[str]
) -> tuple[list[Anomaly], Holds]:
    """One row per code and subject, accepted or open, symptoms tied to their cause; and what they hold."""
    from tests.oracle.contracts.model import Anomaly

    holds = Holds()
    raised = {(one.code, rule) for one in findings for rule in one.rules}
    merged: dict[tuple[str, str], Anomaly] = {}
    for one in findings:
        waived = any(
            row.code == one.code
            and row.subject_id == one.subject_id
            and row.valid_from <= control_date <= (row.valid_to or FOREVER)
            for row in view.rows("waiver")
        )
        accepted = waived or (one.contract_id in overridden and one.code in ACCUMULATION_CHECKS)
        if one.severity == C:
            for rule in one.rules:
                (holds.accepted if accepted else holds.open)[rule].add(one.code)
        cause = None
        if one.code in SYMPTOMS:
            cause = next((code for code in CAUSES if (code, one.subject_id) in raised), None)
        row = Anomaly(
            one.code, one.subject_id, one.severity, "ACCEPTED" if accepted else "OPEN", cause, one.expected, one.actual
        )
        known = merged.get((one.code, one.subject_id))
        if known is None or SEVERITIES.index(row.severity) < SEVERITIES.index(known.severity):
            merged[one.code, one.subject_id] = row
    return sorted(merged.values(), key=lambda row: (row.code, row.subject_id)), holds


def find(
    view: View, quantities: Quantities, states: list[RuleState], control_date: date, open_contracts: frozenset[str]
) -> list[Finding]:
    """All findings of a run over the rules of its open contracts."""
    found: list[Finding] = []
    for state in states:
        for check in (_modules, _amounts, _template, _period_start, _free_year, _counting, _history, _readings):
            found += check(state, view, quantities, control_date)
    found += _clients(states)
    found += _idle_contracts(view, open_contracts, states, control_date)
    found += _twin_quantities(view, quantities, states, control_date)
    found += _mixed_modes(quantities, states)
    return found


def _of(state: RuleState, code: str, severity: str, subject_id: str | None = None, **more) -> Finding:
    return Finding(
        code, subject_id or state.rule_id, severity, (state.rule_id,), contract_id=state.contract.contract_id, **more
    )


def free_until(contract: Row) -> date | None:
    """The last free day of a contract."""
    if not contract.free_months:
        return None
    return anchored(contract.start_date, contract.free_months) - ONE_DAY


# ---------------------------------------------------------------- clients, modules, amounts, templates


def _clients(states: list[RuleState]) -> Iterator[Finding]:
    by_client: dict[str, list[RuleState]] = defaultdict(list)
    for state in states:
        by_client[state.client.client_id].append(state)
    for client_id, own in sorted(by_client.items()):
        client = own[0].client
        stale = client.migrated_at and (client.last_saved_at is None or client.last_saved_at < client.migrated_at)
        if stale and any(state.items for state in own):
            yield Finding("AN-01", client_id, C, tuple(state.rule_id for state in own))


def _modules(state: RuleState, *_) -> Iterator[Finding]:
    module = state.modules.first
    if any(item.judged_on < module.valid_from for item in state.items):
        yield _of(state, "AN-03", C, module.module_id)
    if any(
        module.valid_to is not None and item.judged_on > module.valid_to and not state.modules.covers(item.judged_on)
        for item in state.items
    ):
        yield _of(state, "AN-04", C, module.module_id)


def _amounts(state: RuleState, *_) -> Iterator[Finding]:
    fee_without_amount = any(item.is_fee and item.amount is None for item in state.items)
    if fee_without_amount or (state.measured_items and state.rule.unit_price is None):
        yield _of(state, "AN-11", C)
    if state.measured and not state.direct:
        yield _of(state, "AN-12", C)


def _template(state: RuleState, view: View, _, control_date: date) -> Iterator[Finding]:
    rule = state.rule
    wrong = state.trues_up and (
        rule.true_up_months is None
        or rule.true_up_months < rule.period_months
        or rule.true_up_months % rule.period_months != 0
    )
    if rule.template_id:
        template = view.row("rule_template", rule.template_id)
        if template is None:
            wrong = True
        else:
            every, months = template.true_up_months, template.period_months
            wrong = (
                wrong
                or (template.valid_from is not None and control_date < template.valid_from)
                or (template.valid_to is not None and control_date > template.valid_to)
                or template.term is None
                or (template.reading_mode is None and state.measured)
                or (template.type is not None and template.type != rule.type)
                or bool(every and months and (every < months or every % months))
            )
    if wrong:
        yield _of(state, "AN-13", C if state.items else W)


# ---------------------------------------------------------------- set-up


def _period_start(state: RuleState, view: View, _, control_date: date) -> Iterator[Finding]:
    rule, contract = state.rule, state.contract
    start = state.grid.origin
    if start == contract.start_date or not (rule.manually_edited or contract.manually_edited):
        return
    own = [row for row in view.rows("contract_module") if row.contract_id == contract.contract_id]
    renewals = {row.renewed_by_module_id for row in own if row.renewed_by_module_id}
    explained = (
        start == state.moved["last_true_up_date"]
        or any(row.valid_from == start for row in own if row.module_id in renewals)
        or any(row.rule_id == rule.rule_id and row.field == "period_start" for row in view.rows("rule_change"))
    )
    if not explained:
        yield _of(state, "AN-02", W)


def _free_year(state: RuleState, *_) -> Iterator[Finding]:
    contract, module, grid = state.contract, state.modules.first, state.grid
    if not contract.free_months or state.history or state.moved["last_invoice_date"] is not None:
        return
    expected = anchored(contract.start_date, contract.free_months + (grid.months if grid.arrears else 0))
    if (
        module.valid_from != contract.start_date
        or (contract.end_date is not None and module.valid_to != contract.end_date)
        or state.moved["next_invoice_date"] != expected
    ):
        yield _of(state, "AN-05", W)


def _idle_contracts(
    view: View, open_contracts: frozenset[str], states: list[RuleState], control_date: date
) -> Iterator[Finding]:
    for contract_id in sorted(open_contracts):
        if view.row("service_contract", contract_id).status != "ACTIVE":
            continue
        own = [state for state in states if state.contract.contract_id == contract_id]
        if not any(state.items for state in own) and all(_never_again(state, control_date) for state in own):
            yield Finding("AN-14", contract_id, C, tuple(state.rule_id for state in own), contract_id)


def _never_again(state: RuleState, control_date: date) -> bool:
    end = min(state.contract.end_date or FOREVER, state.modules.end)

    def over(day: date | None, arrears: bool, months: int | None) -> bool:
        if day is None:
            return True
        judged = day - ONE_DAY if arrears else day
        if judged <= end:
            return False
        return control_date > end or anchored(judged, -(months or 0)) > end

    fees_over = over(state.moved["next_invoice_date"], state.grid.arrears, state.grid.months)
    if not state.trues_up:
        return fees_over
    return fees_over and over(state.moved["next_true_up_date"], True, state.rule.true_up_months)


# ---------------------------------------------------------------- counts, accumulations, history


def _counting(state: RuleState, *_) -> Iterator[Finding]:
    if not state.trues_up:
        return
    rule, moved = state.rule, state.moved
    last, start = moved["last_true_up_date"], moved["true_up_period_start"]
    if last is not None and start is not None and start != last:
        yield _of(state, "AN-10", C)
    due = any(item.billing_mode == "TRUE_UP" for item in state.items)
    scheduled = moved["next_true_up_date"]
    if scheduled and not state.grid.arrears and max(rule.true_up_day or 0, scheduled.day) > state.grid.anchor:
        yield _of(state, "AN-15", C if due else W)
    if due and state.theoretical is not None and state.theoretical != state.real:
        yield _of(state, "AN-16", C, expected=str(state.theoretical), actual=str(state.real))
    if state.accumulated != state.kept_units:
        yield _of(state, "AN-17", C, expected=_plain(state.kept_units), actual=_plain(state.accumulated))
    rows = state.open_rows
    units = [row.included_units for row in rows if row.included_units is not None]
    if units and (len(set(units)) > 1 or units[-1] != (rule.included_units or Decimal(0))):
        yield _of(state, "AN-20", C)
    if any(_of_another_length(state, row) for row in rows):
        yield _of(state, "AN-21", C)
    day = state.schedule_day
    if last is not None and day and min(day, calendar.monthrange(last.year, last.month)[1]) != last.day:
        yield _of(state, "AN-22", W)


def _plain(number: Decimal) -> str:
    return str(int(number)) if number == int(number) else str(number.normalize())


def _of_another_length(state: RuleState, row: HistoryRow) -> bool:
    if state.grid.on_grid(row.period_start, row.period_end):
        return False
    months = state.grid.whole_months(row.period_start, row.period_end)
    return months is not None and months != state.grid.months


def _overlap(row: HistoryRow, start: date, end: date) -> bool:
    return row.period_start <= end and start <= row.period_end


def _history(state: RuleState, view: View, _, control_date: date) -> Iterator[Finding]:
    if state.rule.type == "CONSUMED_UNITS":
        return
    yield from _missing_rows(state, control_date)
    yield from _spurious_rows(state, view)


def _missing_rows(state: RuleState, control_date: date) -> Iterator[Finding]:
    next_date = state.moved["next_invoice_date"]
    since = state.moved["last_true_up_date"] or state.grid.origin
    if state.rule.type == "FLAT_AMOUNT":
        if not state.history:
            return
        since = max(since, state.history[0].period_start)
    if next_date is None:
        return
    free = free_until(state.contract)
    for period in state.grid.periods(control_date):
        if (
            period.end >= since
            and period.end < control_date
            and period.planned_on < next_date
            and state.modules.covers(period.start)
            and not (free and period.end <= free)
            and not any(_overlap(row, period.start, period.end) for row in state.history)
        ):
            yield _of(state, "AN-18", C, f"{state.rule_id}|{period.start}")


def _spurious_rows(state: RuleState, view: View) -> Iterator[Finding]:
    moved_by_amendment = any(
        row.rule_id == state.rule_id and row.field == "period_start" for row in view.rows("rule_change")
    )
    rows = state.open_rows
    for row in rows:
        off = False
        if not state.grid.on_grid(row.period_start, row.period_end):
            if _of_another_length(state, row):
                off = any(
                    other is not row
                    and _overlap(other, row.period_start, row.period_end)
                    and (
                        state.grid.on_grid(other.period_start, other.period_end)
                        or (_of_another_length(state, other) and other.period_start < row.period_start)
                    )
                    for other in rows
                )
            else:
                off = True
            if row.period_start < state.grid.origin:
                off = not moved_by_amendment
        threshold = bool(state.contract.billing_threshold)
        dead = not row.live and not (row.below_threshold and threshold)
        if off or dead:
            yield _of(state, "AN-19", W if threshold else C, f"{state.rule_id}|{row.period_start}")


# ---------------------------------------------------------------- quantities and readings


def _readings(state: RuleState, view: View, quantities: Quantities, control_date: date) -> Iterator[Finding]:
    if not state.measured:
        return
    started = control_date >= state.contract.start_date
    for quantity in state.attached:
        own = quantities.readings.get(quantity.quantity_id, [])
        if quantity.kind == "COMPUTED":
            if started and quantities.live(quantity) and not quantities.computable(quantity):
                yield _of(state, "AN-06", C, quantity.quantity_id)
            continue
        if not quantity.cumulative:
            continue
        start = max(state.contract.start_date, view.row("asset", quantity.asset_id).installed_on or date.min)
        installed = any(one.origin == "INSTALLATION" and one.reading_date <= start for one in own)
        if started and quantities.live(quantity) and not installed:
            yield _of(state, "AN-08", C, quantity.quantity_id)
        opening = state.marks.get(quantity.quantity_id)
        for day, severity in _inconsistencies(own, opening, state.openings.get(quantity.quantity_id)):
            yield _of(state, "AN-09", severity, f"{quantity.quantity_id}|{day}")
    if state.measured_items:
        yield from _unread(state)
    rule, left = state.rule, state.moved["offered_units"] or Decimal(0)
    if rule.workaround_offered and rule.reading_mode == "ACTUAL" and left <= 0:
        yield _of(state, "AN-25", INFO)


def _unread(state: RuleState) -> Iterator[Finding]:
    """What a due true-up or consumption misses."""
    missing = {name: counted for name, counted in state.counts.items() if counted.missing}
    if not missing:
        return
    rule = state.rule
    if state.estimates:
        for name in sorted(missing):
            yield _of(state, "AN-07", C, name)
        return
    if rule.workaround_offered and (state.moved["offered_units"] or Decimal(0)) > 0:
        yield _of(state, "AN-25", INFO)
        return
    yield _of(state, "AN-24", C)
    if not state.client.no_estimate and all(counted.estimable for counted in missing.values()):
        yield _of(state, "AN-26", INFO)


def _inconsistencies(readings: list[Row], billed: Mark | None, opening: Mark | None) -> Iterator[tuple[date, str]]:
    """Days on which the history of a counter does not fit."""
    by_day: dict[date, list[Row]] = defaultdict(list)
    for reading in readings:
        by_day[reading.reading_date].append(reading)
    for day, own in sorted(by_day.items()):
        # A device that goes and the one that comes are two spans.
        if len({one.value for one in own if one.origin != "REMOVAL"}) > 1:
            yield day, C
    if (
        billed
        and not billed.estimated
        and (billed.day, billed.value) not in {(one.reading_date, one.value) for one in readings}
    ):
        yield billed.day, C
    ordered = sorted((one for one in readings if one.origin != "ESTIMATE"), key=reading_order)
    installed = [one.reading_date for one in ordered if one.origin == "INSTALLATION"]
    removed = False
    before: Row | None = None
    intervals: list[tuple[date, Decimal, int]] = []
    for reading in ordered:
        day = reading.reading_date
        if reading.origin == "INSTALLATION":
            removed = False
        elif removed or (installed and day < installed[0]):
            yield day, C
        if reading.origin == "REMOVAL":
            removed = True
        if before is not None and reading.origin != "INSTALLATION":
            passed = before.origin == "ROLLOVER"
            if reading.value < before.value and not passed:
                yield day, C
            days = (day - before.reading_date).days
            if days > 0:
                intervals.append((day, reading.value if passed else reading.value - before.value, days))
        before = reading
    for number, (day, delta, days) in enumerate(intervals):
        earlier = intervals[:number]
        volume, length = sum(one[1] for one in earlier), sum(one[2] for one in earlier)
        if (
            number >= 2
            and volume > 0
            and day > (opening.day if opening else date.min)
            and delta * length > JUMP_FACTOR * volume * days
        ):
            yield day, W


def _twin_quantities(
    view: View, quantities: Quantities, states: list[RuleState], control_date: date
) -> Iterator[Finding]:
    users: dict[str, list[RuleState]] = defaultdict(list)
    for state in states:
        if state.measured:
            for quantity in state.attached:
                users[quantity.quantity_id].append(state)
    live = [
        row for row in view.rows("quantity") if row.kind == "TECHNICAL" and row.predefined_code and quantities.live(row)
    ]

    def created(row: Row) -> date:
        return row.created_on or view.row("asset", row.asset_id).installed_on or date.min

    for newer in live:
        for older in live:
            if (newer.asset_id, newer.predefined_code) != (older.asset_id, older.predefined_code):
                continue
            if (created(newer), newer.quantity_id) <= (created(older), older.quantity_id):
                continue
            since = [
                one for one in quantities.readings.get(older.quantity_id, []) if one.reading_date >= created(newer)
            ]
            concerned = users.get(newer.quantity_id, []) + users.get(older.quantity_id, [])
            if len(quantities.readings.get(newer.quantity_id, [])) <= 1 and not since and concerned:
                rules = tuple(sorted({state.rule_id for state in concerned}))
                yield Finding("AN-23", newer.quantity_id, C, rules, concerned[0].contract.contract_id)


def _mixed_modes(quantities: Quantities, states: list[RuleState]) -> Iterator[Finding]:
    by_asset: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for state in states:
        if state.measured:
            for quantity in state.direct:
                if quantities.live(quantity):
                    by_asset[quantity.asset_id].append((state.rule_id, quantity.quantity_id, state.rule.reading_mode))
    for asset_id, uses in sorted(by_asset.items()):
        if any(a[0] != b[0] and a[1] != b[1] and a[2] != b[2] for a in uses for b in uses):
            yield Finding("AN-27", asset_id, W, tuple(sorted({one[0] for one in uses})))
