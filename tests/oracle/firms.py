"""Small random firms around a month, and the inbox they would deliver.

Every key of a firm starts with the firm's own prefix, so that many firms merge into one inbox and one run of the
product judges them all. A firm depends on its seed and month alone.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.oracle.arithmetic import ONE_DAY, anchored, first_day, last_day, month_plus, split

AWKWARD = ("0.01", "0.07", "0.98", "33.33", "100.00", "145.67", "310.00", "999.99", "1000.00", "2468.10", "12345.67")


@dataclass
class Firm:
    prefix: str
    month: str
    tables: dict[str, list[dict]] = field(default_factory=lambda: defaultdict(list))
    documents: list[dict] = field(default_factory=list)

    def add(self, table: str, /, **row) -> dict:
        self.tables[table].append(row)
        return row


def merge(firms: list[Firm]) -> Firm:
    """All firms as one."""
    whole = Firm("", firms[0].month)
    for firm in firms:
        for table, rows in firm.tables.items():
            whole.tables[table] += rows
        whole.documents += firm.documents
    return whole


def plain_cell(value) -> str:
    """A value as a program writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)


def french_cell(value) -> str:
    """A value as a French spreadsheet writes it."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, Decimal):
        return f"{value:f}".replace(".", ",")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else plain_cell(value)


def write_inbox(firm: Firm, inbox: Path, french: bool = False) -> None:
    """Writes one CSV file per table and one JSON file per engagement letter.

    Files of an earlier firm in the same inbox are delivered again, a header alone where this firm has nothing to say.

    Args:
        firm: what to deliver.
        inbox: the folder, made when missing.
        french: semicolons, decimal commas and dates as in France.
    """
    (inbox / "documents").mkdir(parents=True, exist_ok=True)
    write = french_cell if french else plain_cell
    for file in inbox.glob("*.csv"):
        with file.open(encoding="utf-8") as earlier:
            header = earlier.readline()
        file.write_text(header, encoding="utf-8")
    for table, rows in sorted(firm.tables.items()):
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (inbox / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";" if french else ",")
            writer.writerow(columns)
            writer.writerows([write(row.get(column)) for column in columns] for row in rows)
    for document in firm.documents:
        name = f"{document['document_id']}_v{document['version']}.json"
        (inbox / "documents" / name).write_text(json.dumps(document, indent=1), encoding="utf-8")


def siret(number: int) -> str:
    """A fourteen-digit number that passes the Luhn check."""
    body = f"{10_000_000_000 + number:013d}"
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return f"{body}{-total % 10}"


def random_firm(number: int, month: str) -> Firm:
    return _Maker(number, month).make()


class _Maker:
    """Draws one firm. The chances are set so that most lines are ready and each rule has its cases."""

    def __init__(self, number: int, month: str):
        self.number = number
        self.random = Random(f"{month}/{number}")
        self.firm = Firm(f"F{number:03d}", month)
        self.month = month
        self.sirets = 0
        self.counts: dict[str, int] = defaultdict(int)
        self.waivable: list[tuple[str, str]] = []

    def make(self) -> Firm:
        self.taxes()
        self.services = [self.service() for _ in range(self.random.randint(2, 4))]
        self.people = [self.collaborator() for _ in range(self.random.randint(1, 3))]
        self.codes = [self.name("code") for _ in range(2)]
        for _ in range(self.random.randint(1, 2)):
            self.client()
        self.rates()
        self.waivers()
        self.corrections()
        if self.chance(30):
            self.dangling()
        return self.firm

    # -- drawing -----------------------------------------------------------------------------------------------

    def chance(self, percent: int) -> bool:
        return self.random.random() * 100 < percent

    def name(self, kind: str) -> str:
        self.counts[kind] += 1
        return f"{self.firm.prefix}-{kind.upper()}{self.counts[kind]}"

    def some_month(self, first: int, last: int) -> str:
        return month_plus(self.month, self.random.randint(first, last))

    def some_day(self, first: int, last: int) -> date:
        """A day in a month between two offsets from the month; month ends come often."""
        month = self.some_month(first, last)
        end = last_day(month)
        if self.chance(20):
            return end
        return end.replace(day=self.random.randint(1, end.day))

    def money(self) -> Decimal:
        return Decimal(self.random.choice(AWKWARD))

    def maybe(self, percent: int, value):
        return value if self.chance(percent) else None

    # -- references --------------------------------------------------------------------------------------------

    def taxes(self) -> None:
        add, prefix = self.firm.add, self.firm.prefix
        add("vat_rate", vat_code=f"{prefix}-V20", valid_from=date(2014, 1, 1), valid_to=None, rate=Decimal("20"))
        change = first_day(self.month) + timedelta(days=self.random.choice([0, 9, 14]))
        add("vat_rate", vat_code=f"{prefix}-VCH", valid_from=date(2014, 1, 1), valid_to=change, rate=Decimal("10"))
        gap = timedelta(days=self.random.choice([1, 1, 1, 8, -20]))
        add("vat_rate", vat_code=f"{prefix}-VCH", valid_from=change + gap, valid_to=None, rate=Decimal("5.5"))

    def service(self) -> str:
        code = self.name("svc")
        vat = self.random.choice(["V20", "V20", "V20", "VCH", "VCH", "NONE" if self.chance(30) else "V20"])
        self.firm.add(
            "service",
            service_code=code,
            label=f"Service {code}",
            unit=self.random.choice(["U", "H"]),
            vat_code=f"{self.firm.prefix}-{vat}",
            tier_mode=self.random.choice([None, "GRADUATED", "VOLUME"]),
            minimum_amount=self.maybe(30, self.money()),
            free_quantity=self.maybe(30, Decimal(self.random.choice(["0", "2", "5", "2.5"]))),
        )
        self.prices(code)
        return code

    def prices(self, code: str) -> None:
        if self.chance(10):
            return
        starts = [date(2020, 1, 1)]
        if self.chance(40):
            starts.append(first_day(self.some_month(-2, 1)))
        for index, start in enumerate(starts):
            if index + 1 < len(starts):
                end = starts[index + 1] - timedelta(days=self.random.choice([1, 1, 1, 1, 20]))
                end = None if self.chance(10) else end
            else:
                end = None
            bounds = sorted(self.random.sample([2, 5, 10, 20], self.random.randint(0, 2)))
            tops = [Decimal(bound) for bound in bounds]
            if not self.chance(10) or not tops:
                tops.append(None)
            for top in tops:
                price = Decimal(self.random.randint(1, 4000)) / self.random.choice([100, 100, 1000])
                self.firm.add("price", service_code=code, valid_from=start, up_to=top, valid_to=end, unit_price=price)

    def collaborator(self) -> str:
        code = self.name("col")
        self.firm.add(
            "collaborator",
            collaborator_id=code,
            name="X",
            grade=self.maybe(70, f"{self.firm.prefix}-G{self.random.randint(1, 2)}"),
            entry_date=self.maybe(30, self.some_day(-12, 0)),
            exit_date=self.maybe(20, self.some_day(1, 6) if self.chance(50) else last_day(self.month)),
        )
        return code

    def rates(self) -> None:
        seen = set()
        files = [row["client_file_id"] for row in self.firm.tables["client_file"]]
        usual = Decimal(self.random.choice(["90", "87.5", "66.666667", "120", "145.33"]))
        for number in range(1, 3):
            if self.chance(85):
                self.firm.add(
                    "selling_rate",
                    grade=f"{self.firm.prefix}-G{number}",
                    valid_from=date(2020, 1, 1),
                    hourly_price=usual,
                )
                seen.add((None, f"{self.firm.prefix}-G{number}", None, None))
        for _ in range(self.random.randint(2, 7)):
            grade = self.chance(40)
            scope = (
                None if grade else self.random.choice(self.people),
                f"{self.firm.prefix}-G{self.random.randint(1, 2)}" if grade else None,
                self.maybe(25, self.random.choice(files)),
                self.maybe(25, self.random.choice(self.codes)),
            )
            if scope in seen:
                continue
            seen.add(scope)
            start = date(2020, 1, 1)
            for _ in range(self.random.randint(1, 2)):
                change = max(self.some_day(-2, 0), start)
                end = self.random.choice([change, change, None])
                price = Decimal(self.random.choice(["90", "87.5", "66.666667", "120", "145.33"]))
                self.firm.add(
                    "selling_rate",
                    collaborator_id=scope[0],
                    grade=scope[1],
                    client_file_id=scope[2],
                    mission_code=scope[3],
                    valid_from=start,
                    valid_to=end,
                    hourly_price=price,
                )
                start = change + timedelta(days=self.random.choice([1, 1, 1, 3]))

    # -- clients -----------------------------------------------------------------------------------------------

    def client(self) -> None:
        code = self.name("cli")
        self.firm.add(
            "client",
            client_id=code,
            legal_name=f"Client {code}",
            siren=self.maybe(85, "123456782"),
            vat_number=self.maybe(85, "FR32123456782"),
            einvoice_address=self.maybe(85, "0225:123456782"),
        )
        for _ in range(self.random.randint(1, 2)):
            self.client_file(code)

    def client_file(self, client: str) -> None:
        file_id = self.name("fil")
        self.firm.add(
            "client_file", client_file_id=file_id, client_id=client, status="CLOSED" if self.chance(5) else None
        )
        start = first_day(self.some_month(-11, 0))
        length = self.random.choice([12, 12, 12, 12, 15, 7, 18])
        if self.chance(10):
            start = start.replace(day=self.random.choice([15, 28]))
        year = {
            "client_file_id": file_id,
            "fy_label": "EX",
            "start_date": start,
            "end_date": anchored(start, length) - ONE_DAY,
            "status": "CLOSED" if self.chance(4) else None,
        }
        self.firm.add("fiscal_year", **year)
        sirets = [self.establishment(file_id) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
        for _ in range(self.random.randint(1, 4)):
            mode = self.random.choice(["FLAT", "FLAT", "TIME", "TIME", "UNIT"] if sirets else ["FLAT", "FLAT", "TIME"])
            self.mission(file_id, year, mode, sirets)
        self.metrics(sirets)
        for service in self.services:
            if self.chance(15):
                self.client_price(file_id, service)
        for _ in range(self.random.choice([0, 1, 1, 2])):
            self.adhoc(file_id)

    def establishment(self, file_id: str) -> str:
        self.sirets += 1
        number = siret(self.number * 100 + self.sirets)
        self.firm.add(
            "establishment",
            siret=number,
            client_file_id=file_id,
            active_from=self.maybe(15, self.some_day(-3, -1)),
            active_to=self.maybe(8, self.some_day(0, 1)),
        )
        return number

    def client_price(self, file_id: str, service: str) -> None:
        price = self.maybe(60, Decimal(self.random.randint(1, 5000)) / 100)
        self.firm.add(
            "client_price",
            client_file_id=file_id,
            service_code=service,
            valid_from=first_day(self.some_month(-6, 0)),
            valid_to=self.maybe(20, last_day(self.some_month(0, 2))),
            unit_price=price,
            discount_pct=self.maybe(50, Decimal(self.random.choice(["5", "10", "12.5", "33.33", "100"]))),
        )

    def adhoc(self, file_id: str) -> None:
        missions = [row["mission_id"] for row in self.firm.tables["mission"] if row["client_file_id"] == file_id]
        row = self.firm.add(
            "adhoc_service",
            adhoc_id=self.name("adh"),
            client_file_id=file_id,
            mission_id=self.maybe(25, self.random.choice(missions)),
            service_code=self.random.choice(self.services),
            service_date=self.some_day(-1, 1) if self.chance(40) else self.some_day(0, 0),
            quantity=Decimal(self.random.choice(["1", "2", "3.5", "0.25", "15", "0", "-1"])),
            unit_price=self.maybe(50, self.money()),
        )
        self.waivable.append(("FI-16", row["adhoc_id"]))
        if self.chance(20):
            self.firm.add("adhoc_service", **{**row, "adhoc_id": self.name("adh")})

    # -- missions ----------------------------------------------------------------------------------------------

    def mission(self, file_id: str, year: dict, mode: str, sirets: list[str]) -> None:
        mission_id = self.name("mis")
        renewal = self.random.choice(["NONE", "NONE", "TACIT", "EXPRESS", "EXPRESS"])
        end = self.random.choice([None, year["end_date"], year["end_date"]])
        start = year["start_date"] if self.chance(80) else max(self.some_day(-2, 0), year["start_date"])
        if self.chance(20):
            end = max(self.some_day(-2, 1), start)
        if end is not None and end < start:
            end = None
        budget = self.chance(50)
        rounding = mode == "TIME" and self.chance(50)
        row = {
            "mission_id": mission_id,
            "client_file_id": file_id,
            "mission_code": self.random.choice(self.codes),
            "vintage": "V1",
            "fy_label": year["fy_label"],
            "billing_mode": mode,
            "term": self.random.choice([None, "ADVANCE", "ARREARS"]),
            "service_code": self.random.choice(self.services),
            "start_date": start,
            "end_date": end,
            "last_time_entry_date": self.maybe(15, self.some_day(-1, 1)),
            "budget_minutes": self.maybe(60, self.random.choice([60, 200, 605, 1000])) if budget else None,
            "budget_amount": self.maybe(60, self.money()) if budget else None,
            "budget_policy": self.random.choice([None, "FLAG", "CAP", "CAP"]) if budget else None,
            "renewal": renewal,
            "status": "CLOSED" if self.chance(5) else None,
            "approval_required": self.maybe(20, self.chance(50)),
            "rounding_minutes": self.random.choice([5, 6, 15]) if rounding else None,
            "rounding_mode": self.random.choice(["up", "down", "nearest"]) if rounding else None,
            "rounding_per": self.random.choice(["entry", "day"]) if rounding else None,
        }
        if row["rounding_per"] == "day" and row["budget_policy"] == "CAP":
            row["rounding_mode"] = "up"
        self.firm.add("mission", **row)
        self.waivable += [(code, mission_id) for code in ("FI-01", "FI-04", "FI-07", "FI-12", "FI-15")]
        if row["end_date"] is not None and renewal == "EXPRESS" and self.chance(40):
            self.successor(row)
        if mode == "FLAT":
            self.flat(row, year)
        elif mode == "UNIT":
            self.bindings(row, sirets)
        if mode == "TIME" or self.chance(20):
            self.worktime(row)

    def successor(self, mission: dict) -> None:
        self.firm.add(
            "mission",
            **{
                **mission,
                "mission_id": self.name("mis"),
                "billing_mode": "TIME",
                "start_date": mission["end_date"] + ONE_DAY,
                "end_date": None,
                "vintage": "V2",
            },
        )

    def flat(self, mission: dict, year: dict) -> None:
        draw = self.random.random()
        if draw < 0.45:
            self.hand_plan(mission, year)
        elif draw < 0.90:
            self.letter(mission, year)
        elif draw < 0.95:
            self.hand_plan(mission, year)
            self.letter(mission, year)
        if self.chance(4):
            self.hand_plan({**mission, "mission_id": self.name("unknown")}, year)

    def hand_plan(self, mission: dict, year: dict) -> None:
        plan_id = self.name("pla")
        count = self.random.choice([1, 3, 4, 12])
        total = self.money() * self.random.choice([1, 1, 1, 1, -1])
        parts = split(total, count, self.random.choice(["LAST", "FIRST", "SPREAD"]))
        first = self.some_day(-4, 0) if self.chance(50) else anchored(date(2024, 1, 31), 0)
        if not self.chance(15):
            first = max(year["start_date"], anchored(first_day(self.month), -self.random.randint(0, 3), first.day))
        ended = mission["end_date"] is not None and mission["end_date"] < last_day(self.month)
        settled = ended and self.chance(40)
        if settled:
            # The balance of a mission that is over, and nothing else.
            parts, first = [total], self.some_day(0, 0)
        if self.chance(6):
            total += Decimal("0.01")
        self.firm.add(
            "billing_plan",
            plan_id=plan_id,
            client_file_id=mission["client_file_id"],
            fy_label=mission["fy_label"],
            mission_id=mission["mission_id"],
            total_amount=self.maybe(85, total),
            status="CANCELLED" if self.chance(6) else None,
        )
        self.waivable += [("FI-03", plan_id), ("FI-05", plan_id)]
        for number, amount in enumerate(parts, start=1):
            due = anchored(first, number - 1)
            with_period = self.chance(60)
            self.firm.add(
                "billing_plan_line",
                plan_id=plan_id,
                line_no=number,
                due_date=due,
                period_start=due.replace(day=1) if with_period else None,
                period_end=last_day(f"{due:%Y-%m}") if with_period else None,
                amount=None if self.chance(3) else amount,
                is_balance=True if settled or (number == count and self.chance(15)) else None,
            )
            self.waivable.append(("FI-17", f"{plan_id}|{number}"))

    # -- units -------------------------------------------------------------------------------------------------

    def bindings(self, mission: dict, sirets: list[str]) -> None:
        if self.chance(6):
            return
        for metric in self.random.sample(["PAYSLIPS", "NEW_HIRES"], self.random.choice([1, 1, 2])):
            some = self.random.sample(sirets, self.random.randint(1, len(sirets)))
            self.firm.add(
                "metric_binding",
                mission_id=mission["mission_id"],
                metric_code=metric,
                service_code=self.random.choice(self.services),
                method=self.random.choice([None, None, "PER_PAYMENT", "PER_CONTRACT"]),
                sirets="|".join(sorted(some)) if self.chance(50) else None,
                lag_months=self.random.choice([None, 0, 0, 1, 2]),
                auto=False if self.chance(10) else None,
            )

    def metrics(self, sirets: list[str]) -> None:
        for number in sirets:
            for metric in ("PAYSLIPS", "NEW_HIRES"):
                if self.chance(25):
                    continue
                usual = self.random.choice([0, 1, 7, 15, 40])
                for offset in range(-6, 2):
                    if self.chance(6):
                        continue
                    quantity = usual * 4 if self.chance(8) else max(0, usual + self.random.randint(-1, 1))
                    self.metric(number, metric, offset, Decimal(quantity))

    def metric(self, number: str, metric: str, offset: int, quantity: Decimal) -> None:
        row = {
            "siret": number,
            "month": month_plus(self.month, offset),
            "metric_code": metric,
            "method": self.random.choice([None, "PER_PAYMENT", "PER_PAYMENT"]),
            "quantity": quantity,
            "final": False if self.chance(8) else None,
            "manual": False if self.chance(50) else None,
            "complete": False if self.chance(4) else None,
        }
        self.firm.add("payroll_metric", **row)
        if row["manual"] is False and self.chance(15):
            self.firm.add("payroll_metric", **{**row, "manual": True, "quantity": quantity + 2})
        if row["method"] == "PER_PAYMENT" and self.chance(30):
            self.firm.add("payroll_metric", **{**row, "method": "PER_CONTRACT", "quantity": quantity + 1})
        self.waivable.append(("FI-14", number))

    # -- time --------------------------------------------------------------------------------------------------

    def worktime(self, mission: dict) -> None:
        for _ in range(self.random.choice([0, 2, 6, 12])):
            source_id = self.name("ent")
            unknown = self.chance(3)
            person = self.random.choice(self.people) if not self.chance(2) else self.name("nobody")
            self.firm.add(
                "time_entry",
                source=self.random.choice(["kimai", "toggl"]),
                source_id=source_id,
                collaborator_id=person,
                mission_id=self.name("ghost") if unknown else mission["mission_id"],
                work_date=self.some_day(-3, 1) if self.chance(50) else self.some_day(0, 0),
                minutes=self.random.choice([1, 5, 5, 15, 37, 90, 90, 241]),
                billable=False if self.chance(8) else None,
                approved=False if self.chance(8) else None,
            )
            entry = self.firm.tables["time_entry"][-1]
            key = f"{entry['source']}|{source_id}"
            self.waivable += [(code, key) for code in ("FI-08", "FI-10", "FI-20")]

    # -- letters -----------------------------------------------------------------------------------------------

    def letter(self, mission: dict, year: dict) -> None:
        document_id = self.name("doc")
        versions = 2 if self.chance(25) else 1
        for version in range(1, versions + 1):
            line = self.letter_line(mission, year)
            fee = None
            if "instalments" not in line and line.get("amount") is not None and self.chance(60):
                fee = line["amount"]
            if fee is not None and self.chance(5):
                fee = str(Decimal(fee) + 1)
            lines = [line, *self.other_lines(mission)]
            if fee is not None and self.chance(25):
                lines.append(self.balance_line(mission, year))
                fee = str(Decimal(fee) + 500)
            document = {
                "document_id": document_id,
                "version": version,
                "client_file_id": mission["client_file_id"],
                "fy_label": mission["fy_label"] if not self.chance(3) else "UNKNOWN",
                "signed_on": str(year["start_date"]),
                "currency": "EUR",
                "total_fee": fee,
                "lines": lines,
            }
            if self.chance(20):
                document["effective_from"] = str(max(year["start_date"], self.some_day(-2, 0)))
            if self.chance(10):
                document["effective_to"] = str(max(year["start_date"], self.some_day(0, 14)))
                if document["effective_to"] < document.get("effective_from", ""):
                    del document["effective_to"]
            self.firm.documents.append(document)

    def other_lines(self, mission: dict) -> list[dict]:
        """Lines that plan nothing: an hourly rate, a unit price agreed with the client file."""
        lines = []
        if self.chance(10):
            lines.append(
                {"line_no": 2, "mission_id": mission["mission_id"], "billing_mode": "TIME", "unit_price": "95.00"}
            )
        units = [
            row["mission_id"]
            for row in self.firm.tables["mission"]
            if row["billing_mode"] == "UNIT" and row["client_file_id"] == mission["client_file_id"]
        ]
        if units:
            lines.append(
                {
                    "line_no": 3,
                    "mission_id": self.random.choice(units),
                    "service_code": self.random.choice(self.services),
                    "billing_mode": "UNIT",
                    "unit_price": self.random.choice(["21.50", 18, "0.333333"]),
                }
            )
        return lines

    def balance_line(self, mission: dict, year: dict) -> dict:
        """A line without total of its own: its balance is what the letter's fee leaves."""
        first = max(mission["start_date"], year["start_date"], first_day(self.month))
        return {
            "line_no": 4,
            "mission_id": mission["mission_id"],
            "billing_mode": "FLAT",
            "instalments": [
                {"due_date": str(first), "amount": str(self.money())},
                {"due_date": str(anchored(first, self.random.choice([0, 1]))), "is_balance": True},
            ],
        }

    def letter_line(self, mission: dict, year: dict) -> dict:
        line = {"line_no": 1, "label": "Mission", "billing_mode": "FLAT"}
        if self.chance(80):
            line["mission_id"] = mission["mission_id"]
        else:
            line["mission_code"] = mission["mission_code"]
            same = [
                row
                for row in self.firm.tables["mission"]
                if (row["client_file_id"], row["mission_code"]) == (mission["client_file_id"], mission["mission_code"])
            ]
            if len(same) > 1:
                line["mission_id"] = mission["mission_id"]
        if self.chance(30):
            line["service_code"] = self.random.choice(self.services)
        if self.chance(50):
            line["term"] = self.random.choice(["ADVANCE", "ARREARS"])
        if self.chance(15):
            self.explicit_instalments(line, mission, year)
            return line
        periodicity = self.random.choice(
            ["MONTHLY", "MONTHLY", "MONTHLY", "BIMONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY", "ONE_OFF"]
        )
        schedule: dict = {"periodicity": periodicity}
        if self.chance(50):
            line["amount_per_period"] = str(self.money())
            schedule["proration"] = self.random.choice(["NONE", "ACTUAL", "THIRTY_360", "HALF_MONTH"])
        else:
            line["amount"] = str(self.money())
            if self.chance(70):
                schedule["rounding"] = self.random.choice(["LAST", "FIRST", "SPREAD"])
        if self.chance(35):
            offset = self.random.randint(0, 2)
            schedule["first_due_date"] = str(anchored(year["start_date"], offset, self.random.choice([5, 15, 30, 31])))
            if self.chance(40):
                schedule["instalments"] = self.random.choice([1, 3, 6, 12])
        line["schedule"] = schedule
        if self.chance(20):
            self.indexation(line)
        return line

    def explicit_instalments(self, line: dict, mission: dict, year: dict) -> None:
        count = self.random.choice([2, 4])
        total = self.money() + 1
        parts = split(total, count, "SPREAD")
        if self.chance(70):
            line["amount"] = str(total)
        first = max(mission["start_date"], year["start_date"], first_day(self.month) - timedelta(days=40))
        line["instalments"] = [
            {"due_date": str(anchored(first, number)), "amount": str(part)} for number, part in enumerate(parts)
        ]
        if self.chance(60) and "amount" in line:
            last = line["instalments"][-1]
            last["is_balance"] = True
            if self.chance(60):
                del last["amount"]

    def indexation(self, line: dict) -> None:
        code = self.name("idx")
        base = month_plus(self.month, -14)
        broken = self.chance(40)
        for offset in range(-16, 2):
            value = Decimal(30000 + self.random.randint(-900, 2500)) / 100
            series = None if not broken else ("OLD" if offset < -10 else "NEW")
            self.firm.add(
                "price_index",
                index_code=code,
                month=month_plus(self.month, offset),
                series=series,
                value=value,
                published_on=self.maybe(30, self.some_day(offset + 1, offset + 3)),
            )
        if broken:
            self.firm.add(
                "index_link", index_code=code, from_series="OLD", to_series="NEW", coefficient=Decimal("0.97975")
            )
        line["indexation"] = {
            "index_code": code,
            "base_month": base,
            "revision_month": month_plus(self.month, self.random.randint(-3, 1)),
        }
        if broken:
            line["indexation"]["series"] = "OLD"
        if self.chance(30):
            line["indexation"]["cap_pct"] = "2.5"
        if self.chance(30):
            line["indexation"]["floor_pct"] = "0"

    # -- faults of the input -----------------------------------------------------------------------------------

    def dangling(self) -> None:
        """Rows that point at nothing and are turned away, with all that depends on them."""
        file_id = self.firm.tables["client_file"][0]["client_file_id"]
        nowhere = self.name("nowhere")
        day = first_day(self.month)
        self.firm.add(
            "adhoc_service",
            adhoc_id=self.name("adh"),
            client_file_id=file_id,
            service_code=nowhere,
            service_date=day,
            quantity=Decimal(1),
        )
        self.sirets += 1
        self.firm.add(
            "payroll_metric",
            siret=siret(self.number * 100 + self.sirets),
            month=self.month,
            metric_code="PAYSLIPS",
            quantity=Decimal(3),
        )
        plan = self.firm.add(
            "billing_plan", plan_id=self.name("pla"), client_file_id=file_id, fy_label=nowhere, mission_id=nowhere
        )
        self.firm.add("billing_plan_line", plan_id=plan["plan_id"], line_no=1, due_date=day, amount=Decimal(50))
        self.firm.add("price", service_code=nowhere, valid_from=day, unit_price=Decimal(1))

    # -- decisions ---------------------------------------------------------------------------------------------

    def correct(self, table: str, key: str, column: str, value: str, start: date | None) -> None:
        self.firm.add(
            "correction",
            correction_id=self.name("cor"),
            table=table,
            key=key,
            column=column,
            new_value=value,
            reason="typing error",
            author="A",
            effective_from=start,
        )

    def corrections(self) -> None:
        """A few cells put right, rows withdrawn or created; some only from a day to come."""
        for row in self.firm.tables["billing_plan_line"]:
            if self.chance(3):
                self.correct(
                    "billing_plan_line", f"{row['plan_id']}|{row['line_no']}", "amount", "77.77", self.correction_day()
                )
        for row in self.firm.tables["time_entry"]:
            key = f"{row['source']}|{row['source_id']}"
            if self.chance(3):
                self.correct("time_entry", key, "minutes", "44", self.correction_day())
            elif self.chance(2):
                self.correct("time_entry", key, "_deleted", "true", self.correction_day())
        if self.chance(10):
            key, start = self.name("adh"), self.correction_day()
            file_id = self.random.choice(self.firm.tables["client_file"])["client_file_id"]
            for column, value in (
                ("client_file_id", file_id),
                ("service_code", self.services[0]),
                ("service_date", str(first_day(self.month))),
                ("quantity", "2"),
                ("unit_price", "12.345"),
            ):
                self.correct("adhoc_service", key, column, value, start)

    def correction_day(self) -> date | None:
        return self.maybe(60, self.some_day(-1, 1))

    def waivers(self) -> None:
        wanted = [pair for pair in dict.fromkeys(self.waivable) if self.chance(12)]
        for code, subject in wanted:
            start = self.some_day(-3, 0)
            self.firm.add(
                "waiver",
                code=code,
                subject_id=subject,
                valid_from=start,
                valid_to=self.maybe(50, max(start, self.some_day(-1, 1))),
                reason="agreed",
                author="A",
            )
