"""Entries of time trackers as time entries: their projects and users looked up in `project_map` and `user_map`.

It is done anew at each run, over all that was ever archived, so a mapping delivered today covers last year's entries.
An entry nothing maps stays a time entry: of a mission that bears the tool's own names (the anomaly FI-02), by a
collaborator under a pseudonym (FI-20), since what is published names no one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.contract import PROVENANCE, TABLES

if TYPE_CHECKING:
    import duckdb

#: All entries of trackers with what their names map to, one row each; columns of `time_entry` first.
MAPPED = "raw.mapped_entry"
#: Time entries of files and of trackers.
ARRIVED = "raw.arrived_entry"


def normal(text: str) -> str:
    """A name without what two spellings of it may differ in, as SQL.

    Args:
        text: the SQL expression of the name. An apostrophe before it is that of a spreadsheet that keeps text as text.
    """
    return f"lower(nfc_normalize(trim(regexp_replace(ltrim({text}, ''''), '\\s+', ' ', 'g'))))"


def map_entries(connection: duckdb.DuckDBPyConnection) -> str:
    """Makes the time entries that arrived, from files and from trackers.

    Args:
        connection: the warehouse, in a transaction; the raw maps are there.

    Returns:
        The relation that holds them, with the columns of `input.time_entry`.
    """
    columns = ", ".join(f'"{name}"' for name in (*TABLES["time_entry"].column_names, *PROVENANCE))
    connection.execute(f"create or replace table {MAPPED} as {_QUERY}")
    connection.execute(
        f"create or replace view {ARRIVED} as "
        f"select {columns} from input.time_entry union all select {columns} from {MAPPED}"
    )
    return ARRIVED


# Each name is compared once, however many entries bear it, then looked up by the days it is valid on. The narrowest
# scope wins: client and task, client, task, neither; in it the exact spelling, then the latest start.
_QUERY = f"""
with entry as (
    from input.tracked_entry
),
named as (
    select
        *,
        {normal("tool")} as _tool,
        coalesce({normal("client")}, '') as _client,
        {normal("project")} as _project,
        coalesce({normal("task")}, '') as _task,
    from (select distinct tool, client, project, task from entry)
),
project_line as (
    select
        *,
        {normal("tool")} as _tool,
        nullif({normal("client")}, '') as _client,
        {normal("project")} as _project,
        nullif({normal("task")}, '') as _task,
    from raw.project_map
),
candidate as (
    select
        named.tool,
        named.client,
        named.project,
        named.task,
        line.mission_id,
        coalesce(line.valid_from, date '0001-01-01') as valid_from,
        coalesce(line.valid_to, date '9999-12-31') as valid_to,
        row_number() over (
            partition by named.tool, named.client, named.project, named.task
            order by
                case
                    when line._client is not null and line._task is not null then 1
                    when line._client is not null then 2
                    when line._task is not null then 3
                    else 4
                end,
                (named.project = line.project)::int
                + (named.client is not distinct from line.client)::int
                + (named.task is not distinct from line.task)::int desc,
                line.valid_from desc nulls last,
                line._key
        ) as place,
    from named
    inner join project_line as line
        on named._tool = line._tool
        and named._project = line._project
        and (line._client is null or named._client = line._client)
        and (line._task is null or named._task = line._task)
),
mission as (
    select
        worked.tool,
        worked.client,
        worked.project,
        worked.task,
        worked.work_date,
        arg_min(candidate.mission_id, candidate.place) as mission_id,
    from (select distinct tool, client, project, task, work_date from entry) as worked
    inner join candidate
        on worked.tool = candidate.tool
        and worked.client is not distinct from candidate.client
        and worked.project = candidate.project
        and worked.task is not distinct from candidate.task
        and worked.work_date between candidate.valid_from and candidate.valid_to
    group by all
),
person as (
    select
        *,
        {normal("tool")} as _tool,
        {normal('"user"')} as _user,
        {normal("user_login")} as _login,
        {normal("user_name")} as _name,
    from (select distinct tool, "user", user_login, user_name from entry)
),
user_line as (
    select
        *,
        {normal("tool")} as _tool,
        {normal('"user"')} as _user,
    from raw.user_map
),
collaborator as (
    select person.tool, person."user", person.user_login, person.user_name, line.collaborator_id
    from person
    inner join user_line as line
        on person._tool = line._tool
        and line._user in (person._user, person._login, person._name)
    qualify row_number() over (
        partition by person.tool, person."user", person.user_login, person.user_name
        order by case line._user when person._user then 1 when person._login then 2 else 3 end, line._key
    ) = 1
)
select
    entry.tool as source,
    split_part(entry._key, '|', 2) as source_id,
    coalesce(collaborator.collaborator_id, entry.tool || ':' || left(md5(entry."user"), 8)) as collaborator_id,
    coalesce(
        mission.mission_id,
        left(replace(entry.tool || ': ' || concat_ws(' / ', entry.client, entry.project, entry.task), '|', '/'), 300)
    ) as mission_id,
    entry.work_date,
    entry.minutes,
    -- Less than half a minute is no time to bill.
    entry.billable and entry.minutes > 0 as billable,
    entry.approved,
    entry.description,
    entry._key,
    entry._file,
    entry._sheet,
    entry._row,
    entry.client,
    entry.project,
    entry.task,
    entry."user",
    mission.mission_id is not null as is_project_mapped,
    collaborator.collaborator_id is not null as is_user_mapped,
from entry
left join mission
    on entry.tool = mission.tool
    and entry.client is not distinct from mission.client
    and entry.project = mission.project
    and entry.task is not distinct from mission.task
    and entry.work_date = mission.work_date
left join collaborator
    on entry.tool = collaborator.tool
    and entry."user" = collaborator."user"
    and entry.user_login is not distinct from collaborator.user_login
    and entry.user_name is not distinct from collaborator.user_name
"""
