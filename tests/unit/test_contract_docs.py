"""The pages about inputs and outputs say what the code says, and the prose beside them names everything there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from assets import contract_docs
from assets.contract import SQL_TYPES, TABLES
from assets.publication import RELATIONS
from expectations.rules import rule_specs
from orchestration.cli import build_cli
from orchestration.settings import RULES

DOCS = Path(contract_docs.FOLDER)
SOURCES = DOCS.parent / "dbt_project" / "models" / "staging" / "_sources.yml"


def prose() -> str:
    return (DOCS / "data-contract.md").read_text(encoding="utf-8")


def part(title: str) -> str:
    """The part of the data contract between a heading and the next."""
    found = re.search(rf"^#+ (?:\d\. )?{re.escape(title)}\n(.*?)(?=^#{{1,3}} |\Z)", prose(), re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


def first_cells(text: str) -> list[str]:
    """The names in code in the first cell of each row of the tables of a text."""
    return re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("name", "page"),
    [("input-tables.md", contract_docs.input_page), ("output-relations.md", contract_docs.output_page)],
)
def test_a_page_is_up_to_date(name, page):
    assert (DOCS / name).read_text(encoding="utf-8") == page(), f"run `{contract_docs.COMMAND}`"


def test_writing_the_pages_makes_their_folder(tmp_path):
    assert [path.name for path in contract_docs.write(tmp_path / "docs")] == ["input-tables.md", "output-relations.md"]


def test_every_type_of_column_has_words_for_it():
    assert contract_docs.TYPE_WORDS.keys() == SQL_TYPES.keys()


def test_a_bar_inside_a_cell_does_not_end_it():
    rows = [line for line in contract_docs.input_page().splitlines() if line.startswith("| `sirets`")]
    assert rows and all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows)


def test_every_link_inside_the_pages_leads_somewhere():
    for page in (contract_docs.input_page(), contract_docs.output_page()):
        assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= set(re.findall(r'<a id="([\w-]+)">', page))


def test_every_mart_is_published_and_every_published_relation_is_on_a_page():
    described = {model["name"] for model in yaml.safe_load(contract_docs.MARTS.read_text(encoding="utf-8"))["models"]}
    assert described | {"client_file", "service_contract"} == set(RELATIONS)


def test_every_table_is_used():
    sources = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
    read = {table["name"] for source in sources for table in source["tables"]}
    # Corrections are laid over other tables; declarations, exports and maps become others before any model reads them.
    used = {"correction", "payroll_declaration"} | {name for table in TABLES.values() for name in table.made_of}
    assert TABLES.keys() - read - used == set()


def test_the_prose_explains_every_reason_of_an_exclusion_and_no_other():
    models = yaml.safe_load(contract_docs.MARTS.read_text(encoding="utf-8"))["models"]
    columns = next(model["columns"] for model in models if model["name"] == "prebill_exclusion")
    tests = next(column["data_tests"] for column in columns if column["name"] == "reason_code")
    known = tests[0]["accepted_values"]["arguments"]["values"]
    text = part("Reasons of an exclusion")
    assert sorted(first_cells(text)) == sorted(known)


def test_the_prose_lists_the_commands_there_are():
    program = build_cli("en")
    listed = [name.split()[0] for name in first_cells(part("Commands"))]
    assert listed == list(program.commands)


def test_the_prose_lists_every_key_of_the_configuration():
    assert set(first_cells(part("Configuration"))) == RULES.keys()


def test_every_rule_is_in_both_pages_of_rules():
    for language in ("fr", "en"):
        page = (DOCS / f"rules.{language}.md").read_text(encoding="utf-8")
        assert all(f'<a id="{rule.code.lower()}">' in page for rule in rule_specs())


@pytest.mark.parametrize("page", sorted([*DOCS.glob("*.md"), *DOCS.parent.glob("*.md")]), ids=lambda path: path.name)
def test_every_link_to_a_file_of_the_project_leads_to_one(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_letter_given_as_an_example_is_accepted():
    from assets.letters import Letters, check_letters, load_letters

    text = (DOCS / "letters.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    (result,) = check_letters([load_letters(example.encode())])
    assert isinstance(result, Letters)
    assert result.rejects.height == 0 and result.unknown == ()
    assert {name: rows.height for name, rows in result.rows.items()} == {
        "document": 1,
        "document_line": 3,
        "document_instalment": 3,
    }
