"""The catalogue of rules: one definition per anomaly code, read from the TOML files of `catalogue/`.

A rule says what it compares (its checks, each a native expectation on a control table), how bad a failure is, whose
work it is and what to do, in French and English. The register, the Dagster checks, the Data Docs and the pages of
`docs/` are derived from it; nothing else repeats any of it. A further family of rules is a further TOML file.

This module imports neither Great Expectations nor DuckDB.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).parent / "catalogue"
LANGUAGES = ("fr", "en")
SEVERITIES = ("critical", "warning", "info")
SUBJECT_TYPES = (
    "adhoc",
    "asset",
    "client",
    "contract",
    "fee_period",
    "line",
    "mission",
    "module",
    "plan",
    "plan_line",
    "price_scope",
    "quantity",
    "reading",
    "rule",
    "service",
    "siret",
    "time_entry",
)
# The native expectations in use, with their arguments: the columns they compare, then the others. No `mostly` and no
# row condition: one failing case is one finding, and a control table holds the cases in scope and no others.
EXPECTATIONS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "ExpectColumnValuesToNotBeNull": (frozenset({"column"}), frozenset()),
    "ExpectColumnValuesToBeBetween": (frozenset({"column"}), frozenset({"min_value", "max_value"})),
    "ExpectColumnValuesToBeInSet": (frozenset({"column"}), frozenset({"value_set"})),
    "ExpectColumnPairValuesToBeEqual": (frozenset({"column_A", "column_B"}), frozenset()),
    "ExpectColumnPairValuesAToBeGreaterThanB": (frozenset({"column_A", "column_B"}), frozenset({"or_equal"})),
}
_CODE = re.compile(r"[A-Z]{2}-\d\d")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_DATA_NAME = re.compile(r"(?<![\w/])(inbox(?:/[a-z_]+)*/|_?[a-z]+(?:_[a-z]+)+|_[a-z]+)(?![\w(])")
_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class CatalogueError(Exception):
    """The catalogue of rules contradicts itself. The message names the file, the rule and the way out."""


@dataclass(frozen=True)
class Text:
    """A text in both languages."""

    fr: str
    en: str

    def __getitem__(self, language: str) -> str:
        return getattr(self, language)


@dataclass(frozen=True)
class Check:
    """One native expectation on one control table.

    Attributes:
        id: the rule's code, a point and what is checked: `FI-10.deadline`.
        table: control table in schema `controls`.
        expectation: class name of the native expectation.
        kwargs: its arguments.
        compares: what is compared, in words.
        expected: the `expected` of a finding; `{column}` stands for the value of a column of the control table.
        actual: the `actual` of a finding, likewise.
    """

    id: str
    table: str
    expectation: str
    kwargs: Mapping[str, Any]
    compares: Text
    expected: Text
    actual: Text

    @property
    def columns(self) -> tuple[str, ...]:
        """The facts compared, in the order of the expectation's arguments."""
        return tuple(self.kwargs[name] for name in ("column", "column_A", "column_B") if name in self.kwargs)

    @property
    def allows_null(self) -> bool:
        """Whether a missing fact is what the check is about."""
        return self.expectation == "ExpectColumnValuesToNotBeNull"

    @property
    def mentioned_columns(self) -> frozenset[str]:
        """Every column of the control table that the check or its texts read."""
        texts = (self.expected.fr, self.expected.en, self.actual.fr, self.actual.en)
        return frozenset(self.columns).union(*(_PLACEHOLDER.findall(text) for text in texts))

    def expected_sql(self, language: str) -> str:
        """A SQL expression over the control table for the `expected` of a finding."""
        return _template_sql(self.expected[language])

    def actual_sql(self, language: str) -> str:
        """A SQL expression over the control table for the `actual` of a finding."""
        return _template_sql(self.actual[language])


@dataclass(frozen=True)
class Rule:
    """What an anomaly code stands for.

    Attributes:
        code: `FI-01`.
        severity: the gravest its cases can have; each case carries its own in the control table.
        subject_type: what has to be mended.
        title: the name of the anomaly.
        what: which cases are looked at and when one is reported.
        why: what goes wrong if nobody acts.
        example: a case with figures.
        remedy: what to do, where, in full sentences.
        owner: who acts.
        stake: how the money at stake is worked out, in words.
        checks: the expectations that raise it.
    """

    code: str
    severity: str
    subject_type: str
    title: Text
    what: Text
    why: Text
    example: Text
    remedy: Text
    owner: Text
    stake: Text
    checks: tuple[Check, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The control tables it reads, each once."""
        return tuple(dict.fromkeys(check.table for check in self.checks))


TEXT_FIELDS = tuple(field.name for field in fields(Rule) if field.type is Text)


@cache
def rule_specs() -> tuple[Rule, ...]:
    """Every rule, in the order of the codes."""
    rules = [rule for path in sorted(CATALOGUE.glob("*.toml")) for rule in read_catalogue(path)]
    return tuple(sorted(_without_duplicates(rules), key=lambda rule: rule.code))


def rule_spec(code: str) -> Rule:
    """The rule of a code.

    Raises:
        KeyError: no such code.
    """
    return {rule.code: rule for rule in rule_specs()}[code]


def control_tables(rules: tuple[Rule, ...] | None = None) -> tuple[str, ...]:
    """Every control table the rules read, sorted."""
    return tuple(sorted({table for rule in rules or rule_specs() for table in rule.tables}))


def mark_names(text: str, before: str, after: str) -> str:
    """Put marks around the names of tables, columns and folders in a text, so that a page can set them as code."""
    return _DATA_NAME.sub(rf"{before}\1{after}", text)


def read_catalogue(path: Path) -> list[Rule]:
    """Read one TOML file of rules.

    Raises:
        CatalogueError: something is missing, unknown or contradictory.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueError(f"{path.name} is not valid TOML: {error}") from error
    return [_rule(entry, path.name) for entry in data.get("rule", [])]


def _rule(entry: dict[str, Any], source: str) -> Rule:
    where = f"{source}, rule {entry.get('code', '?')}"
    _require_keys(entry, {field.name for field in fields(Rule)} - {"checks"} | {"check"}, where)
    code = entry["code"]
    _require(bool(_CODE.fullmatch(code)), where, f"code must look like FI-01, not {code!r}")
    _require(entry["severity"] in SEVERITIES, where, f"severity must be one of {', '.join(SEVERITIES)}")
    _require(entry["subject_type"] in SUBJECT_TYPES, where, f"subject_type must be one of {', '.join(SUBJECT_TYPES)}")
    _require(bool(entry["check"]), where, "a rule needs at least one [[rule.check]]")
    texts = {name: _text(entry[name], f"{where}, {name}") for name in TEXT_FIELDS}
    return Rule(
        code=code,
        severity=entry["severity"],
        subject_type=entry["subject_type"],
        checks=tuple(_check(check, code, where) for check in entry["check"]),
        **texts,
    )


def _check(entry: dict[str, Any], code: str, where: str) -> Check:
    where = f"{where}, check {entry.get('name', '?')}"
    _require_keys(entry, {"name", "table", "expectation", "kwargs", "compares", "expected", "actual"}, where)
    _require(bool(_NAME.fullmatch(entry["name"])), where, "name must be lower case letters, digits and underscores")
    _require(entry["table"].startswith("ctl_"), where, f"table must be a control table ctl_…, not {entry['table']!r}")
    _require(
        entry["expectation"] in EXPECTATIONS,
        where,
        f"expectation {entry['expectation']!r} is not one of {', '.join(EXPECTATIONS)}",
    )
    columns, others = EXPECTATIONS[entry["expectation"]]
    kwargs = entry["kwargs"]
    _require(columns <= kwargs.keys(), where, f"kwargs must give {', '.join(sorted(columns))}")
    _require(kwargs.keys() <= columns | others, where, f"kwargs may give {', '.join(sorted(columns | others))} only")
    _require(not others or bool(others & kwargs.keys()), where, f"kwargs must give one of {', '.join(sorted(others))}")
    for column in columns:
        _require(bool(_NAME.fullmatch(kwargs[column])), where, f"{kwargs[column]!r} is not a column name")
    return Check(
        id=f"{code}.{entry['name']}",
        table=entry["table"],
        expectation=entry["expectation"],
        kwargs=kwargs,
        compares=_text(entry["compares"], f"{where}, compares"),
        expected=_text(entry["expected"], f"{where}, expected"),
        actual=_text(entry["actual"], f"{where}, actual"),
    )


def _text(value: Any, where: str) -> Text:
    """A text of both languages; one string alone is the same in both (figures, dates and codes)."""
    if isinstance(value, str):
        value = dict.fromkeys(LANGUAGES, value)
    _require(isinstance(value, dict) and set(value) == set(LANGUAGES), where, "needs fr and en")
    _require(all(isinstance(text, str) and text.strip() for text in value.values()), where, "fr and en must be filled")
    return Text(**{language: " ".join(text.split()) for language, text in value.items()})


def _without_duplicates(rules: list[Rule]) -> list[Rule]:
    for kind, names in (
        ("code", [rule.code for rule in rules]),
        ("check", [check.id for rule in rules for check in rule.checks]),
    ):
        twice = sorted({name for name in names if names.count(name) > 1})
        _require(not twice, "catalogue", f"{kind} given twice: {', '.join(twice)}")
    return rules


def _require_keys(entry: dict[str, Any], names: set[str], where: str) -> None:
    _require(names <= entry.keys(), where, f"missing: {', '.join(sorted(names - entry.keys()))}")
    _require(entry.keys() <= names, where, f"unknown: {', '.join(sorted(entry.keys() - names))}")


def _require(holds: bool, where: str, message: str) -> None:
    if not holds:
        raise CatalogueError(f"{where}: {message}")


def _template_sql(template: str) -> str:
    parts = _PLACEHOLDER.split(template)
    terms = [_quoted(parts[0])]
    for column, literal in zip(parts[1::2], parts[2::2], strict=True):
        terms += [_value_sql(column), _quoted(literal)]
    return f"concat({', '.join(term for term in terms if term != _quoted(''))})"


def _value_sql(column: str) -> str:
    """A value as a person reads it: decimals without the zeros beyond cents, an open end as ∞, nothing as –."""
    text = f'cast("{column}" as varchar)'
    return (
        f"case when \"{column}\" is null then '–'"
        f" when typeof(\"{column}\") like 'DECIMAL%' then regexp_replace({text}, '^(-?\\d+\\.\\d\\d\\d*?)0+$', '\\1')"
        f" when {text} = '9999-12-31' then '∞' else {text} end"
    )


def _quoted(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
