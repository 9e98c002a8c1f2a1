"""Bad and hostile input: a clear message with file, row, column and way out; good rows go on; nothing is lost."""

from __future__ import annotations

import os
from datetime import date

import pytest

from assets import deliveries, ingestion, readers
from assets.deliveries import IngestError
from assets.ingestion import ingest
from assets.messages import REASONS
from tests.unit.workspace import MINIMAL, Workspace, workbook


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


def said(workspace: Workspace) -> list[tuple]:
    """(file, row, column, value, reason) a person reads in `rejected_row`."""
    return workspace.query(
        "select source_file, row_number, column_name, value, reason from raw.rejected_row order by all"
    )


@pytest.mark.parametrize(("language", "words"), [("fr", "n'existe pas"), ("en", "does not exist")])
def test_a_missing_inbox_is_named_with_the_way_out(tmp_path, language, words):
    with pytest.raises(IngestError, match=words) as error:
        ingest(tmp_path, language=language, progress=print)
    assert str(tmp_path / "inbox") in str(error.value)
    assert "prefact init" in str(error.value)


def test_good_rows_go_on_beside_every_kind_of_bad_row(workspace):
    workspace.put_minimal()
    workspace.put(
        "adhoc_service.csv",
        "adhoc_id;client_file_id;service_code;service_date;quantity;unit_price;currency\n"
        "A01;F1;PAY;2026-03-01;1;12,50;EUR\n"
        "A02;F1;PAY;2026-03-01;NaN;;\n"
        "A03;F1;PAY;31/02/2026;1;;\n"
        "A04;F1;PAY;2026-03-01;1;;USD\n"
        "A05;F1;PAY;2026-03-01;1;inf;\n"
        "A06;F1;PAY;2026-03-01;1;0,1234567;\n"
        "A07;F1;PAY;2026-03-01;1;;EUR;surplus\n"
        ";F1;PAY;2026-03-01;1;;\n"
        "A09;F1;PAY;2026-03-01;1e3;1e400;\n"
        "A10;F9;PAY;2026-03-01;1;;\n"
        "A11;F1;PAY;01/03/2026;1 000,5;1.234,56;eur\n",
    )
    report = workspace.run(language="fr")
    assert workspace.query("select adhoc_id, _row from raw.adhoc_service order by 1") == [("A01", 2), ("A11", 12)]
    file = "adhoc_service.csv"
    number, money = REASONS["number"]["fr"], REASONS["currency"]["fr"]
    assert said(workspace) == [
        (file, 3, "quantity", "NaN", number),
        (file, 4, "service_date", "31/02/2026", REASONS["date"]["fr"]),
        (file, 5, "currency", "USD", money),
        (file, 6, "unit_price", "inf", number),
        (file, 7, "unit_price", "0,1234567", REASONS["decimals"]["fr"].replace("{0}", "6")),
        (file, 8, None, None, REASONS["ragged"]["fr"].replace("{0}", "8").replace("{1}", "7")),
        (file, 9, "adhoc_id", None, REASONS["required"]["fr"]),
        (file, 10, "quantity", "1e3", number),
        (file, 10, "unit_price", "1e400", number),
        (
            file,
            11,
            "client_file_id",
            "F9",
            "la clé F9 n'existe pas dans client_file : livrez-la ou corrigez cette ligne",
        ),
    ]
    assert report.rejects == 8, "rows, not cells; what dangles is known later"


def test_rows_that_contradict_themselves_are_refused(workspace):
    workspace.put("fiscal_year.csv", "client_file_id,fy_label,start_date,end_date\nF1,2025,2025-12-31,2025-01-01\n")
    workspace.put(
        "selling_rate.csv",
        "collaborator_id,grade,valid_from,valid_to,hourly_price\n"
        "A,SENIOR,2026-01-01,,90\n,,2026-01-01,,90\nA,,2026-01-01,2025-12-31,90\nA,,2026-01-01,2026-01-01,90\n",
    )
    workspace.put("client_price.csv", "client_file_id,service_code,valid_from,discount_pct\nF1,PAY,2026-01-01,100.5\n")
    workspace.put(
        "time_entry.csv", "collaborator_id,mission_id,work_date,minutes\nA,M,2026-03-01,0\nA,M,2026-03-01,-5\n"
    )
    workspace.put("establishment.csv", "siret,client_file_id\n1234,F1\n")
    workspace.put("payroll_metric.csv", "siret,month,metric_code,quantity\n73282932000074,2026-13,PAYSLIPS,1\n")
    workspace.ingest()
    assert [(row[3], row[2], row[4], row[6]) for row in workspace.rejects()] == [
        ("client_price", 2, "discount_pct", "maximum"),
        ("establishment", 2, "siret", "siret"),
        ("fiscal_year", 2, "end_date", "before"),
        ("payroll_metric", 2, "month", "month"),
        ("selling_rate", 2, "collaborator_id", "exactly_one"),
        ("selling_rate", 3, "collaborator_id", "exactly_one"),
        ("selling_rate", 4, "valid_to", "before"),
        ("time_entry", 2, "minutes", "minimum"),
        ("time_entry", 3, "minutes", "minimum"),
    ]
    assert workspace.column("select count(*) from input.selling_rate") == [1]


@pytest.mark.parametrize(
    ("name", "content", "row", "column", "code"),
    [
        ("client.csv", b"", 0, None, "empty_file"),
        ("client.csv", b"client_id;nom\nC1;A\n", 1, "legal_name", "missing_column"),
        ("client.csv", b"C1;Dupont;Lyon\nC2;Martin;Nice\n", 1, "client_id", "missing_column"),
        ("client.csv", b"client_id;legal_name;Client_ID\nC1;A;C2\n", 1, "client_id", "duplicate_column"),
        ("client.csv", "client_id;legal_name\nC1;A\n".encode("utf-16"), 0, None, "utf16"),
        ("client.csv", b'client_id;legal_name\nC1;A\nC2;"B\nC3;C\n', 3, None, "unclosed_quote"),
        ("client.csv", b";".join(b"c%d" % i for i in range(2000)), 0, None, "too_many_columns"),
        ("client.xlsx", b"not a workbook", 0, None, "not_xlsx"),
        ("client.xlsx", b"", 0, None, "empty_file"),
        ("client.xlsx", workbook({"Feuil1": []}), 0, None, "empty_file"),
        ("client.xlsx", workbook({"a": [["client_id"]], "b": [["client_id"]]}), 0, None, "which_sheet"),
        ("client.parquet", b"PAR1", 0, None, "not_parquet"),
        ("documents/letter.json", b"{", 1, None, "json"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_whole_and_the_others_are_read(
    workspace, name, content, row, column, code
):
    workspace.put(name, content)
    workspace.put("service.csv", MINIMAL["service"])
    report = workspace.run()
    assert [(each[0], each[2], each[4], each[6]) for each in workspace.rejects()] == [(name, row, column, code)]
    assert workspace.column("select count(*) from raw.service") == [2]
    ((_, _, _, _, reason),) = said(workspace)
    assert "{" not in reason
    assert report.rejects == 1
    assert workspace.ingest().new == (), "it is not read again until it changes"


def test_two_files_refused_alike_are_both_named(workspace):
    for name in ("client", "mission", "service_a", "service_b"):
        workspace.put(f"{name}.csv", b"")
    workspace.ingest()
    assert [(row[0], row[3]) for row in workspace.rejects()] == [
        ("client.csv", "client"),
        ("mission.csv", "mission"),
        ("service_a.csv", "service"),
        ("service_b.csv", "service"),
    ]


def test_nul_bytes_and_endless_fields_cost_their_row_alone(workspace):
    workspace.put("client.csv", b"client_id;legal_name\nC1;A\x00B\nC2;" + b"x" * 200_000 + b"\nC3;ok\n\x00\x00\x00\n")
    workspace.ingest()
    assert workspace.column("select client_id from input.client") == ["C3"]
    assert workspace.codes() == [
        (2, "legal_name", "control_character"),
        (3, "legal_name", "too_long"),
        (5, "client_id", "control_character"),
        (5, "legal_name", "required"),
    ]
    assert all(len(row[5] or "") <= 200 for row in workspace.rejects())


def test_formulas_and_markup_are_text(workspace):
    evil = ["=1+1", "@SUM(A1)", "<script>alert(1)</script>", "'; drop table client; --", "{{ x }} {0} %s"]
    rows = "".join(f'C{i};"{text}"\n' for i, text in enumerate(evil))
    workspace.put("client.csv", f"client_id;legal_name\n{rows}")
    workspace.put("client_file_'; drop schema input; --.csv", "client_file_id;client_id\n'F1;'nobody\n")
    workspace.run()
    assert workspace.column("select legal_name from raw.client order by client_id") == evil
    assert said(workspace)[0][:4] == ("client_file_'; drop schema input; --.csv", 2, "client_id", "'nobody")


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(workspace, monkeypatch):
    path = workspace.put("client.csv", MINIMAL["client"])
    workspace.put("service.csv", MINIMAL["service"])
    read = readers.read_csv

    def read_while_written(data, known):
        if b"legal_name" in data:
            path.write_text(path.read_text() + "C3,Late\n")
        return read(data, known)

    monkeypatch.setattr(readers, "read_csv", read_while_written)
    workspace.run()
    assert said(workspace) == [("client.csv", 0, None, None, REASONS["being_written"]["en"])]
    assert workspace.column("select count(*) from raw.client") == [0]
    assert workspace.column("select count(*) from raw.service") == [2]
    monkeypatch.undo()
    workspace.run()
    assert said(workspace) == []
    assert workspace.column("select count(*) from raw.client") == [3]


def test_content_rewritten_in_place_at_the_same_size_and_time_is_noticed(workspace, monkeypatch):
    path = workspace.put("client.csv", "client_id,legal_name\nC1,AAAA\n")
    read = readers.read_csv

    def read_while_rewritten(data, known):
        state = path.stat()
        path.write_text("client_id,legal_name\nC1,BBBB\n")
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        return read(data, known)

    monkeypatch.setattr(readers, "read_csv", read_while_rewritten)
    workspace.ingest()
    assert workspace.codes() == [(0, None, "being_written")]


def test_a_file_that_vanishes_or_cannot_be_opened_is_named_and_tried_again(workspace, monkeypatch):
    path = workspace.put("client.csv", MINIMAL["client"])
    monkeypatch.setattr(
        type(path), "read_bytes", lambda self: (_ for _ in ()).throw(PermissionError(13, "Permission denied"))
    )
    workspace.run()
    assert said(workspace)[0][:2] == ("client.csv", 0)
    assert "Permission denied" in said(workspace)[0][4]
    monkeypatch.undo()
    workspace.run()
    assert workspace.column("select count(*) from raw.client") == [2]


def test_a_file_over_the_size_limit_is_refused_unread(workspace, monkeypatch):
    monkeypatch.setattr(readers, "MAX_FILE_BYTES", 10)
    workspace.put("client.csv", MINIMAL["client"])
    workspace.ingest()
    assert workspace.codes() == [(0, None, "too_large")]


def test_links_out_of_the_inbox_are_refused_and_links_inside_are_files(workspace, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "client.csv").write_text(MINIMAL["client"])
    inbox = tmp_path / "inbox"
    (inbox / "client_out.csv").symlink_to(outside / "client.csv")
    (inbox / "folder").symlink_to(outside)
    (inbox / "client_loop.csv").symlink_to(inbox / "client_loop.csv")
    (inbox / "client_gone.csv").symlink_to(inbox / "nothing.csv")
    workspace.put("kept/service.csv", MINIMAL["service"])
    (inbox / "service_again.csv").symlink_to(inbox / "kept" / "service.csv")
    workspace.run()
    refused = ["client_gone.csv", "client_loop.csv", "client_out.csv", "folder"]
    assert [(row[0], row[6]) for row in workspace.rejects()] == [(name, "link_outside") for name in refused]
    assert workspace.column("select count(*) from raw.client") == [0]
    assert workspace.column("select count(*) from raw.service") == [2]
    (inbox / "client_out.csv").unlink()
    workspace.run()
    assert len(said(workspace)) == 3


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are a POSIX thing")
def test_pipes_folders_and_odd_names_do_no_harm(workspace):
    inbox = workspace.root / "inbox"
    os.mkfifo(inbox / "client.csv")
    (inbox / "client_folder.csv").mkdir()
    (inbox / os.fsdecode(b"client_\xff\n.csv")).write_text(MINIMAL["client"])
    report = workspace.run()
    assert report.unread == ("client.csv",)
    assert workspace.query("select distinct _file from raw.client") == [("client_\ufffd\n.csv",)]


def test_a_workspace_may_have_any_name(tmp_path):
    root = tmp_path / "l'été [2026] *" / "ça"
    root.mkdir(parents=True)
    workspace = Workspace(root)
    workspace.put("client.csv", "client_id,legal_name\nC1,A\n,B\n")
    workspace.run()
    assert workspace.column("select client_id from raw.client") == ["C1"]
    assert len(said(workspace)) == 1


def test_personal_values_are_masked_wherever_a_row_is_refused(workspace):
    long_name = "Jeanne" + "x" * 20_000
    workspace.put("collaborator.csv", f"collaborator_id,name,email,entry_date\nA,{long_name},jeanne@x.fr,not-a-date\n")
    workspace.put("user_map.csv", "tool,user,collaborator_id\nkimai,jeanne@x.fr,NOBODY\n")
    workspace.put(
        "payroll/payroll_metric.csv",
        "siret,month,metric_code,quantity\n"
        "73282932000074,2026-03,PAYSLIPS,2 500 €\n73282932000082,2026-03,PAYSLIPS,1\n",
    )
    workspace.put(
        "correction.csv",
        f"correction_id,table,key,column,new_value,reason,author\nK1,collaborator,A,name,{long_name},r,me\n",
    )
    workspace.run()
    found = said(workspace)
    assert [row[:4] for row in found] == [
        ("collaborator.csv", 2, "entry_date", "not-a-date"),
        ("collaborator.csv", 2, "name", "***"),
        ("correction.csv", 2, "new_value", "***"),
        ("payroll/payroll_metric.csv", 2, "quantity", "***"),
        ("payroll/payroll_metric.csv", 3, "siret", "***"),
        ("user_map.csv", 2, "collaborator_id", "NOBODY"),
    ]
    assert not any("jeanne" in str(cell).lower() for row in found for cell in row)


def test_reasons_are_told_in_the_language_of_the_run_whatever_that_of_the_delivery(workspace):
    workspace.put("client.csv", "client_id,legal_name,status\nC1,A,MAYBE\n")
    workspace.run(language="fr")
    assert said(workspace)[0][4] == "valeur inconnue : attendu ACTIVE, CLOSED"
    workspace.run(language="en")
    assert said(workspace)[0][4] == "unknown value: expected ACTIVE, CLOSED"


@pytest.mark.parametrize("step", ["write", "append"])
def test_a_crash_before_the_log_line_loses_nothing(workspace, monkeypatch, step):
    workspace.put_minimal()
    original = getattr(deliveries.Archive, step)

    def crash(self, *arguments):
        if step == "write":
            original(self, *arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(deliveries.Archive, step, crash)
    with pytest.raises(KeyboardInterrupt):
        workspace.ingest()
    monkeypatch.undo()
    workspace.run()
    assert workspace.column("select count(*) from raw.mission") == [2]
    assert len(workspace.column("select seq from input.delivery")) == len(MINIMAL)


def test_a_crash_between_the_archive_and_the_warehouse_is_made_good(workspace, monkeypatch):
    workspace.put_minimal()
    workspace.ingest()
    workspace.put("client.csv", "client_id,legal_name\nC1,New\n")
    monkeypatch.setattr(ingestion, "update_input", lambda *arguments: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        workspace.ingest()
    monkeypatch.undo()
    assert workspace.column("select legal_name from input.client order by 1") == ["Dupont", "Martin"], (
        "the old one, whole"
    )
    report = workspace.ingest()
    assert report.new == ()
    assert workspace.column("select legal_name from input.client") == ["New"]


def test_a_damaged_warehouse_is_an_error_with_a_way_out(workspace):
    (workspace.root / "warehouse.duckdb").write_bytes(b"not a database" * 500)
    with pytest.raises(IngestError, match="prefact rebuild"):
        workspace.ingest()


def test_a_damaged_archive_file_is_an_error_with_a_way_out(workspace):
    workspace.put("client.csv", MINIMAL["client"])
    workspace.ingest()
    (path,) = (workspace.root / "archive" / "client").iterdir()
    content = bytearray(path.read_bytes())
    content[10] ^= 1
    path.write_bytes(content)
    (workspace.root / "warehouse.duckdb").unlink()
    with pytest.raises(IngestError, match=rf"{path.name} .*backup"):
        workspace.ingest()


def test_amounts_without_a_value_are_legal_where_the_contract_says_so(workspace):
    workspace.put_minimal()
    workspace.put("billing_plan.csv", "plan_id,client_file_id,fy_label,mission_id\nP1,F1,2025,M1\n")
    workspace.put("billing_plan_line.csv", "plan_id,line_no,due_date,amount\nP1,1,2025-01-31,\nP1,2,2025-02-28,0\n")
    workspace.run(date(2025, 12, 31))
    assert [row[0] for row in workspace.query("select amount from raw.billing_plan_line order by line_no")] == [None, 0]
    assert said(workspace) == []
