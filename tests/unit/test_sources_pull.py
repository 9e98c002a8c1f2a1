"""Folders, SQL on SQLite, cursors in names, secrets and time limits: what no server is needed for."""

from __future__ import annotations

import ast
import datetime as dt
import os
import re
import sqlite3
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.messages import TEXTS
from assets.sources import folder as folders
from assets.sources import parcel
from assets.sources.deadline import Deadline, within
from assets.sources.faults import RequiredSourceFailed, SourceError
from assets.sources.history import LONGEST_CURSOR, file_name, position_of, read_name
from assets.sources.parcel import Parcel, is_known
from assets.sources.pull import pull, read_record
from assets.sources.secrets import Secrets
from assets.sources.spec import FolderSource, SqlSource
from tests.unit.workspace import MINIMAL, Workspace

SOURCE = SqlSource(name="office", url="sqlite:///x", query="select 1", table="client", cursor="modified")
CURSORS = st.one_of(
    st.integers(-(10**18), 10**18),
    st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
    st.datetimes(),
    st.datetimes(timezones=st.just(dt.UTC)),
    st.dates(),
    st.text(max_size=10),
    st.just("\ud800"),
)


def fetch(workspace: Workspace, *sources, **environment: str):
    states = pull(workspace.root, sources, language="en", progress=lambda _: None, environment=environment)
    workspace.ingest()
    return states


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "firm").mkdir()
    return Workspace(tmp_path / "firm")


# --- cursors


@settings(max_examples=60)
@given(CURSORS, st.integers(1, 999_999))
def test_a_cursor_is_read_back_from_the_name_of_its_file(cursor, seq):
    name = file_name(SOURCE, seq, cursor)
    assert len(Path(name).name.encode()) <= 255
    pulled = read_name(name)
    assert (pulled.cursor, type(pulled.cursor)) == (cursor, type(cursor))
    assert (pulled.source, pulled.table, pulled.seq, pulled.definition) == ("office", "client", seq, SOURCE.definition)


@pytest.mark.parametrize("cursor", [b"x", None, True, "x" * (LONGEST_CURSOR + 1)])
def test_a_cursor_that_a_name_cannot_hold_is_told(cursor):
    with pytest.raises(SourceError):
        file_name(SOURCE, 1, cursor)


@pytest.mark.parametrize(
    "name",
    [
        "client.csv",
        "pulled/office/client.csv",
        "pulled/office/client_000001_0123abcd_zx.csv",
        "pulled/office/client_000001_0123abcd_ix.csv",
        "pulled/office/sub/client_000001_0123abcd_i1.csv",
        "other/office/client_000001_0123abcd_i1.csv",
    ],
)
def test_what_people_name_themselves_is_no_cursor(name):
    assert read_name(name) is None


def test_the_position_is_that_of_the_last_file_of_this_definition_and_refused_files_do_not_count():
    mine = [file_name(SOURCE, n, 10 * n) for n in (1, 2, 10, 11)]
    old = file_name(SqlSource(**{**vars(SOURCE), "query": "select 2"}), 12, 999)
    other = file_name(SqlSource(**{**vars(SOURCE), "name": "else"}), 40, 999)
    position = position_of(SOURCE, [*mine[:3], old, other], [mine[3]])
    assert (position.cursor, position.next_seq) == (100, 13)
    assert position_of(SOURCE, [other], []).cursor is None


# --- SQL


class Office:
    """A SQLite database of clients, each row with the tick of its last change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.unlink(missing_ok=True)
        self.connection = sqlite3.connect(path)
        self.connection.execute("create table client (id primary key, name, tick)")
        self.tick = 0
        self.rows: dict[str, str] = {}

    def put(self, number: int, name: str, ticks: int) -> None:
        self.tick += ticks
        self.rows[f"C{number}"] = name
        self.connection.execute("replace into client values (?, ?, ?)", (f"C{number}", name, self.tick))
        self.connection.commit()

    def source(self, **other: object) -> SqlSource:
        query = "select id as client_id, name as legal_name, tick from client"
        asked = {"name": "office", "url": f"sqlite:///{self.path}", "query": query, "table": "client", "cursor": "tick"}
        return SqlSource(**{**asked, **other})


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 4), st.sampled_from("ABC"), st.integers(0, 1)),
        st.sampled_from([("fetch",), ("tidy",), ("read",), ("lose",)]),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(CHANGES)
def test_whatever_happens_between_fetches_the_input_ends_as_the_source(tmp_path_factory, changes):
    """People tidy the inbox, the warehouse is lost, runs stop between fetching and reading."""
    place = tmp_path_factory.mktemp("office")
    workspace = Workspace(place)
    office = Office(place / "office.db")
    for change in [*changes, ("fetch",), ("read",)]:
        if change[0] == "put":
            office.put(*change[1:])
        elif change[0] == "fetch":
            (state,) = pull(place, [office.source()], language="en", progress=lambda _: None)
            assert state.error == ""
        elif change[0] == "read":
            workspace.ingest()
        elif change[0] == "lose":
            (place / "warehouse.duckdb").unlink(missing_ok=True)
        else:
            for file in (place / "inbox").rglob("*.csv"):
                file.unlink()
    assert dict(workspace.query("select client_id, legal_name from input.client")) == office.rows


def test_a_row_that_cannot_be_typed_is_rejected_with_source_row_and_column(workspace, tmp_path):
    office = Office(tmp_path / "office.db")
    office.put(1, "Alpha", 1)
    office.put(2, "", 1)
    query = "select id as client_id, name as legal_name, 'x' as payment_terms_days, tick from client where id = 'C1'"
    assert fetch(workspace, office.source(query=query))[0].error == ""
    ((file, _, row, table, column, value, _),) = workspace.rejects()
    assert file.startswith("pulled/office/client_000001_")
    assert (row, table, column, value) == (2, "client", "payment_terms_days", "x")


def test_without_a_cursor_the_result_replaces_and_its_order_is_no_news(workspace, tmp_path):
    office = Office(tmp_path / "office.db")
    for number in (1, 2, 3):
        office.put(number, "A", 1)
    fetch(workspace, office.source(cursor=""))
    file = workspace.root / "inbox/pulled/office/client.csv"
    before = file.stat().st_mtime_ns
    descending = office.source(cursor="", query=office.source().query + " order by tick desc")
    fetch(workspace, descending)
    assert file.stat().st_mtime_ns == before
    office.connection.execute("delete from client where id = 'C2'")
    office.connection.commit()
    fetch(workspace, descending)
    assert sorted(workspace.column("select client_id from input.client")) == ["C1", "C3"]


def test_a_required_source_stops_the_run_after_the_others_were_fetched(workspace, tmp_path):
    office = Office(tmp_path / "office.db")
    office.put(1, "A", 1)
    broken = FolderSource(name="share", path="${NOWHERE}", required=True)
    with pytest.raises(RequiredSourceFailed, match=r"share.*NOWHERE"):
        pull(workspace.root, [broken, office.source()], language="en", progress=lambda _: None, environment={})
    record = read_record(workspace.root)
    assert (record["share"].error, record["office"].rows) == ("source_variable", 1)


def test_a_record_that_was_damaged_is_as_none(workspace, tmp_path):
    office = Office(tmp_path / "office.db")
    office.put(1, "A", 1)
    fetch(workspace, office.source())
    (workspace.root / ".prefact/sources.json").write_text("{")
    assert read_record(workspace.root) == {}
    (state,) = fetch(workspace, office.source())
    assert (state.error, state.cursor, state.delivered_at) == ("", "1", "")


def test_a_driver_that_breaks_in_a_way_of_its_own_is_a_failure_like_another(workspace, tmp_path, monkeypatch):
    def broken(*_):
        raise OverflowError("Dupont 1850173123456")

    monkeypatch.setattr("assets.sources.database.fetch_sql", broken)
    (state,) = fetch(workspace, Office(tmp_path / "office.db").source())
    assert (state.error, state.error_values) == ("source_unexpected", ("OverflowError",))


def test_a_file_too_large_for_the_inbox_is_not_delivered(tmp_path):
    held = Parcel(tmp_path, "client", largest=100)
    held.begin(["client_id", "legal_name"])
    with pytest.raises(SourceError, match="source_large"):
        held.add([("C1", "x" * 200)])
    held.drop()
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=6))
@settings(deadline=None)
def test_a_file_knows_its_own_rows_whatever_they_hold(tmp_path_factory, rows):
    place = tmp_path_factory.mktemp("parcel")
    held = Parcel(place, "client", largest=1 << 20)
    held.begin(["client_id", "legal_name"])
    held.add(rows)
    held.finish()
    assert is_known(held.path, held.path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (Decimal("0E-8"), "0.00000000"),
        (Decimal("1E+3"), "1000"),
        (dt.date(2026, 3, 2), "2026-03-02"),
        (dt.datetime(2026, 3, 2, 9, 30), "2026-03-02 09:30:00"),
        (dt.datetime(2026, 3, 2, 9, 30, tzinfo=dt.timezone(dt.timedelta(hours=1))), "2026-03-02 08:30:00"),
    ],
)
def test_values_of_drivers_are_written_as_the_inbox_reads_them(value, text):
    assert parcel._text(value) == text


def test_every_failure_has_its_sentence_and_as_many_values_as_it_has_places():
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in Path(parcel.__file__).parent.glob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    raised = [call for call in calls if getattr(call.func, "id", "") in ("SourceError", "Passing")]
    assert len(raised) > 25
    for call in raised:
        code = call.args[0].value
        places = set(re.findall(r"\{(\d)\}", TEXTS[code]["en"]))
        assert places == set(map(str, range(len(call.args) - 1))), code


# --- folders


def test_new_and_changed_files_are_copied_and_what_disappears_stays(workspace, tmp_path):
    share = tmp_path / "share"
    (share / "deep").mkdir(parents=True)
    (share / "client.csv").write_text(MINIMAL["client"])
    (share / "deep/client_file.csv").write_text(MINIMAL["client_file"])
    for name in ("notes.txt", ".client.csv", "client.csv.part", "~$client.xlsx"):
        (share / name).write_text("x")
    (share / "client_link.csv").symlink_to("/etc/hostname")
    source = FolderSource(name="share", path="../share")
    (state,) = fetch(workspace, source)
    assert (state.error, state.files) == ("", 2)
    assert workspace.column("select distinct source_file from input.delivery order by all") == [
        "pulled/share/client.csv",
        "pulled/share/deep/client_file.csv",
    ]
    delivered = state.delivered_at
    assert fetch(workspace, source)[0].delivered_at == delivered
    os.utime(share / "client.csv", ns=(1, 1))
    assert fetch(workspace, source)[0].files == 2, "touched, and the same content"
    (share / "client.csv").write_text(MINIMAL["client"] + "C3,Neuf\n")
    (share / "deep/client_file.csv").unlink()
    assert fetch(workspace, source)[0].files == 1
    assert workspace.column("select count(*) from input.client") == [3]
    assert workspace.column("select count(*) from input.client_file") == [2]


def test_a_copy_that_was_tidied_away_does_not_come_back(workspace, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    (share / "client.csv").write_text(MINIMAL["client"])
    source = FolderSource(name="share", path=str(share), into="shares/one")
    fetch(workspace, source)
    (workspace.root / "inbox/shares/one/client.csv").unlink()
    fetch(workspace, source)
    assert list((workspace.root / "inbox").rglob("*.csv")) == []


def test_a_file_that_is_being_written_waits_for_the_next_run(workspace, tmp_path, monkeypatch):
    share = tmp_path / "share"
    share.mkdir()
    (share / "client.csv").write_text(MINIMAL["client"])
    copy = folders.shutil.copyfile

    def still_written(source, target, **options):
        copy(source, target, **options)
        with open(source, "a") as file:
            file.write("C9,Suite\n")

    source = FolderSource(name="share", path=str(share))
    with monkeypatch.context() as patch:
        patch.setattr(folders.shutil, "copyfile", still_written)
        assert fetch(workspace, source)[0].delivered_at == ""
    assert list((workspace.root / "inbox").rglob("*.csv")) == []
    fetch(workspace, source)
    assert workspace.column("select count(*) from input.client") == [3]


def test_a_share_that_is_not_mounted_is_told(workspace):
    (state,) = fetch(workspace, FolderSource(name="share", path="../nowhere"))
    assert state.error == "source_folder"
    assert "../nowhere" in state.sentence("en")


# --- secrets and time


def test_secrets_are_filled_in_escaped_where_needed_and_never_told():
    secrets = Secrets({"P": "p@ss/w:rd", "U": "postgresql://me:deep%2Fsecret@host/x"})
    assert secrets.fill_url("postgresql://u:${P}@host/x") == "postgresql://u:p%40ss%2Fw%3Ard@host/x"
    assert secrets.fill("Bearer ${P}") == "Bearer p@ss/w:rd"
    assert secrets.fill_url("${U}") == "postgresql://me:deep%2Fsecret@host/x"
    told = "no p@ss/w:rd, p%40ss%2Fw%3Ard, deep/secret, deep%2Fsecret, mysql://a:b@host"
    assert secrets.hide(told) == "no ***, ***, ***, ***, mysql://***@host"


@pytest.mark.parametrize("value", ["", "a\nb", "a\r\nHost: x", "a\0b"])
def test_a_variable_that_no_header_can_hold_is_refused(value):
    with pytest.raises(SourceError, match="NAME"):
        Secrets({"NAME": value}).fill("${NAME}")


def test_what_takes_too_long_is_left_behind_and_may_no_longer_deliver():
    deadline = Deadline(0.2)
    delivered, over = [], threading.Event()

    def work():
        time.sleep(0.6)
        try:
            with deadline.delivering():
                delivered.append(1)
        finally:
            over.set()

    began = time.monotonic()
    with pytest.raises(SourceError, match="source_slow"):
        within(deadline, work)
    assert time.monotonic() - began < 0.5
    assert over.wait(5)
    assert delivered == []
