"""`prefact export`: the validated lines of a month handed over, and published as EXPORTED."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assets.exports import ExportReport, export_month
from assets.facturx import Seller
from assets.publication import published_months
from assets.stages import EXPORT
from assets.validation import now, person
from orchestration.lock import workspace_lock
from orchestration.month import (
    EXPORT_JOB,
    STATUS_SECONDS,
    MonthOutcome,
    Order,
    carry_out,
    command_words,
    explained,
)
from orchestration.reading import read_published
from orchestration.settings import Workspace


def export_months(
    workspace: Workspace,
    months: Sequence[str],
    formats: Sequence[str],
    show: Callable[[str, str, float | None], None],
    finished: Callable[[MonthOutcome], None],
) -> None:
    """Hand over what is validated and was not handed over before; say which batches there are.

    Args:
        workspace: the folder and its settings.
        months: `YYYY-MM`, oldest first.
        formats: of the files.
        show: told of each stage as it begins and ends.
        finished: called with each month's outcome as soon as it is published.

    Raises:
        PrefactError: with the cause and the way out; what was handed over before stays so.
    """
    language = workspace.settings.language
    what = command_words("export", months)

    def exported(outcome: MonthOutcome) -> None:
        finished(outcome)
        print_report(outcome.notes[EXPORT], language)

    with workspace_lock(workspace.hidden, what, wait_seconds=STATUS_SECONDS):
        for month in months:
            if has_waiting_lines(workspace, month):
                steps = {"ledger": {"export_formats": list(formats)}, "ingest": {"as_published": True}}
                control_date = workspace.settings.control_date(month)
                carry_out(workspace, what, [Order(EXPORT_JOB, month, control_date, steps)], show, exported)
                continue
            # Nothing is published anew: the files alone are seen to.
            try:
                seller = Seller(**vars(workspace.settings.seller))
                report = export_month(workspace.root, month, formats, language, now(), person(), seller=seller)
            except Exception as error:
                raise explained(error, workspace, month) from error
            print_report(report, language)


def has_waiting_lines(workspace: Workspace, month: str) -> bool:
    """Say whether a month shows lines that are validated and not exported.

    Args:
        workspace: the folder.
        month: `YYYY-MM`.
    """
    if month not in published_months(workspace.published):
        return False
    with read_published(workspace, [month]) as published:
        return published.row("select count(*) as lines from prebill_line where status = 'VALIDATED'")["lines"] > 0


def print_report(report: ExportReport, language: str) -> None:
    """Print the batches of a month.

    Args:
        report: of the export.
        language: of the words.
    """
    print("\n".join(report.sentences(language)))
