"""The pages `docs/input-tables.md` and `docs/output-relations.md`, written from what defines these relations.

`python -m assets.contract_docs` writes them; a test fails when they no longer say what `assets/contract.py` and the
marts' own YAML say. Prose about inputs and outputs does not belong here: it is `docs/data-contract.md`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assets.contract import DECIMALS, SQL_TYPES, TABLES, WHOLE_DIGITS, Column, Reference, Table

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs"
MARTS = ROOT / "dbt_project" / "models" / "marts" / "_marts.yml"
COMMAND = "python -m assets.contract_docs"

#: What a person types in a cell of each type.
TYPE_WORDS: dict[str, str] = {
    "text": "text",
    "siret": "14 digits",
    "sirets": "SIRETs, 14 digits each, joined by `|`",
    "date": "date",
    "month": "month, `YYYY-MM`",
    "timestamp": "date and time",
    "money": "money",
    "price": "unit price",
    "quantity": "quantity",
    "percent": "percent",
    "integer": "whole number",
    "boolean": "yes or no",
    "choice": "one of",
}

KINDS: dict[str, str] = {
    "reference": "Reference: the latest delivery of a key wins.",
    "event": "Events: deliveries add up; the same key twice with the same content counts once, with other content the "
    "later delivery corrects the earlier.",
    "document": "Filled from the engagement letters in `inbox/documents/`, never from a file of this name.",
    "export": "Filled from the exports in `inbox/timesheets/`, never from a file of this name; a later export replaces "
    "the rows of each user it names, from its first to its last day.",
    "declaration": "Filled from the payroll declarations in `inbox/payroll/`, never from a file of this name; "
    "`payroll_metric` follows from it ([payroll.md](payroll.md)).",
}

INPUT_INTRO = """\
Every table that files in `inbox/` can feed, with its columns in order. How files are recognised, read and rejected, and
what each table is for: [data-contract.md](data-contract.md). Required columns are marked `*`, columns of the key are
bold. In the warehouse each table is `input.<table>` (as delivered) and `raw.<table>` (as the run sees it), with four
columns more: `_key`, `_file`, `_sheet`, `_row`."""

OUTPUT_INTRO = """\
Every relation of schema `marts`, with its columns and types; the types are enforced when the models are built. The same
columns are in `published/<month>/<relation>.parquet`. What they mean together: [data-contract.md](data-contract.md)."""


def input_page() -> str:
    """The page of the input tables: the types once, then a section for each table."""
    types = [
        (
            words,
            f"`{SQL_TYPES[name]}`",
            str(WHOLE_DIGITS.get(name, "–")),
            str(DECIMALS[name][1]) if name in DECIMALS else "–",
        )
        for name, words in TYPE_WORDS.items()
        if name != "choice"
    ]
    index = [(_link(table.name), table.title_fr, table.title_en) for table in TABLES.values()]
    return _page(
        "The input tables",
        "assets/contract.py",
        INPUT_INTRO,
        _table(("Type", "In the warehouse", "Digits before the point", "Decimals"), types),
        _table(("Table", "Contenu", "Content"), index),
        *(_input_section(table) for table in TABLES.values()),
    )


def output_page() -> str:
    """The page of the output relations."""
    models = _marts()
    index = [(_link(model["name"]), _first_sentence(model["description"])) for model in models]
    return _page(
        "The output relations",
        "dbt_project/models/marts/_marts.yml",
        OUTPUT_INTRO,
        _table(("Relation", "Content"), index),
        *(_output_section(model) for model in models),
    )


def write(folder: Path = FOLDER) -> list[Path]:
    """Write both pages and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, page in (("input-tables.md", input_page()), ("output-relations.md", output_page())):
        path = folder / name
        path.write_text(page, encoding="utf-8")
        paths.append(path)
    return paths


def _page(title: str, source: str, *parts: str) -> str:
    written = f"<!-- Written from {source} by `{COMMAND}`; not to be edited. -->"
    return "\n\n".join([f"# {title}", written, *parts]) + "\n"


def _input_section(table: Table) -> str:
    rows = [(_column_name(table, column), _type(column), _blank(column), _limits(column)) for column in table.columns]
    return "\n\n".join(
        [
            f'## <a id="{table.name}"></a>{table.name}',
            f"{' / '.join(dict.fromkeys((table.title_en, table.title_fr)))}. {KINDS[table.kind]}",
            _table(("Column", "Type", "Blank means", "Limits"), rows),
            *_notes(table),
        ]
    )


def _column_name(table: Table, column: Column) -> str:
    name = f"`{column.name}`" + (r"\*" if column.required else "")
    return f"**{name}**" if column.name in table.key else name


def _type(column: Column) -> str:
    words = TYPE_WORDS[column.type]
    return f"{words} {', '.join(f'`{choice}`' for choice in column.choices)}" if column.choices else words


def _blank(column: Column) -> str:
    if column.required:
        return "the row is rejected"
    return f"`{column.default}`" if column.default is not None else "not given"


def _limits(column: Column) -> str:
    limits = []
    if column.minimum is not None:
        limits.append(f"≥ {column.minimum}")
    if column.maximum is not None:
        limits.append(f"≤ {column.maximum}")
    if column.personal:
        limits.append("personal: masked in messages")
    return ", ".join(limits)


def _notes(table: Table) -> list[str]:
    notes = [f"`{later}` is not before `{earlier}`." for earlier, later in table.ordered]
    if table.exactly_one:
        notes.append(f"Exactly one of {_names(table.exactly_one)} is filled.")
    notes += [_reference(table.name, reference) for reference in table.references]
    if table.content and not table.key:
        notes.append(
            f"A row is known by its content ({_names(table.content)}) and its rank among the equal rows of its file."
        )
    elif table.content:
        *others, last = table.key
        notes.append(
            f"With `{last}` a row is known by {_names((*others, last))}; without it, by its content "
            f"({_names(table.content)}) and its rank among the equal rows of its file."
        )
    return ["\n".join(f"- {note}" for note in notes)] if notes else []


def _reference(owner: str, reference: Reference) -> str:
    unless = ""
    if reference.unless_listed_in:
        table, column = reference.unless_listed_in
        unless = f", unless `{table}.{column}` lists it"
    filled = " (when filled in)" if not all(TABLES[owner].column(name).required for name in reference.columns) else ""
    return f"{_names(reference.columns)}{filled} must exist in {_link(reference.target)}{unless}."


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _marts() -> list[dict[str, Any]]:
    import yaml

    return yaml.safe_load(MARTS.read_text(encoding="utf-8"))["models"]


def _output_section(model: dict[str, Any]) -> str:
    rows = [
        (f"`{column['name']}`", f"`{column['data_type'].upper()}`", column["description"])
        for column in model["columns"]
    ]
    return "\n\n".join(
        [
            f'## <a id="{model["name"]}"></a>{model["name"]}',
            model["description"],
            _table(("Column", "Type", "Content"), rows),
        ]
    )


def _first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".") + "."


def _link(name: str) -> str:
    return f"[`{name}`](#{name})"


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    # A bar ends a cell, even inside code.
    lines = [" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows]
    return "\n".join([f"| {' | '.join(columns)} |", f"|{' --- |' * len(columns)}", *(f"| {line} |" for line in lines)])


if __name__ == "__main__":
    for written in write():
        print(written)
