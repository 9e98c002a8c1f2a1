"""Runs the project's SQL macros outside dbt: the macro files are compiled by Jinja alone and executed in DuckDB.

Here belongs what turns macro calls into SQL text and sets of cases into relations. What the results should be belongs
to the tests. Cases are always evaluated together, one query for a whole set, as the models do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2

MACROS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros"
#: The files of plain expressions; the others need a running dbt.
FILES = ("bounds", "compat", "dates", "grid", "money", "pricing", "schedule", "time")


@cache
def _environment(engine: str) -> jinja2.Environment:
    """All macros by name: the files are one template, so that a macro of one sees those of the others, as in dbt."""
    environment = jinja2.Environment(extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined)
    # What dbt offers: a macro's side for the engine, and its value.
    environment.globals["adapter"] = SimpleNamespace(dispatch=lambda name: environment.globals[f"{engine}__{name}"])
    environment.globals["return"] = lambda value: value
    environment.globals["modules"] = SimpleNamespace(re=re)
    sources = [(MACROS / f"{name}.sql").read_text(encoding="utf-8") for name in FILES]
    macros = environment.from_string("\n".join(sources)).module
    environment.globals.update({name: value for name, value in vars(macros).items() if callable(value)})
    return environment


def compile_sql(text: str, engine: str = "duckdb") -> str:
    """The SQL text of a template that calls macros by name.

    Args:
        text: SQL with `{{ macro(…) }}` calls; arguments are SQL expressions in quotes.
        engine: that is to read it.

    Returns:
        The compiled SQL.
    """
    return _environment(engine).from_string(text).render().strip()


def evaluate(
    columns: Mapping[str, str], expressions: Mapping[str, str], cases: Iterable[Sequence[Any]]
) -> list[dict[str, Any]]:
    """The value of macro expressions for every case, in the order of the cases.

    Args:
        columns: name and SQL type of each input; expressions refer to them by name.
        expressions: name and template of each result, e.g. `{"d": "{{ next_day('a') }}"}`.
        cases: one sequence per case, in the order of `columns`.

    Returns:
        One dictionary per case, with the results by name.
    """
    outputs = ", ".join(f"{template} as {name}" for name, template in expressions.items())
    return query(columns, f"select {outputs} from given order by case_no", cases)


def query(columns: Mapping[str, str], template: str, cases: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """The rows of a query over all cases at once.

    Args:
        columns: name and SQL type of each column of the relation `given`, which also has `case_no`, from 0.
        template: SQL with macro calls that reads `given`.
        cases: one sequence per case, in the order of `columns`.

    Returns:
        One dictionary per row of the result.
    """
    rows = [[index, *case] for index, case in enumerate(cases)]
    if not rows:
        return []
    typed = ", ".join(f"cast(c{i} as {sql_type}) as {name}" for i, (name, sql_type) in enumerate(columns.items(), 1))
    # All cases travel as one list per column: the text of the query does not depend on their number.
    lists = ", ".join(f"unnest(cast($p{i} as varchar[])) as c{i}" for i in range(len(columns) + 1))
    parameters = {
        f"p{i}": [None if value is None else _text(value) for value in column]
        for i, column in enumerate(zip(*rows, strict=True))
    }
    with duckdb.connect() as connection:
        connection.execute(
            f"create temp table given as select cast(c0 as bigint) as case_no, {typed} from (select {lists})",
            parameters,
        )
        result = connection.execute(compile_sql(template))
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def _text(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)
