"""The life of a month: validated in parts, then the inbox altered, reordered and emptied; what was validated stays.

One firm lives through it all once; the tests look at what was noted on the way.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from assets.ledger import read_chain
from assets.validation import Scope, freeze_plan, person, plan_validation
from orchestration import cli

GOLDEN = Path(__file__).resolve().parents[1] / "fixtures" / "golden_month"
JANUARY, FEBRUARY = "2025-01", "2025-02"
#: Of what was validated in part, these relations hold nothing that belongs to nobody.
FROZEN = ("prebill_line", "prebill_evidence", "prebill_item", "prebill_exclusion", "anomaly")
PART = ("D1", "D2")
#: A line of the part validated first, and the only time entry behind it.
BILLED, ENTRY = "TIME|M14|ALICE|90.000000|2025-01", "time_entry|saisie|T01"


@dataclass
class Life:
    """A firm, and what was noted at each step of it: exit status, words, bytes."""

    root: Path
    said: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    bytes_of: dict[str, dict[str, str]] = field(default_factory=dict)
    rows_of: dict[str, list[tuple]] = field(default_factory=dict)

    def does(self, step: str, *words: str) -> None:
        """Run a command and note what it says and what is published after it."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            patch.setenv("PREFACT_USER", "Claire")
            status = cli.main([*words, "-w", str(self.root)])
        self.said[step] = (status, out.getvalue(), err.getvalue())
        self.bytes_of[step] = {
            f"{folder.name}/{file.stem}": hashlib.sha256(file.read_bytes()).hexdigest()
            for folder in sorted((self.root / "published").glob("2*"))
            for file in sorted(folder.glob("*.parquet"))
        }

    def notes_rows(self, step: str, month: str, files: tuple[str, ...]) -> None:
        """Note, to the last digit, what a month publishes of some client files."""
        found: list[tuple] = []
        keys = "(select line_key from @prebill_line.parquet where list_contains($files, client_file_id))"
        for relation in FROZEN:
            of_them = (
                f"line_key in {keys}" if relation == "prebill_evidence" else "list_contains($files, client_file_id)"
            )
            sql = f"select '{relation}', * from @{relation}.parquet where {of_them} order by all"
            place = f"'{self.root}/published/{month}/"
            for name in FROZEN:
                sql = sql.replace(f"@{name}.parquet", f"{place}{name}.parquet'")
            found += duckdb.execute(sql, {"files": list(files)}).fetchall()
        self.rows_of[step] = found

    def state(self, month: str) -> tuple:
        return self.asks(month, "select status, control_date::varchar, lines, amount_net from @month_state")[0]

    def asks(self, month: str, sql: str) -> list[tuple]:
        for relation in (*FROZEN, "month_state"):
            sql = sql.replace(f"@{relation}", f"'{self.root}/published/{month}/{relation}.parquet'")
        return duckdb.sql(sql).fetchall()


def alter(inbox: Path) -> None:
    """Every amount, price, rate, quantity and time doubled, every label changed, every row in another place."""
    doubled = {"amount", "unit_price", "hourly_price", "quantity", "minutes", "value", "total_amount"}
    for file in inbox.glob("*.csv"):
        text = file.read_text(encoding="utf-8-sig")
        separator = ";" if ";" in text.splitlines()[0] else ","
        header, *rows = csv.reader(io.StringIO(text), delimiter=separator)
        for row in rows:
            for place, name in enumerate(header):
                if name in doubled and row[place]:
                    row[place] = str(Decimal(row[place].replace(",", ".")) * 2).replace(
                        ".", "," if separator == ";" else "."
                    )
                elif name == "label":
                    row[place] += " (modifié)"
        out = io.StringIO()
        writer = csv.writer(out, delimiter=separator, lineterminator="\n")
        writer.writerows([header, *reversed(rows)])
        file.write_text(out.getvalue(), encoding="utf-8")
    for file in (inbox / "documents").glob("*.json"):
        letter = json.loads(file.read_bytes())
        letter["total_fee"] = None
        for line in letter["lines"]:
            line["label"] = f"{line.get('label', '')} (modifié)"
        file.write_text(json.dumps(letter), encoding="utf-8")


def empty(inbox: Path) -> None:
    """Nothing is left but headers, and the letters are gone."""
    for file in inbox.glob("*.csv"):
        file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    shutil.rmtree(inbox / "documents")


@pytest.fixture(scope="module")
def life(tmp_path_factory) -> Life:
    life = Life(tmp_path_factory.mktemp("life"))
    inbox = life.root / "inbox"
    shutil.copytree(GOLDEN / "inbox", inbox)
    life.does("drafted", "run", JANUARY, "--control-date", "2025-01-30")
    life.does("part", "validate", JANUARY, "--client-file", "D1", "--client", "C2")
    life.notes_rows("part", JANUARY, PART)
    life.does("part again", "validate", JANUARY, "--client-file", "D2")
    alter(inbox)
    life.does("too late", "validate", JANUARY)
    life.does("altered", "run", JANUARY)
    life.notes_rows("altered", JANUARY, PART)
    # As a kill leaves it: the link is there, and what is published does not show it.
    freeze_plan(life.root, plan_validation(life.root, JANUARY, Scope(), "fr"))
    life.does("rest", "validate", JANUARY)
    life.notes_rows("rest", JANUARY, PART)
    life.does("again", "validate", JANUARY)
    empty(inbox)
    life.does("validated", "run", JANUARY)
    life.does("emptied", "run", FEBRUARY)
    life.does("status", "status")
    life.does("explained", "explain", BILLED)
    life.does("credit explained", "explain", f"DELTA|{ENTRY}|1|REV")
    life.does("rebuilt", "rebuild")
    life.notes_rows("rebuilt", JANUARY, PART)
    return life


def differences(life: Life, step: str, before: str, month: str) -> set[str]:
    """The relations of a month that are not byte for byte what they were."""
    names = {name for name in life.bytes_of[before] if name.startswith(month)}
    assert names
    return {name.split("/")[1] for name in names if life.bytes_of[step].get(name) != life.bytes_of[before][name]}


def test_a_part_is_validated_by_whoever_says_so_and_the_rest_stays_a_draft(life):
    status, out, _ = life.said["part"]
    assert status == 0
    assert "Validation de 2025-01 par Claire · dossiers : D1, D2" in out
    assert "C'est définitif" in out
    links = [link.manifest for link in read_chain(life.root / "ledger")]
    assert [(link["month"], link["is_whole"], link["recorded_by"]) for link in links] == [
        (JANUARY, False, "Claire"),
        (JANUARY, True, person()),
    ]
    assert {row[0] for row in life.rows_of["part"]} >= {"prebill_line", "prebill_evidence", "prebill_item"}
    assert {row[4] for row in life.rows_of["part"] if row[0] == "prebill_line"} == set(PART)


def test_a_validation_has_the_control_date_of_its_draft_and_a_run_the_default(life):
    links = [link.manifest["control_date"] for link in read_chain(life.root / "ledger")]
    assert links == ["2025-01-30", "2025-01-31"]
    assert life.state(JANUARY)[:2] == ("VALIDATED", "2025-01-31")


def test_validating_again_changes_nothing_and_says_so(life):
    for step, before, scope in (("part again", "part", " · dossiers : D2"), ("again", "rest", "")):
        status, out, _ = life.said[step]
        assert (status, out) == (0, f"2025-01{scope} : déjà validé, rien ne change.\n")
        assert life.bytes_of[step] == life.bytes_of[before]


def test_a_validation_killed_before_it_was_shown_is_finished_by_the_same_command(life):
    told = "2025-01 : déjà validé ; les résultats publiés ont été mis à jour.\n"
    assert life.said["rest"][:2] == (0, told)
    assert life.state(JANUARY)[0] == "VALIDATED"


def test_an_inbox_that_changed_since_the_draft_forbids_to_validate_it(life):
    status, out, err = life.said["too late"]
    assert (status, out) == (2, "")
    assert err.startswith("Refus : Des fichiers ont changé depuis le brouillon de 2025-01 : adhoc_service.csv")
    assert "prefact run 2025-01" in err
    assert life.bytes_of["too late"] == life.bytes_of["part"]


def test_no_digit_of_a_validated_part_changes_whatever_becomes_of_the_inbox(life):
    for step in ("altered", "rest", "rebuilt"):
        assert life.rows_of[step] == life.rows_of["part"], step


def test_the_open_client_files_are_run_again(life):
    assert {"prebill_line", "prebill_evidence"} <= differences(life, "altered", "part", JANUARY)
    summary = life.said["altered"][1]
    assert "validé en partie" in summary


def test_no_byte_of_a_validated_month_changes_whatever_becomes_of_the_inbox(life):
    assert life.asks(JANUARY, "select distinct status from @prebill_line") == [("VALIDATED",)]
    for step in ("again", "validated", "emptied"):
        assert life.said[step][0] == 0
        assert differences(life, step, "rest", JANUARY) == set()


def test_running_a_validated_month_says_that_nothing_changes(life):
    assert life.said["validated"][1].startswith("2025-01 est validé : rien n'est recalculé, rien ne change.")


def test_what_was_removed_after_it_was_validated_is_credited_in_the_next_month(life):
    sql = "select adjusts_line_key, -sum(amount_net) from @prebill_line group by all"
    credited = dict(life.asks(FEBRUARY, sql))
    billed = dict(life.asks(JANUARY, "select line_key, amount_net from @prebill_line"))
    assert len(credited) > 10
    assert credited.items() <= billed.items(), "all of a line, and nothing else"
    warned = life.asks(FEBRUARY, "select distinct subject_id from @anomaly where code = 'FI-18'")
    assert {key for (key,) in warned} == credited.keys()


def test_status_shows_where_each_month_stands(life):
    out = life.said["status"][1]
    assert [line.split()[:2] for line in out.splitlines() if line.startswith("  2025-")] == [
        [JANUARY, "validé"],
        [FEBRUARY, "brouillon"],
    ]


def test_a_validated_line_says_who_validated_it_and_what_corrects_it(life):
    out = life.said["explained"][1]
    assert "État                validée" in out
    assert " UTC par Claire (2025-01, maillon 1, entrées " in out
    assert "Corrigée depuis par :\n" in out
    assert f"DELTA|{ENTRY}|1|REV" in out


def test_a_credit_names_the_line_it_corrects(life):
    out = life.said["credit explained"][1]
    assert f"Cette ligne corrige {BILLED}, avec :" in out
    assert "-135,00 €" in out


def test_a_rebuild_gives_what_was_published_byte_for_byte(life):
    status, out, _ = life.said["rebuilt"]
    assert status == 0
    assert f"{life.root}/warehouse.duckdb a été refait" in out
    assert differences(life, "rebuilt", "emptied", JANUARY) & set(FROZEN) == set()
    assert differences(life, "rebuilt", "emptied", FEBRUARY) <= {"month_state"}
    assert "2025-02 diffère" not in out


def test_a_tampered_ledger_or_archive_is_named_and_refused(life, tmp_path, capsys):
    root = tmp_path / "copy"
    shutil.copytree(life.root, root, symlinks=True)

    def refused(*words: str) -> str:
        capsys.readouterr()
        assert cli.main([*words, "-w", str(root)]) == 1
        err = capsys.readouterr().err
        assert "Traceback" not in err and "sauvegarde" in err
        return err

    line = root / "ledger" / f"000001-{JANUARY}" / "line.parquet"
    sound = line.read_bytes()
    line.write_bytes(sound[:-1] + b"?")
    for words in (("rebuild",), ("validate", FEBRUARY), ("run", JANUARY), ("run", FEBRUARY)):
        assert f"ledger/000001-{JANUARY}/line.parquet" in refused(*words)
    line.write_bytes(sound)

    shutil.rmtree(root / "ledger" / f"000002-{JANUARY}")
    assert "ledger/HEAD" in refused("rebuild")
    (root / "ledger" / "HEAD").write_text(read_chain_hash(root / "ledger" / f"000001-{JANUARY}"))
    assert f"ledger/*-{JANUARY}" in refused("rebuild")
    shutil.copytree(life.root / "ledger", root / "ledger", dirs_exist_ok=True)

    data = next((root / "archive" / "mission").glob("*.parquet"))
    content = data.read_bytes()
    data.unlink()
    assert f"archive/mission/{data.name}" in refused("rebuild")
    data.write_bytes(content)
    log = root / "archive" / "deliveries.jsonl"
    log.write_bytes(log.read_bytes().replace(b'"rows":', b'"rows": ', 1))
    assert "archive/deliveries.jsonl" in refused("rebuild")


def read_chain_hash(folder: Path) -> str:
    return hashlib.sha256((folder / "link.json").read_bytes()).hexdigest() + "\n"
