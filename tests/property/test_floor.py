"""The floor of the benchmarks beside the product: the same lines, on a portfolio made rougher than it is drawn."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.publication import publish_month
from benchmarks import floor, portfolio
from tests.oracle.model import Configuration
from tests.property.month_run import run_month

MONTH, CONTROL_DATE = "2026-12", date(2026, 12, 31)

#: What no anomaly holds and the portfolio has none of, as changes to its rows.
ROUGHER = """
-- Services on demand without a price: of one tier, of each of several, of nothing, taken back.
update service set tier_mode = 'VOLUME' where service_code = 'ATTESTATION';
insert into price values
    ('ATTESTATION', '2026-01-01', '5', null, '12.345678'),
    ('ATTESTATION', '2026-01-01', null, null, '9.500000'),
    ('COPIES', '2025-01-01', null, '2026-11-30', '0.20'),
    ('COPIES', '2026-12-01', null, null, '0.15');
insert into adhoc_service values
    ('A1', 'D000001', 'ATTESTATION', '2026-12-10', '7', null, null, null),
    ('A2', 'D000002', 'ATTESTATION', '2026-12-31', '5', null, null, null),
    ('A3', 'D000003', 'BULLETIN', '2026-12-01', '60.5', null, 'Bulletins', null),
    ('A4', 'D000003', 'BULLETIN', '2026-12-02', '0', null, null, null),
    ('A5', 'D000003', 'BULLETIN', '2026-12-03', '-3', null, null, null),
    ('A6', 'D000003', 'ATTESTATION', '2026-12-04', '-8', null, null, null),
    ('A7', 'D000004', 'COPIES', '2026-12-05', '3.3333', null, null, null),
    ('A8', 'D000004', 'DEBOURS', '2026-12-06', '0.5', '0.01', null, null),
    ('A9', 'D000000', 'BULLETIN', '2026-12-07', '31', null, null, null),
    ('A10', 'D000004', 'DEBOURS', '2026-11-30', '1', '5', null, null);
-- A price of the client's own that replaces an earlier one, and one not yet in force.
insert into client_price values
    ('D000000', 'BULLETIN', '2026-12-01', '20.005', '12.5'),
    ('D000000', 'BULLETIN', '2026-12-08', '18', null);
-- Rates that change within the month, a half cent to round.
insert into selling_rate values
    ('P000000', null, '2026-12-15', null, '161.333333'),
    ('P000001', null, '2026-12-05', '2026-12-10', '33.330001');
insert into vat_rate values ('TVA20', '2026-12-15', '21.5', 'S');
-- Work of a quarter of a minute's price, not billable, not approved, by the month's ends.
insert into time_entry values
    ('temps', 'T1', 'P000001', 'D000001-CONSEIL-2026', '2026-12-31', '7', null, null, null),
    ('temps', 'T2', 'P000001', 'D000002-CONSEIL-2026', '2026-12-01', '1', 'true', 'true', null),
    ('temps', 'T3', 'P000001', 'D000003-CONSEIL-2026', '2026-12-01', '60', 'false', 'true', null),
    ('temps', 'T4', 'P000001', 'D000003-CONSEIL-2026', '2026-12-01', '60', 'true', 'false', null),
    ('temps', 'T5', 'P000001', 'D000003-CONSEIL-2026', '2026-11-30', '60', 'true', 'true', null);
-- A person's count beside the feed's, another method's, nobody's.
insert into payroll_metric
    select siret, month, metric_code, null, '55', final, 'true', complete
    from payroll_metric where month = '2026-12' order by siret limit 3;
insert into payroll_metric
    select siret, month, metric_code, 'PER_CONTRACT', '99', final, manual, complete
    from payroll_metric where month = '2026-12' and method is not null order by siret limit 1 offset 4;
update payroll_metric set quantity = '0'
    where month = '2026-12' and siret = (select siret from establishment where client_file_id = 'D000007');
-- A mission that goes on past its end, one closed, a plan given up.
update mission set end_date = '2026-10-31', renewal = 'TACIT' where mission_id = 'D000005-SOCIAL-2026';
update mission set status = 'CLOSED' where mission_id = 'D000006-SOCIAL-2026';
update billing_plan set status = 'CANCELLED' where plan_id = 'PF-D000004-2026';
-- Fees missed for three months; from the last day of a month on; recorded and never invoiced.
update billing_rule set last_invoice_date = '2026-09-01', next_invoice_date = '2026-10-01' where rule_id = 'K000000-R';
delete from flat_fee_history where rule_id = 'K000000-R' and period_start >= '2026-10-01';
update service_contract set start_date = '2026-10-31' where contract_id = 'K000003';
update contract_module set valid_from = '2026-10-31' where module_id = 'K000003-M';
update billing_rule
    set period_start = '2026-10-31', anchor_day = null,
        last_invoice_date = '2026-10-31', next_invoice_date = '2026-11-30'
    where rule_id = 'K000003-R';
delete from flat_fee_history where rule_id = 'K000003-R';
insert into flat_fee_history values
    ('K000003-R', '2026-10-31', '2026-11-29', null, '308.00', 'FC', 'false', null);
update flat_fee_history set invoice_ref = null, below_threshold = 'true'
    where rule_id = 'K000006-R' and period_start = '2026-11-01';
update billing_rule set status = 'CLOSED' where rule_id = 'K000009-R';
update service_contract set status = 'CLOSED' where contract_id = 'K000012';
-- A true-up whose fees are paid in arrears, the last with it; one for November, of units nobody used.
update billing_rule set term = 'ARREARS', accumulated_units = '9000' where rule_id = 'K000019-R';
delete from flat_fee_history where rule_id = 'K000019-R' and period_start = '2026-09-01';
update billing_rule
    set true_up_period_start = '2025-11-01', last_true_up_date = null, next_true_up_date = '2026-11-01',
        included_units = '90000', accumulated_units = '450000'
    where rule_id = 'K000016-R';
update flat_fee_history set included_units = '90000', regularised_on = null where rule_id = 'K000016-R';
-- Consumption missed for three months; a device changed, a counter past its end, a count of each month; what is read
-- after the control date.
update billing_rule set last_invoice_date = '2026-09-01', next_invoice_date = '2026-10-01' where rule_id = 'K000002-R';
insert into meter_reading values
    ('K000005-NB', '2026-11-15', 'REMOVAL', '16000'),
    ('K000005-NB', '2026-11-15', 'INSTALLATION', '12.5'),
    ('K000008-NB', '2026-11-20', 'ROLLOVER', '22990'),
    ('K000002-NB', '2026-12-20', 'PROVIDER', '90000'),
    ('K000002-NB', '2027-01-01', 'CUSTOMER', '99999');
update meter_reading set value = '700'
    where quantity_id in ('K000005-NB', 'K000008-NB') and reading_date = '2026-12-01';
update meter_reading set value = '300' where quantity_id = 'K000011-SCAN' and origin <> 'INSTALLATION';
update quantity set cumulative = 'false' where quantity_id = 'K000011-SCAN';
"""


def _roughen(inbox: Path) -> None:
    files: dict[str, list[Path]] = {}
    for path in sorted(inbox.rglob("*.csv")):
        files.setdefault(path.stem.rsplit("_2026-", 1)[0].removesuffix("_0000-00"), []).append(path)
    with duckdb.connect() as connection:
        for table, paths in files.items():
            names = [str(path) for path in paths]
            connection.execute(
                f"create table {table} as from read_csv({names}, header = true, delim = ',', all_varchar = true)"
            )
        connection.execute(ROUGHER)
        for table, paths in files.items():
            for path in paths[1:]:
                path.unlink()
            connection.execute(f"copy {table} to '{paths[0]}' (header)")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    workspace = tmp_path_factory.mktemp("floor")
    portfolio.write(portfolio.Portfolio(files=20, month=MONTH), workspace)
    _roughen(workspace / "inbox")
    outcome = run_month(workspace, MONTH, CONTROL_DATE, Configuration())
    publish_month(outcome.warehouse, workspace / "published", MONTH)
    return workspace


def test_the_floor_writes_the_lines_that_are_published(workspace):
    lines = workspace / "published" / MONTH / "prebill_line.parquet"
    target = workspace / "floor.parquet"
    cost = floor.run(workspace, CONTROL_DATE, target)
    assert floor.differences(lines, target) == []
    modes = dict(duckdb.sql(f"select billing_mode, count(*) from '{target}' group by all").fetchall())
    assert sum(modes.values()) == cost.lines
    assert set(modes) == {"FLAT", "UNIT", "TIME", "ADHOC", "CONTRACT_FLAT", "TRUE_UP", "CONSUMED"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("select * replace (amount_net + 0.01 as amount_net) from lines limit 1", "amount_net: "),
        ("select * replace ('x' as held_by) from lines limit 1", "held_by: x, expected NULL"),
        ("select * replace (amount_net::decimal(18, 3) as amount_net) from lines", "the columns are"),
        ("select * from lines offset 1", "expected"),
        ("from lines union all (from lines limit 1)", "expected NULL"),
        ("from lines order by line_key desc", "line_key: "),
    ],
)
def test_whatever_differs_is_said(workspace, tmp_path, change, said):
    lines = workspace / "published" / MONTH / "prebill_line.parquet"
    changed = tmp_path / "changed.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create view lines as from '{lines}'")
        connection.execute(f"copy ({change}) to '{changed}'")
    assert said in floor.differences(lines, changed)[0]
