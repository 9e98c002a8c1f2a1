"""The first sheet of the workbook: the month in figures, each total a formula over the other sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from assets.reports.changes import CAUSES
from assets.reports.columns import ANOMALY_COLUMNS, BILLING_COLUMNS, CHANGE_COLUMNS, LINE_COLUMNS
from assets.reports.layout import (
    ACCENT,
    FIRST_ROW,
    LEAD_ROW,
    LEFT,
    MUTED,
    NUMBERS,
    RULE,
    SOFT,
    TITLE_ROW,
    TOTAL_ROW,
    Cell,
    Layout,
    fits_formula,
    letter_of,
    position_of,
)
from assets.reports.model import MODES, MonthReader

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

_MODE_COLOURS = dict(
    zip(MODES, ("#12545C", "#5E9C9A", "#D09A3C", "#8C5A6B", "#5B7FA6", "#8A8F5C", "#7A6A8F"), strict=True)
)
_SEVERITY_COLOURS = {"critical": "#A8261C", "warning": "#C8862A", "info": "#2B5B94"}

_COLUMNS = {
    "billing": BILLING_COLUMNS,
    "lines": LINE_COLUMNS,
    "anomalies": ANOMALY_COLUMNS,
    "changes": CHANGE_COLUMNS,
}


class Summary:
    """The sheet while it is being written.

    Attributes:
        layout: of the workbook.
        words: of the language.
        reader: the month.
        rows: how many rows the lists have that formulas refer to; None for one that is not whole, and no formula then.
    """

    def __init__(self, layout: Layout, reader: MonthReader, *, lines: int | None, anomalies: int | None) -> None:
        self.layout = layout
        self.words = layout.words
        self.reader = reader
        self.rows = {"lines": lines, "anomalies": anomalies}

    def write(self) -> None:
        """Write the sheet."""
        reader, words = self.reader, self.words
        sheet = self.layout.sheets["summary"]
        self.layout.page(sheet)
        # Two pages, however many rules have found something.
        sheet.fit_to_pages(1, 2)
        sheet.set_column(0, 0, 52)
        sheet.set_column(1, 9, 16)
        sheet.set_row(TITLE_ROW, 30)
        title = f"{words['title']} · {words.month(reader.month)}"
        self.layout.text(sheet, TITLE_ROW, 0, title, self.layout.style("title"))
        state = (
            words.of("month_status", reader.status),
            words.fill("control_date", date=words.day(reader.control_date)),
            words.fill("input", fingerprint=reader.fingerprint[:8]),
        )
        self.layout.text(sheet, LEAD_ROW, 0, " · ".join(state), self.layout.style("lead"))
        row = self._figures(sheet, LEAD_ROW + 2)
        row = self._modes(sheet, row)
        row = self._vat(sheet, row)
        row = self._rule_counts(sheet, row)
        row = self._manager_counts(sheet, row)
        row = self._change_causes(sheet, row)
        row = self._months(sheet, row)
        self._checks(sheet, row)

    def _figures(self, sheet: Worksheet, row: int) -> int:
        """The figures of the month in one band."""
        words, totals, counts = self.words, self.reader.totals(), self.reader.anomaly_counts()
        figures: list[tuple[str, Cell]] = [
            (words["to_invoice_net"], self._billing_total("amount_net", totals["amount_net"])),
            (words["vat"], self._billing_total("amount_vat", totals["amount_vat"])),
            (words["gross"], self._billing_total("amount_gross", totals["amount_gross"])),
            (words["held_net"], self._billing_total("amount_held", totals["amount_held"])),
            (words["lines"], Cell(totals["lines"], "count")),
            (words["critical_many"], Cell(counts["critical"], "count")),
            (words["warning_many"], Cell(counts["warning"], "count")),
        ]
        if self.reader.compared:
            changes = self.reader.change_totals()
            figures.append(
                (
                    words.fill("changed_card", month=words.short_month(self.reader.previous)),
                    Cell(changes["difference"], "change"),
                )
            )
        sheet.set_row(row + 1, 26)
        for position, (label, _) in enumerate(figures):
            self.layout.text(sheet, row, position, label, self.layout.style("figure_label"))
        for position, (_, cell) in enumerate(figures):
            self.layout.put(sheet, row + 1, position, cell, {"bold": True, "font_size": 13, **LEFT})
        return row + 3

    def _billing_total(self, name: str, value: Decimal) -> Cell:
        """A total of the sheet of groups, by reference."""
        return Cell(value, "money", f"={self._total_of('billing', name)}" if self.rows["lines"] is not None else None)

    def _modes(self, sheet: Worksheet, row: int) -> int:
        words, modes = self.words, self.reader.modes()
        totals = {**self.reader.totals(), **self.reader.held_totals()}
        held = f'"{words.of("line_status", "HELD")}"'
        mode, status = self._range("lines", "billing_mode"), self._range("lines", "status")
        first, last = row + 3, row + 2 + len(modes)
        total = totals["amount_net"]
        lines = []
        for at, each in enumerate(modes, first):
            key = f"{mode},$A{at}"
            share = each["amount_net"] / total if total else Decimal(0)
            lines.append(
                [
                    Cell(words.of("modes", each["billing_mode"])),
                    Cell(each["lines"], "count", f'=COUNTIFS({key},{status},"<>"&{held})'),
                    Cell(each["amount_net"], "money", f"=SUMIFS({self._range('lines', 'invoiced_net')},{key})"),
                    Cell(share, "share", f"=IF(C${last + 1}=0,0,C{at}/C${last + 1})"),
                    Cell(each["held_lines"], "count", f"=COUNTIFS({key},{status},{held})"),
                    Cell(each["held_net"], "money", f"=SUMIFS({self._range('lines', 'held_net')},{key})"),
                    Cell(
                        each["held_unknown"],
                        "count",
                        f'=COUNTIFS({key},{status},{held},{self._range("lines", "held_net")},"")',
                    ),
                ]
            )
        names = ("lines", "amount_net", None, "held_lines", "held_net", "held_unknown")
        kinds = ("count", "money", "share", "count", "money", "count")
        sums = [
            Cell(totals[name], kind, f"=SUM({letter}{first}:{letter}{last})" if modes else None) if name else Cell(None)
            for name, kind, letter in zip(names, kinds, "BCDEFG", strict=True)
        ]
        heads = ("mode", "lines", "to_invoice_net", "share", "held_lines", "held_net", "lines_without_amount")
        return self._block(
            sheet,
            row,
            words["per_mode"],
            heads,
            lines,
            [Cell(words["total"]), *sums],
            listed=self.rows["lines"] is not None,
        )

    def _vat(self, sheet: Worksheet, row: int) -> int:
        words, rates = self.words, self.reader.vat()
        first, last = row + 3, row + 2 + len(rates)
        lines = [
            [
                Cell(each["vat_code"]),
                Cell(each["vat_rate"], "percent"),
                Cell(
                    each["base"],
                    "money",
                    f"=SUMIFS({self._range('lines', 'invoiced_net')},{self._range('lines', 'vat_code')},$A{at},"
                    f"{self._range('lines', 'vat_rate')},$B{at})"
                    if fits_formula(each["vat_code"])
                    else None,
                ),
                Cell(each["vat"], "money"),
            ]
            for at, each in enumerate(rates, first)
        ]
        if not rates:
            return row
        totals = self.reader.totals()
        sums = [
            Cell(totals[name], "money", f"=SUM({letter}{first}:{letter}{last})")
            for name, letter in (("amount_net", "C"), ("amount_vat", "D"))
        ]
        return self._block(
            sheet,
            row,
            words["per_vat"],
            ("vat_code", "rate", "base", "vat"),
            lines,
            [Cell(words["total"]), Cell(None), *sums],
            note=words["per_vat_note"],
            listed=self.rows["lines"] is not None,
        )

    def _rule_counts(self, sheet: Worksheet, row: int) -> int:
        words, rules = self.words, self.reader.rules(self.words.language)
        if not rules:
            return self._block(sheet, row, words["per_rule"], (), [], note=words["act_none"])
        first, last = row + 3, row + 2 + len(rules)
        code, severity, status, stake = (
            self._range("anomalies", name) for name in ("code", "severity", "status", "amount_at_stake")
        )
        lines = []
        for each in rules:
            key = f'{code},"{each["code"]}",{severity},"{words[each["severity"]]}",{status},"{words["open"]}"'
            lines.append(
                [
                    Cell(f"{each['code']}  {each['title']}"),
                    Cell(words[each["severity"]], look=SOFT[each["severity"]]),
                    Cell(each["anomalies"], "count", f"=COUNTIFS({key})"),
                    Cell(each["stake"], "money", f"=SUMIFS({stake},{key})" if each["stake"] is not None else None),
                ]
            )
        counts = self.reader.anomaly_counts()
        sums = [
            Cell(counts["open"], "count", f"=SUM(C{first}:C{last})"),
            Cell(counts["stake"], "money", f"=SUM(D{first}:D{last})"),
        ]
        return self._block(
            sheet,
            row,
            words["per_rule"],
            ("anomaly", "severity", "anomalies_open", "stake"),
            lines,
            [Cell(words["total"]), Cell(None), *sums],
            listed=self.rows["anomalies"] is not None,
        )

    def _manager_counts(self, sheet: Worksheet, row: int) -> int:
        words, managers = self.words, self.reader.managers()
        if not managers:
            return row
        lines = [
            [
                Cell(each["manager_id"] or words["act_firm"]),
                *(Cell(each[name], "count") for name in ("critical", "warning", "info")),
                Cell(each["stake"], "money"),
            ]
            for each in managers
        ]
        heads = ("manager", "critical_many", "warning_many", "info_many", "stake")
        return self._block(sheet, row, words["per_manager"], heads, lines)

    def _change_causes(self, sheet: Worksheet, row: int) -> int:
        words, reader = self.words, self.reader
        before = words.month(reader.previous)
        title = words.fill("changed_title", month=before)
        if not reader.compared:
            return self._block(sheet, row, title, (), [], note=words.fill("not_compared", month=before))
        totals = reader.change_totals()

        def total(name: str, kind: str) -> Cell:
            return Cell(totals[name], kind, f"={self._total_of('changes', name)}")

        first, last = row + 4, row + 3 + len(CAUSES)
        lines = [
            [Cell(before[:1].upper() + before[1:]), total("amount_previous", "money")],
            *(
                [
                    Cell(
                        words.fill("cause_line", cause=words.of("causes", cause), note=words.of("cause_notes", cause))
                    ),
                    total(cause, "change"),
                ]
                for cause in CAUSES
            ),
        ]
        name = words.month(reader.month)
        end = [
            Cell(name[:1].upper() + name[1:]),
            Cell(totals["amount_month"], "money", f"=B{first - 1}+SUM(B{first}:B{last})"),
        ]
        return self._block(sheet, row, title, ("cause", "amount"), lines, end)

    def _months(self, sheet: Worksheet, row: int) -> int:
        words, reader = self.words, self.reader
        months = reader.months()
        amounts = {(each["month"], each["billing_mode"]): each["amount_net"] for each in reader.month_modes()}
        totals = {each["month"]: each["amount_net"] for each in reader.month_totals()}
        counts = {each["month"]: each for each in reader.month_anomalies()}
        modes = [mode for mode in MODES if any(key[1] == mode for key in amounts)]
        first = row + 3
        end = letter_of(len(modes))
        lines = [
            [
                Cell(words.month(month)),
                *(Cell(amounts.get((month, mode), Decimal(0)), "money") for mode in modes),
                Cell(
                    totals[month],
                    "money",
                    f"=SUM(B{at}:{end}{at})" if modes else None,
                    {"bold": True},
                ),
                *(Cell(counts.get(month, {}).get(name, 0), "count") for name in ("critical", "warning")),
            ]
            for at, month in enumerate(months, first)
        ]
        heads = [words["month_name"], *(words.of("modes", mode) for mode in modes), words["total"]]
        heads += [words["critical_many"], words["warning_many"]]
        after = self._block(sheet, row, words["months_run"], heads, lines, spoken=True)
        if len(months) < 2 or not modes:
            return after
        columns = {mode: at for at, mode in enumerate(modes, 1)}
        self._chart(
            sheet,
            after,
            0,
            words["per_mode_months"],
            lines,
            columns,
            {mode: words.of("modes", mode) for mode in modes},
            _MODE_COLOURS,
            words.texts["formats"]["axis"],
            first,
            700,
        )
        severities = {name: len(modes) + 2 + at for at, name in enumerate(("critical", "warning"))}
        self._chart(
            sheet,
            after,
            4,
            words["anomalies_months"],
            lines,
            severities,
            {name: words[f"{name}_many"] for name in severities},
            _SEVERITY_COLOURS,
            words.texts["formats"]["count"],
            first,
            500,
        )
        return after + 16

    def _chart(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        title: str,
        lines: Sequence[Sequence[Cell]],
        series: Mapping[str, int],
        names: Mapping[str, str],
        colours: Mapping[str, str],
        axis: str,
        first: int,
        width: int,
    ) -> None:
        """A chart of stacked columns over a block of the summary."""
        chart = self.layout.book.add_chart({"type": "column", "subtype": "stacked"})
        name = self.words.texts["sheets"]["summary"]
        months = [first - 1, 0, first - 2 + len(lines), 0]
        for key, at in series.items():
            chart.add_series(
                {
                    "name": names[key],
                    "categories": [name, *months],
                    "values": [name, first - 1, at, first - 2 + len(lines), at],
                    "categories_data": [line[0].value for line in lines],
                    "values_data": [float(line[at].value) for line in lines],
                    "fill": {"color": colours[key]},
                    "gap": 70,
                }
            )
        chart.set_title({"name": title, "name_font": {"size": 11, "color": ACCENT}, "overlay": False})
        chart.set_legend({"position": "bottom"})
        chart.set_y_axis(
            {"num_format": axis, "major_gridlines": {"visible": True, "line": {"color": RULE}}, "line": {"none": True}}
        )
        chart.set_x_axis({"line": {"color": MUTED}})
        chart.set_size({"width": width, "height": 300})
        sheet.insert_chart(row, column, chart, {"description": title, "x_offset": 4, "y_offset": 4})

    def _checks(self, sheet: Worksheet, row: int) -> None:
        words, reader = self.words, self.reader
        if self.rows["lines"] is None:
            return
        net = self._total_of("billing", "amount_net")
        lines_net = self._total_of("lines", "invoiced_net")
        totals = reader.totals()
        lines = [
            [Cell(words["check_lines"]), Cell(Decimal(0), "money", f"=ROUND({lines_net}-{net},2)")],
            [
                Cell(words["check_month"]),
                Cell(totals["amount_net"] - reader.recorded_net, "money", f"=ROUND({net}-{reader.recorded_net},2)"),
            ],
        ]
        if reader.compared:
            month, check = self._total_of("changes", "amount_month"), self._total_of("changes", "check")
            formula = f"=ROUND({month}-{net},2)+{check}"
            lines.append([Cell(words["check_change"]), Cell(Decimal(0), "money", formula)])
        self._block(sheet, row, words["check"], (), lines, note=words["check_note"])

    def _block(
        self,
        sheet: Worksheet,
        row: int,
        title: str,
        heads: Sequence[str],
        lines: Sequence[Sequence[Cell]],
        end: Sequence[Cell] = (),
        *,
        note: str | None = None,
        spoken: bool = False,
        listed: bool = True,
    ) -> int:
        """Write a table of the summary: title, headings, lines, last line, note. Gives the row after it.

        Args:
            sheet: the summary.
            row: of the title; the first line is two rows below, with or without headings.
            title: of the table.
            heads: names of words, or the words themselves when `spoken`.
            lines: the cells.
            end: the cells of the last line, set apart.
            note: a sentence below.
            spoken: see `heads`.
            listed: whether the rows the formulas refer to are there; if not, their values stand alone.
        """
        self.layout.text(sheet, row, 0, title, self.layout.style("section"))
        for position, head in enumerate(heads):
            numeric = bool(lines) and lines[0][position].kind in NUMBERS
            style = self.layout.style("heading_number" if numeric else "heading")
            self.layout.text(sheet, row + 1, position, head if spoken else self.words[head], style)
        at = row + 2
        for cells in lines:
            for position, cell in enumerate(cells):
                self.layout.put(sheet, at, position, cell, {"bottom": 1, "bottom_color": RULE}, listed=listed)
            at += 1
        if end:
            for position, cell in enumerate(end):
                self.layout.put(sheet, at, position, cell, {"bold": True, "top": 1, "top_color": ACCENT}, listed=listed)
            at += 1
        if note:
            self.layout.text(sheet, at, 0, note, self.layout.style("note"))
            at += 1
        return at + 1

    def _range(self, sheet: str, name: str) -> str:
        """The cells of a column of a list, for a formula elsewhere."""
        letter = letter_of(position_of(_COLUMNS[sheet], name))
        last = FIRST_ROW + max(self.rows[sheet] or 0, 1)
        return f"{self.layout.quoted(sheet)}!${letter}${FIRST_ROW + 1}:${letter}${last}"

    def _total_of(self, sheet: str, name: str) -> str:
        """The cell with the total of a column of another sheet, for a formula here."""
        return f"{self.layout.quoted(sheet)}!{letter_of(position_of(_COLUMNS[sheet], name))}{TOTAL_ROW + 1}"
