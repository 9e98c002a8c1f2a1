"""The life of a month, worked out from the requirement: what each run bills once some months are validated.

`History` is told what a firm was told: its input may change at any time, a month is run, client files of it are
validated. It keeps what was validated and answers what a run must show. The value of an item as the input reads (its
price, its rate, its tiers) is the oracle's; here is which month bills it, what stays, what is taken back.

The rules, with what they stand on:

- An item is billed in its home month while that is open for its client file, else in the first open month after it
  (contract §3). So each client file has a history of its own.
- What is validated stays. A billed item that would be billed otherwise today is taken back and billed anew, in the
  first open month after the one that billed it; one that no longer reads is taken back; one that is back is billed
  again once its home month has come (semantics 8).
- Not taken back: instalments that a new version of their letter plans otherwise (semantics 16), those of a cancelled
  plan, and units of a mission closed since: closing is for what comes after.
- The instalments of a new version share what is left of the line's amount by the same policy (semantics 16).
- Entries that stand as they were billed keep the minutes they were billed, and are counted before others where minutes
  of a day are rounded together or a cap holds.
- Held lines and lines a person postponed are not validated; they are open again in the next open month (semantics 7).
- What a person excluded is settled with the validation, as long as the person says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from tests.oracle.adhoc import adhoc_items
from tests.oracle.arithmetic import exact, last_day, month_of, month_plus, rounded, split
from tests.oracle.decisions import as_seen
from tests.oracle.flat import flat_items
from tests.oracle.letters import Letter, live_letters, read_letters, superseded_letters
from tests.oracle.model import Configuration, Item, Tables, discounted
from tests.oracle.units import expects, measure, metric_key, metric_row, unit_work
from tests.oracle.worktime import Entry, entry_order, judged_entries, round_minutes, time_amount, time_items

CONFIGURATION = Configuration()
#: Facts of an item that a customer sees: only a change of one of these takes a billed item back.
BILLED_FACTS = (
    "client_file_id",
    "mission_id",
    "service_code",
    "quantity",
    "minutes",
    "unit_price",
    "discount_pct",
    "amount",
)


@dataclass(frozen=True)
class Piece:
    """An item as the input reads it, or as it was billed."""

    identity: str
    mode: str
    group_key: str
    own_key: str
    client_file_id: str
    mission_id: str | None
    service_code: str | None
    home: str
    quantity: Decimal
    minutes: int | None
    unit_price: Decimal | None
    discount_pct: Decimal | None
    amount: Decimal | None
    version: int = 0
    sources: frozenset[tuple[str, str]] = frozenset()
    reading: tuple = ()
    held: frozenset[str] = frozenset()
    alone: bool = False

    def bills_as(self, other: Piece) -> bool:
        return all(getattr(self, fact) == getattr(other, fact) for fact in BILLED_FACTS)


@dataclass(frozen=True)
class Part:
    """A piece in a month: `kind` is ORIGINAL, REVERSAL or REPLACEMENT."""

    kind: str
    piece: Piece
    adjusts: str | None = None


@dataclass(frozen=True)
class DraftLine:
    """A line of the month. Deltas are told apart by the item they adjust and which half of it they are."""

    key: str
    parts: tuple[Part, ...]
    quantity: Decimal
    minutes: int | None
    amount: Decimal | None
    discount_pct: Decimal | None
    held: frozenset[str]
    excluded_as: str | None = None

    @property
    def status(self) -> str:
        return "HELD" if self.held or self.amount is None else "READY"

    @property
    def client_file_id(self) -> str:
        return self.parts[0].piece.client_file_id


@dataclass
class Billed:
    """An item as it was billed once, and the line that took it back if one did.

    `amount` and `discount_pct` are what its line asked for, once a person had a say.
    """

    month: str
    line_key: str
    piece: Piece
    amount: Decimal
    discount_pct: Decimal | None
    reversed_by: str | None = None

    @property
    def live(self) -> bool:
        return self.reversed_by is None


Exclusion = tuple[str, str, str]


@dataclass
class Draft:
    """What a run shows of its month, frozen lines apart."""

    month: str
    lines: list[DraftLine] = field(default_factory=list)
    exclusions: dict[str, set[Exclusion]] = field(default_factory=lambda: defaultdict(set))
    # Billed lines whose input would bill something else today, and those that merely read otherwise.
    changed: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    # The version of each letter that plans.
    letters: dict[str, int] = field(default_factory=dict)


class History:
    """What was validated of one firm, and what follows from it.

    Args:
        tables: the firm's input; read anew at each run.
        documents: its engagement letters, likewise.
        first_month: no month before it is ever run or validated.
    """

    def __init__(self, tables: dict[str, list[dict]], documents: list[dict], first_month: str):
        self.tables = tables
        self.documents = documents
        self.first_month = first_month
        self.closed: set[tuple[str, str]] = set()
        # By item and client file, in the order they were billed.
        self.billed: dict[tuple[str, str], list[Billed]] = defaultdict(list)
        self.lines: dict[str, list[DraftLine]] = defaultdict(list)
        self.settled: dict[str, set[Exclusion]] = defaultdict(set)
        # What a person excluded, with the line that named it.
        self.taken_out: dict[tuple[str, str], tuple[str, int]] = {}
        self.left_out: set[tuple[str, str]] = set()
        self.drafts: dict[str, Draft] = {}

    # -- validation ----------------------------------------------------------------------------------------------------

    def validate(self, month: str, client_files: Iterable[str]) -> None:
        """Freezes what the last run of the month showed of some client files."""
        draft = self.drafts[month]
        files = {each for each in client_files if (each, month) not in self.closed}
        for line in draft.lines:
            if line.client_file_id not in files:
                continue
            if line.excluded_as == "EXCLUDED_BY_PERSON":
                for piece in (part.piece for part in line.parts):
                    self.left_out |= piece.sources
                    self.taken_out[piece.identity, line.client_file_id] = (line.key, piece.version)
            elif line.excluded_as is None and line.status == "READY":
                self._freeze(month, line)
        for file_id in files:
            self.settled[month] |= draft.exclusions[file_id]
            self.closed.add((file_id, month))

    def _freeze(self, month: str, line: DraftLine) -> None:
        self.lines[month].append(line)
        total, minutes, shared = sum(part.piece.minutes or 0 for part in line.parts), 0, Decimal(0)
        for part in sorted(line.parts, key=lambda part: part.piece.own_key):
            piece = part.piece
            states = self.billed[piece.identity, line.client_file_id]
            if part.kind == "REVERSAL":
                taken_back = next(state for state in states if state.line_key == part.adjusts and state.live)
                taken_back.reversed_by = line.key
                continue
            amount = line.amount
            if total:
                # Entries share the amount of their line by their minutes, to the last cent.
                minutes += piece.minutes
                amount = rounded(exact(line.amount) * minutes / total) - shared
                shared += amount
            states.append(Billed(month, line.key, piece, amount, line.discount_pct))

    def standing(self, identity: str, client_file_id: str) -> Billed | None:
        """What was billed last of an item, if it stands."""
        states = self.billed.get((identity, client_file_id))
        return states[-1] if states and states[-1].live else None

    def first_open(self, client_file_id: str, month: str) -> str:
        """The first month from `month` on that is open for the client file."""
        while (client_file_id, month) in self.closed:
            month = month_plus(month, 1)
        return month

    # -- a run ---------------------------------------------------------------------------------------------------------

    def run(self, month: str) -> Draft:
        """Works out the draft of a month as the input reads now."""
        seen, _ = as_seen(self.tables, last_day(month))
        tables = Tables(seen, self.documents)
        reading = _Reading(tables, self, month)
        pieces = reading.pieces
        draft = Draft(month, letters=reading.versions)
        parts: list[Part] = []
        for piece in pieces.values():
            part = self._part(piece, month)
            if part:
                parts.append(part)
        for (identity, file_id), states in self.billed.items():
            now = pieces.get(identity)
            if now is not None and now.client_file_id != file_id:
                now = None
            for billed in states:
                is_last = billed is states[-1]
                if not billed.live or (is_last and reading.keeps(billed, now)):
                    continue
                stands = is_last and now is not None and now.bills_as(billed.piece)
                if not stands or now.reading != billed.piece.reading:
                    draft.touched.add(billed.line_key)
                if stands:
                    continue
                if billed.month < month:
                    draft.changed.add(billed.line_key)
                if self.first_open(file_id, month_plus(billed.month, 1)) == month:
                    parts.append(Part("REVERSAL", self._taken_back(billed, reading), billed.line_key))
        draft.lines = self._lines(parts, tables, month)
        for file_id in tables.client_files:
            if (file_id, month) not in self.closed:
                told = reading.exclusions(file_id)
                # What an earlier validation told is not told again; a metric may be missing each month anew.
                before = {each for settled in self.settled.values() for each in settled if each[0] != "metric_binding"}
                draft.exclusions[file_id] = told - before
        for line in draft.lines:
            if line.excluded_as:
                draft.exclusions[line.client_file_id].add(("adjustment", line.key, line.excluded_as))
        self.drafts[month] = draft
        return draft

    def fates(self, months: Iterable[str]) -> dict[tuple[str, str], set[str]]:
        """What became of the rows behind items and exclusions, by the ledger and the drafts of some months.

        A row told for two reasons since it changed may have the fate of either.
        """
        carried: dict[tuple[str, str], set[str]] = defaultdict(set)
        told: dict[tuple[str, str], set[str]] = defaultdict(set, {source: {"EXCLUDED"} for source in self.left_out})
        for states in self.billed.values():
            for state in states:
                for source in state.piece.sources if state.live else ():
                    carried[source].add("BILLED")
        for draft in (self.drafts[month] for month in months):
            for line in draft.lines:
                if (line.client_file_id, draft.month) in self.closed:
                    continue
                fate = "BILLED" if line.status == "READY" else "OPEN"
                for part in line.parts:
                    for source in part.piece.sources if part.kind != "REVERSAL" else ():
                        if line.excluded_as:
                            told[source].add("DEFERRED" if line.excluded_as == "POSTPONED" else "EXCLUDED")
                        else:
                            carried[source].add(fate)
            for each in self.settled[draft.month].union(*draft.exclusions.values()):
                told[each[:2]].add("DEFERRED" if each[2] == "NOT_APPROVED" else "EXCLUDED")
        return told | {source: {min(fates)} for source, fates in carried.items()}

    def _part(self, piece: Piece, month: str) -> Part | None:
        """The piece as this month bills it, if it does."""
        key = (piece.identity, piece.client_file_id)
        if self._is_excluded(key):
            return None
        states = self.billed.get(key)
        if not states:
            if self.first_open(piece.client_file_id, piece.home) != month:
                return None
            elsewhere = [s for (identity, _), other in self.billed.items() if identity == piece.identity for s in other]
            if elsewhere:
                return Part("REPLACEMENT", piece, elsewhere[-1].reversed_by or elsewhere[-1].line_key)
            return Part("ORIGINAL", piece)
        last = states[-1]
        if last.live and (piece.bills_as(last.piece) or piece.version > last.piece.version):
            return None
        due = max(month_plus(last.month, 1), piece.home)
        if self.first_open(piece.client_file_id, due) != month:
            return None
        return Part("REPLACEMENT", piece, last.reversed_by or last.line_key)

    def _is_excluded(self, key: tuple[str, str]) -> bool:
        said = {row["line_key"] for row in self.tables.get("adjustment", []) if row["kind"] == "EXCLUDE"}
        return key in self.taken_out and self.taken_out[key][0] in said

    def _taken_back(self, billed: Billed, reading: _Reading) -> Piece:
        piece = billed.piece
        return replace(
            piece,
            quantity=-piece.quantity,
            minutes=None if piece.minutes is None else -piece.minutes,
            amount=-billed.amount,
            discount_pct=billed.discount_pct,
            held=reading.mission_hold(piece.mission_id),
        )

    def _lines(self, parts: Sequence[Part], tables: Tables, month: str) -> list[DraftLine]:
        grouped: dict[str, list[Part]] = defaultdict(list)
        for part in parts:
            piece = part.piece
            if part.kind != "ORIGINAL":
                key = f"{part.kind} {piece.identity} {part.adjusts}"
            elif piece.alone:
                key = piece.own_key
            else:
                key = self._group_key(piece)
            grouped[key].append(part)
        return [self._line(key, members, tables, month) for key, members in sorted(grouped.items())]

    def _group_key(self, piece: Piece) -> str:
        """Entries that come after their group was billed have a line of their own."""
        if piece.mode != "TIME":
            return piece.group_key
        keys = {line.key for lines in self.lines.values() for line in lines}
        own = [key for key in keys if key == piece.group_key or key.startswith(piece.group_key + "|+")]
        return f"{piece.group_key}|+{len(own)}" if own else piece.group_key

    def _line(self, key: str, parts: Sequence[Part], tables: Tables, month: str) -> DraftLine:
        first = parts[0].piece
        quantity, minutes, amount = first.quantity, first.minutes, first.amount
        if first.mode == "TIME":
            minutes = sum(part.piece.minutes for part in parts)
            quantity = rounded(Fraction(minutes, 60), 4)
            if len(parts) > 1:
                amount = time_amount(minutes, first.unit_price)
        discount = first.discount_pct
        said = {}
        for row in sorted(tables.rows("adjustment"), key=lambda row: row["adjustment_id"]):
            if row["line_key"] == key:
                said[row["kind"]] = row["value"]
        if amount is not None:
            if "SET_AMOUNT" in said:
                amount = Decimal(said["SET_AMOUNT"])
            elif "DISCOUNT_PCT" in said:
                worth = quantity if minutes is None else Fraction(minutes, 60)
                amount = discounted(worth, first.unit_price, Decimal(said["DISCOUNT_PCT"]))
        if "DISCOUNT_PCT" in said:
            discount = Decimal(said["DISCOUNT_PCT"])
        excluded = None
        if "EXCLUDE" in said:
            excluded = "EXCLUDED_BY_PERSON"
        elif "POSTPONE" in said and month < said["POSTPONE"]:
            excluded = "POSTPONED"
        held = frozenset().union(*(part.piece.held for part in parts))
        return DraftLine(key, tuple(parts), quantity, minutes, amount, discount, held, excluded)


class _Reading:
    """The input as a run of one month reads it, in the light of what was validated."""

    def __init__(self, tables: Tables, history: History, month: str):
        self.tables = tables
        self.history = history
        self.month = month
        self.letters = read_letters(tables)
        for letter in self.letters:
            self._split_again(letter)
        self.live = live_letters(self.letters)
        self.versions = {letter.key[0]: letter.key[1] for letter in self.live}
        self.entries = judged_entries(tables, CONFIGURATION)
        self._settle_minutes()
        self.pieces: dict[str, Piece] = {}
        for piece in [*self._flat(), *self._adhoc(), *self._time(), *self._units()]:
            if piece.home <= month:
                self.pieces[piece.identity] = piece

    def keeps(self, billed: Billed, now: Piece | None) -> bool:
        """Whether what was billed stands although the input plans it otherwise or no more."""
        piece = billed.piece
        if piece.mode == "FLAT":
            document = piece.identity.split("|")[1]
            if piece.version:
                return self.versions.get(document, 0) > piece.version
            cancelled = {row["plan_id"] for row in self.tables.rows("billing_plan") if row["status"] != "ACTIVE"}
            lines = {f"FLAT|{row['plan_id']}|{row['line_no']}" for row in self.tables.rows("billing_plan_line")}
            return document in cancelled and piece.identity in lines
        mission = self.tables.missions.get(piece.mission_id)
        return piece.mode == "UNIT" and mission is not None and mission["status"] == "CLOSED"

    def mission_hold(self, mission_id: str | None) -> frozenset[str]:
        """FI-05: a hand plan whose lines do not add up to the total it states."""
        for plan in self.tables.rows("billing_plan"):
            if plan["mission_id"] != mission_id or plan["status"] != "ACTIVE" or plan["total_amount"] is None:
                continue
            amounts = [r["amount"] for r in self.tables.rows("billing_plan_line") if r["plan_id"] == plan["plan_id"]]
            if None not in amounts and sum(amounts, Decimal(0)) != plan["total_amount"]:
                return frozenset({"FI-05"})
        return frozenset()

    # -- items ---------------------------------------------------------------------------------------------------------

    def _piece(self, item: Item, identity: str, held: Iterable[str] = (), **facts) -> Piece:
        return Piece(
            identity=identity,
            mode=item.mode,
            group_key=item.line_key,
            own_key=item.held_key,
            client_file_id=item.client_file_id,
            mission_id=item.mission_id,
            service_code=item.service_code,
            home=item.origin_month,
            quantity=item.quantity,
            minutes=item.minutes,
            unit_price=item.unit_price,
            discount_pct=item.discount_pct,
            amount=item.amount,
            sources=frozenset(item.sources),
            held=frozenset(item.missing) | frozenset(held) | self.mission_hold(item.mission_id),
            **facts,
        )

    def _flat(self) -> Iterable[Piece]:
        for item in flat_items(self.tables, self.live):
            document = item.line_key.split("|")[1]
            by_letter = item.sources[0][0] == "document"
            version = self.versions[document] if by_letter else 0
            yield self._piece(item, item.line_key, version=version, reading=(item.due_date,))

    def _split_again(self, letter: Letter) -> None:
        """What earlier versions billed stays; the rest of the amount goes over the other instalments.

        A version that says another amount than what was billed and leaves no instalment to share the difference does
        not add up: it is refused as any letter that does not (semantics 15), and the version before it stays.
        """
        document_id, version = letter.key
        for line in letter.document["lines"]:
            prefix = f"FLAT|{document_id}|{line['line_no']}|"
            earlier = {
                identity: states[-1].piece
                for (identity, _), states in self.history.billed.items()
                if identity.startswith(prefix) and states[-1].live and states[-1].piece.version < version
            }
            seen: dict[str, int] = defaultdict(int)
            rest = []
            for instalment in letter.instalments:
                if instalment.line_no != line["line_no"]:
                    continue
                due = month_of(instalment.due_date)
                seen[due] += 1
                key = prefix + due + (f"|{seen[due]}" if seen[due] > 1 else "")
                if key in earlier:
                    instalment.amount = earlier[key].amount
                else:
                    rest.append(instalment)
            if line.get("amount") is None or not earlier or letter.refusal:
                continue
            left = Decimal(line["amount"]) - sum(piece.amount for piece in earlier.values())
            if not rest:
                letter.refusal = "instalments do not add up to the line" if left else None
                continue
            if "schedule" in line:
                amounts = split(left, len(rest), line["schedule"].get("rounding") or "LAST")
            else:
                amounts = [instalment.amount for instalment in rest[:-1]]
                amounts.append(left - sum(amounts, Decimal(0)))
            for instalment, amount in zip(rest, amounts, strict=True):
                instalment.amount = amount

    def _adhoc(self) -> Iterable[Piece]:
        for item in adhoc_items(self.tables, []):
            yield self._piece(item, item.line_key, reading=(item.due_date,))

    def _units(self) -> Iterable[Piece]:
        home = self.history.first_month
        while home <= self.month:
            for item in unit_work(self.tables, [], home, CONFIGURATION).items:
                short = False
                for binding in self.tables.rows("metric_binding"):
                    mission = self.tables.missions[binding["mission_id"]]
                    found = measure(self.tables, mission, binding, home, CONFIGURATION)
                    if found.feeds(item):
                        short |= bool(found.lacking) or any(row["complete"] is False for row in found.rows)
                yield self._piece(item, item.line_key, ["FI-14"] if short else [], reading=(item.due_date,))
            home = month_plus(home, 1)

    def _time(self) -> Iterable[Piece]:
        by_key = {entry.key: entry for entry in self.entries}
        for item in time_items(self.entries):
            entry = by_key[item.subjects[0]]
            last = entry.mission["last_time_entry_date"]
            late = last is not None and entry.row["work_date"] > last
            yield self._piece(
                item,
                f"time_entry|{entry.key}",
                ["FI-10"] if late else [],
                reading=_content(entry),
                alone=item.alone or late,
            )

    # -- minutes -------------------------------------------------------------------------------------------------------

    def _standing(self, entry: Entry) -> int | None:
        """The minutes an entry was billed, if it still reads as it did then."""
        if entry.mission is None:
            return None
        billed = self.history.standing(f"time_entry|{entry.key}", entry.mission["client_file_id"])
        if billed and billed.piece.reading == _content(entry):
            return billed.piece.minutes
        return None

    def _settle_minutes(self) -> None:
        """Rounds and caps anew, what stands as billed first."""
        self.entries = [
            entry for entry in self.entries if entry.month <= self.month or self._standing(entry) is not None
        ]
        days: dict[tuple, list[Entry]] = defaultdict(list)
        capped: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.entries:
            standing = self._standing(entry)
            if standing is not None:
                entry.rounded_minutes = entry.billed_minutes = standing
            if entry.state != "LINE":
                continue
            mission = entry.mission
            if mission["rounding_minutes"] and mission["rounding_per"] == "day":
                days[mission["mission_id"], entry.row["collaborator_id"], entry.row["work_date"]].append(entry)
            if mission["budget_policy"] == "CAP":
                capped[mission["mission_id"]].append(entry)
        for same_day in days.values():
            left = round_minutes(sum(entry.row["minutes"] for entry in same_day), 15, "up")
            left -= sum(self._standing(entry) or 0 for entry in same_day)
            open_now = sorted((e for e in same_day if self._standing(e) is None), key=lambda entry: entry.key)
            for entry in open_now:
                share = max(left, 0) if entry is open_now[-1] else max(min(entry.row["minutes"], left), 0)
                entry.rounded_minutes = entry.billed_minutes = share
                left -= share
        for same_mission in capped.values():
            taken = 0
            for entry in sorted(same_mission, key=lambda each: (self._standing(each) is None, entry_order(each))):
                if self._standing(entry) is None:
                    room = max(entry.mission["budget_minutes"] - taken, 0)
                    entry.billed_minutes = min(entry.rounded_minutes, room)
                taken += entry.rounded_minutes

    # -- exclusions ----------------------------------------------------------------------------------------------------

    def exclusions(self, file_id: str) -> set[Exclusion]:
        """What falls to this run and is no line, people's adjustments apart."""
        history, month = self.history, self.month
        told: set[Exclusion] = set()

        def is_due(home: str) -> bool:
            return history.first_open(file_id, home) == month

        for entry in self.entries:
            if entry.mission is None or entry.mission["client_file_id"] != file_id or not is_due(entry.month):
                continue
            if self._standing(entry) is not None:
                continue
            if entry.state != "LINE":
                told.add(("time_entry", entry.key, entry.state))
            elif entry.billed_minutes < entry.rounded_minutes:
                told.add(("time_entry", entry.key, "OVER_BUDGET"))
        for row in self.tables.rows("payroll_metric"):
            establishment = self.tables.establishments[row["siret"]]
            if establishment["client_file_id"] != file_id:
                continue
            reason, home = self._metric_reason(row, file_id)
            closed_since = reason == "MISSION_CLOSED" and self._is_metric_billed(row)
            if reason and is_due(home) and not closed_since:
                told.add(("payroll_metric", metric_key(row), reason))
        for binding in self.tables.rows("metric_binding"):
            mission = self.tables.missions[binding["mission_id"]]
            if mission["client_file_id"] != file_id or mission["status"] != "OPEN":
                continue
            found = measure(self.tables, mission, binding, month, CONFIGURATION)
            if not found.rows and expects(mission, found.metric_month):
                told.add(("metric_binding", f"{binding['mission_id']}|{binding['metric_code']}", "MISSING_METRIC"))
        for letter in superseded_letters(self.letters):
            if letter.document["client_file_id"] == file_id:
                told |= self._superseded(letter, is_due)
        return told

    def _metric_reason(self, row, file_id: str) -> tuple[str | None, str]:
        for binding in self.tables.rows("metric_binding"):
            mission = self.tables.missions[binding["mission_id"]]
            if mission["client_file_id"] == file_id and binding["metric_code"] == row["metric_code"]:
                home = month_plus(row["month"], binding["lag_months"])
                if not expects(mission, row["month"]):
                    continue
                return ("MISSION_CLOSED" if mission["status"] == "CLOSED" else None), home
        return "NO_MISSION", row["month"]

    def _is_metric_billed(self, row) -> bool:
        """Whether a validated line stands for these units."""
        return any(
            states[-1].live and metric_row(row) in states[-1].piece.sources for states in self.history.billed.values()
        )

    def _superseded(self, letter: Letter, is_due) -> set[Exclusion]:
        document_id, version = letter.key
        told = set()
        seen: dict[tuple[int, str], int] = defaultdict(int)
        for instalment in letter.instalments:
            due = month_of(instalment.due_date)
            seen[instalment.line_no, due] += 1
            occurrence = seen[instalment.line_no, due]
            key = f"FLAT|{document_id}|{instalment.line_no}|{due}" + (f"|{occurrence}" if occurrence > 1 else "")
            place = (key, letter.document["client_file_id"])
            billed = self.history.standing(*place)
            # An instalment billed under this version is on its line; one that a person excluded was told as such.
            known = {billed.piece.version if billed else 0, self.history.taken_out.get(place, ("", 0))[1]}
            if is_due(due) and version not in known:
                source = f"{document_id}|{version}|{instalment.line_no}|{instalment.instalment_no}"
                told.add(("document", source, "SUPERSEDED"))
        return told


def _content(entry: Entry) -> tuple:
    row = entry.row
    return tuple(
        row[column] for column in ("collaborator_id", "mission_id", "work_date", "minutes", "billable", "approved")
    )
