"""The firm's month as it must come out: lines, groups, exclusions, fates and anomalies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.oracle.adhoc import adhoc_items
from tests.oracle.arithmetic import exact, last_day, month_of, month_plus, rounded
from tests.oracle.decisions import as_seen
from tests.oracle.flat import flat_items, live_plans
from tests.oracle.letters import live_letters, read_letters, superseded_letters
from tests.oracle.model import (
    Anomaly,
    Configuration,
    Exclusion,
    ExpectedMonth,
    Fate,
    Finding,
    Group,
    Item,
    Line,
    Row,
    Tables,
    VatGroup,
    in_force,
)
from tests.oracle.rules import Case, findings
from tests.oracle.units import Units, bound_sirets, covers, find_metric, metric_key, metric_row, unit_work
from tests.oracle.worktime import Entry, judged_entries, time_amount, time_items

#: Of several reasons why missions do not bill a metric, the first in this order is told.
REASONS = ("SUPERSEDED", "OTHER_METHOD", "AUTO_OFF", "MISSION_CLOSED")
SEVERITIES = ("critical", "warning", "info")
ZERO = Decimal("0.00")


def expected_month(
    tables: dict[str, list[dict]],
    documents: list[dict],
    month: str,
    configuration: Configuration | None = None,
    control_date: date | None = None,
) -> ExpectedMonth:
    """Works out one month of a firm none of whose months is validated.

    Args:
        tables: input rows by table, contract columns, typed values.
        documents: engagement letters in the JSON reference format.
        month: the month to bill, `YYYY-MM`.
        configuration: the firm's configuration; the defaults when absent.
        control_date: D; the last day of the month when absent.
    """
    control_date = control_date or last_day(month)
    seen, rejected = as_seen(tables, control_date)
    expected = _Month(Tables(seen, documents), month, configuration or Configuration(), control_date).work()
    expected.rejected_rows = rejected
    return expected


class _Month:
    def __init__(self, tables: Tables, month: str, configuration: Configuration, control_date: date):
        self.tables = tables
        self.month = month
        self.configuration = configuration
        self.control_date = control_date
        self.first_month = configuration.first_month

    def work(self) -> ExpectedMonth:
        letters = read_letters(self.tables)
        live = live_letters(letters)
        prices = [price for letter in live for price in letter.unit_prices]
        entries = judged_entries(self.tables, self.configuration)
        flat = flat_items(self.tables, live)
        units = unit_work(self.tables, prices, self.month, self.configuration)
        every = [*flat, *adhoc_items(self.tables, prices), *time_items(entries)]
        items = [item for item in [*every, *units.items] if item.origin_month == self.month]
        if self._before_start(self.month):
            items, units = [], Units()
        for item in items:
            self._tax(item)
        case = Case(
            self.tables,
            self.configuration,
            self.month,
            self.control_date,
            live_plans(self.tables, live),
            flat,
            units,
            prices,
            entries,
            items,
        )
        found = findings(case)
        anomalies = self._register(found)
        self._hold(items, found, anomalies)
        lines = self._lines(items)
        groups, vat_groups = self._groups(lines)
        return ExpectedMonth(
            lines=lines,
            groups=groups,
            vat_groups=vat_groups,
            exclusions=self._exclusions(letters, every, units, entries),
            fates=self._fates(items, entries),
            anomalies=anomalies,
            refused_documents={f"{letter.key[0]}|{letter.key[1]}" for letter in letters if letter.refusal},
        )

    def _before_start(self, month: str) -> bool:
        return self.first_month is not None and month < self.first_month

    def _tax(self, item: Item) -> None:
        service = self.tables.services.get(item.service_code)
        item.vat_code = service["vat_code"] if service else None
        rates = [
            row
            for row in self.tables.rows("vat_rate")
            if row["vat_code"] == item.vat_code and in_force(row, item.due_date)
        ]
        if rates:
            item.vat_rate = max(rates, key=lambda row: row["valid_from"])["rate"]
        else:
            item.amount = None
            # Without a service it is the unknown mission that stands in the way.
            unknown = {"TIME": "FI-02", "FLAT": "FI-03"}
            item.missing.add("FI-22" if item.service_code is not None else unknown[item.mode])

    def _register(self, found: list[Finding]) -> list[Anomaly]:
        """One anomaly for each code and subject, the worst severity, accepted where a waiver says so."""
        worst: dict[tuple[str, str], str] = {}
        for finding in found:
            key = (finding.code, finding.subject_id)
            worst[key] = min(worst.get(key, "info"), finding.severity, key=SEVERITIES.index)
        accepted = {
            (row["code"], row["subject_id"]) for row in self.tables.rows("waiver") if in_force(row, self.control_date)
        }
        return [
            Anomaly(code, severity, subject, "ACCEPTED" if (code, subject) in accepted else "OPEN")
            for (code, subject), severity in sorted(worst.items())
        ]

    def _hold(self, items: list[Item], found: list[Finding], anomalies: list[Anomaly]) -> None:
        waived = {(anomaly.code, anomaly.subject_id) for anomaly in anomalies if anomaly.status == "ACCEPTED"}
        for item in items:
            # What is missing cannot be waived away.
            item.held_by |= item.missing
        for finding in found:
            if finding.hold is None or finding.severity != "critical":
                continue
            if (finding.code, finding.subject_id) in waived:
                continue
            for item in items:
                touched = {
                    "mission": item.mission_id,
                    "item": item.held_key,
                    "entry": item.subjects[0] if item.mode == "TIME" else None,
                }
                if touched[finding.hold[0]] == finding.hold[1]:
                    item.held_by.add(finding.code)
                    item.alone |= finding.hold[0] == "entry"

    def _lines(self, items: list[Item]) -> list[Line]:
        """Entries of a line share it unless one is held for its own sake; every other item is a line."""
        lines = []
        worked: dict[str, list[Item]] = {}
        for item in items:
            if item.mode == "TIME" and not item.alone:
                worked.setdefault(item.line_key, []).append(item)
            else:
                lines.append(self._line(item, item.held_key))
        for line_key, parts in worked.items():
            minutes = sum(item.minutes for item in parts)
            whole = replace(
                parts[0],
                quantity=rounded(exact(minutes) / 60, 4),
                amount=None if parts[0].amount is None else time_amount(minutes, parts[0].unit_price),
            )
            lines.append(self._line(whole, line_key))
        return sorted(lines, key=lambda line: line.line_key)

    def _line(self, item: Item, line_key: str) -> Line:
        return Line(
            line_key=line_key,
            billing_mode=item.mode,
            client_id=self.tables.client_of(item.client_file_id),
            client_file_id=item.client_file_id,
            fy_label=item.fy_label,
            mission_id=item.mission_id,
            service_code=item.service_code,
            period_start=item.period[0],
            period_end=item.period[1],
            due_date=item.due_date,
            origin_month=item.origin_month,
            quantity=item.quantity,
            unit_price=item.unit_price,
            discount_pct=item.discount_pct,
            amount_net=item.amount,
            vat_code=item.vat_code,
            vat_rate=item.vat_rate,
            status="HELD" if item.held_by else "READY",
            held_by=",".join(sorted(item.held_by)) or None,
        )

    def _groups(self, lines: list[Line]) -> tuple[list[Group], list[VatGroup]]:
        files = {row["client_file_id"] for row in self.tables.rows("client_file") if row["status"] == "ACTIVE"}
        files |= {line.client_file_id for line in lines}
        groups, vat_groups = [], []
        for file_id in sorted(files, key=lambda file_id: file_id or ""):
            client_id = self.tables.client_of(file_id)
            own = [line for line in lines if line.client_file_id == file_id]
            ready = [line for line in own if line.status == "READY"]
            held = sum((line.amount_net or ZERO for line in own if line.status == "HELD"), ZERO)
            rates: dict[tuple[str, Decimal], Decimal] = {}
            for line in ready:
                key = (line.vat_code, line.vat_rate)
                rates[key] = rates.get(key, ZERO) + line.amount_net
            taxes = {key: rounded(exact(base) * exact(key[1]) / 100) for key, base in rates.items()}
            vat_groups += [
                VatGroup(client_id, file_id, key[0], key[1], base, taxes[key]) for key, base in sorted(rates.items())
            ]
            net, vat = sum(rates.values(), ZERO), sum(taxes.values(), ZERO)
            groups.append(Group(client_id, file_id, len(ready), net, vat, net + vat, held))
        return groups, vat_groups

    def _exclusions(self, letters, every: list[Item], units: Units, entries: list[Entry]) -> list[Exclusion]:
        early = {
            source
            for item in every
            if item.mode != "TIME" and self._before_start(item.origin_month) and self._tells(item.origin_month)
            for source in item.sources
        }
        found = [Exclusion(table, key, "BEFORE_START") for table, key in early]
        for entry in entries:
            if self._before_start(entry.month):
                if self._tells(entry.month):
                    found.append(Exclusion("time_entry", entry.key, "BEFORE_START"))
            elif entry.month == self.month:
                if entry.state in ("NON_BILLABLE", "NOT_APPROVED", "COVERED_BY_FLAT"):
                    found.append(Exclusion("time_entry", entry.key, entry.state))
                elif entry.billed_minutes < entry.rounded_minutes:
                    found.append(Exclusion("time_entry", entry.key, "OVER_BUDGET"))
        for row in self.tables.rows("payroll_metric"):
            uses = self._metric_uses(row)
            if self._before_start(min(uses)):
                if self._tells(min(uses)):
                    found.append(Exclusion("payroll_metric", metric_key(row), "BEFORE_START"))
            elif uses.get(self.month) is not None:
                found.append(Exclusion("payroll_metric", metric_key(row), uses[self.month]))
        for measured in units.missing:
            binding = measured.binding
            key = f"{binding['mission_id']}|{binding['metric_code']}"
            found.append(Exclusion("metric_binding", key, "MISSING_METRIC"))
        for letter in superseded_letters(letters):
            for instalment in letter.instalments:
                if month_of(instalment.due_date) == self.month and not self._before_start(self.month):
                    key = f"{letter.key[0]}|{letter.key[1]}|{instalment.line_no}|{instalment.instalment_no}"
                    found.append(Exclusion("document", key, "SUPERSEDED"))
        return sorted(found, key=lambda exclusion: (exclusion.source_table, exclusion.source_key))

    def _tells(self, home: str) -> bool:
        """Whether this run is the one that lists an item of before the start."""
        return self.month == self.first_month or (self.month < self.first_month and home == self.month)

    def _metric_uses(self, row: Row) -> dict[str, str | None]:
        """Home months of a metric: those in which a mission bills it, else the one month that tells why none does."""
        billed: dict[str, str | None] = {}
        reasons = []
        for binding in self.tables.rows("metric_binding"):
            mission = self.tables.missions.get(binding["mission_id"])
            if (
                mission is None
                or binding["metric_code"] != row["metric_code"]
                or row["siret"] not in bound_sirets(self.tables, mission, binding)
                or not covers(self.tables, mission, row["month"])
            ):
                continue
            home = month_plus(row["month"], binding["lag_months"])
            reason = self._metric_reason(row, binding, mission)
            if reason is None:
                billed[home] = None
            else:
                reasons.append((REASONS.index(reason), home))
        if billed or not reasons:
            return billed or {row["month"]: "NO_MISSION"}
        first, home = min(reasons)
        return {home: REASONS[first]}

    def _metric_reason(self, row: Row, binding: Row, mission: Row) -> str | None:
        """Why this binding does not bill this metric; None when it does."""
        if mission["status"] == "CLOSED":
            return "MISSION_CLOSED"
        if row["method"] not in (None, binding["method"] or self.configuration.units_method):
            return "OTHER_METHOD"
        if not binding["auto"] and not row["manual"]:
            return "AUTO_OFF"
        chosen = find_metric(self.tables, binding, row["siret"], row["month"], self.configuration)
        return None if chosen is row else "SUPERSEDED"

    def _fates(self, items: list[Item], entries: list[Entry]) -> list[Fate]:
        """Fates this run decides: of rows whose home month it is, and of those from before the start it lists."""
        billed, held = set(), set()
        for item in items:
            (held if item.held_by else billed).update(item.sources)
        fates = []
        for entry in entries:
            source = ("time_entry", entry.key)
            if self._before_start(entry.month) and self._tells(entry.month):
                fates.append(self._fate(source, "EXCLUDED", "BEFORE_START"))
            elif entry.month == self.month:
                fates.append(self._entry_fate(entry, billed))
        for row in self.tables.rows("adhoc_service"):
            source = ("adhoc_service", row["adhoc_id"])
            home = month_of(row["service_date"])
            if self._before_start(home) and self._tells(home):
                fates.append(self._fate(source, "EXCLUDED", "BEFORE_START"))
            elif home == self.month:
                fates.append(self._fate(source, "BILLED" if source in billed else "OPEN", None))
        for row in self.tables.rows("payroll_metric"):
            source, told = metric_row(row), ("payroll_metric", metric_key(row))
            uses = self._metric_uses(row)
            # One mission may bill it now that another would have billed before the start.
            early = "BEFORE_START" if self._before_start(min(uses)) and self._tells(min(uses)) else None
            if source in billed:
                fates.append(self._fate(told, "BILLED", early))
            elif source in held:
                fates.append(self._fate(told, "OPEN", early))
            elif early:
                fates.append(self._fate(told, "EXCLUDED", early))
            elif self._before_start(min(uses)):
                continue
            elif uses.get(self.month) is not None:
                fates.append(self._fate(told, "EXCLUDED", uses[self.month]))
        return sorted(fates, key=lambda fate: (fate.source_table, fate.source_key))

    def _entry_fate(self, entry: Entry, billed: set) -> Fate:
        source = ("time_entry", entry.key)
        if entry.state == "NOT_APPROVED":
            return self._fate(source, "DEFERRED", "NOT_APPROVED")
        if entry.state in ("NON_BILLABLE", "COVERED_BY_FLAT"):
            return self._fate(source, "EXCLUDED", entry.state)
        over = "OVER_BUDGET" if entry.billed_minutes < entry.rounded_minutes else None
        if over and entry.billed_minutes == 0:
            return self._fate(source, "EXCLUDED", over)
        return self._fate(source, "BILLED" if source in billed else "OPEN", over)

    def _fate(self, source: tuple[str, str], fate: str, reason: str | None) -> Fate:
        return Fate(source[0], source[1], fate, self.month, reason)
