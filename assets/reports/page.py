"""The page of a month: one HTML file that loads nothing, reads on any screen and prints well.

Every value is escaped by the template engine. The style sheet is that of the pages of the checks with what this page
needs besides, both written into the page.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.reports.changes import CAUSES
from assets.reports.charts import share_of, stacked_columns
from assets.reports.model import MODES, MonthReader, Row
from assets.reports.words import NO_BREAK_SPACE, Words
from expectations.data_docs import PAGES
from expectations.rules import mark_names, rule_specs

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")
CLIENTS_SHOWN = 12
HELD_SHOWN = 25
WORK_SHOWN = 8
CHANGES_SHOWN = 20
REJECTS_SHOWN = 10
MONTHS_HEIGHT, ANOMALIES_HEIGHT = 360, 230
SEVERITIES = ("critical", "warning", "info")


def write_page(reader: MonthReader, words: Words, path: Path, workbook: str) -> None:
    """Write the page of a month.

    Args:
        reader: the month.
        words: of the language.
        path: the file, written over.
        workbook: name of the workbook beside it, where the lists are complete.
    """
    text = _templates(words).get_template("page.html").render(_story(reader, words), workbook=workbook)
    path.write_text(text, encoding="utf-8", newline="\n")


def _story(reader: MonthReader, words: Words) -> dict[str, Any]:
    """Everything the template shows."""
    rules = {rule.code: rule for rule in rule_specs()}
    held = reader.held_totals()
    return {
        "words": words,
        "reader": reader,
        "totals": reader.totals(),
        "modes": reader.modes(),
        "rates": reader.vat(),
        "clients": reader.clients(CLIENTS_SHOWN),
        "months_chart": _months_chart(reader, words),
        "anomalies_chart": _anomalies_chart(reader, words),
        "held": held,
        "held_reasons": reader.held_reasons(),
        "held_lines": list(reader.lines(held_only=True, limit=HELD_SHOWN)),
        "rules": rules,
        "counts": reader.anomaly_counts(),
        "people": _people(reader, words),
        "changes": _changes(reader),
        "left_out": reader.left_out(),
        "arrivals": reader.arrivals(),
        "reject_count": reader.count_rejects(),
        "rejects": list(reader.rejects(REJECTS_SHOWN)),
        "severities": SEVERITIES,
        "causes": CAUSES,
        "style": "\n".join(
            (folder / name).read_text(encoding="utf-8")
            for folder, name in ((PAGES, "style.css"), (TEMPLATES, "page.css"))
        ),
    }


def _months_chart(reader: MonthReader, words: Words) -> dict[str, Any]:
    months = reader.months()
    rows = reader.month_modes()
    amounts = {(row["month"], row["billing_mode"]): row["amount_net"] for row in rows}
    modes = [mode for mode in MODES if any(row["billing_mode"] == mode for row in rows)]
    chart = stacked_columns(
        [words.short_month(month) for month in months],
        [{mode: amounts.get((month, mode), Decimal(0)) for mode in modes} for month in months],
        height=MONTHS_HEIGHT,
        tell=words.money,
        tell_short=partial(words.money, decimals=0),
        titles={mode: words.of("modes", mode) for mode in modes},
    )
    return {"chart": chart, "legend": [(mode, words.of("modes", mode)) for mode in modes]}


def _anomalies_chart(reader: MonthReader, words: Words) -> dict[str, Any]:
    months = reader.months()
    counts = {row["month"]: row for row in reader.month_anomalies()}
    shown = [name for name in SEVERITIES if any(row[name] for row in counts.values())]
    names = {name: words[f"{name}_many"] for name in shown}
    chart = stacked_columns(
        [words.short_month(month) for month in months],
        [{name: counts[month][name] if month in counts else 0 for name in shown} for month in months],
        height=ANOMALIES_HEIGHT,
        tell=lambda number: words.count(int(number)),
        tell_short=lambda number: words.count(int(number)),
        titles=names,
    )
    return {"chart": chart, "legend": list(names.items())}


def _people(reader: MonthReader, words: Words) -> list[dict[str, Any]]:
    """The managers with their anomalies, rule by rule."""
    work = reader.work(words.language, WORK_SHOWN)
    by_manager: dict[str | None, list[list[Row]]] = {
        manager: [list(rows) for _, rows in groupby(own, key=lambda row: row["code"])]
        for manager, own in groupby(work, key=lambda row: row["manager_id"])
    }
    return [{**manager, "rules": by_manager[manager["manager_id"]]} for manager in reader.managers()]


def _changes(reader: MonthReader) -> dict[str, Any] | None:
    """The difference with the month before; None when that one was never run."""
    if not reader.compared:
        return None
    totals = reader.change_totals()
    return {
        "totals": totals,
        "largest": max(abs(totals[cause]) for cause in CAUSES),
        "clients": reader.client_changes(CHANGES_SHOWN),
    }


def _templates(words: Words) -> jinja2.Environment:
    """The template, every value escaped, with the figures of the language."""
    import jinja2
    import markupsafe

    def prose(text: str) -> markupsafe.Markup:
        return markupsafe.Markup(mark_names(str(markupsafe.escape(_bound(text))), "<code>", "</code>"))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Callable[..., Any]] = {
        "money": words.money,
        "change": words.change,
        "count": words.count,
        "quantity": lambda value: words.figure(value, 0, 4),
        "rate": lambda value: words.percent(value, 4),
        "month": words.month,
        "day": words.day,
        "fact": lambda text: _bound(words.fact(text)),
        "bound": _bound,
        "prose": prose,
        "style": markupsafe.Markup,
        "share_of": share_of,
        "first_capital": lambda text: text[:1].upper() + text[1:],
    }
    environment.filters |= filters
    return environment


def _bound(text: str) -> str:
    """A text whose signs stay on the line of the word they belong to, as French punctuation wants it."""
    for sign in ":;?!»€×÷%":
        text = text.replace(f" {sign}", f"{NO_BREAK_SPACE}{sign}")
    for sign in "«≤≥×÷":
        text = text.replace(f"{sign} ", f"{sign}{NO_BREAK_SPACE}")
    return text
