"""``prefact status``: where the months stand, what arrived, what is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from assets.sources.spec import kind_of
from orchestration.lock import WorkspaceBusy, workspace_lock
from orchestration.reading import read_published
from orchestration.render import count, euros, plain, table
from orchestration.settings import Workspace
from orchestration.summary import anomaly_lines, command_line, local_time, money_lines, reject_lines
from orchestration.texts import say
from orchestration.waiting import waiting_lines


def show_status(workspace: Workspace, months: Sequence[str], in_detail: bool) -> None:
    """Print the state of published months and the arrivals.

    Args:
        workspace: the folder.
        months: published months.
        in_detail: whether a month was asked for: then with its money and its anomalies.
    """
    language = workspace.settings.language
    lines = [say(language, "status_title", folder=workspace.root), ""]
    with read_published(workspace, months) as published:
        states = published.rows(
            """
            select
                state.month,
                state.status,
                state.control_date,
                state.lines,
                state.amount_net,
                (select count(*) from prebill_line as line where line.month = state.month and line.status = 'HELD')
                    as held,
                (
                    select coalesce(sum(line.amount_net), 0)
                    from prebill_line as line
                    where line.month = state.month and line.status = 'HELD'
                ) as held_net,
                count(anomaly.code) filter (where anomaly.severity = 'critical') as critical,
                count(anomaly.code) filter (where anomaly.severity <> 'critical') as other,
            from month_state as state
            left join anomaly on anomaly.month = state.month and anomaly.status = 'OPEN'
            group by all
            order by state.month
            """
        )
    headers = [
        say(language, f"column_{name}")
        for name in ("month", "state", "control", "lines", "net", "held", "held_net", "critical", "other")
    ]
    lines += table(
        headers,
        [
            [
                row["month"],
                say(language, f"state_{row['status']}"),
                row["control_date"].isoformat(),
                count(row["lines"], language),
                euros(row["amount_net"], language),
                count(row["held"], language),
                euros(row["held_net"], language),
                count(row["critical"], language),
                count(row["other"], language),
            ]
            for row in states
        ],
        "lllrrrrrr",
    )
    lines.append("")
    if in_detail:
        for month in months:
            with read_published(workspace, [month]) as published:
                lines += [month, ""]
                lines += money_lines(published, language)
                lines += anomaly_lines(published, language)
                lines += reject_lines(published, language)
    lines += source_lines(workspace)
    lines += arrival_lines(workspace)
    lines += waiting_lines(workspace, command_line(workspace, "confirm"))
    lines.append(say(language, "summary_next", command=command_line(workspace, "anomalies", months[-1])))
    print("\n".join(lines))


def show_nothing_run(workspace: Workspace, month: str) -> None:
    """Print the state of a workspace in which no month was run yet.

    Args:
        workspace: the folder.
        month: a month to suggest.
    """
    language = workspace.settings.language
    lines = [say(language, "status_title", folder=workspace.root), "", say(language, "status_nothing")]
    lines += source_lines(workspace)
    lines += arrival_lines(workspace)
    lines += waiting_lines(workspace, command_line(workspace, "confirm"))
    lines.append(say(language, "summary_next", command=command_line(workspace, "run", month)))
    print("\n".join(lines))


def source_lines(workspace: Workspace) -> list[str]:
    """Return how each pulled source stands, and what failed; nothing without sources.

    Args:
        workspace: the folder.
    """
    from assets.sources.pull import SourceState, read_record

    sources = workspace.settings.sources
    if not sources:
        return []
    language = workspace.settings.language
    record = read_record(workspace.root)
    states = [record.get(source.name) or SourceState(source.name, kind_of(source)) for source in sources]
    columns = ("source", "kind", "state", "fetched", "delivered", "files", "rows", "cursor")
    rows = [
        [
            state.name,
            state.kind,
            say(language, "source_error" if state.error else "source_ok" if state.fetched_at else "source_waiting"),
            local_time(state.fetched_at) or "–",
            local_time(state.delivered_at) or "–",
            count(state.files, language),
            count(state.rows, language),
            plain(state.cursor) or "–",
        ]
        for state in states
    ]
    headers = [say(language, f"column_{name}") for name in columns]
    lines = [say(language, "status_sources"), *table(headers, rows, "lllllrrl")]
    for state in states:
        if state.error:
            lines.append("  " + plain(say(language, "reject_line", place=state.name, reason=state.sentence(language))))
    return [*lines, ""]


def arrival_lines(workspace: Workspace) -> list[str]:
    """Return what arrived, by table: files, rows, rejects.

    Args:
        workspace: the folder.
    """
    language = workspace.settings.language
    arrivals = read_arrivals(workspace)
    if arrivals is None:
        return [say(language, "status_arrivals_busy"), ""]
    if not arrivals:
        return []
    headers = [say(language, f"column_{name}") for name in ("table", "files", "rows", "rejected")]
    rows = [
        [row["table_name"] or "–", *(count(row[name], language) for name in ("files", "rows", "rejected"))]
        for row in arrivals
    ]
    return [say(language, "status_arrivals"), *table(headers, rows, "lrrr"), ""]


def read_arrivals(workspace: Workspace) -> list[dict[str, Any]] | None:
    """Return the live deliveries by table; None when the warehouse is in use.

    Args:
        workspace: the folder.
    """
    import duckdb

    if not workspace.warehouse.exists():
        return []
    try:
        # Even a reader makes a writer fail, so a run must not start while this reads.
        with (
            workspace_lock(workspace.hidden, "status"),
            duckdb.connect(str(workspace.warehouse), read_only=True) as connection,
        ):
            cursor = connection.execute(
                """
                select
                    table_name,
                    count(distinct source_file) as files,
                    sum(rows)::bigint as rows,
                    sum(rejected)::bigint as rejected,
                from input.delivery
                where live
                group by table_name
                order by table_name
                """
            )
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    except (WorkspaceBusy, duckdb.Error):
        return None
