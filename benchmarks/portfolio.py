"""A firm of any size for the benchmarks: seeded, drawn and written by DuckDB, in which no rule has anything to hold.

    python -m benchmarks.portfolio FOLDER --files 2000 --month 2026-12 --history 12

writes `FOLDER/inbox/`, the same bytes for the same arguments. For each client file there are a fee paid monthly,
payslips and work by the hour; one and a half service contracts, of which a third each is billed by flat fees, by flat
fees with a true-up and by what is consumed, four meters on each; 21 time entries, 12 payslips and 6 readings a month.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

#: Client files of each size.
SIZES = {"S": 200, "M": 2_000, "L": 20_000, "XL": 200_000}

# A draw: the high bits of a multiplicative congruence are as good as random for prices and dates.
_MACROS = """
create macro draw(n, salt, below) as
    ((((n + 1) * 2654435761 + (salt + seed()) * 2246822519) % 4294967296) >> 9) % below;
create macro euros(cents) as (cents / 100)::decimal(18, 2);
create macro file_id(n) as format('D{:06d}', n);
create macro client_id(n) as format('C{:06d}', n);
create macro contract_id(n) as format('K{:06d}', n);
create macro start_of(n) as (month() - to_months((12 + draw(n, 41, 24))::integer))::date;
create macro after(n, months) as (start_of(n) + to_months((months)::integer))::date;
"""

# table -> query; every one is ordered, so that a file has the same bytes each time.
_TABLES = {
    "client": """
        select
            client_id(n) as client_id, format('SAS Client {:06d}', n) as legal_name,
            siren, 'FR' || lpad(((12 + 3 * (siren::bigint % 97)) % 97)::varchar, 2, '0') || siren as vat_number,
            '0225:' || siren as einvoice_address, format('{} rue du Commerce', 1 + draw(n, 1, 120)) as address,
            lpad((1000 + draw(n, 2, 94000))::varchar, 5, '0') as postal_code, 'Ville' as city, 'FR' as country,
            30 as payment_terms_days, 'ACTIVE' as status
        from siren order by n""",
    "client_file": """
        select file_id(n) as client_file_id, client_id(n) as client_id, format('Dossier {:06d}', n) as label,
            'ACTIVE' as status, first_day() - interval 5 year as opened_on
        from client order by n""",
    "establishment": """
        select siret, file_id(n) as client_file_id, 'Siège' as label from siret order by n""",
    "fiscal_year": """
        select file_id(n) as client_file_id, year::varchar as fy_label, make_date(year, 1, 1) as start_date,
            make_date(year, 12, 31) as end_date, 'OPEN' as status
        from client, years order by n, year""",
    "collaborator": """
        select format('P{:06d}', n) as collaborator_id, format('Collaborateur {:06d}', n) as name,
            format('G{}', n % 8) as grade, first_day() - interval 3 year as entry_date
        from range(collaborators()) as range(n) order by n""",
    "selling_rate": """
        select null as collaborator_id, format('G{}', n) as grade, make_date(year, 1, 1) as valid_from,
            make_date(year, 12, 31) as valid_to, euros(6000 + 1250 * n + 150 * (year - 2020)) as hourly_price
        from range(8) as range(n), years
        union all
        select format('P{:06d}', n), null, make_date(year, 1, 1), null, euros(9000 + draw(n, 5, 8000))
        from range(0, collaborators(), 10) as range(n), (select min(year) as year from years)
        order by all""",
    "service": """
        select * from (values
            ('TENUE', 'Tenue comptable', 'forfait', 'TVA20', null), ('HEURE', 'Travaux', 'heure', 'TVA20', null),
            ('BULLETIN', 'Bulletin de salaire', 'bulletin', 'TVA20', 'GRADUATED'),
            ('ATTESTATION', 'Attestation', 'unité', 'TVA20', null), ('COPIES', 'Copies', 'copie', 'TVA20', null),
            ('DEBOURS', 'Débours', 'unité', 'EXO', null)
        ) as service(service_code, label, unit, vat_code, tier_mode)""",
    "price": """
        select 'BULLETIN' as service_code, make_date(year, 1, 1) as valid_from, up_to,
            make_date(year, 12, 31) as valid_to, euros(cents + 50 * (year - 2020)) as unit_price
        from years, (values (10, 2400), (50, 1950), (null, 1650)) as tier(up_to, cents)
        order by all""",
    "client_price": """
        select file_id(n) as client_file_id, 'BULLETIN' as service_code, first_day() - interval 1 year as valid_from,
            case when n % 40 = 0 then euros(1900 + draw(n, 6, 300)) end as unit_price,
            case when n % 40 <> 0 then 10 end as discount_pct
        from range(0, files(), 20) as range(n) order by n""",
    "vat_rate": """
        select * from (values ('TVA20', date '2014-01-01', 20, 'S'), ('EXO', date '2014-01-01', 0, 'E'))
            as vat(vat_code, valid_from, rate, category)""",
    "mission": """
        select
            file_id(n) || '-' || code || '-' || year as mission_id, file_id(n) as client_file_id, code as mission_code,
            code || ' ' || year as label, year as vintage, year::varchar as fy_label, billing_mode, 'ARREARS' as term,
            service_code, make_date(year, 1, 1) as start_date, make_date(year, 12, 31) as end_date,
            make_date(year, 12, 31) as last_time_entry_date, 'NONE' as budget_policy, 'NONE' as renewal,
            'OPEN' as status
        from client, years, (values
            ('TENUE', 'FLAT', 'TENUE'), ('SOCIAL', 'UNIT', 'BULLETIN'), ('CONSEIL', 'TIME', 'HEURE')
        ) as kind(code, billing_mode, service_code)
        order by n, year, code""",
    "billing_plan": """
        select 'PF-' || file_id(n) || '-' || year as plan_id, file_id(n) as client_file_id, year::varchar as fy_label,
            file_id(n) || '-TENUE-' || year as mission_id, euros(fee(n) * 12) as total_amount, 'ACTIVE' as status
        from client, years order by n, year""",
    "billing_plan_line": """
        select 'PF-' || file_id(n) || '-' || year as plan_id, step as line_no,
            last_day(make_date(year, step, 1)) as due_date, make_date(year, step, 1) as period_start,
            last_day(make_date(year, step, 1)) as period_end, euros(fee(n)) as amount
        from client, years, range(1, 13) as range(step) order by n, year, step""",
    "metric_binding": """
        select file_id(n) || '-SOCIAL-' || year as mission_id, 'PAYSLIPS' as metric_code, 'BULLETIN' as service_code,
            'PER_PAYMENT' as method, true as auto
        from client, years order by n, year""",
    "service_contract": """
        select contract_id(n) as contract_id, client_id(n % files()) as client_id, start_of(n) as start_date,
            'ACTIVE' as status
        from contract order by n""",
    "contract_module": """
        select contract_id(n) || '-M' as module_id, contract_id(n) as contract_id, start_of(n) as valid_from,
            'TACIT' as renewal
        from contract order by n""",
    "asset": """
        select contract_id(n) || '-A' as asset_id, contract_id(n) as contract_id, format('SN{:07d}', n) as serial_no,
            'Optima' as model, start_of(n) as installed_on
        from contract order by n""",
    "quantity": """
        select contract_id(n) || '-' || code as quantity_id, contract_id(n) || '-A' as asset_id,
            code as predefined_code, 'TECHNICAL' as kind, true as cumulative, 'copie' as unit, start_of(n) as created_on
        from contract, meter order by n, code""",
    "rule_quantity": """
        select contract_id(n) || '-R' as rule_id, contract_id(n) || '-' || code as quantity_id
        from contract, meter where kind <> 'FLAT_AMOUNT' and (kind = 'CONSUMED_UNITS' or code in ('NB', 'COUL'))
        order by n, code""",
    "billing_rule": """
        select
            contract_id(n) || '-R' as rule_id, contract_id(n) || '-M' as module_id, kind as type,
            'COPIES' as service_code, term, period_months, 1 as anchor_day, start_of(n) as period_start,
            case when term = 'ADVANCE' or billed > 0 then
                after(n, period_months * (billed - (term = 'ADVANCE')::integer))
            end as last_invoice_date,
            after(n, period_months * (billed + (term = 'ARREARS')::integer)) as next_invoice_date,
            case when kind <> 'CONSUMED_UNITS' then euros(4000 + 100 * draw(n, 42, 860)) end as amount,
            case when kind <> 'FLAT_AMOUNT' then 0.010000 + draw(n, 43, 5) * 0.000500 end as unit_price,
            case when kind = 'FLAT_WITH_TRUE_UP' then 3000 end as included_units,
            case when kind = 'FLAT_WITH_TRUE_UP' then 3000 * (billed - 4 * done) end as accumulated_units,
            'ACTUAL' as reading_mode,
            case when kind = 'FLAT_WITH_TRUE_UP' then 12 end as true_up_months,
            case when kind = 'FLAT_WITH_TRUE_UP' then 1 end as true_up_day,
            case when kind = 'FLAT_WITH_TRUE_UP' then after(n, 12 * done) end as true_up_period_start,
            case when kind = 'FLAT_WITH_TRUE_UP' and done > 0 then after(n, 12 * done) end as last_true_up_date,
            case when kind = 'FLAT_WITH_TRUE_UP' then after(n, 12 * done + 12) end as next_true_up_date,
            'ACTIVE' as status
        from rule order by n""",
    "flat_fee_history": """
        select contract_id(n) || '-R' as rule_id, period_start, period_end,
            case when kind = 'FLAT_WITH_TRUE_UP' then 3000 end as included_units,
            euros(4000 + 100 * draw(n, 42, 860)) as amount,
            'FC-' || n || '-' || step as invoice_ref, false as below_threshold,
            case when kind = 'FLAT_WITH_TRUE_UP' and step < 4 * done then
                after(n, 12 * (step // 4 + 1))
            end as regularised_on
        from (
            select *,
                after(n, period_months * step) as period_start,
                after(n, period_months * (step + 1)) - 1 as period_end
            from rule, range(60) as range(step)
            where kind <> 'CONSUMED_UNITS' and step < billed
        )
        order by n, step""",
}
# table -> (folder, query of one month, which begins with `month_start()`): one file a month.
_MONTHLY = {
    "payroll_metric": """
        select siret, strftime(month_start(), '%Y-%m') as month, 'PAYSLIPS' as metric_code, 'PER_PAYMENT' as method,
            11 + draw(n, 7, 3) as quantity, true as final, false as manual, true as complete
        from siret order by n""",
    "time_entry": """
        select 'temps' as source, strftime(month_start(), '%y%m') || format('{:08d}', n) as source_id,
            format('P{:06d}', person) as collaborator_id,
            file_id((person * 10 + draw(n, 8, 10) + case when n % 3 = 0 then 10 else 0 end) % files())
                || case when draw(n, 9, 5) < 3 then '-CONSEIL-' else '-TENUE-' end || year(month_start()) as mission_id,
            worked as work_date, 15 * (1 + draw(n, 10, 12)) as minutes, true as billable, true as approved,
            format('Travaux {:03d}', draw(n, 11, 500)) as description
        from (
            select n, n % collaborators() as person, work_day.day as worked
            from range(21 * files()) as range(n)
            join work_day on work_day.rank = (n // collaborators() // 10) % work_days()
        )
        order by n""",
    "adhoc_service": """
        select format('A{}-{:06d}', strftime(month_start(), '%y%m'), n) as adhoc_id, file_id(20 * n) as client_file_id,
            case when n % 9 = 0 then 'DEBOURS' else 'ATTESTATION' end as service_code,
            month_start() + draw(n, 12, 28)::integer as service_date, 1 + draw(n, 13, 4) as quantity,
            euros(1250 + draw(n, 14, 9000)) as unit_price, 'Sur demande' as label, 'accueil' as author
        from range(files() // 20) as range(n) order by n""",
    "meter_reading": """
        select contract_id(n) || '-' || code as quantity_id, month_start() as reading_date, 'CUSTOMER' as origin,
            1000 + used * elapsed + draw(n, 15 + elapsed, used // 2) as value
        from (
            select n, code, used,
                (datediff('month', start_of(n), month_start())) as elapsed
            from contract, meter
        )
        where elapsed > 0 order by n, code""",
}
_INSTALLATION = """
    select contract_id(n) || '-' || code as quantity_id, start_of(n) as reading_date, 'INSTALLATION' as origin,
        1000 as value
    from contract, meter order by n, code"""


@dataclass(frozen=True)
class Portfolio:
    """What to draw.

    Attributes:
        files: client files.
        month: whose first day the contracts are up to date with, `YYYY-MM`: what fell due before is billed.
        history: months of events written, the last of them `month`, or more if `ahead`.
        ahead: months of events after `month`.
        seed: of the draw.
    """

    files: int
    month: str
    history: int = 12
    ahead: int = 0
    seed: int = 2026


def write(portfolio: Portfolio, workspace: Path) -> None:
    """Writes `workspace/inbox/`, one CSV file for each table and, for events, each month."""
    import duckdb

    inbox = workspace / "inbox"
    (inbox / "events").mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        _prepare(connection, portfolio)
        for table, query in _TABLES.items():
            _copy(connection, query, inbox / f"{table}.csv")
        _copy(connection, _INSTALLATION, inbox / "events" / "meter_reading_0000-00.csv")
        for back in range(1 - portfolio.history, portfolio.ahead + 1):
            start = connection.execute("select (month() + to_months(?))::date", [back]).fetchall()[0][0]
            write_events(connection, f"{start:%Y-%m}", inbox / "events")


def write_events(connection: object, month: str, folder: Path) -> None:
    """Writes the events of one month."""
    connection.execute(f"create or replace macro month_start() as date '{month}-01'")
    connection.execute("""
        create or replace temp table work_day as
        select day, row_number() over (order by day) - 1 as rank
        from (select unnest(range(month_start(), month_start() + interval 1 month, interval 1 day))::date as day)
        where isodow(day) < 6""")
    connection.execute("create or replace macro work_days() as (select count(*) from work_day)")
    for table, query in _MONTHLY.items():
        _copy(connection, query, folder / f"{table}_{month}.csv")


def _prepare(connection: object, portfolio: Portfolio) -> None:
    for name, value in {
        "seed": portfolio.seed,
        "files": portfolio.files,
        "collaborators": max(1, portfolio.files // 10),
        "month": f"date '{portfolio.month}-01'",
        "first_day": f"(date '{portfolio.month}-01' - interval {portfolio.history - 1} month)::date",
        "last_day_of_all": f"(date '{portfolio.month}-01' + interval {portfolio.ahead} month)::date",
    }.items():
        connection.execute(f"create macro {name}() as {value}")
    connection.execute(_MACROS)
    connection.execute("""
        create macro fee(n) as 8000 + 100 * draw(n, 20, 900) + draw(n, 21, 100);
        create temp table years as
            select unnest(range(year(first_day()), year(last_day_of_all()) + 1))::integer as year;
        create temp table client as select unnest(range(files())) as n;
        -- The check digit of Luhn's algorithm, over the eight digits before it, then over the thirteen of a SIRET.
        create macro luhn(digits) as (10 - list_sum(list_transform(
            range(1, length(digits) + 1),
            lambda i: case when (length(digits) - i) % 2 = 0
                then (2 * digits[i]::integer) // 10 + (2 * digits[i]::integer) % 10 else digits[i]::integer end
        ))::integer % 10) % 10;
        create temp table siren as
            select n, (10000000 + n * 37)::varchar || luhn((10000000 + n * 37)::varchar) as siren from client;
        create temp table siret as select n, siren || '0001' || luhn(siren || '0001') as siret from siren;
        create temp table contract as
            select n,
                case n % 3 when 0 then 'FLAT_AMOUNT' when 1 then 'FLAT_WITH_TRUE_UP' else 'CONSUMED_UNITS' end as kind
            from (select unnest(range(files() * 3 // 2)) as n);
        create temp table meter as select * from (values ('A3', 40), ('COUL', 120), ('NB', 960), ('SCAN', 200))
            as meter(code, used);
        -- Periods billed before the month: of fees in advance those begun before it, of units in arrears those over
        -- and invoiced before it. True-ups done: the yearly ones before the month.
        create temp table rule as
            select *,
                case when kind = 'CONSUMED_UNITS' then age - 1 else (age + period_months - 1) // period_months end
                    as billed,
                case when kind = 'FLAT_WITH_TRUE_UP' then (age - 1) // 12 else 0 end as done
            from (
                select *, datediff('month', start_of(n), month()) as age,
                    case when kind = 'CONSUMED_UNITS' then 'ARREARS' else 'ADVANCE' end as term,
                    case when kind = 'FLAT_WITH_TRUE_UP' then 3 else 1 end as period_months
                from contract
            );
        """)


def _copy(connection: object, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to '{path}' (header, delimiter ',')")


def main() -> None:
    """Writes one portfolio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=SIZES["S"])
    parser.add_argument("--month", default="2026-12")
    parser.add_argument("--history", type=int, default=12)
    parser.add_argument("--ahead", type=int, default=0)
    parser.add_argument("--seed", type=int, default=2026)
    arguments = parser.parse_args()
    write(
        Portfolio(arguments.files, arguments.month, arguments.history, arguments.ahead, arguments.seed),
        arguments.folder,
    )


if __name__ == "__main__":
    main()
