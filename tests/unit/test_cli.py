"""The command line in process: words in, text and exit status out. Nothing here starts Dagster."""

import datetime as dt
import re
import string
import subprocess
import sys
import time

import pytest

from orchestration import cli
from orchestration.lock import workspace_lock
from orchestration.settings import create_workspace
from orchestration.texts import LANGUAGES, TEXTS

COMMANDS = [
    "init",
    "demo",
    "run",
    "status",
    "anomalies",
    "explain",
    "validate",
    "export",
    "forecast",
    "confirm",
    "rebuild",
    "ui",
]


@pytest.fixture
def workspace(tmp_path):
    create_workspace(tmp_path / "firm")
    return tmp_path / "firm"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    """No test depends on the folder it is run from."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.delenv("PREFACT_WORKSPACE", raising=False)


def run(capsys, *words):
    status = cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_every_text_exists_in_both_languages_with_the_same_facts():
    for key, texts in TEXTS.items():
        assert set(texts) == set(LANGUAGES), key
        facts = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts.values()]
        assert facts[0] == facts[1], key


def test_no_words_show_the_help_with_every_command(capsys):
    status, out, _ = run(capsys)
    assert status == 0
    for command in COMMANDS:
        assert re.search(rf"^  {command}\b", out, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_in_french(capsys, command):
    status, out, err = run(capsys, command, "--help")
    assert (status, err) == (0, "")
    assert out.startswith(f"Utilisation : prefact {command}")
    assert "Show this message" not in out


def test_the_language_of_the_workspace_is_that_of_its_messages(capsys, workspace):
    (workspace / "prefact.toml").write_text('language = "en"\n')
    status, _, err = run(capsys, "run", "march", "-w", workspace)
    assert status == 1
    assert err.startswith("Error: “march” is not a month")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["launch"], "« launch » n'est pas une commande. Commandes : init, demo, run"),
        (["run"], "Il manque MOIS"),
        (["explain"], "Il manque CLE_DE_LIGNE"),
        (["run", "2026-03", "2026-04"], "Argument en trop : 2026-04"),
        (["run", "2026-03", "--stric"], "L'option --stric n'existe pas ici. Vouliez-vous dire --strict"),
        (["run", "2026-03", "--what-then", "f"], "L'option --what-then n'existe pas ici."),
        (["run", "2026-03", "-w"], "L'option -w attend une valeur"),
        (["anomalies", "--format", "xml"], "--format : « xml » n'est pas admis. Valeurs admises : table, csv, json"),
        (["ui", "--port", "99999"], "--port : « 99999 » n'est pas admis"),
        (["run", "2026-13"], "« 2026-13 » n'est pas un mois"),
        (["run", "1999-12"], "les mois admis vont de 2000-01"),
        (["run", "2026-03", "--control-date", "31/03/2026"], "« 31/03/2026 » n'est pas une date"),
        (["run", "2026-03", "--control-date", "2026-04-01"], "n'est pas dans le mois 2026-03"),
        (["run", "2026-01..2026-03", "--control-date", "2026-03-01"], "--control-date vaut pour un seul mois"),
    ],
)
def test_wrong_usage_says_what_is_wrong_and_exits_with_1(capsys, workspace, monkeypatch, words, said):
    monkeypatch.setenv("PREFACT_WORKSPACE", str(workspace))
    status, out, err = run(capsys, *words)
    assert (status, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


def test_a_workspace_that_does_not_exist_is_told_with_the_way_to_make_it(capsys, tmp_path):
    status, _, err = run(capsys, "run", "2026-03", "-w", tmp_path / "none")
    assert status == 1
    assert f"prefact init {tmp_path / 'none'}" in err


def test_a_missing_inbox_is_told_with_the_way_out(capsys, tmp_path):
    status, _, err = run(capsys, "run", "2026-03", "-w", tmp_path)
    assert status == 1
    assert "Pas de dossier « inbox »" in err
    assert "prefact init" in err


def test_a_bad_configuration_names_the_key_the_value_and_the_file(capsys, workspace):
    (workspace / "prefact.toml").write_text("[time]\nrounding_minute = 15\n")
    for words in (["run", "2026-03"], ["status"], ["anomalies"], ["explain", "x"]):
        status, _, err = run(capsys, *words, "-w", workspace)
        assert status == 1
        assert "time.rounding_minute" in err
        assert "15" in err
        assert str(workspace / "prefact.toml") in err


def test_init_shows_what_it_made_and_a_second_time_that_there_is_nothing_to_do(capsys, tmp_path):
    status, out, _ = run(capsys, "init", tmp_path / "firm")
    assert status == 0
    assert "inbox/documents/" in out
    assert "prefact.toml" in out
    assert run(capsys, "init", tmp_path / "firm")[1].startswith("Rien à faire")


def test_init_takes_the_current_folder_by_default(capsys, tmp_path):
    assert run(capsys, "init")[0] == 0
    assert (tmp_path / "elsewhere" / "prefact.toml").is_file()


def test_a_demonstration_never_goes_into_a_folder_with_something_else(capsys, workspace):
    status, _, err = run(capsys, "demo", workspace)
    assert status == 1
    assert "Donnez un dossier neuf" in err


def test_status_of_a_new_workspace_says_what_to_type(capsys, workspace):
    status, out, err = run(capsys, "status", "-w", workspace)
    assert (status, err) == (0, "")
    assert "Aucun mois n'a encore été calculé" in out
    assert "prefact run" in out


@pytest.mark.parametrize("words", [["status", "2026-03"], ["anomalies"], ["explain", "FLAT|x"]])
def test_before_the_first_run_readers_say_to_run_a_month(capsys, workspace, words):
    status, _, err = run(capsys, *words, "-w", workspace)
    assert status == 1
    assert "prefact run" in err


def test_two_runs_at_once_give_a_clear_message(capsys, workspace):
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from orchestration.lock import workspace_lock\n"
            f"with workspace_lock(Path({str(workspace / '.prefact')!r}), 'run 2026-02'):\n"
            "    print('held', flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        holder.stdout.readline()
        status, _, err = run(capsys, "run", "2026-03", "-w", workspace)
        assert status == 1
        assert f"{holder.pid} run 2026-02" in err
    finally:
        holder.kill()
        holder.wait()
    # The kernel frees the lock of a killed process.
    with workspace_lock(workspace / ".prefact", "test"):
        pass


def test_a_lock_is_taken_once_within_a_process(workspace):
    with workspace_lock(workspace / ".prefact", "outer"), workspace_lock(workspace / ".prefact", "inner"):
        assert "outer" in (workspace / ".prefact" / "lock").read_text()
    assert (workspace / ".prefact" / "lock").read_text() == ""


def test_a_port_in_use_is_told_with_another_one(capsys, workspace):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, err = run(capsys, "ui", "--port", port, "-w", workspace)
    assert status == 1
    assert f"Le port {port} est déjà pris" in err


def test_a_trace_is_shown_only_on_request(capsys, workspace):
    assert "Traceback" not in run(capsys, "run", "2026-13", "-w", workspace)[2]
    assert "Traceback" in run(capsys, "run", "2026-13", "-w", workspace, "--debug")[2]


def test_an_unforeseen_error_is_told_without_a_trace(capsys, workspace, monkeypatch):
    def broken(_):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(cli, "load_workspace", broken)
    status, _, err = run(capsys, "status", "-w", workspace)
    assert status == 1
    assert "RuntimeError : no such thing" in err
    assert "--debug" in err
    assert "Traceback" not in err


def test_the_control_date_of_a_month_is_read_as_a_date():
    assert cli.read_control_date("2026-03-15", ["2026-03"]) == dt.date(2026, 3, 15)


def test_help_is_there_at_once_and_loads_nothing_heavy():
    code = (
        "import sys; from orchestration.cli import main; main(['--help'])\n"
        "print([name for name in ('dagster', 'dbt', 'duckdb', 'polars', 'great_expectations') if name in sys.modules])"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    # Generous: it takes 0.1 s on an idle core.
    assert time.perf_counter() - start < 3
