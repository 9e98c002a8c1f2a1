"""Silver bills the portfolio: its own `DocumentsGenerator`, unmodified, on SQLite.

A contract is a subscription of a plan of its own, billed at the beginning of each month; that it was billed up to the
month before is a row of Silver's billing log. What is generated are draft invoices, one for each subscription.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import django
from django.conf import settings

from benchmarks.peers.portfolio import MONTH, SERVICES, last_day, months_before, read_portfolio, write_rows


def prepare(folder: Path, portfolio: Path) -> None:
    """Makes the database with its contracts."""
    from django.core.management import call_command
    from django.db import transaction
    from silver.models import BillingLog, Customer, Plan, ProductCode, Provider, Subscription

    call_command("migrate", verbosity=0)
    contracts = read_portfolio(portfolio)
    address = {"address_1": "1 rue de la Paix", "city": "Paris", "country": "FR"}
    with transaction.atomic():
        provider = Provider.objects.create(
            name="Cabinet", flow=Provider.FLOWS.INVOICE, invoice_series="F", invoice_starting_number=1, **address
        )
        codes = {code: ProductCode.objects.create(value=code) for code in SERVICES}
        customers = {
            client_id: Customer.objects.create(first_name="Client", last_name=client_id, currency="EUR", **address)
            for client_id in sorted({contract.client_id for contract in contracts})
        }
        for contract in contracts:
            plan = Plan.objects.create(
                name=SERVICES[contract.service_code],
                interval=Plan.INTERVALS.MONTH,
                interval_count=1,
                amount=contract.amount,
                currency="EUR",
                product_code=codes[contract.service_code],
                provider=provider,
            )
            subscription = Subscription.objects.create(
                plan=plan,
                customer=customers[contract.client_id],
                start_date=contract.start,
                reference=contract.contract_id,
            )
            subscription.activate()
            subscription.save()
            billed = months_before(MONTH, 1)
            BillingLog.objects.create(
                subscription=subscription,
                billing_date=billed,
                plan_billed_up_to=last_day(billed),
                metered_features_billed_up_to=last_day(months_before(MONTH, 2)),
                plan_amount=contract.amount,
                total=contract.amount,
            )


def bill(folder: Path) -> None:
    """Bills the month in one transaction and prints the seconds of that alone, of the clock and of the processor.

    `manage.py generate_docs` would commit three times for each subscription, which measures the disk.
    """
    from django.db import transaction
    from silver.documents_generator import DocumentsGenerator

    start, cpu_start = time.perf_counter(), time.process_time()
    with transaction.atomic():
        DocumentsGenerator().generate(billing_date=MONTH)
    print(time.perf_counter() - start, time.process_time() - cpu_start)


def lines(folder: Path, result: Path) -> None:
    """Writes the entries of all invoices."""
    from silver.models import BillingLog

    logs = BillingLog.objects.exclude(invoice=None).select_related("subscription", "invoice")
    write_rows(
        result,
        (
            (log.subscription.reference, entry.total_before_tax)
            for log in logs
            for entry in log.invoice.invoice_entries.all()
        ),
    )


def main(step: str, folder: Path, *paths: Path) -> None:
    """Runs a step on the database of a folder."""
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "silver.sqlite3"}},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "silver"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        SECRET_KEY="nothing is signed",
        PAYMENT_PROCESSORS={},
        SILVER_AUTOMATICALLY_CREATE_TRANSACTIONS=False,
    )
    django.setup()
    {"prepare": prepare, "bill": bill, "lines": lines}[step](folder, *paths)


if __name__ == "__main__":
    main(sys.argv[1], *map(Path, sys.argv[2:]))
