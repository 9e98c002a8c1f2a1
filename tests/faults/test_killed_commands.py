"""`kill -9` once in each stage of a month: the same command afterwards gives the bytes of an undisturbed one.

`kill_storm.py` beside this file kills at every step and at random moments, for as long as one likes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from assets.ledger import read_chain
from tests.faults.actions import MONTH, prefact
from tests.faults.crashing import HELD, KILLED, perform, started
from tests.faults.watching import Reader, kept, leftovers
from tests.integration.test_golden_month import GOLDEN

RUN = ("run", MONTH)
VALIDATE = ("validate", MONTH)
#: A step of each stage of a run, in order: inputs, calculation, register, marts, publication.
LAST_STEPS = (
    "write archive/deliveries.jsonl",
    '"intermediate"."int_item" ',
    "into register.check_result",
    '"marts"."prebill_line"',
    "2025-01.link published/2025-01",
)
#: The two steps that make a validation count.
LAST_LEDGER_STEPS = ("rename ledger/.000001-2025-01", "rename ledger/.HEAD")


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("disturbed") / "firm"
    shutil.copytree(GOLDEN / "inbox", root / "inbox")
    return root


def lines(root: Path) -> list[tuple]:
    """Published lines that are not held, which leave the month when it is validated; their status left out."""
    file = root / "published" / MONTH / "prebill_line.parquet"
    return duckdb.sql(f"select * exclude (status) from '{file}' where status <> 'HELD' order by line_key").fetchall()


def test_a_run_killed_in_each_stage_ends_with_the_bytes_of_an_undisturbed_one(drafted, disturbed):
    with Reader(disturbed) as reader:
        for step in LAST_STEPS:
            assert perform(prefact, disturbed, *RUN, before=step).status == KILLED, step
        with started(prefact, disturbed, *RUN, before="published/.versions/2025-01.", is_held=True) as first:
            first.wait_until(HELD)
            second = perform(prefact, disturbed, *RUN)
            first.release()
            done = first.ended()
    assert done.status == 0, done.err
    assert kept(disturbed) == kept(drafted)
    assert leftovers(disturbed) == []
    assert reader.wrong == []
    # The second `prefact run` was told of the first, and did nothing.
    assert second.status == 1
    assert f"({first.process.pid} run {MONTH})" in second.err
    assert "Traceback" not in second.err


def test_a_validation_killed_before_and_after_it_counts_is_finished_by_the_same_command(disturbed):
    draft = lines(disturbed)
    with Reader(disturbed) as reader:
        for step in LAST_LEDGER_STEPS:
            assert perform(prefact, disturbed, *VALIDATE, before=step).status == KILLED, step
        done = perform(prefact, disturbed, *VALIDATE)
    assert done.status == 0, done.err
    assert lines(disturbed) == draft
    assert [link.folder.name for link in read_chain(disturbed / "ledger")] == ["000001-2025-01"]
    assert leftovers(disturbed) == []
    assert reader.wrong == []
    assert len(reader.versions) == 2
