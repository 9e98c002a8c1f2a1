"""A month with payroll declarations: what they bill and hold, and that nobody in them is found anywhere."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from assets.demo.dsn import Employee, declaration, envelope, staff, written
from orchestration import cli

FINAL, PROVISIONAL, HALF, NOBODYS = "73282932000074", "35600000000048", "55210055400013", "55210055400021"
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
MISSIONS = {FINAL: "M1", PROVISIONAL: "M2", HALF: "M3"}
INBOX = {
    "client": "client_id,legal_name,siren,vat_number,einvoice_address\n"
    "C1,Alpha,732829320,FR44732829320,a@example.org\n",
    "client_file": "client_file_id,client_id\nF1,C1\n",
    "establishment": "siret,client_file_id\n" + "".join(f"{siret},F1\n" for siret in MISSIONS),
    "fiscal_year": "client_file_id,fy_label,start_date,end_date\nF1,2026,2026-01-01,2026-12-31\n",
    "service": "service_code,label,unit,vat_code\nPAIE,Bulletin,bulletin,N\n",
    "price": "service_code,valid_from,unit_price\nPAIE,2020-01-01,20\n",
    "vat_rate": "vat_code,valid_from,rate\nN,2020-01-01,20\n",
    "mission": "mission_id,client_file_id,mission_code,vintage,fy_label,billing_mode,service_code,start_date\n"
    + "".join(f"{mission},F1,SOCIAL{mission},2026,2026,UNIT,PAIE,2026-01-01\n" for mission in MISSIONS.values()),
    "metric_binding": "mission_id,metric_code,service_code,sirets,lag_months\n"
    + "".join(f"{mission},PAYSLIPS,PAIE,{siret},{int(siret != PROVISIONAL)}\n" for siret, mission in MISSIONS.items()),
}


@pytest.fixture(scope="module")
def people() -> list[Employee]:
    """Persons with names that nothing else contains."""
    return [
        replace(person, family_name=f"Zyxwq{number}é", first_name=f"Qwxzy{number}")
        for number, person in enumerate(staff(7, FINAL, 6, MARCH))
    ]


def spoilt(people: list[Employee]) -> dict[str, bytes]:
    """Files and declarations that are refused, each with somebody's name or number where the fault lies."""
    nir, name = people[0].nir[:13], people[0].family_name
    sound = envelope([declaration(FINAL, MARCH, people, order=0)])

    def with_line(old: str, new: str) -> bytes:
        assert any(line.startswith(old) for line in sound)
        return written([new if line.startswith(old) else line for line in sound])

    return {
        "line.dsn": with_line("S21.G00.30.002", f"{name} {nir}"),
        "cut.dsn": written(sound[:-2]),
        "total.dsn": written([*sound[:30], f"S21.G00.30.002,'{name}'", *sound[30:]]),
        "written.dsn": with_line("S90.G00.90.001", f"S90.G00.90.001,'{nir}'"),
        "control.dsn": with_line("S21.G00.30.002", f"S21.G00.30.002,'{name}\0'"),
        "first.txt": f"{name} {nir}\n".encode(),
        "month.dsn": with_line("S20.G00.05.005", f"S20.G00.05.005,'{nir}'"),
        "siret.dsn": with_line("S21.G00.11.001", f"S21.G00.11.001,'{name}'"),
        "siren.dsn": with_line("S21.G00.06.001", f"S21.G00.06.001,'{nir}'"),
        "order.dsn": with_line("S20.G00.05.004", f"S20.G00.05.004,'{nir}'"),
        "type.dsn": with_line("S20.G00.05.002", f"S20.G00.05.002,'{name}'"),
        "norm.dsn": with_line("S10.G00.00.006", f"S10.G00.00.006,'{name}'"),
        "payroll_metric.csv": f"siret,month,metric_code,quantity\n{FINAL},{name},PAYSLIPS,{nir}x\n".encode(),
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory, people) -> tuple[Path, str]:
    """The workspace after `prefact run 2026-04`, and what the command said."""
    root = tmp_path_factory.mktemp("payroll")
    payroll = root / "inbox" / "payroll"
    payroll.mkdir(parents=True)
    for table, content in INBOX.items():
        (root / "inbox" / f"{table}.csv").write_text(content, encoding="utf-8")
    march = [
        declaration(FINAL, MARCH, people[:3]),
        declaration(HALF, MARCH, people[:2], fraction="12"),
        declaration(NOBODYS, MARCH, people),
    ]
    (payroll / "march.dsn").write_bytes(written(envelope(march)))
    (payroll / "april.EDI").write_bytes(written(envelope([declaration(PROVISIONAL, APRIL, people[:5])])))
    for name, content in spoilt(people).items():
        (payroll / name).write_bytes(content)
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout", out)
        patch.setattr("sys.stderr", err)
        status = cli.main(["run", "2026-04", "-w", str(root)])
    assert status == 0, err.getvalue()
    return root, out.getvalue() + err.getvalue()


def query(root: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_final_declarations_bill_provisional_ones_warn_incomplete_ones_hold(run):
    lines = "select mission_id, quantity::int, amount_net::int, status, held_by from marts.prebill_line order by all"
    assert query(run[0], lines) == [
        ("M1", 3, 60, "READY", None),
        ("M2", 5, 100, "READY", None),
        ("M3", 2, 40, "HELD", "FI-14"),
    ]
    register = "select subject_id, severity from marts.anomaly where code = 'FI-14' order by all"
    assert query(run[0], register) == sorted([(PROVISIONAL, "warning"), (HALF, "critical")])


def test_evidence_points_at_the_line_of_the_declaration(run):
    evidence = query(
        run[0],
        "select source_key, source_file, source_row, is_manual from marts.prebill_evidence "
        "inner join marts.prebill_line using (line_key, month) where mission_id = 'M1'",
    )
    assert evidence == [(f"{FINAL}|2026-03|PAYSLIPS|PER_PAYMENT", "payroll/march.dsn", 10, False)]


def test_each_count_has_one_fate(run):
    """What no binding counts belongs to its own month, which was not run."""
    fates = query(
        run[0],
        "select source_key, fate, reason_code from marts.input_fate "
        f"where source_key like '{FINAL}|%' or source_key like '{HALF}|%PAYSLIPS|PER_P%' order by all",
    )
    assert fates == sorted(
        [
            (f"{FINAL}|2026-03|LEAVERS|", "OPEN", None),
            (f"{FINAL}|2026-03|NEW_HIRES|", "OPEN", None),
            (f"{FINAL}|2026-03|PAYSLIPS|PER_CONTRACT", "EXCLUDED", "OTHER_METHOD"),
            (f"{FINAL}|2026-03|PAYSLIPS|PER_INDIVIDUAL", "EXCLUDED", "OTHER_METHOD"),
            (f"{FINAL}|2026-03|PAYSLIPS|PER_PAYMENT", "BILLED", None),
            (f"{FINAL}|2026-03|SICK_LEAVES|", "OPEN", None),
            (f"{HALF}|2026-03|PAYSLIPS|PER_PAYMENT", "OPEN", None),
        ]
    )


def test_each_spoilt_file_is_told_with_its_place_and_cause(run, people):
    told = {row[0] for row in query(run[0], "select source_file from marts.rejected_row where reason <> ''")}
    # An unknown norm is remarked and read.
    assert told == {f"payroll/{name}" for name in spoilt(people) if name != "norm.dsn"} | {"payroll/march.dsn"}
    assert "norm.dsn" in run[1]


def text(file: Path) -> str:
    """Everything a file says: its bytes, and what lies packed in them."""
    data = file.read_bytes()
    found = [data.decode("latin-1"), data.decode("utf-8", "ignore"), data.decode("utf-16-le", "ignore")]
    if file.suffix == ".parquet":
        found.append(str(pl.read_parquet(file).rows()))
    elif file.suffix == ".duckdb":
        for schema, table in query(file.parent, "select table_schema, table_name from information_schema.tables"):
            found.append(str(query(file.parent, f'select * from "{schema}"."{table}"')))
    elif zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(file) as package:
            found += [package.read(entry).decode("utf-8", "ignore") for entry in package.infolist()]
    return "\0".join(found)


def test_nobody_in_the_declarations_is_found_anywhere(run, people):
    root, said = run
    secrets = {word for person in people for word in (person.nir[:13], person.family_name[:6], person.first_name)}
    secrets |= {"2345.67", "1876.54", "rue de l'Essai", "L'Essai"}
    everything = {"said": said}
    for file in root.rglob("*"):
        if file.is_file() and root / "inbox" not in file.parents:
            everything[file.relative_to(root).as_posix()] = text(file)
    leaks = {(name, secret) for name, found in everything.items() for secret in secrets if secret in found}
    assert leaks == set()
    # It does look where things are.
    seen = {name.split("/")[0] for name, found in everything.items() if FINAL in found}
    assert {"archive", "published", "warehouse.duckdb"} <= seen
    workbook = next(found for name, found in everything.items() if name.endswith(".xlsx"))
    assert "M1" in workbook
    assert any(name.startswith(".prefact/") for name in everything)
