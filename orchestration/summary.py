"""What a person reads while a month runs and when it is done."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from assets.publication import published_months
from assets.stages import DBT, EXPECTATIONS, EXPORT, INGESTION, PUBLICATION, PULL, REPORTS, VALIDATION
from assets.validation import MODES
from orchestration.errors import PolicyRefusal
from orchestration.reading import Published, read_published
from orchestration.render import count, euros, plain, shortened, table
from orchestration.settings import Workspace
from orchestration.texts import say
from orchestration.waiting import waiting_lines

if TYPE_CHECKING:
    from assets.ingestion import IngestReport
    from assets.sources.pull import SourceState
    from orchestration.month import MonthOutcome

START_UP = "start-up"
STAGES = (START_UP, VALIDATION, EXPORT, PULL, INGESTION, DBT, EXPECTATIONS, REPORTS, PUBLICATION)
FIRST_FEW = 5


class Progress:
    """The stages of a run as they go by, one line each."""

    def __init__(self, language: str, stream: TextIO) -> None:
        """Keep where to write.

        Args:
            language: of the words.
            stream: stderr, so that stdout holds the summary alone.
        """
        self.language = language
        self.stream = stream

    def show(self, stage: str, detail: str, seconds: float | None) -> None:
        """Write a stage's line, once when it begins and once when it ends.

        Args:
            stage: one of ``STAGES``.
            detail: which part of it.
            seconds: None at its beginning.
        """
        what = say(self.language, f"stage_{stage}") + (f" ({detail})" if detail else "")
        if seconds is None:
            print(f"… {what}", file=self.stream, flush=True)
        else:
            print(f"✓ {what} {self._seconds(seconds)}", file=self.stream, flush=True)

    def close(self, outcome: MonthOutcome) -> None:
        """Write the line that says where the time went.

        Args:
            outcome: of the month just finished.
        """
        parts = [
            say(
                self.language,
                "progress_stage",
                stage=say(self.language, f"stage_{stage}"),
                seconds=self._seconds(outcome.seconds[stage]),
                cpu=self._seconds(outcome.cpu_seconds[stage]),
            )
            for stage in STAGES
            if stage in outcome.seconds
        ]
        total = say(
            self.language,
            "progress_total",
            month=outcome.month,
            seconds=self._seconds(outcome.total_seconds),
            cpu=self._seconds(outcome.total_cpu_seconds),
        )
        if DBT in outcome.notes:
            parts.append(say(self.language, "progress_unchanged"))
        print("\n  ".join([total, *parts]), file=self.stream, flush=True)

    def _seconds(self, seconds: float) -> str:
        text = f"{seconds:.1f} s"
        return text.replace(".", ",") if self.language == "fr" else text


def show_created(root: Path, made: Sequence[Path], language: str) -> None:
    """Print what ``init`` made and what to do next.

    Args:
        root: the workspace.
        made: folders and files made; the others were there.
        language: of the words.
    """
    print(say(language, "init_done" if made else "init_nothing", folder=root))
    for path in made:
        if path != root:
            print(f"  {path.relative_to(root)}{'/' if path.is_dir() else ''}")
    print(say(language, "init_next", folder=shlex.quote(str(root))))


def show_month(workspace: Workspace, outcome: MonthOutcome) -> None:
    """Print the summary of a month that was just run.

    Args:
        workspace: the folder.
        outcome: of the run.
    """
    language = workspace.settings.language
    with read_published(workspace, [outcome.month]) as published:
        status = published.row("select status from month_state")["status"]
        title = {"month": outcome.month, "state": say(language, f"state_{status}")}
        lines = [say(language, "summary_title", **title, date=outcome.control_date.isoformat()), ""]
        lines += money_lines(published, language)
        lines += anomaly_lines(published, language)
        lines += reject_lines(published, language)
    lines += failed_source_lines(outcome.notes.get(PULL, ()), language)
    lines += inbox_lines(outcome.notes.get(INGESTION), language)
    lines += waiting_lines(workspace, command_line(workspace, "confirm"))
    lines += earlier_lines(workspace, outcome.month)
    lines += where_lines(workspace, outcome.month)
    print("\n".join(lines))


def money_lines(published: Published, language: str) -> list[str]:
    """Return lines and euros per billing mode, VAT, and what is held.

    Args:
        published: one month.
        language: of the words.
    """
    modes = published.rows(
        f"""
        select
            billing_mode,
            count(*) filter (where status <> 'HELD') as lines,
            coalesce(sum(amount_net) filter (where status <> 'HELD'), 0) as amount_net,
            count(*) filter (where status = 'HELD') as held_lines,
            coalesce(sum(amount_net) filter (where status = 'HELD'), 0) as held_net,
            count(*) filter (where status = 'HELD' and amount_net is null) as held_unknown,
        from prebill_line
        group by billing_mode
        order by list_position({list(MODES)}, billing_mode), billing_mode
        """
    )
    total = {name: sum(row[name] for row in modes) for name in modes[0] if name != "billing_mode"} if modes else {}
    vat = published.row(
        "select coalesce(sum(amount_vat), 0) as vat, coalesce(sum(amount_gross), 0) as gross from prebill_group"
    )

    def cells(label: str, row: dict) -> list[str]:
        unknown = say(language, "summary_unknown", count=row["held_unknown"]) if row["held_unknown"] else ""
        return [
            label,
            count(row["lines"], language),
            euros(row["amount_net"], language),
            count(row["held_lines"], language),
            euros(row["held_net"], language) + unknown,
        ]

    if not modes:
        return [say(language, "summary_no_lines"), ""]
    headers = [say(language, f"column_{name}") for name in ("mode", "lines", "net", "held", "held_net")]
    rows = [cells(say(language, f"mode_{row['billing_mode']}"), row) for row in modes]
    rows.append(cells(say(language, "summary_total"), total))
    return [
        *table(headers, rows, "lrrrr"),
        "  " + say(language, "summary_vat", vat=euros(vat["vat"], language), gross=euros(vat["gross"], language)),
        "",
    ]


def anomaly_lines(published: Published, language: str) -> list[str]:
    """Return the open anomalies by rule, the gravest first.

    Args:
        published: one month.
        language: of the words.
    """
    rules = published.rows(
        f"""
        select
            code,
            min(title_{language}) as title,
            min(case severity when 'critical' then 1 when 'warning' then 2 else 3 end) as rank,
            count(*) as anomalies,
            sum(amount_at_stake) as stake,
        from anomaly
        where status = 'OPEN'
        group by code
        order by rank, code
        """
    )
    accepted = published.row("select count(*) as anomalies from anomaly where status = 'ACCEPTED'")["anomalies"]
    lines = [say(language, "summary_anomalies")] if rules else [say(language, "summary_no_anomalies")]
    if rules:
        headers = [say(language, f"column_{name}") for name in ("code", "severity", "count", "stake", "title")]
        names = {1: "critical", 2: "warning", 3: "info"}
        lines += table(
            headers,
            [
                [
                    row["code"],
                    say(language, f"severity_{names[row['rank']]}"),
                    count(row["anomalies"], language),
                    euros(row["stake"], language),
                    row["title"],
                ]
                for row in rules
            ],
            "llrrl",
        )
    if accepted:
        lines.append("  " + say(language, "summary_accepted", count=count(accepted, language)))
    return [*lines, ""]


def reject_lines(published: Published, language: str) -> list[str]:
    """Return how many input rows were rejected, and the first few of them.

    Args:
        published: one month.
        language: of the words.
    """
    total = published.row("select count(*) as rejects from rejected_row")["rejects"]
    if not total:
        return []
    lines = [say(language, "summary_rejects", count=count(total, language))]
    for row in published.rows(
        f"select * from rejected_row order by source_file, sheet, row_number, column_name limit {FIRST_FEW}"
    ):
        lines.append("  " + reject_line(row, language))
    if total > FIRST_FEW:
        lines.append("  " + say(language, "summary_more", count=count(total - FIRST_FEW, language)))
    return [*lines, ""]


def reject_line(row: Mapping[str, Any], language: str) -> str:
    """Return where a rejected row is, what it says there and why it is rejected.

    Args:
        row: of ``rejected_row``.
        language: of the words.
    """
    place = [row["source_file"]]
    if row["sheet"]:
        place.append(say(language, "place_sheet", sheet=row["sheet"]))
    if row["row_number"] is not None:
        place.append(say(language, "place_row", row=row["row_number"]))
    if row["column_name"]:
        place.append(say(language, "place_column", column=row["column_name"]))
    value = say(language, "reject_value", value=shortened(row["value"], 40)) if row["value"] else ""
    return plain(say(language, "reject_line", place=", ".join(place) + value, reason=row["reason"]))


def failed_source_lines(states: Sequence[SourceState], language: str) -> list[str]:
    """Return the sources that could not be fetched, when they were last, and why.

    Args:
        states: of all sources.
        language: of the words.
    """
    failed = [state for state in states if state.error]
    if not failed:
        return []
    return [
        say(language, "summary_sources", count=count(len(failed), language)),
        *(
            "  "
            + plain(
                say(
                    language,
                    "source_failed",
                    name=state.name,
                    moment=local_time(state.fetched_at) or say(language, "source_never"),
                    reason=state.sentence(language),
                )
            )
            for state in failed
        ),
        "",
    ]


def local_time(moment: str) -> str:
    """Return a moment as the clock on the wall shows it, to the minute; blank for blank.

    Args:
        moment: ISO, with its zone.
    """
    return f"{dt.datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M}" if moment else ""


def inbox_lines(report: IngestReport | None, language: str) -> list[str]:
    """Return the files that feed no table, the columns nobody reads and remarks on declarations.

    Args:
        report: of the ingestion.
        language: of the words.
    """
    lines: list[str] = []
    if report is None:
        return lines
    for key, names in (
        ("summary_unread", list(report.unread)),
        (
            "summary_columns",
            [
                say(language, "reject_line", place=f"{file} [{sheet}]" if sheet else file, reason=column)
                for file, sheet, column in report.unknown_columns
            ],
        ),
        (
            "summary_remarks",
            [say(language, "reject_line", place=file, reason=remark) for file, remark in report.remarks],
        ),
    ):
        if names:
            lines.append(say(language, key, count=count(len(names), language)))
            lines += ["  " + plain(name) for name in names[:FIRST_FEW]]
            if len(names) > FIRST_FEW:
                lines.append("  " + say(language, "summary_more", count=count(len(names) - FIRST_FEW, language)))
    return [*lines, ""] if lines else []


def earlier_lines(workspace: Workspace, month: str) -> list[str]:
    """Return the earlier months that are not validated, with what waits there.

    Args:
        workspace: the folder.
        month: the month being run.
    """
    language = workspace.settings.language
    earlier = [name for name in published_months(workspace.published) if name < month]
    if not earlier:
        return []
    with read_published(workspace, earlier) as published:
        waiting = published.rows(
            """
            select
                month_state.month,
                count(*) filter (where line.status = 'READY') as ready,
                coalesce(sum(line.amount_net) filter (where line.status = 'READY'), 0) as ready_net,
                count(*) filter (where line.status = 'HELD') as held,
                coalesce(sum(line.amount_net) filter (where line.status = 'HELD'), 0) as held_net,
            from month_state
            left join prebill_line as line on line.month = month_state.month
            where month_state.status in ('DRAFT', 'PARTLY_VALIDATED')
            group by month_state.month
            order by month_state.month
            """
        )
    if not waiting:
        return []
    return [
        say(language, "summary_earlier"),
        *(
            "  "
            + say(
                language,
                "summary_waiting",
                month=row["month"],
                ready=count(row["ready"], language),
                ready_net=euros(row["ready_net"], language),
                held=count(row["held"], language),
                held_net=euros(row["held_net"], language),
            )
            for row in waiting
        ),
        "",
    ]


def where_lines(workspace: Workspace, month: str) -> list[str]:
    """Return where the results are and what to type next.

    Args:
        workspace: the folder.
        month: the month that was run.
    """
    language = workspace.settings.language
    lines = [
        say(language, "summary_published", folder=workspace.published / month),
        say(language, "summary_reports", folder=workspace.reports / month / f"prefact-{month}.html"),
    ]
    lines.append(say(language, "summary_next", command=command_line(workspace, "anomalies", month)))
    return lines


def command_line(workspace: Workspace, *words: str) -> str:
    """Return a command to type, with ``-w`` when the workspace is not the current folder."""
    place = [] if workspace.root == Path.cwd() else ["-w", shlex.quote(str(workspace.root))]
    return " ".join(["prefact", *words, *place])


def refuse_open_criticals(workspace: Workspace, months: Sequence[str]) -> None:
    """Refuse when critical anomalies are open.

    Args:
        workspace: the folder.
        months: the months just run.

    Raises:
        PolicyRefusal: naming the rules.
    """
    with read_published(workspace, months) as published:
        found = published.rows(
            """
            select month, count(*) as anomalies, string_agg(distinct code, ', ' order by code) as codes
            from anomaly
            where status = 'OPEN' and severity = 'critical'
            group by month
            order by month
            """
        )
    if found:
        raise PolicyRefusal(
            "strict_refusal",
            count=sum(row["anomalies"] for row in found),
            codes=", ".join(sorted({code for row in found for code in row["codes"].split(", ")})),
            month=found[0]["month"] if len(found) == 1 else f"{found[0]['month']}..{found[-1]['month']}",
        )
