"""Firms that live: what they deliver over some months, and how they change their mind about it.

As in `firms`, keys start with the firm's own prefix, so that many firms share one inbox. What a firm does depends on
its number, on how often it was asked to `change`, and on the open lines it was shown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from tests.oracle.arithmetic import anchored, first_day, last_day, split
from tests.oracle.firms import Firm, siret

#: Hourly prices of which every minute is worth whole cents, so that no sum depends on how it is cut into lines.
ROUND_RATES = ("60.00", "72.00", "90.00", "118.80", "150.00")
AWKWARD_RATES = ("85.55", "99.99", "33.33", "127.10")
AMOUNTS = ("100.00", "145.67", "310.00", "999.99", "1000.00", "2468.10")
FAR = date(2024, 1, 1)


class LivingFirm:
    """One firm and its history.

    Args:
        number: seeds everything and gives the prefix.
        months: the months its items have for home, in order.
        before: a month some work is said to be of, too, once in a while.

    Attributes:
        firm: what its files hold now.
        is_exact: whether every minute of its time is worth whole cents.
        done: what it did, for the reader of a failing test.
    """

    def __init__(self, number: int, months: Sequence[str], before: str):
        self.number = number
        self.months = list(months)
        self.before = before
        self.random = Random(f"life/{number}")
        self.firm = Firm(f"L{number:03d}", self.months[0])
        self.counts: dict[str, int] = defaultdict(int)
        self.done: list[str] = []
        self.adjusted: set[str] = set()
        self.gone: list[tuple[str, dict]] = []
        self.corrected: set[tuple[str, str, str]] = set()
        self.is_exact = self.chance(70)
        self._make()

    @property
    def tables(self) -> dict[str, list[dict]]:
        return self.firm.tables

    @property
    def documents(self) -> list[dict]:
        return self.firm.documents

    # -- drawing -------------------------------------------------------------------------------------------------------

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def name(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{self.firm.prefix}-{kind.upper()}{self.counts[kind]:02d}"

    def pick(self, values: Sequence):
        return self.random.choice(list(values))

    def day(self) -> date:
        start = first_day(self.pick(self.months))
        return start + timedelta(days=self.pick([0, 3, 14, 14, 27]))

    def rate(self) -> Decimal:
        return Decimal(self.pick(ROUND_RATES if self.is_exact else AWKWARD_RATES))

    def rows(self, table: str) -> list[dict]:
        return self.tables.get(table, [])

    # -- the firm as it begins -----------------------------------------------------------------------------------------

    def _make(self) -> None:
        prefix, add = self.firm.prefix, self.firm.add
        add("vat_rate", vat_code=f"{prefix}-V", valid_from=FAR, valid_to=None, rate=Decimal("20"))
        self._services()
        self.people = [self._person(rated=True), self._person(rated=True), self._person(rated=self.chance(60))]
        self.files = []
        for _ in range(self.pick([1, 2, 2])):
            self._client_file()
        for _ in range(self.random.randint(2, 8)):
            self._entry()
        for _ in range(self.random.randint(0, 3)):
            self._adhoc()
        # Much of what will be known of the later months is not yet.
        for table in ("payroll_metric", "time_entry", "adhoc_service"):
            for row in list(self.rows(table)):
                if self.chance(35):
                    self._withdraw(table, row)

    def _services(self) -> None:
        prefix, add = self.firm.prefix, self.firm.add
        changed = first_day(self.months[1])
        for code in ("WORK", "UNITS", "EXTRA", "UNPRICED"):
            add(
                "service",
                service_code=f"{prefix}-{code}",
                label=code.title(),
                unit="U",
                vat_code=f"{prefix}-V",
                tier_mode=self.pick(["GRADUATED", "GRADUATED", "VOLUME"]) if code == "UNITS" else None,
                free_quantity=Decimal(self.pick(["0", "2"])) if code == "UNITS" else None,
                minimum_amount=Decimal(self.pick(["0", "0", "150.00"])) if code == "UNITS" else None,
            )
        for start, end, dearer in ((FAR, changed - timedelta(days=1), 0), (changed, None, 1)):
            for code, tiers in (("UNITS", ((Decimal(5), "21.50"), (None, "18.333333"))), ("EXTRA", ((None, "45.00"),))):
                for up_to, price in tiers:
                    add(
                        "price",
                        service_code=f"{prefix}-{code}",
                        valid_from=start,
                        up_to=up_to,
                        valid_to=end,
                        unit_price=Decimal(price) + dearer,
                    )

    def _person(self, rated: bool) -> str:
        code = self.name("col")
        self.firm.add("collaborator", collaborator_id=code, name="X", grade=None)
        if rated:
            changed = first_day(self.months[self.pick([1, 2])])
            self._rate(code, FAR, changed - timedelta(days=1))
            self._rate(code, changed, None)
        return code

    def _rate(self, person: str, start: date, end: date | None) -> None:
        self.firm.add(
            "selling_rate", collaborator_id=person, grade=None, valid_from=start, valid_to=end, hourly_price=self.rate()
        )

    def _client_file(self) -> None:
        add = self.firm.add
        client, file_id = self.name("cli"), self.name("fil")
        self.files.append(file_id)
        add("client", client_id=client, legal_name="X")
        add("client_file", client_file_id=file_id, client_id=client)
        add(
            "fiscal_year",
            client_file_id=file_id,
            fy_label="2025",
            start_date=date(2025, 1, 1),
            end_date=date(2025, 12, 31),
        )
        self._plan(self._mission(file_id, "FLAT", "WORK"))
        if self.chance(70):
            self._letter(self._mission(file_id, "FLAT", "WORK"), 1)
        self._units(self._mission(file_id, "UNIT", "UNITS"))
        for _ in range(self.pick([1, 2])):
            self._mission(file_id, "TIME", "WORK")

    def _mission(self, file_id: str, mode: str, service: str) -> dict:
        mission = {
            "mission_id": self.name("mis"),
            "client_file_id": file_id,
            "mission_code": self.name("code"),
            "vintage": "2025",
            "fy_label": "2025",
            "billing_mode": mode,
            "service_code": f"{self.firm.prefix}-{service}",
            "start_date": date(2025, 1, 1),
            "status": "OPEN",
            "last_time_entry_date": None,
        }
        if mode == "TIME":
            if self.chance(25):
                mission |= {"budget_policy": "CAP", "budget_minutes": self.pick([60, 120, 200])}
            if self.chance(25):
                mission |= {"rounding_minutes": 15, "rounding_mode": "up", "rounding_per": self.pick(["entry", "day"])}
        return self.firm.add("mission", **mission)

    def _plan(self, mission: dict) -> None:
        plan = self.firm.add(
            "billing_plan",
            plan_id=self.name("pla"),
            client_file_id=mission["client_file_id"],
            fy_label="2025",
            mission_id=mission["mission_id"],
            total_amount=None,
            status="ACTIVE",
        )
        for month in self.months:
            if self.chance(70):
                self._plan_line(plan["plan_id"], first_day(month) + timedelta(days=self.pick([0, 14, 27])))

    def _plan_line(self, plan_id: str, due: date) -> None:
        numbers = [row["line_no"] for row in self.rows("billing_plan_line") if row["plan_id"] == plan_id]
        self.firm.add(
            "billing_plan_line",
            plan_id=plan_id,
            line_no=max([*numbers, self.counts[plan_id]], default=0) + 1,
            due_date=due,
            amount=None if self.chance(4) else Decimal(self.pick(AMOUNTS)),
        )
        self.counts[plan_id] = self.rows("billing_plan_line")[-1]["line_no"]

    def _letter(self, mission: dict, version: int, document_id: str | None = None) -> None:
        line: dict = {"line_no": 1, "mission_id": mission["mission_id"], "billing_mode": "FLAT"}
        amount = Decimal(self.pick(AMOUNTS)) * self.pick([1, 3])
        kind = self.pick(["SPLIT", "SPLIT", "PERIOD", "LIST"])
        first = first_day(self.months[0]) + timedelta(days=self.pick([0, 14, 27]))
        if kind == "LIST":
            count = self.pick([2, 3])
            parts = split(amount, count, "SPREAD")
            line["amount"] = str(amount)
            line["instalments"] = [
                {"due_date": str(anchored(first, index)), "amount": str(part)} for index, part in enumerate(parts)
            ]
        else:
            line["schedule"] = {"periodicity": "MONTHLY", "instalments": self.pick([2, 3, 3])}
            if version == 1 or self.chance(70):
                line["schedule"]["first_due_date"] = str(first)
            else:
                line["schedule"]["first_due_date"] = str(anchored(first, 1))
            if kind == "PERIOD":
                line["amount_per_period"] = str(amount)
            else:
                line["amount"] = str(amount)
                line["schedule"]["rounding"] = self.pick(["LAST", "FIRST", "SPREAD"])
        self.documents.append(
            {
                "document_id": document_id or self.name("doc"),
                "version": version,
                "client_file_id": mission["client_file_id"],
                "fy_label": "2025",
                "signed_on": "2025-01-01",
                "currency": "EUR",
                "lines": [line],
            }
        )

    def _units(self, mission: dict) -> None:
        sirets = []
        for _ in range(self.pick([1, 2])):
            self.counts["siret"] += 1
            sirets.append(siret(500_000 + self.number * 100 + self.counts["siret"]))
            self.firm.add("establishment", siret=sirets[-1], client_file_id=mission["client_file_id"])
        lag = self.pick([0, 0, 1])
        self.firm.add(
            "metric_binding",
            mission_id=mission["mission_id"],
            metric_code="PAYSLIPS",
            service_code=mission["service_code"],
            sirets=None,
            lag_months=lag,
        )
        # A month of metrics whose home is after the last month would stay open for good.
        months = self.months[: len(self.months) - lag]
        for number in sirets:
            for month in months:
                self._metric(number, month, "PAYSLIPS")
            if self.chance(30):
                self._metric(number, self.pick(months), "NEW_HIRES")

    def _metric(self, number: str, month: str, code: str) -> None:
        self.firm.add(
            "payroll_metric",
            siret=number,
            month=month,
            metric_code=code,
            quantity=Decimal(self.pick([0, 1, 4, 7, 12])),
            complete=False if self.chance(5) else None,
        )

    def _entry(self) -> None:
        missions = [row["mission_id"] for row in self.rows("mission") if row["billing_mode"] == "TIME"]
        flat = [row["mission_id"] for row in self.rows("mission") if row["billing_mode"] == "FLAT"]
        self.firm.add(
            "time_entry",
            source="kimai",
            source_id=self.name("ent"),
            collaborator_id=self.pick(self.people),
            mission_id=self.pick(flat) if self.chance(6) else self.pick(missions),
            work_date=self.day(),
            minutes=self.pick([5, 15, 20, 37, 60, 90]),
            billable=not self.chance(6),
            approved=not self.chance(10),
        )

    def _adhoc(self) -> None:
        service = self.pick(["EXTRA", "EXTRA", "UNPRICED"])
        self.firm.add(
            "adhoc_service",
            adhoc_id=self.name("adh"),
            client_file_id=self.pick(self.files),
            service_code=f"{self.firm.prefix}-{service}",
            service_date=self.day(),
            quantity=Decimal(self.pick(["1", "2", "7.5"])),
            unit_price=None if self.chance(50) else Decimal(self.pick(["33.333333", "80.00"])),
        )

    # -- what happens --------------------------------------------------------------------------------------------------

    def change(self, open_lines: Sequence[tuple[str, str]]) -> None:
        """Does one to four things, or none.

        Args:
            open_lines: mode and key of the lines that were open when last run, which a person may adjust.
        """
        self.random.shuffle(self.documents)
        for rows in self.tables.values():
            self.random.shuffle(rows)
        if self.chance(25):
            return
        acts = [
            (6, self._entry_comes),
            (3, self._metric_comes),
            (2, self._adhoc_comes),
            (4, self._entry_is_corrected),
            (2, self._entry_goes),
            (2, self._adhoc_is_corrected),
            (1, self._adhoc_goes),
            (3, self._metric_is_corrected),
            (1, self._metric_goes),
            (2, self._plan_is_corrected),
            (1, self._plan_line_comes),
            (2, self._letter_is_replaced),
            (1, self._letter_is_redelivered),
            (2, self._rate_is_corrected),
            (1, self._price_is_corrected),
            (1, self._mission_is_corrected),
            (2, lambda: self._line_is_adjusted(open_lines)),
        ]
        for _ in range(self.random.randint(1, 4)):
            act = self.random.choices([each for _, each in acts], [weight for weight, _ in acts])[0]
            act()

    def _note(self, *what) -> None:
        self.done.append(" ".join(str(part) for part in what))

    def _withdraw(self, table: str, row: dict) -> None:
        self.tables[table].remove(row)
        self.gone.append((table, row))

    def _comes(self, table: str) -> bool:
        """Something that was withdrawn or not yet known arrives."""
        waiting = [pair for pair in self.gone if pair[0] == table]
        if not waiting:
            return False
        pair = self.pick(waiting)
        self.gone.remove(pair)
        self.firm.add(table, **pair[1])
        self._note("comes", table, pair[1])
        return True

    def _entry_comes(self) -> None:
        if self.chance(50) or not self._comes("time_entry"):
            self._entry()
            self._note("comes", self.rows("time_entry")[-1])

    def _metric_comes(self) -> None:
        self._comes("payroll_metric")

    def _adhoc_comes(self) -> None:
        if self.chance(50) or not self._comes("adhoc_service"):
            self._adhoc()
            self._note("comes", self.rows("adhoc_service")[-1])

    def _plan_line_comes(self) -> None:
        plan = self.pick(self.rows("billing_plan"))
        self._plan_line(plan["plan_id"], self.day())
        self._note("comes", self.rows("billing_plan_line")[-1])

    def _free(self, table: str, key: Sequence[str]) -> list[dict]:
        """Rows no correction speaks of: what happens to those shows."""
        return [
            row
            for row in self.rows(table)
            if not any(spoken[:2] == (table, "|".join(str(row[part]) for part in key)) for spoken in self.corrected)
        ]

    def _entry_is_corrected(self) -> None:
        rows = self._free("time_entry", ("source", "source_id"))
        if not rows:
            return
        row = self.pick(rows)
        column = self.pick(
            ["minutes", "minutes", "work_date", "billable", "approved", "mission_id", "collaborator_id", "description"]
        )
        if column == "minutes":
            value = self.pick([10, 25, 45, 61, 120])
        elif column == "work_date":
            value = last_day(self.before) if self.chance(15) else self.day()
        elif column in ("billable", "approved"):
            value = not row[column]
        elif column == "mission_id":
            value = self.pick([m["mission_id"] for m in self.rows("mission") if m["billing_mode"] == "TIME"])
        elif column == "collaborator_id":
            value = self.pick(self.people)
        else:
            value = "as said on the phone"
        key = f"{row['source']}|{row['source_id']}"
        if column == "minutes" and self.chance(30):
            self._correct("time_entry", key, "minutes", str(value))
        elif self.chance(10):
            self._correct("time_entry", key, "_deleted", "true")
        else:
            row[column] = value
        self._note("entry", key, column, value)

    def _correct(self, table: str, key: str, column: str, value: str) -> None:
        self.corrected.add((table, key, column))
        self.firm.add(
            "correction",
            correction_id=self.name("cor"),
            table=table,
            key=key,
            column=column,
            new_value=value,
            reason="mistaken",
            author="A",
        )

    def _entry_goes(self) -> None:
        rows = self._free("time_entry", ("source", "source_id"))
        if rows:
            row = self.pick(rows)
            self._withdraw("time_entry", row)
            self._note("goes", row["source_id"])

    def _adhoc_is_corrected(self) -> None:
        rows = self.rows("adhoc_service")
        if not rows:
            return
        row = self.pick(rows)
        column = self.pick(["quantity", "unit_price", "service_date", "client_file_id"])
        row[column] = {
            "quantity": Decimal(self.pick(["1", "3", "0.5"])),
            "unit_price": Decimal(self.pick(["12.345678", "80.00", "99.00"])),
            "service_date": self.day(),
            "client_file_id": self.pick(self.files),
        }[column]
        self._note("adhoc", row["adhoc_id"], column, row[column])

    def _adhoc_goes(self) -> None:
        if self.rows("adhoc_service"):
            row = self.pick(self.rows("adhoc_service"))
            self._withdraw("adhoc_service", row)
            self._note("goes", row["adhoc_id"])

    def _metric_is_corrected(self) -> None:
        rows = self.rows("payroll_metric")
        if not rows:
            return
        row = self.pick(rows)
        if row["complete"] is False or self.chance(15):
            row["complete"] = None if row["complete"] is False else False
        else:
            row["quantity"] = Decimal(self.pick([0, 3, 5, 6, 15]))
        self._note("metric", row["siret"], row["month"], row["quantity"], row["complete"])

    def _metric_goes(self) -> None:
        if self.rows("payroll_metric"):
            row = self.pick(self.rows("payroll_metric"))
            self._withdraw("payroll_metric", row)
            self._note("goes", row["siret"], row["month"], row["metric_code"])

    def _plan_is_corrected(self) -> None:
        rows = self.rows("billing_plan_line")
        plan = self.pick(self.rows("billing_plan"))
        what = self.pick(["amount", "amount", "due_date", "goes", "NULL", "total", "status"])
        if what == "total":
            plan["total_amount"] = Decimal("1.00") if plan["total_amount"] is None else None
            self._note("plan", plan["plan_id"], "total", plan["total_amount"])
        elif what == "status" and self.chance(30):
            plan["status"] = "CANCELLED" if plan["status"] == "ACTIVE" else "ACTIVE"
            self._note("plan", plan["plan_id"], plan["status"])
        elif rows:
            row = self.pick(rows)
            if what == "goes":
                self._withdraw("billing_plan_line", row)
            elif what == "due_date":
                row["due_date"] = self.day()
            else:
                row["amount"] = None if what == "NULL" else Decimal(self.pick(AMOUNTS))
            self._note("plan line", row["plan_id"], row["line_no"], what, row["due_date"], row["amount"])

    def _latest_letters(self) -> list[dict]:
        latest: dict[str, dict] = {}
        for letter in self.documents:
            known = latest.get(letter["document_id"])
            if known is None or letter["version"] > known["version"]:
                latest[letter["document_id"]] = letter
        return [latest[key] for key in sorted(latest)]

    def _letter_is_replaced(self) -> None:
        letters = self._latest_letters()
        if letters:
            old = self.pick(letters)
            mission = next(m for m in self.rows("mission") if m["mission_id"] == old["lines"][0]["mission_id"])
            self._letter(mission, old["version"] + 1, old["document_id"])
            self._note("letter", self.documents[-1])

    def _letter_is_redelivered(self) -> None:
        """The same version says another amount: a slip, not a new agreement."""
        letters = [letter for letter in self._latest_letters() if "schedule" in letter["lines"][0]]
        if letters:
            line = self.pick(letters)["lines"][0]
            name = "amount" if "amount" in line else "amount_per_period"
            line[name] = str(Decimal(self.pick(AMOUNTS)))
            self._note("letter of", line["mission_id"], name, line[name])

    def _rate_is_corrected(self) -> None:
        unrated = [p for p in self.people if all(row["collaborator_id"] != p for row in self.rows("selling_rate"))]
        if unrated and self.chance(50):
            self._rate(unrated[0], FAR, None)
            self._note("rate", self.rows("selling_rate")[-1])
        else:
            row = self.pick(self.rows("selling_rate"))
            if self.chance(15):
                self.tables["selling_rate"].remove(row)
                self._note("no more rate", row)
            else:
                row["hourly_price"] = self.rate()
                self._note("rate", row)

    def _price_is_corrected(self) -> None:
        row = self.pick(self.rows("price"))
        row["unit_price"] += self.pick([-1, 1, 2])
        self._note("price", row)

    def _mission_is_corrected(self) -> None:
        row = self.pick([row for row in self.rows("mission") if row["billing_mode"] != "FLAT"])
        if row["billing_mode"] == "UNIT":
            if self.chance(40):
                row["status"] = "CLOSED" if row["status"] == "OPEN" else "OPEN"
        elif row["last_time_entry_date"] is None:
            row["last_time_entry_date"] = last_day(self.pick(self.months)) - timedelta(days=10)
        else:
            row["last_time_entry_date"] = None
        self._note("mission", row["mission_id"], row["status"], row["last_time_entry_date"])

    def _line_is_adjusted(self, open_lines: Sequence[tuple[str, str]]) -> None:
        if self.rows("adjustment") and self.chance(20):
            row = self.pick(self.rows("adjustment"))
            self.tables["adjustment"].remove(row)
            self._note("no more", row)
            return
        if not open_lines:
            return
        mode, key = self.pick(open_lines)
        kind = "POSTPONE" if mode == "DELTA" else self.pick(["EXCLUDE", "POSTPONE", "DISCOUNT_PCT", "SET_AMOUNT"])
        value = {
            "EXCLUDE": None,
            "POSTPONE": self.pick(self.months[1:]),
            "DISCOUNT_PCT": self.pick(["10", "12.5"]),
            "SET_AMOUNT": self.pick(["50.00", "77.77"]),
        }[kind]
        self.firm.add(
            "adjustment",
            adjustment_id=self.name("adj"),
            line_key=key,
            kind=kind,
            value=value,
            reason="agreed",
            author="A",
        )
        self.adjusted.add(key)
        self._note("adjusts", key, kind, value)
