"""The catalogue of rules, the pages written from it, and what it must agree with."""

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from expectations import rule_docs
from expectations.rules import (
    CATALOGUE,
    LANGUAGES,
    TEXT_FIELDS,
    CatalogueError,
    control_tables,
    mark_names,
    read_catalogue,
    rule_spec,
    rule_specs,
)

ROOT = Path(__file__).parents[2]
MODELS = {path.stem: path for path in (ROOT / "dbt_project" / "models" / "controls").rglob("ctl_*.sql")}


def test_every_anomaly_of_the_contracts_and_of_the_firm_has_its_rule():
    contracts, firm = [f"AN-{n:02}" for n in range(1, 28)], [f"FI-{n:02}" for n in range(1, 23)]
    assert [rule.code for rule in rule_specs()] == contracts + firm


@pytest.mark.parametrize("rule", rule_specs(), ids=lambda rule: rule.code)
def test_a_rule_speaks_two_languages_that_differ(rule):
    for name in TEXT_FIELDS:
        text = getattr(rule, name)
        assert text.fr != text.en, name
    for check in rule.checks:
        assert check.compares.fr != check.compares.en


@pytest.mark.parametrize("rule", rule_specs(), ids=lambda rule: rule.code)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_explains_itself_in_full_sentences(rule, language):
    for name in ("what", "why", "example", "remedy", "stake"):
        text = getattr(rule, name)[language]
        assert text.endswith((".", ".)")), name
        assert text[0].isupper() or text[0] in "«“", name
    assert len(rule.remedy[language]) > 60
    assert not rule.title[language].endswith(".")


def test_the_values_named_in_a_finding_are_the_same_in_both_languages():
    for check in (check for rule in rule_specs() for check in rule.checks):
        for text in (check.expected, check.actual):
            assert re.findall(r"\{\w+\}", text.fr) == re.findall(r"\{\w+\}", text.en), check.id


def test_every_control_table_has_its_model_and_every_model_its_rule():
    assert sorted(MODELS) == list(control_tables())


@pytest.mark.parametrize("check", [check for rule in rule_specs() for check in rule.checks], ids=lambda check: check.id)
def test_every_column_a_check_reads_is_in_its_model(check):
    sql = MODELS[check.table].read_text(encoding="utf-8")
    for column in check.mentioned_columns:
        assert re.search(rf"\b{column}\b", sql), column


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_the_documentation_say_what_the_catalogue_says(language):
    page = (ROOT / "docs" / f"rules.{language}.md").read_text(encoding="utf-8")
    assert page == rule_docs.render(language), "run `python -m expectations.rule_docs`"


def test_writing_the_pages_gives_one_per_language(tmp_path):
    assert [path.name for path in rule_docs.write(tmp_path / "docs")] == ["rules.fr.md", "rules.en.md"]


def test_names_of_data_are_set_as_code_and_words_are_not():
    text = "Déposez-la dans inbox/documents/ ou billing_plan (_deleted à true), pas « prefact explain »."
    assert mark_names(text, "`", "`") == (
        "Déposez-la dans `inbox/documents/` ou `billing_plan` (`_deleted` à true), pas « prefact explain »."
    )


@pytest.mark.parametrize(
    ("template", "row", "shown"),
    [
        ("≥ {n}", "1 as n", "≥ 1"),
        ("{amount}", "cast(1200 as decimal(18, 2)) as amount", "1200.00"),
        ("{measure}", "cast(30.5 as decimal(18, 4)) as measure", "30.50"),
        ("{measure}", "cast(0.0001 as decimal(18, 4)) as measure", "0.0001"),
        ("{measure}", "cast(-100 as decimal(38, 8)) as measure", "-100.00"),
        ("{label}", "'v1.2000' as label", "v1.2000"),
        ("{until}", "date '9999-12-31' as until", "∞"),
        ("{until}", "date '2026-03-31' as until", "2026-03-31"),
        ("{gone} l'été", "cast(null as varchar) as gone", "– l'été"),
    ],
)
def test_a_value_is_shown_as_a_person_reads_it(template, row, shown, tmp_path):
    check = read_catalogue(catalogue(tmp_path, expected=f'"{template}"'))[0].checks[0]
    assert duckdb.sql(f"select {check.expected_sql('fr')} from (select {row})").fetchall() == [(shown,)]


def test_nothing_heavy_is_imported_before_it_is_used():
    code = (
        "import sys, expectations.rules, expectations.audit, expectations.data_docs, expectations.rule_docs\n"
        "from expectations.rules import rule_specs\n"
        "rule_specs()\n"
        "print([m for m in ('great_expectations', 'sqlalchemy', 'duckdb', 'pandas', 'jinja2') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def catalogue(folder: Path, **changes: str) -> Path:
    """A catalogue of one sound rule; `changes` replace the right-hand side of a key, or drop the key when empty."""
    values = {
        "code": '"FI-01"',
        "severity": '"critical"',
        "subject_type": '"mission"',
        **{f"{name}.{language}": f'"{name} {language}."' for name in TEXT_FIELDS for language in LANGUAGES},
    }
    check = {
        "name": '"plans"',
        "table": '"ctl_mission_plan"',
        "expectation": '"ExpectColumnValuesToBeBetween"',
        "kwargs": '{ column = "live_plans", min_value = 1 }',
        "compares.fr": '"a"',
        "compares.en": '"b"',
        "expected": '"≥ 1"',
        "actual": '"{live_plans}"',
    }
    for key, value in changes.items():
        target = check if key in check else values
        target[key.replace("__", ".")] = value
    lines = ["[[rule]]", *(f"{key} = {value}" for key, value in values.items() if value)]
    lines += ["[[rule.check]]", *(f"{key} = {value}" for key, value in check.items() if value)]
    path = folder / "rules.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": '"FI1"'}, "code must look like FI-01"),
        ({"severity": '"fatal"'}, "severity must be one of critical, warning, info"),
        ({"subject_type": '"moon"'}, "subject_type must be one of"),
        ({"title__en": ""}, "title: needs fr and en"),
        ({"remedy__fr": '" "'}, "remedy: fr and en must be filled"),
        ({"owner__de": '"wer"'}, "owner: needs fr and en"),
        ({"remark": '"x"'}, "unknown: remark"),
        ({"actual": ""}, "missing: actual"),
        ({"name": '"Plans"'}, "name must be lower case"),
        ({"table": '"mission"'}, "table must be a control table"),
        ({"expectation": '"ExpectColumnMaxToBeBetween"'}, "is not one of ExpectColumnValuesToNotBeNull"),
        ({"kwargs": "{ min_value = 1 }"}, "kwargs must give column"),
        ({"kwargs": '{ column = "live_plans" }'}, "kwargs must give one of max_value, min_value"),
        ({"kwargs": '{ column = "live_plans", min_value = 1, mostly = 0.9 }'}, "kwargs may give"),
        ({"kwargs": '{ column = "a; drop table b", min_value = 1 }'}, "is not a column name"),
        ({"severity": "critical"}, "is not valid TOML"),
    ],
)
def test_a_faulty_rule_is_refused_with_its_place_and_reason(tmp_path, changes, message):
    with pytest.raises(CatalogueError, match=r"rules\.toml") as refusal:
        read_catalogue(catalogue(tmp_path, **changes))
    assert message in str(refusal.value)


def test_the_same_code_in_two_files_is_refused(tmp_path, monkeypatch):
    for name in ("a.toml", "b.toml"):
        catalogue(tmp_path).rename(tmp_path / name)
    monkeypatch.setattr("expectations.rules.CATALOGUE", tmp_path)
    with pytest.raises(CatalogueError, match="code given twice: FI-01"):
        rule_specs.__wrapped__()


def test_a_rule_is_found_by_its_code_and_lists_each_control_table_once():
    assert rule_spec("FI-06").tables == ("ctl_plan_line_year",)
    assert CATALOGUE.is_dir()
