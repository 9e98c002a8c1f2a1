"""`prefact map`: what lacks a mapping, what is proposed, and that nothing is applied before a person moves it."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date

import pytest

from assets.timesheets.proposals import likeness
from orchestration import cli
from tests.unit.tracker_files import Work, harvest, kimai
from tests.unit.workspace import Workspace

DAY = date(2026, 3, 13)
FIRM = {
    "client.csv": "client_id,legal_name\nC1,SARL Boulangerie Émile & Fils\nC2,Garage Martin\nC3,Garage Moulin\n",
    "client_file.csv": "client_file_id,client_id,label\nF1,C1,\nF2,C2,\nF3,C3,\n",
    "fiscal_year.csv": "client_file_id,fy_label,start_date,end_date\n"
    + "".join(f"{file},{year},{year}-01-01,{year}-12-31\n" for file in ("F1", "F2", "F3") for year in (2025, 2026)),
    "service.csv": "service_code,label,unit,vat_code\nH,Heures,heure,N\n",
    "mission.csv": "mission_id,client_file_id,mission_code,label,vintage,fy_label,billing_mode,service_code,"
    "start_date\n"
    + "".join(
        f"{file}-{code}-{year},{file},{code},{label},{year},{year},TIME,H,{year}-01-01\n"
        for file in ("F1", "F2", "F3")
        for code, label in (("BILAN", "Bilan et liasse"), ("CONSEIL", "Conseil de gestion"))
        for year in (2025, 2026)
    ),
    "collaborator.csv": "collaborator_id,name,email\n"
    "K1,Alice Durand,alice@cabinet.fr\nK2,Bob Le Goff,\nK3,Chloé Petit,\n",
}


@pytest.fixture
def place(tmp_path):
    workspace = Workspace(tmp_path)
    for name, text in FIRM.items():
        workspace.put(name, text)
    return workspace


def said(capsys, place: Workspace, *words: str) -> tuple[str, str]:
    capsys.readouterr()
    assert cli.main(["map", *words, "-w", str(place.root)]) == 0
    return tuple(capsys.readouterr())


def proposed(capsys, place: Workspace) -> dict[tuple, str | None]:
    rows = json.loads(said(capsys, place, "--format", "json")[0])
    return {(row["client"], row["project"], row["user"]): row["proposal"] for row in rows}


def test_the_likeliest_client_work_and_vintage_are_proposed(place, capsys):
    names = [
        ("Boulangerie Emile", "Bilan 2025", "F1-BILAN-2025"),
        ("Boulangerie Emile", "Bilan", "F1-BILAN-2026"),
        ("EMILE ET FILS (boulangerie)", "Conseil", "F1-CONSEIL-2026"),
        ("Garage Martin SAS", "Conseil gestion", "F2-CONSEIL-2026"),
        ("Garage Moulin", "Bilan 2026", "F3-BILAN-2026"),
        ("", "Garage Moulin - bilan 2025", "F3-BILAN-2025"),
        ("Interne", "Réunion", None),
    ]
    place.put(
        "timesheets/kimai/1.csv", kimai([Work("x", client, project, "", DAY, 60) for client, project, _ in names])
    )
    found = proposed(capsys, place)
    assert {key: found[(key[0] or None, key[1], None)] for key in ((c, p) for c, p, _ in names)} == {
        (client, project): mission for client, project, mission in names
    }


def test_users_are_proposed_by_e_mail_then_by_name(place, capsys):
    people = ["Alice", "Bob", "Chloe", "Zoé"]
    place.put("timesheets/kimai/1.csv", kimai([Work(name, "C", "P", "T", DAY, 60) for name in people]))
    last_names = harvest([Work("Chloé", "C", "P", "T", DAY, 60)]).replace("Martin", "Petit")
    place.put("timesheets/harvest/1.csv", last_names)
    found = {user: proposal for (_, _, user), proposal in proposed(capsys, place).items() if user}
    assert found == {
        "alice@cabinet.fr": "K1",
        "bob@cabinet.fr": None,
        "chloe@cabinet.fr": None,
        "zoé@cabinet.fr": None,
    } | {"Chloé Petit": "K3"}


def test_nothing_is_applied_until_the_files_are_moved_into_the_inbox(place, capsys):
    place.put("timesheets/kimai/1.csv", kimai([Work("Alice", "Garage Martin", "Bilan 2025", "Saisie", DAY, 3600)] * 2))
    words, progress = said(capsys, place)
    assert "lecture de timesheets/kimai/1.csv" in progress
    assert "Projets sans mission : 1 (2 h 00) ; mission proposée pour 1." in words
    assert "alice@cabinet.fr" in words and "K1" in words
    place.run()
    assert place.column("select count(*) from raw.project_map") == [0]
    folder = place.root / "reports" / "mapping"
    assert sorted(file.name for file in folder.iterdir()) == ["project_map_proposed.csv", "user_map_proposed.csv"]
    for file in folder.iterdir():
        shutil.move(file, place.root / "inbox" / file.name)
    report = place.run()
    assert report.unknown_columns == () and place.rejects() == []
    assert (
        place.query("select collaborator_id, mission_id, minutes from raw.time_entry")
        == [("K1", "F2-BILAN-2025", 60)] * 2
    )
    assert "ont leur correspondance" in said(capsys, place)[0]
    assert list(folder.iterdir()) == []


def test_an_export_that_cannot_be_read_is_told(place, capsys):
    place.put("timesheets/kimai/1.csv", "Client;Projet;Durée\nACME;Audit;1:30\n")
    words, errors = said(capsys, place)
    assert "timesheets/kimai/1.csv, ligne 1 : ce n'est pas un export détaillé de Kimai" in errors
    assert "ont leur correspondance" in words


def test_a_mapping_left_blank_is_rejected_when_it_is_delivered(place, capsys):
    place.put("timesheets/kimai/1.csv", kimai([Work("Zoé", "Interne", "Réunion", "", DAY, 60)]))
    said(capsys, place)
    shutil.copy(place.root / "reports" / "mapping" / "user_map_proposed.csv", place.root / "inbox" / "user_map.csv")
    place.run()
    assert place.codes() == [(2, "collaborator_id", "required")]


def test_a_name_that_a_spreadsheet_would_compute_is_written_as_text_and_still_maps(place, capsys):
    place.put("timesheets/kimai/1.csv", kimai([Work("Alice", "=1+1", "+Audit;x", '"q"', DAY, 60)]))
    (row, _) = csv.DictReader(io.StringIO(said(capsys, place, "--format", "csv")[0]))
    assert (row["client"], row["project"], row["task"]) == ("'=1+1", "'+Audit;x", '"q"')
    written = (place.root / "reports" / "mapping" / "project_map_proposed.csv").read_text(encoding="utf-8-sig")
    header, line = written.splitlines()
    place.put("project_map.csv", f"{header}\n{line.rstrip(';')};F1-BILAN-2025;\n")
    place.run()
    assert place.column("select mission_id from raw.time_entry") == ["F1-BILAN-2025"]


def test_a_workspace_without_inbox_is_told(tmp_path, capsys):
    assert cli.main(["map", "-w", str(tmp_path)]) == 1
    assert "prefact init" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("one", "other"), [("SARL Émile & Fils", "emile fils"), ("S.A.", "s a"), ("Sté Dupont", "DUPONT"), ("", "")]
)
def test_names_that_differ_in_what_does_not_count_are_alike(one, other):
    assert likeness(one) == likeness(other)
