"""The source document's own example, quarter by quarter, as `docs/contract-story.md` tells it."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.contracts.park import Play, seed_story

DOCS = Path(__file__).resolve().parents[2] / "docs" / "contract-story.md"
#: By control date: the period of the flat fee; of the true-up, fees in theory and counted, units included, consumed and
#: billed; the register as code, severity, status and cause.
STORY = {
    "2006-11-01": (("2006-11-01", "2007-01-31"), None, {("AN-15", "warning", "OPEN", None)}),
    "2007-02-01": (
        ("2007-02-01", "2007-04-30"),
        (4, 5, 15_000, 16_500, 1_500),
        {("AN-15", "critical", "ACCEPTED", None), ("AN-16", "critical", "ACCEPTED", "AN-15")},
    ),
    "2007-05-01": (("2007-05-01", "2007-07-31"), None, set()),
    "2007-08-01": (("2007-08-01", "2007-10-31"), None, set()),
    "2007-11-01": (
        ("2007-11-01", "2008-01-31"),
        (4, 3, 9_000, 9_500, 500),
        {("AN-16", "critical", "ACCEPTED", None)},
    ),
    "2008-02-01": (("2008-02-01", "2008-04-30"), None, set()),
    "2008-05-01": (("2008-05-01", "2008-07-31"), None, set()),
    "2008-08-01": (("2008-08-01", "2008-10-31"), None, set()),
    "2008-11-01": (("2008-11-01", "2009-01-31"), (4, 4, 12_000, 13_500, 1_500), set()),
}
#: What nobody decided yet: the true-up is held, its count explained by the day.
UNDECIDED = {"2007-02-01": "AN-15,AN-16", "2007-11-01": "AN-16"}
TRUE_UP = """
    select
        (select expected_fees from controls.ctl_fee_count) as expected_fees,
        counted_fees, counted_units, consumed_units, quantity,
    from intermediate.int_contract_consumption
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory) -> dict[str, dict]:
    """Each step of the example: the lines, the true-up, the register, and what was held before anybody decided."""
    play = Play(tmp_path_factory.mktemp("story"), seed_story())
    told = {}
    for day in STORY:
        held = None
        if day in UNDECIDED:
            undecided = play.run(day)
            held = undecided.query(
                "select line_key, held_by, amount_net from marts.prebill_line"
                f" where month = '{day[:7]}' and status = 'HELD'"
            )
            play.add("run_override", {
                "contract_id": "K1", "control_date": day, "option": "NO_ACCUMULATION_CHECK", "reason": "recalage",
                "author": "anne",
            })  # fmt: skip
        outcome = play.run(day)
        told[day] = {
            "lines": outcome.relation("lines"),
            "register": {
                (row["code"], row["severity"], row["status"], row["cause_code"])
                for row in outcome.relation("anomalies")
            },
            "true_up": outcome.query(TRUE_UP),
            "held": held,
            "evidence": outcome.query(
                "select line_key, source_table, source_key, quantity from marts.prebill_evidence"
                f" where month = '{day[:7]}'"
            ),
        }
        play.validate(day[:7])
        if day == "2007-02-01":
            # Its flat fee is billed: the day can be set right, and the next true-up with it.
            play.correct("billing_rule", "R1", "true_up_day", "1", since="2007-02-02")
            play.correct("billing_rule", "R1", "next_true_up_date", "2007-11-01", since="2007-02-02")
    return told


@pytest.mark.parametrize("day", STORY)
def test_each_quarter_bills_its_flat_fee_and_the_true_up_when_it_is_due(story, day):
    period, true_up, _ = STORY[day]
    lines = {line["billing_mode"]: line for line in story[day]["lines"]}
    fee = lines["CONTRACT_FLAT"]
    assert (str(fee["period_start"]), str(fee["period_end"])) == period
    assert (fee["amount_net"], fee["status"], fee["contract_id"], fee["rule_id"]) == (
        Decimal("90.00"),
        "READY",
        "K1",
        "R1",
    )
    assert (true_up is not None) == ("TRUE_UP" in lines)
    if true_up is not None:
        (found,) = story[day]["true_up"]
        assert tuple(found.values()) == true_up
        line = lines["TRUE_UP"]
        assert (line["quantity"], line["amount_net"], line["status"]) == (
            true_up[-1],
            true_up[-1] / Decimal(100),
            "READY",
        )


@pytest.mark.parametrize("day", STORY)
def test_the_register_says_what_the_document_says(story, day):
    assert story[day]["register"] == STORY[day][2]


@pytest.mark.parametrize("day", UNDECIDED)
def test_until_somebody_decides_the_true_up_alone_is_held(story, day):
    (held,) = story[day]["held"]
    assert held["line_key"].startswith("TRUEUP|R1|")
    assert held["held_by"] == UNDECIDED[day]
    assert held["amount_net"] is not None


def test_the_readings_and_the_fees_settled_are_the_evidence_of_a_true_up(story):
    evidence = {
        (row["source_table"], row["source_key"]): row["quantity"]
        for row in story["2008-11-01"]["evidence"]
        if row["line_key"].startswith("TRUEUP")
    }
    assert evidence == {
        ("billing_rule", "R1"): 0,
        ("ledger", "TRUEUP|R1|2007-11-01"): 0,
        ("meter_reading", "Q1|2008-02-01|CUSTOMER"): 3_500,
        ("meter_reading", "Q1|2008-05-01|CUSTOMER"): 3_500,
        ("meter_reading", "Q1|2008-08-01|CUSTOMER"): 3_000,
        ("meter_reading", "Q1|2008-11-01|CUSTOMER"): 3_500,
        **{("ledger", f"FEE|R1|{day}"): -3_000 for day in ("2007-11-01", "2008-02-01", "2008-05-01", "2008-08-01")},
    }


def test_the_page_of_the_docs_tells_the_same(story):
    rows = re.findall(
        r"^\| (\d{4}-\d\d-\d\d) \| ([^|]*)\| ([^|]*)\| ([^|]*)\| ([^|]*)\|$", DOCS.read_text("utf-8"), re.M
    )
    assert [row[0] for row in rows] == list(STORY)
    for day, fee, counted, units, register in rows:
        period, true_up, anomalies = STORY[day]
        assert fee.strip() == "..".join(period)
        assert counted.strip() == (f"{true_up[0]} / {true_up[1]}" if true_up else "–")
        assert units.strip().replace(" ", "") == (f"{true_up[2]},{true_up[3]},+{true_up[4]}" if true_up else "–")
        assert set(re.findall(r"AN-\d\d", register)) >= {code for code, *_ in anomalies}
        assert bool(anomalies) == ("AN-" in register)
