"""The contract is coherent with itself, and every sentence exists in both languages."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from assets import contract
from assets.context import COLUMNS, RunContext
from assets.contract import DECIMALS, FILE_TABLES, SQL_TYPES, TABLES, reference_order, table_of
from assets.messages import REASONS, TEXTS


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("client", "client"),
        ("client_2026", "client"),
        ("client_file", "client_file"),
        ("client_file_2026-03", "client_file"),
        ("client_fileserver", "client"),
        ("clients", None),
        ("price_index_syntec", "price_index"),
        ("price_2026", "price"),
        ("billing_plan_line", "billing_plan_line"),
        ("Mission_PAIE", "mission"),
        (" service ", "service"),
        ("notes", None),
        ("document", None),
        ("", None),
    ],
)
def test_the_longest_table_name_that_begins_a_file_name_wins(name, table):
    assert table_of(name) == table


def test_keys_orders_and_references_name_columns_that_exist():
    for table in TABLES.values():
        names = table.column_names
        assert len(set(names)) == len(names)
        mentioned = {*table.key, *table.exactly_one, *table.content, *(name for pair in table.ordered for name in pair)}
        assert mentioned <= set(names), table.name
        for reference in table.references:
            target = TABLES[reference.target]
            assert reference.target_columns == target.key, "a reference to less than a key would multiply rows"
            for mine, theirs in zip(reference.columns, reference.target_columns, strict=True):
                assert table.column(mine).type == target.column(theirs).type


def test_a_table_comes_after_the_tables_it_refers_to():
    order = reference_order()
    assert sorted(order) == sorted(TABLES)
    for name in order:
        for reference in TABLES[name].references:
            assert order.index(reference.target) < order.index(name)
            if reference.unless_listed_in:
                assert order.index(reference.unless_listed_in[0]) < order.index(name)


def test_time_and_the_mission_of_a_plan_are_never_rejected_for_what_they_point_at():
    assert TABLES["time_entry"].references == ()
    assert all("mission_id" not in reference.columns for reference in TABLES["billing_plan"].references)


def test_every_type_has_its_place_in_the_warehouse():
    for table in TABLES.values():
        for column in table.columns:
            assert column.sql_type == SQL_TYPES[column.type]
            assert bool(column.choices) == (column.type == "choice")
    for name, (precision, scale) in DECIMALS.items():
        assert SQL_TYPES[name] == f"DECIMAL({precision},{scale})"


def test_the_tables_and_columns_of_the_published_contract_are_there():
    expected = """
        client client_file establishment fiscal_year collaborator selling_rate service price client_price vat_rate
        price_index index_link mission billing_plan billing_plan_line metric_binding payroll_metric time_entry
        project_map user_map adhoc_service service_contract contract_module rule_template billing_rule rule_change asset
        quantity rule_quantity meter_reading flat_fee_history run_override waiver correction adjustment
        document_confirmation
    """
    assert list(FILE_TABLES) == expected.split()
    assert [column.name for column in TABLES["price"].columns if column.required] == [
        "service_code",
        "valid_from",
        "unit_price",
    ]
    assert TABLES["price"].key == ("service_code", "valid_from", "up_to")
    assert TABLES["payroll_metric"].key == ("siret", "month", "metric_code", "method", "manual")


def test_names_e_mails_and_authors_are_personal():
    personal = {
        f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns if column.personal
    }
    assert {"collaborator.name", "collaborator.email", "client.email", "user_map.user"} <= personal
    assert {f"{table.name}.author" for table in TABLES.values() if "author" in table.column_names} <= personal


def test_every_sentence_exists_in_both_languages_with_the_same_places():
    for code, sentence in {**REASONS, **TEXTS}.items():
        assert set(sentence) == {"fr", "en"}, code
        places = [sorted(set(re.findall(r"\{\d\}", text))) for text in sentence.values()]
        assert places[0] == places[1], code


def test_every_reason_given_in_the_code_has_its_sentence():
    source = "\n".join(path.read_text() for path in Path(contract.__file__).parent.rglob("*.py"))
    given = re.findall(r'(?:FileRefused\(|_NotNow\([a-z.]+, )"(\w+)"', source)
    assert given
    assert set(given) <= set(REASONS)


def test_the_run_context_has_a_value_for_each_of_its_columns():
    known = {field.name for field in fields(RunContext)} | {"month_start", "month_end"}
    assert known == set(COLUMNS)
