"""What a person is told when `engine = "spark"` and Spark, or its cluster, is not there. Needs no Spark."""

from __future__ import annotations

import re
import socket
import sys

import pytest

from assets.spark import READ_BY_COMMANDS, SparkStopped, require_answer
from orchestration.errors import PrefactError
from orchestration.month import explained, run_months
from orchestration.settings import load_workspace
from orchestration.texts import LANGUAGES
from tests.sql.harness import MACROS


@pytest.fixture
def workspace(tmp_path):
    (tmp_path / "inbox").mkdir()
    (tmp_path / "prefact.toml").write_text('engine = "spark"\n[spark]\nmaster = "local[1]"\n')
    return load_workspace(tmp_path)


def test_without_the_extra_the_way_out_is_told(workspace, monkeypatch):
    monkeypatch.setitem(sys.modules, "dbt.adapters.spark", None)
    with pytest.raises(PrefactError) as caught:
        run_months(workspace, ["2026-03"], None, lambda *_: None, lambda _: None)
    for language in LANGUAGES:
        message = caught.value.text(language)
        assert "requirements-spark.lock" in message
        assert 'engine = "duckdb"' in message


def test_a_master_that_does_not_listen_is_named(workspace):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        master = f"spark://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SparkStopped) as caught:
            require_answer(master)
    for language in LANGUAGES:
        assert master in explained(caught.value, workspace, "2026-03").text(language)


def test_one_of_several_masters_is_enough():
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_answer(f"spark://127.0.0.1:1,127.0.0.1:{server.getsockname()[1]}")


def test_what_commands_read_of_the_calculation_is_copied_into_the_warehouse():
    folder = MACROS.parents[1] / "orchestration"
    texts = " ".join(path.read_text(encoding="utf-8") for path in folder.glob("*.sql"))
    read = {
        (schema, path.stem)
        for schema in ("staging", "intermediate", "controls", "audited")
        for path in (MACROS.parent / "models" / schema).rglob("*.sql")
        if re.search(rf"\b{schema}\.{path.stem}\b", texts)
    }
    assert read == set(READ_BY_COMMANDS)
