"""Random firms: every line, group, exclusion, fate and anomaly of the product is the one the oracle works out.

The firms of a scenario share one inbox and one run of the product; they stay apart by the prefix of their keys. To look
into a difference, `random_firm(number, month)` gives the firm again, whose number the prefix says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.arithmetic import last_day
from tests.oracle.firms import merge, random_firm, write_inbox
from tests.oracle.model import Configuration, ExpectedMonth
from tests.oracle.month import expected_month
from tests.property.month_run import RELATIONS, Outcome, differences, run_month

SHOWN = 30


@dataclass(frozen=True)
class Scenario:
    name: str
    month: str
    firms: range
    configuration: Configuration
    control_date: date
    french: bool = False


SCENARIOS = (
    Scenario("plain", "2025-03", range(110), Configuration(), last_day("2025-03")),
    Scenario(
        "taking_over",
        "2024-02",
        range(200, 240),
        Configuration(
            first_month="2024-02",
            approval_required=False,
            rounding_minutes=6,
            rounding_mode="nearest",
            rounding_per="day",
            units_method="PER_CONTRACT",
            jump_factor=Decimal("1.5"),
        ),
        date(2024, 2, 12),
        french=True,
    ),
    Scenario("not_yet_there", "2025-01", range(300, 330), Configuration(first_month="2025-03"), last_day("2025-01")),
)


@dataclass(frozen=True)
class Judged:
    scenario: Scenario
    outcome: Outcome
    expected: list[ExpectedMonth]
    letters_left: set[str]

    def wanted(self, relation: str) -> list:
        return [one for month in self.expected for one in getattr(month, relation)]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """One workspace for all scenarios: each delivers its files over those of the one before."""
    return tmp_path_factory.mktemp("firms")


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda scenario: scenario.name)
def judged(request, workspace) -> Judged:
    scenario = request.param
    firms = [random_firm(number, scenario.month) for number in scenario.firms]
    # Letters stay when their file is not delivered again; what they speak of is gone.
    left = {file.stem.replace("_v", "|") for file in (workspace / "inbox" / "documents").glob("*.json")}
    write_inbox(merge(firms), workspace / "inbox", scenario.french)
    outcome = run_month(workspace, scenario.month, scenario.control_date, scenario.configuration)
    expected = [
        expected_month(firm.tables, firm.documents, scenario.month, scenario.configuration, scenario.control_date)
        for firm in firms
    ]
    return Judged(scenario, outcome, expected, left)


@pytest.mark.parametrize("relation", [name for name in RELATIONS if name != "groups"])
def test_the_product_finds_what_the_oracle_finds(judged, relation):
    said = differences(relation, judged.wanted(relation), judged.outcome.relation(relation))
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])


def test_every_client_file_has_its_group(judged):
    found = judged.outcome.relation("groups")
    # Lines of no known client file share one group.
    homeless = [group for group in judged.wanted("groups") if group.client_file_id is None]
    wanted = [group for group in judged.wanted("groups") if group.client_file_id is not None] + homeless[:1]
    said = differences("groups", wanted, found)
    assert not said, f"{len(said)} differences\n" + "\n".join(said[:SHOWN])


def test_lines_groups_and_total_agree(judged):
    lines, groups = judged.outcome.relation("lines"), judged.outcome.relation("groups")
    ready = sum(line["amount_net"] for line in lines if line["status"] == "READY")
    assert ready == sum(group["amount_net"] for group in groups) == sum(month.total for month in judged.expected)
    held = sum(line["amount_net"] or 0 for line in lines if line["status"] == "HELD")
    assert held == sum(group["amount_held"] for group in groups)


def test_evidence_adds_up_to_its_line(judged):
    rows = judged.outcome.query(
        f"""
        select line.line_key, line.amount_net, sum(evidence.amount) as amount
        from marts.prebill_line as line
        left join marts.prebill_evidence as evidence
            on line.month = evidence.month and line.line_key = evidence.line_key
        where line.month = '{judged.scenario.month}'
        group by line.line_key, line.amount_net, line.vat_rate
        having count(evidence.line_key) = 0 or (line.amount_net is not null and sum(evidence.amount) <> line.amount_net)
        """
    )
    assert rows == []


def test_letters_are_refused_as_the_oracle_refuses_them(judged):
    rows = judged.outcome.query("select distinct reason from marts.rejected_row where table_name like 'document%'")
    refused = {row["reason"].split(":")[0].replace(" v", "|") for row in rows}
    assert refused == judged.letters_left.union(*(month.refused_documents for month in judged.expected))


def test_rows_that_point_nowhere_are_rejected_and_told(judged):
    rows = judged.outcome.query("select table_name, count(*) as rows from raw.rejected_row group by table_name")
    found = {row["table_name"]: row["rows"] for row in rows if not row["table_name"].startswith("document")}
    wanted: dict[str, int] = {}
    for month in judged.expected:
        for table, count in month.rejected_rows.items():
            wanted[table] = wanted.get(table, 0) + count
    assert found == wanted
    fates = judged.outcome.query(
        "select source_table, count(*) as rows from marts.input_fate where fate = 'REJECTED' group by all"
    )
    events = ("time_entry", "payroll_metric", "adhoc_service")
    assert {row["source_table"]: row["rows"] for row in fates} == {
        table: count for table, count in wanted.items() if table in events
    }


def test_the_scenario_is_rich(judged):
    """A generator that stops drawing something would leave it unchecked without a word."""
    modes = {(line.billing_mode, line.status) for line in judged.wanted("lines")}
    codes = {anomaly.code for anomaly in judged.wanted("anomalies")}
    first_month = judged.scenario.configuration.first_month
    if first_month is not None and judged.scenario.month < first_month:
        assert modes == set(), "nothing is billed before prefact takes over"
        sources = {each.source_table for each in judged.wanted("exclusions") if each.reason_code == "BEFORE_START"}
        assert sources == {"adhoc_service", "billing_plan_line", "document", "payroll_metric", "time_entry"}
        return
    assert {(mode, status) for mode in ("FLAT", "UNIT", "TIME", "ADHOC") for status in ("READY", "HELD")} <= modes
    assert codes >= {f"FI-{number:02d}" for number in (*range(1, 18), 19, 20, 22)} - {"FI-07"}
    assert {anomaly.status for anomaly in judged.wanted("anomalies")} == {"OPEN", "ACCEPTED"}
