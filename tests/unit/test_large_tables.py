"""A large table of events is a view of the archive: it says what the table would."""

from datetime import date

import duckdb
import pytest

from assets import input_tables
from assets.ingestion import ingest, prepare_raw

ENTRIES = "source,source_id,collaborator_id,mission_id,work_date,minutes"
READINGS = "quantity_id,reading_date,origin,value"
#: (file, content), in the order of arrival: one ingestion each.
DELIVERIES = (
    ("time_entry_a.csv", f"{ENTRIES}\nt,1,K1,M1,2026-01-05,60\nt,2,K1,M1,2026-01-06,30\n"),
    # The same key again with the same content and with other content; twice in one file.
    ("time_entry_b.csv", f"{ENTRIES}\nt,2,K1,M1,2026-01-06,45\nt,1,K1,M1,2026-01-05,60\nt,3,K1,M1,x,1\n"),
    ("time_entry_c.csv", f"{ENTRIES}\nt,4,K1,M1,2026-01-07,10\nt,4,K1,M1,2026-01-07,20\n"),
    # Delivered anew: what it said before is gone.
    ("time_entry_a.csv", f"{ENTRIES}\nt,1,K1,M1,2026-01-05,90\n"),
    (
        "meter_reading.csv",
        f"{READINGS}\nQ1,2026-01-01,CUSTOMER,10\nQ1,2026-02-01,CUSTOMER,20\nQ9,2026-02-01,CUSTOMER,5\n",
    ),
    ("meter_reading_2.csv", f"{READINGS}\nQ1,2026-02-01,CUSTOMER,25\n"),
)
PARK = {
    "client": "client_id,legal_name\nC1,Un\n",
    "service_contract": "contract_id,client_id,start_date\nS1,C1,2026-01-01\n",
    "asset": "asset_id,contract_id\nA1,S1\n",
    "quantity": "quantity_id,asset_id,kind\nQ1,A1,TECHNICAL\nQ9,A1,TECHNICAL\n",
}
TABLES = ("input.time_entry", "input.meter_reading", "raw.time_entry", "raw.meter_reading")


def deliver(root, name, content):
    inbox = root / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_text(content)
    ingest(root, language="en", progress=lambda _: None)
    prepare_raw(root, date(2026, 3, 31), "en")


def told(root):
    with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
        kinds = dict(
            connection.execute(
                "select table_schema || '.' || table_name, table_type from information_schema.tables"
            ).fetchall()
        )
        rows = {table: connection.execute(f"from {table} order by all").fetchall() for table in TABLES}
    return {table: kinds[table] for table in TABLES}, rows


@pytest.fixture
def large(monkeypatch):
    def choose(is_large):
        monkeypatch.setattr(input_tables, "LARGE", 1 if is_large else 1_000_000)

    return choose


def test_a_view_of_the_archive_says_what_the_table_says_after_each_delivery(tmp_path, large):
    for name, content in PARK.items():
        for kind in ("view", "table"):
            deliver(tmp_path / kind, f"{name}.csv", content)
    for name, content in DELIVERIES:
        seen = {}
        for kind in ("view", "table"):
            large(kind == "view")
            deliver(tmp_path / kind, name, content)
            kinds, seen[kind] = told(tmp_path / kind)
            assert kinds["input.time_entry"] == ("VIEW" if kind == "view" else "BASE TABLE")
        assert seen["view"] == seen["table"], name
    assert [row[5] for row in seen["view"]["input.time_entry"]] == [90, 45, 20]
    assert [str(row[3]) for row in seen["view"]["raw.meter_reading"]] == ["10.0000", "25.0000", "5.0000"]


def test_a_row_that_points_at_nothing_is_left_out_whatever_the_size(tmp_path, large):
    for name, content in PARK.items():
        deliver(tmp_path, f"{name}.csv", content)
    large(True)
    deliver(tmp_path, "meter_reading.csv", f"{READINGS}\nQ1,2026-01-01,CUSTOMER,10\n")
    assert told(tmp_path)[0]["raw.meter_reading"] == "VIEW"
    deliver(tmp_path, "meter_reading_2.csv", f"{READINGS}\nNONE,2026-01-01,CUSTOMER,10\n")
    kinds, rows = told(tmp_path)
    assert kinds["raw.meter_reading"] == "BASE TABLE"
    assert [row[0] for row in rows["raw.meter_reading"]] == ["Q1"]


def test_entries_without_a_number_of_their_own_are_kept_as_a_table(tmp_path, large):
    large(True)
    columns = "source,collaborator_id,mission_id,work_date,minutes"
    deliver(tmp_path, "time_entry.csv", f"{columns}\nt,K1,M1,2026-01-05,60\nt,K1,M1,2026-01-05,60\n")
    kinds, rows = told(tmp_path)
    assert kinds["input.time_entry"] == "BASE TABLE"
    assert len(rows["input.time_entry"]) == 2


def test_a_workspace_that_moved_reads_its_archive_where_it_is_now(tmp_path, large):
    large(True)
    deliver(tmp_path / "here", *DELIVERIES[0])
    (tmp_path / "here").rename(tmp_path / "there")
    deliver(tmp_path / "there", *DELIVERIES[1])
    assert len(told(tmp_path / "there")[1]["raw.time_entry"]) == 2


def test_a_table_that_is_large_no_more_leaves_nothing_of_it(tmp_path, large):
    large(True)
    deliver(tmp_path, *DELIVERIES[0])
    large(False)
    deliver(tmp_path, *DELIVERIES[1])
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        names = connection.execute("select table_name from duckdb_tables() where schema_name = 'input'").fetchall()
    assert ("time_entry",) in names
    assert not [name for (name,) in names if name.endswith("_replaced")]
