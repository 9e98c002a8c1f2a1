"""The life of service contracts: what a run of a month bills, what its validation moves.

The rules, with what they stand on:

- A fee is due for each period of the grid from the next invoice date on whose invoice date has come and that no history
  knows; one line each (semantics 2, 3). A true-up is due when its date has come; it counts the fees not yet regularised
  that ended before the control date (contract §3).
- An item is in the earliest month, from its home month on, that stands as a draft and reached its date; else in the
  month being run (semantics 2). Validated lines move their rule on (semantics 4).
- A correction with a date replaces what was moved; lines validated from that date on move it again (semantics 5).
- Under a billing threshold amounts wait, yet the history records their periods (semantics 28).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.oracle.arithmetic import ONE_DAY, anchored, exact, last_day, month_of, rounded
from tests.oracle.contracts import anomalies
from tests.oracle.contracts.grid import Grid, Modules, Period
from tests.oracle.contracts.meters import Count, Mark, Quantities, count
from tests.oracle.contracts.records import MOVED, MOVED_DATES, Inbox, Row, View

ZERO = Decimal(0)


@dataclass(frozen=True)
class HistoryRow:
    """A flat fee that was billed, or waits under a threshold."""

    period_start: date
    period_end: date
    included_units: Decimal | None
    amount: Decimal | None
    live: bool
    below_threshold: bool
    regularised_on: date | None
    ours: bool

    @property
    def open(self) -> bool:
        return self.regularised_on is None


@dataclass(frozen=True)
class Item:
    """Something due of a contract, before anyone judged it."""

    key: str
    source_key: str
    contract_id: str
    rule_id: str
    billing_mode: str
    period_start: date
    period_end: date
    due_date: date
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None
    judged_on: date
    period: Period | None = None
    included_units: Decimal | None = None
    offered: Decimal = ZERO
    marks: tuple[tuple[str, Mark], ...] = ()
    counted: tuple[date, ...] = ()
    effective_on: date | None = None
    waiting: bool = False

    @property
    def is_fee(self) -> bool:
        return self.billing_mode == "CONTRACT_FLAT"


@dataclass(frozen=True)
class Line:
    """A line of `prebill_line`."""

    line_key: str
    contract_id: str
    rule_id: str
    billing_mode: str
    period_start: date
    period_end: date
    due_date: date
    origin_month: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount_net: Decimal | None
    status: str
    held_by: str | None


@dataclass(frozen=True)
class Exclusion:
    """A row of `prebill_exclusion`."""

    source_table: str
    source_key: str
    reason_code: str
    amount: Decimal | None


@dataclass(frozen=True)
class Anomaly:
    """A row of the register; `expected` and `actual` only where they are plain numbers of a count."""

    code: str
    subject_id: str
    severity: str
    status: str
    cause_code: str | None = None
    expected: str | None = None
    actual: str | None = None


def _estimates(rule: Row, client: Row) -> bool:
    return rule.reading_mode == "ESTIMATE_ALLOWED" and not client.no_estimate


@dataclass
class Draft:
    """A month as a run made it."""

    month: str
    control_date: date
    lines: list[Line]
    exclusions: list[Exclusion]
    anomalies: list[Anomaly]
    billable: list[Item] = field(default_factory=list)
    deferred: list[Item] = field(default_factory=list)
    waits: set[str] = field(default_factory=set)
    states: dict[str, RuleState] = field(default_factory=dict)
    overridden: frozenset[str] = frozenset()
    open_contracts: frozenset[str] = frozenset()
    view: View | None = None

    def line(self, line_key: str) -> Line:
        return next(line for line in self.lines if line.line_key == line_key)

    def codes(self) -> list[str]:
        return sorted(one.code for one in self.anomalies)


@dataclass
class RuleState:
    """A rule as a run sees it: its row, what validated lines moved, its history, its grid."""

    rule: Row
    module: Row
    contract: Row
    client: Row
    modules: Modules
    grid: Grid
    moved: dict[str, Any]
    history: list[HistoryRow]
    marks: dict[str, Mark]
    openings: dict[str, Mark | None]
    items: list[Item] = field(default_factory=list)
    counts: dict[str, Count] = field(default_factory=dict)
    #: Assets that would give back and may not, by period: their counters stay where they were billed.
    kept_back: dict[str, list[bool]] = field(default_factory=dict)
    direct: list[Row] = field(default_factory=list)
    attached: list[Row] = field(default_factory=list)
    theoretical: int | None = None
    real: int | None = None

    @property
    def rule_id(self) -> str:
        return self.rule.rule_id

    @property
    def trues_up(self) -> bool:
        return self.rule.type == "FLAT_WITH_TRUE_UP"

    @property
    def measured(self) -> bool:
        return self.rule.type != "FLAT_AMOUNT"

    @property
    def estimates(self) -> bool:
        return _estimates(self.rule, self.client)

    @property
    def active(self) -> bool:
        return self.rule.status == "ACTIVE" and self.contract.status == "ACTIVE"

    @property
    def measured_items(self) -> list[Item]:
        """True-ups and consumption that have come due, without those that only wait since."""
        return [item for item in self.items if not item.is_fee and not item.waiting]

    @property
    def open_rows(self) -> list[HistoryRow]:
        return [row for row in self.history if row.open]

    @property
    def kept_units(self) -> Decimal:
        """Included units of the fees not yet regularised."""
        return sum((row.included_units or ZERO for row in self.open_rows), ZERO)

    @property
    def schedule_day(self) -> int | None:
        """The day true-ups fall on: the rule's, else the flat fee's when the date fits it, else the date's own."""
        scheduled = self.moved["next_true_up_date"]
        if self.rule.true_up_day or scheduled is None:
            return self.rule.true_up_day
        return self.grid.anchor if scheduled == anchored(scheduled, 0, self.grid.anchor) else scheduled.day

    @property
    def accumulated(self) -> Decimal:
        known = self.moved["accumulated_units"]
        return self.kept_units if known is None else known


class Simulator:
    """A firm's service contracts over time."""

    def __init__(self, tables: Mapping[str, Iterable[Mapping[str, str]]]) -> None:
        self.inbox = Inbox()
        self.inbox.deliver(tables)
        self.drafts: dict[str, Draft] = {}
        self.closed_months: set[str] = set()
        self.closed: dict[str, set[str]] = {}
        self.moves: dict[tuple[str, str], list[tuple[date, Any]]] = {}
        self.history: dict[str, dict[date, HistoryRow]] = {}
        self.regularised: dict[tuple[str, date], date] = {}
        self.marks: dict[tuple[str, str], Mark] = {}
        self.waiting: dict[str, Item] = {}
        self.billed: set[str] = set()
        self.frozen: dict[str, list[Line]] = {}

    def deliver(self, tables: Mapping[str, Iterable[Mapping[str, str]]]) -> None:
        """Takes in further deliveries; the latest wins for its key."""
        self.inbox.deliver(tables)

    # ------------------------------------------------------------------ run

    def run(self, month: str, control_date: date | None = None) -> Draft:
        """What the month shows; a draft that stands is computed anew, a validated month stays as it is."""
        if month in self.closed_months:
            return self.drafts[month]
        control_date = control_date or last_day(month)
        done = self.closed.get(month, set())
        if done:
            control_date = self.drafts[month].control_date
        view = self.inbox.seen_on(control_date)
        quantities = Quantities(view, control_date)
        open_contracts = frozenset(
            contract.contract_id for contract in view.rows("service_contract") if contract.contract_id not in done
        )
        states = [
            self._state(view, quantities, rule, control_date)
            for rule in sorted(view.rows("billing_rule"), key=lambda row: row.rule_id)
            if view.row("contract_module", rule.module_id).contract_id in open_contracts
        ]
        for state in states:
            self._find_items(state, month, control_date, quantities)
        draft = Draft(
            month,
            control_date,
            lines=list(self.frozen.get(month, [])),
            exclusions=[],
            anomalies=[],
            states={state.rule_id: state for state in states},
            overridden=frozenset(
                row.contract_id
                for row in view.rows("run_override")
                if row.control_date == control_date and row.option == "NO_ACCUMULATION_CHECK"
            ),
            open_contracts=open_contracts,
            view=view,
        )
        active = [state for state in states if state.active]
        findings = anomalies.find(view, quantities, active, control_date, open_contracts)
        draft.anomalies, holds = anomalies.register(findings, view, control_date, draft.overridden)
        self._free_periods(draft, active)
        for contract_id in sorted(open_contracts):
            self._settle(draft, contract_id, [one for one in states if one.contract.contract_id == contract_id], holds)
        draft.lines.sort(key=lambda line: line.line_key)
        draft.exclusions.sort(key=lambda one: (one.reason_code, one.source_key))
        self.drafts[month] = draft
        return draft

    def _state(self, view: View, quantities: Quantities, rule: Row, control_date: date) -> RuleState:
        module = view.row("contract_module", rule.module_id)
        contract = view.row("service_contract", module.contract_id)
        client = view.row("client", contract.client_id)
        modules = Modules(view, module)
        direct = [
            view.row("quantity", row.quantity_id) for row in view.rows("rule_quantity") if row.rule_id == rule.rule_id
        ]
        direct.sort(key=lambda row: row.quantity_id)
        reached = sorted({name for row in direct for name in quantities.reached(row.quantity_id)})
        grid = Grid(contract, rule, modules)
        moved = {name: self._moved(view, grid, name) for name in MOVED}
        opened_on = moved["last_true_up_date" if rule.type == "FLAT_WITH_TRUE_UP" else "last_invoice_date"]
        marks = {name: self.marks[rule.rule_id, name] for name in reached if (rule.rule_id, name) in self.marks}
        return RuleState(
            rule=rule,
            module=module,
            contract=contract,
            client=client,
            modules=modules,
            grid=grid,
            moved=moved,
            history=self._history(view, rule),
            marks=marks,
            openings={
                name: marks.get(name) or quantities.meters[name].opening(opened_on, _estimates(rule, client))
                for name in reached
            },
            direct=direct,
            attached=[view.row("quantity", name) for name in reached],
        )

    def _moved(self, view: View, grid: Grid, name: str) -> Any:
        """The value of a field that validated lines move."""
        rule = grid.rule
        given = rule.get(name)
        since = view.corrected_since.get((rule.rule_id, name))
        moves = [value for day, value in self.moves.get((rule.rule_id, name), []) if since is None or day >= since]
        if not moves:
            return given
        value = moves[-1]
        if name == "next_invoice_date":
            # Planned by the rule of today, from the period billed last on.
            value = grid.next_invoice_date(value)
        if name in MOVED_DATES and given is not None and (since is None or since == date.min):
            return max(given, value) if value is not None else given
        return value

    def _history(self, view: View, rule: Row) -> list[HistoryRow]:
        found = {
            row.period_start: HistoryRow(
                period_start=row.period_start,
                period_end=row.period_end,
                included_units=row.included_units,
                amount=row.amount,
                live=bool(row.invoice_ref),
                below_threshold=row.below_threshold,
                regularised_on=row.regularised_on,
                ours=False,
            )
            for row in view.rows("flat_fee_history")
            if row.rule_id == rule.rule_id
        }
        found |= self.history.get(rule.rule_id, {})
        rows = []
        for start, row in sorted(found.items()):
            live = row.live or row.ours or f"FEE|{rule.rule_id}|{start}" in self.billed
            settled = row.regularised_on or self.regularised.get((rule.rule_id, start))
            rows.append(replace(row, live=live, regularised_on=settled))
        return rows

    def _placed(self, key: str, contract_id: str, due: date, month: str, control_date: date) -> bool:
        """Whether an item is billed in the month being run; a draft before it keeps what it does not only defer."""
        if due > control_date:
            return False
        standing = [
            other.month
            for other in self.drafts.values()
            if other.month != month
            and other.month not in self.closed_months
            and contract_id not in self.closed.get(other.month, set())
            and other.month >= month_of(due)
            and other.control_date >= due
            and key not in other.waits
        ]
        return month <= min([month, *standing])

    # ------------------------------------------------------------------ items

    def _find_items(self, state: RuleState, month: str, control_date: date, quantities: Quantities) -> None:
        rule, grid = state.rule, state.grid

        def here(key: str, day: date) -> bool:
            return self._placed(key, state.contract.contract_id, day, month, control_date)

        if not state.active:
            own = [item for item in self.waiting.values() if item.rule_id == rule.rule_id]
            state.items += [replace(item, waiting=True) for item in own if here(item.key, item.due_date)]
            return
        next_date = state.moved["next_invoice_date"]
        due = []
        if next_date is not None:
            due = [
                period
                for period in grid.periods(control_date)
                if next_date <= period.planned_on and period.invoice_date <= control_date
            ]

        if rule.type == "CONSUMED_UNITS":
            self._consumption_items(state, due, here, control_date, quantities)
        else:
            known = {row.period_start for row in state.history}
            fees = [self._fee(state, period) for period in due if period.start not in known]
            state.items += [fee for fee in fees if here(fee.key, fee.due_date)]
            scheduled = state.moved["next_true_up_date"]
            if (
                state.trues_up
                and scheduled is not None
                and scheduled <= control_date
                and here(f"TRUEUP|{rule.rule_id}|{scheduled}", scheduled)
            ):
                self._true_up_item(state, scheduled, fees, month, control_date, quantities)
        waiting = [item for item in self._waiting_items(state) if here(item.key, item.due_date)]
        state.items += [replace(item, waiting=True) for item in waiting]

    def _waiting_items(self, state: RuleState) -> list[Item]:
        found = [item for item in self.waiting.values() if item.rule_id == state.rule_id]
        for row in state.history:
            key = f"FEE|{state.rule_id}|{row.period_start}"
            if row.ours or not row.below_threshold or row.live or key in self.billed:
                continue
            day = row.period_end + ONE_DAY if state.grid.arrears else row.period_start
            amount = row.amount if row.amount is not None else state.rule.amount
            found.append(
                Item(
                    key=key,
                    source_key=f"{state.rule_id}|{row.period_start}",
                    contract_id=state.contract.contract_id,
                    rule_id=state.rule_id,
                    billing_mode="CONTRACT_FLAT",
                    period_start=row.period_start,
                    period_end=row.period_end,
                    due_date=day,
                    quantity=Decimal(1),
                    unit_price=amount,
                    amount=amount,
                    judged_on=day,
                )
            )
        return found

    def _fee(self, state: RuleState, period: Period) -> Item:
        rule = state.rule
        amount = period.amount(rule.amount, rule.prorate_first, rule.prorate_last)
        return Item(
            key=f"FEE|{rule.rule_id}|{period.start}",
            source_key=f"{rule.rule_id}|{period.start}",
            contract_id=state.contract.contract_id,
            rule_id=rule.rule_id,
            billing_mode="CONTRACT_FLAT",
            period_start=period.start,
            period_end=period.end,
            due_date=period.invoice_date,
            quantity=Decimal(1),
            unit_price=amount,
            amount=amount,
            judged_on=period.invoice_date - ONE_DAY if state.grid.arrears else period.invoice_date,
            period=period,
            included_units=rule.included_units,
        )

    def _counts(self, state: RuleState, cuts: list[date], quantities: Quantities) -> list[Decimal] | None:
        """Consumption of the rule per period, None when nothing can be said."""
        for quantity in state.attached:
            if quantity.kind == "COMPUTED":
                continue
            meter = quantities.meters[quantity.quantity_id]
            opening = state.openings[quantity.quantity_id]
            state.counts[quantity.quantity_id] = count(
                quantity, meter, opening, cuts, state.estimates, state.rule.estimate_lookback_days
            )
        by_asset: dict[str, list[Fraction]] = {}
        if not state.direct:
            return None
        for quantity in state.direct:
            leaves = quantities.leaves(quantity.quantity_id)
            if leaves is None:
                return None
            own = [Fraction(0)] * len(cuts)
            for factor, leaf in leaves:
                parts = state.counts[leaf].parts
                if parts is None:
                    return None
                own = [total + factor * exact(part) for total, part in zip(own, parts, strict=True)]
            asset = by_asset.setdefault(quantity.asset_id, [Fraction(0)] * len(cuts))
            asset[:] = [total + exact(rounded(part, 4)) for total, part in zip(asset, own, strict=True)]
        if not state.rule.net_assets:
            for asset_id, asset in by_asset.items():
                asset[:], state.kept_back[asset_id] = self._one_way(asset)
        return [rounded(sum(parts, Fraction(0)), 4) for parts in zip(*by_asset.values(), strict=True)]

    @staticmethod
    def _one_way(parts: list[Fraction]) -> tuple[list[Fraction], list[bool]]:
        """What an asset is billed, period by period, when nothing is given back: that waits for what it uses next."""
        billed, waits, behind = [], [], Fraction(0)
        for part in parts:
            balance = part + behind
            behind = min(balance, Fraction(0))
            billed.append(max(balance, Fraction(0)))
            waits.append(balance < 0)
        return billed, waits

    def _marks_after(self, state: RuleState, number: int, quantities: Quantities) -> tuple[tuple[str, Mark], ...]:
        found = []
        for name, counted in sorted(state.counts.items()):
            waits = state.kept_back.get(quantities.quantity(name).asset_id, [False] * (number + 1))
            billed = [period for period in range(number + 1) if not waits[period]]
            if billed and counted.marks and counted.marks[billed[-1]] is not None:
                found.append((name, counted.marks[billed[-1]]))
        return tuple(found)

    def _sold(self, state: RuleState, delta: Decimal | None, left: Decimal) -> tuple[Decimal | None, Decimal]:
        """The quantity to bill and the offered units it used."""
        if delta is None:
            return None, ZERO
        offered = min(max(delta, ZERO), left)
        quantity = delta - offered
        if quantity < 0 and not state.rule.refund_unused:
            quantity = ZERO
        return quantity, offered

    def _priced(self, state: RuleState, quantity: Decimal | None) -> Decimal | None:
        price = state.rule.unit_price
        return None if quantity is None or price is None else rounded(exact(quantity) * exact(price))

    def _true_up_item(
        self,
        state: RuleState,
        scheduled: date,
        fees: list[Item],
        month: str,
        control_date: date,
        quantities: Quantities,
    ) -> None:
        rule, grid = state.rule, state.grid
        counted = [row for row in state.open_rows if row.period_end < control_date]
        included = sum((row.included_units or ZERO for row in counted), ZERO)
        starts = [row.period_start for row in counted]
        if grid.arrears:
            own = [fee for fee in fees if fee.period_end < control_date]
            included += sum((item.included_units or ZERO for item in own), ZERO)
            starts += [item.period_start for item in own]
        state.real = len(starts)
        state.theoretical = self._theoretical(state, scheduled, control_date)
        effective = scheduled if month_of(scheduled) == month else control_date
        consumed = self._counts(state, [control_date], quantities)
        delta = None if consumed is None else consumed[0] - included
        quantity, offered = self._sold(state, delta, max(state.moved["offered_units"] or ZERO, ZERO))
        marks = self._marks_after(state, 0, quantities)
        if consumed is not None and consumed[0] < 0 and not rule.refund_unused:
            marks = ()
        start = state.moved["true_up_period_start"] or state.moved["last_true_up_date"] or grid.origin
        state.items.append(
            Item(
                key=f"TRUEUP|{rule.rule_id}|{scheduled}",
                source_key=f"{rule.rule_id}|{scheduled}",
                contract_id=state.contract.contract_id,
                rule_id=rule.rule_id,
                billing_mode="TRUE_UP",
                period_start=start,
                period_end=effective - ONE_DAY,
                due_date=scheduled,
                quantity=quantity,
                unit_price=rule.unit_price,
                amount=self._priced(state, quantity),
                judged_on=scheduled - ONE_DAY,
                offered=offered,
                marks=marks,
                counted=tuple(starts),
                effective_on=effective,
            )
        )

    def _theoretical(self, state: RuleState, scheduled: date, control_date: date) -> int | None:
        """How many flat fees a true-up should find, None when the rule does not say."""
        months, every = state.rule.period_months, state.rule.true_up_months
        if not every or every < months or every % months:
            return None
        if state.moved["last_true_up_date"] is not None:
            return every // months
        limit = control_date if month_of(scheduled) == month_of(control_date) else scheduled
        free_until = anomalies.free_until(state.contract)
        # Since the rule's period start, though that be before the contract's.
        before = 0 if free_until else state.grid.periods_before_contract
        return before + sum(
            1
            # A period that a module's end cuts is billed with the true-up, not before.
            for period in state.grid.periods(limit, modules_cut=False)
            if period.end < limit and not (free_until and period.end <= free_until)
        )

    def _consumption_items(
        self, state: RuleState, due: list[Period], here: Any, control_date: date, quantities: Quantities
    ) -> None:
        if not due:
            return
        cuts = [period.invoice_date for period in due[:-1]] + [control_date]
        consumed = self._counts(state, cuts, quantities)
        left = max(state.moved["offered_units"] or ZERO, ZERO)
        behind = ZERO
        for number, period in enumerate(due):
            delta = None if consumed is None else consumed[number]
            stays = delta is not None and delta + behind < 0 and not state.rule.refund_unused
            if delta is not None:
                delta += behind
            behind = delta if stays else ZERO
            quantity, offered = self._sold(state, delta, left)
            left -= offered
            key = f"USE|{state.rule_id}|{period.start}"
            if not here(key, period.invoice_date):
                continue
            state.items.append(
                Item(
                    key=key,
                    source_key=f"{state.rule_id}|{period.start}",
                    contract_id=state.contract.contract_id,
                    rule_id=state.rule_id,
                    billing_mode="CONSUMED",
                    period_start=period.start,
                    period_end=period.end,
                    due_date=period.invoice_date,
                    quantity=quantity,
                    unit_price=state.rule.unit_price,
                    amount=self._priced(state, quantity),
                    judged_on=period.invoice_date - ONE_DAY,
                    period=period,
                    offered=offered,
                    marks=() if stays else self._marks_after(state, number, quantities),
                )
            )

    # ------------------------------------------------------------------ lines

    def _free_periods(self, draft: Draft, states: list[RuleState]) -> None:
        for state in states:
            free_until = anomalies.free_until(state.contract)
            next_date = state.moved["next_invoice_date"] or date.max
            if free_until is None or state.rule.type == "CONSUMED_UNITS":
                continue
            for period in state.grid.periods(draft.control_date, modules_cut=False):
                day = period.invoice_date
                if (
                    period.end <= free_until
                    and day < next_date
                    and month_of(day) == draft.month
                    and day <= draft.control_date
                ):
                    key = f"{state.rule_id}|{period.start}"
                    draft.exclusions.append(Exclusion("billing_rule", key, "FREE_PERIOD", None))

    def _settle(self, draft: Draft, contract_id: str, states: list[RuleState], holds: anomalies.Holds) -> None:
        """Turns the items of a contract into lines, or lets them wait under its threshold."""
        items = [item for state in states for item in state.items]
        threshold = draft.view.row("service_contract", contract_id).billing_threshold
        reached = not threshold or sum((item.amount or ZERO for item in items), ZERO) >= threshold
        for item in items:
            held = holds.codes(item)
            if not reached and not held and item.amount is not None:
                draft.exclusions.append(Exclusion("billing_rule", item.source_key, "BELOW_THRESHOLD", item.amount))
                draft.waits.add(item.key)
                if not item.waiting:
                    draft.deferred.append(item)
                continue
            ready = not held and item.amount is not None
            draft.lines.append(
                Line(
                    line_key=item.key,
                    contract_id=contract_id,
                    rule_id=item.rule_id,
                    billing_mode=item.billing_mode,
                    period_start=item.period_start,
                    period_end=item.period_end,
                    due_date=item.due_date,
                    origin_month=month_of(item.due_date),
                    quantity=item.quantity,
                    unit_price=item.unit_price,
                    amount_net=item.amount,
                    status="READY" if ready else "HELD",
                    held_by=",".join(held) or None,
                )
            )
            if ready:
                draft.billable.append(item)

    # ------------------------------------------------------------------ validation

    def validate(self, month: str, contracts: Iterable[str] | None = None) -> list[Line]:
        """Freezes the READY lines of the standing draft, of all contracts or of some, and moves their rules on."""
        draft = self.drafts[month]
        if month in self.closed_months:
            return []
        chosen = draft.open_contracts if contracts is None else draft.open_contracts & set(contracts)
        for state in draft.states.values():
            if state.contract.contract_id in chosen:
                self._move(draft, state)
        validated = [
            replace(line, status="VALIDATED")
            for line in draft.lines
            if line.contract_id in chosen and line.status == "READY"
        ]
        self.frozen.setdefault(month, []).extend(validated)
        self.closed.setdefault(month, set()).update(chosen)
        if contracts is None:
            self.closed_months.add(month)
            draft.lines = sorted(self.frozen[month], key=lambda line: line.line_key)
        return validated

    def _move(self, draft: Draft, state: RuleState) -> None:
        billed = [item for item in draft.billable if item.rule_id == state.rule_id]
        deferred = [item for item in draft.deferred if item.rule_id == state.rule_id]
        for item in billed:
            self.billed.add(item.key)
            self.waiting.pop(item.key, None)
        for item in deferred:
            self.waiting[item.key] = item
        settled = [(item, False) for item in billed if not item.waiting] + [(item, True) for item in deferred]
        accumulated = state.accumulated
        moved: dict[str, Any] = {}
        fees = sorted((pair for pair in settled if pair[0].is_fee), key=lambda pair: pair[0].due_date)
        for item, waits in fees:
            self.history.setdefault(state.rule_id, {})[item.period_start] = HistoryRow(
                period_start=item.period_start,
                period_end=item.period_end,
                included_units=item.included_units,
                amount=item.amount,
                live=True,
                below_threshold=waits,
                regularised_on=None,
                ours=True,
            )
            if (state.rule_id, item.period_start) not in self.regularised:
                accumulated += item.included_units or ZERO
        for item, _ in settled:
            if item.billing_mode == "TRUE_UP":
                accumulated = self._regularise(draft, state, item, accumulated, moved)
            if item.offered:
                left = moved.get("offered_units", state.moved["offered_units"])
                moved["offered_units"] = left - item.offered
            for quantity_id, mark in item.marks:
                self.marks[state.rule_id, quantity_id] = mark
        scheduled = sorted((item for item, _ in settled if item.period), key=lambda item: item.due_date)
        if scheduled:
            moved["last_invoice_date"] = scheduled[-1].due_date
            moved["next_invoice_date"] = scheduled[-1].period
        if state.trues_up and settled:
            moved["accumulated_units"] = accumulated
        for name, value in moved.items():
            self.moves.setdefault((state.rule_id, name), []).append((draft.control_date, value))

    def _regularise(
        self, draft: Draft, state: RuleState, item: Item, accumulated: Decimal, moved: dict[str, Any]
    ) -> Decimal:
        """Settles the fees a true-up counted; gives what is left accumulated."""
        rule_id = state.rule_id
        rows = self.history.get(rule_id, {}) | {row.period_start: row for row in state.history}
        for start in item.counted:
            self.regularised[rule_id, start] = item.effective_on
            if start in rows:
                accumulated -= rows[start].included_units or ZERO
        moved["last_true_up_date"] = moved["true_up_period_start"] = item.effective_on
        every = state.rule.true_up_months
        moved["next_true_up_date"] = anchored(item.due_date, every, state.schedule_day) if every else None
        if state.contract.contract_id in draft.overridden:
            left = [row for start, row in rows.items() if row.open and start not in item.counted]
            return sum((row.included_units or ZERO for row in left), ZERO)
        return accumulated

    def state_of(self, rule_id: str, control_date: date) -> dict[str, Any]:
        """What validated lines moved of a rule, as a run at that date sees it."""
        view = self.inbox.seen_on(control_date)
        rule = view.row("billing_rule", rule_id)
        module = view.row("contract_module", rule.module_id)
        grid = Grid(view.row("service_contract", module.contract_id), rule, Modules(view, module))
        return {name: self._moved(view, grid, name) for name in MOVED}
