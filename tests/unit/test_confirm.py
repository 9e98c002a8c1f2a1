"""`prefact confirm`: what waits, what stands beside what was read, and a person's word that lasts."""

from __future__ import annotations

import csv
import io
import json

import pytest

from assets.confirmation import FILE
from orchestration import cli
from orchestration.settings import create_workspace
from tests.unit.letter_documents import FEES, IDENTITY, UNITS, docx_letter, pdf_letter
from tests.unit.workspace import Workspace


@pytest.fixture
def firm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PREFACT_USER", "Alix")
    (tmp_path / "firm").mkdir()
    workspace = Workspace(tmp_path / "firm")
    create_workspace(workspace.root, "en")
    workspace.put("documents/lm.pdf", pdf_letter())
    return workspace


def run(capsys, firm, *words):
    status = cli.main([*words, "-w", str(firm.root)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def waiting(capsys, firm):
    status, out, _ = run(capsys, firm, "confirm", "--format", "json")
    assert status == 0
    return json.loads(out)


def test_a_pdf_waits_with_what_is_written_beside_what_was_read(capsys, firm):
    (letter,) = waiting(capsys, firm)
    assert (letter["document_id"], letter["version"], letter["file"]) == ("LM-1", 2, "documents/lm.pdf")
    row = next(each for each in letter["readings"] if each["place"] == "page 1, table 1, 2")
    assert "1 200,00" in row["written"].replace("\xa0", " ")
    assert "amount = 1200.00" in row["read"]
    status, out, _ = run(capsys, firm, "confirm")
    assert status == 0
    assert "LM-1 v2 · client file F1 · year 2025 · lines: 3 · 1,350.00 €" in out
    assert "prefact confirm LM-1 --version 2" in out
    assert "unit_price = 25.50" in out
    status, out, _ = run(capsys, firm, "confirm", "--format", "csv")
    assert [row["place"] for row in csv.DictReader(io.StringIO(out))] == [each["place"] for each in letter["readings"]]
    assert "to be confirmed before they are billed: 1" in run(capsys, firm, "status")[1]


def test_the_word_of_a_person_is_an_input_and_holds_for_the_content_they_saw(capsys, firm):
    waiting(capsys, firm)
    status, out, _ = run(capsys, firm, "confirm", "LM-1")
    assert status == 0
    assert "LM-1 v2 is confirmed" in out
    assert waiting(capsys, firm) == []
    firm.run()
    ((hash_, author, version),) = firm.query("select content_hash, author, version from raw.document_confirmation")
    assert (author, version) == ("Alix", 2)
    assert firm.column("select to_confirm from raw.document") == [hash_]
    assert "to be confirmed" not in run(capsys, firm, "status")[1]

    firm.put("documents/lm.pdf", pdf_letter(tables=[FEES]))
    (again,) = waiting(capsys, firm)
    assert again["content_hash"] != hash_
    run(capsys, firm, "confirm", "LM-1", "--version", "2")
    assert waiting(capsys, firm) == []
    assert len((firm.root / "inbox" / FILE).read_text().splitlines()) == 3, "a word is added, none is lost"


def test_nothing_is_confirmed_that_nobody_saw(capsys, firm):
    assert run(capsys, firm, "confirm", "LM-1")[0] == 1, "not even read yet"
    waiting(capsys, firm)
    firm.put("documents/lm.pdf", pdf_letter(tables=[FEES]))
    status, _, error = run(capsys, firm, "confirm", "LM-1")
    assert status == 1
    assert "no longer the one that was read" in error
    assert not (firm.root / "inbox" / FILE).exists()


def test_what_cannot_be_confirmed_is_told_with_the_way_out(capsys, firm):
    firm.put("documents/lm3.pdf", pdf_letter(lines=["Référence : LM-1 ; Version : 3", *IDENTITY[1:]]))
    waiting(capsys, firm)
    status, _, error = run(capsys, firm, "confirm", "LM-2")
    assert status == 1
    assert "LM-1 v2, LM-1 v3" in error
    status, _, error = run(capsys, firm, "confirm", "LM-1")
    assert status == 1
    assert "--version" in error
    firm.put(FILE, "version;document_id;content_hash;author;confirmed_on\n")
    status, _, error = run(capsys, firm, "confirm", "LM-1", "--version", "3")
    assert status == 1
    assert "other columns" in error
    assert (firm.root / "inbox" / FILE).read_text().startswith("version;"), "what a person keeps is left alone"


def test_a_letter_whose_file_is_gone_can_still_be_confirmed(capsys, firm):
    waiting(capsys, firm)
    (firm.root / "inbox" / "documents" / "lm.pdf").unlink()
    status, out, _ = run(capsys, firm, "confirm")
    assert status == 0
    assert "no longer there as it was read" in out
    assert run(capsys, firm, "confirm", "LM-1")[0] == 0


def test_a_pdf_never_takes_the_place_of_the_same_letter_read_without_doubt(capsys, firm):
    waiting(capsys, firm)
    firm.put("documents/a.docx", docx_letter(tables=[FEES, UNITS]))
    assert waiting(capsys, firm) == []
    firm.put("documents/lm.pdf", pdf_letter(tables=[FEES]))
    assert waiting(capsys, firm) == []
    assert firm.column("select count(*) from input.document_line") == [3]
