"""The pages of a month: what they show, that they load nothing, that they come out the same."""

import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from expectations.audit import audit
from expectations.data_docs import DataDocsError, write_data_docs
from expectations.rules import SUBJECT_TYPES, rule_specs
from tests.integration.control_tables import CONTROL_DATE, FACTS, MONTH, add_case, make_warehouse, rows


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    """One failing case per control table but one, 260 plans whose total is wrong, awkward names."""
    path = make_warehouse(tmp_path_factory.mktemp("docs") / "warehouse.duckdb")
    for table, (_, holds, fails) in FACTS.items():
        add_case(path, table, f"{table}-holds", holds)
        if table not in ("ctl_line_vat", "ctl_plan_total"):
            add_case(path, table, f"{table}-fails", fails)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "insert into controls.ctl_plan_total select 'p' || n, '2026-03', date '2026-03-31', 'plan', "
            "'P' || lpad(cast(n as varchar), 3, '0'), 'C1', 'D1', 'critical', 1000 + n, 'mission', 'm' || n, "
            "null, null, 1200, 1199.99 from range(260) as r(n)"
        )
        connection.execute("create schema raw")
        connection.execute("create table raw.client (client_id varchar, legal_name varchar)")
        connection.execute("insert into raw.client values ('C1', 'Dupont & Fils <Lyon>')")
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.anomaly as "
            "select '2026-03' as month, 'FI-05' as code, 'P259' as subject_id, 'ACCEPTED' as status, "
            "'2025-11' as first_seen_month"
        )
    audit(path, MONTH, CONTROL_DATE)
    return path


@pytest.fixture(scope="module")
def site(warehouse, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "2026-03" / "data_docs"
    write_data_docs(warehouse, MONTH, folder)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*"))}


def text_of(page: Path) -> str:
    """What a person reads on a page."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data):
            found.append(data)

    Reader().feed(page.read_text(encoding="utf-8"))
    return " ".join(" ".join(found).split())


def test_there_is_an_index_and_a_page_for_each_rule(site):
    assert set(contents(site)) == {"index.html", "style.css", *(f"{rule.code}.html" for rule in rule_specs())}


def test_no_page_refers_to_anything_remote(site):
    remote = re.compile(rb"https?:|//[a-z]|@import|url\(|<script|<iframe|<img|\bsrc=|integrity=", re.IGNORECASE)
    for name, content in contents(site).items():
        assert not remote.search(content), name


def test_every_link_leads_to_a_file_that_is_there(site):
    for name, content in contents(site).items():
        for link in re.findall(r'href="([^"]*)"', content.decode()):
            assert (site / link).is_file(), (name, link)


def test_a_second_writing_gives_the_same_bytes_and_leaves_nothing_old(warehouse, site, tmp_path):
    folder = tmp_path / "data_docs"
    folder.mkdir()
    (folder / "old.html").write_text("old")
    assert write_data_docs(warehouse, MONTH, folder) == folder / "index.html"
    assert contents(folder) == contents(site)
    assert [path.name for path in tmp_path.iterdir()] == ["data_docs"]


def test_the_index_puts_the_gravest_and_costliest_first_and_the_sound_rules_last(site):
    page = text_of(site / "index.html")
    order = re.findall(r"(?:AN|FI)-\d\d", page)
    assert order[0] == "FI-05"
    assert "Mars 2026" in page
    assert "Date de contrôle : 31 mars 2026" in page
    assert "Règles sans anomalie 1 sur 49" in page
    assert "Sans anomalie Règle Cas examinés FI-22" in page
    assert order[-1] == "FI-22"


def test_a_page_shows_what_is_compared_the_counts_the_money_and_the_remedy(site):
    page = text_of(site / "FI-05.html")
    rule = next(rule for rule in rule_specs() if rule.code == "FI-05")
    assert rule.title.fr in page
    assert rule.remedy.fr.split(".")[0] in page
    assert rule.owner.fr in page
    assert "Le total annoncé du plan et la somme de ses échéances" in page
    assert "260 / 261" in page
    assert "292 411,00 €" in page.replace("\u202f", " ")
    assert "Attendu Trouvé" in page
    assert "1 200,00 1 199,99" in page.replace("\u202f", " ")


def test_more_subjects_than_shown_are_announced_with_the_place_of_the_complete_list(site):
    page = text_of(site / "FI-05.html")
    assert "Les 200 premières sur 260" in page
    assert "prefact anomalies 2026-03 --code FI-05" in page
    assert page.count("Dupont & Fils <Lyon>") == 200
    assert "La liste est complète : 1." in text_of(site / "FI-01.html")


def test_an_accepted_anomaly_comes_last_and_is_marked(warehouse, site):
    assert rows(warehouse, "select count(*) from register.finding where subject_id = 'P259'") == [(1,)]
    assert "P259" not in text_of(site / "FI-05.html"), "the costliest is accepted, so it is behind the 200 shown"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.anomaly set code = 'FI-01', subject_id = 'ctl_mission_plan-fails'")
    folder = site.parent / "accepted"
    write_data_docs(warehouse, MONTH, folder)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update marts.anomaly set code = 'FI-05', subject_id = 'P259'")
    page = text_of(folder / "FI-01.html")
    assert "ctl_mission_plan-fails acceptée" in page
    assert "Anomalies 0 acceptées par dérogation : 1" in page
    assert "Depuis" in page and "2025-11" in page
    index = text_of(folder / "index.html")
    assert index.rindex("FI-01 Mission en cours") > index.rindex("FI-19 Client sans"), "accepted rules close the list"


def test_the_technical_part_gives_the_expectation_and_the_query(site):
    page = text_of(site / "FI-05.html")
    assert "ExpectColumnPairValuesToBeEqual" in page
    assert '{"column_A": "plan_total", "column_B": "lines_total"}' in page
    assert "FROM controls.ctl_plan_total" in page


def test_the_pages_speak_english_when_asked(warehouse, tmp_path):
    write_data_docs(warehouse, MONTH, tmp_path / "en", "en")
    page = text_of(tmp_path / "en" / "FI-05.html")
    assert "Plan total differs from the sum of its instalments" in page
    assert "292,411.00 €" in page
    assert "March 2026" in text_of(tmp_path / "en" / "index.html")
    with pytest.raises(DataDocsError, match="'de'"):
        write_data_docs(warehouse, MONTH, tmp_path / "de", "de")


def test_a_month_never_audited_is_refused_with_the_command_to_type(warehouse, tmp_path):
    with pytest.raises(DataDocsError, match="prefact run 2026-04"):
        write_data_docs(warehouse, "2026-04", tmp_path / "docs")
    empty = make_warehouse(tmp_path / "empty.duckdb")
    with pytest.raises(DataDocsError, match="prefact run 2026-03"):
        write_data_docs(empty, MONTH, tmp_path / "docs")
    assert not (tmp_path / "docs").exists()


def test_a_month_without_any_anomaly_says_so(tmp_path):
    path = make_warehouse(tmp_path / "warehouse.duckdb")
    add_case(path, "ctl_mission_plan", "k", "1")
    audit(path, MONTH, CONTROL_DATE)
    write_data_docs(path, MONTH, tmp_path / "docs")
    assert "Aucune anomalie ce mois-ci" in text_of(tmp_path / "docs" / "index.html")
    assert "Aucun écart parmi les cas examinés (1)." in text_of(tmp_path / "docs" / "FI-01.html")
    assert "Aucun cas ce mois-ci." in text_of(tmp_path / "docs" / "FI-02.html")


def test_both_languages_of_the_pages_have_the_same_words():
    import tomllib

    from expectations.data_docs import PAGES

    words = tomllib.loads((PAGES / "texts.toml").read_text(encoding="utf-8"))
    assert words["fr"].keys() == words["en"].keys()
    assert words["fr"]["subject_types"].keys() == words["en"]["subject_types"].keys() == set(SUBJECT_TYPES)
    for key, text in words["fr"].items():
        if isinstance(text, str):
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", words["en"][key])), key
