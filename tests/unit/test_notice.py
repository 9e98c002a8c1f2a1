"""Whom a run that fails is told to, and what leaves the machine."""

from __future__ import annotations

import datetime as dt
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import dagster as dg
import pytest

from orchestration.month import Order, execute
from orchestration.notice import Notice, build_failure_hook, give_notice
from orchestration.settings import NotifySettings, Settings, Workspace

NOTICE = Notice("prefact : échec", "cabinet", "month", "2026-03", "dbt_marts", "DbtStopped", "r1")
ORDER = Order("month", "2026-03", dt.date(2026, 3, 31))
COPY = "import sys, pathlib; pathlib.Path('told.txt').write_bytes(sys.stdin.buffer.read())"


@pytest.fixture
def listener():
    """A web address and what was sent to it."""
    told: list[tuple[str, dict]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((self.headers["Content-Type"], json.loads(content)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", told
    server.shutdown()
    server.server_close()


def given(settings, folder) -> list[str]:
    warnings: list[str] = []
    give_notice(settings, NOTICE, folder, warnings.append)
    return warnings


def test_nobody_is_told_by_default(tmp_path):
    assert given(NotifySettings(), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_command_gets_the_message_on_its_input(tmp_path):
    assert given(NotifySettings(command=(sys.executable, "-c", COPY)), tmp_path) == []
    assert (tmp_path / "told.txt").read_text(encoding="utf-8") == "prefact : échec"


def test_a_web_address_gets_it_as_json(tmp_path, monkeypatch, listener):
    address, told = listener
    monkeypatch.setenv("FIRM_HOOK", address)
    assert given(NotifySettings(webhook_env="FIRM_HOOK"), tmp_path) == []
    ((kind, sent),) = told
    assert kind == "application/json; charset=utf-8"
    assert sent == {
        "text": "prefact : échec",
        "workspace": "cabinet",
        "job": "month",
        "month": "2026-03",
        "step": "dbt_marts",
        "error": "DbtStopped",
        "run_id": "r1",
    }


@pytest.mark.parametrize("address", ["", "file:///etc/passwd", "http://127.0.0.1:9/secret"])
def test_a_notice_that_cannot_be_given_is_a_warning_without_the_address(tmp_path, monkeypatch, address):
    monkeypatch.setenv("FIRM_HOOK", address)
    (warning,) = given(NotifySettings(webhook_env="FIRM_HOOK"), tmp_path)
    assert warning.startswith("notify.webhook_env (FIRM_HOOK): ")
    assert "secret" not in warning and "passwd" not in warning


@pytest.mark.parametrize("command", [("no-such-program-at-all",), (sys.executable, "-c", "raise SystemExit(3)")])
def test_a_command_that_fails_is_a_warning(tmp_path, command):
    (warning,) = given(NotifySettings(command=command), tmp_path)
    assert warning.startswith("notify.command: ")


def failing(folder, error: BaseException) -> tuple[Workspace, dg.Definitions]:
    """A workspace that copies what it is told, and a month whose only step fails."""
    workspace = Workspace(folder, Settings(notify=NotifySettings(command=(sys.executable, "-c", COPY))))

    @dg.asset(name="breaks", partitions_def=dg.StaticPartitionsDefinition(["2026-03"]))
    def breaks(context) -> None:
        raise error

    job = dg.define_asset_job("month", [breaks], hooks={build_failure_hook(workspace)})
    return workspace, dg.Definitions(assets=[breaks], jobs=[job])


def told_without_the_detail(folder) -> None:
    told = (folder / "told.txt").read_text(encoding="utf-8")
    assert f"échec de « month » pour 2026-03 dans {folder.name}, à l'étape breaks (ValueError)" in told
    assert "Dupont" not in told


def test_a_step_that_fails_is_told_without_what_the_error_says(tmp_path):
    _, defs = failing(tmp_path, ValueError("Dupont gagne 3 000 €"))
    done = defs.resolve_job_def("month").execute_in_process(
        partition_key="2026-03", raise_on_error=False, instance=dg.DagsterInstance.ephemeral()
    )
    assert not done.success
    told_without_the_detail(tmp_path)


def test_a_command_that_fails_in_a_step_tells_it_as_well(tmp_path):
    workspace, defs = failing(tmp_path, ValueError("Dupont gagne 3 000 €"))
    with pytest.raises(ValueError):
        execute(workspace, defs, dg.DagsterInstance.ephemeral(), ORDER)
    told_without_the_detail(tmp_path)


def test_a_command_that_is_interrupted_tells_nobody(tmp_path):
    workspace, defs = failing(tmp_path, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        execute(workspace, defs, dg.DagsterInstance.ephemeral(), ORDER)
    assert not (tmp_path / "told.txt").exists()
