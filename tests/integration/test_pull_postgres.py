"""An SQL source on a real PostgreSQL that the test starts: types, cursors, faults, secrets."""

from __future__ import annotations

import threading
import time

import pytest

from assets.sources import attempts, database
from assets.sources.pull import pull
from assets.sources.spec import SqlSource
from tests.integration import postgres
from tests.unit.workspace import Workspace

psycopg = pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
pytestmark = pytest.mark.skipif(bool(postgres.why_not()), reason=postgres.why_not() or "–")

QUERY = """select 'office' as source, id as source_id, who as collaborator_id, mission as mission_id, day as work_date,
    minutes, billable, note as description, modified
from time_entry -- colons of the query are its own: 'a:b' and 1::text"""
ENTRIES = "select source_id, collaborator_id, minutes, work_date::varchar, billable from input.time_entry order by all"


@pytest.fixture(scope="module")
def server():
    with postgres.serve() as running:
        yield running


@pytest.fixture
def base(server):
    """A connection to a table of time entries, empty."""
    with psycopg.connect(
        f"postgresql://{server.address}", user="reader", password=postgres.PASSWORD, autocommit=True
    ) as connection:
        connection.execute("drop table if exists time_entry, price cascade")
        connection.execute(
            "create table time_entry (id bigint primary key, who text, mission varchar(20), day date, minutes integer,"
            " billable boolean, note text, modified timestamptz not null, blob bytea)"
        )
        yield connection


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_WAIT_SECONDS", 0.05)


def put(base, number: int, minutes: int, moment: str) -> None:
    base.execute(
        "insert into time_entry values (%s, 'K1', 'M1', '2026-03-02', %s, true, 'É; \"x\"', %s)"
        " on conflict (id) do update set minutes = excluded.minutes, modified = excluded.modified",
        (number, minutes, moment),
    )


@pytest.fixture
def firm(tmp_path, server):
    class Firm(Workspace):
        def source(self, **other: object) -> SqlSource:
            asked = {
                "name": "office",
                "url": f"postgresql+psycopg://reader:${{PG_PASSWORD}}@{server.address}",
                "query": QUERY,
                "table": "time_entry",
                "cursor": "modified",
            }
            return SqlSource(**{**asked, **other})

        def fetch(self, password: str = postgres.PASSWORD, **other: object):
            (state,) = pull(
                self.root,
                [self.source(**other)],
                language="en",
                progress=lambda _: None,
                environment={"PG_PASSWORD": password},
            )
            self.ingest()
            return state

    return Firm(tmp_path)


def test_rows_arrive_as_they_are_and_later_only_what_is_new(base, firm):
    put(base, 1, 60, "2026-03-02 10:00+01")
    put(base, 2, 90, "2026-03-02 12:00+01")
    put(base, 3, 30, "2026-03-02 10:30+01")
    state = firm.fetch()
    assert (state.error, state.rows) == ("", 3)
    assert firm.query(ENTRIES) == [(str(n), "K1", m, "2026-03-02", True) for n, m in ((1, 60), (2, 90), (3, 30))]
    assert firm.column("select distinct description from input.time_entry") == ['É; "x"']
    assert firm.fetch().rows == 3
    assert len(firm.query("from input.delivery")) == 1, "nothing new is no delivery"
    put(base, 1, 75, "2026-03-02 15:00+01")
    state = firm.fetch()
    assert state.rows == 2, "entry 3 is older than the overlap"
    assert [row[2] for row in firm.query(ENTRIES)] == [75, 90, 30]
    assert firm.ingest().unknown_columns == (), "the cursor is no column of the table and does not travel"


def test_a_transaction_that_ends_late_is_caught_by_the_overlap(base, firm):
    put(base, 1, 60, "2026-03-02 10:00+01")
    firm.fetch()
    put(base, 2, 60, "2026-03-02 09:30+01")
    firm.fetch()
    assert len(firm.query(ENTRIES)) == 2
    put(base, 3, 60, "2026-03-02 08:30+01")
    firm.fetch()
    assert len(firm.query(ENTRIES)) == 2, "what is older than the overlap is not seen: the overlap says how long"


@pytest.mark.parametrize("mark", ["source_id", "source_id::numeric(12, 2)", "work_date", "collaborator_id"])
def test_the_cursor_may_be_a_number_a_date_or_a_text(base, firm, mark):
    query = f"select q.*, {mark} as mark from ({QUERY}\n) q"
    for number in (1, 2):
        put(base, number, 60, "2026-03-02 10:00+01")
    assert firm.fetch(query=query, cursor="mark").rows == 2
    put(base, 3, 60, "2026-03-02 10:00+01")
    state = firm.fetch(query=query, cursor="mark")
    assert state.error == ""
    assert len(firm.query(ENTRIES)) == 3


def test_numbers_keep_every_digit(base, firm):
    base.execute("create table price (code text, since date, price numeric(18,8))")
    base.execute("insert into price values ('A', '2026-01-01', 0), ('B', '2026-01-01', 123456.12345600)")
    query = "select code as service_code, since as valid_from, price as unit_price from price"
    assert firm.fetch(query=query, table="price", cursor="").error == ""
    prices = firm.query("select service_code, unit_price::varchar from input.price order by 1")
    assert prices == [("A", "0.000000"), ("B", "123456.123456")]


def test_a_hundred_thousand_rows_arrive_in_one_delivery(base, firm):
    base.execute(
        "insert into time_entry select n, 'K' || n % 50, 'M1', date '2026-01-01' + n % 90, 1 + n % 480, true, null,"
        " timestamptz '2026-01-01' + n * interval '1 second' from generate_series(1, 100000) n"
    )
    assert firm.fetch().rows == 100_000
    sums = firm.query("select count(*), sum(minutes), count(distinct collaborator_id) from input.time_entry")
    assert sums == [(100_000, sum(1 + n % 480 for n in range(1, 100_001)), 50)]


@pytest.mark.parametrize(
    ("change", "error", "told"),
    [
        ({"query": "select 'o' as source, id as source_id, modified from time_entry"}, "source_column", "mission_id"),
        ({"query": "select * from nowhere"}, "source_sql", "nowhere"),
        ({"query": QUERY.replace("minutes", "note::integer as minutes", 1)}, "source_sql_data", "InvalidText"),
        ({"query": QUERY.replace("note as", "blob as")}, "source_value", "bytes"),
        ({"cursor": "updated"}, "source_sql", "updated"),
        ({"url": "postgresql+psycopg://reader:${PG_PASSWORD}@127.0.0.1:9/x"}, "source_sql", "check url"),
        ({"url": "oracle2://x"}, "source_sql_url", "driver"),
    ],
)
def test_a_failure_is_told_without_data_or_secrets(base, firm, change, error, told):
    base.execute("insert into time_entry values (1, 'K1', 'M1', '2026-03-02', 60, true, 'Dupont', now(), '\\x00')")
    state = firm.fetch(**change)
    assert state.error == error
    sentences = state.sentence("en") + state.sentence("fr")
    assert told in sentences
    assert "Dupont" not in sentences
    assert postgres.PASSWORD not in sentences
    assert firm.query("from input.delivery") == []


def test_a_wrong_password_is_asked_once_and_never_shown(base, firm, monkeypatch):
    judge, tries = database._fault, []

    def counted(*words):
        tries.append(words)
        return judge(*words)

    monkeypatch.setattr(database, "_fault", counted)
    state = firm.fetch(password="wr0ng-one")
    assert state.error == "source_sql"
    assert "wr0ng-one" not in state.sentence("en")
    assert len(tries) == 1


def test_a_row_without_cursor_is_told_since_it_would_never_come_again(base, firm):
    put(base, 1, 60, "2026-03-02 10:00+01")
    firm.fetch()
    base.execute("alter table time_entry alter modified drop not null")
    base.execute("insert into time_entry values (2, 'K1', 'M1', '2026-03-02', 60, true, null, null)")
    state = firm.fetch()
    assert (state.error, state.error_values) == ("source_cursor_null", ("modified",))


def test_a_query_that_hangs_is_given_up_in_time(base, firm):
    put(base, 1, 60, "2026-03-02 10:00+01")
    began = time.monotonic()
    state = firm.fetch(query=QUERY + "\nwhere pg_sleep(4) is not null", max_seconds=1)
    assert state.error == "source_slow"
    assert time.monotonic() - began < 4
    assert firm.query("from input.delivery") == []


def test_a_server_that_dies_while_it_is_read_is_asked_again_and_nothing_is_doubled(base, firm, server, monkeypatch):
    base.execute(
        "insert into time_entry select n, 'K1', 'M1', '2026-03-02', 60, true, repeat('x', 500), now()"
        " from generate_series(1, 60000) n"
    )
    base.execute("checkpoint")
    monkeypatch.setattr(attempts, "FIRST_WAIT_SECONDS", 0.5)
    read_cursor = database._place_of_cursor
    restarted = []

    def die_once(columns, source):
        if not restarted:
            server.stop()
            restarted.append(threading.Thread(target=server.start))
            restarted[0].start()
        return read_cursor(columns, source)

    monkeypatch.setattr(database, "_place_of_cursor", die_once)
    state = firm.fetch()
    restarted[0].join()
    assert (state.error, state.rows) == ("", 60_000)
    assert firm.column("select count(*) from input.time_entry") == [60_000]


def test_the_server_stopped_leaves_the_data_of_before(base, firm, server):
    put(base, 1, 60, "2026-03-02 10:00+01")
    firm.fetch()
    server.stop()
    try:
        state = firm.fetch()
    finally:
        server.start()
    assert state.error == "source_sql"
    assert postgres.PASSWORD not in state.sentence("fr")
    assert len(firm.query(ENTRIES)) == 1
