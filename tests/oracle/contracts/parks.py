"""Random parks of machines under contract, sound ones and faulty ones, and what happens to them month by month.

Each `Life` is one client with one contract. It says what is delivered before each run (`deliveries`), and, shown what
the run came to, what people decide (`decisions`). The same number gives the same life.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.oracle.arithmetic import ONE_DAY, anchored, first_day, last_day, month_of, month_plus
from tests.oracle.contracts.grid import Grid, Modules
from tests.oracle.contracts.model import Draft
from tests.oracle.contracts.records import Inbox

Tables = dict[str, list[dict[str, str]]]
ACCUMULATION_CHECKS = ("AN-15", "AN-16", "AN-17", "AN-20", "AN-21")


def text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


class Life:
    """One client, its contract, its rules and machines, from `first_month` for `months` months."""

    def __init__(self, number: int, first_month: str, months: int, faulty: bool) -> None:
        self.number = number
        self.name = f"{number:03d}"
        self.random = Random(f"contract/{number}/{first_month}/{months}/{faulty}")
        self.first_month = first_month
        self.last_month = month_plus(first_month, months)
        self.tables: Tables = defaultdict(list)
        self.later: list[tuple[date, str, dict[str, str]]] = []
        self.faults: list[str] = []
        self.count = 0
        self.months_run = 0
        self.rules: list[dict[str, Any]] = []
        self._make()
        if faulty:
            self._spoil(FAULTS[number // 2 % len(FAULTS)])
            if self.random.random() < 0.3:
                self._spoil(self.random.choice(FAULTS))
        for rule in self.rules:
            self.tables["billing_rule"].append({name: text(value) for name, value in rule.items()})
        self.started = False

    # -- what there is -------------------------------------------------------------------------------------------------

    def _make(self) -> None:
        random, name = self.random, self.name
        begin = first_day(self.first_month)
        self.client = {"client_id": f"C{name}", "legal_name": f"Client {name}", "status": "ACTIVE"}
        if random.random() < 0.1:
            self.client |= {"migrated_at": "2020-03-01", "last_saved_at": "2020-03-02"}
        if random.random() < 0.1:
            self.client["no_estimate"] = "true"
        age = random.choice((0, 0, 1, 5, 11, 14, 25, 30))
        start = anchored(begin, -age).replace(day=random.choice((1, 1, 1, 15, 17, 28)))
        if age == 0:
            start = anchored(begin, random.choice((0, 1, 3)), start.day)
        self.contract = {
            "contract_id": f"K{name}",
            "client_id": f"C{name}",
            "start_date": start,
            "end_date": anchored(begin, random.choice((7, 18, 40))) - ONE_DAY if random.random() < 0.2 else None,
            "status": "ACTIVE",
            "billing_threshold": random.choice((50, 400)) if random.random() < 0.15 else None,
            "free_months": None,
        }
        if age == 0 and random.random() < 0.4:
            self.contract["free_months"] = random.choice((2, 3, 12))
        self.module = {
            "module_id": f"M{name}",
            "contract_id": f"K{name}",
            "valid_from": start,
            "valid_to": self.contract["end_date"],
            "renewal": "EXPRESS",
        }
        if not self.contract["end_date"] and random.random() < 0.5:
            self.module |= {
                "valid_to": anchored(start, random.choice((12, 36))) - ONE_DAY,
                "renewal": random.choice(("TACIT", "TACIT", "TACIT", "EXPRESS")),
            }
        self._machines(start)
        for rank in range(random.choice((1, 1, 1, 2))):
            self._rule(rank, start, begin)
        self.tables["client"].append(self.client)
        self.tables["contract_module"].append({column: text(value) for column, value in self.module.items()})
        self.tables["service_contract"].append({column: text(value) for column, value in self.contract.items()})

    def _machines(self, start: date) -> None:
        random, name = self.random, self.name
        self.quantities: list[str] = []
        for rank in range(random.choice((1, 1, 2))):
            asset = f"A{name}-{rank}"
            row = {"asset_id": asset, "contract_id": f"K{name}", "installed_on": text(start)}
            self.tables["asset"].append(row)
            for code in random.choice((("BW",), ("BW",), ("BW", "COL"))):
                quantity = f"Q{name}_{rank}_{code}"
                cumulative = random.random() > 0.06
                self.tables["quantity"].append(
                    {
                        "quantity_id": quantity,
                        "asset_id": asset,
                        "predefined_code": code,
                        "kind": "TECHNICAL",
                        "cumulative": text(cumulative),
                        "formula": "" if cumulative else random.choice(("min", "max", "sum", "mean")),
                        "created_on": text(start),
                    }
                )
                self.quantities.append(quantity)
                self._counter(quantity, start, cumulative)

    def _counter(self, quantity: str, start: date, cumulative: bool) -> None:
        """Readings from the start to the end of the life, monthly or so, some missing, some late."""
        random = self.random
        value, monthly = random.choice((0, 1200, 99000)), random.choice((50, 1000, 4000))
        if cumulative:
            self._reading(quantity, start, "INSTALLATION", value)
        day, every = start, random.choice((1, 1, 3))
        regular = random.choice((0.98, 0.9, 0.6))
        end = last_day(self.last_month)
        step = 0
        while True:
            step += every
            day = anchored(start, step) + timedelta(days=random.choice((0, 0, 0, 0, 1, 9, 20)))
            if day > end:
                return
            used = random.randrange(monthly * every // 2, monthly * every * 3 // 2)
            value = value + used if cumulative else used
            if cumulative and random.random() < 0.02:
                self._reading(quantity, day, "REMOVAL", value)
                value = random.choice((0, 37))
                self._reading(quantity, day, "INSTALLATION", value)
            elif cumulative and random.random() < 0.015:
                self._reading(quantity, day, "ROLLOVER", value)
                value = 0
            elif random.random() < regular:
                origin = random.choice(("CUSTOMER", "CUSTOMER", "PROVIDER", "CUSTOMER", "PROVIDER", "ESTIMATE"))
                self._reading(quantity, day, origin, value)

    def _reading(self, quantity: str, day: date, origin: str, value: int) -> None:
        row = {"quantity_id": quantity, "reading_date": text(day), "origin": origin, "value": text(value)}
        late = self.random.random() < 0.05
        self.later.append((day + timedelta(days=40) if late else day, "meter_reading", row))

    def _rule(self, rank: int, start: date, begin: date) -> None:
        random, name = self.random, self.name
        rule_id = f"R{name}-{rank}"
        kind = random.choice(("FLAT_AMOUNT", "FLAT_WITH_TRUE_UP", "FLAT_WITH_TRUE_UP", "CONSUMED_UNITS"))
        months = random.choice((1, 1, 3, 3, 6, 12))
        anchor = random.choice((start.day, start.day, start.day, 1, 31))
        rule: dict[str, Any] = {
            "rule_id": rule_id,
            "module_id": f"M{name}",
            "type": kind,
            "service_code": "COPY",
            "term": random.choice(("ADVANCE", "ADVANCE", "ARREARS")),
            "period_months": months,
            "anchor_day": anchor,
            "period_start": start,
            "amount": f"{random.randrange(0, 60000) / 100:.2f}",
            "prorate_first": random.random() < 0.5,
            "prorate_last": random.random() < 0.5,
            "reading_mode": random.choice(("ACTUAL", "ACTUAL", "ESTIMATE_ALLOWED")),
            "status": "ACTIVE",
        }
        if random.random() < 0.2:
            rule["estimate_lookback_days"] = random.choice((5, 45))
        if kind != "FLAT_AMOUNT":
            rule |= {
                "unit_price": random.choice(("0.0085", "0.012", "0.1")),
                "refund_unused": random.random() < 0.3,
                "net_assets": random.random() < 0.6,
                "offered_units": random.choice((None, None, 2000)),
                "workaround_offered": random.random() < 0.05,
            }
            for quantity in random.sample(self.quantities, random.randint(1, len(self.quantities))):
                self.tables["rule_quantity"].append({"rule_id": rule_id, "quantity_id": quantity})
        if kind == "FLAT_WITH_TRUE_UP":
            every = months * random.choice((1, 2, 4, 12 // months or 1))
            rule |= {
                "included_units": random.choice((0, 500, 3000)),
                "true_up_months": every,
                "true_up_day": anchor if rule["term"] == "ADVANCE" else None,
                "next_true_up_date": anchored(start, every, anchor),
            }
        self._bring_to(rule, begin)
        self.rules.append(rule)

    def _grid(self, rule: dict[str, Any]) -> Grid:
        inbox = Inbox()
        inbox.deliver(
            {
                "client": [self.client],
                "service_contract": [{column: text(value) for column, value in self.contract.items()}],
                "contract_module": [{column: text(value) for column, value in self.module.items()}],
                "billing_rule": [{column: text(value) for column, value in rule.items()}],
            }
        )
        view = inbox.seen_on(date.max)
        module = view.row("contract_module", rule["module_id"])
        contract = view.row("service_contract", module.contract_id)
        return Grid(contract, view.row("billing_rule", rule["rule_id"]), Modules(view, module))

    def _bring_to(self, rule: dict[str, Any], begin: date) -> None:
        """Gives a rule the history and dates of one that was billed on time up to the day before `begin`."""
        grid = self._grid(rule)
        free = self.contract["free_months"]
        first_paid = anchored(self.contract["start_date"], free) if free else self.contract["start_date"]
        billed = []
        for period in grid.periods(anchored(begin, 25)):
            if period.full_start < first_paid and free:
                continue
            if period.invoice_date >= begin:
                rule["next_invoice_date"] = period.invoice_date
                break
            billed.append(period)
        if billed:
            rule["last_invoice_date"] = billed[-1].invoice_date
        if free:
            rule["next_invoice_date"] = anchored(first_paid, grid.months if grid.arrears else 0)
        trued_up = None
        if rule["type"] == "FLAT_WITH_TRUE_UP":
            while rule["next_true_up_date"] < begin:
                trued_up = rule["next_true_up_date"]
                rule["next_true_up_date"] = anchored(trued_up, rule["true_up_months"], grid.anchor)
            if trued_up:
                rule |= {"last_true_up_date": trued_up, "true_up_period_start": trued_up}
        if rule["type"] == "CONSUMED_UNITS":
            return
        kept = 0
        for period in billed:
            settled = trued_up and (
                period.end < last_day(month_of(trued_up)) if not grid.arrears else period.invoice_date <= trued_up
            )
            kept += 0 if settled else int(rule.get("included_units") or 0)
            self.tables["flat_fee_history"].append(
                {
                    "rule_id": rule["rule_id"],
                    "period_start": text(period.start),
                    "period_end": text(period.end),
                    "included_units": text(rule.get("included_units")),
                    "amount": rule["amount"],
                    "invoice_ref": f"F-{rule['rule_id']}-{period.start}",
                    "regularised_on": text(trued_up) if settled else "",
                }
            )
        if rule["type"] == "FLAT_WITH_TRUE_UP":
            rule["accumulated_units"] = kept

    # -- what goes wrong -----------------------------------------------------------------------------------------------

    def _spoil(self, fault: Callable[[Life, dict], None]) -> None:
        rule = self.random.choice(self.rules)
        fault(self, rule)
        self.faults.append(fault.__name__)

    def history_of(self, rule: dict[str, Any]) -> list[dict[str, str]]:
        return [row for row in self.tables["flat_fee_history"] if row["rule_id"] == rule["rule_id"]]

    # -- month by month ------------------------------------------------------------------------------------------------

    def deliveries(self, control_date: date) -> Tables:
        """What arrives before a run at that date."""
        found: Tables = defaultdict(list)
        if not self.started:
            for table, rows in self.tables.items():
                found[table] += rows
            self.started = True
        here = [one for one in self.later if one[0] <= control_date]
        self.later = [one for one in self.later if one[0] > control_date]
        for _, table, row in here:
            found[table].append(row)
        self.months_run += 1
        if self.months_run > 1 and self.random.random() < 0.03:
            self._amend(found)
        return found

    def _amend(self, found: Tables) -> None:
        """A rule is delivered again with other terms."""
        rule = self.random.choice(self.rules)
        change = self.random.choice(("amount", "included_units", "period_months", "status", "module"))
        if change == "amount":
            rule["amount"] = self.random.choice(("0", "", "123.45"))
        elif change == "included_units" and rule["type"] == "FLAT_WITH_TRUE_UP":
            rule["included_units"] = self.random.choice((0, 700))
        elif change == "period_months" and rule["period_months"] == 3:
            rule["period_months"] = 1
        elif change == "status" and self.random.random() < 0.3:
            rule["status"] = "CLOSED"
        elif change == "module" and self.module["valid_to"] and self.module["renewal"] == "EXPRESS":
            after = {
                "module_id": f"{self.module['module_id']}N",
                "contract_id": self.module["contract_id"],
                # People renew late, too: nothing covers the days between.
                "valid_from": self.module["valid_to"] + timedelta(days=self.random.choice((1, 1, 12, 45))),
                "valid_to": None,
                "renewal": "EXPRESS",
            }
            self.module["renewed_by_module_id"] = after["module_id"]
            found["contract_module"] += [
                {column: text(value) for column, value in one.items()} for one in (self.module, after)
            ]
            return
        found["billing_rule"].append({column: text(value) for column, value in rule.items()})

    def decisions(self, draft: Draft) -> tuple[Tables, Tables]:
        """What people decide on seeing a draft: what counts at once, and what counts from the next day on."""
        now: Tables = defaultdict(list)
        after: Tables = defaultdict(list)
        names = {rule["rule_id"] for rule in self.rules} | set(self.quantities)
        names |= {row["asset_id"] for row in self.tables["asset"]}
        names |= {f"K{self.name}", f"C{self.name}", f"M{self.name}"}
        for one in draft.anomalies:
            if one.subject_id.split("|")[0] not in names or one.status != "OPEN":
                continue
            if self.random.random() < 0.1:
                row = {
                    "code": one.code,
                    "subject_id": one.subject_id,
                    "valid_from": text(draft.control_date),
                    "valid_to": text(draft.control_date + timedelta(days=self.random.choice((0, 40, 400)))),
                }
                now["waiver"].append(row | {"reason": "so be it", "author": "AB"})
            elif one.code in ACCUMULATION_CHECKS and self.random.random() < 0.5:
                row = {"contract_id": f"K{self.name}", "control_date": text(draft.control_date)}
                row["option"] = "NO_ACCUMULATION_CHECK"
                if row | {"reason": "rebased", "author": "AB"} not in now["run_override"]:
                    now["run_override"].append(row | {"reason": "rebased", "author": "AB"})
            elif one.code in REMEDIES and self.random.random() < 0.5:
                since = draft.control_date + ONE_DAY
                for table, key, column, value in REMEDIES[one.code](self, one.subject_id, draft):
                    self.count += 1
                    after["correction"].append(
                        {
                            "correction_id": f"X{self.name}-{self.count:03d}",
                            "table": table,
                            "key": key,
                            "column": column,
                            "new_value": text(value),
                            "effective_from": text(since),
                            "reason": "mended",
                            "author": "AB",
                        }
                    )
        return now, after


# -- faults ------------------------------------------------------------------------------------------------------------


def never_saved(life: Life, rule: dict) -> None:
    life.client |= {"migrated_at": "2020-03-01", "last_saved_at": life.random.choice(("", "2020-02-28"))}


def edited_start(life: Life, rule: dict) -> None:
    rule |= {"manually_edited": True, "period_start": anchored(rule["period_start"], -rule["period_months"])}


def late_module(life: Life, rule: dict) -> None:
    later = anchored(first_day(life.first_month), 2)
    row = life.tables["contract_module"][0]
    row["valid_from"] = text(later)
    if row["valid_to"] and row["valid_to"] < row["valid_from"]:
        row["valid_to"] = ""


def expired_module(life: Life, rule: dict) -> None:
    row = life.tables["contract_module"][0]
    ends = max(anchored(first_day(life.first_month), 1), life.contract["start_date"])
    row |= {"valid_to": text(ends - ONE_DAY if ends > life.contract["start_date"] else ends), "renewal": "EXPRESS"}
    row["valid_from"] = min(row["valid_from"], row["valid_to"])


def wrong_free_year(life: Life, rule: dict) -> None:
    life.tables["service_contract"][0]["free_months"] = "4"


def computed(life: Life, rule: dict) -> None:
    quantities = life.quantities
    formula = life.random.choice(
        (
            f"{quantities[0]} + {quantities[-1]}",
            f"2 * {quantities[0]} - {quantities[0]} * 0,5",
            "BW - COL",
            quantities[0],
            "",
            "Q0 + 1x",
        )
    )
    name = f"Q{life.name}_C"
    if life.random.random() < 0.2:
        formula = f"{quantities[0]} + {name}"
    asset = life.tables["asset"][0]["asset_id"]
    life.tables["quantity"].append({"quantity_id": name, "asset_id": asset, "kind": "COMPUTED", "formula": formula})
    rows = [row for row in life.tables["rule_quantity"] if row["rule_id"] == rule["rule_id"]]
    if rows:
        rows[0]["quantity_id"] = name


def no_readings(life: Life, rule: dict) -> None:
    begin = anchored(first_day(life.first_month), life.random.choice((-1, 0, 2)))
    quantity = life.random.choice(life.quantities)
    life.later = [one for one in life.later if one[2].get("quantity_id") != quantity or one[0] < begin]


def no_installation(life: Life, rule: dict) -> None:
    quantity = life.random.choice(life.quantities)
    for _, _, row in life.later:
        if row["quantity_id"] == quantity and row["origin"] == "INSTALLATION":
            row["origin"] = "CUSTOMER"


def wrong_reading(life: Life, rule: dict) -> None:
    day, table, row = life.random.choice(life.later)
    value = int(row["value"])
    extra = {**row, "origin": life.random.choice(("CUSTOMER", "PROVIDER", "REMOVAL", "ESTIMATE"))}
    extra["value"] = text(life.random.choice((value // 2, value + 1, value * 30, value)))
    shift = timedelta(days=life.random.choice((0, 3, -400)))
    extra["reading_date"] = text(date.fromisoformat(row["reading_date"]) + shift)
    life.later.append((day, table, extra))


def later_correction_of_a_reading(life: Life, rule: dict) -> None:
    for day, table, row in life.random.sample(life.later, min(4, len(life.later))):
        life.later.append((day + timedelta(days=35), table, row | {"value": text(int(row["value"]) + 7)}))


def start_not_moved(life: Life, rule: dict) -> None:
    if rule.get("last_true_up_date"):
        rule["true_up_period_start"] = life.contract["start_date"] - ONE_DAY


def no_amount(life: Life, rule: dict) -> None:
    rule[life.random.choice(("amount", "unit_price"))] = None


def no_quantity(life: Life, rule: dict) -> None:
    rows = life.tables["rule_quantity"]
    life.tables["rule_quantity"] = [row for row in rows if row["rule_id"] != rule["rule_id"]]


def wrong_template(life: Life, rule: dict) -> None:
    rule["template_id"] = f"T{life.name}"
    row = {"template_id": f"T{life.name}", "type": rule["type"], "term": "ADVANCE", "reading_mode": "ACTUAL"}
    row |= {"period_months": "3", "true_up_months": "12"}
    row |= life.random.choice(
        (
            {"type": "FLAT_AMOUNT"},
            {"term": ""},
            {"reading_mode": ""},
            {"true_up_months": "2"},
            {"true_up_months": "10"},
            {"valid_to": text(anchored(first_day(life.first_month), 2))},
            {},
        )
    )
    if life.random.random() < 0.85:
        life.tables["rule_template"].append(row)


def wrong_months(life: Life, rule: dict) -> None:
    if rule["type"] == "FLAT_WITH_TRUE_UP":
        rule["true_up_months"] = life.random.choice((None, rule["period_months"] * 2 + 1))


def nothing_to_come(life: Life, rule: dict) -> None:
    for one in life.rules:
        one |= {"next_invoice_date": None, "next_true_up_date": None}


def later_true_up_day(life: Life, rule: dict) -> None:
    if rule["type"] == "FLAT_WITH_TRUE_UP":
        scheduled = rule["next_true_up_date"]
        day = (rule["anchor_day"] or scheduled.day) % 28 + 2
        rule |= {"true_up_day": day, "next_true_up_date": anchored(scheduled, 0, day)}


def missed_true_up(life: Life, rule: dict) -> None:
    if rule["type"] == "FLAT_WITH_TRUE_UP":
        shift = life.random.choice((-rule["period_months"], rule["period_months"]))
        rule["next_true_up_date"] = anchored(rule["next_true_up_date"], shift, rule["anchor_day"])


def wrong_accumulation(life: Life, rule: dict) -> None:
    if rule["type"] == "FLAT_WITH_TRUE_UP":
        rule["accumulated_units"] = life.random.choice((0, 1, rule["accumulated_units"] + 500))


def lost_row(life: Life, rule: dict) -> None:
    rows = life.history_of(rule)
    if rows:
        life.tables["flat_fee_history"].remove(life.random.choice(rows[-4:]))


def stray_row(life: Life, rule: dict) -> None:
    rows = life.history_of(rule)
    if rows:
        row = dict(life.random.choice(rows[-4:]))
        start = date.fromisoformat(row["period_start"])
        change = life.random.choice(("shifted", "shorter", "month", "unbilled"))
        if change == "unbilled":
            life.random.choice(rows[-4:])["invoice_ref"] = ""
            return
        if change == "shifted":
            row["period_start"] = text(start + timedelta(days=3))
        elif change == "shorter":
            row |= {"period_start": text(start + ONE_DAY), "period_end": text(start + timedelta(days=9))}
        else:
            end = anchored(start, 1, rule["anchor_day"]) - ONE_DAY
            row |= {"period_end": text(end)}
        life.tables["flat_fee_history"].append(row)


def other_units(life: Life, rule: dict) -> None:
    rows = life.history_of(rule)
    if rows and rule["type"] == "FLAT_WITH_TRUE_UP":
        life.random.choice(rows[-3:])["included_units"] = "77"


def other_periodicity(life: Life, rule: dict) -> None:
    rows = life.history_of(rule)
    if rows and rule["period_months"] > 1:
        row = rows[-1]
        start = date.fromisoformat(row["period_start"])
        row["period_end"] = text(anchored(start, 1, rule["anchor_day"]) - ONE_DAY)


def other_last_day(life: Life, rule: dict) -> None:
    if rule.get("last_true_up_date"):
        moved = anchored(rule["last_true_up_date"], 0, rule["last_true_up_date"].day % 27 + 2)
        rule |= {"last_true_up_date": moved, "true_up_period_start": moved}


def twin_quantity(life: Life, rule: dict) -> None:
    asset = life.tables["asset"][0]["asset_id"]
    begin = anchored(first_day(life.first_month), 1)
    name = f"Q{life.name}_T"
    row = {"quantity_id": name, "asset_id": asset, "kind": "TECHNICAL", "predefined_code": "BW"}
    life.tables["quantity"].append(row | {"created_on": text(begin)})
    life.later.append(
        (
            begin,
            "meter_reading",
            {"quantity_id": name, "reading_date": text(begin), "origin": "INSTALLATION", "value": "5"},
        )
    )
    if life.random.random() < 0.5:
        no_readings(life, rule)


def workaround(life: Life, rule: dict) -> None:
    if rule["type"] != "FLAT_AMOUNT":
        rule |= {
            "workaround_offered": True,
            "offered_units": life.random.choice((None, 0, 900)),
            "reading_mode": "ACTUAL",
        }
        no_readings(life, rule)


def actual_only(life: Life, rule: dict) -> None:
    rule["reading_mode"] = "ACTUAL"
    no_readings(life, rule)


def retired(life: Life, rule: dict) -> None:
    life.tables["quantity"][0]["retired_on"] = text(anchored(first_day(life.first_month), 3))


FAULTS: tuple[Callable[[Life, dict], None], ...] = (
    never_saved,
    edited_start,
    late_module,
    expired_module,
    wrong_free_year,
    computed,
    no_readings,
    no_installation,
    wrong_reading,
    wrong_reading,
    later_correction_of_a_reading,
    start_not_moved,
    no_amount,
    no_quantity,
    wrong_template,
    wrong_months,
    nothing_to_come,
    later_true_up_day,
    later_true_up_day,
    missed_true_up,
    wrong_accumulation,
    lost_row,
    lost_row,
    stray_row,
    stray_row,
    other_units,
    other_periodicity,
    other_last_day,
    twin_quantity,
    workaround,
    actual_only,
    retired,
)


# -- remedies ----------------------------------------------------------------------------------------------------------

Mended = list[tuple[str, str, str, Any]]


def _schedule(life: Life, rule_id: str, draft: Draft) -> Mended:
    state = draft.states[rule_id]
    scheduled = state.moved["next_true_up_date"]
    day = state.grid.anchor
    if scheduled is None:
        return []
    ahead = anchored(scheduled, 0, day)
    while ahead <= draft.control_date:
        ahead = anchored(ahead, state.rule.true_up_months or 12, day)
    return [("billing_rule", rule_id, "true_up_day", day), ("billing_rule", rule_id, "next_true_up_date", ahead)]


def _history_row(life: Life, subject: str, draft: Draft) -> Mended:
    rule_id, start = subject.split("|")
    state = draft.states[rule_id]
    period = next(one for one in state.grid.periods(draft.control_date) if text(one.start) == start)
    values = {
        "period_end": period.end,
        "included_units": state.rule.included_units,
        "amount": state.rule.amount,
        "invoice_ref": "F-found",
    }
    return [("flat_fee_history", subject, column, value) for column, value in values.items() if value is not None]


REMEDIES: dict[str, Callable[[Life, str, Draft], Mended]] = {
    "AN-10": lambda life, rule_id, draft: [
        ("billing_rule", rule_id, "true_up_period_start", draft.states[rule_id].moved["last_true_up_date"])
    ],
    "AN-11": lambda life, rule_id, draft: [
        ("billing_rule", rule_id, "amount", "10.50"),
        ("billing_rule", rule_id, "unit_price", "0.02"),
    ],
    "AN-12": lambda life, rule_id, draft: [
        ("rule_quantity", f"{rule_id}|{life.quantities[0]}", "quantity_id", life.quantities[0])
    ],
    "AN-15": _schedule,
    "AN-17": lambda life, rule_id, draft: [
        ("billing_rule", rule_id, "accumulated_units", draft.states[rule_id].kept_units)
    ],
    "AN-18": _history_row,
    "AN-19": lambda life, subject, draft: [("flat_fee_history", subject, "_deleted", "true")],
    "AN-22": _schedule,
}
