"""Each anomaly of service contracts, raised by its fault and by nothing near it, in the simulator."""

from __future__ import annotations

from datetime import date

import pytest

from tests.oracle.contracts.examples import clean
from tests.oracle.contracts.model import Simulator

ROW = {"rule_id": "R1", "included_units": "3000", "amount": "300.00", "invoice_ref": "F-0"}
READING = {"quantity_id": "Q1", "origin": "CUSTOMER"}
#: Without the reading of January, so that the true-up has none since the last billed.
NO_READING = (
    ("meter_reading", 2, {"reading_date": "2026-03-05"}),
    ("meter_reading", 1, {"billed_ref": "F-2025"}),
)
ESTIMATED = ("billing_rule", 0, {"reading_mode": "ESTIMATE_ALLOWED"})
FLAT_ONLY = (
    ("billing_rule", 0, {"type": "FLAT_AMOUNT", "true_up_day": "", "next_true_up_date": "", "true_up_months": ""}),
    ("rule_quantity", "only", []),
    ("meter_reading", "only", []),
)
FRESH = (*FLAT_ONLY, ("flat_fee_history", "only", []), ("billing_rule", 0, {"last_invoice_date": ""}))
COMPUTED = (
    (
        "quantity",
        "add",
        {
            "quantity_id": "QC",
            "asset_id": "A1",
            "kind": "COMPUTED",
            "formula": "Q1 + 2 * Q2",
            "created_on": "2025-01-01",
        },
    ),
    ("quantity", "add", {"quantity_id": "Q2", "asset_id": "A1", "kind": "TECHNICAL", "created_on": "2025-01-01"}),
    ("rule_quantity", "only", [{"rule_id": "R1", "quantity_id": "QC"}]),
    (
        "meter_reading",
        "add",
        {"quantity_id": "Q2", "reading_date": "2025-01-01", "origin": "INSTALLATION", "value": "0"},
    ),
    ("meter_reading", "add", {"quantity_id": "Q2", "reading_date": "2026-01-01", "origin": "CUSTOMER", "value": "10"}),
)
TRUED_UP = (
    (
        "billing_rule",
        0,
        {"last_true_up_date": "2025-01-01", "true_up_period_start": "2025-01-01", "period_start": "2024-01-01"},
    ),
    ("service_contract", 0, {"start_date": "2024-01-01"}),
    ("contract_module", 0, {"valid_from": "2024-01-01"}),
    ("asset", 0, {"installed_on": "2024-01-01"}),
    ("meter_reading", 0, {"reading_date": "2024-01-01"}),
)
TWIN = ("quantity", "add", {"quantity_id": "Q9", "asset_id": "A1", "kind": "TECHNICAL", "predefined_code": "BW"})
TWINS = (
    ("quantity", 0, {"predefined_code": "BW"}),
    (*TWIN[:2], TWIN[2] | {"created_on": "2026-01-10"}),
)
SECOND_RULE = {
    "rule_id": "R2",
    "module_id": "M1",
    "type": "CONSUMED_UNITS",
    "service_code": "COPY",
    "period_months": "1",
    "anchor_day": "1",
    "period_start": "2025-01-01",
    "next_invoice_date": "2027-01-01",
    "unit_price": "0.02",
    "status": "ACTIVE",
}

#: What is changed in a clean firm, and the anomalies (code, subject, severity) of its run of January 2026.
CASES: dict[str, tuple[tuple, list[tuple[str, str, str]]]] = {
    "clean": ((), []),
    "trued up before": (TRUED_UP, []),
    # AN-01
    "migrated, never saved since": (
        (("client", 0, {"migrated_at": "2025-06-01"}),),
        [("AN-01", "C1", "critical")],
    ),
    "migrated, saved before only": (
        (("client", 0, {"migrated_at": "2025-06-01", "last_saved_at": "2025-05-31"}),),
        [("AN-01", "C1", "critical")],
    ),
    "migrated and saved that day": ((("client", 0, {"migrated_at": "2025-06-01", "last_saved_at": "2025-06-01"}),), []),
    "migrated, nothing due": (
        (
            ("client", 0, {"migrated_at": "2025-06-01"}),
            ("billing_rule", 0, {"next_invoice_date": "2026-04-01", "next_true_up_date": "2027-01-01"}),
            (
                "flat_fee_history",
                "add",
                ROW | {"period_start": "2026-01-01", "period_end": "2026-03-31"},
            ),
            ("billing_rule", 0, {"accumulated_units": "15000"}),
        ),
        [],
    ),
    # AN-02
    "period start edited by hand": (
        (*FLAT_ONLY, ("billing_rule", 0, {"period_start": "2024-10-01", "manually_edited": "true"})),
        [("AN-02", "R1", "warning")],
    ),
    "period start differs, nobody edited": ((*FLAT_ONLY, ("billing_rule", 0, {"period_start": "2024-10-01"})), []),
    "period start edited, an amendment says so": (
        (
            *FLAT_ONLY,
            ("billing_rule", 0, {"period_start": "2024-10-01", "manually_edited": "true"}),
            (
                "rule_change",
                "add",
                {"rule_id": "R1", "field": "period_start", "effective_from": "2025-01-01", "new_value": "2024-10-01"},
            ),
        ),
        [],
    ),
    # AN-03, AN-04
    "module begins later": (
        (
            ("contract_module", 0, {"valid_from": "2026-02-01"}),
            ("flat_fee_history", "only", []),
            ("billing_rule", 0, {"accumulated_units": "0", "next_true_up_date": "2027-01-01"}),
        ),
        [("AN-03", "M1", "critical")],
    ),
    "module expired": (
        (("contract_module", 0, {"valid_to": "2025-12-31", "renewal": "EXPRESS"}),),
        [("AN-04", "M1", "critical")],
    ),
    "module renewed tacitly": ((("contract_module", 0, {"valid_to": "2025-12-31", "renewal": "TACIT"}),), []),
    "module renewed by another": (
        (
            (
                "contract_module",
                0,
                {"valid_to": "2025-12-31", "renewal": "EXPRESS", "renewed_by_module_id": "M2"},
            ),
            (
                "contract_module",
                "add",
                {"module_id": "M2", "contract_id": "K1", "valid_from": "2026-01-01", "valid_to": "2026-12-31"},
            ),
        ),
        [],
    ),
    "module renewed late, before anything came due": (
        (
            (
                "contract_module",
                0,
                {"valid_to": "2025-11-30", "renewal": "EXPRESS", "renewed_by_module_id": "M2"},
            ),
            (
                "contract_module",
                "add",
                {"module_id": "M2", "contract_id": "K1", "valid_from": "2025-12-15", "valid_to": "2026-12-31"},
            ),
        ),
        [],
    ),
    "module renewed late, and a fee came due in between": (
        (
            (
                "contract_module",
                0,
                {"valid_to": "2025-12-31", "renewal": "EXPRESS", "renewed_by_module_id": "M2"},
            ),
            (
                "contract_module",
                "add",
                {"module_id": "M2", "contract_id": "K1", "valid_from": "2026-01-15", "valid_to": "2026-12-31"},
            ),
        ),
        [("AN-04", "M1", "critical")],
    ),
    "module expired, only the past year is trued up": (
        (
            ("contract_module", 0, {"valid_to": "2025-12-31", "renewal": "EXPRESS"}),
            ("service_contract", 0, {"end_date": "2025-12-31"}),
        ),
        [],
    ),
    # AN-05
    "free year as the document wants it": (
        (
            *FRESH,
            ("service_contract", 0, {"free_months": "12", "end_date": "2027-12-31"}),
            ("contract_module", 0, {"valid_to": "2027-12-31"}),
        ),
        [],
    ),
    "free year of another length": (
        (
            *FRESH,
            ("service_contract", 0, {"free_months": "12", "end_date": "2027-12-31"}),
            ("contract_module", 0, {"valid_to": "2027-12-31"}),
            ("billing_rule", 0, {"next_invoice_date": "2026-04-01"}),
        ),
        [("AN-05", "R1", "warning")],
    ),
    "free year, module of other dates": (
        (
            *FRESH,
            ("service_contract", 0, {"free_months": "12", "end_date": "2027-12-31"}),
            ("contract_module", 0, {"valid_to": "2026-12-31"}),
        ),
        [("AN-05", "R1", "warning")],
    ),
    # AN-06
    "computed quantity": (COMPUTED, []),
    "computed quantity, no formula": (
        (*COMPUTED, ("quantity", 1, {"formula": ""})),
        [("AN-06", "QC", "critical")],
    ),
    "computed quantity, term missing": (
        (*COMPUTED, ("quantity", 1, {"formula": "Q1 + Q7"})),
        [("AN-06", "QC", "critical")],
    ),
    "computed quantity, cyclic": (
        (*COMPUTED, ("quantity", 1, {"formula": "Q1 + QC"})),
        [("AN-06", "QC", "critical")],
    ),
    "computed quantity with readings": (
        (*COMPUTED, ("meter_reading", 0, {"quantity_id": "QC"}), ("meter_reading", 1, {"billed_ref": "F"})),
        [("AN-06", "QC", "critical"), ("AN-08", "Q1", "critical")],
    ),
    # AN-07, AN-24, AN-25, AN-26
    "estimates allowed, none possible": (
        (
            ESTIMATED,
            ("meter_reading", "drop", 2),
            ("meter_reading", "drop", 1),
        ),
        [("AN-07", "Q1", "critical")],
    ),
    "estimates allowed and possible": ((ESTIMATED, *NO_READING), []),
    "actual readings only, none": (NO_READING, [("AN-24", "R1", "critical"), ("AN-26", "R1", "info")]),
    "actual readings only, none, none possible": (
        (("meter_reading", "drop", 2), ("meter_reading", "drop", 1)),
        [("AN-24", "R1", "critical")],
    ),
    "the client bans estimates": (
        (ESTIMATED, *NO_READING, ("client", 0, {"no_estimate": "true"})),
        [("AN-24", "R1", "critical")],
    ),
    "offered units left": (
        (*NO_READING, ("billing_rule", 0, {"workaround_offered": "true", "offered_units": "500"})),
        [("AN-25", "R1", "info")],
    ),
    "offered units used up": (
        (("billing_rule", 0, {"workaround_offered": "true", "offered_units": "0"}),),
        [("AN-25", "R1", "info")],
    ),
    "offered units used up, mode changed": (
        (("billing_rule", 0, {"workaround_offered": "true", "offered_units": "0"}), ESTIMATED),
        [],
    ),
    # AN-08
    "no installation reading": (
        (("meter_reading", 0, {"origin": "CUSTOMER"}),),
        [("AN-08", "Q1", "critical")],
    ),
    "installation after the start": (
        (("meter_reading", 0, {"reading_date": "2025-01-02"}),),
        [("AN-08", "Q1", "critical")],
    ),
    "installed later than the contract": (
        (("meter_reading", 0, {"reading_date": "2025-02-01"}), ("asset", 0, {"installed_on": "2025-02-01"})),
        [],
    ),
    # AN-09
    "counter going backwards": (
        (("meter_reading", 1, {"value": "15000"}),),
        [("AN-09", "Q1|2026-01-01", "critical")],
    ),
    "counter changed": (
        (
            ("meter_reading", "add", READING | {"reading_date": "2025-10-01", "origin": "REMOVAL", "value": "9000"}),
            ("meter_reading", "add", READING | {"reading_date": "2025-10-01", "origin": "INSTALLATION", "value": "0"}),
            ("meter_reading", 2, {"value": "4000"}),
        ),
        [],
    ),
    "counter passing zero": (
        (
            ("meter_reading", "add", READING | {"reading_date": "2025-10-01", "origin": "ROLLOVER", "value": "9999"}),
            ("meter_reading", 2, {"value": "4000"}),
        ),
        [],
    ),
    "two values a day": (
        (("meter_reading", "add", READING | {"reading_date": "2025-07-01", "origin": "PROVIDER", "value": "8001"}),),
        [("AN-09", "Q1|2025-07-01", "critical")],
    ),
    "one value a day, twice": (
        (("meter_reading", "add", READING | {"reading_date": "2025-07-01", "origin": "PROVIDER", "value": "8000"}),),
        [],
    ),
    "reading before installation": (
        (("meter_reading", "add", READING | {"reading_date": "2024-12-01", "value": "900"}),),
        [("AN-09", "Q1|2024-12-01", "critical")],
    ),
    "reading after removal": (
        (("meter_reading", 1, {"origin": "REMOVAL"}),),
        [("AN-09", "Q1|2026-01-01", "critical")],
    ),
    "a jump": (
        (
            ("meter_reading", "add", READING | {"reading_date": "2025-10-01", "value": "8100"}),
            ("meter_reading", 1, {"value": "1100"}),
            ("meter_reading", 2, {"value": "99000"}),
        ),
        [("AN-09", "Q1|2026-01-01", "warning")],
    ),
    # AN-10, AN-22
    "period start not moved": (
        (*TRUED_UP, ("billing_rule", 0, {"true_up_period_start": "2024-01-01"})),
        [("AN-10", "R1", "critical")],
    ),
    "another day than the last true-up": (
        (
            *TRUED_UP,
            ("billing_rule", 0, {"last_true_up_date": "2025-01-15", "true_up_period_start": "2025-01-15"}),
        ),
        [("AN-22", "R1", "warning")],
    ),
    # AN-11
    "no amount": ((("billing_rule", 0, {"amount": ""}),), [("AN-11", "R1", "critical")]),
    "zero amount": ((("billing_rule", 0, {"amount": "0"}),), []),
    "no unit price": ((("billing_rule", 0, {"unit_price": ""}),), [("AN-11", "R1", "critical")]),
    # AN-12
    "no quantity": ((("rule_quantity", "only", []),), [("AN-12", "R1", "critical")]),
    "no quantity needed": (FLAT_ONLY, []),
    # AN-13
    "template unknown": ((("billing_rule", 0, {"template_id": "T9"}),), [("AN-13", "R1", "critical")]),
    "template sound": (
        (
            ("billing_rule", 0, {"template_id": "T1"}),
            (
                "rule_template",
                "add",
                {"template_id": "T1", "type": "FLAT_WITH_TRUE_UP", "term": "ADVANCE", "reading_mode": "ACTUAL"},
            ),
        ),
        [],
    ),
    "template expired, nothing due": (
        (
            *FLAT_ONLY,
            ("billing_rule", 0, {"template_id": "T1", "next_invoice_date": "2026-04-01"}),
            ("rule_template", "add", {"template_id": "T1", "term": "ADVANCE", "valid_to": "2025-12-31"}),
            ("flat_fee_history", "add", ROW | {"period_start": "2026-01-01", "period_end": "2026-03-31"}),
        ),
        [("AN-13", "R1", "warning")],
    ),
    "true-up no multiple of the period": (
        (("billing_rule", 0, {"true_up_months": "10"}),),
        [("AN-13", "R1", "critical")],
    ),
    # AN-14
    "nothing can become due": (
        (*FLAT_ONLY, ("billing_rule", 0, {"next_invoice_date": ""})),
        [("AN-14", "K1", "critical")],
    ),
    "billed up to its end, which is past": (
        (
            *FLAT_ONLY,
            ("service_contract", 0, {"end_date": "2025-12-31"}),
            ("contract_module", 0, {"valid_to": "2025-12-31"}),
        ),
        [("AN-14", "K1", "critical")],
    ),
    "billed up to its end, which is to come": (
        (
            *FLAT_ONLY,
            ("service_contract", 0, {"end_date": "2026-03-31"}),
            ("contract_module", 0, {"valid_to": "2026-03-31"}),
            ("billing_rule", 0, {"next_invoice_date": "2026-04-01"}),
            ("flat_fee_history", "add", ROW | {"period_start": "2026-01-01", "period_end": "2026-03-31"}),
        ),
        [],
    ),
    "closed": ((*FLAT_ONLY, ("service_contract", 0, {"status": "CLOSED"}), ("billing_rule", 0, {"amount": ""})), []),
    # AN-15
    "true-up a day later than the fee": (
        (
            *TRUED_UP,
            (
                "billing_rule",
                0,
                {
                    "true_up_day": "2",
                    "next_true_up_date": "2026-01-02",
                    "last_true_up_date": "2025-01-02",
                    "true_up_period_start": "2025-01-02",
                },
            ),
        ),
        [("AN-15", "R1", "critical")],
    ),
    "true-up a day later, not due yet": (
        (
            *TRUED_UP,
            (
                "billing_rule",
                0,
                {
                    "true_up_day": "2",
                    "next_true_up_date": "2026-07-02",
                    "last_true_up_date": "2025-01-02",
                    "true_up_period_start": "2025-01-02",
                },
            ),
        ),
        [("AN-15", "R1", "warning")],
    ),
    # AN-16 to AN-21
    "history row missing": (
        (("flat_fee_history", "drop", 1),),
        [("AN-16", "R1", "critical"), ("AN-17", "R1", "critical"), ("AN-18", "R1|2025-04-01", "critical")],
    ),
    "accumulated value wrong": (
        (("billing_rule", 0, {"accumulated_units": "11999"}),),
        [("AN-17", "R1", "critical")],
    ),
    "history row off the grid": (
        (
            ("flat_fee_history", "add", ROW | {"period_start": "2025-08-03", "period_end": "2025-08-20"}),
            ("billing_rule", 0, {"accumulated_units": "15000"}),
        ),
        [("AN-16", "R1", "critical"), ("AN-19", "R1|2025-08-03", "critical")],
    ),
    "history row without invoice": (
        (("flat_fee_history", 3, {"invoice_ref": ""}),),
        [("AN-19", "R1|2025-10-01", "critical")],
    ),
    "history row without invoice under a threshold": (
        (
            ("flat_fee_history", 3, {"invoice_ref": "", "below_threshold": "true"}),
            ("service_contract", 0, {"billing_threshold": "350"}),
        ),
        [],
    ),
    "history row without invoice, not said to wait": (
        (("flat_fee_history", 3, {"invoice_ref": ""}), ("service_contract", 0, {"billing_threshold": "100"})),
        [("AN-19", "R1|2025-10-01", "warning")],
    ),
    "included units changed": (
        (("flat_fee_history", 0, {"included_units": "2000"}), ("billing_rule", 0, {"accumulated_units": "11000"})),
        [("AN-20", "R1", "critical")],
    ),
    "included units changed after the last fee": (
        (("billing_rule", 0, {"included_units": "2000"}),),
        [("AN-20", "R1", "critical")],
    ),
    "included units changed at the true-up": (
        (
            ("billing_rule", 0, {"included_units": "2000", "accumulated_units": "0"}),
            *(("flat_fee_history", number, {"regularised_on": "2026-01-01"}) for number in range(4)),
            ("billing_rule", 0, {"last_true_up_date": "2026-01-01", "true_up_period_start": "2026-01-01"}),
            ("billing_rule", 0, {"next_true_up_date": "2027-01-01"}),
        ),
        [],
    ),
    "monthly fees before quarterly ones": (
        (
            (
                "flat_fee_history",
                0,
                {"period_start": "2025-01-01", "period_end": "2025-01-31", "included_units": "3000"},
            ),
            ("flat_fee_history", "add", ROW | {"period_start": "2025-02-01", "period_end": "2025-02-28"}),
            ("flat_fee_history", "add", ROW | {"period_start": "2025-03-01", "period_end": "2025-03-31"}),
            ("billing_rule", 0, {"accumulated_units": "18000"}),
        ),
        [("AN-16", "R1", "critical"), ("AN-21", "R1", "critical")],
    ),
    # AN-23
    "a quantity instead of a reading": (
        (*TWINS, ("meter_reading", "add", READING | {"quantity_id": "Q9", "reading_date": "2026-01-10", "value": "1"})),
        [("AN-23", "Q9", "critical")],
    ),
    "a second quantity that is read": (
        (
            *TWINS,
            ("meter_reading", "add", READING | {"quantity_id": "Q9", "reading_date": "2026-01-10", "value": "1"}),
            ("meter_reading", "add", READING | {"quantity_id": "Q9", "reading_date": "2026-01-20", "value": "2"}),
        ),
        [],
    ),
    "a second quantity beside a living one": (
        (*TWINS, ("meter_reading", "add", READING | {"reading_date": "2026-01-12", "value": "14100"})),
        [],
    ),
    # AN-27
    "modes mixed on an asset": (
        (
            ("billing_rule", "add", SECOND_RULE | {"reading_mode": "ESTIMATE_ALLOWED"}),
            ("quantity", "add", {"quantity_id": "Q2", "asset_id": "A1", "kind": "TECHNICAL", "predefined_code": "COL"}),
            ("rule_quantity", "add", {"rule_id": "R2", "quantity_id": "Q2"}),
            (
                "meter_reading",
                "add",
                READING | {"quantity_id": "Q2", "reading_date": "2025-01-01", "origin": "INSTALLATION", "value": "0"},
            ),
        ),
        [("AN-27", "A1", "warning")],
    ),
    "one mode on an asset": (
        (
            ("billing_rule", "add", SECOND_RULE | {"reading_mode": "ACTUAL"}),
            ("quantity", "add", {"quantity_id": "Q2", "asset_id": "A1", "kind": "TECHNICAL", "predefined_code": "COL"}),
            ("rule_quantity", "add", {"rule_id": "R2", "quantity_id": "Q2"}),
            (
                "meter_reading",
                "add",
                READING | {"quantity_id": "Q2", "reading_date": "2025-01-01", "origin": "INSTALLATION", "value": "0"},
            ),
        ),
        [],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_fault_raises_its_anomaly_and_no_other(case):
    changes, expected = CASES[case]
    draft = Simulator(clean(*changes)).run("2026-01", date(2026, 1, 31))
    assert [(one.code, one.subject_id, one.severity) for one in draft.anomalies] == expected


def test_every_anomaly_is_raised_by_some_case():
    raised = {code for _, expected in CASES.values() for code, _, _ in expected}
    assert raised == {f"AN-{number:02d}" for number in range(1, 28)}
