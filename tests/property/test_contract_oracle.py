"""The simulator of service contracts against what was worked by hand: whoever judges the product is judged first."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.oracle.contracts.examples import clean, copiers_of_2006
from tests.oracle.contracts.model import Simulator

OVERRIDE = {"contract_id": "K1", "option": "NO_ACCUMULATION_CHECK", "reason": "late true-up", "author": "AB"}


def _correction(number: int, column: str, value: str, since: str, table: str = "billing_rule", key: str = "R1") -> dict:
    return {
        "correction_id": f"X{number}",
        "table": table,
        "key": key,
        "column": column,
        "new_value": value,
        "effective_from": since,
        "reason": "mended",
        "author": "AB",
    }


def _register(draft) -> list[tuple]:
    return [(one.code, one.severity, one.status, one.cause_code) for one in draft.anomalies]


def _quarter(firm: Simulator, day: str):
    draft = firm.run(day[:7], date.fromisoformat(day))
    fee = draft.line(f"FEE|R1|{day}")
    assert (fee.status, fee.amount_net, fee.due_date.isoformat()) == ("READY", Decimal("300.00"), day)
    return draft


def test_a_true_up_later_than_its_fee_goes_wrong_and_is_mended_as_the_document_tells():
    firm = Simulator(copiers_of_2006())

    draft = _quarter(firm, "2006-11-01")
    assert len(draft.lines) == 1
    assert _register(draft) == [("AN-15", "warning", "OPEN", None)]
    firm.validate("2006-11")

    draft = _quarter(firm, "2007-02-01")
    true_up = draft.line("TRUEUP|R1|2006-11-02")
    assert (true_up.status, true_up.held_by) == ("HELD", "AN-15,AN-16")
    assert _register(draft) == [("AN-15", "critical", "OPEN", None), ("AN-16", "critical", "OPEN", "AN-15")]
    assert [(one.expected, one.actual) for one in draft.anomalies if one.code == "AN-16"] == [("4", "5")]
    firm.deliver({"run_override": [OVERRIDE | {"control_date": "2007-02-01"}]})
    draft = _quarter(firm, "2007-02-01")
    true_up = draft.line("TRUEUP|R1|2006-11-02")
    assert (true_up.status, true_up.quantity, true_up.origin_month) == ("READY", Decimal(1500), "2006-11")
    assert [row[:3] for row in _register(draft)] == [
        ("AN-15", "critical", "ACCEPTED"),
        ("AN-16", "critical", "ACCEPTED"),
    ]
    firm.validate("2007-02")
    state = firm.state_of("R1", date(2007, 2, 2))
    assert state["last_true_up_date"] == state["true_up_period_start"] == date(2007, 2, 1)
    assert state["next_true_up_date"] == date(2007, 11, 2)
    assert state["accumulated_units"] == 3000
    firm.deliver(
        {
            "correction": [
                _correction(1, "true_up_day", "1", "2007-02-02"),
                _correction(2, "next_true_up_date", "2007-11-01", "2007-02-02"),
            ]
        }
    )

    for day in ("2007-05-01", "2007-08-01"):
        draft = _quarter(firm, day)
        assert (len(draft.lines), draft.anomalies) == (1, [])
        firm.validate(day[:7])

    draft = _quarter(firm, "2007-11-01")
    assert _register(draft) == [("AN-16", "critical", "OPEN", None)]
    assert [(one.expected, one.actual) for one in draft.anomalies] == [("4", "3")]
    firm.deliver({"run_override": [OVERRIDE | {"control_date": "2007-11-01"}]})
    draft = _quarter(firm, "2007-11-01")
    assert draft.line("TRUEUP|R1|2007-11-01").quantity == 500
    firm.validate("2007-11")

    for day in ("2008-02-01", "2008-05-01", "2008-08-01"):
        draft = _quarter(firm, day)
        assert (len(draft.lines), draft.anomalies) == (1, [])
        firm.validate(day[:7])

    draft = _quarter(firm, "2008-11-01")
    true_up = draft.line("TRUEUP|R1|2008-11-01")
    assert (true_up.status, true_up.quantity, true_up.amount_net) == ("READY", Decimal(1500), Decimal("15.00"))
    assert draft.anomalies == []


def test_a_first_true_up_on_time_counts_four_of_four():
    draft = Simulator(clean()).run("2026-01")
    true_up = draft.line("TRUEUP|R1|2026-01-01")
    assert (true_up.status, true_up.quantity) == ("READY", Decimal(1000))
    assert draft.anomalies == []
    assert draft.line("FEE|R1|2026-01-01").status == "READY"
