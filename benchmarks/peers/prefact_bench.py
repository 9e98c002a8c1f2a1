"""prefact bills the portfolio: what `prefact run` runs, in a workspace that has the contracts as files.

A contract has one module and one rule of type FLAT_AMOUNT; that it was billed up to the month before are the rows of
`flat_fee_history`. The month before is run first, where nothing is left to bill: as its peers have their database
filled, prefact has read its files and keeps dbt's parse.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from random import Random

from assets.demo.identifiers import siren, vat_number
from benchmarks.peers.portfolio import MONTH, SERVICES, Contract, last_day, months_before, read_portfolio, write_rows

Row = dict[str, object]


def prepare(folder: Path, portfolio: Path) -> None:
    """Makes the workspace with its contracts."""
    from orchestration.settings import create_workspace

    create_workspace(folder, "en")
    contracts = read_portfolio(portfolio)
    tables: dict[str, list[Row]] = {"vat_rate": [{"vat_code": "TVA20", "valid_from": "2014-01-01", "rate": 20}]}
    tables["service"] = [
        {"service_code": code, "label": label, "unit": "mois", "vat_code": "TVA20", "revenue_account": "706000"}
        for code, label in SERVICES.items()
    ]
    rng = Random(0)
    tables["client"] = [client(client_id, siren(rng)) for client_id in sorted({each.client_id for each in contracts})]
    for contract in contracts:
        for table, row in contract_rows(contract):
            tables.setdefault(table, []).append(row)
    for table, rows in tables.items():
        write_rows(folder / "inbox" / f"{table}.csv", [list(rows[0]), *(row.values() for row in rows)])
    run(folder, months_before(MONTH, 1))


def client(client_id: str, number: str) -> Row:
    """Returns a client with what an invoice needs."""
    return {
        "client_id": client_id,
        "legal_name": f"Client {client_id}",
        "siren": number,
        "vat_number": vat_number(number),
        "einvoice_address": f"0225:{number}",
        "address": "1 rue de la Paix",
        "postal_code": "75002",
        "city": "Paris",
        "country": "FR",
    }


def contract_rows(contract: Contract) -> Iterator[tuple[str, Row]]:
    """Yields the rows of a contract, each with its table."""
    contract_id, start = contract.contract_id, contract.start
    rule_id, module_id = f"{contract_id}-R1", f"{contract_id}-M1"
    last = months_before(MONTH, 1)
    yield "service_contract", {"contract_id": contract_id, "client_id": contract.client_id, "start_date": start}
    yield (
        "contract_module",
        {
            "module_id": module_id,
            "contract_id": contract_id,
            "label": SERVICES[contract.service_code],
            "valid_from": start,
            "renewal": "TACIT",
        },
    )
    yield (
        "billing_rule",
        {
            "rule_id": rule_id,
            "module_id": module_id,
            "type": "FLAT_AMOUNT",
            "service_code": contract.service_code,
            "term": "ADVANCE",
            "period_months": 1,
            "anchor_day": 1,
            "period_start": start,
            "last_invoice_date": last,
            "next_invoice_date": MONTH,
            "amount": contract.amount,
            "reading_mode": "ACTUAL",
        },
    )
    while last >= start:
        yield (
            "flat_fee_history",
            {
                "rule_id": rule_id,
                "period_start": last,
                "period_end": last_day(last),
                "amount": contract.amount,
                "invoice_ref": f"F{last:%y%m}-{contract_id}",
            },
        )
        last = months_before(last, 1)


def bill(folder: Path) -> None:
    """Bills the month and prints the seconds of that after the start-up, of the clock and of the processor."""
    print(*run(folder, MONTH))


def run(folder: Path, month: date) -> tuple[float, float]:
    """Runs a month; returns its seconds without the start-up of the tools."""
    from orchestration.month import START_UP, MonthOutcome, run_months
    from orchestration.settings import load_workspace

    done: list[MonthOutcome] = []
    run_months(load_workspace(folder), [f"{month:%Y-%m}"], None, lambda *_: None, done.append)
    (outcome,) = done
    return (
        outcome.total_seconds - outcome.seconds[START_UP],
        outcome.total_cpu_seconds - outcome.cpu_seconds[START_UP],
    )


def lines(folder: Path, result: Path) -> None:
    """Writes the lines published as ready."""
    import duckdb

    published = folder / "published" / f"{MONTH:%Y-%m}" / "prebill_line.parquet"
    write_rows(
        result,
        duckdb.sql(
            "select contract_id, amount_net from read_parquet($published) where status = 'READY'",
            params={"published": str(published)},
        ).fetchall(),
    )


def main(step: str, folder: Path, *paths: Path) -> None:
    """Runs a step on the workspace of a folder."""
    {"prepare": prepare, "bill": bill, "lines": lines}[step](folder, *paths)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
