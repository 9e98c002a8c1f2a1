"""Letters as people write them: DOCX and PDF files made of lines and tables, for the tests."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
from reportlab.lib import colors
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

#: A table: its rows, and the cells merged, each as (row, column) of its first and last corner.
Merge = tuple[tuple[int, int], tuple[int, int]]

IDENTITY = (
    "Référence de la lettre : LM-1\tVersion : 2",
    "Dossier : F1 – Exercice : 2025",
    "Fait à Lyon, le 15 décembre 2024",
)
FEES = (
    ("Prestation", "Périodicité", "Honoraires annuels HT", "Nombre d'échéances", "Première échéance"),
    ("Tenue comptable", "mensuelle", "1\u202f200,00 € HT", "12", "31/01/2025"),
    ("Comptes annuels", "ponctuelle", "150 €", "1", "1er mars 2025"),
    ("Total", "", "1 350,00 €", "", ""),
)
UNITS = (("Prestation", "Prix unitaire HT"), ("Bulletin de paie", "25,50 €"))
RATES = (("Grade", "Taux horaire HT"), ("Expert-comptable", "150,00 €"))
#: What the JSON letter says of `IDENTITY`, `FEES` and `UNITS`.
LETTER = {
    "document_id": "LM-1",
    "version": 2,
    "client_file_id": "F1",
    "fy_label": "2025",
    "signed_on": "2024-12-15",
    "total_fee": "1350.00",
    "lines": [
        {
            "line_no": 1,
            "mission_code": "Tenue comptable",
            "label": "Tenue comptable",
            "billing_mode": "FLAT",
            "amount": "1200.00",
            "schedule": {"periodicity": "MONTHLY", "first_due_date": "2025-01-31", "instalments": 12},
        },
        {
            "line_no": 2,
            "mission_code": "Comptes annuels",
            "label": "Comptes annuels",
            "billing_mode": "FLAT",
            "amount": "150",
            "schedule": {"periodicity": "ONE_OFF", "first_due_date": "2025-03-01", "instalments": 1},
        },
        {
            "line_no": 3,
            "mission_code": "Bulletin de paie",
            "label": "Bulletin de paie",
            "billing_mode": "UNIT",
            "unit_price": "25.50",
        },
    ],
}


def docx_letter(
    lines: Sequence[str] = IDENTITY,
    tables: Sequence[Sequence[Sequence[str]]] = (FEES, UNITS),
    merges: Sequence[Sequence[Merge]] = (),
) -> bytes:
    """A DOCX file of paragraphs, then tables."""
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    for number, rows in enumerate(tables):
        table = document.add_table(rows=len(rows), cols=len(rows[0]))
        for i, row in enumerate(rows):
            for j, text in enumerate(row):
                table.cell(i, j).text = text
        for first, last in merges[number] if number < len(merges) else ():
            table.cell(*first).merge(table.cell(*last))
        document.add_paragraph("")
    return saved(document)


def saved(document) -> bytes:
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def pdf_letter(
    lines: Sequence[str] = IDENTITY,
    tables: Sequence[Sequence[Sequence[str]]] = (FEES, UNITS),
    merges: Sequence[Sequence[Merge]] = (),
    ruled: bool = True,
    password: str | None = None,
) -> bytes:
    """A PDF file of lines, then tables, drawn with lines or set by blanks alone."""
    content = io.BytesIO()
    style = getSampleStyleSheet()["Normal"]
    # The standard fonts have no narrow no-break space.
    story = [Paragraph(line.replace("\t", " ; "), style) for line in lines]
    for number, rows in enumerate(tables):
        styles = [("GRID", (0, 0), (-1, -1), 0.5, colors.black)] if ruled else []
        styles += [("FONTSIZE", (0, 0), (-1, -1), 8)]
        for (top, left), (bottom, right) in merges[number] if number < len(merges) else ():
            styles.append(("SPAN", (left, top), (right, bottom)))
        cells = [[text.replace("\u202f", "\xa0") for text in row] for row in rows]
        story += [Spacer(1, 24), Table(cells, style=TableStyle(styles))]
    encrypt = StandardEncryption(password) if password else None
    SimpleDocTemplate(content, encrypt=encrypt, invariant=1).build(story)
    return content.getvalue()
