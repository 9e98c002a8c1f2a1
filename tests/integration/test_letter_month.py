"""Letters in DOCX and PDF through a whole month: billed, waiting for a person's word, or refused with their place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.oracle.model import Configuration
from tests.property.month_run import run_month
from tests.unit.letter_documents import FEES, UNITS, docx_letter, pdf_letter
from tests.unit.workspace import Workspace

TABLES = {
    "client": "client_id,legal_name\nC1,Dupont\n",
    "client_file": "client_file_id,client_id\nF1,C1\nF2,C1\nF3,C1\nF4,C1\n",
    "fiscal_year": "client_file_id,fy_label,start_date,end_date\n"
    + "".join(f"F{number},2025,2025-01-01,2025-12-31\n" for number in range(1, 5)),
    "service": "service_code,label,unit,vat_code\n"
    "TENUE,Tenue,mission,N\nBILAN,Bilan,mission,N\nBULLETIN,Bulletin de paie,bulletin,N\n",
    "vat_rate": "vat_code,valid_from,rate\nN,2014-01-01,20\n",
    "mission": "mission_id,client_file_id,mission_code,label,vintage,fy_label,billing_mode,service_code,start_date\n"
    + "".join(
        f"T{n},F{n},TENUE,Tenue comptable 2025,2025,2025,FLAT,TENUE,2025-01-01\n"
        f"B{n},F{n},BILAN,COMPTES ANNUELS,2025,2025,FLAT,BILAN,2025-01-01\n"
        f"S{n},F{n},SOCIAL,Social,2025,2025,UNIT,BULLETIN,2025-01-01\n"
        for n in range(1, 5)
    ),
    "establishment": "siret,client_file_id\n" + "".join(f"7328293200007{n},F{n}\n" for n in range(1, 4)),
    "metric_binding": "mission_id,metric_code,service_code\n"
    + "".join(f"S{n},PAYSLIPS,BULLETIN\n" for n in range(1, 4)),
    "payroll_metric": "siret,month,metric_code,quantity\n"
    + "".join(f"7328293200007{n},2025-03,PAYSLIPS,10\n" for n in range(1, 4)),
}


def identity(number: int) -> tuple[str, ...]:
    return (f"Référence : LM-{number}", f"Dossier : F{number} ; Exercice : 2025")


@pytest.fixture(scope="module")
def month(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("letters"))
    for name, content in TABLES.items():
        workspace.put(f"{name}.csv", content)
    workspace.put("documents/lm1.docx", docx_letter(identity(1)))
    workspace.put("documents/lm2.pdf", pdf_letter(identity(2)))
    workspace.put("documents/lm3.pdf", pdf_letter(identity(3)))
    unknown = (*FEES[:2], ("Conseil patrimonial", *FEES[2][1:]))
    workspace.put("documents/lm4.docx", docx_letter(identity(4), tables=[unknown, UNITS]))
    workspace.run()
    (hash_,) = workspace.column("select to_confirm from raw.document where document_id = 'LM-3'")
    workspace.put(
        "document_confirmation.csv",
        f"document_id,version,content_hash,author,confirmed_on\nLM-3,1,{hash_},Alix,2025-03-01\n"
        "LM-2,1,another content,Alix,2025-03-01\n",
    )
    return run_month(workspace.root, "2025-03", date(2025, 3, 31), Configuration())


def test_letters_read_from_docx_and_confirmed_ones_are_billed(month):
    billed = {
        (line["client_file_id"], line["mission_id"], line["status"], line["amount_net"])
        for line in month.relation("lines")
        if line["origin_month"] == "2025-03" and line["amount_net"] is not None
    }
    assert billed == {
        (f"F{number}", mission, "READY", amount)
        for number in (1, 3)
        for mission, amount in (
            (f"T{number}", Decimal("100.00")),
            (f"B{number}", Decimal("150.00")),
            (f"S{number}", Decimal("255.00")),
        )
    }


def test_a_letter_nobody_confirmed_is_an_exclusion_and_never_a_line(month):
    waiting = [each for each in month.relation("exclusions") if each["reason_code"] == "TO_CONFIRM"]
    assert {(each["source_key"].split("|")[0], each["amount"]) for each in waiting} == {
        ("LM-2", Decimal("100.00")),
        ("LM-2", Decimal("150.00")),
    }
    assert {line["mission_id"] for line in month.relation("lines") if line["client_file_id"] == "F2"} <= {"S2"}
    assert all(line["amount_net"] is None for line in month.relation("lines") if line["client_file_id"] == "F2")


def test_a_service_no_mission_answers_to_refuses_the_letter_with_its_place(month):
    assert [
        (each["source_file"], each["sheet"], each["row_number"], each["value"])
        for each in month.query("select * from marts.rejected_row where source_file like '%lm4%'")
    ] == [("documents/lm4.docx", "table 1", 3, "Conseil patrimonial")]


def test_a_line_leads_back_to_the_row_of_the_table_it_comes_from(month):
    rows = month.query(
        "select evidence.source_file, evidence.source_row from marts.prebill_evidence as evidence "
        "join marts.prebill_line as line using (line_key) where line.mission_id = 'B1'"
    )
    assert [(row["source_file"], row["source_row"]) for row in rows] == [("documents/lm1.docx", 3)]
