"""What the peers' cases ask of the project's SQL macros, as queries over many cases at once.

Here belongs the SQL of the tests: it calls the macros that the models use and adds no arithmetic of its own. What a
case means in these terms belongs to `adapters`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tests.peers.contract_park import Park, billed
from tests.sql.harness import query

#: The question that the contract models answer, and no query of this module.
CONTRACT = "contract"

#: Inputs of every grid: the date it is cut from and how (`grid_base`), the period, and where its boundaries fall.
_GRID = {
    "anchor": "date",
    "alignment": "varchar",
    "months": "integer",
    "days": "integer",
    "anchor_day": "integer",
    "month_end_from": "date",
}
#: What a case may give for a column of each type.
_ACCEPTED = {
    "date": (date,),
    "varchar": (str,),
    "integer": (int,),
    "bigint": (int,),
    "decimal": (int, Decimal),
}
_BASED = """
    select
        *,
        {{ grid_base('alignment', 'anchor', 'days') }} as base,
        {{ month_end_days('month_end_from', 2) }} as month_end_days,
    from given
"""
_PERIOD = "'months', 'days', 'anchor_day', 'month_end_days'"
_PERIOD_SHARE = "(\"'ACTUAL'\", 'period_start', 'period_end', 'full_from', 'full_to', 'months', 'anchor_day')"
_SHARE = "('convention', 'from_date', 'to_date', 'full_from', 'full_to', 'null', 'null')"


@dataclass(frozen=True)
class Question:
    """One row of inputs for one query.

    Attributes:
        name: the query, a key of `QUERIES`.
        inputs: values by column; a column left out is NULL.
    """

    name: str
    inputs: dict[str, Any]


def ask(name: str, **inputs: Any) -> Question:
    """A question; an input that is unknown or of another type is refused here, alone, and not by the query of all."""
    columns = QUERIES[name][0]
    for column, value in inputs.items():
        if column not in columns:
            raise TypeError(f"{name} takes no {column}")
        if value is not None and type(value) not in _ACCEPTED[columns[column].split("(")[0]]:
            raise ValueError(f"{column} is {value!r}")
    return Question(name, inputs)


def ask_contract(control_date: date, park: Park) -> Question:
    """What the month of that date shows of a park of service contracts: rows of lines and anomalies."""
    return Question(CONTRACT, {"control_date": control_date, "park": park})


def answer(questions: list[Question]) -> list[list[dict[str, Any]]]:
    """The rows that answer each question, from one execution per query."""
    answers: list[list[dict[str, Any]]] = [[] for _ in questions]
    numbers = defaultdict(list)
    for number, question in enumerate(questions):
        numbers[question.name].append(number)
    asked = numbers.pop(CONTRACT, [])
    parks = [(questions[number].inputs["control_date"], questions[number].inputs["park"]) for number in asked]
    for number, rows in zip(asked, billed(parks), strict=True):
        answers[number] = rows
    for name, asked in numbers.items():
        columns, template = QUERIES[name]
        cases = [[questions[number].inputs.get(column) for column in columns] for number in asked]
        for row in query(columns, template, cases):
            answers[asked[row.pop("case_no")]].append(row)
    return answers


def _price_query(scale: int) -> tuple[dict[str, str], str]:
    """The price of a span whose price is given per period: whole periods, and the days of the one it breaks off."""
    columns = {
        "price": "decimal(18, 2)",
        "months": "integer",
        "days": "integer",
        "span_start": "date",
        "span_end": "date",
        "month_end_from": "date",
    }
    return (
        columns,
        f"""
    with aligned as (
        select
            *,
            cast(null as integer) as anchor_day,
            span_end as through,
            {{{{ span_alignment('span_start', 'span_end', 'months') }}}} as alignment,
        from given
    ),
    spans as (
        select
            *,
            {{{{ grid_base('alignment', 'span_start', 'days') }}}} as base,
            case when alignment = 'ANCHORED' then {{{{ month_end_days('month_end_from', 2) }}}} end as month_end_days,
        from aligned
    )
    select
        case_no,
        {{{{ prorate(
            'price',
            periods_elapsed_numerator('step', 'period_start', 'period_end', 'slice_start', 'slice_end'),
            days_inclusive('slice_start', 'slice_end'),
            scale={scale}
        ) }}}} as price,
    from {{{{ grid_periods('spans') }}}}
    qualify step = max(step) over (partition by case_no)
    """,
    )


QUERIES: dict[str, tuple[dict[str, str], str]] = {
    # The periods of a span, those due by `target` when there is one, each with its share of the whole period.
    "periods": (
        {
            **_GRID,
            "span_start": "date",
            "span_end": "date",
            "through": "date",
            "target": "date",
            "term": "varchar",
            "arrears_days": "integer",
            "measure": "varchar",
            "amount": "decimal(18, 2)",
        },
        f"""
    with spans as ({_BASED}),
    period as (
        select
            *,
            {{{{ invoice_date('term', 'period_start', 'period_end', 'arrears_days') }}}} as invoice_date,
            {{{{ measured_from(
                'measure', 'period_start', 'slice_start', 'slice_end', 'months', 'days'
            ) }}}} as full_from,
            {{{{ measured_to(
                'measure', 'period_start', 'period_end', 'slice_start', 'slice_end', 'months', 'days'
            ) }}}} as full_to,
        from {{{{ grid_periods('spans') }}}}
    ),
    shared as (
        select
            *,
            {{{{ prorata_numerator{_PERIOD_SHARE} }}}} as numerator,
            {{{{ prorata_denominator{_PERIOD_SHARE} }}}} as denominator,
        from period
    )
    select
        case_no,
        slice_start,
        slice_end,
        period_start,
        period_end,
        invoice_date,
        numerator,
        denominator,
        {{{{ ratio('numerator', 'denominator', 9) }}}} as fraction,
        {{{{ prorate('amount', 'numerator', 'denominator') }}}} as amount,
    from shared
    where target is null or invoice_date <= target
    order by case_no, step
    """,
    ),
    # The boundaries around a span: the first on or after a day, and, from another, the last one reached and the next.
    "boundaries": (
        {**_GRID, "on_or_after": "date", "reached": "date"},
        f"""
    with spans as ({_BASED})
    select
        case_no,
        {{{{ grid_date(
            'base', grid_step('base', previous_day('on_or_after'), {_PERIOD}) ~ ' + 1', {_PERIOD}
        ) }}}} as first_boundary,
        {{{{ grid_date('base', grid_step('base', 'reached', {_PERIOD}), {_PERIOD}) }}}} as last_boundary,
        {{{{ grid_date('base', grid_step('base', 'reached', {_PERIOD}) ~ ' + 1', {_PERIOD}) }}}} as next_boundary,
    from spans
    """,
    ),
    # One period of a grid: the one that contains `within` (period 0 without it), or `later` periods after it.
    "period": (
        {**_GRID, "within": "date", "later": "integer", "span_start": "date", "span_end": "date"},
        f"""
    with spans as ({_BASED}),
    numbered as (
        select
            *,
            coalesce({{{{ grid_step('base', 'within', {_PERIOD}) }}}}, 0) + coalesce(later, 0) as step,
        from spans
    ),
    sliced as (
        select
            *,
            {{{{ grid_date('base', 'step', {_PERIOD}) }}}} as slice_start,
            {{{{ previous_day(grid_date('base', 'step + 1', {_PERIOD})) }}}} as slice_end,
        from numbered
    )
    select
        case_no,
        slice_start,
        slice_end,
        greatest(slice_start, span_start) as period_start,
        case when span_end < slice_start then slice_end else least(slice_end, span_end) end as period_end,
    from sliced
    """,
    ),
    # What an invoice of a given date bills, the whole period it belongs to, and the invoice after it.
    "invoice": (
        {
            "alignment": "varchar",
            "months": "integer",
            "days": "integer",
            "anchor_day": "integer",
            "month_end_days": "integer",
            "term": "varchar",
            "arrears_days": "integer",
            "invoice_date": "date",
            "span_start": "date",
            "span_end": "date",
            "billed_to": "date",
        },
        f"""
    with bounded as (
        select *, {{{{ invoiced_boundary('term', 'invoice_date', 'arrears_days') }}}} as boundary,
        from given
    ),
    based as (
        select *, {{{{ grid_base('alignment', 'boundary', 'days') }}}} as base,
        from bounded
    ),
    looking as (
        select
            *,
            {{{{ invoiced_through(
                'term',
                'invoice_date',
                previous_day(grid_date('base', '1', {_PERIOD})),
                'arrears_days'
            ) }}}} as whole_to,
        from based
    ),
    numbered as (
        select
            *,
            least(whole_to, span_end) as period_end,
            {{{{ next_day('least(whole_to, span_end)') }}}} as next_start,
            {{{{ grid_step('base', 'whole_to', {_PERIOD}) }}}} as step,
        from looking
    ),
    following as (
        select
            *,
            coalesce({{{{ next_day('billed_to') }}}}, span_start) as period_start,
            {{{{ grid_date('base', 'step', {_PERIOD}) }}}} as slice_start,
            {{{{ previous_day(grid_date('base', 'step + 1', {_PERIOD})) }}}} as slice_end,
            {{{{ grid_step('base', 'next_start', {_PERIOD}) }}}} as next_step,
        from numbered
    )
    select
        case_no,
        period_start,
        period_end,
        slice_start,
        slice_end,
        {{{{ days_inclusive('period_start', 'period_end') }}}} as days,
        {{{{ days_inclusive('slice_start', 'slice_end') }}}} as slice_days,
        case
            when next_start <= coalesce(span_end, next_start) then {{{{ invoice_date(
                'term',
                'next_start',
                'least(' ~ previous_day(grid_date('base', 'next_step + 1', {_PERIOD})) ~ ', span_end)',
                'arrears_days'
            ) }}}}
        end as next_invoice_date,
    from following
    """,
    ),
    # The part of a full period that a span covers, and the amounts that follow from it.
    "share": (
        {
            "convention": "varchar",
            "from_date": "date",
            "to_date": "date",
            "full_from": "date",
            "full_to": "date",
            "amount": "decimal(18, 2)",
            "vat_rate": "decimal(9, 4)",
        },
        f"""
    with shared as (
        select
            *,
            {{{{ prorata_numerator{_SHARE} }}}} as numerator,
            {{{{ prorata_denominator{_SHARE} }}}} as denominator,
        from given
    )
    select
        case_no,
        numerator,
        denominator,
        {{{{ ratio('numerator', 'denominator', 9) }}}} as fraction,
        {{{{ ratio('numerator', 'denominator', 15) }}}} as coefficient,
        {{{{ prorate('amount', 'numerator', 'denominator') }}}} as amount,
        {{{{ vat_amount(prorate('amount', 'numerator', 'denominator'), 'vat_rate') }}}} as vat,
    from shared
    """,
    ),
    # Days from one date to another when each month has a fixed number of them.
    "fixed_days": (
        {"from_date": "date", "to_date": "date", "full_from": "date", "full_to": "date", "month_days": "integer"},
        """
    select
        case_no,
        {{ days_inclusive('from_date', 'to_date') }} as calendar_days,
        {{ days_fixed_month('from_date', 'to_date', 'month_days') }} as days,
        {{ ratio(
            days_fixed_month('from_date', 'to_date', 'month_days'),
            days_fixed_month('full_from', 'full_to', 'month_days'),
            9
        ) }} as fraction,
    from given
    """,
    ),
    "date": (
        {"date": "date", "days": "integer"},
        "select case_no, {{ add_days('date', 'days') }} as result from given",
    ),
    "price_3": _price_query(3),
    "price_5": _price_query(5),
    "line": (
        {"quantity": "decimal(18, 4)", "unit_price": "decimal(18, 6)", "discount_pct": "decimal(9, 4)"},
        "select case_no, {{ line_amount('quantity', 'unit_price', 'discount_pct') }} as amount from given",
    ),
    "tier": (
        {
            "quantity": "decimal(18, 4)",
            "lower": "decimal(18, 4)",
            "upper": "decimal(18, 4)",
            "mode": "varchar",
            "unit_price": "decimal(18, 6)",
        },
        """
    select
        case_no,
        {{ line_amount(tier_quantity('quantity', 'lower', 'upper', 'mode'), 'unit_price', 'null') }} as amount,
    from given
    """,
    ),
    "duration": (
        {"units": "bigint", "units_per_hour": "integer", "hourly_price": "decimal(18, 6)"},
        """
    select
        case_no,
        {{ duration_amount('units', 'units_per_hour', 'hourly_price', scale=4) }} as amount,
    from given
    """,
    ),
    "rounded_time": (
        {"units": "bigint", "step": "integer", "mode": "varchar"},
        "select case_no, {{ round_minutes('units', 'step', 'mode') }} as units from given",
    ),
}
