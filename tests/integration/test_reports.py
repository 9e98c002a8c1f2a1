"""The reports of a month, opened as their receiver opens them: the workbook cell by cell, the page tag by tag."""

import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from assets.reports import page, workbook, writing
from assets.reports.changes import CAUSES
from assets.reports.model import ReportError
from assets.reports.words import read_words
from assets.reports.writing import write_reports
from tests.integration.reports_sheets import Book, read_book
from tests.unit.reports_warehouse import LAST, THIS, add, add_line, make_warehouse, settle

#: Texts that a careless writer of sheets or pages would execute, or choke on.
HOSTILE = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1,1)",
    "<script>alert(1)</script>",
    "<r><t>rich</t></r>",
    "<r></b></r>",
    "\"><img src=x onerror=alert(1)> & 'q'",
    "{{ 7 * 7 }} ${x} %(y)s {z}",
    "Ta\tb\x0bvertical \x01 _x0041_ \ufffe\uffff ; é à œ 🧾",
    "http://example.org/a",
)
SOFFICE = shutil.which("soffice")


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    """Two months of a firm with awkward names: three rates of VAT, held lines, anomalies, exclusions, rejected rows."""
    for number, name in enumerate(HOSTILE):
        add(connection, "raw.client", client_id=f"C{number}", legal_name=name, email="secret@example.org")
        manager = ("K1", "K<2>", None)[number % 3]
        add(
            connection,
            "raw.client_file",
            client_file_id=f"D{number}",
            client_id=f"C{number}",
            label=name,
            status="ACTIVE",
            opened_on="2020-01-01",
            manager_id=manager,
        )
        add(
            connection,
            "raw.mission",
            mission_id=f"M{number}",
            client_file_id=f"D{number}",
            mission_code="TENUE",
            label=name,
            billing_mode="FLAT",
            status="OPEN",
            renewal="TACIT",
            start_date="2024-01-01",
        )
        place = {"client_id": f"C{number}", "client_file_id": f"D{number}", "mission_id": f"M{number}", "label": name}
        for month in (LAST, THIS):
            key = f"FLAT|P{number}|{month}"
            period = {"period_start": f"{month}-01", "period_end": f"{month}-28"}
            amount = Decimal("100.10") + number + (month == THIS) * number
            add_line(connection, key, str(amount), month=month, **place, **period)
            add(
                connection,
                "marts.prebill_evidence",
                month=month,
                line_key=key,
                source_table="billing_plan_line",
                source_key=f"P{number}|1",
            )
            for hour in range(3):
                time_key = f"TIME|M{number}|E{hour}|90|{month}"
                values = {**place, **period, "billing_mode": "TIME", "service_code": "HOUR", "quantity": "1.3333"}
                rate = {"vat_code": ("TVA20", "TVA055", "EXO")[hour], "vat_rate": ("20", "5.5", "0")[hour]}
                add_line(connection, time_key, "33.33", month=month, **{**values, "unit_price": "25", **rate})
    # A code no formula could hold, a credit, a late line, an ad-hoc one.
    add_line(
        connection,
        "ADHOC|A1|1",
        "0.05",
        client_id="C1",
        client_file_id="D1",
        mission_id=None,
        billing_mode="ADHOC",
        vat_code='=X"*',
        vat_rate="10",
    )
    add_line(
        connection,
        "FLAT|P2|LATE",
        "-12.34",
        client_id="C2",
        client_file_id="D2",
        mission_id="M2",
        origin_month="2026-01",
    )
    # Held: one with an amount by two rules, one nobody can put a price on, one of an unknown client.
    add_line(
        connection,
        "FLAT|P3|H",
        "400",
        client_id="C3",
        client_file_id="D3",
        mission_id="M3",
        status="HELD",
        held_by="FI-04,FI-07",
    )
    add_line(
        connection,
        "FLAT|P4|H",
        None,
        client_id="C4",
        client_file_id="D4",
        mission_id="M4",
        status="HELD",
        held_by="FI-17",
    )
    add_line(
        connection,
        "TIME|?|E1||2026-03|x",
        None,
        client_id=None,
        client_file_id=None,
        mission_id="=M",
        label=None,
        status="HELD",
        held_by="FI-02",
        billing_mode="TIME",
    )
    for number, (code, severity, status) in enumerate(
        [
            ("FI-04", "critical", "OPEN"),
            ("FI-07", "critical", "OPEN"),
            ("FI-17", "critical", "OPEN"),
            ("FI-15", "warning", "OPEN"),
            ("FI-19", "warning", "ACCEPTED"),
            ("FI-99", "info", "OPEN"),
        ]
    ):
        for month in (LAST, THIS):
            add(
                connection,
                "marts.anomaly",
                month=month,
                control_date=f"{month}-28",
                code=code,
                severity=severity,
                subject_type="mission",
                subject_id=f"=S{number}|<b>{month}",
                client_id=f"C{number}",
                client_file_id=f"D{number}" if number else None,
                expected="≥ 2026-02-30 1000.50",
                actual=HOSTILE[number],
                amount_at_stake=None if number == 2 else f"{number}00.10",
                title_fr=f"Titre {number}",
                title_en=f"Title {number}",
                remedy_fr=f"Corrigez billing_plan <{number}>",
                remedy_en=f"Mend billing_plan <{number}>",
                status=status,
                first_seen_month=LAST,
            )
    add(
        connection,
        "marts.prebill_exclusion",
        month=THIS,
        source_table="time_entry",
        source_key="x",
        reason_code="NON_BILLABLE",
        detail="60 min",
        amount="75.50",
        client_file_id="D1",
    )
    add(
        connection,
        "marts.prebill_exclusion",
        month=THIS,
        source_table="time_entry",
        source_key="y",
        reason_code="=NEW",
        amount=None,
    )
    add(
        connection,
        "marts.rejected_row",
        source_file="=a.csv",
        sheet=None,
        row_number=7,
        table_name="time_entry",
        column_name="minutes",
        value="<b>x</b>",
        reason="-1 n'est pas un nombre",
    )
    for number in range(30):
        add(
            connection,
            "input.delivery",
            seq=number + 1,
            source_file=f"documents/L{number}.json",
            sheet="",
            table_name="document",
            content_hash="h",
            rows=1,
            rejected=0,
            live=True,
        )
    add(
        connection,
        "input.delivery",
        seq=40,
        source_file="=temps.csv",
        sheet="",
        table_name="time_entry",
        content_hash="h",
        rows=54,
        rejected=1,
        live=True,
    )
    settle(connection, LAST, THIS)


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("reports") / "warehouse.duckdb"
    with make_warehouse(path) as connection:
        fill(connection)
    return path


@pytest.fixture(scope="module")
def files(warehouse, tmp_path_factory) -> writing.ReportFiles:
    return write_reports(warehouse, THIS, tmp_path_factory.mktemp("reports") / THIS, "fr")


@pytest.fixture(scope="module")
def book(files) -> Book:
    return read_book(files.workbook)


class Reader(HTMLParser):
    """What a page shows, and whether its tags close."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        assert not any(name.startswith("on") for name in values)
        if "id" in values:
            self.anchors.add(values["id"])
        if "href" in values:
            self.links.append(values["href"])
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def one(warehouse: Path, query: str):
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(query).fetchone()


def group_totals(warehouse: Path) -> tuple[Decimal, ...]:
    """Net, VAT, gross and held of the month."""
    names = ("amount_net", "amount_vat", "amount_gross", "amount_held")
    sums = ", ".join(f"sum({name})" for name in names)
    return one(warehouse, f"select {sums} from marts.prebill_group where month = '{THIS}'")


# --- The workbook ----------------------------------------------------------------------------------------------------


def test_the_sheets_of_the_workbook(book):
    assert list(book.sheets) == [
        "Synthèse",
        "Pré-facturation",
        "Lignes",
        "Retenues",
        "Anomalies",
        "Non facturé",
        "Écarts",
        "Détail des écarts",
        "Arrivées",
        "Rejets",
    ]


def test_the_totals_of_the_workbook_are_those_of_the_marts_to_the_cent(warehouse, book):
    net, vat, gross, held = group_totals(warehouse)
    assert book.total("Pré-facturation", "Montant HT") == net
    assert book.total("Pré-facturation", "TVA") == vat
    assert book.total("Pré-facturation", "TTC") == gross
    assert book.total("Pré-facturation", "Retenu HT") == held
    assert book.total("Lignes", "À facturer HT") == net
    assert book.total("Lignes", "Retenu HT") == held == Decimal("400.00")
    assert sum(value for value in book.values("Lignes", "À facturer HT") if value) == net
    assert book.total("Écarts", "Ce mois") == net
    assert (
        book.total("Écarts", "Mois précédent")
        == one(warehouse, f"select sum(amount_net) from marts.month_state where month = '{LAST}'")[0]
    )
    assert book.total("Non facturé", "Montant") == Decimal("75.50")
    assert book.total("Arrivées", "Lignes lues") == 84


def test_the_month_has_what_the_tests_are_about(warehouse):
    assert one(warehouse, f"select count(distinct vat_rate) from marts.prebill_group_vat where month = '{THIS}'") == (
        4,
    )


def test_every_formula_gives_the_value_stored_beside_it(book):
    assert len(book.formulas) > 150
    for sheet, name in book.formulas:
        stored, found = book.sheets[sheet][name].value, book.cell(sheet, name)
        assert abs(found - stored) < Decimal("0.000001"), (sheet, name, book.sheets[sheet][name].formula)


def test_the_checks_of_the_summary_are_zero(book):
    summary = book.sheets["Synthèse"]
    places = [
        name
        for name, cell in summary.items()
        if cell.value in ("Lignes − pré-facturation", "Écarts − mois enregistrés")
    ]
    assert len(places) == 2
    assert all(book.cell("Synthèse", name.replace("A", "B")) == 0 for name in places)


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed; the formulas are calculated in Python above")
def test_libreoffice_calculates_the_same(files, book, tmp_path):
    profile = tmp_path / "profile" / "user"
    profile.mkdir(parents=True)
    # As of a workbook it does not know: everything is calculated when it is opened.
    (profile / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        '<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">'
        "<value>0</value></prop></item></oor:items>"
    )
    command = [SOFFICE, f"-env:UserInstallation=file://{tmp_path / 'profile'}", "--headless", "--convert-to", "xlsx"]
    subprocess.run(
        [*command, "--outdir", str(tmp_path), str(files.workbook)], check=True, capture_output=True, timeout=120
    )
    found = read_book(tmp_path / files.workbook.name)
    for sheet, name in book.formulas:
        stored, calculated = book.sheets[sheet][name].value, found.sheets[sheet][name].value
        assert abs(Decimal(calculated) - stored) < Decimal("0.000001"), (sheet, name)


def test_clients_files_and_missions_have_subtotals_over_what_is_below_them(warehouse, book):
    sheet = book.sheets["Pré-facturation"]
    client = next(name for name, cell in sheet.items() if isinstance(cell.value, str) and cell.value.endswith("·  C1"))
    row = int(client[1:])
    net = one(
        warehouse, f"select sum(amount_net) from marts.prebill_group where client_id = 'C1' and month = '{THIS}'"
    )[0]
    assert sheet[f"B{row}"].formula.startswith("SUBTOTAL(9,B")
    assert book.cell("Pré-facturation", f"B{row}") == book.cell("Pré-facturation", f"B{row + 1}") == net
    assert book.cell("Pré-facturation", f"D{row}") == net + book.cell("Pré-facturation", f"C{row}")


def test_nothing_that_came_in_becomes_a_formula_a_link_or_markup(book):
    own = re.compile(
        r"(SUBTOTAL|SUM|SUMIFS|COUNTIFS|ROUND|IF)\(|^'[^']+'![A-Z]+\d+$|^[A-Z]+\d+[-+][A-Z]+\d+$|^B\d+\+SUM\("
    )
    for sheet, name in book.formulas:
        assert own.match(book.sheets[sheet][name].formula), (sheet, name)
    everything = "\n".join(book.texts())
    for text in HOSTILE[:6]:
        assert text in everything
    assert not any("hyperlink" in part for part in book.parts)
    assert b"example.org/a" not in b"".join(content for name, content in book.parts.items() if name.endswith(".rels"))


def test_lists_have_frozen_headings_filters_and_fit_the_paper(book):
    for number in range(2, 11):
        sheet = book.parts[f"xl/worksheets/sheet{number}.xml"]
        assert b'state="frozen"' in sheet
        assert b'fitToWidth="1"' in sheet or b"fitToPage" in sheet
        assert (b"<autoFilter" in sheet) == (number != 2)
        assert b'orientation="landscape"' in sheet
    assert book.parts["xl/workbook.xml"].count(b"Print_Titles") == 9


def test_amounts_are_written_as_the_french_do(book):
    styles = book.parts["xl/styles.xml"].decode()
    assert "[$-40C]#,##0.00\\ &quot;€&quot;" in styles
    assert "dd/mm/yyyy" in styles


# --- The page --------------------------------------------------------------------------------------------------------


def test_the_page_shows_the_same_totals(warehouse, files):
    text = Reader(files.page.read_text(encoding="utf-8")).text
    words = read_words("fr")
    net, vat, gross, held = group_totals(warehouse)
    for amount in (net, vat, gross, held):
        assert re.sub(r"\s", " ", words.money(amount)) in text
    for mode in ("FLAT", "TIME", "ADHOC"):
        (amount,) = one(
            warehouse,
            "select sum(amount_net) from marts.prebill_line "
            f"where month = '{THIS}' and status <> 'HELD' and billing_mode = '{mode}'",
        )
        assert re.sub(r"\s", " ", words.money(amount)) in text


def test_the_page_tells_what_is_held_who_acts_and_what_changed(files):
    text = Reader(files.page.read_text(encoding="utf-8")).text
    assert "Deux plans vivants pour une même mission et une même année" in text
    assert "montant inconnu" in text
    assert "K<2>" in text
    assert "Sans responsable de dossier" in text
    assert "Corrigez billing_plan <0>" in text.replace(" ", " ")
    assert "≥ 30/02/2026 1 000,50" in text
    assert "1 acceptée par dérogation" in text
    assert "Ce qui a changé depuis février 2026" in text
    assert "Prix" in text
    assert "Tardif ou corrigé −12,34 €" in text
    assert "Temps non facturable" in text
    assert "=a.csv" in text


def test_the_page_loads_nothing_and_runs_nothing(files):
    content = files.page.read_text(encoding="utf-8")
    reader = Reader(content)
    assert reader.tags.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "base", "form", "b"})
    assert set(reader.links) <= {f"#{anchor}" for anchor in reader.anchors}
    style = content[content.index("<style>") : content.index("</style>")]
    assert not re.search(r"url\(|@import|https?:", style)
    assert not re.search(r"""(src|href|action|data)\s*=\s*["'](?!#)""", content)
    assert "default-src 'none'" in content
    assert "{{" not in content.replace("{{ 7 * 7 }}", "")


def test_nobody_is_named_by_an_e_mail_address(files, book):
    assert "secret@" not in files.page.read_text(encoding="utf-8")
    assert not any("secret@" in text for text in book.texts())


# --- Both ------------------------------------------------------------------------------------------------------------


def test_a_second_writing_elsewhere_gives_the_same_bytes(warehouse, files, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        again = write_reports(warehouse, THIS, tmp_path / "deep" / THIS, "fr")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert again.workbook.read_bytes() == files.workbook.read_bytes()
    assert again.page.read_bytes() == files.page.read_bytes()
    with zipfile.ZipFile(again.workbook) as archive:
        assert {info.date_time[:3] for info in archive.infolist()} == {(1980, 1, 31)}
        assert b">2026-03-01T00:00:00Z<" in archive.read("docProps/core.xml")
    assert sorted(os.listdir(tmp_path / "deep" / THIS)) == [files.page.name, files.workbook.name]


def test_in_english_every_word_is(warehouse, tmp_path):
    files = write_reports(warehouse, THIS, tmp_path, "en")
    book = read_book(files.workbook)
    assert list(book.sheets)[:3] == ["Summary", "Pre-billing", "Lines"]
    assert all(
        abs(book.cell(*place) - book.sheets[place[0]][place[1]].value) < Decimal("0.000001") for place in book.formulas
    )
    text = Reader(files.page.read_text(encoding="utf-8")).text + "\n".join(book.texts())
    assert "Title 0" in text and "Titre 0" not in text
    french = read_words("fr").texts
    english = read_words("en").texts
    for group in ("words", "modes", "line_status", "causes", "cause_notes", "sheets"):
        for name, word in french[group].items():
            if word != english[group][name] and len(word) > 8 and "{" not in word:
                assert word not in text, (group, name)


def test_a_month_without_a_line_says_so(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    with make_warehouse(path) as connection:
        settle(connection, THIS)
    files = write_reports(path, THIS, tmp_path / THIS, "fr")
    book = read_book(files.workbook)
    assert book.total("Pré-facturation", "Montant HT") == 0
    assert all(book.cell(*place) == book.sheets[place[0]][place[1]].value for place in book.formulas)
    text = Reader(files.page.read_text(encoding="utf-8")).text
    assert "Aucune ligne ce mois-ci." in text
    assert "Rien n'est retenu" in text
    assert "Le mois de février 2026 n'a jamais été calculé" in re.sub(r"\s", " ", text)
    assert any("n'a jamais été calculé" in value for value in book.texts())


def test_a_month_too_long_for_a_sheet_keeps_its_totals(warehouse, tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "LISTED", 4)
    files = write_reports(warehouse, THIS, tmp_path, "fr")
    book = read_book(files.workbook)
    assert any("published/2026-03/prebill_line.parquet" in text for text in book.texts())
    net = one(warehouse, f"select amount_net from marts.month_state where month = '{THIS}'")[0]
    assert net in [cell.value for cell in book.sheets["Synthèse"].values()]
    assert not any("'Lignes'" in book.sheets[sheet][name].formula for sheet, name in book.formulas)
    # Lists that go on longer show their beginning and the totals of all.
    assert len(book.values("Écarts", "Client")) == len(book.values("Anomalies", "Code")) == 4
    assert book.total("Écarts", "Ce mois") == net
    assert book.sheets["Écarts"][f"{book.column('Écarts', 'Ce mois')}3"].formula is None
    assert all(abs(book.cell(*place) - book.sheets[place[0]][place[1]].value) < 1e-6 for place in book.formulas)


def test_a_month_never_run_and_a_language_nobody_speaks_are_refused(warehouse, tmp_path):
    with pytest.raises(ReportError, match="prefact run 2027-01"):
        write_reports(warehouse, "2027-01", tmp_path, "fr")
    with pytest.raises(ReportError, match="fr, en"):
        write_reports(warehouse, THIS, tmp_path, "de")
    assert os.listdir(tmp_path) == []


def test_a_report_that_cannot_be_written_leaves_the_old_one(warehouse, tmp_path, monkeypatch):
    files = write_reports(warehouse, THIS, tmp_path, "fr")
    before = files.page.read_bytes()

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "write_page", full)
    with pytest.raises(OSError, match="No space"):
        write_reports(warehouse, THIS, tmp_path, "fr")
    assert files.page.read_bytes() == before
    assert sorted(os.listdir(tmp_path)) == [files.page.name, files.workbook.name]


def test_a_full_disk_is_told_as_the_system_tells_it(warehouse, tmp_path, monkeypatch):
    def full(_book):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xlsxwriter.Workbook, "_store_workbook", full)
    with pytest.raises(OSError) as caught:
        write_reports(warehouse, THIS, tmp_path, "fr")
    assert caught.value.errno == 28
    assert os.listdir(tmp_path) == []


def test_what_no_rule_and_no_word_knows_is_shown_as_it_is(files, book):
    text = Reader(files.page.read_text(encoding="utf-8")).text
    assert "FI-99" in text
    assert "=NEW" in text and "=NEW" in book.values("Non facturé", "Motif")


def test_the_modules_cost_nothing_until_a_report_is_written():
    code = (
        "import sys, assets.reports.writing; print([m for m in ('xlsxwriter', 'jinja2', 'duckdb') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_every_cause_is_in_a_column_and_on_the_page(book):
    words = read_words("fr")
    for cause in CAUSES:
        assert book.column("Écarts", words.of("causes", cause))
    assert set(page.CAUSES) == set(words.texts["cause_notes"])
