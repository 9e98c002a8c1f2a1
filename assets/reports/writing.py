"""Both reports of a month, written into its folder: each file is replaced whole, so that a reader never meets half."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assets.reports.model import MonthReader, ReportError
from assets.reports.page import write_page
from assets.reports.words import read_words
from assets.reports.workbook import write_workbook
from expectations.rules import LANGUAGES


@dataclass(frozen=True)
class ReportFiles:
    """What was written.

    Attributes:
        workbook: `prefact-<month>.xlsx`.
        page: `prefact-<month>.html`.
    """

    workbook: Path
    page: Path


def write_reports(warehouse: Path, month: str, folder: Path, language: str) -> ReportFiles:
    """Write the workbook and the page of a month that was run; the same warehouse gives the same bytes.

    Args:
        warehouse: the DuckDB file; no connection of this process may have it open for writing.
        month: `YYYY-MM`.
        folder: where they go, `reports/<month>` of the workspace; made when it is not there.
        language: `fr` or `en`.

    Returns:
        The two files.

    Raises:
        ReportError: the month was never run, or the language is unknown.
    """
    import duckdb

    if language not in LANGUAGES:
        raise ReportError(f"No reports in {language!r}; choose one of {', '.join(LANGUAGES)}.")
    words = read_words(language)
    files = ReportFiles(folder / f"prefact-{month}.xlsx", folder / f"prefact-{month}.html")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        reader = MonthReader(connection, month)
        folder.mkdir(parents=True, exist_ok=True)
        _replace(files.workbook, lambda path: write_workbook(reader, words, path))
        _replace(files.page, lambda path: write_page(reader, words, path, files.workbook.name))
    return files


def _replace(path: Path, write: Callable[[Path], None]) -> None:
    """Write a file beside and switch."""
    fresh = path.with_name(f".{path.name}.new")
    try:
        write(fresh)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
