"""What several files mean together: detection, deliveries, keys, corrections, references, and the archive behind."""

from __future__ import annotations

import io
import json
from datetime import date
from decimal import Decimal
from hashlib import md5

import duckdb
import polars as pl
import pytest

from assets import ingestion
from assets.contract import PROVENANCE, TABLES
from assets.deliveries import IngestError
from tests.unit.workspace import MINIMAL, Workspace, workbook


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path)


# --- files and tables


def test_an_empty_inbox_gives_every_table_empty_and_typed(workspace):
    workspace.run()
    columns = workspace.query(
        "select table_name, column_name, data_type from information_schema.columns where table_schema = 'raw'"
    )
    for table in TABLES.values():
        described = {column: kind for name, column, kind in columns if name == table.name}
        assert described == {column.name: column.sql_type for column in table.columns} | PROVENANCE
    counts = workspace.queries(*(f"from raw.{name}" for name in (*TABLES, "rejected_row")))
    assert not any(counts)


def test_files_anywhere_under_the_inbox_feed_the_table_with_the_longest_name(workspace):
    workspace.put("client.csv", "client_id,legal_name\nC1,A\n")
    workspace.put("2026/march/CLIENT_new.CSV", "client_id,legal_name\nC2,B\n")
    workspace.put("x/client_file_2026.csv", "client_file_id,client_id\nF1,C1\n")
    workspace.put("notes.csv", "a\n1\n")
    workspace.put("scan.pdf", b"%PDF")
    workspace.put("payroll/march.pdf", b"")
    report = workspace.run()
    assert workspace.query("select client_id, _file, _row from raw.client order by 1") == [
        ("C1", "client.csv", 2),
        ("C2", "2026/march/CLIENT_new.CSV", 2),
    ]
    assert workspace.column("select client_file_id from raw.client_file") == ["F1"]
    assert report.unread == ("notes.csv", "payroll/march.pdf", "scan.pdf")


def test_a_workbook_feeds_by_its_name_or_by_the_names_of_its_sheets(workspace):
    client = [["client_id", "legal_name"], ["C1", "A"]]
    workspace.put("client.xlsx", workbook({"Feuil1": client}))
    workspace.put(
        "cabinet.xlsx",
        workbook(
            {
                "service": [["service_code", "label", "unit", "vat_code"], ["BOOK", "x", "u", "N"]],
                "price_2026": [["service_code", "valid_from", "unit_price"], ["BOOK", date(2026, 1, 1), 12.5]],
                "Notes": [["whatever"]],
            }
        ),
    )
    workspace.put(
        "client_file.xlsx", workbook({"Feuil1": [["client_file_id", "client_id"], ["F1", "C1"]], "Feuil2": []})
    )
    workspace.put("holidays.xlsx", workbook({"Feuil1": [["day"]]}))
    report = workspace.run()
    assert workspace.query("select client_id, _sheet, _row from raw.client") == [("C1", "Feuil1", 2)]
    assert workspace.query("select unit_price, valid_from, _sheet from raw.price") == [
        (Decimal("12.500000"), date(2026, 1, 1), "price_2026")
    ]
    assert workspace.column("select client_file_id from raw.client_file") == ["F1"]
    assert report.unread == ("cabinet.xlsx [Notes]", "holidays.xlsx [Feuil1]")
    assert workspace.run().unread == report.unread, "reported as long as it is so"


def test_parquet_feeds_like_any_other(workspace):
    content = io.BytesIO()
    pl.DataFrame(
        {"siret": ["73282932000074"], "month": [date(2026, 3, 1)], "metric_code": ["PAYSLIPS"], "quantity": [12]}
    ).write_parquet(content)
    workspace.put("payroll_metric.parquet", content.getvalue())
    workspace.ingest()
    assert workspace.query("select month, quantity, final, manual, complete, _row, _key from input.payroll_metric") == [
        ("2026-03", Decimal("12.0000"), True, True, True, 1, "73282932000074|2026-03|PAYSLIPS||true")
    ]


def test_headers_are_trimmed_in_any_case_and_unknown_columns_reported(workspace):
    workspace.put("client.csv", "\ufeff Client_ID ;LEGAL_NAME;Couleur;;currency\n C1 ; Dupont ;bleu;;eur\n")
    report = workspace.run()
    assert workspace.query("select client_id, legal_name, status from raw.client") == [("C1", "Dupont", "ACTIVE")]
    assert report.unknown_columns == (("client.csv", "", "Couleur"),)
    assert workspace.run().unknown_columns == report.unknown_columns


def test_hidden_and_temporary_files_are_ignored(workspace):
    for name in (".client.csv", "~$client.xlsx", "client.csv.tmp", "client.tmp", "client.part", ".git/client.csv"):
        workspace.put(name, "client_id,legal_name\nC1,A\n")
    report = workspace.ingest()
    assert (report.rows, report.unread, workspace.rejects()) == (0, (), [])


# --- deliveries


def test_of_a_reference_row_the_latest_delivery_wins_whole(workspace):
    workspace.put("client_a.csv", "client_id,legal_name,city\nC1,Old,Lyon\nC2,Kept,Nice\n")
    workspace.put("client_b.csv", "client_id,legal_name\nC1,New\n")
    workspace.run()
    assert workspace.query("select client_id, legal_name, city, _file from raw.client order by 1") == [
        ("C1", "New", None, "client_b.csv"),
        ("C2", "Kept", "Nice", "client_a.csv"),
    ]
    workspace.put("client_0.csv", "client_id,legal_name\nC1,Newest\n")
    workspace.run()
    assert workspace.column("select legal_name from raw.client where client_id = 'C1'") == ["Newest"], (
        "a later run is a later delivery, whatever the name"
    )


def test_within_a_file_the_later_row_of_a_key_wins(workspace):
    workspace.put("client.csv", "client_id,legal_name\nC1,First\nC1 ,Second\nc1,Other\n")
    workspace.ingest()
    assert workspace.query("select client_id, legal_name, _row from input.client order by _row") == [
        ("C1", "Second", 3),
        ("c1", "Other", 4),
    ]


def test_a_file_delivered_again_replaces_its_rows_and_a_header_alone_leaves_none(workspace):
    workspace.put("client.csv", "client_id,legal_name\nC1,A\nC2,B\n")
    workspace.ingest()
    workspace.put("client.csv", "client_id,legal_name\nC2,B2\n")
    workspace.ingest()
    assert workspace.query("select client_id, legal_name from input.client") == [("C2", "B2")]
    workspace.put("client.csv", "client_id,legal_name\n")
    report = workspace.ingest()
    assert workspace.column("select count(*) from input.client") == [0]
    assert [(each.rows, each.rejected) for each in report.new] == [(0, 0)]


def test_a_file_that_disappears_keeps_its_rows(workspace):
    path = workspace.put("client.csv", "client_id,legal_name\nC1,A\n")
    before = workspace.ingest()
    path.unlink()
    after = workspace.ingest()
    assert workspace.column("select client_id from input.client") == ["C1"]
    assert after.input_fingerprint == before.input_fingerprint


def test_a_file_refused_whole_leaves_the_rows_delivered_before(workspace):
    workspace.put("client.csv", "client_id,legal_name\nC1,A\n,B\n")
    workspace.ingest()
    workspace.put("client.csv", "client_id\nC2\n")
    workspace.ingest()
    assert workspace.column("select client_id from input.client") == ["C1"]
    assert workspace.codes() == [(1, "legal_name", "missing_column"), (3, "client_id", "required")]
    workspace.put("client.csv", "client_id,legal_name\nC3,C\n")
    workspace.ingest()
    assert workspace.column("select client_id from input.client") == ["C3"]
    assert workspace.codes() == []


def test_a_refused_sheet_leaves_its_rows_and_takes_the_others(workspace):
    client, mission = MINIMAL["client"], [["mission_id"], ["M1"]]
    rows = [line.split(",") for line in client.splitlines()]
    workspace.put("firm.xlsx", workbook({"client": rows, "service": [["service_code", "label", "unit", "vat_code"]]}))
    workspace.ingest()
    workspace.put("firm.xlsx", workbook({"client": [["client_id"], ["C9"]], "mission": mission, "price": [["a"]]}))
    workspace.ingest()
    assert workspace.column("select client_id from input.client order by 1") == ["C1", "C2"]
    assert [row[1] for row in workspace.rejects()] == ["client", "mission", "price"]


def test_the_same_event_counts_once_and_a_later_delivery_corrects_it(workspace):
    header = "source,source_id,collaborator_id,mission_id,work_date,minutes\n"
    workspace.put("time_entry_a.csv", header + "kimai,1,A,M1,2026-03-02,60\nkimai,2,A,M1,2026-03-02,30\n")
    workspace.put(
        "time_entry_b.csv",
        header + "kimai,2,A,M1,2026-03-02,45\nkimai,3,A,M1,2026-03-03,15\nkimai,3,A,M1,2026-03-03,15\n",
    )
    workspace.ingest()
    assert workspace.query("select _key, minutes from input.time_entry order by 1") == [
        ("kimai|1", 60),
        ("kimai|2", 45),
        ("kimai|3", 15),
    ]


def test_entries_without_id_count_once_over_overlapping_exports(workspace):
    header = "collaborator_id,mission_id,work_date,minutes,description\n"
    twice = "A,M1,2026-03-02,60,call\nA,M1,2026-03-02,60,call\n"
    workspace.put("time_entry_a.csv", header + twice)
    workspace.put("time_entry_b.csv", header + twice + "A,M1,2026-03-02,60,other\nA,M1,2026-03-02,60,call\n")
    workspace.ingest()
    assert workspace.query(
        "select description, count(*), sum(minutes) from input.time_entry group by 1 order by 1"
    ) == [
        ("call", 3, 180),
        ("other", 1, 60),
    ]
    assert len(set(workspace.column("select _key from input.time_entry"))) == 4


def test_the_key_of_an_entry_without_id_never_changes(workspace):
    """Validated lines keep these keys, so what they are made of is pinned here a second time."""
    workspace.put("time_entry.csv", "collaborator_id,mission_id,work_date,minutes\nA,M1,2026-03-02,60\n")
    workspace.ingest()
    content = "\x1f".join(["", "A", "M1", "2026-03-02", "60", "true", "true", ""])
    assert workspace.column("select _key from input.time_entry") == [f"#{md5(content.encode()).hexdigest()}|1"]


def test_keys_read_alike_but_split_otherwise_stay_two_rows(workspace):
    workspace.put("user_map.csv", "tool,user,collaborator_id\nkimai|a,b,A\nkimai,a|b,B\nkimai,a|b,C\n")
    workspace.ingest()
    assert workspace.query("select tool, collaborator_id from input.user_map order by 1") == [
        ("kimai", "C"),
        ("kimai|a", "A"),
    ]


def test_keys_are_written_the_same_however_the_file_writes_them(workspace):
    workspace.put(
        "price_a.csv", "service_code;valid_from;up_to;unit_price\nPAY;01/01/2026;10,00;25\nPAY;2026-01-01;;20\n"
    )
    workspace.put("price_b.csv", "service_code;valid_from;up_to;unit_price\nPAY;2026-01-01;10;24\n")
    workspace.ingest()
    assert workspace.query("select _key, unit_price from input.price order by 1") == [
        ("PAY|2026-01-01|", Decimal(20)),
        ("PAY|2026-01-01|10", Decimal(24)),
    ]


def test_a_metric_fed_and_a_metric_typed_stay_side_by_side(workspace):
    header = "siret,month,metric_code,quantity,manual\n"
    workspace.put(
        "payroll_metric.csv",
        header + "73282932000074,2026-03,PAYSLIPS,10,false\n73282932000074,2026-03,PAYSLIPS,11,true\n",
    )
    workspace.ingest()
    assert workspace.column("select count(*) from input.payroll_metric") == [2]


# --- the archive


def test_unchanged_files_are_not_parsed_again_and_the_input_is_left_alone(workspace, monkeypatch):
    workspace.put_minimal()
    first = workspace.ingest()
    before = (workspace.root / "warehouse.duckdb").stat().st_mtime_ns
    monkeypatch.setattr("assets.readers.read_csv", None)
    second = workspace.ingest()
    assert second.new == ()
    assert second.input_fingerprint == first.input_fingerprint
    assert (workspace.root / "warehouse.duckdb").stat().st_mtime_ns == before


def test_only_the_tables_concerned_are_rebuilt(workspace):
    workspace.put_minimal()
    workspace.ingest()
    state = dict(workspace.query("select name, signature from input.state"))
    workspace.put("client_new.csv", "client_id,legal_name\nC9,New\n")
    workspace.ingest()
    now = dict(workspace.query("select name, signature from input.state"))
    assert {name for name in now if now[name] != state[name]} == {"client", "delivery", "reject"}


def test_the_fingerprint_tells_what_is_live_and_not_how_it_came(tmp_path):
    fingerprints = []
    for place, order in (("one", ("client", "service")), ("two", ("service", "client"))):
        (tmp_path / place).mkdir()
        workspace = Workspace(tmp_path / place)
        for name in order:
            workspace.put(f"{name}.csv", MINIMAL[name])
            report = workspace.ingest()
        fingerprints.append(report.input_fingerprint)
    assert fingerprints[0] == fingerprints[1]
    workspace.put("client.csv", MINIMAL["client"] + "C3,New\n")
    assert workspace.ingest().input_fingerprint != fingerprints[0]


def test_a_lost_warehouse_is_rebuilt_from_the_archive_alone(workspace):
    workspace.put_minimal()
    workspace.put("client.csv", MINIMAL["client"] + ",nobody\n")
    workspace.ingest()
    tables = ["input.delivery", "input.reject", *(f"input.{name}" for name in TABLES)]
    queries = [f"from {table} order by all" for table in tables]
    before = workspace.queries(*queries)
    (workspace.root / "warehouse.duckdb").unlink()
    for path in (workspace.root / "inbox").iterdir():
        path.unlink()
    workspace.ingest()
    assert workspace.queries(*queries) == before


def test_a_torn_last_line_of_the_log_is_dropped_and_its_file_read_again(workspace):
    workspace.put("client.csv", MINIMAL["client"])
    workspace.ingest()
    log = workspace.root / "archive" / "deliveries.jsonl"
    whole = log.read_bytes()
    workspace.put("service.csv", MINIMAL["service"])
    workspace.ingest()
    for length in (len(whole) + 1, len(log.read_bytes()) - 1):
        content = log.read_bytes()
        log.write_bytes(content[:length])
        report = workspace.ingest()
        assert [each.file for each in report.new] == ["service.csv"]
        assert workspace.column("select count(*) from input.service") == [2]
        assert log.read_bytes() == content


def test_a_damaged_log_stops_with_the_line_to_look_at(workspace):
    workspace.put("client.csv", MINIMAL["client"])
    workspace.ingest()
    log = workspace.root / "archive" / "deliveries.jsonl"
    log.write_bytes(b"{}\n" + log.read_bytes())
    with pytest.raises(IngestError, match=r"archive/deliveries.jsonl, line 1: .*backup"):
        workspace.ingest()


def test_a_lost_archive_file_stops_with_its_name(workspace):
    workspace.put("client.csv", MINIMAL["client"])
    workspace.ingest()
    for path in (workspace.root / "archive" / "client").iterdir():
        path.unlink()
    (workspace.root / "warehouse.duckdb").unlink()
    with pytest.raises(IngestError, match=r"client/000001-\w+\.parquet .*backup"):
        workspace.ingest()


def test_deliveries_are_listed_with_what_still_counts(workspace):
    workspace.put("client.csv", "client_id,legal_name\nC1,A\n,B\n")
    workspace.ingest()
    workspace.put("client.csv", "client_id,legal_name\nC1,A\n")
    workspace.ingest()
    assert workspace.query("select seq, source_file, table_name, rows, rejected, live from input.delivery") == [
        (1, "client.csv", "client", 1, 1, False),
        (2, "client.csv", "client", 1, 0, True),
    ]


def test_what_is_read_is_archived_in_portions_without_changing_the_outcome(workspace, monkeypatch):
    monkeypatch.setattr(ingestion, "BATCH_ROWS", 1)
    workspace.put_minimal()
    workspace.put("client_2.csv", "client_id,legal_name\nC2,Later\n")
    workspace.run()
    assert workspace.query("select client_id, legal_name from raw.client order by 1") == [
        ("C1", "Dupont"),
        ("C2", "Later"),
    ]
    assert workspace.column("select count(*) from raw.mission") == [2]


# --- corrections

CORRECTION = "correction_id,table,key,column,new_value,reason,author,effective_from\n"


def corrected(workspace: Workspace, *lines: str, control_date: date = date(2026, 3, 31)) -> None:
    workspace.put("correction.csv", CORRECTION + "".join(f"{line}\n" for line in lines))
    workspace.run(control_date)


def test_a_correction_wins_over_later_deliveries_and_the_original_is_kept(workspace):
    workspace.put_minimal()
    corrected(workspace, "K1,client,C1,legal_name,Durand,typo,me,")
    workspace.put("client_later.csv", "client_id,legal_name,city\nC1,Dupond,Lyon\n")
    workspace.run()
    assert workspace.query("select legal_name, city, _file, _row from raw.client where client_id = 'C1'") == [
        ("Durand", "Lyon", "client_later.csv", 2)
    ]
    assert workspace.column("select legal_name from input.client where client_id = 'C1'") == ["Dupond"]


def test_of_several_corrections_of_a_cell_the_latest_in_force_applies(workspace):
    workspace.put_minimal()
    lines = (
        "K3,client,C1,city,Third,r,me,2026-02-01",
        "K1,client,C1,city,First,r,me,",
        "K4,client,C1,city,Fourth,r,me,2026-02-01",
        "K2,client,C1,city,Fifth,r,me,2026-04-01",
    )
    corrected(workspace, *lines)
    assert workspace.column("select city from raw.client where client_id = 'C1'") == ["Fourth"]
    workspace.run(date(2026, 1, 31))
    assert workspace.column("select city from raw.client where client_id = 'C1'") == ["First"]
    workspace.run(date(2026, 4, 1))
    assert workspace.column("select city from raw.client where client_id = 'C1'") == ["Fifth"]


def test_corrections_are_typed_like_cells_and_may_blank_a_column(workspace):
    workspace.put("price.csv", "service_code,valid_from,up_to,unit_price,valid_to\nPAY,2026-01-01,10,25,2026-12-31\n")
    workspace.put("service.csv", MINIMAL["service"])
    corrected(
        workspace,
        'K1,price,"PAY|01/01/2026|10,00",unit_price,"1 234,5",r,me,',
        "K2,PRICE,PAY|2026-01-01|10,Valid_To,,r,me,",
    )
    assert workspace.query("select unit_price, valid_to, _key from raw.price") == [
        (Decimal("1234.5"), None, "PAY|2026-01-01|10")
    ]


def test_deleted_withdraws_a_row_and_what_points_at_it_is_rejected(workspace):
    workspace.put_minimal()
    corrected(workspace, "K1,client,C2,_deleted,true,left,me,2026-02-01")
    assert workspace.column("select client_id from raw.client") == ["C1"]
    assert workspace.query("select source_file, row_number, column_name, value from raw.rejected_row") == [
        ("client_file.csv", 3, "client_id", "C2")
    ]
    workspace.run(date(2026, 1, 31))
    assert workspace.column("select count(*) from raw.client") == [2]


def test_corrections_of_an_unknown_key_create_the_row_together(workspace):
    workspace.put_minimal()
    corrected(
        workspace,
        "K1,client_file,F9,client_id,C1,new file,me,",
        "K2,client_file,F9,label,Annex,new file,me,",
        "K3,fiscal_year,F9|2025,start_date,01/01/2025,new file,me,",
        "K4,fiscal_year,F9|2025,end_date,2025-12-31,new file,me,",
        "K5,fiscal_year,F9|2025,fy_label,2025,new file,me,",
    )
    assert workspace.query(
        "select client_id, label, status, _file, _row, _key from raw.client_file where _key = 'F9'"
    ) == [("C1", "Annex", "ACTIVE", "correction.csv", 3, "F9")]
    assert workspace.query(
        "select fy_label, start_date, end_date, status, _key from raw.fiscal_year where client_file_id = 'F9'"
    ) == [("2025", date(2025, 1, 1), date(2025, 12, 31), "OPEN", "F9|2025")]
    assert workspace.query("from raw.rejected_row") == []


def test_a_corrected_event_keeps_where_it_came_from(workspace):
    workspace.put(
        "time_entry.csv", "collaborator_id,mission_id,work_date,minutes\nA,M1,2026-03-02,60\nA,M1,2026-03-02,60\n"
    )
    workspace.ingest()
    first, second = workspace.column("select _key from input.time_entry order by _row")
    corrected(workspace, f"K1,time_entry,{first},minutes,90,r,me,", f"K2,time_entry,{second},_deleted,oui,r,me,")
    assert workspace.query("select minutes, _file, _row, _key from raw.time_entry") == [
        (90, "time_entry.csv", 2, first)
    ]


HOPELESS = [
    ("clients,C1,city,Nice", "table", "clients", "unknown table: expected client, client_file"),
    ("correction,K1,reason,x", "table", "correction", "unknown table"),
    ("client,C1,town,Nice", "column", "town", "unknown column of table client: expected client_id"),
    ("fiscal_year,F1,status,CLOSED", "key", "F1", "a key of fiscal_year is written client_file_id|fy_label"),
    ("fiscal_year,F1|2025|x,status,CLOSED", "key", "F1|2025|x", "unreadable key"),
    ("price,PAY|31/02/2026|,unit_price,3", "key", "PAY|31/02/2026|", "unreadable key"),
    ("client,C1,payment_terms_days,ten", "new_value", "ten", "not a number"),
    ("client,C1,legal_name,", "new_value", None, "a required cell is blank"),
    ("client,C1,status,MAYBE", "new_value", "MAYBE", "expected ACTIVE, CLOSED"),
    (f"client,C1,address,{'x' * 9_999}\u00e9\u00e9", "new_value", "***", "text too long"),
    ("client,C1,client_id,C7", "column", "client_id", "a column of the key cannot be corrected"),
    ("client,C1,_deleted,maybe", "new_value", "maybe", "expected true or false"),
    ("client,C1,_deleted,", "new_value", None, "a required cell is blank"),
    ("client,C7,_deleted,true", "key", "C7", "no row has this key"),
    ("client,C8,city,Nice", "key", "C8", "give corrections of legal_name too"),
    ("fiscal_year,F1|2025,end_date,2024-12-31", "key", "F1|2025", "end_date would be before start_date"),
    ("selling_rate,||F1||2026-01-01,hourly_price,90", "key", "||F1||2026-01-01", "exactly one of the columns"),
]


def test_a_correction_that_cannot_be_applied_is_rejected_with_its_cause_and_changes_nothing(workspace):
    workspace.put_minimal()
    lines = [line.rpartition(",") for line, *_ in HOPELESS]
    corrected(workspace, *(f'K{i},{start},"{new}",r,me,' for i, (start, _, new) in enumerate(lines)))
    found = workspace.query("select row_number, column_name, value, reason from raw.rejected_row order by 1")
    assert [each[:3] for each in found] == [(i, *each[1:3]) for i, each in enumerate(HOPELESS, 2)]
    for (*_, reason), (*_, said) in zip(HOPELESS, found, strict=True):
        assert reason in said
    before, after = workspace.queries("from input.client order by all", "from raw.client order by all")
    assert after == before
    before, after = workspace.queries("from input.fiscal_year", "from raw.fiscal_year")
    assert after == before


# --- references


def test_what_points_at_nothing_is_rejected_once_with_the_missing_key_and_takes_along_what_depends_on_it(workspace):
    workspace.put_minimal()
    workspace.put("client_file_x.csv", "client_file_id,client_id\nF8,C8\n")
    workspace.put("fiscal_year_x.csv", "client_file_id,fy_label,start_date,end_date\nF8,2025,2025-01-01,2025-12-31\n")
    workspace.put(
        "mission_x.csv",
        MINIMAL["mission"].splitlines()[0]
        + "\nM8,F8,T,2025,2025,FLAT,BOOK,2025-01-01\nM7,F1,T,2025,2024,FLAT,BOOK,2025-01-01\n",
    )
    workspace.put("metric_binding.csv", "mission_id,metric_code,service_code\nM8,PAYSLIPS,PAY\nM2,PAYSLIPS,NOPE\n")
    workspace.run()
    assert workspace.query("select source_file, row_number, column_name, value, reason from raw.rejected_row") == [
        ("client_file_x.csv", 2, "client_id", "C8", "key C8 does not exist in client: deliver it or correct this row"),
        (
            "fiscal_year_x.csv",
            2,
            "client_file_id",
            "F8",
            "key F8 does not exist in client_file: deliver it or correct this row",
        ),
        (
            "metric_binding.csv",
            2,
            "mission_id",
            "M8",
            "key M8 does not exist in mission: deliver it or correct this row",
        ),
        (
            "metric_binding.csv",
            3,
            "service_code",
            "NOPE",
            "key NOPE does not exist in service: deliver it or correct this row",
        ),
        (
            "mission_x.csv",
            2,
            "client_file_id",
            "F8",
            "key F8 does not exist in client_file: deliver it or correct this row",
        ),
        (
            "mission_x.csv",
            3,
            "client_file_id|fy_label",
            "F1|2024",
            "key F1|2024 does not exist in fiscal_year: deliver it or correct this row",
        ),
    ]
    assert workspace.column("select mission_id from raw.mission order by 1") == ["M1", "M2"]


def test_a_dangling_row_delivered_twice_is_rejected_once(workspace):
    for name in ("a", "b"):
        workspace.put(
            f"adhoc_service_{name}.csv",
            "adhoc_id,client_file_id,service_code,service_date,quantity\nA1,F9,PAY,2026-03-01,1\n",
        )
    workspace.run()
    assert workspace.column("select count(*) from raw.rejected_row") == [1]


def test_optional_references_are_checked_only_when_given(workspace):
    workspace.put_minimal()
    workspace.put("collaborator.csv", "collaborator_id,name\nA,Ann\n")
    workspace.put(
        "selling_rate.csv",
        "collaborator_id,grade,client_file_id,valid_from,hourly_price\nA,,,2026-01-01,90\n,SENIOR,,2026-01-01,80\n"
        "B,,,2026-01-01,70\nA,,F9,2026-01-01,60\n",
    )
    workspace.put(
        "adhoc_service.csv",
        "adhoc_id,client_file_id,mission_id,service_code,service_date,quantity\nA1,F1,,PAY,2026-03-01,1\nA2,F1,M9,PAY,2026-03-01,1\n",
    )
    workspace.run()
    assert workspace.query("select source_file, row_number, column_name, value from raw.rejected_row") == [
        ("adhoc_service.csv", 3, "mission_id", "M9"),
        ("selling_rate.csv", 4, "collaborator_id", "B"),
        ("selling_rate.csv", 5, "client_file_id", "F9"),
    ]


def test_time_and_plans_of_unknown_missions_are_left_to_the_register(workspace):
    workspace.put_minimal()
    workspace.put("time_entry.csv", "collaborator_id,mission_id,work_date,minutes\nNOBODY,NOTHING,2026-03-02,60\n")
    workspace.put("billing_plan.csv", "plan_id,client_file_id,fy_label,mission_id\nP1,F1,2025,NOTHING\nP2,F1,1999,M1\n")
    workspace.put("billing_plan_line.csv", "plan_id,line_no,due_date,amount\nP1,1,2025-01-31,\nP2,1,2025-01-31,10\n")
    workspace.run()
    assert workspace.column("select count(*) from raw.time_entry") == [1]
    assert workspace.column("select plan_id from raw.billing_plan") == ["P1"]
    assert workspace.query("select plan_id, amount from raw.billing_plan_line") == [("P1", None)]
    assert workspace.query("select source_file, row_number from raw.rejected_row order by 1") == [
        ("billing_plan.csv", 3),
        ("billing_plan_line.csv", 3),
    ]


def test_a_metric_needs_an_establishment_or_a_binding_that_names_its_siret(workspace):
    workspace.put_minimal()
    workspace.put("establishment.csv", "siret,client_file_id\n73282932000074,F1\n")
    workspace.put(
        "metric_binding.csv",
        "mission_id,metric_code,service_code,sirets\nM2,PAYSLIPS,PAY,11111111100002|11111111100003\n",
    )
    header = "siret,month,metric_code,quantity\n"
    workspace.put(
        "payroll_metric.csv",
        header + "".join(f"{siret},2026-03,PAYSLIPS,1\n" for siret in (73282932000074, 11111111100003, 11111111100004)),
    )
    workspace.run()
    assert workspace.column("select siret from raw.payroll_metric order by 1") == ["11111111100003", "73282932000074"]
    assert workspace.query("select row_number, value from raw.rejected_row") == [(4, "11111111100004")]


def test_raw_tables_turn_into_views_and_back_as_corrections_come_and_go(workspace):
    workspace.put("waiver.csv", "code,subject_id,valid_from,reason,author\nFI-19,C1,2026-01-01,known,me\n")
    corrected(workspace, "K1,waiver,FI-19|C1|2026-01-01,reason,better,r,me,2026-03-01")
    for control_date, reason in (
        (date(2026, 3, 31), "better"),
        (date(2026, 2, 28), "known"),
        (date(2026, 3, 31), "better"),
    ):
        workspace.run(control_date)
        assert workspace.column("select reason from raw.waiver") == [reason]


def test_the_log_and_the_rejects_hold_no_clock(workspace):
    workspace.put_minimal()
    workspace.ingest()
    (line, *_) = (workspace.root / "archive" / "deliveries.jsonl").read_text().splitlines()
    assert set(json.loads(line)) == {
        "number",
        "file",
        "content_hash",
        "accepted",
        "deliveries",
        "rejects",
        "unread_sheets",
    }


def test_the_warehouse_in_use_by_another_is_an_error_with_a_way_out(workspace):
    workspace.ingest()
    with (
        duckdb.connect(workspace.root / "warehouse.duckdb", read_only=True),
        pytest.raises(IngestError, match="used by another program"),
    ):
        workspace.ingest()
