"""Each durable step numbered and crashed once in turn: done again, all is as if nothing had happened.

A firm of two files stands for the inbox and three relations for the twelve, since what matters is the order of steps;
whole commands are crashed at each of theirs by `kill_storm.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

from tests.faults import actions
from tests.faults.actions import FEW_RELATIONS, MONTH
from tests.faults.crashing import KILLED, perform
from tests.faults.small_firms import (
    Action,
    done,
    make_warehouse,
    tables,
    with_draft,
    with_inbox,
    with_source,
    with_validated_lines,
    with_versions,
)
from tests.faults.watching import Reader, kept, leftovers


def crash_at_each_step(
    before: Path,
    action: Action,
    look: Callable[[Path], Any],
    again: Action | None = None,
    is_read: bool = True,
) -> int:
    """Crash an action before each of its durable steps, do it again, and compare with one that was not disturbed.

    Args:
        before: a workspace ready for it, with copies of it made beside.
        action: what is crashed.
        look: what must come out the same.
        again: what is done afterwards, if it is not the same action.
        is_read: whether a reader looks at what is published meanwhile.

    Returns:
        How many steps there were.
    """
    whole = before.parent / "whole"
    shutil.copytree(before, whole, symlinks=True)
    steps = done(action, whole)
    if again:
        done(again, whole)
    wanted = look(whole)
    for number, step in enumerate(steps):
        root = before.parent / "crashed"
        shutil.copytree(before, root, symlinks=True)
        with Reader(root, FEW_RELATIONS) as reader:
            assert perform(action, root, before=number).status == KILLED
            done(again or action, root)
            reader.look()
        assert look(root) == wanted, f"crashed before step {number}, {step}"
        assert again or leftovers(root) == [], f"crashed before step {number}, {step}"
        assert not (is_read and reader.wrong), f"crashed before step {number}, {step}: {reader.wrong[0]}"
        shutil.rmtree(root)
    return len(steps)


def test_the_inputs_are_the_same_after_a_crash_at_any_step(tmp_path):
    assert crash_at_each_step(with_inbox(tmp_path / "before"), actions.take_in, tables) >= 15


def test_a_source_is_neither_lost_nor_doubled_after_a_crash_at_any_step(tmp_path):
    def look(root: Path) -> dict[str, object]:
        files = sorted(path.name for path in (root / "inbox/pulled").rglob("*") if path.is_file())
        return {**tables(root), "files": files}

    assert crash_at_each_step(with_source(tmp_path / "before"), actions.pull_and_take_in, look) >= 12


def test_a_month_is_published_the_same_after_a_crash_at_any_step(tmp_path):
    assert crash_at_each_step(with_versions(tmp_path / "before"), actions.publish, kept) >= 20


def test_a_version_half_swept_is_never_taken_for_a_whole_one(tmp_path):
    before = with_versions(tmp_path / "before")
    assert crash_at_each_step(before, actions.sweep, kept, again=actions.publish_only) >= 6


def test_a_validation_is_the_same_link_after_a_crash_at_any_step(tmp_path):
    assert crash_at_each_step(with_draft(tmp_path / "before"), actions.freeze, kept, is_read=False) >= 15


def test_a_batch_is_handed_over_once_after_a_crash_at_any_step(tmp_path):
    before = with_validated_lines(tmp_path / "before")
    assert crash_at_each_step(before, actions.export, kept, is_read=False) >= 15


def test_a_rebuilt_warehouse_is_put_in_place_after_a_crash_at_any_step(tmp_path):
    published = with_versions(tmp_path / "before")
    made = tmp_path / "made"
    shutil.copytree(published, made, symlinks=True)
    make_warehouse(made, 4)
    done(actions.publish, made)
    for root, text in ((published, "old"), (made, "new")):
        (root / "reports" / MONTH / "data_docs").mkdir(parents=True)
        for name in ("data_docs/index.html", "page.html"):
            (root / "reports" / MONTH / name).write_text(text)

    def look(root: Path) -> dict[str, object]:
        reports = {path.name: path.read_text() for path in (root / "reports").rglob("*.html")}
        return {**kept(root), **reports, **rows(root)}

    assert crash_at_each_step(published, actions.switch_rebuilt, look) >= 8


def rows(root: Path) -> dict[str, list[tuple]]:
    with duckdb.connect(str(root / "warehouse.duckdb")) as connection:
        return {name: connection.execute(f"from marts.{name}").fetchall() for name in FEW_RELATIONS}
