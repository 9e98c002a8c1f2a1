"""Tryton bills the portfolio: its module `sale_subscription`, unmodified, on SQLite.

A contract is a running subscription of one line, consumed and invoiced monthly; that it was billed up to the month
before are the next dates of the subscription and of its line. Billing is what the two wizards of the module do, one
after the other: create the consumptions, then the invoices, which are drafts, one for each subscription.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from trytond import backend, config
from trytond.pool import Pool
from trytond.transaction import Transaction, TransactionError

from benchmarks.peers.portfolio import CENT, MONTH, SERVICES, Contract, read_portfolio, write_rows

DATABASE = "tryton"
ADMIN = 1


def transact(work: Callable[[Pool], None], **context: object) -> None:
    """Does work in one transaction, again with the locks it misses, as Tryton's own dispatcher does."""
    locks: dict[str, object] = {}
    while True:
        with Transaction().start(DATABASE, ADMIN, context=context, **locks) as transaction:
            try:
                return work(Pool())
            except TransactionError as error:
                transaction.rollback()
                error.fix(locks)


def company_context() -> dict[str, object]:
    """Opens the database; returns the context of its only company."""
    Pool(DATABASE).init()
    found: list[int] = []
    transact(lambda pool: found.extend(company.id for company in pool.get("company.company").search([])))
    return {"company": found[0], "companies": found}


def prepare(folder: Path, portfolio: Path) -> None:
    """Makes the database with its contracts."""
    from trytond.modules.account.tests import create_chart
    from trytond.modules.company.tests import create_company
    from trytond.modules.currency.tests import create_currency

    (folder / f"{DATABASE}.sqlite").touch()
    backend.Database(DATABASE).connect().init()
    Pool(DATABASE).init(update=["sale_subscription"], lang=["en"], activatedeps=True)
    contracts = read_portfolio(portfolio)
    transact(lambda pool: create_company(currency=create_currency("EUR")))
    context = company_context()
    transact(lambda pool: create_chart(pool.get("company.company")(context["company"])), **context)
    transact(lambda pool: subscribe(pool, contracts), **context)


def subscribe(pool: Pool, contracts: list[Contract]) -> None:
    """Makes the services, the clients and their running subscriptions."""
    (currency,) = pool.get("currency.currency").search([])
    (unit,) = pool.get("product.uom").search([("name", "=", "Unit")])
    (revenue,) = pool.get("account.account").search([("type.revenue", "=", True), ("closed", "!=", True)], limit=1)
    (category,) = pool.get("product.category").create(
        [{"name": "Services", "accounting": True, "account_revenue": revenue}]
    )
    (monthly,) = pool.get("sale.subscription.recurrence.rule.set").create(
        [{"name": "Monthly", "rules": [("create", [{"freq": "monthly", "interval": 1}])]}]
    )
    product = {"type": "service", "default_uom": unit, "account_category": category, "products": [("create", [{}])]}
    templates = pool.get("product.template").create([{"name": label, **product} for label in SERVICES.values()])
    services = pool.get("sale.subscription.service").create(
        [{"product": template.products[0], "consumption_recurrence": monthly} for template in templates]
    )
    service_of = dict(zip(SERVICES, services, strict=True))
    client_ids = sorted({contract.client_id for contract in contracts})
    parties = pool.get("party.party").create(
        [{"name": client_id, "addresses": [("create", [{}])]} for client_id in client_ids]
    )
    party_of = dict(zip(client_ids, parties, strict=True))

    def line(contract: Contract) -> dict[str, object]:
        return {
            "service": service_of[contract.service_code],
            "quantity": contract.quantity,
            "unit": unit,
            "unit_price": contract.unit_price,
            "consumption_recurrence": monthly,
            "start_date": contract.start,
            "next_consumption_date": MONTH,
        }

    subscription_model = pool.get("sale.subscription")
    subscriptions = subscription_model.create(
        [
            {
                "reference": contract.contract_id,
                "party": party_of[contract.client_id],
                "invoice_address": party_of[contract.client_id].addresses[0],
                "currency": currency,
                "start_date": contract.start,
                "invoice_recurrence": monthly,
                "next_invoice_date": MONTH,
                "lines": [("create", [line(contract)])],
            }
            for contract in contracts
        ]
    )
    subscription_model.quote(subscriptions)
    subscription_model.run(subscriptions)


def bill(folder: Path) -> None:
    """Bills the month and prints the seconds of that alone, of the clock and of the processor."""
    context = company_context()
    start, cpu_start = time.perf_counter(), time.process_time()
    transact(generate, **context)
    print(time.perf_counter() - start, time.process_time() - cpu_start)


def generate(pool: Pool) -> None:
    """Creates the consumptions, then the invoices."""
    pool.get("sale.subscription.line").generate_consumption(date=MONTH)
    pool.get("sale.subscription").generate_invoice(date=MONTH)


def lines(folder: Path, result: Path) -> None:
    """Writes the lines of all invoices."""

    def write(pool: Pool) -> None:
        billed = pool.get("account.invoice.line").search([])
        write_rows(result, ((line.origin.subscription.reference, line.amount.quantize(CENT)) for line in billed))

    transact(write, **company_context())


def main(step: str, folder: Path, *paths: Path) -> None:
    """Runs a step on the database of a folder."""
    config.set("database", "uri", "sqlite://")
    config.set("database", "path", str(folder))
    {"prepare": prepare, "bill": bill, "lines": lines}[step](folder, *paths)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
