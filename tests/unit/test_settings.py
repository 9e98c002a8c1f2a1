"""The workspace and its configuration."""

import datetime as dt
import re
from decimal import Decimal
from pathlib import Path

import pytest

from orchestration.errors import PrefactError
from orchestration.settings import (
    RULES,
    TEMPLATES,
    Settings,
    create_workspace,
    guess_language,
    load_workspace,
    month_span,
    parse_settings,
    workspace_root,
)

TODAY = dt.date(2026, 3, 15)


def test_an_empty_file_gives_every_default():
    settings = parse_settings("")
    assert settings == Settings()
    assert (settings.language, settings.first_month, settings.control_day) == ("fr", None, "last")
    assert (settings.time.approval_required, settings.time.rounding_minutes) == (True, 0)
    assert (settings.time.rounding_mode, settings.time.rounding_per) == ("up", "entry")
    assert (settings.units.method, settings.units.due_day) == ("PER_PAYMENT", 15)
    assert (settings.units.internships, settings.units.officers) == (True, True)
    assert (settings.anomalies.jump_factor, settings.anomalies.estimate_jump_factor) == (Decimal(3), Decimal(5))
    assert (settings.schedule.day, settings.schedule.hour, settings.schedule.bills) == (1, 6, "current")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_commented_template_says_the_defaults_and_every_key(language):
    template = TEMPLATES[language]
    assert parse_settings(template) == parse_settings(f'language = "{language}"')
    uncommented = template.replace("# first_month", "first_month")
    assert parse_settings(uncommented).first_month == "2026-01"
    for key in RULES:
        assert re.search(rf"^#? ?{key.split('.')[-1]} = ", template, re.MULTILINE), key


def test_whom_to_tell_and_who_sells_are_read_as_written():
    text = (
        '[notify]\ncommand = ["mail", "-s", "x"]\nwebhook_env = "HOOK"\n[seller]\nname = " Cabinet "\ncountry = "FR"\n'
    )
    settings = parse_settings(text)
    assert (settings.notify.command, settings.notify.webhook_env) == (("mail", "-s", "x"), "HOOK")
    assert (settings.seller.name, settings.seller.country, settings.seller.siren) == ("Cabinet", "FR", None)


def test_factors_are_exact_decimals():
    assert parse_settings("[anomalies]\njump_factor = 2.5").anomalies.jump_factor == Decimal("2.5")


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('language = "de"', "language", '"de"'),
        ("language = 3", "language", "3"),
        ('first_month = "2026-13"', "first_month", '"2026-13"'),
        ('first_month = "1999-12"', "first_month", '"1999-12"'),
        ("control_day = 0", "control_day", "0"),
        ("control_day = 32", "control_day", "32"),
        ("control_day = true", "control_day", "true"),
        ('control_day = "first"', "control_day", '"first"'),
        ('[notify]\ncommand = "mail"', "notify.command", '"mail"'),
        ("[notify]\ncommand = []", "notify.command", "[]"),
        ('[notify]\ncommand = ["mail", 3]', "notify.command", '["mail", 3]'),
        ('[notify]\nwebhook_env = "https://example.org/x"', "notify.webhook_env", '"https://example.org/x"'),
        ('[seller]\nsiren = "12345678"', "seller.siren", '"12345678"'),
        ('[seller]\ncountry = "France"', "seller.country", '"France"'),
        ('[seller]\nname = " "', "seller.name", '" "'),
        ("[time]\napproval_required = 1", "time.approval_required", "1"),
        ("[time]\nrounding_minutes = -5", "time.rounding_minutes", "-5"),
        ("[time]\nrounding_minutes = 7.5", "time.rounding_minutes", "7.5"),
        ('[time]\nrounding_mode = "UP"', "time.rounding_mode", '"UP"'),
        ('[units]\nmethod = "BULLETINS"', "units.method", '"BULLETINS"'),
        ("[anomalies]\njump_factor = 1", "anomalies.jump_factor", "1"),
        ("[anomalies]\njump_factor = nan", "anomalies.jump_factor", "NaN"),
        ("[anomalies]\njump_factor = 2.00001", "anomalies.jump_factor", "2.00001"),
        ("[schedule]\nday = 31", "schedule.day", "31"),
        ('[schedule]\nbills = "next"', "schedule.bills", '"next"'),
        ("time = 3", "time", "3"),
        ('engine = "pyspark"', "engine", '"pyspark"'),
        ('[spark]\nmaster = "grappe:7077"', "spark.master", '"grappe:7077"'),
        ('[spark]\nshared = ""', "spark.shared", '""'),
        ('[spark]\noptions = { "executor.memory" = "4g" }', "spark.options", "4g"),
        ('[spark]\noptions = { "spark.sql.ansi.enabled" = "false" }', "spark.options", "false"),
    ],
)
def test_a_bad_value_is_named_with_what_is_allowed_and_the_file(text, key, value):
    with pytest.raises(PrefactError) as caught:
        parse_settings(text, "/somewhere/prefact.toml")
    for language in ("fr", "en"):
        message = caught.value.text(language)
        assert key in message
        assert value in message
        assert "/somewhere/prefact.toml" in message
        assert caught.value.facts["allowed"] in message


@pytest.mark.parametrize(
    ("text", "key"),
    [("langage = 'fr'", "langage"), ("[time]\nrounding = 5", "time.rounding"), ("[tiem]\nx = 1", "tiem")],
)
def test_an_unknown_key_is_named_with_the_keys_there_are(text, key):
    with pytest.raises(PrefactError) as caught:
        parse_settings(text)
    assert f"« {key} »" in caught.value.text("fr")
    assert "rounding_minutes" in caught.value.text("fr") or "language" in caught.value.text("fr")


def test_the_engine_spark_needs_a_master():
    with pytest.raises(PrefactError) as caught:
        parse_settings('engine = "spark"\n[spark]\nshared = "/mnt/share"', "/somewhere/prefact.toml")
    for language in ("fr", "en"):
        message = caught.value.text(language)
        assert all(word in message for word in ("master", "[spark]", "/somewhere/prefact.toml"))


def test_the_cluster_is_that_of_the_section_when_the_engine_is_spark(tmp_path):
    section = '[spark]\nmaster = "spark://a:7077,b:7077"\noptions = { "spark.executor.memory" = "4g" }\n'
    (tmp_path / "prefact.toml").write_text(section)
    assert load_workspace(tmp_path).cluster is None
    (tmp_path / "prefact.toml").write_text('engine = "spark"\n' + section)
    cluster = load_workspace(tmp_path).cluster
    assert (cluster.master, cluster.options) == ("spark://a:7077,b:7077", {"spark.executor.memory": "4g"})
    assert cluster.shared == tmp_path.resolve() / ".prefact" / "spark"
    (tmp_path / "prefact.toml").write_text('engine = "spark"\n' + section + 'shared = "/mnt/share"\n')
    assert load_workspace(tmp_path).cluster.shared == Path("/mnt/share")


def test_a_file_that_is_no_toml_is_told_with_its_line():
    with pytest.raises(PrefactError, match="line 2"):
        parse_settings('language = "fr"\nfirst_month = \nx = 1')


@pytest.mark.parametrize(
    ("control_day", "month", "expected"),
    [
        ("last", "2026-02", dt.date(2026, 2, 28)),
        ("last", "2024-02", dt.date(2024, 2, 29)),
        (31, "2026-04", dt.date(2026, 4, 30)),
        (15, "2026-04", dt.date(2026, 4, 15)),
    ],
)
def test_the_control_date_is_the_chosen_day_or_the_last_there_is(control_day, month, expected):
    assert Settings(control_day=control_day).control_date(month) == expected


def test_the_workspace_is_the_option_else_the_variable_else_the_current_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert workspace_root("given", {"PREFACT_WORKSPACE": "/else"}) == tmp_path / "given"
    assert workspace_root(None, {"PREFACT_WORKSPACE": "/else"}) == Path("/else")
    assert workspace_root(None, {}) == tmp_path


def test_init_makes_a_workspace_and_never_overwrites(tmp_path):
    made = create_workspace(tmp_path / "firm")
    assert (tmp_path / "firm" / "inbox" / "documents").is_dir()
    assert tmp_path / "firm" / "prefact.toml" in made
    (tmp_path / "firm" / "prefact.toml").write_text("# mine\n")
    assert create_workspace(tmp_path / "firm") == []
    assert (tmp_path / "firm" / "prefact.toml").read_text() == "# mine\n"


def test_init_accepts_a_folder_with_files_in_it(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "client.csv").write_text("client_id\n")
    create_workspace(tmp_path)
    assert (tmp_path / "inbox" / "client.csv").read_text() == "client_id\n"


def test_a_workspace_without_configuration_has_the_defaults(tmp_path):
    assert load_workspace(tmp_path).settings == Settings()


def test_a_missing_workspace_says_how_to_make_one(tmp_path):
    with pytest.raises(PrefactError, match="prefact init"):
        load_workspace(tmp_path / "nowhere")


def test_a_file_is_no_workspace(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PrefactError, match="not a folder"):
        load_workspace(tmp_path / "file")


def test_the_language_is_guessed_even_from_a_configuration_with_errors(tmp_path):
    assert guess_language(tmp_path) == "fr"
    (tmp_path / "prefact.toml").write_text('language = "en"\nnonsense = 1\n')
    assert guess_language(tmp_path) == "en"
    (tmp_path / "prefact.toml").write_text("language = \n")
    assert guess_language(tmp_path) == "fr"


def test_months_are_single_or_a_range():
    assert month_span("2026-03", TODAY) == ["2026-03"]
    assert month_span("2025-11..2026-02", TODAY) == ["2025-11", "2025-12", "2026-01", "2026-02"]
    assert month_span("2000-01", TODAY) == ["2000-01"]
    assert month_span("2028-03", TODAY) == ["2028-03"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mars", "bad_month"),
        ("2026-13", "bad_month"),
        ("2026-3", "bad_month"),
        ("2026-03-01", "bad_month"),
        ("2026-03..", "bad_month"),
        ("2026-01..2026-02..2026-03", "bad_month"),
        ("2026-03\n", "bad_month"),
        ("٢٠٢٦-03", "bad_month"),
        ("2026-05..2026-03", "month_order"),
        ("1999-12", "month_out_of_range"),
        ("2028-04", "month_out_of_range"),
        ("1999-12..2026-01", "month_out_of_range"),
    ],
)
def test_anything_else_is_no_month_that_can_be_billed(text, key):
    with pytest.raises(PrefactError) as caught:
        month_span(text, TODAY)
    assert caught.value.key == key
