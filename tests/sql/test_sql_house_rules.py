"""What the project's SQL may not do, whatever it computes: the conventions no compiler checks.

Each rule reads the text of the files, comments left out. The macros' own use of the engine is `test_compat.py`'s.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from expectations.rules import SEVERITIES, SUBJECT_TYPES, control_tables, rule_specs
from tests.sql.test_compat import COMMENTS, ENGINE_SPECIFIC

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
SQL = {
    path.relative_to(PROJECT).as_posix(): COMMENTS.sub("", path.read_text(encoding="utf-8"))
    for folder in ("macros", "models", "tests")
    for path in sorted((PROJECT / folder).rglob("*.sql"))
}
MODELS = {name: text for name, text in SQL.items() if name.startswith("models/")}
CONTROLS = {Path(name).stem: text for name, text in MODELS.items() if name.startswith("models/controls/")}
LAYERS = ("staging", "intermediate", "controls", "audited", "marts")
TEXT_LITERAL = re.compile(r"'[^'\n]*'")
#: What a control table selects first, with the arguments of the macro.
CONTROL_CASE = re.compile(r"select\s+\{\{\s*control_case\((?P<arguments>.*?)\)\s*\}\}\s*,", re.DOTALL)


def _hits(pattern: str, files: dict[str, str]) -> list[str]:
    """`file: line` wherever the pattern occurs outside comments."""
    found = re.compile(pattern, re.IGNORECASE)
    return [
        f"{name}: {line.strip()}" for name, text in files.items() for line in text.splitlines() if found.search(line)
    ]


def _described() -> dict[str, tuple[str, str]]:
    """Folder below `models/` and description of every model that some YAML describes."""
    described = {}
    for path in sorted((PROJECT / "models").rglob("*.yml")):
        content = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        for model in content.get("models", []):
            folder = path.parent.relative_to(PROJECT / "models").as_posix()
            described[model["name"]] = (folder, model.get("description", "").strip())
    return described


def _final_select(text: str) -> str:
    """A model without what stands in brackets: its common tables, sub-queries and function arguments."""
    while True:
        without = re.sub(r"\([^()]*\)", "", text)
        if without == text:
            return text
        text = without


# -- portability ------------------------------------------------------------------------------------------------------


def test_no_engine_specific_function_outside_compat():
    others = {name: text for name, text in SQL.items() if name != "macros/compat.sql"}
    assert _hits(ENGINE_SPECIFIC.pattern + r"|\bqualify\b|\basof\b|\bpivot\b", others) == []


def test_no_recursion():
    """Unit tests cannot mock it; grids come from a series of integers."""
    assert _hits(r"\brecursive\b", SQL) == []


def test_the_month_is_data_never_the_clock_nor_a_dbt_variable():
    assert _hits(r"\bcurrent_(date|time|timestamp)\b|\b(now|today|getdate|var)\s*\(|run_started_at", SQL) == []


# -- money ------------------------------------------------------------------------------------------------------------


def test_no_floating_point_type():
    assert _hits(r"\b(as|::)\s*(double|float\d?|real)\b", SQL) == []


def test_models_do_not_divide():
    """A DECIMAL divided is a DOUBLE: division is the money macros', on integers."""
    texts = {name: TEXT_LITERAL.sub("''", text) for name, text in MODELS.items()}
    assert _hits(r"(?<!/)/(?!/)", texts) == []


# -- layers -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", LAYERS)
def test_a_model_reads_no_later_layer(layer):
    layer_of = {Path(name).stem: name.split("/")[1] for name in MODELS}
    assert set(layer_of.values()) == set(LAYERS)
    later = LAYERS[LAYERS.index(layer) + 1 :]
    wrong = [
        f"{name} reads {read}"
        for name, text in MODELS.items()
        if name.startswith(f"models/{layer}/")
        for read in re.findall(r"ref\('(\w+)'\)", text)
        if layer_of.get(read) in later
    ]
    assert wrong == []


def test_inputs_are_read_by_staging_and_the_register_by_what_follows_it():
    calculation = {name: text for name, text in MODELS.items() if name.split("/")[1] in ("intermediate", "controls")}
    assert _hits(r"source\(", calculation) == []
    staging = {name: text for name, text in MODELS.items() if name.startswith("models/staging/")}
    assert _hits(r"source\('register'", staging) == []


def test_the_final_select_of_a_mart_lists_its_columns():
    marts = {name: _final_select(text) for name, text in MODELS.items() if name.startswith("models/marts/")}
    assert _hits(r"\bselect\s+(\w+\.)?\*|^\s*(\w+\.)?\*,?\s*$", marts) == []


# -- descriptions -----------------------------------------------------------------------------------------------------


def test_every_model_is_described_beside_itself_and_nothing_else_is():
    described = _described()
    assert sorted(described) == sorted(Path(name).stem for name in MODELS)
    wrong = [
        name for name, (folder, text) in described.items() if not text or f"models/{folder}/{name}.sql" not in MODELS
    ]
    assert wrong == []


def test_a_description_names_the_grain():
    without = [name for name, (folder, text) in _described().items() if folder != "marts" and "Grain: " not in text]
    assert without == []


def test_a_control_table_says_which_rule_it_serves():
    described = _described()
    wrong = [
        f"{table} does not begin with {rule.code}"
        for rule in rule_specs()
        for table in rule.tables
        if not described[table][1].startswith(f"{rule.code}, ")
    ]
    assert wrong == []


# -- control tables ---------------------------------------------------------------------------------------------------


def test_the_catalogue_and_the_control_tables_name_each_other():
    assert sorted(CONTROLS) == list(control_tables())


@pytest.mark.parametrize("table", sorted(CONTROLS))
def test_a_control_table_begins_with_the_columns_of_a_case(table):
    assert len(CONTROL_CASE.findall(CONTROLS[table])) == 1


@pytest.mark.parametrize("rule", rule_specs(), ids=lambda rule: rule.code)
def test_the_cases_of_a_rule_have_its_severity_and_known_subjects(rule):
    """The gravest severity of a rule's tables is the rule's; each subject is one the register knows."""
    severities, subjects = set(), set()
    for table in rule.tables:
        arguments = CONTROL_CASE.search(CONTROLS[table])["arguments"]
        explicit = re.search(r"""severity="'(\w+)'\"""", arguments)
        severities.add(explicit[1] if explicit else "critical")
        # The first word in quotes: the key before it is an expression.
        subjects.add(re.search(r"'(\w+)'", arguments)[1])
    assert min(severities, key=SEVERITIES.index) == rule.severity
    assert rule.subject_type in subjects <= set(SUBJECT_TYPES)
