"""What a validation freezes, what it leaves out and what forbids it; the chain it becomes a link of."""

from __future__ import annotations

import hashlib
import json
import os
import shutil

import duckdb
import pytest

from assets.ledger import GENESIS, HEAD, LedgerError, load_ledger, read_chain
from assets.validation import (
    Scope,
    ValidationError,
    archive_state,
    freeze_plan,
    person,
    plan_validation,
)
from tests.unit.drafts import LINES, line, publish, recorded

MONTH = "2026-03"
WHOLE = Scope()


def plan(root, scope=WHOLE, month=MONTH):
    return plan_validation(root, month, scope, "en")


def validate(root, scope=WHOLE, month=MONTH):
    return freeze_plan(root, plan(root, scope, month))


def refused(root, scope=WHOLE, month=MONTH) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        plan(root, scope, month)
    return caught.value


# --- what is frozen ---------------------------------------------------------------------------------------------------


def test_ready_lines_are_frozen_with_all_that_goes_with_them_and_held_ones_are_not(tmp_path):
    publish(tmp_path)
    validate(tmp_path)
    assert recorded(tmp_path, "line", "line_key") == [["L1", "L2", "L4"]]
    assert recorded(tmp_path, "evidence", "line_key") == [["L1", "L2", "L4"]]
    assert recorded(tmp_path, "item", "item_key") == [["L1", "L2", "L4"]]
    assert recorded(tmp_path, "adjustment", "adjustment_id") == [["A-L1", "A-L2", "A-L4"]]
    assert recorded(tmp_path, "exclusion", "client_file_id") == [["F1", "F2", "F3"]]
    assert recorded(tmp_path, "anomaly", "subject_id") == [["L1", "L2", "L3", "L4", "L5"]]
    assert recorded(tmp_path, "closed", "client_file_id") == [[None]]


def test_a_link_says_who_when_what_for_how_much_and_from_which_input(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFACT_USER", "Claire")
    publish(tmp_path)
    manifest = validate(tmp_path).manifest
    assert (manifest["recorded_by"], manifest["month"], manifest["is_whole"]) == ("Claire", MONTH, True)
    assert (manifest["lines"], manifest["amount_net"], manifest["control_date"]) == (3, "130.50", "2026-03-28")
    assert manifest["recorded_at"].startswith("20") and len(manifest["input_fingerprint"]) == 64
    assert manifest["archive"] == archive_state(tmp_path / "archive")
    assert (manifest["seq"], manifest["previous"]) == (1, GENESIS)


def test_the_summary_before_the_write_counts_what_goes_and_what_stays(tmp_path):
    publish(tmp_path)
    (total,) = plan(tmp_path).totals
    assert (total.billing_mode, total.lines, str(total.amount_net)) == ("FLAT", 3, "130.50")
    assert (total.held_lines, str(total.held_net), total.held_unknown) == (2, "7.00", 1)
    assert not (tmp_path / "ledger").exists(), "looking writes nothing"


def test_a_client_is_all_of_its_client_files(tmp_path):
    publish(tmp_path)
    validate(tmp_path, Scope(clients=("C1",)))
    assert recorded(tmp_path, "line", "line_key") == [["L1", "L2"]]
    assert recorded(tmp_path, "closed", "client_file_id") == [["F1", "F2", None]]
    assert recorded(tmp_path, "exclusion", "client_file_id") == [["F1", "F2"]]


def test_a_contract_is_validated_beside_the_client_files(tmp_path):
    publish(tmp_path, lines=[{**line("L0", None), "contract_id": "K1"}, *LINES])
    assert plan(tmp_path, Scope(contracts=("K1",))).contracts == ("K1",)
    assert "K1" in str(refused(tmp_path, Scope(contracts=("K2",))))
    validate(tmp_path, Scope(contracts=("K1",)))
    assert recorded(tmp_path, "line", "line_key") == [["L0"]]
    assert recorded(tmp_path, "closed", "contract_id") == [["K1"]]
    assert plan(tmp_path, Scope(clients=("C1",))).contracts == ()
    validate(tmp_path, Scope())
    assert recorded(tmp_path, "line", "line_key")[1:] == [["L1", "L2", "L4"]]


def test_a_client_is_its_contracts_as_well(tmp_path):
    publish(tmp_path)
    found = plan(tmp_path, Scope(clients=("C1",)))
    assert (found.client_files, found.contracts) == (("F1", "F2"), ("K1",))


def test_a_month_validated_in_parts_freezes_each_line_once(tmp_path):
    publish(tmp_path)
    validate(tmp_path, Scope(client_files=("F2",)))
    # The published draft is not brought up to date in between, as after a kill.
    validate(tmp_path, Scope(client_files=("F2", "F1")))
    validate(tmp_path)
    assert recorded(tmp_path, "line", "line_key") == [["L2"], ["L1"], ["L4"]]
    assert recorded(tmp_path, "closed", "client_file_id") == [["F2"], ["F1"], [None]]
    assert recorded(tmp_path, "anomaly", "subject_id") == [["L2", "L3"], ["L1"], ["L4", "L5"]]


def test_a_month_without_a_ready_line_is_closed_all_the_same(tmp_path):
    publish(tmp_path, lines=[LINES[2]])
    link = validate(tmp_path)
    assert (link.manifest["lines"], link.manifest["amount_net"]) == (0, "0.00")
    assert plan(tmp_path).is_settled


def test_validating_twice_leaves_nothing_to_do(tmp_path):
    publish(tmp_path)
    link = validate(tmp_path)
    again = plan(tmp_path)
    assert again.is_settled and again.is_closed and not again.is_shown
    publish(tmp_path, status="VALIDATED", validated_at=link.manifest["recorded_at"])
    again = plan(tmp_path)
    assert again.is_settled and again.is_shown
    assert plan(tmp_path, Scope(client_files=("F1",))).is_settled


def test_validating_the_whole_after_all_its_parts_changes_nothing(tmp_path):
    publish(tmp_path)
    validate(tmp_path, Scope(clients=("C1", "C3")))
    moment = read_chain(tmp_path / "ledger")[-1].manifest["recorded_at"]
    publish(tmp_path, status="VALIDATED", validated_at=moment)
    settled = plan(tmp_path)
    assert settled.is_settled and not settled.is_closed


def test_a_client_file_closed_before_is_left_out_of_the_next_part(tmp_path):
    publish(tmp_path)
    validate(tmp_path, Scope(client_files=("F1",)))
    assert plan(tmp_path, Scope(client_files=("F1",))).is_settled
    assert plan(tmp_path, Scope(clients=("C1",))).client_files == ("F2",)


# --- what forbids it --------------------------------------------------------------------------------------------------


def test_a_month_never_run_is_refused(tmp_path):
    (tmp_path / "inbox").mkdir()
    error = refused(tmp_path)
    assert (error.code, error.is_refusal) == ("never_run", True)
    assert "prefact run 2026-03" in str(error)


def test_a_file_that_arrived_or_changed_since_the_draft_is_named(tmp_path):
    publish(tmp_path)
    (tmp_path / "inbox" / "client.csv").write_text("client_id,legal_name\nC1,Alpha\n", encoding="utf-8")
    error = refused(tmp_path)
    assert (error.code, error.is_refusal) == ("inbox_changed", True)
    assert "client.csv" in str(error) and "prefact run 2026-03" in str(error)
    assert not (tmp_path / "archive").exists(), "looking archives nothing"


def test_files_read_for_another_month_since_are_a_reason_too(tmp_path):
    from assets.ingestion import ingest

    publish(tmp_path)
    (tmp_path / "inbox" / "client.csv").write_text("client_id,legal_name\nC1,Alpha\n", encoding="utf-8")
    ingest(tmp_path, language="en", progress=lambda _: None)
    assert refused(tmp_path).code == "input_moved_on"


def test_a_file_that_disappeared_or_feeds_nothing_forbids_nothing(tmp_path):
    from assets.ingestion import ingest

    (tmp_path / "inbox").mkdir()
    file = tmp_path / "inbox" / "client.csv"
    file.write_text("client_id,legal_name\nC1,Alpha\n", encoding="utf-8")
    ingest(tmp_path, language="en", progress=lambda _: None)
    publish(tmp_path)
    file.unlink()
    (tmp_path / "inbox" / "notes.txt").write_text("nothing")
    assert plan(tmp_path).totals


def test_neither_held_lines_nor_earlier_months_forbid_anything(tmp_path):
    publish(tmp_path, "2026-02")
    publish(tmp_path, "2026-03")
    validate(tmp_path, month="2026-03")
    assert [link.manifest["month"] for link in read_chain(tmp_path / "ledger")] == ["2026-03"]


@pytest.mark.parametrize(
    ("scope", "code"),
    [
        (Scope(client_files=("F1", "F9")), "unknown_client_file"),
        (Scope(clients=("F1",)), "unknown_client"),
        (Scope(contracts=("K9",)), "unknown_contract"),
    ],
)
def test_a_name_nobody_knows_is_no_refusal_but_an_error(tmp_path, scope, code):
    publish(tmp_path)
    error = refused(tmp_path, scope)
    assert (error.code, error.is_refusal) == (code, False)


def test_what_changed_in_the_inbox_does_not_trouble_what_is_validated_already(tmp_path):
    publish(tmp_path)
    validate(tmp_path)
    (tmp_path / "inbox" / "client.csv").write_text("client_id,legal_name\nC1,Alpha\n", encoding="utf-8")
    assert plan(tmp_path).is_settled


def test_the_person_is_the_one_named_else_the_user_of_the_system():
    assert person({"PREFACT_USER": " Claire "}) == "Claire"
    assert person({"PREFACT_USER": ""}) == person({}) != ""


# --- the chain --------------------------------------------------------------------------------------------------------


@pytest.fixture
def chain(tmp_path):
    """Three links, of three client files."""
    publish(tmp_path)
    for file in ("F1", "F2", "F3"):
        validate(tmp_path, Scope(client_files=(file,)))
    return tmp_path / "ledger"


def broken(ledger) -> LedgerError:
    before = {path: path.read_bytes() for path in ledger.rglob("*") if path.is_file()}
    with pytest.raises(LedgerError) as caught:
        read_chain(ledger)
    assert {path: path.read_bytes() for path in ledger.rglob("*") if path.is_file()} == before, "nothing is repaired"
    return caught.value


def read_chain_without_head(ledger) -> str:
    """The hash a chain ends with, whatever its head says."""
    last = max(path for path in ledger.iterdir() if path.is_dir())
    return hashlib.sha256((last / "link.json").read_bytes()).hexdigest()


def test_a_sound_chain_is_read_in_order(chain):
    assert [link.seq for link in read_chain(chain)] == [1, 2, 3]
    assert [link.hash for link in read_chain(chain)][-1] == (chain / HEAD).read_text().strip()


def test_a_flipped_byte_anywhere_is_seen(chain):
    for file in sorted(chain.rglob("*.parquet")):
        sound = file.read_bytes()
        file.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
        error = broken(chain)
        assert (error.code, error.place) == ("ledger_changed_file", f"ledger/{file.relative_to(chain)}")
        file.write_bytes(sound)


def test_a_file_that_is_gone_is_named(chain):
    (chain / "000002-2026-03" / "line.parquet").unlink()
    assert broken(chain).place == "ledger/000002-2026-03/line.parquet"


def test_an_altered_manifest_breaks_the_chain_at_the_next_link(chain):
    file = chain / "000001-2026-03" / "link.json"
    file.write_text(file.read_text().replace('"lines": 1', '"lines": 2'))
    error = broken(chain)
    assert (error.code, error.place) == ("ledger_broken_chain", "ledger/000002-2026-03")


def test_an_altered_last_manifest_does_not_agree_with_the_head(chain):
    file = chain / "000003-2026-03" / "link.json"
    file.write_text(file.read_text().replace('"lines": 1', '"lines": 2'))
    assert broken(chain).code == "ledger_missing_end"


def test_a_manifest_that_cannot_be_read_is_named(chain):
    (chain / "000002-2026-03" / "link.json").write_text("{")
    error = broken(chain)
    assert (error.code, error.place) == ("ledger_unreadable_link", "ledger/000002-2026-03")


def test_a_missing_middle_is_named(chain):
    shutil.rmtree(chain / "000002-2026-03")
    error = broken(chain)
    assert (error.code, error.place) == ("ledger_missing_link", "ledger/000002")


def test_a_missing_end_is_seen(chain):
    shutil.rmtree(chain / "000003-2026-03")
    assert broken(chain).code == "ledger_missing_end"


def test_a_missing_beginning_is_named(chain):
    shutil.rmtree(chain / "000001-2026-03")
    assert broken(chain).place == "ledger/000001"


def test_a_swapped_or_missing_head_is_seen(chain):
    first = read_chain(chain)[0].hash
    (chain / HEAD).write_text(first + "\n")
    assert broken(chain).code == "ledger_missing_end"
    (chain / HEAD).unlink()
    assert broken(chain).code == "ledger_missing_end"


def test_two_links_swapped_are_seen(chain):
    os.rename(chain / "000001-2026-03", chain / "aside")
    os.rename(chain / "000002-2026-03", chain / "000001-2026-03")
    os.rename(chain / "aside", chain / "000002-2026-03")
    assert broken(chain).code == "ledger_broken_chain"


def test_a_ledger_all_of_whose_links_are_gone_is_not_an_empty_one(chain):
    for link in chain.iterdir():
        if link.is_dir():
            shutil.rmtree(link)
    assert broken(chain).code == "ledger_missing_end"


def test_a_chain_cut_short_with_its_head_is_told_by_what_was_read_before(chain, tmp_path):
    with duckdb.connect(":memory:") as connection:
        load_ledger(connection, chain)
        shutil.rmtree(chain / "000003-2026-03")
        (chain / HEAD).write_text(read_chain_without_head(chain) + "\n")
        assert len(read_chain(chain)) == 2, "by itself it looks sound"
        with pytest.raises(LedgerError) as caught:
            load_ledger(connection, chain)
    assert (caught.value.code, caught.value.place) == ("ledger_lost_link", "ledger/000003-2026-03")


def test_a_copy_made_by_another_release_is_read_anew(chain):
    with duckdb.connect(":memory:") as connection:
        load_ledger(connection, chain)
        connection.execute("alter table ledger.item drop column source_hash")
        connection.execute("drop table ledger.adjustment")
        load_ledger(connection, chain)
        assert connection.execute("select seq, item_key, source_hash from ledger.item order by 1").fetchall() == [
            (1, "L1", None),
            (2, "L2", None),
            (3, "L4", None),
        ]
        assert connection.execute("select count(*) from ledger.adjustment").fetchone() == (3,)
        load_ledger(connection, chain)
        assert connection.execute("select count(*) from ledger.link").fetchone() == (3,)


def test_a_validation_that_is_published_and_no_longer_in_the_ledger_is_seen(tmp_path):
    publish(tmp_path)
    moment = validate(tmp_path).manifest["recorded_at"]
    publish(tmp_path, status="VALIDATED", validated_at=moment)
    shutil.rmtree(tmp_path / "ledger")
    with pytest.raises(LedgerError) as caught:
        plan(tmp_path)
    assert (caught.value.code, caught.value.place) == ("ledger_lost_validation", f"ledger/*-{MONTH}")


def test_a_kill_before_the_head_moved_is_finished_by_the_next_reader(chain):
    links = read_chain(chain)
    (chain / HEAD).write_text(links[-2].hash + "\n")
    assert read_chain(chain)[-1].hash == (chain / HEAD).read_text().strip() == links[-1].hash


def test_a_kill_before_the_rename_leaves_no_link(chain, tmp_path):
    aside = chain / ".000004-2026-03"
    shutil.copytree(chain / "000003-2026-03", aside)
    assert len(read_chain(chain)) == 3


def test_an_empty_ledger_is_sound(tmp_path):
    (tmp_path / "ledger").mkdir()
    assert read_chain(tmp_path / "ledger") == read_chain(tmp_path / "nothing") == []


def test_manifests_hold_no_amount_as_a_float(chain):
    for link in read_chain(chain):
        manifest = json.loads((link.folder / "link.json").read_text())
        assert not [value for value in manifest.values() if isinstance(value, float)]
