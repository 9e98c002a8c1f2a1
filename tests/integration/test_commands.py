"""The commands over a tiny firm of three missions: what they print, what they exit with, what they leave behind."""

import csv
import io
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from orchestration import cli

INBOX = {
    "client.csv": "client_id,legal_name,siren,vat_number,einvoice_address\n"
    "C1,Alpha,732829320,FR44732829320,alpha@example.org\n",
    "client_file.csv": "client_file_id;client_id;label;manager_id;colour\nD1;C1;Alpha compta;M1;bleu\n",
    "fiscal_year.csv": "client_file_id,fy_label,start_date,end_date\nD1,2026,2026-01-01,2026-12-31\n",
    "service.csv": "service_code,label,unit,vat_code\nTENUE,Tenue,forfait,N\nHEURE,Heures,heure,N\n",
    "vat_rate.csv": "vat_code,valid_from,rate\nN,2020-01-01,20\n",
    "collaborator.csv": "collaborator_id,name,grade\nK1,Une Personne,SENIOR\n",
    "selling_rate.csv": "collaborator_id,valid_from,hourly_price\nK1,2020-01-01,90\n",
    "mission.csv": "mission_id,client_file_id,mission_code,vintage,fy_label,billing_mode,service_code,start_date\n"
    "MF,D1,TENUE,2026,2026,FLAT,TENUE,2026-01-01\n"
    "MN,D1,AUTRE,2026,2026,FLAT,TENUE,2026-01-01\n"
    "MT,D1,CONSEIL,2026,2026,TIME,HEURE,2026-01-01\n",
    "billing_plan.csv": "plan_id,client_file_id,fy_label,mission_id\nP1,D1,2026,MF\nP2,D1,2026,MN\n",
    "billing_plan_line.csv": "plan_id,line_no,due_date,amount\nP1,1,2026-02-28,100\nP1,2,2026-03-31,1234.50\n"
    "P2,1,2026-03-31,\n",
    "time_entry.csv": "source,source_id,collaborator_id,mission_id,work_date,minutes\n"
    "t,1,K1,MT,2026-03-02,90\n"
    "t,2,K1,MT,2026-02-31,60\n",
    "notes.txt": "rien à lire\n",
}
LINE = "FLAT|P1|2"


def write_inbox(root: Path) -> Path:
    for name, text in INBOX.items():
        (root / "inbox").mkdir(parents=True, exist_ok=True)
        (root / "inbox" / name).write_text(text, encoding="utf-8")
    return root


def prefact(capsys, *words) -> tuple[int, str, str]:
    capsys.readouterr()
    status = cli.main([str(word) for word in words])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


@pytest.fixture(scope="module")
def firm(tmp_path_factory):
    """The firm after `prefact run 2026-02` and, in a process of its own, `prefact run 2026-03 --strict`."""
    root = write_inbox(tmp_path_factory.mktemp("firm"))
    assert cli.main(["run", "2026-02", "-w", str(root)]) == 0
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", "run", "2026-03", "--strict", "-w", str(root)],
        capture_output=True,
        text=True,
        cwd=root,
    )
    return root, done


def published(root: Path, month: str, sql: str) -> list[tuple]:
    return duckdb.sql(sql.replace("@", f"{root}/published/{month}/")).fetchall()


def line_keys(root: Path) -> dict[str, tuple]:
    rows = published(root, "2026-03", "select line_key, mission_id, status, amount_net from '@prebill_line.parquet'")
    return {mission: (key, status, amount) for key, mission, status, amount in rows}


def test_a_strict_run_with_critical_anomalies_publishes_and_exits_with_2(firm):
    root, done = firm
    assert done.returncode == 2
    assert "Refus : 1 anomalie(s) critique(s) ouverte(s) : FI-17" in done.stderr
    assert line_keys(root)["MF"][1:] == ("READY", Decimal("1234.50"))
    assert line_keys(root)["MN"][1:] == ("HELD", None)


def test_progress_is_on_stderr_stage_by_stage_and_the_tools_are_silent(firm):
    lines = firm[1].stderr.splitlines()
    began = [line for line in lines if line.startswith("…")]
    assert began == [
        "… démarrage",
        "… lecture des entrées",
        "… calcul (dbt_controls)",
        "… contrôles",
        "… calcul (dbt_marts)",
        "… rapports",
        "… publication",
    ]
    assert any(line.startswith("2026-03 terminé en") for line in lines)
    for noise in ("dagster", "DEBUG", "Warning", "Traceback", "\x1b"):
        assert noise not in firm[1].stderr


def test_the_summary_says_what_a_person_needs(firm):
    root, done = firm
    out = done.stdout
    assert "Pré-facturation de 2026-03 (brouillon, date de contrôle 2026-03-31)" in out
    assert "1 234,50 €" in out
    assert "135,00 €" in out
    assert "0,00 € + 1 sans montant" in out
    assert "TVA 273,90 €, soit 1 643,40 € TTC" in out
    assert "FI-17  critique" in out
    assert "Lignes d'entrée rejetées : 1" in out
    assert "time_entry.csv, ligne 3, colonne work_date « 2026-02-31 »" in out
    assert "Fichiers qui n'alimentent rien : 1\n  notes.txt" in out
    assert "Colonnes inconnues, ignorées : 1\n  client_file.csv : colour" in out
    assert "2026-02 : 1 ligne(s) prête(s), 100,00 € ; 0 retenue(s), 0,00 €" in out
    assert f"Rapports : {root}/reports/2026-03/prefact-2026-03.html" in out
    assert out.endswith("Ensuite : prefact anomalies 2026-03\n")


def test_the_run_is_in_the_history_the_ui_shows(firm):
    from orchestration.history import open_history

    with open_history(firm[0] / ".prefact") as history:
        runs = history.get_runs()
        assert [(run.job_name, run.is_success) for run in runs] == [("month", True)] * 2
        assert runs[0].tags["dagster/partition"] == "2026-03"
        assert runs[0].tags["prefact/control_date"] == "2026-03-31"


def test_status_shows_months_arrivals_and_the_next_command(firm, capsys):
    status, out, err = prefact(capsys, "status", "-w", firm[0])
    assert (status, err) == (0, "")
    assert [line.split()[:3] for line in out.splitlines() if line.startswith("  2026-")] == [
        ["2026-02", "brouillon", "2026-02-28"],
        ["2026-03", "brouillon", "2026-03-31"],
    ]
    assert "time_entry" in out
    assert "prefact anomalies 2026-03 -w" in out


def test_status_of_a_month_adds_its_money_and_anomalies(firm, capsys):
    out = prefact(capsys, "status", "2026-03", "-w", firm[0])[1]
    assert "Forfait (FLAT)" in out
    assert "FI-17" in out


def test_status_works_while_another_program_has_the_warehouse(firm, capsys):
    code = f"import duckdb, time; c = duckdb.connect({str(firm[0] / 'warehouse.duckdb')!r}); print('open', flush=True)"
    holder = subprocess.Popen([sys.executable, "-c", f"{code}; time.sleep(60)"], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        status, out, _ = prefact(capsys, "status", "-w", firm[0])
        assert status == 0
        assert "l'entrepôt est occupé" in out
        assert "2026-03" in out
        status, _, err = prefact(capsys, "run", "2026-03", "-w", firm[0])
        assert status == 1
        assert f"processus {holder.pid}" in err
        assert "Fermez-le" in err
    finally:
        holder.kill()
        holder.wait()


def test_the_worklist_says_what_was_expected_found_and_is_to_be_done(firm, capsys):
    status, out, _ = prefact(capsys, "anomalies", "-w", firm[0])
    assert status == 0
    assert "2026-03 · FI-17 · critique" in out
    assert "P2|1 (D1 · M1)" in out
    assert "À faire (" in out
    assert "depuis 2026-03" in out


def test_the_worklist_as_csv_and_json_has_the_same_rows(firm, capsys):
    rows = list(
        csv.DictReader(io.StringIO(prefact(capsys, "anomalies", "2026-03", "-w", firm[0], "--format", "csv")[1]))
    )
    items = json.loads(prefact(capsys, "anomalies", "2026-03", "-w", firm[0], "--format", "json")[1])
    assert [row["subject_id"] for row in rows] == [item["subject_id"] for item in items]
    assert rows[0]["code"] == "FI-17"
    assert rows[0]["manager_id"] == "M1"


def test_the_worklist_can_be_cut_to_a_rule_or_a_manager(firm, capsys):
    assert "FI-17" in prefact(capsys, "anomalies", "-w", firm[0], "--code", "fi-17", "--manager", "M1")[1]
    assert "Aucune anomalie" in prefact(capsys, "anomalies", "-w", firm[0], "--manager", "M2")[1]
    status, _, err = prefact(capsys, "anomalies", "-w", firm[0], "--code", "XX-99")
    assert status == 1
    assert "FI-01" in err


def test_a_line_is_explained_down_to_the_row_of_the_file(firm, capsys):
    key = line_keys(firm[0])["MF"][0]
    status, out, _ = prefact(capsys, "explain", key, "-w", firm[0])
    assert status == 0
    assert "inbox/billing_plan_line.csv, ligne 3" in out
    assert "1 × 1 234,50 = 1 234,50 €, le montant de la ligne." in out


def test_a_line_of_time_is_worked_out_again_from_its_minutes(firm, capsys):
    out = prefact(capsys, "explain", line_keys(firm[0])["MT"][0], "-w", firm[0])[1]
    assert "inbox/time_entry.csv, ligne 2" in out
    assert "90 min × 90,00 / 60 = 135,00 €" in out


def test_a_held_line_says_what_holds_it_and_the_remedy(firm, capsys):
    out = prefact(capsys, "explain", line_keys(firm[0])["MN"][0], "-w", firm[0])[1]
    assert "retenue (FI-17)" in out
    assert "FI-17 · Montant à facturer non renseigné · P2|1" in out
    assert "À faire :" in out


def test_a_line_that_does_not_exist_is_told_with_its_neighbours(firm, capsys):
    key = line_keys(firm[0])["MF"][0]
    status, _, err = prefact(capsys, "explain", f"{key}0", "-w", firm[0])
    assert status == 1
    assert key in err


def test_a_month_never_run_is_told_with_those_that_were(firm, capsys):
    status, _, err = prefact(capsys, "status", "2025-12", "-w", firm[0])
    assert status == 1
    assert "Mois calculés : 2026-02, 2026-03" in err


def test_an_invariant_that_fails_names_itself_and_nothing_is_published(firm, capsys, monkeypatch, tmp_path):
    from assets import dbt

    root = write_inbox(tmp_path)

    def broken(self, selection, *, last):
        raise dbt.DbtStopped("evidence_recomputes_lines", "Got 1 result, configured to fail if != 0", True)

    monkeypatch.setattr(dbt.DbtHome, "build", broken)
    status, out, err = prefact(capsys, "run", "2026-03", "-w", root)
    assert (status, out) == (1, "")
    assert "Une règle interne n'est pas tenue : evidence_recomputes_lines" in err
    assert "rien n'a été publié pour 2026-03" in err
    assert "Traceback" not in err
    assert not (root / "published").exists() or not list((root / "published").glob("2026-*"))


def test_a_warehouse_that_is_no_warehouse_is_told_with_the_way_out(capsys, tmp_path):
    root = write_inbox(tmp_path)
    (root / "warehouse.duckdb").write_bytes(b"not a database at all" * 400)
    status, _, err = prefact(capsys, "run", "2026-03", "-w", root)
    assert status == 1
    assert "ne s'ouvre pas comme entrepôt DuckDB" in err
    assert "Écartez ce fichier" in err
