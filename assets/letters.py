"""Engagement letters in JSON to rows of `document`, `document_line` and `document_instalment`.

A letter is checked against the published schema, `schemas/engagement_letter.schema.json`, then its values are typed
like cells of a table. It is taken or refused whole: half a letter would bill half of what was agreed. Whether its
missions exist, its sums agree and its dates fit is not for the reader to know; SQL checks that against other tables.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.contract import CURRENCY, TABLES
from assets.normalise import REJECT_SCHEMA, normalise, reject, rejects
from assets.readers import FileRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

SCHEMA = Path(__file__).parent / "schemas" / "engagement_letter.schema.json"

#: Where each column of `document_line` is in a line of the letter, when not under its own name.
_PLACES = {
    **{name: ("indexation", name) for name in ("index_code", "base_month", "revision_month", "cap_pct", "floor_pct")},
    "index_series": ("indexation", "series"),
    **{name: ("schedule", name) for name in ("periodicity", "first_due_date", "instalments", "rounding", "proration")},
}

#: Reasons of rules the schema states without naming one (`x-reason`), by rule or by rule and its argument.
_REASONS = {
    "minItems": "json_lines",
    "minLength": "json_blank",
    ("pattern", "\\S"): "json_blank",
    ("pattern", "^[0-9]{4}-[0-9]{2}$"): "month",
    ("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"): "date",
}

# Numbers with exponents beyond this are refused as text, not spelt out.
_MAX_EXPONENT = 30


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_bytes())
    return Draft202012Validator({**schema["$defs"]["letter"], "$defs": schema["$defs"]})


def read_letters(data: bytes) -> list[tuple[str, pl.DataFrame | None, pl.DataFrame, tuple[str, ...]]]:
    """Reads a file of engagement letters.

    Args:
        data: JSON, one letter or a list of letters.

    Returns:
        For each of the three tables: its name, its rows (None when no letter of the file could be taken), the rejects
        (all with the first one) and the unknown properties. Rows carry `_document`, the position of their letter;
        `_row` is the position of the letter, of the line in it, of the instalment in the line. In rejects the row is
        the position of the letter and the column the path in it.

    Raises:
        FileRefused: the file is no JSON, or not of letters.
    """
    letters = _load(data)
    refused: list[pl.DataFrame] = []
    sound: list[tuple[int, dict[str, Any]]] = []
    unknown: dict[str, None] = {}
    for position, letter in enumerate(letters, 1):
        problems = list(_problems(letter))
        refused += [reject(position, code, path, value, *expected) for path, code, value, expected in problems]
        if not problems:
            sound.append((position, letter))
            unknown.update(dict.fromkeys(_unknown(letter, _validator().schema, "")))
    tables, ill_typed = _flatten(sound)
    refused.append(ill_typed)
    bad = ill_typed["row_number"].unique().to_list()
    taken = len(sound) - len(bad)
    all_rejects = rejects(refused)
    return [
        (
            name,
            rows.filter(~pl.col("_document").is_in(bad)) if taken or not letters else None,
            all_rejects if name == "document" else all_rejects.clear(),
            tuple(unknown) if name == "document" else (),
        )
        for name, rows in tables.items()
    ]


def _load(data: bytes) -> list[Any]:
    if not data.strip():
        raise FileRefused("empty_file")
    try:
        content = json.loads(data, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise FileRefused("json", str(error.lineno), str(error.colno), row=error.lineno) from error
    except (ValueError, RecursionError) as error:
        # Bytes that are no text, a number of thousands of digits, a bottomless nesting.
        raise FileRefused("json", "1", "1", row=1) from error
    if isinstance(content, dict):
        return [content]
    if isinstance(content, list):
        return content
    raise FileRefused("json_type", "object, array", row=1)


def _refuse_constant(constant: str) -> None:
    raise FileRefused("number", value=constant)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise FileRefused("json_property_twice", column=name)
        result[name] = value
    return result


def _problems(letter: Any) -> Iterator[tuple[str, str, str | None, tuple[str, ...]]]:
    """(path, reason code, value, what was expected) of everything that is refused in a letter's structure."""
    errors = sorted(_validator().iter_errors(letter), key=lambda error: [str(step) for step in error.absolute_path])
    for error in errors:
        yield _problem(error)
    if errors:
        return
    seen: set[int] = set()
    for place, line in enumerate(letter["lines"]):
        if line["line_no"] in seen:
            yield f"lines[{place}].line_no", "json_line_twice", str(line["line_no"]), ()
        seen.add(line["line_no"])


def _problem(error: ValidationError) -> tuple[str, str, str | None, tuple[str, ...]]:
    path, rule = _path(error.absolute_path), error.validator
    value = None if isinstance(error.instance, dict | list) else _text(error.instance)
    if rule == "type":
        types = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        return path, "json_type", value, (", ".join(types),)
    if "x-reason" in error.schema:
        return path, error.schema["x-reason"], value, (error.schema.get("x-expected", ""),)
    if rule == "required":
        missing = error.message.split("'")[1]  # one error per missing property, which only its message names
        return f"{path}.{missing}".lstrip("."), "json_missing", None, ()
    if rule == "enum":
        return path, "choice", value, (", ".join(choice for choice in error.validator_value if choice),)
    if rule in ("minimum", "maximum"):
        return path, rule, value, (str(error.validator_value),)
    code = _REASONS.get(rule) or _REASONS.get((rule, error.validator_value))
    if code:
        return path, code, value, ()
    return path, "json_rule", value, ("/".join(map(str, error.absolute_schema_path)),)


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def _text(value: Any) -> str | None:
    """A JSON value as the text of a cell."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal) and abs(value.adjusted()) <= _MAX_EXPONENT:
        return format(value, "f")
    return str(value)


def _unknown(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    """Properties the schema does not know, without the positions in lists."""
    if "$ref" in schema:
        schema = _validator().schema["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, list):
        for each in value:
            yield from _unknown(each, schema.get("items", {}), f"{path}[]")
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        for name, inner in value.items():
            if name in known:
                yield from _unknown(inner, known[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}".lstrip(".")


def _flatten(letters: list[tuple[int, dict[str, Any]]]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The rows of well-formed letters by table, and the rejects of the values in them."""
    records: dict[str, list[dict[str, str | None]]] = {"document": [], "document_line": [], "document_instalment": []}
    places: dict[str, list[tuple[int, int, str]]] = {name: [] for name in records}

    def add(table: str, document: int, position: int, prefix: str, values: dict[str, Any]) -> None:
        records[table].append({name: _text(value) for name, value in values.items()})
        places[table].append((document, position, prefix))

    for document, letter in letters:
        own = {name: letter.get(name) for name in TABLES["document"].column_names}
        own["version"] = key_version = own["version"] or 1
        own["currency"] = own["currency"] or CURRENCY
        add("document", document, document, "", own)
        for number, line in enumerate(letter["lines"], 1):
            prefix = f"lines[{number - 1}]."
            key = {"document_id": letter["document_id"], "version": key_version, "line_no": line["line_no"]}
            values = {name: _at(line, name) for name in TABLES["document_line"].column_names} | key
            values["billing_mode"] = line.get("billing_mode") or ("FLAT" if line.get("unit_price") is None else "UNIT")
            add("document_line", document, number, prefix, values)
            for place, instalment in enumerate(line.get("instalments") or (), 1):
                values = {name: instalment.get(name) for name in ("due_date", "amount", "is_balance")}
                add(
                    "document_instalment",
                    document,
                    place,
                    f"{prefix}instalments[{place - 1}].",
                    key | {"instalment_no": place} | values,
                )
    tables = {}
    found = []
    for name, rows in records.items():
        tables[name], bad = _typed(name, rows, places[name])
        found.append(bad)
    return tables, rejects(found)


def _at(line: dict[str, Any], column: str) -> Any:
    """The value of a column of `document_line` in a line."""
    group, name = _PLACES.get(column, ("", column))
    if not group:
        return line.get(name)
    return (line.get(group) or {}).get(name)


def _typed(
    name: str, records: list[dict[str, str | None]], places: list[tuple[int, int, str]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with `_document` and their position as `_row`, and rejects with the letter's position and the path."""
    table = TABLES[name]
    cells = pl.DataFrame(records, schema=dict.fromkeys(table.column_names, pl.String)).with_row_index("_row")
    result = normalise(table, cells.with_columns(pl.col("_row").cast(pl.Int64)))
    where = pl.DataFrame(
        places, schema={"_document": pl.Int64, "position": pl.Int64, "prefix": pl.String}, orient="row"
    ).with_row_index("_row")
    where = where.with_columns(pl.col("_row").cast(pl.Int64))
    rows = result.rows.join(where, on="_row", maintain_order="left")
    rows = rows.with_columns(pl.col("position").alias("_row")).drop("position", "prefix")
    paths = {column: ".".join(filter(None, place)) for column, place in _PLACES.items()}
    bad = result.rejects.join(where, left_on="row_number", right_on="_row", maintain_order="left").select(
        pl.col("_document").alias("row_number"),
        pl.concat_str("prefix", pl.col("column_name").replace(paths)).alias("column_name"),
        *(name for name in REJECT_SCHEMA if name not in ("row_number", "column_name")),
    )
    return rows, bad
