"""A full disk, a read-only folder, a warehouse in use: a clear message, exit status 1, and nothing lost."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.faults import actions
from tests.faults.actions import MONTH, prefact, say
from tests.faults.crashing import Ended, perform
from tests.faults.hindering import fill, limit_files, obey_permissions, read_only, small_disk
from tests.faults.small_firms import done, tables, with_draft, with_inbox, with_validated_lines, with_versions
from tests.faults.watching import kept, leftovers

WAY_OUT = "the permissions and the space on the disk"
SORTIE = "les droits et la place sur le disque"
#: Each part of a month that writes: a workspace ready for it, what it does, what must come out of it, where it writes.
PARTS = {
    "inputs": (with_inbox, actions.take_in, tables, "archive"),
    "publication": (with_versions, actions.publish, kept, "published"),
    "validation": (with_draft, actions.freeze, kept, "ledger"),
    "export": (with_validated_lines, actions.export, kept, "exports"),
}
COMMANDS = (("run", MONTH), ("validate", MONTH), ("rebuild",))


def refused(ended: Ended, *words: str) -> None:
    """Check that a person was told, in words and not by a trace."""
    assert ended.status == 1, ended
    assert "Traceback" not in ended.err
    assert all(word in ended.err for word in words), ended.err


@pytest.mark.parametrize(
    ("part", "size"),
    [
        ("inputs", 100),
        ("inputs", 20_000),
        ("publication", 100),
        ("validation", 100),
        ("export", 100),
        ("export", 2_000),
    ],
)
def test_each_part_says_that_the_disk_is_full_and_loses_nothing(tmp_path, part, size):
    build, action, look, _ = PARTS[part]
    root = build(tmp_path / "firm")
    whole = shutil.copytree(root, tmp_path / "whole", symlinks=True)
    before = kept(root)
    refused(perform(say, root, action, prepare=partial(limit_files, size)), WAY_OUT)
    assert kept(root) == before
    done(action, whole)
    done(action, root)
    assert look(root) == look(whole)
    assert leftovers(root) == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_says_that_it_may_not_write_and_loses_nothing(tmp_path, part):
    build, action, look, name = PARTS[part]
    root = build(tmp_path / "firm")
    whole = shutil.copytree(root, tmp_path / "whole", symlinks=True)
    (root / name).mkdir(exist_ok=True)
    before = kept(root)
    with read_only(root / name):
        refused(perform(say, root, action, prepare=obey_permissions), "ermission denied", str(root / name), WAY_OUT)
    assert kept(root) == before
    done(action, whole)
    done(action, root)
    assert look(root) == look(whole)
    assert leftovers(root) == []


@pytest.fixture(scope="module")
def firm(drafted, tmp_path_factory) -> Path:
    return shutil.copytree(drafted, tmp_path_factory.mktemp("obstacles") / "firm", symlinks=True)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_command_on_a_full_disk_says_so_and_changes_nothing(firm, tmp_path, words):
    size = sum(path.stat().st_size for path in firm.rglob("*") if path.is_file())
    with small_disk(tmp_path / "disk", size // 1_000_000 + 20) as is_small:
        root = shutil.copytree(firm, tmp_path / "disk" / "firm", symlinks=True)
        if is_small:
            fill(tmp_path / "disk")
        refused(perform(prefact, root, *words, prepare=None if is_small else partial(limit_files, 10_000)), SORTIE)
        assert kept(root) == kept(firm)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_command_in_a_read_only_workspace_says_so_and_changes_nothing(firm, words):
    before = kept(firm)
    with read_only(firm):
        refused(perform(prefact, firm, *words, prepare=obey_permissions), SORTIE)
    assert kept(firm) == before


def test_a_warehouse_in_use_is_named_with_who_uses_it_and_the_run_after_gives_the_same_bytes(firm):
    before = kept(firm)
    for words, is_reader in ((COMMANDS[0], False), (COMMANDS[1], True)):
        opened = f"duckdb.connect({str(firm / 'warehouse.duckdb')!r}, read_only={is_reader})"
        code = f"import duckdb; warehouse = {opened}; print('open', flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            holder.stdout.readline()
            refused(perform(prefact, firm, *words), "est ouvert dans un autre programme", f"processus {holder.pid}")
            holder.communicate(b"\n")
        assert kept(firm) == before
    assert perform(prefact, firm, "run", MONTH).status == 0
    assert kept(firm) == before
