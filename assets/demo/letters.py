"""Writing engagement letters: most in JSON, a few in DOCX as a partner would type them."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

from assets.demo.vocabulary import words

#: How many letters are written in DOCX.
IN_WORDS = 2
_PERIODICITIES = {"MONTHLY": "mensuelle", "QUARTERLY": "trimestrielle", "ONE_OFF": "ponctuelle"}
_MONTHS = words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre")
_TERMS = {"ADVANCE": "à échoir", "ARREARS": "échu"}
_HEADINGS = (
    "Mission",
    "Identifiant de mission",
    "Code mission",
    "Code prestation",
    "Périodicité",
    "Honoraires annuels HT",
    "Nombre d'échéances",
    "Montant de l'échéance",
    "Première échéance",
    "Date du solde",
    "Terme",
)
# Bytes depend on the letter alone: no clock in the package.
_PACKED = (2020, 1, 1, 0, 0, 0)


def write_letters(folder: Path, letters: list[dict[str, Any]]) -> None:
    """One file per version of an engagement letter."""
    folder.mkdir(parents=True, exist_ok=True)
    versions = Counter(letter["document_id"] for letter in letters)
    worded = 0
    for letter in letters:
        name = f"{letter['document_id']}_v{letter['version']}"
        if worded < IN_WORDS and versions[letter["document_id"]] == 1 and _can_be_worded(letter):
            worded += 1
            (folder / f"{name}.docx").write_bytes(worded_letter(letter))
        else:
            text = json.dumps(letter, ensure_ascii=False, indent=2) + "\n"
            (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _can_be_worded(letter: dict[str, Any]) -> bool:
    """Whether a fee table says all there is: no rounding or proration of its own, no price of a period, no index."""
    return "total_fee" in letter and all(
        "indexation" not in line
        and (
            line.get("schedule", {}).keys() == {"periodicity", "first_due_date", "instalments"}
            or len(line.get("instalments", ())) == 2
        )
        for line in letter["lines"]
    )


def worded_letter(letter: dict[str, Any]) -> bytes:
    """A letter as a DOCX file: labelled lines, then the fee table with its total."""
    import docx

    document = docx.Document()
    document.add_heading("Lettre de mission", level=1)
    document.add_paragraph(f"Référence de la lettre : {letter['document_id']}\tVersion : {letter['version']}")
    document.add_paragraph(f"Dossier : {letter['client_file_id']}\tExercice : {letter['fy_label']}")
    document.add_paragraph(f"Date d'effet : {_day(letter['effective_from'])}")
    table = document.add_table(rows=0, cols=len(_HEADINGS))
    total = ("Total", *("",) * 4, _amount(letter["total_fee"]), *("",) * 5)
    for row in (_HEADINGS, *map(_row, letter["lines"]), total):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph(f"Signée le : {_day(letter['signed_on'])}")
    content = io.BytesIO()
    document.save(content)
    return _without_clock(content)


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    names = (line["label"], line["mission_id"], line["mission_code"], line["service_code"])
    amount, term = _amount(line["amount"]), _TERMS.get(line.get("term", ""), "")
    if "instalments" in line:
        first, balance = line["instalments"]
        return (
            *names,
            "annuelle",
            amount,
            "1",
            _amount(first["amount"]),
            _day(first["due_date"]),
            _day(balance["due_date"]),
            term,
        )
    schedule = line["schedule"]
    periodicity = _PERIODICITIES[schedule["periodicity"]]
    return (
        *names,
        periodicity,
        amount,
        str(schedule["instalments"]),
        "",
        _day(schedule["first_due_date"]),
        "",
        term,
    )


def _amount(text: str) -> str:
    whole, _, cents = text.partition(".")
    grouped = f"{int(whole):,}".replace(",", "\u202f")
    return f"{grouped},{cents} € HT"


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def _without_clock(content: io.BytesIO) -> bytes:
    result = io.BytesIO()
    with zipfile.ZipFile(content) as package, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as again:
        for entry in package.infolist():
            again.writestr(zipfile.ZipInfo(entry.filename, _PACKED), package.read(entry), zipfile.ZIP_DEFLATED)
    return result.getvalue()
