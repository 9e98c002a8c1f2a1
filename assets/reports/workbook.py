"""The Excel workbook of a month.

Totals are formulas, so that a reader can check them, and carry the value SQL gave, so that a viewer that does not
calculate shows the right figures. Texts are written as texts whatever they begin with. Amounts become floating-point
numbers in the cells alone, as the file format has no others.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.reports.changes import CAUSES
from assets.reports.columns import (
    ANOMALY_COLUMNS,
    ARRIVAL_COLUMNS,
    BILLING_COLUMNS,
    CHANGE_COLUMNS,
    CHANGE_PART_COLUMNS,
    HELD_COLUMNS,
    LEFT_OUT_COLUMNS,
    LINE_COLUMNS,
    REJECT_COLUMNS,
)
from assets.reports.layout import (
    ACCENT,
    HEADER_ROW,
    MUTED,
    TOTAL_ROW,
    Column,
    Layout,
    fits_formula,
    kind_of,
    letter_of,
    position_of,
)
from assets.reports.model import MonthReader, Row
from assets.reports.summary import Summary
from assets.reports.words import Words
from expectations.rules import rule_specs

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

#: Rows a list shows. About fifteen seconds of writing; the line lists of a longer month are left out altogether, so
#: that what is shown always adds up.
LISTED = 25_000
_GROUPS: Mapping[int, Mapping[str, Any]] = {
    1: {"bold": True, "bg_color": "#D5E4E4", "top": 1, "top_color": ACCENT},
    2: {"bold": True, "bg_color": "#EDF3F2"},
    3: {},
    4: {"font_color": MUTED},
}
# Lines are folded under their mission.
_OUTLINE: Mapping[int, Mapping[str, Any]] = {
    1: {},
    2: {"level": 1},
    3: {"level": 2, "collapsed": True},
    4: {"level": 3, "hidden": True},
}


def write_workbook(reader: MonthReader, words: Words, path: Path) -> None:
    """Write the workbook of a month.

    Args:
        reader: the month.
        words: of the language.
        path: the file, written over.
    """
    import xlsxwriter

    try:
        with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
            # No clock: the same month gives the same bytes.
            created = dt.datetime(int(reader.month[:4]), int(reader.month[5:]), 1)
            title = f"{words['title']} · {words.month(reader.month)}"
            book.set_properties({"title": title, "author": "prefact", "created": created})
            _Lists(Layout(book, words, reader.month), reader).write()
    except xlsxwriter.exceptions.FileCreateError as error:
        # A full disk, a folder without permission: what the system said.
        raise error.args[0] from None


class _Lists:
    """The sheets of the workbook, one after the other."""

    def __init__(self, layout: Layout, reader: MonthReader) -> None:
        self.layout = layout
        self.words = layout.words
        self.reader = reader
        self.line_count = reader.count_lines()
        self.listed = self.line_count <= LISTED
        self.anomaly_count = reader.anomaly_counts()["total"]
        self.rules = {rule.code: rule for rule in rule_specs()}

    def write(self) -> None:
        """Write every sheet."""
        Summary(
            self.layout,
            self.reader,
            lines=self.line_count if self.listed else None,
            anomalies=self.anomaly_count if self.anomaly_count <= LISTED else None,
        ).write()
        self._billing()
        self._lines()
        self._held()
        self._anomalies()
        self._left_out()
        self._changes()
        self._arrivals()
        self._rejects()

    def _billing(self) -> None:
        sheet = self.layout.begin("billing", BILLING_COLUMNS, self.words["groups_note"])
        sheet.outline_settings(symbols_below=False)
        if not self.listed:
            self._too_many(sheet)
            return
        rows = list(self.reader.billing())
        self.layout.totals(sheet, BILLING_COLUMNS, self.reader.totals(), len(rows))
        self.layout.head(sheet, BILLING_COLUMNS)
        letters = {column.name: letter_of(position) for position, column in enumerate(BILLING_COLUMNS)}
        for row in rows:
            self._group_row(sheet, letters, row)
        self.layout.close(sheet, BILLING_COLUMNS, len(rows), filtered=False)

    def _group_row(self, sheet: Worksheet, letters: Mapping[str, str], row: Row) -> None:
        words, level = self.words, row["level"]
        at, last = HEADER_ROW + row["place"], HEADER_ROW + row["last_place"]
        sheet.set_row(at, None, None, dict(_OUTLINE[level]))
        names = {
            1: (row["client_name"] or words["unknown_client"], row["client_id"]),
            2: (row["client_file_label"] or words["client_file"], row["client_file_id"]),
            3: (
                row["mission_label"] or (words["mission"] if row["mission_id"] else words["no_mission"]),
                row["mission_id"],
            ),
            4: (row["label"],),
        }[level]
        look = _GROUPS[level]
        self.layout.text(sheet, at, 0, _joined(names), self.layout.style("text", **{**look, "indent": 2 * level - 1}))
        formulas = _group_formulas(row, letters, at + 1, last + 1)
        for position, column in enumerate(BILLING_COLUMNS[1:], 1):
            value, formula = row[column.name], formulas.get(column.name)
            if value is None and "bg_color" not in look:
                continue
            style = self.layout.style(kind_of(column.kind, value), **look)
            if formula:
                sheet.write_formula(at, position, formula, style, float(value))
            else:
                self.layout.value(sheet, at, position, column, value, style)

    def _lines(self) -> None:
        lead = self.words["lines_lead"]
        if not self.listed:
            self._too_many(self.layout.begin("lines", LINE_COLUMNS, lead))
            return
        # What follows the anomaly that holds a line is for looking things up, not for paper.
        printed = position_of(LINE_COLUMNS, "held_by") + 1
        self._list("lines", LINE_COLUMNS, lead, self.reader.lines(), self.reader.line_totals(), printed=printed)

    def _held(self) -> None:
        held = self.reader.held_totals()
        rows = (
            {**row, "reason": self._rule_texts(row, "title"), "remedy": self._rule_texts(row, "remedy")}
            for row in self.reader.lines(held_only=True)
        )
        lead = self.words["held_lead" if held["held_lines"] else "held_none"]
        self._list("held", HELD_COLUMNS, lead, rows, held, printed=len(HELD_COLUMNS) - 2)

    def _rule_texts(self, row: Row, part: str) -> str:
        """The titles or remedies of the rules that hold a line."""
        codes = (row["held_by"] or "").split(",")
        return "\n".join(getattr(self.rules[code], part)[self.words.language] for code in codes if code in self.rules)

    def _anomalies(self) -> None:
        rows = (
            {
                **row,
                "status": row["status"].lower(),
                "expected": self.words.fact(row["expected"]),
                "actual": self.words.fact(row["actual"]),
                "owner": self.rules[row["code"]].owner[self.words.language] if row["code"] in self.rules else None,
            }
            for row in self.reader.anomalies(self.words.language)
        )
        lead = self.words["anomalies_lead" if self.anomaly_count else "act_none"]
        totals = self.reader.anomaly_totals()
        self._list("anomalies", ANOMALY_COLUMNS, lead, rows, totals, printed=len(ANOMALY_COLUMNS) - 2)

    def _left_out(self) -> None:
        totals = self.reader.left_out_totals()
        lead = self.words["left_out_lead" if totals["elements"] else "left_out_none"]
        self._list("left_out", LEFT_OUT_COLUMNS, lead, self.reader.left_out_files(), totals)

    def _changes(self) -> None:
        words, reader = self.words, self.reader
        before = words.month(reader.previous)
        if not reader.compared:
            lead = words.fill("not_compared", month=before)
            self._list("changes", CHANGE_COLUMNS, lead, (), None)
            self._list("change_parts", CHANGE_PART_COLUMNS, lead, (), None)
            return
        totals = {**reader.change_totals(), "check": 0}
        rows = ({**row, "check": 0} for row in reader.client_changes())
        lead = words.fill("changes_lead", month=before)
        self._list("changes", CHANGE_COLUMNS, lead, rows, totals, _change_formulas)
        self._list("change_parts", CHANGE_PART_COLUMNS, words["change_parts_lead"], reader.change_parts(), totals)

    def _arrivals(self) -> None:
        rows = ({**row, "live": "yes" if row["live"] else "no"} for row in self.reader.deliveries())
        totals = self.reader.delivery_totals()
        self._list("arrivals", ARRIVAL_COLUMNS, self.words["arrivals_lead"], rows, totals)

    def _rejects(self) -> None:
        lead = self.words["rejects_lead" if self.reader.count_rejects() else "rejects_none"]
        self._list("rejects", REJECT_COLUMNS, lead, self.reader.rejects(), None)

    def _list(
        self,
        name: str,
        columns: Sequence[Column],
        lead: str,
        rows: Iterable[Row],
        totals: Row | None,
        formulas: Callable[[int], Mapping[str, str]] | None = None,
        *,
        printed: int | None = None,
    ) -> None:
        """Write a list, or the beginning of one that is too long; its totals are of all rows."""
        shown = list(islice(rows, LISTED + 1))
        whole = len(shown) <= LISTED
        if not whole:
            lead = self.words.fill("more_rows", shown=self.words.count(LISTED))
        sheet = self.layout.begin(name, columns, lead)
        self.layout.write_list(sheet, columns, shown[:LISTED], totals, formulas, printed=printed, whole=whole)

    def _too_many(self, sheet: Worksheet) -> None:
        place = f"published/{self.reader.month}/prebill_line.parquet"
        note = self.words.fill("too_many", total=self.words.count(self.line_count), place=place)
        self.layout.text(sheet, TOTAL_ROW, 0, note, self.layout.style("note"))


def _joined(names: Sequence[str | None]) -> str:
    """Names side by side, without those another one contains."""
    filled = list(filter(None, names))
    return "  ·  ".join(name for name in filled if not any(name != other and name in other for other in filled))


def _group_formulas(row: Row, letters: Mapping[str, str], at: int, last: int) -> dict[str, str]:
    """The formulas of the row of a group, by column; `at` and `last` are the numbers of its rows in Excel.

    SUBTOTAL leaves other subtotals out, so that each level adds up the lines. VAT is rounded per client file and rate.
    """
    level = row["level"]
    if level == 4:
        return {}

    def subtotal(name: str) -> str:
        return f"=SUBTOTAL(9,{letters[name]}{at + 1}:{letters[name]}{last})"

    formulas = {"amount_net": subtotal("amount_net")} if last > at else {}
    if level == 1:
        formulas |= {name: subtotal(name) for name in ("amount_vat", "amount_gross", "amount_held")}
    if level == 2 and row["rates"] and all(fits_formula(rate["code"]) for rate in row["rates"]):
        net, code, percent = (
            f"{letters[name]}{at + 1}:{letters[name]}{last}" for name in ("amount_net", "vat_code", "vat_rate")
        )
        formulas["amount_vat"] = "=" + "+".join(
            f'ROUND(SUMIFS({net},{code},"{rate["code"]}",{percent},{_number(rate["rate"])})*{_number(rate["rate"])},0)/100'
            for rate in row["rates"]
        )
    if level == 2:
        formulas["amount_gross"] = f"={letters['amount_net']}{at}+{letters['amount_vat']}{at}"
    return formulas


def _change_formulas(at: int) -> dict[str, str]:
    """The formulas of a client's row: the difference, and what the causes leave of it, which is nothing."""
    letters = {column.name: letter_of(position) for position, column in enumerate(CHANGE_COLUMNS)}
    causes = f"{letters[CAUSES[0]]}{at}:{letters[CAUSES[-1]]}{at}"
    return {
        "difference": f"={letters['amount_month']}{at}-{letters['amount_previous']}{at}",
        "check": f"=ROUND(SUM({causes})-{letters['difference']}{at},2)",
    }


def _number(value: Decimal) -> str:
    """A decimal as a formula writes it."""
    return f"{value.normalize():f}"
