from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.faults.actions import MONTH, prefact
from tests.faults.crashing import perform
from tests.integration.test_golden_month import GOLDEN


@pytest.fixture(scope="session")
def drafted(tmp_path_factory) -> Path:
    """A workspace after a run to which nothing happened; whoever alters it copies it first."""
    root = tmp_path_factory.mktemp("drafted") / "firm"
    shutil.copytree(GOLDEN / "inbox", root / "inbox")
    ended = perform(prefact, root, "run", MONTH)
    assert ended.status == 0, ended.err
    return root
