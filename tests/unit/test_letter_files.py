"""Letters in DOCX and PDF: what people write becomes the JSON structure, or is refused with its place."""

from __future__ import annotations

from datetime import date

import pytest

from assets.letter_files.docx import read_docx
from assets.letter_files.faults import Unreadable
from assets.letter_files.pdf import read_pdf
from assets.letter_files.reading import Reading, read_document
from assets.letter_files.values import Unread, fold, read_amount, read_count, read_date, read_times
from assets.messages import REASONS
from tests.unit.letter_documents import FEES, IDENTITY, LETTER, RATES, UNITS, docx_letter, pdf_letter, saved


def read(data: bytes, name: str = "lettre") -> Reading:
    return read_document((read_pdf if data.startswith(b"%PDF") else read_docx)(data), name)


def faults(data: bytes, name: str = "lettre") -> list[tuple]:
    with pytest.raises(Unreadable) as refusal:
        read(data, name)
    assert {fault.code for fault in refusal.value.faults} <= set(REASONS)
    return [(str(fault.place), fault.code, fault.column, fault.value) for fault in refusal.value.faults]


def fees(*rows: tuple[str, ...], header: tuple[str, ...] = FEES[0]) -> list:
    return [(header, *rows)]


def line_of(header: tuple[str, ...], *cells: str) -> dict:
    (line,) = read(docx_letter(tables=[(header, cells)])).letter["lines"]
    return {name: value for name, value in line.items() if name not in ("line_no", "label", "mission_code")}


@pytest.mark.parametrize(
    "data",
    [docx_letter(), pdf_letter(), pdf_letter(tables=[FEES], ruled=False)],
    ids=["docx", "pdf", "pdf without lines"],
)
def test_a_letter_reads_as_the_json_letter_would(data):
    letter = read(data).letter
    count = len(letter["lines"])
    assert letter == {**LETTER, "lines": LETTER["lines"][:count]}
    assert count >= 2


def test_a_header_over_two_rows_with_merged_cells_reads_the_same():
    rows = (
        ("Nos missions", "", "", "", "", ""),
        ("Prestation", "Périodicité", "Honoraires annuels HT", "Échéances", "", ""),
        ("", "", "", "Nombre", "Montant", "Première"),
        ("Tenue comptable", "mensuelle", "1 200,00 €", "12", "100,00 €", "31/01/2025"),
        ("Comptes annuels", "ponctuelle", "150 €", "1", "", "01/03/2025"),
        ("Total HT", "", "1 350,00 €", "", "", ""),
        ("TVA 20 %", "", "270,00 €", "", "", ""),
        ("Total TTC", "", "1 620,00 €", "", "", ""),
    )
    merged = [((0, 0), (0, 5)), ((1, 3), (1, 5)), *(((1, j), (2, j)) for j in range(3)), ((5, 0), (5, 1))]
    for make in (docx_letter, pdf_letter):
        assert read(make(tables=[rows, UNITS], merges=[merged])).letter == LETTER, make.__name__


def test_a_table_cut_by_the_end_of_a_page_is_read_to_its_end():
    rows = [(f"Mission {number}", "mensuelle", "100 €", "12", "31/01/2025") for number in range(60)]
    reading = read(pdf_letter(tables=[(FEES[0], *rows, ("Total", "", "6 000,00 €", "", ""))]))
    assert len(reading.letter["lines"]) == 60
    assert reading.letter["total_fee"] == "6000.00"
    assert reading.places[-1].part == "page 2, table 1"


def test_what_the_text_does_not_say_the_name_of_the_file_tells():
    letter = read(docx_letter(lines=["Version : 3"]), "F1_2025_LM_1_v2").letter
    assert {name: letter[name] for name in ("document_id", "version", "client_file_id", "fy_label")} == {
        "document_id": "LM_1",
        "version": 3,
        "client_file_id": "F1",
        "fy_label": "2025",
    }


def test_the_identity_may_stand_in_a_small_table_or_in_the_page_header():
    table = [("Référence", "LM-1"), ("Dossier client", "F1"), ("Exercice", "2025"), ("Version", "2")]
    across = [("Référence", "Dossier", "Exercice"), ("LM-1", "F1", "2025 (du 01/01/2025 au 31/12/2025)")]
    for tables in ([table, FEES], [across, FEES]):
        letter = read(docx_letter(lines=[], tables=tables)).letter
        assert (letter["document_id"], letter["client_file_id"], letter["fy_label"]) == ("LM-1", "F1", "2025")
    import docx

    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "Réf. : LM-1 ; Dossier n° : F1 ; Exercice : 2025"
    table = document.add_table(rows=2, cols=2)
    for place, text in enumerate(("Mission", "Forfait annuel (HT)", "Conseil", "500 €")):
        table.cell(place // 2, place % 2).text = text
    assert faults(saved(document)) == [("table 1, 2", "letter_no_periodicity", None, None)]


@pytest.mark.parametrize(
    ("header", "cells", "expected"),
    [
        (
            ("Mission", "Montant mensuel HT"),
            ("Tenue", "100,00 €"),
            {"billing_mode": "FLAT", "amount_per_period": "100.00", "schedule": {"periodicity": "MONTHLY"}},
        ),
        (
            ("Nature de la mission", "Honoraires trimestriels", "Nombre de provisions"),
            ("Tenue", "300 € HT", "4"),
            {
                "billing_mode": "FLAT",
                "amount": "1200",
                "schedule": {"periodicity": "QUARTERLY", "instalments": 4},
            },
        ),
        (
            ("Désignation", "Fréquence", "Provisions", "Date de la première échéance", "Terme"),
            ("Tenue", "par mois", "12 mensualités de 100,00 € HT", "le 31 janvier 2025", "à échoir"),
            {
                "term": "ADVANCE",
                "billing_mode": "FLAT",
                "amount": "1200.00",
                "schedule": {"periodicity": "MONTHLY", "first_due_date": "2025-01-31", "instalments": 12},
            },
        ),
        (
            ("Prestation", "Mode", "Prix", "Unité"),
            ("Bulletin", "à l'unité", "25,123456 €", "bulletin"),
            {"billing_mode": "UNIT", "unit_price": "25.123456"},
        ),
        (
            ("Prestation", "Périodicité", "Budget annuel"),
            ("Conseil", "au temps passé", ""),
            {"billing_mode": "TIME"},
        ),
        (
            ("Service", "Code mission", "Part", "Yearly fee", "Periodicity", "First due date"),
            ("Bookkeeping", "TENUE", "80 %", "1,200.00 EUR", "yearly", "31 December 2025"),
            {
                "billing_mode": "FLAT",
                "amount": "1200.00",
                "schedule": {"periodicity": "YEARLY", "first_due_date": "2025-12-31"},
            },
        ),
        (
            (
                "Mission",
                "Périodicité",
                "Honoraires",
                "Nb échéances",
                "Montant de la provision",
                "1ère échéance",
                "Date du solde",
            ),
            ("Bilan", "trimestrielle", "1 000 €", "3", "300 €", "31/01/2025", "30/04/2026"),
            {
                "billing_mode": "FLAT",
                "amount": "1000",
                "instalments": [
                    {"due_date": "2025-01-31", "amount": "300"},
                    {"due_date": "2025-04-30", "amount": "300"},
                    {"due_date": "2025-07-31", "amount": "300"},
                    {"due_date": "2026-04-30", "is_balance": True},
                ],
            },
        ),
    ],
)
def test_headings_and_cells_have_many_wordings(header, cells, expected):
    assert line_of(header, *cells) == expected


def test_hourly_rates_and_included_services_are_no_part_of_the_letter_and_are_told():
    rows = (*FEES[:3], ("Télédéclarations", "", "inclus", "", ""), FEES[3])
    reading = read(docx_letter(tables=[rows, UNITS, RATES]))
    assert reading.letter == LETTER
    assert reading.aside == ("table 1, 4: Télédéclarations", "table 3: Grade | Taux horaire HT")


def test_a_clause_on_revision_goes_to_every_flat_line():
    clause = (
        "Les honoraires sont révisés chaque année, à compter du 1er janvier 2026, selon l'indice Syntec "
        "(indice de base : septembre 2024), sans pouvoir excéder 3 % ni être inférieurs à 0,5 %."
    )
    expected = {
        "index_code": "SYNTEC",
        "base_month": "2024-09",
        "revision_month": "2026-01",
        "cap_pct": "3",
        "floor_pct": "0.5",
    }
    for make in (docx_letter, pdf_letter):
        lines = read(make(lines=[*IDENTITY, clause])).letter["lines"]
        assert [line.get("indexation") for line in lines] == [expected, expected, None], make.__name__


@pytest.mark.parametrize(
    "sentence",
    [
        "Ces honoraires sont fermes et non révisables.",
        "Notre mission comprend la révision des comptes.",
        "La révision annuelle des comptes a lieu en mars.",
    ],
)
def test_what_is_no_clause_on_revision_is_left_alone(sentence):
    assert read(docx_letter(lines=[*IDENTITY, sentence])).letter == LETTER


@pytest.mark.parametrize(
    "clause",
    [
        "Révision annuelle des honoraires selon l'indice Syntec.",
        "Nos honoraires seront augmentés de 2 % chaque année.",
        "Indexation sur l'indice Syntec de base septembre 2024 dès janvier 2026, hors 4 % de frais.",
    ],
)
def test_a_clause_that_cannot_be_read_refuses_the_letter(clause):
    assert faults(docx_letter(lines=[*IDENTITY, clause])) == [("§ 4", "letter_revision", "indexation", clause)]


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ([UNITS[:1]], [("", "letter_no_table", None, None)]),
        ([[("Objet", "Date"), ("Visite", "01/01/2025")]], [("", "letter_no_table", None, None)]),
        (fees((*FEES[1][:2], "1.200", *FEES[1][3:])), [("table 1, 2", "letter_amount", FEES[0][2], "1.200")]),
        (fees((*FEES[1][:2], "1 200 € TTC", "12", "")), [("table 1, 2", "letter_gross", FEES[0][2], "1 200 € TTC")]),
        (fees((*FEES[1][:2], "1 200 CHF", "12", "")), [("table 1, 2", "currency", FEES[0][2], "1 200 CHF")]),
        (fees((*FEES[1][:2], "١٢٠٠", "12", "")), [("table 1, 2", "letter_amount", FEES[0][2], "١٢٠٠")]),
        (fees((*FEES[1][:4], "31/02/2025")), [("table 1, 2", "letter_date", FEES[0][4], "31/02/2025")]),
        (fees(("Tenue", "lunaire", "12 €", "12", "")), [("table 1, 2", "letter_periodicity", FEES[0][1], "lunaire")]),
        (fees(("Tenue", "", "12 €", "12", "")), [("table 1, 2", "letter_no_periodicity", None, None)]),
        (fees(("Tenue", "ponctuelle", "12 €", "12", "")), [("table 1, 2", "letter_one_off", None, None)]),
        (fees(("Tenue", "mensuelle", "", "12", "")), [("table 1, 2", "letter_no_price", None, None)]),
        (fees(("", "mensuelle", "12 €", "1", "")), [("table 1, 2", "letter_no_service", None, "mensuelle | 12 € | 1")]),
        (
            [(*FEES[:3], ("Total", "", "1 351,00 €", "", ""))],
            [("table 1, 4", "letter_total", FEES[0][2], "1351.00")],
        ),
        (
            [(("Mission", "Honoraires 2024", "Honoraires 2025"), ("Tenue", "1 000 €", "1 100 €"))],
            [("table 1, 1", "letter_column_twice", "Honoraires 2025", None)],
        ),
        (
            [(("Mission", "Honoraires", "Périodicité", "Remise"), ("Tenue", "1 000 €", "annuelle", "100 €"))],
            [("table 1, 1", "letter_column", "Remise", None)],
        ),
        (
            [(("Mission", "Prix unitaire", "Honoraires"), ("Paie", "25 €", "3 000 €"))],
            [("table 1, 2", "letter_two_prices", None, None), ("table 1, 2", "letter_no_periodicity", None, None)],
        ),
        (
            [
                (
                    ("Mission", "Périodicité", "Honoraires annuels", "Nombre d'échéances", "Montant par échéance"),
                    ("Tenue", "mensuelle", "1 200 €", "12", "110 €"),
                )
            ],
            [("table 1, 2", "letter_instalments", None, "110")],
        ),
    ],
)
def test_what_cannot_be_read_refuses_the_letter_with_its_place(tables, expected):
    assert faults(docx_letter(tables=tables)) == expected


def test_an_amount_shared_by_several_rows_is_refused():
    merged = [[((1, 2), (2, 2))]]
    rows = (FEES[0], FEES[1], ("Comptes annuels", "ponctuelle", "", "1", "01/03/2025"))
    assert faults(docx_letter(tables=[rows], merges=merged))[0][:3] == ("table 1, 3", "letter_merged", FEES[0][2])


def test_an_identity_said_twice_or_not_at_all_is_refused():
    assert faults(docx_letter(lines=[*IDENTITY, "Exercice : 2026"])) == [("§ 4", "letter_twice", "fy_label", "2026")]
    assert faults(docx_letter(lines=["Dossier : F1"])) == [
        ("", "letter_missing", "document_id", None),
        ("", "letter_missing", "fy_label", None),
    ]
    assert faults(docx_letter(lines=[*IDENTITY[:2], "Signée le : 31 février 2025"])) == [
        ("§ 3", "letter_date", "signed_on", "31 février 2025")
    ]


def test_what_is_written_stands_beside_what_was_read_and_beside_amounts_nobody_read():
    reading = read(docx_letter(lines=[*IDENTITY, "S'y ajoutent des frais de dossier de 80,00 €."]))
    written = {each.written: each.read for each in reading.evidence}
    assert written["Bulletin de paie | 25,50 €"].endswith("unit_price = 25.50")
    assert written["S'y ajoutent des frais de dossier de 80,00 €."] == ""


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1\u202f200,00 € HT", "1200.00"),
        ("1\xa0200,5 €", "1200.5"),
        ("€ 1 200", "1200"),
        ("1'200,00", "1200.00"),
        ("12 345 678,90 euros hors taxes / an", "12345678.90"),
        ("100 € (50 %)", "100"),
        ("0,00 €", "0.00"),
        ("néant", None),
        ("—", None),
        ("5 %", None),
    ],
)
def test_amounts_as_letters_write_them(text, amount):
    assert read_amount(text) == amount


@pytest.mark.parametrize(
    "text", ["1 20 €", "12,345", "1.200", "1,2,3", "1e3", "NaN", "-5 €", "(12,50)", "douze", "1/2"]
)
def test_amounts_that_could_be_something_else_are_not_read(text):
    with pytest.raises(Unread):
        read_amount(text)


def test_counts_and_dates_as_letters_write_them():
    assert [read_count(text) for text in ("12", "12 mensualités", "4 x", "-")] == [12, 12, 4, None]
    assert read_times("12 x 100,00 €") == (12, "100.00")
    dates = ["1er janvier 2025", "01/01/2025", "2025-01-01", "1.1.2025", "le 1er janv. 2025", "January 1st, 2025"]
    assert {read_date(text) for text in dates} == {"2025-01-01"}
    for text in ("31/02/2025", "01/13/2025", "01/01/25", "janvier 2025", "²/1/2025"):
        with pytest.raises(Unread):
            read_date(text)


def test_folding_keeps_every_character_in_its_place():
    text = "Première ÉCHÉANCE\u202f: œuvre ﬁn İ ß"
    assert len(fold(text)) == len(text)
    assert date.fromisoformat(read_date("15 août 2025")) == date(2025, 8, 15)
