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


def _fees(draft) -> list[tuple]:
    return [
        (str(line.period_start), str(line.period_end), str(line.amount_net), line.status)
        for line in draft.lines
        if line.billing_mode == "CONTRACT_FLAT"
    ]


FLAT = (
    (
        "billing_rule",
        0,
        {"type": "FLAT_AMOUNT", "period_months": "1", "amount": "310.00", "next_true_up_date": "", "true_up_day": ""},
    ),
    ("rule_quantity", "only", []),
    ("meter_reading", "only", []),
    ("flat_fee_history", "only", []),
)


def _flat(**rule) -> dict:
    return {"last_invoice_date": "", **rule}


def test_a_cut_period_is_prorated_at_the_end_that_asks_for_it():
    cut = (
        *FLAT,
        ("service_contract", 0, {"start_date": "2025-01-17", "end_date": "2025-03-10"}),
        ("billing_rule", 0, _flat(next_invoice_date="2025-01-01", prorate_first="true", prorate_last="true")),
    )
    firm = Simulator(clean(*cut))
    assert _fees(firm.run("2025-03")) == [
        ("2025-01-17", "2025-01-31", "150.00", "READY"),
        ("2025-02-01", "2025-02-28", "310.00", "READY"),
        ("2025-03-01", "2025-03-10", "100.00", "READY"),
    ]
    whole = clean(*cut, ("billing_rule", 0, {"prorate_first": "", "prorate_last": "false"}))
    assert {row[2] for row in _fees(Simulator(whole).run("2025-03"))} == {"310.00"}


def test_fees_in_arrears_are_due_the_day_after_their_period():
    rule = ("billing_rule", 0, _flat(next_invoice_date="2025-02-01", term="ARREARS"))
    firm = Simulator(clean(*FLAT, rule))
    assert _fees(firm.run("2025-01")) == []
    draft = firm.run("2025-02")
    assert [(str(line.period_start), str(line.due_date)) for line in draft.lines] == [("2025-01-01", "2025-02-01")]
    firm.validate("2025-02")
    assert firm.state_of("R1", date(2025, 2, 28))["next_invoice_date"] == date(2025, 3, 1)


def test_missed_periods_are_billed_one_line_each_in_the_earliest_draft():
    firm = Simulator(clean(*FLAT, ("billing_rule", 0, _flat(next_invoice_date="2025-01-01"))))
    assert [line.origin_month for line in firm.run("2025-03").lines] == ["2025-01", "2025-02", "2025-03"]
    assert [line.origin_month for line in firm.run("2025-04").lines] == ["2025-04"]
    assert [line.origin_month for line in firm.run("2025-02").lines] == ["2025-01", "2025-02"]
    assert [line.origin_month for line in firm.run("2025-03").lines] == ["2025-03"]


def test_amounts_wait_under_a_threshold_and_are_billed_together():
    firm = Simulator(
        clean(
            *FLAT,
            ("service_contract", 0, {"billing_threshold": "30"}),
            ("billing_rule", 0, _flat(next_invoice_date="2025-01-01", amount="12.00")),
        )
    )
    for month, waiting in (("2025-01", 1), ("2025-02", 2)):
        draft = firm.run(month)
        assert (draft.lines, len(draft.exclusions)) == ([], waiting)
        firm.validate(month)
    draft = firm.run("2025-03")
    assert [(str(line.amount_net), line.origin_month) for line in draft.lines] == [
        ("12.00", "2025-01"),
        ("12.00", "2025-02"),
        ("12.00", "2025-03"),
    ]
    assert (draft.exclusions, draft.anomalies) == ([], [])
    firm.validate("2025-03")
    assert (firm.run("2025-04").lines, len(firm.run("2025-04").exclusions)) == ([], 1)


def test_free_months_are_excluded_with_their_reason_and_billing_begins_after_them():
    firm = Simulator(
        clean(
            *FLAT,
            ("service_contract", 0, {"free_months": "2"}),
            ("billing_rule", 0, _flat(next_invoice_date="2025-03-01")),
        )
    )
    draft = firm.run("2025-02")
    assert [(one.source_key, one.reason_code) for one in draft.exclusions] == [("R1|2025-02-01", "FREE_PERIOD")]
    assert (draft.lines, draft.anomalies) == ([], [])
    assert len(firm.run("2025-03").lines) == 1


USE = {"type": "CONSUMED_UNITS", "period_months": "1", "true_up_day": "", "next_true_up_date": "", "true_up_months": ""}


def _meter(*values: tuple[str, str] | tuple[str, str, str]) -> tuple:
    rows = [
        {"quantity_id": "Q1", "reading_date": day, "value": value, "origin": (origin or ["CUSTOMER"])[0]}
        for day, value, *origin in values
    ]
    return ("meter_reading", "only", rows)


def _used(firm: Simulator, month: str) -> list[tuple]:
    return [
        (str(line.period_start), None if line.quantity is None else int(line.quantity), line.status)
        for line in firm.run(month).lines
    ]


def _metered(*meters: tuple, **rule) -> Simulator:
    changes = {**USE, "last_invoice_date": "", "next_invoice_date": "2025-02-01", **rule}
    return Simulator(clean(("billing_rule", 0, changes), ("flat_fee_history", "only", []), *meters))


def test_each_missed_period_of_consumption_has_what_was_counted_in_it():
    firm = _metered(
        _meter(
            ("2025-01-01", "1000", "INSTALLATION"),
            ("2025-02-01", "1500"),
            ("2025-03-01", "2100"),
            ("2025-04-01", "2900"),
        )
    )
    assert _used(firm, "2025-04") == [
        ("2025-01-01", 500, "READY"),
        ("2025-02-01", 600, "READY"),
        ("2025-03-01", 800, "READY"),
    ]
    assert _used(firm, "2025-02") == [("2025-01-01", 500, "READY")]
    firm.validate("2025-02")
    assert _used(firm, "2025-03") == [("2025-02-01", 600, "READY")]


def test_a_changed_counter_and_one_past_zero_count_on():
    firm = _metered(
        _meter(
            ("2025-01-01", "1000", "INSTALLATION"),
            ("2025-01-10", "1500", "REMOVAL"),
            ("2025-01-10", "20", "INSTALLATION"),
            ("2025-01-20", "99", "ROLLOVER"),
            ("2025-01-31", "7"),
        )
    )
    assert _used(firm, "2025-02") == [("2025-01-01", 500 + 79 + 7, "READY")]


def test_an_estimate_goes_on_from_the_last_twelve_months_and_a_reading_corrects_it():
    readings = (("2025-01-01", "1000", "INSTALLATION"), ("2025-02-01", "2000"), ("2025-03-01", "3000"))
    firm = _metered(_meter(*readings), reading_mode="ESTIMATE_ALLOWED", next_invoice_date="2025-05-01")
    draft = firm.run("2025-05", date(2025, 5, 1))
    assert [int(line.quantity) for line in draft.lines] == [4000]
    firm.validate("2025-05")
    firm.deliver({"meter_reading": [_meter(("2025-06-01", "4800"))[2][0]]})
    draft = firm.run("2025-06", date(2025, 6, 1))
    assert [(int(line.quantity), str(line.amount_net)) for line in draft.lines] == [(0, "0.00")]
    firm.validate("2025-06")
    firm.deliver({"meter_reading": [_meter(("2025-07-01", "5600"))[2][0]]})
    assert [int(line.quantity) for line in firm.run("2025-07", date(2025, 7, 1)).lines] == [600]


def test_a_recent_reading_is_no_estimate_and_refunds_need_their_option():
    readings = (("2025-01-01", "1000", "INSTALLATION"), ("2026-01-01", "12500"))
    tables = clean(_meter(*readings))
    for refund, quantity in (("false", 0), ("true", -500)):
        firm = Simulator(tables)
        firm.deliver({"billing_rule": [{**tables["billing_rule"][0], "refund_unused": refund}]})
        assert firm.run("2026-01").line("TRUEUP|R1|2026-01-01").quantity == quantity
    offered = {
        **tables["billing_rule"][0],
        "offered_units": "300",
        "included_units": "2000",
        "accumulated_units": "8000",
    }
    rows = [{**row, "included_units": "2000"} for row in tables["flat_fee_history"]]
    firm = Simulator(tables)
    firm.deliver({"billing_rule": [offered], "flat_fee_history": rows})
    assert firm.run("2026-01").line("TRUEUP|R1|2026-01-01").quantity == 11500 - 8000 - 300
    firm.validate("2026-01")
    assert firm.state_of("R1", date(2026, 1, 31))["offered_units"] == 0


def test_arrears_true_up_counts_the_fee_billed_with_it():
    rows = clean()["flat_fee_history"][:3]
    rule = {"term": "ARREARS", "accumulated_units": "9000", "last_invoice_date": "2025-10-01"}
    firm = Simulator(clean(("billing_rule", 0, rule), ("flat_fee_history", "only", rows)))
    draft = firm.run("2026-01")
    assert (draft.line("TRUEUP|R1|2026-01-01").quantity, draft.anomalies) == (1000, [])
    firm.validate("2026-01")
    state = firm.state_of("R1", date(2026, 1, 31))
    assert (state["accumulated_units"], state["next_invoice_date"]) == (0, date(2026, 4, 1))


def _three_machines(netted: str) -> Simulator:
    """Billed to 2000, 1000 and 1500; they show 2100, 900 and 1600 a month later, then 2200, 1050 and 1700."""
    values = {"A1": (2000, 2100, 2200), "A2": (1000, 900, 1050), "A3": (1500, 1600, 1700)}
    machines = [{"asset_id": name, "contract_id": "K1", "installed_on": "2025-01-01"} for name in values]
    counters = [{"quantity_id": f"Q{name}", "asset_id": name, "kind": "TECHNICAL"} for name in values]
    readings = [
        {
            "quantity_id": f"Q{name}",
            "reading_date": day,
            "origin": origin,
            "value": str(value),
            "billed_ref": "F-1" if origin == "ESTIMATE" else "",
        }
        for name, shown in values.items()
        for day, origin, value in zip(
            ("2025-01-01", "2025-02-01", "2025-03-01"), ("ESTIMATE", "CUSTOMER", "CUSTOMER"), shown, strict=True
        )
    ]
    return _metered(
        ("asset", "only", machines),
        ("quantity", "only", counters),
        ("rule_quantity", "only", [{"rule_id": "R1", "quantity_id": one["quantity_id"]} for one in counters]),
        ("meter_reading", "only", readings),
        net_assets=netted,
    )


def test_machines_are_netted_or_each_counts_from_zero_up_however_the_months_are_run():
    for netted, copies in (("true", (100, 350)), ("", (100, 350)), ("false", (200, 250))):
        together = _three_machines(netted).run("2025-03", date(2025, 3, 1))
        assert [int(line.quantity) for line in together.lines] == list(copies), netted
        firm = _three_machines(netted)
        for month, quantity in zip(("2025-02", "2025-03"), copies, strict=True):
            draft = firm.run(month, date.fromisoformat(f"{month}-01"))
            assert [int(line.quantity) for line in draft.lines] == [quantity], (netted, month)
            firm.deliver({"waiver": _waived(draft, month)})
            firm.run(month, date.fromisoformat(f"{month}-01"))
            firm.validate(month)


def _waived(draft, month: str) -> list[dict[str, str]]:
    """A waiver for each anomaly of a draft."""
    return [
        {
            "code": one.code,
            "subject_id": one.subject_id,
            "valid_from": f"{month}-01",
            "valid_to": f"{month}-28",
            "reason": "known",
            "author": "AB",
        }
        for one in draft.anomalies
    ]
