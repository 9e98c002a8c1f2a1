"""TIME: entries, their rounding, rates and budgets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.arithmetic import exact, last_day, month_of, rounded
from tests.oracle.model import Configuration, Item, Row, Tables, in_force


@dataclass
class Entry:
    """A time entry with everything decided about it.

    `state` is LINE, or the reason it is none; `billed_minutes` is what remains under the cap.
    """

    row: Row
    mission: Row | None
    state: str
    rounded_minutes: int = 0
    billed_minutes: int = 0
    hourly_price: Decimal | None = None

    @property
    def key(self) -> str:
        return f"{self.row['source']}|{self.row['source_id']}"

    @property
    def month(self) -> str:
        return month_of(self.row["work_date"])

    @property
    def counts(self) -> bool:
        """Billable, approved, on a known mission: what rules and budgets look at."""
        return self.state in ("LINE", "COVERED_BY_FLAT")


def entry_order(entry: Entry) -> tuple:
    return entry.row["work_date"], entry.key


def _setting(mission: Row | None, configuration: Configuration, name: str):
    own = mission[name] if mission is not None else None
    return getattr(configuration, name) if own is None else own


def round_minutes(minutes: int, step: int, mode: str) -> int:
    if not step:
        return minutes
    whole, rest = divmod(minutes, step)
    if mode == "up":
        return (whole + (rest > 0)) * step
    if mode == "down":
        return whole * step
    return (whole + (2 * rest >= step)) * step


def hourly_price(tables: Tables, row: Row, mission: Row | None) -> Decimal | None:
    """The narrowest scope first, in it the collaborator before the grade, then the latest begun."""
    collaborator = tables.collaborators.get(row["collaborator_id"]) or Row()
    file_id = mission["client_file_id"] if mission is not None else None
    code = mission["mission_code"] if mission is not None else None
    for scope in ((file_id, code), (file_id, None), (None, code), (None, None)):
        for who, value in (("collaborator_id", row["collaborator_id"]), ("grade", collaborator["grade"])):
            found = [
                rate
                for rate in tables.rows("selling_rate")
                if value is not None
                and rate[who] == value
                and (rate["client_file_id"], rate["mission_code"]) == scope
                and in_force(rate, row["work_date"])
            ]
            if found:
                return max(found, key=lambda rate: rate["valid_from"])["hourly_price"]
    return None


def judged_entries(tables: Tables, configuration: Configuration) -> list[Entry]:
    """Every time entry of the input, whatever its month."""
    entries = []
    for row in tables.rows("time_entry"):
        mission = tables.missions.get(row["mission_id"])
        if not row["billable"]:
            state = "NON_BILLABLE"
        elif _setting(mission, configuration, "approval_required") and not row["approved"]:
            state = "NOT_APPROVED"
        elif mission is None:
            state = "UNKNOWN_MISSION"
        elif mission["billing_mode"] != "TIME":
            state = "COVERED_BY_FLAT"
        else:
            state = "LINE"
        entries.append(Entry(row, mission, state, row["minutes"], row["minutes"], hourly_price(tables, row, mission)))
    _round(entries, configuration)
    _cap(entries)
    return entries


def _round(entries: list[Entry], configuration: Configuration) -> None:
    days: dict[tuple, list[Entry]] = {}
    for entry in entries:
        if entry.state not in ("LINE", "UNKNOWN_MISSION"):
            continue
        step = _setting(entry.mission, configuration, "rounding_minutes")
        mode = _setting(entry.mission, configuration, "rounding_mode")
        if _setting(entry.mission, configuration, "rounding_per") == "entry":
            entry.rounded_minutes = round_minutes(entry.row["minutes"], step, mode)
        else:
            day = (entry.row["mission_id"], entry.row["collaborator_id"], entry.row["work_date"], step, mode)
            days.setdefault(day, []).append(entry)
    for (_, _, _, step, mode), same_day in days.items():
        # What rounding adds goes to the last entry of the day; what it takes off comes from the last ones.
        same_day.sort(key=lambda entry: entry.key)
        left = round_minutes(sum(entry.row["minutes"] for entry in same_day), step, mode)
        for entry in same_day[:-1]:
            entry.rounded_minutes = min(entry.row["minutes"], left)
            left -= entry.rounded_minutes
        same_day[-1].rounded_minutes = left
    for entry in entries:
        entry.billed_minutes = entry.rounded_minutes


def _cap(entries: list[Entry]) -> None:
    by_mission: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.state == "LINE" and entry.mission["budget_policy"] == "CAP":
            by_mission.setdefault(entry.mission["mission_id"], []).append(entry)
    for same_mission in by_mission.values():
        minutes, worth = 0, Fraction(0)
        for entry in sorted(same_mission, key=entry_order):
            mission = entry.mission
            kept = entry.rounded_minutes
            if mission["budget_minutes"] is not None:
                kept = min(kept, max(mission["budget_minutes"] - minutes, 0))
            if mission["budget_amount"] is not None and entry.hourly_price:
                left = max(exact(mission["budget_amount"]) - worth, Fraction(0))
                kept = min(kept, left * 60 // exact(entry.hourly_price))
            entry.billed_minutes = int(kept)
            minutes += entry.rounded_minutes
            worth += worth_of(entry)


def worth_of(entry: Entry) -> Fraction:
    """The exact value of the rounded minutes; an entry without rate is worth nothing."""
    return Fraction(entry.rounded_minutes) * exact(entry.hourly_price or 0) / 60


def time_items(entries: list[Entry]) -> list[Item]:
    """One item for each entry that is on a line, ready or held."""
    return [
        _item(entry)
        for entry in entries
        if entry.state == "UNKNOWN_MISSION"
        or (entry.state == "LINE" and (entry.billed_minutes != 0 or entry.rounded_minutes == 0))
    ]


def time_amount(minutes: int, price: Decimal | None) -> Decimal | None:
    return None if price is None else rounded(Fraction(minutes) * exact(price) / 60)


def _item(entry: Entry) -> Item:
    row, mission = entry.row, entry.mission or Row()
    price = entry.hourly_price
    shown = "" if price is None else f"{price:.6f}"
    key = f"TIME|{row['mission_id']}|{row['collaborator_id']}|{shown}|{entry.month}"
    missing = set()
    if entry.mission is None:
        missing.add("FI-02")
    elif price is None:
        missing.add("FI-08")
    return Item(
        mode="TIME",
        line_key=key,
        held_key=f"{key}|{entry.key}",
        client_file_id=mission["client_file_id"],
        mission_id=row["mission_id"],
        fy_label=mission["fy_label"],
        service_code=mission["service_code"],
        due_date=_month_end(row["work_date"]),
        origin_month=entry.month,
        period=(row["work_date"].replace(day=1), _month_end(row["work_date"])),
        quantity=rounded(Fraction(entry.billed_minutes, 60), 4),
        unit_price=price,
        discount_pct=None,
        amount=None if entry.mission is None else time_amount(entry.billed_minutes, price),
        minutes=entry.billed_minutes,
        work_date=row["work_date"],
        subjects=[entry.key],
        sources=[("time_entry", entry.key)],
        missing=missing,
        alone=bool(missing),
    )


def _month_end(day: date) -> date:
    return last_day(month_of(day))
