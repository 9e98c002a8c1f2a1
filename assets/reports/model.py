"""What the reports of a month say, read from the warehouse: every count and every sum is made in SQL.

Rows are dictionaries with the columns of the query; amounts are `Decimal`. Every query has a total order, so that the
same warehouse gives the same reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.reports.changes import CAUSES, compare_months, month_before

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]
MODES = ("FLAT", "UNIT", "TIME", "ADHOC", "CONTRACT_FLAT", "TRUE_UP", "CONSUMED")
#: Months on the charts, the one reported included.
MONTHS_SHOWN = 12
#: Files of one table in one folder that are no longer listed one by one.
MANY_FILES = 24
_BATCH = 5_000

_MODE_ORDER = f"list_position({list(MODES)}, billing_mode), billing_mode"
# People look a client up by its name, whatever the accents.
_CLIENT_ORDER = "strip_accents(lower(client_name)) nulls last, client_name, client_id nulls last"

_PREPARE = """
create or replace temporary table report_line as
with evidence as (

    select line_key, count(*) as pieces
    from marts.prebill_evidence
    where month = $month
    group by line_key

)

select
    line.*,
    client.legal_name as client_name,
    client_file.label as client_file_label,
    client_file.manager_id,
    mission.label as mission_label,
    coalesce(evidence.pieces, 0) as pieces,
    case when line.status <> 'HELD' then line.amount_net end as invoiced_net,
    case when line.status = 'HELD' then line.amount_net end as held_net,
from marts.prebill_line as line
left join raw.client as client
    on line.client_id = client.client_id
left join raw.client_file as client_file
    on line.client_file_id = client_file.client_file_id
left join raw.mission as mission
    on line.mission_id = mission.mission_id
left join evidence
    on line.line_key = evidence.line_key
where line.month = $month;

create or replace temporary table report_anomaly as
with client_manager as (

    -- An anomaly of a client is the work of the manager all its client files have.
    select client_id, min(manager_id) as manager_id
    from raw.client_file
    group by client_id
    having count(distinct manager_id) = 1

)

select
    anomaly.*,
    client.legal_name as client_name,
    coalesce(client_file.manager_id, client_manager.manager_id) as manager_id,
    case anomaly.severity when 'critical' then 1 when 'warning' then 2 else 3 end as severity_rank,
from marts.anomaly as anomaly
left join raw.client as client
    on anomaly.client_id = client.client_id
left join raw.client_file as client_file
    on anomaly.client_file_id = client_file.client_file_id
left join client_manager
    on anomaly.client_file_id is null and anomaly.client_id = client_manager.client_id
where anomaly.month = $month
"""

_BILLING = f"""
with line as (

    select * from report_line where status <> 'HELD'

),

file as (

    -- Every active client file, with lines or without.
    select
        prebill_group.*,
        client.legal_name as client_name,
        client_file.label as client_file_label,
        (
            select list({{'code': vat_code, 'rate': vat_rate}} order by vat_code, vat_rate)
            from marts.prebill_group_vat as vat
            where
                vat.month = $month
                and vat.client_id is not distinct from prebill_group.client_id
                and vat.client_file_id is not distinct from prebill_group.client_file_id
        ) as rates,
    from marts.prebill_group
    left join raw.client as client
        on prebill_group.client_id = client.client_id
    left join raw.client_file as client_file
        on prebill_group.client_file_id = client_file.client_file_id
    where prebill_group.month = $month

),

stacked as (

    select
        1 as level,
        client_id,
        client_name,
        sum(amount_net) as amount_net,
        sum(amount_vat) as amount_vat,
        sum(amount_gross) as amount_gross,
        sum(amount_held) as amount_held,
    from file
    group by client_id, client_name

    union all by name

    select
        2 as level,
        client_id,
        client_name,
        client_file_id,
        client_file_label,
        rates,
        amount_net,
        amount_vat,
        amount_gross,
        amount_held,
    from file

    union all by name

    select
        3 as level,
        client_id,
        client_name,
        client_file_id,
        mission_id,
        mission_label,
        sum(amount_net) as amount_net,
    from line
    group by client_id, client_name, client_file_id, mission_id, mission_label

    union all by name

    select
        4 as level,
        client_id,
        client_name,
        client_file_id,
        mission_id,
        billing_mode,
        label,
        period_start,
        period_end,
        quantity,
        unit,
        unit_price,
        discount_pct,
        vat_code,
        vat_rate,
        status,
        line_key,
        amount_net,
    from line

),

placed as (

    select
        *,
        row_number() over (
            order by
                {_CLIENT_ORDER},
                case when level = 1 then 0 else 1 end,
                client_file_id nulls last,
                case when level = 2 then 0 else 1 end,
                mission_id nulls last,
                level,
                {_MODE_ORDER},
                period_start nulls first,
                label nulls first,
                line_key
        ) as place,
    from stacked

)

select
    *,
    -- The last row that belongs to the group.
    case level
        when 1 then max(place) over (partition by client_id, client_name)
        when 2 then max(place) over (partition by client_id, client_name, client_file_id, level = 1)
        when 3 then max(place) over (partition by client_id, client_name, client_file_id, mission_id, level < 3)
        else place
    end as last_place,
from placed
order by place
"""


class ReportError(Exception):
    """The reports cannot be written; the message says what to do first."""


class MonthReader:
    """One month as the reports tell it.

    Attributes:
        month: ``YYYY-MM``.
        previous: the calendar month before.
        compared: whether that one was ever run, so that there is something to compare with.
        control_date: the date the month was controlled at.
        status: DRAFT, PARTLY_VALIDATED, VALIDATED or EXPORTED.
        fingerprint: of the input.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, month: str) -> None:
        self._connection = connection
        self.month = month
        self.previous = month_before(month)
        found = connection.execute(
            "select status, control_date, input_fingerprint, amount_net from marts.month_state where month = ?", [month]
        ).fetchone()
        if found is None:
            raise ReportError(f"Month {month} has not been run. Run it first: prefact run {month}")
        self.status: str = found[0]
        self.control_date: date = found[1]
        self.fingerprint: str = found[2]
        self.recorded_net = found[3]
        for statement in _PREPARE.split(";"):
            connection.execute(statement, {"month": month})
        self.compared = compare_months(connection, month)

    def stream(self, query: str, **values: object) -> Iterator[Row]:
        """The rows of a query one after the other; the next query ends them.

        Args:
            query: SQL, where `$name` stands for a value.
            values: those values.
        """
        result = self._connection.execute(query, values)
        names = [column[0] for column in result.description]
        while batch := result.fetchmany(_BATCH):
            for row in batch:
                yield dict(zip(names, row, strict=True))

    def rows(self, query: str, **values: object) -> list[Row]:
        """All rows of a query."""
        return list(self.stream(query, **values))

    def row(self, query: str, **values: object) -> Row:
        """The only row of a query."""
        (only,) = self.rows(query, **values)
        return only

    # --- What will be invoiced -----------------------------------------------------------------------------------

    def totals(self) -> Row:
        """Net, VAT, gross and held amounts of the month, with the number of lines and of clients invoiced."""
        return self.row(
            """
            select
                cast(coalesce(sum(lines), 0) as bigint) as lines,
                count(distinct client_id) filter (where lines > 0) as clients,
                cast(coalesce(sum(amount_net), 0) as decimal(18, 2)) as amount_net,
                cast(coalesce(sum(amount_vat), 0) as decimal(18, 2)) as amount_vat,
                cast(coalesce(sum(amount_gross), 0) as decimal(18, 2)) as amount_gross,
                cast(coalesce(sum(amount_held), 0) as decimal(18, 2)) as amount_held,
            from marts.prebill_group
            where month = $month
            """,
            month=self.month,
        )

    def modes(self) -> list[Row]:
        """Lines and amounts per billing mode, invoiced and held."""
        return self.rows(
            f"""
            select
                billing_mode,
                count(*) filter (where status <> 'HELD') as lines,
                coalesce(sum(invoiced_net), 0) as amount_net,
                count(*) filter (where status = 'HELD') as held_lines,
                coalesce(sum(held_net), 0) as held_net,
                count(*) filter (where status = 'HELD' and amount_net is null) as held_unknown,
            from report_line
            group by billing_mode
            order by {_MODE_ORDER}
            """
        )

    def vat(self) -> list[Row]:
        """Base and VAT per code and rate."""
        return self.rows(
            """
            select vat_code, vat_rate, sum(base) as base, sum(vat) as vat
            from marts.prebill_group_vat
            where month = $month
            group by vat_code, vat_rate
            order by vat_rate desc, vat_code
            """,
            month=self.month,
        )

    def clients(self, limit: int) -> list[Row]:
        """The clients invoiced most; the rest of those that have lines are one last row, `others` of them."""
        return self.rows(
            """
            with client as (

                select
                    prebill_group.client_id,
                    min(client.legal_name) as client_name,
                    sum(prebill_group.lines) as lines,
                    sum(prebill_group.amount_net) as amount_net,
                    sum(prebill_group.amount_held) as amount_held,
                    row_number() over (
                        order by sum(prebill_group.amount_net) desc, prebill_group.client_id nulls last
                    ) as place,
                from marts.prebill_group
                left join raw.client as client
                    on prebill_group.client_id = client.client_id
                where prebill_group.month = $month
                group by prebill_group.client_id
                having sum(prebill_group.lines) > 0 or sum(prebill_group.amount_held) <> 0

            )

            select
                min(client_id) filter (where place <= $limit) as client_id,
                min(client_name) filter (where place <= $limit) as client_name,
                count(*) filter (where place > $limit) as others,
                cast(sum(lines) as bigint) as lines,
                cast(sum(amount_net) as decimal(18, 2)) as amount_net,
                cast(sum(amount_held) as decimal(18, 2)) as amount_held,
            from client
            group by least(place, $limit + 1)
            order by least(place, $limit + 1)
            """,
            month=self.month,
            limit=limit,
        )

    def months(self) -> list[str]:
        """The months run, this one the last, oldest first."""
        return [
            row["month"]
            for row in self.rows(
                """
                from (
                    select distinct month from marts.month_state where month <= $month order by month desc limit $limit
                )
                order by month
                """,
                month=self.month,
                limit=MONTHS_SHOWN,
            )
        ]

    def month_modes(self) -> list[Row]:
        """Net amount invoiced per month run and billing mode."""
        return self.rows(
            f"""
            select month, billing_mode, cast(sum(amount_net) as decimal(18, 2)) as amount_net
            from marts.prebill_line
            where status <> 'HELD' and list_contains($months, month)
            group by month, billing_mode
            order by month, {_MODE_ORDER}
            """,
            months=self.months(),
        )

    def month_totals(self) -> list[Row]:
        """Net amount invoiced per month run."""
        return self.rows(
            """
            select
                state.month,
                cast(coalesce(sum(line.amount_net), 0) as decimal(18, 2)) as amount_net,
            from marts.month_state as state
            left join marts.prebill_line as line
                on state.month = line.month and line.status <> 'HELD'
            where list_contains($months, state.month)
            group by state.month
            order by state.month
            """,
            months=self.months(),
        )

    def month_anomalies(self) -> list[Row]:
        """Open anomalies per month run, by severity."""
        return self.rows(
            """
            select
                month,
                count(*) filter (where severity = 'critical') as critical,
                count(*) filter (where severity = 'warning') as warning,
                count(*) filter (where severity = 'info') as info,
            from marts.anomaly
            where status = 'OPEN' and list_contains($months, month)
            group by month
            order by month
            """,
            months=self.months(),
        )

    def billing(self) -> Iterator[Row]:
        """The lines to be invoiced with the rows of their groups: level 1 client, 2 client file, 3 mission, 4 line.

        `place` counts the rows from 1; `last_place` is the last row of a group.
        """
        return self.stream(_BILLING, month=self.month)

    def count_lines(self) -> int:
        """How many lines the month has, held ones included."""
        return self.row("select count(*) as lines from report_line")["lines"]

    def lines(self, *, held_only: bool = False, limit: int | None = None) -> Iterator[Row]:
        """The lines, by client; the held ones alone by amount, the unknown amounts last."""
        order = (
            "held_net desc nulls last, line_key"
            if held_only
            else (
                f"{_CLIENT_ORDER}, client_file_id nulls last, mission_id nulls last, {_MODE_ORDER}, "
                "period_start nulls first, label nulls first, line_key"
            )
        )
        return self.stream(
            f"""
            select * from report_line
            {"where status = 'HELD'" if held_only else ""}
            order by {order}
            {f"limit {limit}" if limit else ""}
            """
        )

    def line_totals(self) -> Row:
        """The totals of the list of lines."""
        return self.row(
            """
            select
                cast(coalesce(sum(invoiced_net), 0) as decimal(18, 2)) as invoiced_net,
                cast(coalesce(sum(held_net), 0) as decimal(18, 2)) as held_net,
                cast(coalesce(sum(pieces), 0) as bigint) as pieces,
            from report_line
            """
        )

    # --- What is held ----------------------------------------------------------------------------------------------

    def held_totals(self) -> Row:
        """How many lines are held, how many of them without a known amount, and the amount of the others."""
        return self.row(
            """
            select
                count(*) as held_lines,
                count(*) filter (where amount_net is null) as held_unknown,
                cast(coalesce(sum(amount_net), 0) as decimal(18, 2)) as held_net,
            from report_line
            where status = 'HELD'
            """
        )

    def held_reasons(self) -> list[Row]:
        """The rules that hold lines; a line held by two counts in each."""
        return self.rows(
            """
            select
                code,
                count(*) as lines,
                count(*) filter (where amount_net is null) as unknown,
                cast(coalesce(sum(amount_net), 0) as decimal(18, 2)) as amount,
            from (
                select amount_net, unnest(string_split(coalesce(held_by, ''), ',')) as code
                from report_line
                where status = 'HELD'
            )
            group by code
            order by amount desc, lines desc, code
            """
        )

    # --- Who must act ----------------------------------------------------------------------------------------------

    def anomalies(self, language: str) -> Iterator[Row]:
        """The register of the month, the open and grave ones first."""
        return self.stream(
            f"""
            select *, title_{language} as title, remedy_{language} as remedy
            from report_anomaly
            order by status desc, severity_rank, code, amount_at_stake desc nulls last, subject_id
            """
        )

    def anomaly_counts(self) -> Row:
        """Open anomalies by severity, accepted ones, and the money at stake in the open ones."""
        return self.row(
            """
            select
                count(*) as total,
                count(*) filter (where status = 'OPEN') as open,
                count(*) filter (where status <> 'OPEN') as accepted,
                count(*) filter (where status = 'OPEN' and severity = 'critical') as critical,
                count(*) filter (where status = 'OPEN' and severity = 'warning') as warning,
                count(*) filter (where status = 'OPEN' and severity = 'info') as info,
                cast(
                    coalesce(sum(amount_at_stake) filter (where status = 'OPEN'), 0) as decimal(18, 2)
                ) as stake,
            from report_anomaly
            """
        )

    def anomaly_totals(self) -> Row:
        """The totals of the register of the month, accepted anomalies included."""
        return self.row(
            "select cast(coalesce(sum(amount_at_stake), 0) as decimal(18, 2)) as amount_at_stake from report_anomaly"
        )

    def rules(self, language: str) -> list[Row]:
        """Open anomalies per rule and severity, the gravest first."""
        return self.rows(
            f"""
            select
                code,
                severity,
                min(title_{language}) as title,
                count(*) as anomalies,
                cast(sum(amount_at_stake) as decimal(18, 2)) as stake,
            from report_anomaly
            where status = 'OPEN'
            group by code, severity, severity_rank
            order by severity_rank, stake desc nulls last, code
            """
        )

    def managers(self) -> list[Row]:
        """Open anomalies per manager, those with most critical ones first, those without a manager last."""
        return self.rows(
            """
            select
                manager_id,
                count(*) filter (where severity = 'critical') as critical,
                count(*) filter (where severity = 'warning') as warning,
                count(*) filter (where severity = 'info') as info,
                cast(sum(amount_at_stake) as decimal(18, 2)) as stake,
            from report_anomaly
            where status = 'OPEN'
            group by manager_id
            order by manager_id is null, critical desc, stake desc nulls last, warning desc, manager_id
            """
        )

    def work(self, language: str, limit: int) -> list[Row]:
        """The open anomalies of each manager and rule, the costliest first, `limit` of them at most.

        `anomalies` and `stake` are those of the manager and rule, whatever is left out.
        """
        return self.rows(
            f"""
            select
                *,
                title_{language} as title,
                remedy_{language} as remedy,
                count(*) over rule as anomalies,
                min(severity_rank) over rule as worst_rank,
                cast(sum(amount_at_stake) over rule as decimal(18, 2)) as stake,
            from report_anomaly
            where status = 'OPEN'
            window rule as (partition by manager_id, code)
            qualify row_number() over (
                partition by manager_id, code order by severity_rank, amount_at_stake desc nulls last, subject_id
            ) <= $limit
            order by
                manager_id nulls last,
                worst_rank,
                stake desc nulls last,
                code,
                severity_rank,
                amount_at_stake desc nulls last,
                subject_id
            """,
            limit=limit,
        )

    # --- What changed ----------------------------------------------------------------------------------------------

    def change_totals(self) -> Row:
        """Both amounts, the difference and the causes over all clients, with the number of clients that changed."""
        return self.row(
            f"""
            select
                count(*) filter (where difference <> 0 or greatest({", ".join(f"abs({c})" for c in CAUSES)}) > 0)
                    as clients,
                {_sums("amount_previous", "amount_month", "difference", *CAUSES)}
            from client_change
            """
        )

    def client_changes(self, limit: int | None = None) -> list[Row]:
        """The clients billed in either month, the largest difference first; with a limit, those that changed alone."""
        changed = f"change.difference <> 0 or greatest({', '.join(f'abs(change.{cause})' for cause in CAUSES)}) > 0"
        return self.rows(
            f"""
            select change.*, client.legal_name as client_name
            from client_change as change
            left join raw.client as client
                on change.client_id = client.client_id
            {f"where {changed}" if limit else ""}
            order by abs(change.difference) desc, change.difference, change.client_id nulls last
            {f"limit {limit}" if limit else ""}
            """
        )

    def change_parts(self) -> Iterator[Row]:
        """The parts of each client's difference, by client."""
        return self.stream(
            f"""
            from (
                select part.*, client.legal_name as client_name, service.label as service_label
                from change_part as part
                left join raw.client as client
                    on part.client_id = client.client_id
                left join raw.service as service
                    on part.service_code = service.service_code
            )
            order by
                {_CLIENT_ORDER},
                client_file_id nulls last,
                mission_code nulls last,
                {_MODE_ORDER},
                service_code nulls last,
                list_position({list(CAUSES)}, cause)
            """
        )

    # --- What is not billed, what came in --------------------------------------------------------------------------

    def left_out(self) -> list[Row]:
        """What is due and not a line, per reason."""
        return self.rows(
            """
            select
                reason_code,
                count(*) as elements,
                count(*) filter (where amount is null) as unknown,
                cast(sum(amount) as decimal(18, 2)) as amount,
            from marts.prebill_exclusion
            where month = $month
            group by reason_code
            order by amount desc nulls last, reason_code
            """,
            month=self.month,
        )

    def left_out_totals(self) -> Row:
        """The number of items that are due and not a line, and their known amounts."""
        return self.row(
            """
            select count(*) as elements, cast(coalesce(sum(amount), 0) as decimal(18, 2)) as amount
            from marts.prebill_exclusion
            where month = $month
            """,
            month=self.month,
        )

    def left_out_files(self) -> Iterator[Row]:
        """The same per client file, reason and input table."""
        return self.stream(
            f"""
            from (
                select
                    client_file.client_id,
                    client.legal_name as client_name,
                    exclusion.client_file_id,
                    exclusion.reason_code,
                    exclusion.source_table,
                    count(*) as elements,
                    cast(sum(exclusion.amount) as decimal(18, 2)) as amount,
                from marts.prebill_exclusion as exclusion
                left join raw.client_file as client_file
                    on exclusion.client_file_id = client_file.client_file_id
                left join raw.client as client
                    on client_file.client_id = client.client_id
                where exclusion.month = $month
                group by all
            )
            order by {_CLIENT_ORDER}, client_file_id nulls last, reason_code, source_table
            """,
            month=self.month,
        )

    def arrivals(self) -> list[Row]:
        """What is in force of each input table: files, rows, rejected rows."""
        return self.rows(
            """
            select
                table_name,
                count(distinct source_file) as files,
                cast(sum(rows) as bigint) as rows,
                cast(sum(rejected) as bigint) as rejected,
            from input.delivery
            where live
            group by table_name
            order by table_name
            """
        )

    def delivery_totals(self) -> Row:
        """Rows and rejected rows of all deliveries."""
        return self.row(
            """
            select
                cast(coalesce(sum(rows), 0) as bigint) as rows,
                cast(coalesce(sum(rejected), 0) as bigint) as rejected,
            from input.delivery
            """
        )

    def deliveries(self) -> Iterator[Row]:
        """Every delivery, file by file; the files of a folder that holds many count together."""
        return self.stream(
            """
            with delivery as (

                select
                    *,
                    regexp_replace(source_file, '[^/]*$', '') as folder,
                    count(*) over (
                        partition by table_name, regexp_replace(source_file, '[^/]*$', ''), live
                    ) > $many as is_many,
                from input.delivery

            )

            select
                table_name,
                case when is_many then folder else source_file end as source,
                case when is_many then null else sheet end as sheet,
                count(distinct source_file) as files,
                cast(sum(rows) as bigint) as rows,
                cast(sum(rejected) as bigint) as rejected,
                live,
            from delivery
            group by all
            order by table_name, live desc, source, sheet nulls first
            """,
            many=MANY_FILES,
        )

    def rejects(self, limit: int | None = None) -> Iterator[Row]:
        """The rows that could not be taken in."""
        return self.stream(
            """
            select * from marts.rejected_row
            order by source_file, sheet nulls first, row_number, table_name, column_name, value, reason
            limit $limit
            """,
            limit=limit,
        )

    def count_rejects(self) -> int:
        """How many rows could not be taken in."""
        return self.row("select count(*) as rejects from marts.rejected_row")["rejects"]


def _sums(*columns: str) -> str:
    return ", ".join(f"cast(coalesce(sum({name}), 0) as decimal(18, 2)) as {name}" for name in columns)
