"""Engagement letters to rows of `document`, `document_line` and `document_instalment`.

Here they are JSON values; `letter_files` reads DOCX and PDF files to the same. A letter is checked against the
published schema, `schemas/engagement_letter.schema.json`, then its values are typed like cells of a table. It is taken
or refused whole: half a letter would bill half of what was agreed. Whether its missions exist, its sums agree and its
dates fit is not for the reader to know; SQL checks that against other tables.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from assets.contract import CURRENCY, TABLES
from assets.normalise import REJECT_SCHEMA, normalise, reject, rejects
from assets.readers import FileRefused

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

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

#: A letter is some kilobytes; a file holds those of a firm at most.
MAX_BYTES = 1 << 26
MAX_LETTERS = 20_000
#: What is wrong with a letter is told as far as anybody would read.
MAX_PROBLEMS = 50

# Numbers with exponents beyond this are refused as text, not spelt out.
_MAX_EXPONENT = 30


@cache
def _validator() -> Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads(SCHEMA.read_bytes())
    return Draft202012Validator({**schema["$defs"]["letter"], "$defs": schema["$defs"]})


@dataclass(frozen=True)
class Loaded:
    """The letters of a file as JSON values, not yet checked.

    Attributes:
        letters: one per letter.
        places: table and row of each line of the letter, of a document in which people wrote it.
        aside: what the document holds beside the letter, such as hourly rates.
        to_confirm: SHA-256 of a file out of which a letter may be misread, so that a person must confirm it.
    """

    letters: list[Any]
    places: tuple[tuple[str, int], ...] = ()
    aside: tuple[str, ...] = ()
    to_confirm: str | None = None


@dataclass(frozen=True)
class Letters:
    """What one file of engagement letters holds.

    Attributes:
        rows: by table, the typed rows, or None when no letter of the file could be taken. They carry `_document`, the
            position of their letter; `_row` is the position of the letter, of the line in it, of the instalment in it.
        rejects: what was refused: the row is the position of the letter, the column the path in it.
        unknown: properties the schema does not know.
    """

    rows: dict[str, pl.DataFrame] | None
    rejects: pl.DataFrame
    unknown: tuple[str, ...]


def check_letters(loaded: Sequence[Loaded | FileRefused]) -> list[Letters | FileRefused]:
    """Checks and types letters, all at once since typing many small tables one by one would be slow.

    Args:
        loaded: the letters of each file, or why it is refused.

    Returns:
        What each file holds, or why it is refused as a whole.
    """
    refused: dict[int, list[pl.DataFrame]] = {number: [] for number in range(len(loaded))}
    unknown: dict[int, dict[str, None]] = {number: {} for number in range(len(loaded))}
    sound: list[tuple[int, int, dict[str, Any]]] = []
    for number, file in enumerate(loaded):
        if isinstance(file, FileRefused):
            continue
        for position, letter in enumerate(file.letters, 1):
            problems = list(_problems(letter))
            for path, code, value, more in problems:
                refused[number].append(reject(position, code, path or None, value, *more))
            if not problems:
                sound.append((number, position, letter))
                unknown[number].update(dict.fromkeys(_unknown(letter, _validator().schema, "")))
    tables, ill_typed = _flatten([(letter, loaded[number]) for number, _, letter in sound])
    bad = set(ill_typed["_letter"])
    taken = [(letter, number, position) for letter, (number, position, _) in enumerate(sound) if letter not in bad]
    for letter in bad:
        number, position, _ = sound[letter]
        own = ill_typed.filter(pl.col("_letter") == letter).with_columns(pl.lit(position, pl.Int64).alias("row_number"))
        refused[number].append(own.select(*REJECT_SCHEMA))
    where = pl.DataFrame(taken, schema=dict.fromkeys(("_letter", "_source", "_document"), pl.Int64), orient="row")
    tables["document"] = (
        tables["document"]
        .drop("_row")
        .join(
            where.select("_letter", pl.col("_document").alias("_row")), on="_letter", how="left", maintain_order="left"
        )
    )
    placed = {
        name: rows.join(where, on="_letter", maintain_order="left").drop("_letter") for name, rows in tables.items()
    }
    by_file = {name: rows.partition_by("_source", as_dict=True, include_key=False) for name, rows in placed.items()}
    nothing = {name: rows.clear().drop("_source") for name, rows in placed.items()}
    results: list[Letters | FileRefused] = []
    taken_files = {number for _, number, _ in taken}
    for number, file in enumerate(loaded):
        if isinstance(file, FileRefused):
            results.append(file)
            continue
        rows = {name: parts.get((number,), nothing[name]) for name, parts in by_file.items()}
        standing = number in taken_files or not file.letters
        results.append(Letters(rows if standing else None, rejects(refused[number]), (*unknown[number], *file.aside)))
    return results


def load_letters(data: bytes) -> Loaded | FileRefused:
    """The letters of a JSON file, one or a list of them, or why it is refused."""
    if len(data) > MAX_BYTES:
        return FileRefused("too_large", str(len(data) >> 20), str(MAX_BYTES >> 20))
    if not data.strip():
        return FileRefused("empty_file")
    try:
        content = json.loads(data, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except FileRefused as refusal:
        return refusal
    except json.JSONDecodeError as error:
        return FileRefused("json", str(error.lineno), str(error.colno), row=error.lineno)
    except (ValueError, RecursionError):
        # Bytes that are no text, a number of thousands of digits, a bottomless nesting.
        return FileRefused("json", "1", "1", row=1)
    if isinstance(content, dict):
        return Loaded([content])
    if not isinstance(content, list):
        return FileRefused("json_type", "object, array", row=1)
    if len(content) > MAX_LETTERS:
        return FileRefused("json_too_many", str(len(content)), str(MAX_LETTERS))
    return Loaded(content)


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
    found = islice(_validator().iter_errors(letter), MAX_PROBLEMS)
    errors = sorted(found, key=lambda error: [str(step) for step in error.absolute_path])
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


def _flatten(letters: list[tuple[dict[str, Any], Loaded]]) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """The rows of well-formed letters by table, and the rejects of the values in them, both with `_letter`."""
    records: dict[str, list[dict[str, str | None]]] = {"document": [], "document_line": [], "document_instalment": []}
    places: dict[str, list[tuple[int, int, str]]] = {name: [] for name in records}
    for number, (letter, file) in enumerate(letters):
        for table, position, prefix, values in _rows_of(letter, file):
            records[table].append({name: _text(value) for name, value in values.items()})
            places[table].append((number, position, prefix))
    tables = {}
    found = []
    for name, rows in records.items():
        tables[name], bad = _typed(name, rows, places[name])
        found.append(bad)
    return tables, pl.concat(found)


def _rows_of(letter: dict[str, Any], file: Loaded) -> Iterator[tuple[str, int, str, dict[str, Any]]]:
    """(table, position, path, values by column) of every row a letter gives."""
    document = {name: letter.get(name) for name in TABLES["document"].column_names}
    document["version"] = letter.get("version") or 1
    document["currency"] = letter.get("currency") or CURRENCY
    document["to_confirm"] = file.to_confirm
    yield "document", 1, "", document
    for number, line in enumerate(letter["lines"]):
        path = f"lines[{number}]."
        key = {name: document[name] for name in ("document_id", "version")} | {"line_no": line["line_no"]}
        values = {name: _at(line, name) for name in TABLES["document_line"].column_names} | key
        values["place"], position = file.places[number] if file.places else (None, number + 1)
        values["billing_mode"] = line.get("billing_mode") or ("FLAT" if line.get("unit_price") is None else "UNIT")
        yield "document_line", position, path, values
        for place, instalment in enumerate(line.get("instalments") or ()):
            values = {name: instalment.get(name) for name in ("due_date", "amount", "is_balance")}
            values |= key | {"instalment_no": place + 1}
            yield "document_instalment", place + 1, f"{path}instalments[{place}].", values


def _at(line: dict[str, Any], column: str) -> Any:
    """The value of a column of `document_line` in a line."""
    group, name = _PLACES.get(column, ("", column))
    if not group:
        return line.get(name)
    return (line.get(group) or {}).get(name)


def _typed(
    name: str, records: list[dict[str, str | None]], places: list[tuple[int, int, str]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows with `_letter` and their position as `_row`; rejects with `_letter` and the path as column."""
    table = TABLES[name]
    numbers = pl.Series("_row", range(len(records)), dtype=pl.Int64)
    cells = pl.DataFrame(records, schema=dict.fromkeys(table.column_names, pl.String)).with_columns(numbers)
    result = normalise(table, cells)
    schema = {"_letter": pl.Int64, "position": pl.Int64, "prefix": pl.String}
    where = pl.DataFrame(places, schema=schema, orient="row").with_columns(numbers)
    rows = result.rows.join(where, on="_row", maintain_order="left")
    rows = rows.with_columns(pl.col("position").alias("_row")).drop("position", "prefix")
    paths = {column: ".".join(filter(None, place)) for column, place in _PLACES.items()}
    bad = result.rejects.join(where, left_on="row_number", right_on="_row", maintain_order="left").with_columns(
        pl.concat_str("prefix", pl.col("column_name").replace(paths)).alias("column_name")
    )
    return rows, bad.select(*REJECT_SCHEMA, "_letter")
