"""Random letters, written as people write them in random wordings and layouts, read back as the JSON structure.

What is written is made from the structure by this file alone, so that the reader is judged by another one's words.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from assets.letter_files.docx import read_docx
from assets.letter_files.reading import read_document
from assets.letters import Letters, check_letters
from assets.letters import Loaded as LoadedLetters
from tests.unit.letter_documents import docx_letter

MONTHS = (
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()  # noqa: SIM905
)
LABELS = (
    "Tenue comptable",
    "Comptes annuels",
    "Conseil – suivi",
    "Assistance sociale",
    "Établissement des bulletins",
    "Juridique : AG annuelle",
    "Déclarations fiscales & liasse",
)
HEADINGS = {
    "label": ("Mission", "Prestation", "Désignation", "Nature de la mission", "Services", "LIBELLÉ"),
    "mission_code": ("Code mission", "Code", "mission_code"),
    "service_code": ("Code prestation", "service_code", "Article"),
    "periodicity": ("Périodicité", "Fréquence", "Rythme de facturation", "Periodicity"),
    "amount": ("Honoraires annuels HT", "Montant annuel", "Forfait annuel (HT)", "Prix", "Budget annuel en €"),
    "instalments": ("Nombre d'échéances", "Nb de provisions", "Échéances (nombre)", "Nombre de versements"),
    "instalment_amount": ("Montant de l'échéance", "Provision HT", "Montant par versement", "Prix par échéance"),
    "first_due_date": ("Première échéance", "Date de la 1ère échéance", "À compter du", "1er versement"),
    "term": ("Terme", "Terme de facturation"),
    "unit_price": ("Prix unitaire HT", "P.U.", "Tarif unitaire", "PU HT"),
    "skipped": ("TVA", "Montant TTC", "Part (%)", "Observations"),
}
PERIODICITIES = {
    "MONTHLY": ("mensuelle", "Mensuel", "par mois", "chaque mois"),
    "BIMONTHLY": ("bimestrielle", "tous les deux mois"),
    "QUARTERLY": ("trimestrielle", "par trimestre"),
    "HALF_YEARLY": ("semestrielle", "par semestre"),
    "YEARLY": ("annuelle", "par an"),
    "ONE_OFF": ("ponctuelle", "en une fois"),
}
TERMS = {"ADVANCE": ("à échoir", "d'avance"), "ARREARS": ("échu", "terme échu")}
LABELLED = {
    "document_id": ("Référence de la lettre", "Réf.", "N° de document", "Référence"),
    "client_file_id": ("Dossier", "Dossier client", "N° de dossier", "Code dossier"),
    "fy_label": ("Exercice", "Exercice comptable", "Année fiscale"),
    "version": ("Version", "Version de la lettre"),
    "signed_on": ("Signée le", "Date de signature"),
    "effective_from": ("Date d'effet", "Effet au"),
    "effective_to": ("Date de fin", "Fin de validité"),
}

ids = st.from_regex(r"[A-Z]{1,3}[0-9]{1,5}(-[A-Z0-9]{1,4})?", fullmatch=True)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31)).map(date.isoformat)
cents = st.integers(1, 50_000_000)


def euros(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"


@st.composite
def lines(draw, number: int, kind: str) -> dict[str, Any]:
    label = f"{draw(st.sampled_from(LABELS))} {number}"
    line = {"line_no": number, "label": label, "mission_code": label}
    if kind == "unit":
        return {**line, "billing_mode": "UNIT", "unit_price": euros(draw(cents))}
    if draw(st.booleans()):
        line["term"] = draw(st.sampled_from(sorted(TERMS)))
    schedule: dict[str, Any] = {"periodicity": draw(st.sampled_from(sorted(PERIODICITIES)))}
    if draw(st.booleans()):
        schedule["first_due_date"] = draw(days)
    if schedule["periodicity"] == "ONE_OFF" or draw(st.booleans()):
        schedule["instalments"] = 1 if schedule["periodicity"] == "ONE_OFF" else draw(st.integers(1, 24))
    return {**line, "billing_mode": "FLAT", "amount": euros(draw(cents)), "schedule": schedule}


@st.composite
def letters(draw) -> dict[str, Any]:
    letter = {"document_id": draw(ids), "client_file_id": draw(ids), "fy_label": str(draw(st.integers(2020, 2035)))}
    if draw(st.booleans()):
        letter["version"] = draw(st.integers(1, 40))
    for name in ("signed_on", "effective_from"):
        if draw(st.booleans()):
            letter[name] = draw(days)
    if "effective_from" in letter and draw(st.booleans()):
        start = date.fromisoformat(letter["effective_from"])
        letter["effective_to"] = (start + timedelta(days=draw(st.integers(0, 900)))).isoformat()
    flat = draw(st.integers(0, 4))
    unit = draw(st.integers(0 if flat else 1, 3))
    kinds = ["flat"] * flat + ["unit"] * unit
    return {**letter, "lines": [draw(lines(number, kind)) for number, kind in enumerate(kinds, 1)]}


class Writer:
    """Puts a letter into words, drawing each choice."""

    def __init__(self, draw) -> None:
        self.draw = draw

    def pick(self, *choices: str) -> str:
        return self.draw(st.sampled_from(choices))

    def day(self, text: str) -> str:
        day = date.fromisoformat(text)
        first = "1er" if day.day == 1 else str(day.day)
        return self.pick(
            f"{day:%d/%m/%Y}", f"{day.day}.{day.month}.{day.year}", text, f"{first} {MONTHS[day.month - 1]} {day.year}"
        )

    def money(self, text: str) -> str:
        whole, _, rest = text.partition(".")
        grouped = f"{int(whole):,}".replace(",", self.pick(" ", "\u00a0", "\u202f", ""))
        short = rest == "00" and self.draw(st.booleans())
        return (grouped if short else f"{grouped},{rest}") + self.pick("", " €", "\u00a0€ HT", " euros", " € H.T.")

    def identity(self, letter: dict[str, Any]) -> tuple[list[str], list[list[tuple[str, ...]]]]:
        pairs = [
            (self.pick(*words), self.day(letter[name]) if name in DATES else str(letter[name]))
            for name, words in LABELLED.items()
            if name in letter
        ]
        if self.draw(st.booleans()):
            return ["LETTRE DE MISSION"], [[*pairs, ("", "")]]
        spaced = [f"{label}{self.pick(' : ', ': ', ' :')}{value}" for label, value in pairs]
        return ["Lettre de mission"] + (
            [self.pick("\t", " ; ", " | ").join(spaced)] if self.draw(st.booleans()) else spaced
        ), []

    def table(self, rows: list[dict[str, str]], total: str | None) -> tuple[list[tuple[str, ...]], list]:
        """A table with its columns in any order, perhaps under a title, a header of two rows, and a total."""
        names = [name for name in HEADINGS if any(row.get(name) for row in rows)]
        names += ["skipped"] if self.draw(st.booleans()) else []
        names = self.draw(st.permutations(names))
        # The service stands first, as a row of totals needs its word to.
        names = ["label", *(name for name in names if name != "label")]
        headings = [self.pick(*HEADINGS[name]) for name in names]
        body = [tuple(row.get(name, "") for name in names) for row in rows]
        if self.draw(st.booleans()):
            body.insert(self.draw(st.integers(0, len(body))), ("",) * len(names))
        if total is not None:
            body.append(
                (
                    self.pick("Total", "TOTAL HT", "Total annuel"),
                    *(total if name == "amount" else "" for name in names[1:]),
                )
            )
        head, merges = [tuple(headings)], []
        if self.draw(st.booleans()):
            head.append(("",) * len(names))
            merges = [((0, place), (1, place)) for place in range(len(names))]
        return [*head, *body], merges


DATES = ("signed_on", "effective_from", "effective_to")


@st.composite
def written(draw) -> tuple[dict[str, Any], list, list, list]:
    letter = draw(letters())
    write = Writer(draw)
    lines, tables = write.identity(letter)
    merges: list[list] = [[] for _ in tables]
    flat = [line for line in letter["lines"] if line["billing_mode"] == "FLAT"]
    unit = [line for line in letter["lines"] if line["billing_mode"] == "UNIT"]
    coded = draw(st.booleans())
    if coded:
        for line in letter["lines"]:
            line["mission_code"] = draw(ids)
            line["service_code"] = draw(ids)
    expected = dict(letter)
    if flat:
        priced = draw(st.booleans())
        rows = []
        for line in flat:
            schedule = line["schedule"]
            number = schedule.get("instalments")
            row = {
                "label": line["label"],
                "periodicity": write.pick(*PERIODICITIES[schedule["periodicity"]]),
                "amount": write.money(line["amount"]),
            }
            if number:
                each = (Decimal(line["amount"]) / number).quantize(Decimal("0.01"))
                if priced and write.draw(st.booleans()) and number > 1:
                    row["instalments"] = f"{number} x {write.money(str(each))}"
                else:
                    row["instalments"] = f"{number}{write.pick('', ' échéances')}"
                    row["instalment_amount"] = write.money(str(each)) if priced else ""
            if "first_due_date" in schedule:
                row["first_due_date"] = write.day(schedule["first_due_date"])
            if "term" in line:
                row["term"] = write.pick(*TERMS[line["term"]])
            rows.append(row | ({name: line[name] for name in ("mission_code", "service_code")} if coded else {}))
        total = None
        if draw(st.booleans()):
            expected["total_fee"] = str(sum(Decimal(line["amount"]) for line in flat))
            total = write.money(expected["total_fee"])
        table, merged = write.table(rows, total)
        tables.append(table)
        merges.append(merged)
    if unit:
        rows = [
            {"label": line["label"], "unit_price": write.money(line["unit_price"])}
            | ({name: line[name] for name in ("mission_code", "service_code")} if coded else {})
            for line in unit
        ]
        table, merged = write.table(rows, None)
        tables.append(table)
        merges.append(merged)
    return expected, lines, tables, merges


def exact(value: Any) -> Any:
    """A letter with its amounts as numbers."""
    if isinstance(value, dict):
        return {
            name: Decimal(each) if name in ("amount", "unit_price", "total_fee") else exact(each)
            for name, each in value.items()
        }
    return [exact(each) for each in value] if isinstance(value, list) else value


@settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(written())
def test_a_written_letter_reads_back_as_its_structure(case):
    expected, *parts = case
    reading = read_document(read_docx(docx_letter(*parts)), "lettre")
    assert exact(reading.letter) == exact(expected)
    (checked,) = check_letters(
        [LoadedLetters([reading.letter], tuple((each.part, each.row) for each in reading.places))]
    )
    assert isinstance(checked, Letters)
    assert checked.rejects.is_empty()
    assert checked.rows["document_line"].height == len(expected["lines"])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(max_size=60), max_size=6),
    st.lists(
        st.lists(
            st.lists(
                st.text(alphabet="0123456789 .,€%Total Mission Honoraires/-", max_size=25), min_size=3, max_size=3
            ),
            min_size=1,
            max_size=5,
        ),
        max_size=3,
    ),
)
def test_whatever_a_document_holds_it_is_read_or_refused_with_reasons(lines, tables):
    from assets.letter_files.content import Cell, Content, Grid, Line
    from assets.letter_files.faults import Unreadable
    from assets.messages import REASONS

    header = tuple(Cell(text) for text in ("Mission", "Honoraires", "Périodicité"))
    content = Content(
        tuple(Line(f"§ {number}", text) for number, text in enumerate(lines, 1)),
        tuple(
            Grid(f"table {number}", (header, *(tuple(Cell(text) for text in row) for row in rows)), guessed=number == 2)
            for number, rows in enumerate(tables, 1)
        ),
    )
    try:
        reading = read_document(content, "F1_2025_LM")
    except Unreadable as refusal:
        assert refusal.faults
        assert {fault.code for fault in refusal.faults} <= set(REASONS)
    else:
        assert reading.letter["lines"]
