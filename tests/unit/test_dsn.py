"""Payroll declarations: each rule on one worked file, then against an oracle, then on what is no declaration at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stdnum.fr import nir as stdnum_nir
from stdnum.fr import siret as stdnum_siret

from assets.demo import identifiers
from assets.demo.dsn import INTERNSHIP, OFFICER, SENDER, Employee, declaration, envelope, nir, staff, written
from assets.payroll import lines
from assets.payroll.reading import Counts, read_payroll
from assets.readers import FileRefused
from tests.unit.workspace import Workspace

A, B = "73282932000074", "35600000000048"
MARCH = date(2026, 3, 1)
AFTER = date(2026, 4, 30)
CREW = staff(1, A, 4, MARCH)
PAYSLIPS = "PAYSLIPS", "PER_PAYMENT"


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.put_minimal()
    workspace.put("establishment.csv", f"siret,client_file_id\n{A},F1\n{B},F2\n")
    return workspace


def read(tmp_path, content: bytes) -> Counts | FileRefused:
    path = tmp_path / "a.dsn"
    path.write_bytes(content)
    return read_payroll([path])[0]


def counts(result: Counts, column: str = "quantity") -> dict[tuple, int]:
    """(SIRET, month, metric, method) → count of the declarations of a file, none of them twice."""
    assert isinstance(result, Counts), result.code
    keys = result.rows.select("siret", "month", "metric_code", "method").rows()
    assert len(set(keys)) == len(keys)
    return {key: int(value) for key, value in zip(keys, result.rows[column], strict=True)}


def measures(result: Counts, column: str = "quantity") -> dict[tuple, int]:
    """(metric, method) → count, of the one declaration of a file."""
    assert result.rows["siret"].n_unique() == 1
    return {key[2:]: count for key, count in counts(result, column).items()}


def refusal(tmp_path, content: bytes) -> tuple[str, int]:
    result = read(tmp_path, content)
    assert isinstance(result, FileRefused)
    return result.code, result.row


def one(*declarations: list[str], **how: object) -> bytes:
    return written(envelope(declarations, **how))


def metrics(workspace: Workspace, metric: str = "PAYSLIPS", method: str = "PER_PAYMENT") -> list[tuple]:
    return workspace.query(
        f"select siret, month, quantity::int, complete from raw.payroll_metric "
        f"where metric_code = '{metric}' and coalesce(method, '') = '{method}' order by all"
    )


# --- what is counted in a declaration ------------------------------------------------------------------------------


def test_each_measure_of_a_declaration(tmp_path):
    crew = [
        replace(CREW[0], payments=2),
        replace(CREW[1], start=date(2026, 3, 9), sick=True),
        replace(CREW[2], end=date(2026, 3, 31)),
        replace(CREW[3], start=date(2026, 2, 28), end=date(2026, 4, 1)),
    ]
    assert measures(read(tmp_path, one(declaration(A, MARCH, crew)))) == {
        ("PAYSLIPS", "PER_PAYMENT"): 5,
        ("PAYSLIPS", "PER_CONTRACT"): 4,
        ("PAYSLIPS", "PER_INDIVIDUAL"): 4,
        ("NEW_HIRES", None): 1,
        ("LEAVERS", None): 1,
        ("SICK_LEAVES", None): 1,
    }


HEAD = declaration(A, MARCH, [])


def counted(tmp_path, *body: str) -> tuple[int, ...]:
    """The six measures of a declaration with these lines for individuals."""
    content = [line if "'" in line else f"{line},'x'" for line in body]
    return tuple(measures(read(tmp_path, one([*HEAD, *content]))).values())


def pay(contract: str | None = None, kind: str = "001") -> list[str]:
    number = [f"S21.G00.51.010,'{contract}'"] if contract else []
    return [*number, f"S21.G00.51.011,'{kind}'"]


def test_an_instance_begins_where_numbers_do_or_after_its_children_whatever_rubric_comes_first(tmp_path):
    person = ["S21.G00.30.020,'T1'"]
    # The same rubric again; a lower one; a higher one after a child, known or not.
    assert counted(tmp_path, *person, "S21.G00.50.002", "S21.G00.50.002")[0] == 2
    assert counted(tmp_path, *person, "S21.G00.50.004", "S21.G00.50.002")[0] == 2
    assert counted(tmp_path, *person, "S21.G00.50.002", *pay(), "S21.G00.50.004")[0] == 2
    assert counted(tmp_path, *person, "S21.G00.50.002", "S21.G00.52.001", "S21.G00.50.004")[0] == 2
    assert counted(tmp_path, *person, "S21.G00.50.002", "S21.G00.50.004")[0] == 1


def test_persons_are_told_apart_by_the_best_id_they_have(tmp_path):
    def persons(*ids: list[str]) -> int:
        return counted(tmp_path, *(line for own in ids for line in (*own, "S21.G00.50.001")))[2]

    assert persons(["S21.G00.30.001,'1'"], ["S21.G00.30.001,'2'"]) == 2
    assert persons(["S21.G00.30.001,'1'", "S21.G00.30.019,'7'"], ["S21.G00.30.001,'1'", "S21.G00.30.019,'8'"]) == 1
    assert persons(["S21.G00.30.002,'X'", "S21.G00.30.020,'1'"], ["S21.G00.30.020,'1'"]) == 1
    assert persons(["S21.G00.30.001,'1'"], ["S21.G00.30.020,'1'"], ["S21.G00.30.019,'1'"]) == 3
    assert persons(["S21.G00.30.002,'X'"], ["S21.G00.30.002,'X'"]) == 2


def test_somebody_without_a_payment_has_no_payslip(tmp_path):
    assert counted(tmp_path, "S21.G00.30.001,'1'", "S21.G00.40.009,'C'") == (0, 0, 0, 0, 0, 0)


def test_contracts_count_once_each_when_gross_pay_names_them(tmp_path):
    person = ["S21.G00.30.001,'1'", "S21.G00.40.009,'C1'", "S21.G00.40.009,'C2'", "S21.G00.50.001"]
    assert counted(tmp_path, *person, *pay("C1"), *pay("C1", "002"), *pay("C2"))[:3] == (1, 2, 1)
    assert counted(tmp_path, *person, *pay("C1"), "S21.G00.50.001", *pay("C1"))[:3] == (2, 1, 1)
    assert counted(tmp_path, *person, *pay("C1", "002"))[:3] == (1, 0, 1)
    # Another person's contract of the same number is another contract.
    other = ["S21.G00.30.001,'2'", "S21.G00.40.009,'C1'", "S21.G00.50.001", *pay("C1")]
    assert counted(tmp_path, *person, *pay("C1"), *other)[:3] == (2, 2, 2)


@pytest.mark.parametrize(
    ("column", "expected"),
    [("quantity", 4), ("without_internships", 3), ("without_officers", 3), ("without_both", 2)],
)
def test_internships_and_officers_can_be_left_out(tmp_path, column, expected):
    crew = [CREW[0], replace(CREW[1], nature=INTERNSHIP), replace(CREW[2], nature=OFFICER), CREW[3]]
    found = measures(read(tmp_path, one(declaration(A, MARCH, crew))), column)
    assert [found["PAYSLIPS", method] for method in ("PER_PAYMENT", "PER_CONTRACT", "PER_INDIVIDUAL")] == [expected] * 3


def test_an_officer_who_is_an_employee_as_well_counts_for_what_is_paid(tmp_path):
    body = ["S21.G00.30.001,'1'", "S21.G00.40.007,'80'", "S21.G00.40.009,'O'", "S21.G00.40.009,'E'"]
    body += ["S21.G00.50.001,'x'", *pay("O"), "S21.G00.50.001,'x'", *pay("E")]
    result = read(tmp_path, one([*HEAD, *body]))
    assert list(measures(result).values())[:3] == [2, 2, 1]
    assert list(measures(result, "without_officers").values())[:3] == [1, 1, 1]


# --- which declarations count ---------------------------------------------------------------------------------------


def test_sends_for_test_and_event_declarations_count_nothing(tmp_path):
    test = envelope([declaration(A, MARCH, CREW)], real=False)
    events = envelope([declaration(A, MARCH, CREW[:1], nature=nature) for nature in ("04", "05", "07", "08")])
    result = read(tmp_path, written([*test, *events]))
    assert result.rows.height == 0 and result.rejects.height == 0
    assert result.remarks == ("S10.G00.00.005 ≠ 02",)


def test_persons_of_an_event_do_not_count_in_the_declaration_before(tmp_path):
    event = declaration(A, MARCH, CREW, nature="04")
    assert measures(read(tmp_path, one(declaration(A, MARCH, CREW[:1]), event)))[PAYSLIPS] == 1


@pytest.mark.parametrize("kind", ["02", "05"])
def test_a_declaration_without_individuals_is_an_explicit_zero(tmp_path, kind):
    found = measures(read(tmp_path, one(declaration(A, MARCH, [], kind=kind))))
    assert len(found) == 6 and set(found.values()) == {0}


def test_establishments_and_envelopes_in_one_file_and_never_the_sender(tmp_path):
    first = envelope([declaration(A, MARCH, CREW), declaration(B, MARCH, CREW[:1])])
    second = envelope([declaration(A, date(2026, 2, 1), CREW[:2])])
    result = read(tmp_path, written(["S05.G00.00.001,'x'", *first, *second, "S95.G00.00.001,'x'"]))
    found = {key[:2]: count for key, count in counts(result).items() if key[2:] == PAYSLIPS}
    assert found == {(A, "2026-03"): 4, (B, "2026-03"): 1, (A, "2026-02"): 2}
    assert SENDER not in result.rows["siret"]


def test_the_row_is_the_line_where_the_declaration_begins(tmp_path):
    content = one(declaration(A, MARCH, CREW), declaration(B, MARCH, CREW))
    found = content.decode("latin-1").split("\r\n")
    for row in read(tmp_path, content).rows.iter_rows(named=True):
        assert found[row["_row"] - 1].startswith("S20.G00.05.001")
        assert f"S21.G00.06.001,'{row['siret'][:9]}'" in found[row["_row"] - 1 :][:12]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_encodings_line_ends_and_apostrophes_do_not_matter(tmp_path, encoding, line_end):
    crew = [replace(CREW[0], family_name="L'É'ON", contract="né'1"), replace(CREW[0], contract="né'2")]
    content = written(envelope([declaration(A, MARCH, crew)]), encoding=encoding, line_end=line_end)
    assert list(measures(read(tmp_path, content.rstrip())).values())[:3] == [2, 2, 1]


def test_unknown_rubrics_are_skipped_and_unknown_norms_remarked(tmp_path):
    body = [
        "S21.G00.30.001,'1'",
        "S21.G00.30.999,'x'",
        "S21.G00.50.001,'x'",
        "S89.G12.34.567,'x'",
        "S99.G99.99.001,'x'",
    ]
    result = read(tmp_path, one([*HEAD, *body], norm="P40V02"))
    assert measures(result)[PAYSLIPS] == 1
    assert result.remarks == ("S10.G00.00.006 P40V02",)
    assert "secret" not in str(read(tmp_path, one(HEAD, norm="secret")).remarks)


# --- what is refused ------------------------------------------------------------------------------------------------


def test_files_are_refused_when_their_totals_differ(tmp_path):
    sound = written(envelope([declaration(A, MARCH, CREW)])).decode("latin-1").split("\r\n")
    end = len(sound) - 2
    del sound[30]
    assert refusal(tmp_path, written(sound[:-1])) == ("dsn_total", end)
    sound.insert(30, "S21.G00.30.004,'x'")
    sound.insert(31, "S21.G00.30.005,'x'")
    assert refusal(tmp_path, written(sound[:-1])) == ("dsn_total", end + 2)
    wrong = envelope([declaration(A, MARCH, CREW)])
    assert refusal(tmp_path, written([*wrong[:-1], "S90.G00.90.002,'2'"]))[0] == "dsn_total"
    assert refusal(tmp_path, written([*wrong[:-2], "S90.G00.90.001,'many'", wrong[-1]]))[0] == "dsn_total"


def test_truncated_files_and_rubrics_outside_of_an_envelope_are_refused(tmp_path):
    whole = envelope([declaration(A, MARCH, CREW)])
    assert refusal(tmp_path, written(whole[:-2])) == ("dsn_cut", 1)
    assert refusal(tmp_path, written([*whole, *whole[:40]])) == ("dsn_cut", len(whole) + 1)
    assert refusal(tmp_path, written([*whole, "S21.G00.50.001,'x'"])) == ("dsn_outside", len(whole))
    assert refusal(tmp_path, written(["S05.G00.00.001,'x'", "S21.G00.50.001,'x'", *whole]))[0] == "dsn_outside"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", ("empty_file", 0)),
        (b" \r\n\n", ("empty_file", 0)),
        (b"siret;month\n1;2\n", ("not_dsn", 1)),
        (b"S20.G00.05.001,'01'\n", ("not_dsn", 1)),
        (b"S10.G00.00.001,'x'\nS10.G00.00.002,'y\n", ("dsn_line", 2)),
        (b"S10.G00.00.001,'x'\n" + b"x" * 20_000_000 + b"\n", ("dsn_line", 2)),
        (b"S10.G00.00.001,'x'\nS10.G00.00.002,'a\0b'\n", ("control_character", 2)),
        (written(envelope([declaration(A, MARCH, CREW)])).decode("latin-1").encode("utf-16"), ("not_dsn", 1)),
        (bytes(range(256)) * 1000, ("not_dsn", 1)),
    ],
)
def test_what_is_no_declaration_is_refused_with_its_place(tmp_path, content, expected):
    assert refusal(tmp_path, content) == expected


def test_a_file_in_which_nobody_begins_is_refused_within_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr(lines, "CHUNK_BYTES", 1 << 10)
    monkeypatch.setattr(lines, "MAX_UNCUT_BYTES", 1 << 14)
    content = written([*envelope([])[:9], *("S21.G00.51.001,'x'" for _ in range(3000))])
    assert refusal(tmp_path, content) == ("dsn_endless", 1)


@pytest.mark.parametrize(
    ("old", "new", "code", "rubric"),
    [
        ("S21.G00.06.001,'732829320'", "S21.G00.06.001,'73282932'", "siret", "S21.G00.11.001"),
        ("S21.G00.11.001,'00074'", "S21.G00.11.009,'00074'", "siret", "S21.G00.11.001"),
        ("S20.G00.05.005,'01032026'", "S20.G00.05.005,'01132026'", "dsn_month", "S20.G00.05.005"),
        ("S20.G00.05.005,'01032026'", "S20.G00.05.006,'01032026'", "dsn_month", "S20.G00.05.005"),
        ("S20.G00.05.002,'01'", "S20.G00.05.002,'77'", "choice", "S20.G00.05.002"),
        ("S20.G00.05.003,'11'", "S20.G00.05.003,'31'", "dsn_fraction", "S20.G00.05.003"),
        ("S20.G00.05.004,'1'", "S20.G00.05.004,'first'", "integer", "S20.G00.05.004"),
        ("S20.G00.05.007,'05042026'", "S20.G00.05.007,'31042026'", "dsn_date", "S20.G00.05.007"),
        ("S20.G00.05.008,'01'", "S20.G00.05.008,'04'", "choice", "S20.G00.05.008"),
    ],
)
def test_a_declaration_whose_head_cannot_be_understood_is_rejected_alone(tmp_path, old, new, code, rubric):
    head = [new if line == old else line for line in declaration(A, MARCH, CREW)]
    assert new in head
    result = read(tmp_path, one(head, declaration(B, MARCH, CREW)))
    assert set(result.rows["siret"]) == {B}
    assert result.rejects.rows() == [(10, rubric, "***", code, *result.rejects.rows()[0][4:])]


# --- several files --------------------------------------------------------------------------------------------------


def test_the_latest_declaration_wins_in_whatever_file_and_order_it_comes(workspace):
    workspace.put("payroll/3.dsn", one(declaration(A, MARCH, CREW[:1], created=date(2026, 4, 2), order=9)))
    workspace.put("payroll/2.EDI", one(declaration(A, MARCH, CREW[:3], kind="03", created=date(2026, 4, 10), order=10)))
    workspace.put("payroll/1.txt", one(declaration(A, MARCH, CREW, kind="03", created=date(2026, 4, 10), order=9)))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 3, True)]
    source = "select distinct _file, _row from raw.payroll_metric"
    assert workspace.query(source) == [("payroll/2.EDI", 10)]
    workspace.put("payroll/sub/4.dsn", one(declaration(A, MARCH, CREW[:2], kind="03", created=date(2026, 4, 11))))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 2, True)]


def test_a_cancelled_declaration_is_gone_and_a_replacement_without_individuals_is_zero(workspace):
    later = date(2026, 4, 9)
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW), declaration(B, MARCH, CREW)))
    workspace.put(
        "payroll/b.dsn",
        one(declaration(A, MARCH, [], kind="04", created=later), declaration(B, MARCH, [], kind="05", created=later)),
    )
    workspace.run(AFTER)
    assert metrics(workspace) == [(B, "2026-03", 0, True)]


def test_fractions_are_all_needed_and_summed(workspace):
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW[:1], fraction="12")))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 1, False)]
    workspace.put("payroll/b.dsn", one(declaration(A, MARCH, CREW[1:], fraction="22")))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 4, True)]


def test_another_division_into_fractions_replaces_the_one_before(workspace):
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW)))
    halves = [
        declaration(A, MARCH, part, fraction=fraction, created=date(2026, 4, 8))
        for part, fraction in ((CREW[:1], "12"), (CREW[1:3], "22"))
    ]
    workspace.put("payroll/b.dsn", one(*halves))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 3, True)]


def test_the_agricultural_and_the_general_part_add_up(workspace):
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW[:1], part="02")))
    workspace.put("payroll/b.dsn", one(declaration(A, MARCH, CREW[1:], part="03")))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 4, True)]


def test_the_same_file_under_several_names_counts_once(workspace):
    for name in ("a.dsn", "b.txt", "2026/c.DSN"):
        workspace.put(f"payroll/{name}", one(declaration(A, MARCH, CREW)))
    report = workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 4, True)]
    assert workspace.run(AFTER).new == () and report.rejects == 0


def test_a_file_delivered_again_replaces_what_it_declared(workspace):
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW), declaration(B, MARCH, CREW)))
    workspace.run(AFTER)
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW[:2])))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 2, True)]
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW))[:-40])
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 2, True)], "a refused version leaves the one before"


def test_no_declaration_is_no_row_and_an_unknown_establishment_is_told_once(workspace):
    other = identifiers.siret(identifiers.siren(Random(3)), 1)
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, []), declaration(other, MARCH, CREW)))
    workspace.run(AFTER)
    assert metrics(workspace) == [(A, "2026-03", 0, True)]
    rejected = workspace.query("select source_file, row_number, column_name, value from raw.rejected_row")
    assert rejected == [("payroll/a.dsn", 26, "siret", "***")]


def test_what_a_person_typed_stands_beside_what_was_declared_and_corrections_apply(workspace):
    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, CREW)))
    workspace.put(
        "payroll_metric.csv", f"siret,month,metric_code,method,quantity\n{A},2026-03,PAYSLIPS,PER_PAYMENT,7\n"
    )
    workspace.put(
        "correction.csv",
        "correction_id,table,key,column,new_value,reason,author\n"
        f"K1,payroll_metric,{A}|2026-03|PAYSLIPS|PER_CONTRACT|false,quantity,9,counted,me\n"
        f"K2,payroll_declaration,{A},quantity,9,counted,me\n",
    )
    workspace.run(AFTER)
    found = workspace.query(
        "select method, manual, quantity::int from raw.payroll_metric where method is not null order by all"
    )
    assert found == [
        ("PER_CONTRACT", False, 9),
        ("PER_INDIVIDUAL", False, 4),
        ("PER_PAYMENT", False, 4),
        ("PER_PAYMENT", True, 7),
    ]
    assert workspace.codes() == []
    assert len(workspace.query("select 1 from raw.rejected_row where table_name = 'correction'")) == 1


def test_contracts_left_out_by_the_configuration_do_not_count(workspace):
    from assets.ingestion import ingest

    workspace.put("payroll/a.dsn", one(declaration(A, MARCH, [CREW[0], replace(CREW[1], nature=INTERNSHIP)])))
    for column, expected in (("quantity", 2), ("without_internships", 1), ("quantity", 2)):
        ingest(workspace.root, language="en", progress=lambda line: None, payroll_counts=column)
        found = workspace.column("select quantity::int from input.payroll_metric where method = 'PER_PAYMENT'")
        assert found == [expected]


# --- against an oracle ----------------------------------------------------------------------------------------------

SIRETS = [identifiers.siret(identifiers.siren(Random(number)), 1) for number in range(4)]
CODES = st.sampled_from(["1", "2", "3"])
CONTRACTS = st.lists(st.tuples(CODES, st.sampled_from(["01", "29", "80", None]), st.booleans()), max_size=2)
PAYMENTS = st.lists(st.lists(st.tuples(CODES, st.sampled_from(["001", "002"])), max_size=3), max_size=3)
PERSONS = st.lists(
    st.tuples(st.sampled_from(["001", "019", "020"]), CODES, CONTRACTS, PAYMENTS, st.booleans()), max_size=4
)
DECLARATIONS = st.fixed_dictionaries(
    {
        "siret": st.sampled_from(SIRETS),
        "kind": st.sampled_from(["01", "01", "01", "03", "04", "05"]),
        "fraction": st.sampled_from(["11", "11", "12", "22"]),
        "part": st.sampled_from(["01", "02", "03"]),
        "order": st.integers(0, 12),
        "day": st.integers(1, 3),
        "persons": PERSONS,
    }
)


def lines_of_persons(persons: list[tuple]) -> list[str]:
    result = []
    for kind, code, contracts, payments, sick in persons:
        result += [f"S21.G00.30.{kind},'{code}'", "S21.G00.31.001,'x'"]
        for number, nature, hired in contracts:
            result += [f"S21.G00.40.001,'{'0203' if hired else '0203'[::-1]}{2026 if hired else 1999}'"]
            result += [f"S21.G00.40.007,'{nature}'"] if nature else []
            result += [f"S21.G00.40.009,'{number}'"]
            result += ["S21.G00.60.002,'x'"] if sick else []
            result += ["S21.G00.62.001,'31032026'"] if hired and sick else []
        for payment in payments:
            result += ["S21.G00.50.002,'x'"]
            for number, pay_type in payment:
                result += [f"S21.G00.51.010,'{number}'", f"S21.G00.51.011,'{pay_type}'"]
    return result


def by_hand(declared: dict, without: set[str]) -> dict[tuple, set]:
    """The distinct things each measure counts in a declaration, said anew in plain Python."""
    found: dict[tuple, set] = {
        ("PAYSLIPS", "PER_PAYMENT"): set(),
        ("PAYSLIPS", "PER_CONTRACT"): set(),
        ("PAYSLIPS", "PER_INDIVIDUAL"): set(),
        ("NEW_HIRES", ""): set(),
        ("LEAVERS", ""): set(),
        ("SICK_LEAVES", ""): set(),
    }
    if declared["kind"] == "05":
        return found
    for place, (kind, code, contracts, payments, sick) in enumerate(declared["persons"]):
        person = kind, code
        for rank, (number, nature, hired) in enumerate(contracts):
            if nature in without:
                continue
            if hired:
                found["NEW_HIRES", ""].add((person, number))
            if sick:
                found["SICK_LEAVES", ""].add((place, rank))
            if hired and sick:
                found["LEAVERS", ""].add((person, number))
        natures = [nature for _, nature, _ in contracts]
        for rank, payment in enumerate(payments):
            of = {number: [nature for own, nature, _ in contracts if own == number] for number, _ in payment}
            named = [nature for natures_of in of.values() for nature in natures_of]
            if any(nature not in without for nature in named or natures or [None]):
                found["PAYSLIPS", "PER_PAYMENT"].add((place, rank))
                found["PAYSLIPS", "PER_INDIVIDUAL"].add(person)
            for number, pay_type in payment:
                if pay_type == "001" and any(nature not in without for nature in of[number] or natures or [None]):
                    found["PAYSLIPS", "PER_CONTRACT"].add((person, number))
    return found


def expected_metrics(files: list[list[dict]], without: set[str]) -> dict[tuple, tuple[int, bool]]:
    """(SIRET, metric, method) → (quantity, complete), from all declarations in the order they arrived."""
    latest: dict[tuple, tuple] = {}
    arrived = [each for file in files for each in file]
    for rank, each in enumerate(arrived):
        key = each["siret"], each["part"], each["fraction"]
        age = each["day"], each["order"], rank
        if key not in latest or latest[key][0] < age:
            latest[key] = age, each
    result: dict[tuple, tuple[int, bool]] = {}
    for siret in SIRETS:
        total: dict[tuple, int] = {}
        complete = True
        for part in ("01", "02", "03"):
            mine = [
                state for (s, p, _), state in latest.items() if (s, p) == (siret, part) and state[1]["kind"] != "04"
            ]
            if not mine:
                continue
            division = max(mine, key=lambda state: state[0])[1]["fraction"][1]
            chosen = [each for _, each in mine if each["fraction"][1] == division]
            complete &= len(chosen) == int(division)
            for each in chosen:
                for measure, things in by_hand(each, without).items():
                    total[measure] = total.get(measure, 0) + len(things)
        result |= {(siret, *measure): (quantity, complete) for measure, quantity in total.items()}
    return result


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    files=st.lists(st.lists(DECLARATIONS, max_size=12), min_size=1, max_size=3),
    without=st.sampled_from([("quantity", ()), ("without_internships", ("29",)), ("without_both", ("29", "80"))]),
    chunk=st.sampled_from([300, 2000, 1 << 22]),
)
def test_random_declarations_are_counted_as_by_hand(tmp_path_factory, monkeypatch, files, without, chunk):
    from assets.ingestion import ingest

    monkeypatch.setattr(lines, "CHUNK_BYTES", chunk)
    workspace = Workspace(tmp_path_factory.mktemp("dsn"))
    for number, file in enumerate(files):
        declared = []
        for each in file:
            head = declaration(
                each["siret"],
                MARCH,
                [],
                kind=each["kind"],
                fraction=each["fraction"],
                part=each["part"],
                order=each["order"],
                created=date(2026, 4, each["day"]),
            )
            declared.append([*head, *lines_of_persons(each["persons"])])
        workspace.put(f"payroll/{number}.dsn", one(*declared))
    ingest(workspace.root, language="en", progress=lambda line: None, payroll_counts=without[0])
    rows = workspace.query(
        "select siret, metric_code, coalesce(method, ''), quantity::int, complete from input.payroll_metric"
    )
    assert {row[:3]: row[3:] for row in rows} == expected_metrics(files, set(without[1]))


# --- hostile --------------------------------------------------------------------------------------------------------

SOUND = one(declaration(A, MARCH, CREW[:2]), declaration(B, MARCH, CREW[2:]))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_and_arbitrary_bytes_are_taken_or_refused_never_worse(tmp_path, data):
    damage = data.draw(st.sampled_from(["bytes", "cut", "splice", "lines"]))
    if damage == "bytes":
        content = b"S10.G00.00.001,'" + data.draw(st.binary(max_size=300))
    elif damage == "cut":
        content = SOUND[: data.draw(st.integers(0, len(SOUND)))]
    elif damage == "splice":
        place = data.draw(st.integers(0, len(SOUND)))
        content = SOUND[:place] + data.draw(st.binary(max_size=20)) + SOUND[place + data.draw(st.integers(0, 20)) :]
    else:
        pieces = SOUND.split(b"\r\n")
        content = b"\n".join(data.draw(st.lists(st.sampled_from(pieces), max_size=60)))
    result = read(tmp_path, content)
    assert isinstance(result, Counts | FileRefused)
    if isinstance(result, FileRefused):
        assert result.value is None
    elif damage != "splice":
        assert content.rstrip() in (SOUND.rstrip(), b"") or damage == "lines"


def test_large_files_are_read_in_pieces_to_the_same_counts(tmp_path, monkeypatch):
    crews = {siret: staff(2, siret, 30, MARCH) for siret in (A, B)}
    content = one(
        *(declaration(siret, MARCH, crew) for siret, crew in crews.items()), declaration(A, date(2026, 2, 1), CREW[:1])
    )
    whole = read(tmp_path, content)
    assert counts(whole)[B, "2026-03", *PAYSLIPS] == 30
    for chunk in (500, 3000, 20_000, 65_536):
        monkeypatch.setattr(lines, "CHUNK_BYTES", chunk)
        assert read(tmp_path, content).rows.equals(whole.rows)


def test_many_files_at_once_are_each_judged_alone(tmp_path):
    contents = {"a": SOUND, "b": b"", "c": SOUND[:-5], "d": SOUND, "e": b"S10.G00.00.001,'x'\n?\n", "f": SOUND[:900]}
    paths = []
    for name, content in contents.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(content)
    results = read_payroll([*paths, tmp_path / "missing"])
    codes = [result.code if isinstance(result, FileRefused) else type(result).__name__ for result in results]
    assert codes == ["Counts", "empty_file", "dsn_line", "Counts", "dsn_line", "dsn_line", "FileNotFoundError"]
    assert results[0].rows.equals(results[3].rows)


# --- the generator --------------------------------------------------------------------------------------------------


def test_generated_identifiers_are_valid_and_of_nobody():
    rng = Random(5)
    for _ in range(200):
        number = nir(rng)
        assert stdnum_nir.is_valid(number) and number[5:7] == "00"
        assert stdnum_siret.is_valid(identifiers.siret(identifiers.siren(rng), 1))
    assert all(isinstance(employee, Employee) for employee in CREW) and staff(1, A, 4, MARCH) == CREW
