"""What changed since the month before: each cause on a line or two, and the parts of any two months."""

from decimal import Decimal

import duckdb
import pytest

from assets.reports.changes import CAUSES, compare_months, month_before
from tests.unit.reports_warehouse import LAST, THIS, add, add_line, make_warehouse, settle

FEBRUARY = {"month": LAST, "period_start": "2026-02-01", "period_end": "2026-02-28"}
MARCH = {"month": THIS, "period_start": "2026-03-01", "period_end": "2026-03-31"}
QUARTER = {"period_start": "2026-01-01", "period_end": "2026-03-31"}


def flat(month, amount, key="FLAT|P1|1", **values):
    return (key, amount, {**month, **values})


def units(month, quantity, price, amount, tier="1", **values):
    key = f"UNIT|M1|PAYSLIP|{month['month']}|{tier}"
    return (
        key,
        amount,
        {
            **month,
            "billing_mode": "UNIT",
            "service_code": "PAYSLIP",
            "quantity": quantity,
            "unit_price": price,
            **values,
        },
    )


def hours(month, quantity, price, amount, who="E1", **values):
    key = f"TIME|M1|{who}|{price}|{month['month']}"
    return (
        key,
        amount,
        {**month, "billing_mode": "TIME", "service_code": "HOUR", "quantity": quantity, "unit_price": price, **values},
    )


CASES = {
    "the price of a monthly fee": ([flat(FEBRUARY, "100"), flat(MARCH, "110")], {"price": "10"}),
    "a fee that begins": ([flat(MARCH, "110")], {"new": "110"}),
    "a fee that ends": ([flat(FEBRUARY, "110")], {"ended": "-110"}),
    "two instalments instead of one": (
        [flat(FEBRUARY, "100"), flat(MARCH, "100"), flat(MARCH, "100", "FLAT|P1|2")],
        {"quantity": "100"},
    ),
    "a quarter that falls due": (
        [flat(FEBRUARY, "100"), flat(MARCH, "100"), flat(MARCH, "300", "FLAT|P2|1", **QUARTER)],
        {"schedule": "300"},
    ),
    "a quarter that fell due last month": ([flat(FEBRUARY, "300", **QUARTER)], {"schedule": "-300"}),
    "units and their price": (
        [units(FEBRUARY, "10", "25", "250"), units(MARCH, "12", "26", "312")],
        {"quantity": "50", "price": "12"},
    ),
    "fewer units in the upper tier": (
        [
            units(FEBRUARY, "10", "25", "250"),
            units(FEBRUARY, "5", "20", "100", "2"),
            units(MARCH, "10", "25", "250"),
            units(MARCH, "2", "20", "40", "2"),
        ],
        {"quantity": "-60"},
    ),
    "an upper tier that is no longer reached": (
        [units(FEBRUARY, "10", "25", "250"), units(FEBRUARY, "5", "20", "100", "2"), units(MARCH, "10", "25", "250")],
        {"quantity": "-100"},
    ),
    "a minimum that moves with the quantities": (
        [
            units(FEBRUARY, "8", "25", "200"),
            units(FEBRUARY, "1", "50", "50", "MIN"),
            units(MARCH, "9", "25", "225"),
            units(MARCH, "1", "25", "25", "MIN"),
        ],
        {},
    ),
    "a discount": (
        [units(FEBRUARY, "10", "25", "250"), units(MARCH, "10", "25", "225", discount_pct="10")],
        {"price": "-25"},
    ),
    "a discount and more units": (
        [units(FEBRUARY, "10", "25", "225", discount_pct="10"), units(MARCH, "12", "25", "300")],
        {"quantity": "45", "price": "30"},
    ),
    "an amount set by a person": (
        [units(FEBRUARY, "10", "25", "250"), units(MARCH, "10", "25", "199.99")],
        {"price": "-50.01"},
    ),
    "more hours at one rate, whatever the cents": (
        [hours(FEBRUARY, "0.1167", "71", "8.28"), hours(MARCH, "7", "71", "497")],
        {"quantity": "488.72"},
    ),
    "a rate that rises": (
        [hours(FEBRUARY, "0.1167", "71", "8.28"), hours(MARCH, "7", "72", "504")],
        {"quantity": "488.72", "price": "7"},
    ),
    "a rate that rose in the middle of last month": (
        [hours(FEBRUARY, "5", "80", "400"), hours(FEBRUARY, "5", "90", "450"), hours(MARCH, "10", "90", "900")],
        {"price": "50"},
    ),
    "a colleague who joins in is more hours, not a dearer hour": (
        [hours(FEBRUARY, "2", "80", "160"), hours(MARCH, "2", "80", "160"), hours(MARCH, "1", "150", "150", "E2")],
        {"quantity": "150"},
    ),
    "work resumed on an old mission": ([hours(MARCH, "2", "80", "160")], {"quantity": "160"}),
    "held this month": ([flat(FEBRUARY, "100"), flat(MARCH, "100", status="HELD")], {"held": "-100"}),
    "held this month, and dearer": (
        [flat(FEBRUARY, "100"), flat(MARCH, "120", status="HELD")],
        {"price": "20", "held": "-120"},
    ),
    "held this month for an amount nobody knows": (
        [flat(FEBRUARY, "100"), flat(MARCH, None, status="HELD")],
        {"held": "-100"},
    ),
    "released this month": ([flat(FEBRUARY, "100", status="HELD"), flat(MARCH, "100")], {"held": "100"}),
    "held in both months": ([flat(FEBRUARY, "100", status="HELD"), flat(MARCH, "100", status="HELD")], {}),
    "late": (
        [flat(FEBRUARY, "100"), flat(MARCH, "100"), flat(MARCH, "80", "FLAT|P2|1", origin_month="2026-01")],
        {"late": "80"},
    ),
    "late last month": ([flat(FEBRUARY, "80", origin_month="2026-01")], {"late": "-80"}),
    "a validated line corrected": (
        [
            flat(FEBRUARY, "100"),
            flat(MARCH, "100"),
            flat(MARCH, "-100", "DELTA|x|1|REV", origin_month=LAST, adjusts_line_key="FLAT|P1|1"),
            flat(MARCH, "130", "DELTA|x|1|NEW", origin_month=LAST, adjusts_line_key="FLAT|P1|1"),
        ],
        {"late": "30"},
    ),
    "ad-hoc services of both months": (
        [
            flat(FEBRUARY, "40", "ADHOC|A1|1", billing_mode="ADHOC"),
            flat(MARCH, "65", "ADHOC|A2|1", billing_mode="ADHOC"),
        ],
        {"one_off": "25"},
    ),
}


@pytest.fixture
def warehouse():
    """Client C1 with file D1 and mission M1, open since last year."""
    with make_warehouse(":memory:") as connection:
        add(connection, "raw.client", client_id="C1", legal_name="Dupont")
        add(connection, "raw.client_file", client_file_id="D1", client_id="C1", status="ACTIVE", opened_on="2020-01-01")
        mission(connection, "M1", "WORK", start_date="2025-01-01")
        yield connection


def mission(connection, mission_id, code, **values):
    row = {"client_file_id": "D1", "billing_mode": "FLAT", "status": "OPEN", "renewal": "TACIT", **values}
    add(connection, "raw.mission", mission_id=mission_id, mission_code=code, **row)


def causes_of(connection, lines):
    """The causes of C1 that are not zero."""
    for key, amount, values in lines:
        add_line(connection, key, amount, **values)
    return told(connection)


def told(connection):
    settle(connection, LAST, THIS)
    assert compare_months(connection, THIS)
    found = connection.execute(f"select difference, {', '.join(CAUSES)} from client_change").fetchone()
    if found is None:
        return {}
    difference, *parts = found
    assert sum(parts) == difference
    return {cause: part for cause, part in zip(CAUSES, parts, strict=True) if part}


@pytest.mark.parametrize("case", CASES)
def test_a_difference_has_its_cause(warehouse, case):
    lines, expected = CASES[case]
    assert causes_of(warehouse, lines) == {cause: Decimal(amount) for cause, amount in expected.items()}


def test_a_mission_that_began_is_new_and_one_that_is_over_has_ended(warehouse):
    mission(warehouse, "M2", "PAYROLL", start_date="2026-03-01")
    mission(warehouse, "M3", "LEGAL", start_date="2025-01-01", end_date="2026-02-28", renewal="NONE")
    lines = [
        units(MARCH, "10", "25", "250", mission_id="M2"),
        hours(FEBRUARY, "2", "80", "160", mission_id="M3"),
    ]
    assert causes_of(warehouse, lines) == {"new": Decimal("250.00"), "ended": Decimal("-160.00")}


def test_the_next_vintage_of_a_mission_at_another_fee_is_a_price_not_an_end_and_a_beginning(warehouse):
    mission(warehouse, "M1-2026", "WORK", start_date="2026-03-01")
    lines = [flat(FEBRUARY, "100"), flat(MARCH, "108", "FLAT|P9|1", mission_id="M1-2026")]
    assert causes_of(warehouse, lines) == {"price": Decimal("8.00")}


def test_balances_and_fees_billed_once_are_one_off(warehouse):
    add(warehouse, "raw.billing_plan_line", plan_id="P1", line_no=13, is_balance=True)
    add(warehouse, "raw.document_line", document_id="L1", version=1, line_no=2, periodicity="ONE_OFF")
    add(warehouse, "raw.document_instalment", document_id="L1", version=1, line_no=1, instalment_no=12, is_balance=True)
    sources = {
        "FLAT|P1|13": ("billing_plan_line", "P1|13"),
        "FLAT|L1|2|2026-03": ("document", "L1|1|2|1"),
        "FLAT|L1|1|2026-03": ("document", "L1|1|1|12"),
    }
    for key, (table, source_key) in sources.items():
        add_line(warehouse, key, "50", **MARCH)
        add(warehouse, "marts.prebill_evidence", month=THIS, line_key=key, source_table=table, source_key=source_key)
    add_line(warehouse, "FLAT|L1|1|2026-03b", "50", **MARCH)
    assert told(warehouse) == {"new": Decimal("50.00"), "one_off": Decimal("150.00")}


def test_a_line_set_aside_by_a_person_is_neither_an_end_nor_a_beginning(warehouse):
    add_line(warehouse, "FLAT|P1|2", "100", **FEBRUARY)
    add(
        warehouse,
        "marts.prebill_exclusion",
        month=THIS,
        source_table="billing_plan_line",
        source_key="P1|3",
        reason_code="EXCLUDED_BY_PERSON",
        detail="FLAT|P1|3",
        client_file_id="D1",
    )
    assert told(warehouse) == {"held": Decimal("-100.00")}


def test_a_month_whose_predecessor_was_never_run_is_not_compared(warehouse):
    add_line(warehouse, "FLAT|P1|1", "100", **MARCH)
    settle(warehouse, THIS)
    assert not compare_months(warehouse, THIS)
    with pytest.raises(duckdb.CatalogException):
        warehouse.execute("select * from client_change")


def test_the_month_before_is_that_of_the_calendar():
    assert month_before("2026-03") == "2026-02"
    assert month_before("2026-01") == "2025-12"


def test_the_parts_of_any_two_months_add_up_for_every_client(warehouse):
    """Six thousand lines at random: every class, mode, status, price and quantity, clients unknown, amounts unknown."""
    warehouse.execute(
        """
        insert into marts.prebill_line (
            month, line_key, client_id, client_file_id, mission_id, billing_mode, service_code, label, period_start,
            period_end, origin_month, quantity, unit_price, discount_pct, amount_net, vat_code, vat_rate, status,
            adjusts_line_key
        )
        with die as (
            select n, [cast(hash(n * 1000 + side) % 1000 as bigint) for side in range(12)] as roll
            from range(6000) as numbers(n)
        ),
        drawn as (
            select
                *,
                case when roll[1] < 500 then '2026-02' else '2026-03' end as month,
                ['FLAT', 'UNIT', 'TIME', 'ADHOC'][1 + roll[2] % 4] as mode,
                roll[3] % 60 as client,
                cast((roll[4] - 20) / 8 as decimal(18, 4)) as quantity,
                cast(roll[5] % 7 * 10.333333 as decimal(18, 6)) as price,
                case when roll[6] < 200 then 12.5 end as discount,
            from die
        )
        select
            month,
            mode || '|M' || client % 9 || '|' || roll[7] % 3 || '|' || n || '|' || ['1', '2', 'MIN'][1 + roll[8] % 3],
            case when client > 0 then 'C' || client end,
            case when client > 0 then 'D' || client % 70 end,
            case when roll[9] > 30 then 'M' || client % 9 end,
            mode,
            'S' || roll[10] % 3,
            'x',
            case when roll[11] > 300 then cast(month || '-01' as date) end,
            case when roll[11] > 600 then last_day(cast(month || '-01' as date)) else date '2026-12-31' end,
            case when roll[12] < 100 then '2025-11' else month end,
            quantity,
            price,
            discount,
            case
                when roll[9] % 25 = 0 then null
                else cast(round(quantity * price * (100 - coalesce(discount, 0)) * 0.01, 2) as decimal(18, 2))
            end,
            'TVA20',
            20,
            case when roll[9] % 25 = 0 or roll[10] < 150 then 'HELD' else 'READY' end,
            case when roll[8] < 40 then 'FLAT|P1|1' end,
        from drawn
        """
    )
    settle(warehouse, LAST, THIS)
    assert compare_months(warehouse, THIS)
    clients, wrong = warehouse.execute(
        f"select count(*), count(*) filter (where {' + '.join(CAUSES)} <> difference) from client_change"
    ).fetchone()
    assert (clients, wrong) == (60, 0)
    told_causes = {cause for (cause,) in warehouse.execute("select distinct cause from change_part").fetchall()}
    assert told_causes == set(CAUSES)
    parts, months = warehouse.execute(
        "select (select sum(difference) from change_part),"
        " (select sum(case when month = '2026-03' then amount_net else -amount_net end) from marts.prebill_line"
        " where status <> 'HELD')"
    ).fetchone()
    assert parts == months
