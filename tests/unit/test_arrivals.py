"""The sensor of the inbox: what it asks for when files arrive."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.ingestion import ingest
from orchestration.arrivals import build_inbox_sensor, concerned_months, glimpse
from orchestration.lock import WorkspaceBusy
from orchestration.settings import Settings, Workspace
from tests.unit.drafts import publish


@pytest.fixture
def firm(tmp_path):
    """A month open, one open in part and one validated."""
    publish(tmp_path, "2026-01", status="VALIDATED", validated_at="2026-02-03 10:00:00")
    publish(tmp_path, "2026-02", status="PARTLY_VALIDATED", validated_at="2026-03-03 10:00:00")
    publish(tmp_path, "2026-03")
    return Workspace(tmp_path, Settings())


@pytest.fixture
def look(firm):
    """One look of the sensor, which remembers the last."""

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition(["2026-02", "2026-03"]))
    def month() -> None: ...

    sensor = build_inbox_sensor(firm, dg.define_asset_job("month", [month]))
    cursor: list[str | None] = [None]

    def once():
        with dg.build_sensor_context(cursor=cursor[0], definitions=dg.Definitions(assets=[month])) as context:
            result = sensor(context)
        if isinstance(result, dg.SensorResult):
            cursor[0] = result.cursor
            return [request.partition_key for request in result.run_requests or []]
        return []

    return once


def drop(firm, name="client.csv", text="client_id,legal_name\nC1,Alpha\n"):
    (firm.inbox / name).write_text(text, encoding="utf-8")


def test_files_that_have_settled_ask_once_for_the_open_months(firm, look):
    assert [look(), look(), look()] == [[], [], []]
    drop(firm)
    assert look() == [], "it may still be growing"
    assert look() == ["2026-02", "2026-03"]
    assert [look(), look()] == [[], []]


def test_a_file_still_being_copied_asks_for_nothing_yet(firm, look):
    drop(firm)
    look()
    drop(firm, text="client_id,legal_name\nC1,Alpha\nC2,Beta\n")
    assert look() == []
    assert look() == ["2026-02", "2026-03"]


def test_what_feeds_nothing_or_disappears_asks_for_nothing(firm, look):
    drop(firm)
    ingest(firm.root, language="fr", progress=lambda _: None)
    for month in ("2026-02", "2026-03"):
        publish(firm.root, month)
    (firm.inbox / "client.csv").unlink()
    drop(firm, "notes.txt")
    assert [look(), look()] == [[], []]


def test_a_month_made_from_older_files_is_asked_for_when_another_was_run_since(firm):
    drop(firm)
    ingest(firm.root, language="fr", progress=lambda _: None)
    publish(firm.root, "2026-03")
    assert concerned_months(firm) == ["2026-02"]


def test_the_sensor_never_looks_while_a_run_writes(firm, look, monkeypatch):
    drop(firm)
    look()

    def busy(*_, **__):
        raise WorkspaceBusy("workspace_busy", holder="1 run")

    with monkeypatch.context() as patch:
        patch.setattr("orchestration.arrivals.workspace_lock", busy)
        assert look() == []
    assert look() == ["2026-02", "2026-03"], "it is not forgotten"


def test_a_glimpse_sees_what_a_touch_changes_and_opens_nothing(firm):
    before = glimpse(firm.inbox)
    assert glimpse(firm.inbox) == before
    drop(firm)
    (firm.inbox / "client.csv").chmod(0)
    assert glimpse(firm.inbox) != before
