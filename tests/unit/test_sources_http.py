"""An API read page by page from a real server: what arrives, what is tried again, what is told when it fails."""

from __future__ import annotations

import datetime as dt
import time
from dataclasses import replace

import pytest

from assets.sources import api, attempts
from assets.sources.pull import pull, read_record
from assets.sources.spec import Field, HttpSource
from tests.unit.kimai import TOKEN, Kimai, serve
from tests.unit.workspace import Workspace

HOUR = dt.timedelta(hours=1)
ENTRIES = "select source_id, minutes, mission_id, work_date::varchar, billable from input.time_entry order by source_id"


@pytest.fixture(scope="module")
def server():
    with serve() as kimai:
        yield kimai


@pytest.fixture
def kimai(server):
    server.reset()
    return server


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Waits a hundredth of those of a run."""
    monkeypatch.setattr(attempts, "FIRST_WAIT_SECONDS", 0.01)


def source_of(kimai: Kimai, **other: object) -> HttpSource:
    """The worked example of docs/sources.md."""
    asked = {
        "name": "kimai",
        "url": f"{kimai.url}/api/timesheets",
        "table": "time_entry",
        "headers": {"Authorization": "Bearer ${KIMAI_TOKEN}"},
        "params": {"user": "all", "active": "0", "orderBy": "id", "order": "ASC"},
        "page_param": "page",
        "size_param": "size",
        "size": 2,
        "cursor_param": "modified_after",
        "timezone": "Europe/Paris",
        "columns": {
            "source": Field(value="kimai"),
            "source_id": Field(path="id"),
            "collaborator_id": Field(path="user"),
            "mission_id": Field(path="project"),
            "work_date": Field(path="begin", part="date"),
            "minutes": Field(path="duration", unit="seconds"),
            "billable": Field(path="billable"),
            "description": Field(path="description"),
        },
    }
    return HttpSource(**{**asked, **other})


class Firm(Workspace):
    """A workspace that fetches one source, as a run does."""

    def fetch(self, source: HttpSource, token: str = TOKEN):
        (state,) = pull(self.root, [source], language="en", progress=lambda _: None, environment={"KIMAI_TOKEN": token})
        self.ingest()
        return state

    def files(self) -> list[str]:
        return sorted(path.name for path in (self.root / "inbox").rglob("*") if path.is_file())


@pytest.fixture
def firm(tmp_path):
    return Firm(tmp_path)


def test_every_page_arrives_typed_as_the_table_wants_it(kimai, firm):
    for number in range(1, 6):
        kimai.put(number, 3600 + 60 * number)
    state = firm.fetch(source_of(kimai))
    assert (state.error, state.rows, state.files) == ("", 5, 1)
    assert kimai.asked() == ["1", "2", "3"]
    assert firm.query(ENTRIES) == [(str(n), 60 + n, "7", "2026-03-02", True) for n in range(1, 6)]
    assert firm.column("select distinct description from input.time_entry") == ['Révision ; "urgent"\nsuite']
    assert firm.rejects() == []
    (kept,) = firm.query("select source, table_name, cursor, files, rows from input.source_cursor")
    assert kept == ("kimai", "time_entry", "2026-03-31 16:00:00+00:00", 1, 5)


def test_a_later_fetch_asks_for_what_changed_since_less_the_overlap(kimai, firm):
    kimai.put(1, 3600)
    firm.fetch(source_of(kimai))
    kimai.requests.clear()
    kimai.now += 3 * HOUR
    kimai.put(2, 1800)
    kimai.put(1, 7200)
    state = firm.fetch(source_of(kimai))
    assert [params["modified_after"] for params in kimai.requests] == ["2026-03-31T17:00:00"]
    assert state.rows == 2
    assert [row[:2] for row in firm.query(ENTRIES)] == [("1", 120), ("2", 30)]


def test_nothing_new_delivers_nothing_and_leaves_the_cursor(kimai, firm):
    kimai.put(1, 3600)
    first = firm.fetch(source_of(kimai))
    before = firm.files()
    fingerprint = firm.ingest().input_fingerprint
    for minutes in (1, 30, 300):
        kimai.now += dt.timedelta(minutes=minutes)
        state = firm.fetch(source_of(kimai))
        assert (state.error, state.cursor, state.delivered_at) == ("", first.cursor, first.delivered_at)
    assert firm.files() == before
    assert firm.ingest().input_fingerprint == fingerprint


def test_an_entry_changed_and_changed_back_within_the_overlap_stands_as_it_is_now(kimai, firm):
    for seconds in (3600, 7200, 3600):
        kimai.put(1, seconds)
        firm.fetch(source_of(kimai))
        kimai.now += dt.timedelta(minutes=5)
    assert [row[:2] for row in firm.query(ENTRIES)] == [("1", 60)]


def test_a_definition_that_changed_fetches_everything_anew(kimai, firm):
    kimai.put(1, 3600)
    firm.fetch(source_of(kimai))
    kimai.now += 24 * HOUR
    changed = source_of(kimai)
    firm.fetch(replace(changed, columns={**changed.columns, "mission_id": Field(path="activity")}))
    assert [row[2] for row in firm.query(ENTRIES)] == ["3"]


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(29, None), (30, 1), (89, 1), (90, 2), (3599, 60), (5430, 91), ("x", None), (None, None)]
)
def test_seconds_become_whole_minutes_and_what_is_none_is_rejected_by_row_and_column(kimai, firm, seconds, minutes):
    kimai.put(1, seconds)
    kimai.put(2, 60)
    assert firm.fetch(source_of(kimai)).error == ""
    assert [row[1] for row in firm.query(ENTRIES)] == ([] if minutes is None else [minutes]) + [1]
    if minutes is None:
        ((file, _, row, table, column, _, _),) = firm.rejects()
        assert (file.split("/")[:2], row, table, column) == (["pulled", "kimai"], 2, "time_entry", "minutes")


def test_hours_become_minutes_without_a_float(kimai, firm):
    kimai.put(1, 1.1)
    columns = {**source_of(kimai).columns, "minutes": Field(path="duration", unit="hours")}
    firm.fetch(source_of(kimai, columns=columns))
    assert [row[1] for row in firm.query(ENTRIES)] == [66]


def test_fields_within_fields_and_a_list_within_the_answer_are_found(kimai, firm):
    kimai.put(1, 3600, project={"id": 7, "name": "Alpha", "customer": {"name": "A"}})
    source = source_of(kimai)
    columns = {**source.columns, "mission_id": Field(path="project.customer.name")}
    firm.fetch(replace(source, columns=columns))
    assert [row[2] for row in firm.query(ENTRIES)] == ["A"]


@pytest.mark.parametrize("fault", ["half", "silent", "500", "502", "503", "504", "429", "429 Retry-After=0", "408"])
def test_what_passes_is_tried_again_and_no_row_is_lost_or_doubled(kimai, firm, fault):
    for number in range(1, 6):
        kimai.put(number, 3600)
    kimai.faults = {2: fault, 3: fault}
    state = firm.fetch(source_of(kimai))
    assert (state.error, state.rows) == ("", 5)
    assert kimai.asked() == ["1", "2", "2", "2", "3"]
    assert len(firm.query(ENTRIES)) == 5


def test_the_server_says_how_long_to_wait(kimai, firm):
    kimai.put(1, 3600)
    kimai.faults = {1: "429 Retry-After=1"}
    began = time.monotonic()
    assert firm.fetch(source_of(kimai)).error == ""
    assert 1 <= time.monotonic() - began < 3


def test_a_wait_longer_than_the_source_may_take_is_not_waited(kimai, firm):
    kimai.put(1, 3600)
    kimai.faults = {0: "429 Retry-After=3600"}
    began = time.monotonic()
    state = firm.fetch(source_of(kimai))
    assert state.error == "source_http_status"
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("500", "source_http_status", "answers 500"),
        ("half", "source_http_lost", "not to the end"),
        ("silent", "source_http_lost", "does not answer"),
        ("400", "source_http_status", "answers 400"),
        ("403", "source_http_refused", "check the token"),
        ("302 Location=http://127.0.0.1:1/", "source_http_moved", "not followed"),
        ("html", "source_json", "page 1"),
        ("nan", "source_json", "page 1"),
        ("object", "source_items", "no list of objects"),
        ("same page", "source_same_page", "page_param"),
        ("shrunk", "source_total", "4 objects instead of the 5"),
        ("no date", "source_http_date", "cursor_field"),
    ],
)
def test_a_failure_delivers_nothing_and_tells_the_way_out_without_the_token(kimai, firm, fault, error, told):
    for number in range(1, 5):
        kimai.put(number, 3600)
    kimai.faults = {0: fault}
    state = firm.fetch(source_of(kimai))
    assert state.error == error
    sentences = [state.sentence(language) for language in ("fr", "en")]
    assert told in sentences[1]
    for secret in (TOKEN, "Dupont", "1850173123456"):
        assert secret not in "".join(sentences) + str(read_record(firm.root))
    assert firm.files() == []
    kimai.faults = {}
    assert firm.fetch(source_of(kimai)).rows == 4
    assert len(firm.query(ENTRIES)) == 4


def test_a_list_that_changed_while_it_was_read_is_read_again_from_the_beginning(kimai, firm):
    for number in range(1, 5):
        kimai.put(number, 3600)
    kimai.faults = {2: "shrunk"}
    assert firm.fetch(source_of(kimai)).rows == 4
    assert kimai.asked() == ["1", "2", "1", "2"]
    assert len(firm.query(ENTRIES)) == 4


def test_a_page_that_is_missing_among_those_announced_is_a_failure_not_an_end(kimai, firm):
    for number in range(1, 7):
        kimai.put(number, 3600)
    kimai.faults = {2: "404"}
    assert firm.fetch(source_of(kimai)).error == "source_http_status"
    assert firm.files() == []


def test_a_failure_on_a_later_page_keeps_the_data_of_before_and_the_next_run_goes_on_from_there(kimai, firm):
    kimai.put(1, 3600)
    good = firm.fetch(source_of(kimai))
    kimai.now += 24 * HOUR
    for number in range(2, 6):
        kimai.put(number, 3600)
    kimai.requests.clear()
    kimai.faults = dict.fromkeys(range(2, 20), "half")
    state = firm.fetch(source_of(kimai))
    assert (state.error, state.cursor, state.fetched_at) == ("source_http_lost", good.cursor, good.fetched_at)
    assert len(firm.query(ENTRIES)) == 1
    kimai.faults = {}
    firm.fetch(source_of(kimai))
    assert len(firm.query(ENTRIES)) == 5


def test_a_wrong_token_is_not_tried_again_nor_shown(kimai, firm):
    state = firm.fetch(source_of(kimai), token="wr0ng-token")
    assert state.error == "source_http_refused"
    assert "wr0ng-token" not in state.sentence("en")
    assert kimai.asked() == ["1"]


def test_a_variable_that_is_not_set_is_named(kimai, firm):
    state = firm.fetch(source_of(kimai), token="")
    assert (state.error, state.error_values) == ("source_variable", ("KIMAI_TOKEN",))
    assert kimai.asked() == []


def test_a_server_that_drips_is_given_up_in_time_and_delivers_nothing_later(kimai, firm):
    kimai.put(1, 3600)
    kimai.faults = {0: "drip"}
    began = time.monotonic()
    state = firm.fetch(source_of(kimai, max_seconds=1))
    assert time.monotonic() - began < 4
    assert state.error == "source_slow"
    assert firm.files() == [] or firm.files() == [".unfinished.csv"]


def test_a_server_that_does_not_say_how_many_pages_is_read_to_its_empty_or_missing_page(kimai, firm):
    for number in range(1, 5):
        kimai.put(number, 3600)
    kimai.faults = {0: "no pages"}
    assert firm.fetch(source_of(kimai)).rows == 4
    assert kimai.asked() == ["1", "2", "3"]


def test_a_field_that_no_object_has_is_named(kimai, firm):
    kimai.put(1, 3600)
    source = source_of(kimai)
    for column, error in (("minutes", "duree"), ("billable", "facturable")):
        state = firm.fetch(replace(source, columns={**source.columns, column: Field(path=error)}))
        assert (state.error, state.error_values) == ("source_field", (error,))


def test_a_required_column_that_is_not_mapped_is_named_before_anything_is_asked(kimai, firm):
    source = source_of(kimai)
    columns = {name: field for name, field in source.columns.items() if name != "mission_id"}
    state = firm.fetch(replace(source, columns=columns))
    assert (state.error, state.error_values[:2]) == ("source_column", ("mission_id", "time_entry"))
    assert kimai.asked() == []


def test_a_field_that_is_no_plain_value_says_how_to_reach_one(kimai, firm):
    kimai.put(1, 3600, project={"id": 7})
    state = firm.fetch(source_of(kimai))
    assert "project.id" in state.sentence("en")


def test_without_a_cursor_the_list_replaces_the_one_of_before(kimai, firm):
    source = source_of(kimai, cursor_param="")
    for number in (1, 2, 3):
        kimai.put(number, 3600)
    firm.fetch(source)
    del kimai.entries[2]
    firm.fetch(source)
    assert [row[0] for row in firm.query(ENTRIES)] == ["1", "3"]
    assert firm.files() == ["time_entry.csv"]


def test_a_list_that_becomes_empty_is_a_failure_until_somebody_means_it(kimai, firm):
    source = source_of(kimai, cursor_param="")
    kimai.put(1, 3600)
    firm.fetch(source)
    kimai.entries.clear()
    assert firm.fetch(source).error == "source_empty"
    assert len(firm.query(ENTRIES)) == 1
    file = firm.root / "inbox/pulled/kimai/time_entry.csv"
    kept = file.read_text(encoding="utf-8")
    file.unlink()
    assert firm.fetch(source).error == "source_empty", "also when the file was tidied away"
    file.write_text(kept.splitlines()[0] + "\n", encoding="utf-8")
    assert firm.fetch(source).error == ""
    assert firm.query(ENTRIES) == []


def test_a_cursor_of_the_objects_own_is_their_newest(kimai, firm):
    for number, stamp in ((1, "2026-03-02T10:00:00+0100"), (2, "2026-03-04T10:00:00+0100"), (3, "2026-03-03")):
        kimai.put(number, 3600, stamp=stamp)
    source = source_of(kimai, cursor_field="stamp")
    assert firm.fetch(source).cursor == "2026-03-04 10:00:00+01:00"
    kimai.requests.clear()
    firm.fetch(source)
    assert kimai.requests[0]["modified_after"] == "2026-03-04T09:00:00"


def test_a_page_too_large_is_not_read_into_memory(kimai, firm, monkeypatch):
    monkeypatch.setattr(api, "MAX_PAGE_BYTES", 100)
    kimai.put(1, 3600)
    assert firm.fetch(source_of(kimai)).error == "source_page_large"


@pytest.mark.parametrize(
    ("url", "token"), [("nowhere", TOKEN), ("http://[::bad/", TOKEN), ("http://127.0.0.1:9", "jet☂n")]
)
def test_what_cannot_be_sent_is_told_at_once(firm, url, token):
    state = firm.fetch(source_of(Kimai(), url=url), token=token)
    assert state.error == "source_http_url"
    assert token not in state.sentence("en")


def test_an_address_nobody_listens_at_is_told(firm):
    source = source_of(Kimai(), url="http://127.0.0.1:9/api")
    assert firm.fetch(source).error == "source_http_lost"
