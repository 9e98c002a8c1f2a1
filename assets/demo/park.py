"""The park of the sister company: copiers under contract, each with its rule, its meters and what was billed of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from assets.demo.dates import ONE_DAY, anchored, month_end, months_between, shift
from assets.demo.firm import Firm, euros

SERVICES = {"COPIES_NB": "Copies noir et blanc", "COPIES_COUL": "Copies couleur"}
MODELS = ("Optima 2300", "Optima 4500 C", "Lumen A3", "Lumen A3 couleur", "Traceur 36")
FLAT, TRUE_UP, CONSUMED = "FLAT_AMOUNT", "FLAT_WITH_TRUE_UP", "CONSUMED_UNITS"

Row = dict[str, object]


class Contract:
    """A contract with a module and a machine; its rows may be changed until the firm is written.

    Attributes:
        tables: its rows, by input table.
    """

    def __init__(self, firm: Firm, start: date, *, client: Row | None = None, **over: object) -> None:
        firm.contracts.append(self)
        number = f"{len(firm.contracts):04d}"
        self.month = firm.month
        self.start = start
        self.client_id, _ = firm.client(**(client or {}))
        self.contract_id, self.module_id, self.asset_id = f"K{number}", f"K{number}-M1", f"COP-{number}"
        self.rule_id, self.quantity_id = f"K{number}-R1", f"COP{number}_NB"
        self.tables: dict[str, list[Row]] = {}
        values: Row = {"contract_id": self.contract_id, "client_id": self.client_id, "start_date": start}
        self.contract = self.put("service_contract", **(values | {"status": "ACTIVE"} | over))
        self.module = self.put(
            "contract_module",
            module_id=self.module_id,
            contract_id=self.contract_id,
            label="Location et entretien du copieur",
            valid_from=start,
            renewal="TACIT",
        )
        self.asset = self.put(
            "asset",
            asset_id=self.asset_id,
            contract_id=self.contract_id,
            serial_no=f"SN{7 * len(firm.contracts) + 40_000}",
            model=MODELS[len(firm.contracts) % len(MODELS)],
            installed_on=start,
        )

    def put(self, table: str, /, **values: object) -> Row:
        """Adds a row and returns it."""
        self.tables.setdefault(table, []).append(values)
        return values

    def only(self, table: str, /, *rows: Row) -> None:
        """Keeps these rows of a table alone."""
        self.tables[table] = list(rows)

    @property
    def rule(self) -> Row:
        """Its first rule."""
        return self.tables["billing_rule"][0]

    @property
    def fees(self) -> list[Row]:
        """The flat fees already billed."""
        return self.tables["flat_fee_history"]

    @property
    def readings(self) -> list[Row]:
        """The readings of its meters."""
        return self.tables["meter_reading"]

    # -- the machine

    def quantity(self, code: str = "NB", **over: object) -> str:
        """A quantity of the machine; returns its id."""
        quantity_id = f"{self.quantity_id[:-3]}_{code}"
        values: Row = {"predefined_code": code, "kind": "TECHNICAL", "cumulative": True, "created_on": self.start}
        self.put("quantity", quantity_id=quantity_id, asset_id=self.asset_id, unit="copie", **(values | over))
        return quantity_id

    def attach(self, quantity_id: str, rule_id: str | None = None) -> None:
        """Bills a quantity by a rule, the first unless one is given."""
        self.put("rule_quantity", rule_id=rule_id or self.rule_id, quantity_id=quantity_id)

    def read(
        self, day: date, value: int, origin: str = "CUSTOMER", *, quantity_id: str | None = None, **over: object
    ) -> Row:
        """A reading of the first meter unless another is given."""
        place: Row = {"quantity_id": quantity_id or self.quantity_id, "reading_date": day, "origin": origin}
        return self.put("meter_reading", **(place | {"value": f"{value}"} | over))

    # -- the rule

    def bills(self, kind: str, *, months: int, term: str = "ADVANCE", rank: int = 1, **over: object) -> Row:
        """A rule billed on time since the start, up to the day before the month; its fees and true-ups are recorded."""
        day = self.start.day
        rule: Row = {
            "rule_id": f"{self.rule_id[:-1]}{rank}",
            "module_id": self.module_id,
            "type": kind,
            "service_code": "COPIES_NB",
            "term": term,
            "period_months": months,
            "anchor_day": day,
            "period_start": self.start,
            "reading_mode": "ACTUAL",
            "status": "ACTIVE",
        }
        if kind != CONSUMED:
            rule |= {"amount": "300.00"}
        if kind != FLAT:
            rule |= {"unit_price": "0.010000"}
        if kind == TRUE_UP:
            rule |= {"included_units": "3000", "true_up_months": 12, "true_up_day": day if term == "ADVANCE" else None}
        rule = self.put("billing_rule", **(rule | over))
        periods = list(self._periods(months, term))
        billed = [period for period in periods if period[2] < self.month]
        rule["last_invoice_date"] = billed[-1][2] if billed else None
        rule["next_invoice_date"] = periods[len(billed)][2]
        settled = self._true_ups(rule) if kind == TRUE_UP else None
        if kind != CONSUMED:
            kept = [self._fee(rule, term, first, last, settled) for first, last, _ in billed]
            if kind == TRUE_UP:
                rule["accumulated_units"] = f"{sum(int(str(rule['included_units'])) for open_fee in kept if open_fee)}"
        return rule

    def _periods(self, months: int, term: str) -> Iterator[tuple[date, date, date]]:
        """The periods from the start to after the month: first and last day, day of the invoice."""
        step, first = 0, self.start
        while first <= shift(self.month, months + 1):
            step += months
            after = anchored(self.start, step, self.start.day)
            yield first, after - ONE_DAY, first if term == "ADVANCE" else after
            first = after

    def _true_ups(self, rule: Row) -> date | None:
        """Sets the dates of the yearly true-up; returns the last one done."""
        done, due = None, anchored(self.start, 12, self.start.day)
        while due < self.month:
            done, due = due, anchored(due, 12, self.start.day)
        rule["next_true_up_date"] = due
        rule["true_up_period_start"] = done or self.start
        rule["last_true_up_date"] = done
        return done

    def _fee(self, rule: Row, term: str, first: date, last: date, settled: date | None) -> bool:
        """Records a flat fee as billed; returns whether no true-up has settled it."""
        is_settled = settled is not None and (
            last < month_end(settled) if term == "ADVANCE" else last + ONE_DAY <= settled
        )
        self.fee(first, last, rule, regularised_on=settled if is_settled else None)
        return not is_settled

    def fee(self, first: date, last: date, rule: Row | None = None, **over: object) -> Row:
        """A flat fee of the first rule, unless another is given, already billed."""
        rule = rule or self.rule
        values: Row = {
            "included_units": rule.get("included_units"),
            "amount": rule["amount"],
            "invoice_ref": f"FC-{rule['rule_id']}-{first:%y%m}",
            "below_threshold": False,
        }
        return self.put(
            "flat_fee_history", rule_id=rule["rule_id"], period_start=first, period_end=last, **(values | over)
        )


def copier(firm: Firm, *, age: int = 12, **over: object) -> Contract:
    """A contract without a fault: quarterly fees in advance on the 1st, a yearly true-up due this month.

    Args:
        firm: that has it.
        age: of the contract, a multiple of twelve months.
        over: columns of the contract, or `client`, columns of its client.
    """
    contract = Contract(firm, shift(firm.month, -age), **over)
    contract.bills(TRUE_UP, months=3)
    contract.attach(contract.quantity())
    contract.read(contract.start, 1000, "INSTALLATION")
    for year in range(age // 12 - 1):
        contract.read(shift(contract.start, 12 * year + 12), 1000 + 13_000 * (year + 1))
    since = 1000 + 13_000 * (age // 12 - 1)
    contract.read(shift(firm.month, -6), since + 7000)
    contract.read(firm.month, since + 13_000)
    return contract


def flat_copier(firm: Firm, *, billed: bool = True, **over: object) -> Contract:
    """A contract of quarterly fees alone, a year old; unless it was billed, everything of it is still to come."""
    contract = Contract(firm, shift(firm.month, -12), **over)
    rule = contract.bills(FLAT, months=3)
    contract.quantity()
    if not billed:
        contract.only("flat_fee_history")
        rule["last_invoice_date"] = None
    return contract


def build_park(firm: Firm, seed: int, size: int) -> None:
    """`size` contracts in which nothing is to be found: every way of billing, term, period and age."""
    for code, label in SERVICES.items():
        firm.add("service", service_code=code, label=label, unit="copie", vat_code="TVA20", revenue_account="706800")
    for index in range(size):
        _ordinary(firm, Random(f"{seed}/park/{index}"), index)


def _ordinary(firm: Firm, rng: Random, index: int) -> None:
    kind = (TRUE_UP, CONSUMED, FLAT, TRUE_UP, TRUE_UP)[index % 5]
    term = "ARREARS" if kind == CONSUMED or index % 4 == 3 else "ADVANCE"
    months = rng.choice((1, 3, 3, 12) if kind != CONSUMED else (1, 1, 3))
    day = rng.choice((1, 1, 1, 5, 15, 20))
    contract = Contract(firm, shift(firm.month, -rng.randrange(1, 44)).replace(day=day))
    colour = kind == CONSUMED and index % 3 == 0
    computed = kind == TRUE_UP and index % 11 == 0
    mode = "ESTIMATE_ALLOWED" if kind != FLAT and index % 3 == 1 else "ACTUAL"
    rule = contract.bills(
        kind,
        months=months,
        term=term,
        reading_mode=mode,
        **{} if kind == CONSUMED else {"amount": euros(rng.randrange(40, 900) * 100)},
        **{} if kind == FLAT else {"unit_price": rng.choice(("0.008500", "0.010000", "0.012000"))},
        **{"refund_unused": index % 2 == 0} if kind == TRUE_UP else {},
    )
    used = rng.randrange(6, 60) * 100
    if kind == FLAT:
        contract.quantity()
        return
    quantities = [contract.quantity()]
    if colour or computed:
        quantities.append(contract.quantity("COUL"))
    if computed:
        contract.attach(contract.quantity("TOTAL", kind="COMPUTED", formula="NB + 5 * COUL"))
    else:
        contract.attach(quantities[0])
    if colour:
        other = contract.bills(
            CONSUMED,
            months=months,
            term=term,
            rank=2,
            reading_mode=mode,
            unit_price="0.090000",
            service_code="COPIES_COUL",
        )
        contract.attach(quantities[1], str(other["rule_id"]))
    estimated = mode == "ESTIMATE_ALLOWED" and index % 6 == 1
    for quantity_id in quantities:
        _meter(contract, rng, quantity_id, used if quantity_id == quantities[0] else used // 8, estimated)
    if kind == TRUE_UP and index % 7 == 0:
        rule["offered_units"] = "500"


def _meter(contract: Contract, rng: Random, quantity_id: str, used: int, is_estimated: bool) -> None:
    """A reading a month on the day of the contract, the last left to be estimated where that is agreed."""
    value = rng.randrange(0, 900) * 10
    contract.read(contract.start, value, "INSTALLATION", quantity_id=quantity_id)
    months = months_between(contract.start, contract.month)
    last = months - 1 if is_estimated and months > 3 else months
    for step in range(1, last + 1):
        value += rng.randrange(used * 7 // 10, used * 13 // 10)
        origin = "PROVIDER" if step % 6 == 0 else "CUSTOMER"
        contract.read(anchored(contract.start, step, contract.start.day), value, origin, quantity_id=quantity_id)


def lay_down(firm: Firm) -> None:
    """Adds the rows of every contract to those of the firm."""
    for contract in firm.contracts:
        for table, rows in contract.tables.items():
            for row in rows:
                firm.add(table, **row)
