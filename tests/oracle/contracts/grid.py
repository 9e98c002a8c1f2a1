"""The periods of a rule and the modules it may bill in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.arithmetic import ONE_DAY, anchored, days_actual, exact, rounded
from tests.oracle.contracts.records import Row, View

FOREVER = date.max


@dataclass(frozen=True)
class Period:
    """A period of the grid: `full` as the grid has it, start..end as contract and module leave it.

    Attributes:
        invoice_date: its first day in advance, the day after its last one in arrears.
        planned_on: the same as the grid has it where that is later: what the rule's next invoice date is compared with.
    """

    full_start: date
    full_end: date
    start: date
    end: date
    invoice_date: date
    planned_on: date

    def share(self, prorate_first: bool, prorate_last: bool) -> Fraction:
        """The part of the amount that the period is billed."""
        start = self.start if prorate_first else self.full_start
        end = self.end if prorate_last else self.full_end
        return Fraction(days_actual(start, end), days_actual(self.full_start, self.full_end))

    def amount(self, amount: Decimal | None, prorate_first: bool, prorate_last: bool) -> Decimal | None:
        if amount is None:
            return None
        return rounded(exact(amount) * self.share(prorate_first, prorate_last))


class Modules:
    """The module of a rule and those that renewed it."""

    def __init__(self, view: View, module: Row) -> None:
        self.first = module
        self.chain = [module]
        while (after := view.row("contract_module", self.chain[-1].renewed_by_module_id)) and after not in self.chain:
            self.chain.append(after)

    @staticmethod
    def last_day(module: Row) -> date:
        return FOREVER if module.valid_to is None or module.renewal == "TACIT" else module.valid_to

    @property
    def end(self) -> date:
        return max(self.last_day(module) for module in self.chain)

    def covers(self, day: date) -> bool:
        return any(module.valid_from <= day <= self.last_day(module) for module in self.chain)


class Grid:
    """The periods of P months of a rule, from its period start on, on its anchor day."""

    def __init__(self, contract: Row, rule: Row, modules: Modules) -> None:
        self.contract, self.rule, self.modules = contract, rule, modules
        self.origin = rule.period_start or contract.start_date
        self.months = rule.period_months
        self.anchor = rule.anchor_day or self.origin.day
        self.arrears = rule.term == "ARREARS" or rule.type == "CONSUMED_UNITS"

    def boundary(self, number: int) -> date:
        return anchored(self.origin, number * self.months, self.anchor)

    @property
    def first_number(self) -> int:
        return 0 if self.boundary(0) <= self.origin else -1

    def period(self, number: int, modules_cut: bool = True) -> Period | None:
        """The period of that number, None when the contract leaves nothing of it."""
        full = (self.boundary(number), self.boundary(number + 1) - ONE_DAY)
        start = max(full[0], self.origin, self.contract.start_date)
        end = min(full[1], self.contract.end_date or FOREVER)
        if modules_cut and self.rule.prorate_first and start < self.modules.first.valid_from <= end:
            start = self.modules.first.valid_from
        if modules_cut and self.rule.prorate_last and start <= self.modules.end < end:
            end = self.modules.end
        if start > end:
            return None
        if self.arrears:
            return Period(*full, start, end, end + ONE_DAY, full[1] + ONE_DAY)
        return Period(*full, start, end, start, start)

    def periods(self, until: date, modules_cut: bool = True) -> Iterator[Period]:
        """The periods that start by `until`, in order."""
        number = self.first_number
        while self.boundary(number) <= until:
            if found := self.period(number, modules_cut):
                yield found
            number += 1

    @property
    def periods_before_contract(self) -> int:
        """How many whole periods of the grid are over when the contract starts."""
        number = self.first_number
        while self.boundary(number + 1) <= self.contract.start_date:
            number += 1
        return number - self.first_number

    def next_invoice_date(self, after: Period) -> date:
        """When the period after that one is invoiced; as the grid has it when the contract leaves nothing of it."""
        number = self.first_number
        while self.boundary(number) <= after.full_end:
            number += 1
        if found := self.period(number):
            return found.planned_on
        return self.boundary(number + 1) if self.arrears else self.boundary(number)

    def whole_months(self, start: date, end: date) -> int | None:
        """How many months start..end lasts, None when that is no whole number on the anchor day."""
        if anchored(start, 0, self.anchor) != start:
            return None
        for months in range(1, 121):
            last = anchored(start, months, self.anchor) - ONE_DAY
            if last == end:
                return months
            if last > end:
                return None
        return None

    def on_grid(self, start: date, end: date) -> bool:
        chain_ends = {module.valid_to for module in self.modules.chain}
        for period in self.periods(start):
            if period.full_end < start:
                continue
            if (start, end) in ((period.start, period.end), (period.full_start, period.full_end)):
                return period.full_start >= self.origin or start == period.start
            if start == period.start and end in chain_ends:
                return True
        return False
