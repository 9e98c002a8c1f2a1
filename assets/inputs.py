"""The inputs as Dagster assets: the inbox as people fill it, and the raw tables a run sees of it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import dagster as dg

from assets.contract import TABLES
from assets.dbt import measure_relations
from assets.ledger_step import LINK
from assets.publication import published_months, published_state
from assets.site import Site
from assets.sources.step import keys_feeding
from assets.stages import INGESTION

INBOX_GROUP = "1_inbox"


@dataclass(frozen=True)
class Source:
    """A kind of files people drop in the inbox, and the raw tables it feeds.

    Attributes:
        group: of its raw tables in the lineage picture.
        description: what the files are, for a newcomer.
        tables: of the contract.
    """

    group: str
    description: str
    tables: tuple[str, ...]


SOURCES: Mapping[str, Source] = {
    "firm": Source(
        "2_firm",
        "Fichiers du cabinet : clients, dossiers, établissements, exercices, collaborateurs. / The firm's own files.",
        ("client", "client_file", "establishment", "fiscal_year", "collaborator"),
    ),
    "prices": Source(
        "2_prices",
        "Tarifs : prestations, prix, prix clients, taux de vente, TVA, indices. / Price lists, rates, VAT, indices.",
        ("service", "price", "client_price", "selling_rate", "vat_rate", "price_index", "index_link"),
    ),
    "missions": Source(
        "2_missions",
        "Missions millésimées et plans de facturation saisis à la main. / Missions and hand-made billing plans.",
        ("mission", "billing_plan", "billing_plan_line", "metric_binding"),
    ),
    "contracts": Source(
        "2_contracts",
        "Contrats de service : modules, règles de facturation, biens, relevés. / Service contracts, rules, readings.",
        (
            "service_contract",
            "contract_module",
            "rule_template",
            "billing_rule",
            "rule_change",
            "asset",
            "quantity",
            "rule_quantity",
            "meter_reading",
            "flat_fee_history",
        ),
    ),
    "letters": Source(
        "2_letters",
        "Lettres de mission (inbox/documents) et leur échéancier. / Engagement letters and their payment schedule.",
        ("document", "document_line", "document_instalment"),
    ),
    "activity": Source(
        "2_activity",
        "Activité : déclarations et métriques de paie, temps, prestations. / Payroll, time, ad-hoc services.",
        (
            "payroll_declaration",
            "payroll_metric",
            "time_entry",
            "adhoc_service",
            "project_map",
            "user_map",
            "tracked_entry",
        ),
    ),
    "decisions": Source(
        "2_decisions",
        "Décisions des personnes : dérogations, corrections, ajustements, confirmations. / Waivers to confirmations.",
        ("waiver", "correction", "adjustment", "run_override", "document_confirmation"),
    ),
}
RUN_GROUP = "2_run"
RUN_TABLES: Mapping[str, str] = {
    "run_context": "Le mois, sa date de contrôle et les réglages, pour le SQL. / The month and its settings, for SQL.",
    "applied_correction": "Les corrections en vigueur. / The corrections in force.",
    "standing_draft": "Les mois qui attendent en brouillon. / The months that stand as a draft.",
    "waiting_line": "Les lignes sous le seuil de leur contrat. / Lines below the threshold of their contract.",
    "rejected_row": "Ce qui n'a pas pu être lu : fichier, ligne, colonne, raison. / What could not be read, and why.",
}


class MonthConfig(dg.Config):
    """What a person may choose when launching a month.

    Attributes:
        control_date: ``YYYY-MM-DD`` in the month; empty for the workspace's default.
        as_published: whether the month is laid out again as it was: at the control date of what is published, from the
            input as it stands, whatever lies in the inbox since. For what the ledger alone has changed.
    """

    control_date: str = ""
    as_published: bool = False


def build_inbox_assets() -> list[dg.AssetSpec]:
    """Return the external assets that stand for what people drop in the inbox."""
    return [
        dg.AssetSpec(["inbox", name], group_name=INBOX_GROUP, description=source.description, kinds={"file"})
        for name, source in SOURCES.items()
    ]


def build_input_assets(site: Site, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that reads the inbox and lays out the raw tables of a month.

    Args:
        site: the workspace.
        partitions: the months.
    """
    described = [
        (name, table, source.group, f"{TABLES[table].title_fr}. / {TABLES[table].title_en}.")
        for name, source in SOURCES.items()
        for table in source.tables
    ]
    specs = [
        dg.AssetSpec(
            ["raw", table],
            deps=[dg.AssetDep(["inbox", name]), *keys_feeding(site, table)],
            group_name=group,
            description=text,
            kinds={"duckdb"},
        )
        for name, table, group, text in described
    ] + [
        dg.AssetSpec(
            ["raw", table],
            # What the run appends to the ledger is there before the month is laid out.
            deps=[dg.AssetDep(["inbox", name]) for name in SOURCES] if table == "rejected_row" else [LINK],
            group_name=RUN_GROUP,
            description=text,
            kinds={"duckdb"},
        )
        for table, text in RUN_TABLES.items()
    ]

    @dg.multi_asset(
        name="ingest",
        specs=specs,
        partitions_def=partitions,
        required_resource_keys={"workspace_lock"},
    )
    def ingest_step(context: dg.AssetExecutionContext, config: MonthConfig) -> Iterator[dg.MaterializeResult]:
        from assets.context import RunContext, write_run_context
        from assets.ingestion import ingest, prepare_raw

        month = context.partition_key
        if config.as_published and month not in published_months(site.published):
            raise dg.Failure(
                f"{month} n'est pas publié : lancez d'abord « month » pour ce mois. / {month} is not published: launch "
                "the job «month» for it first.",
                allow_retries=False,
            )
        if config.as_published:
            control_date = published_state(site.published, month).control_date
        else:
            control_date = chosen_control_date(site, month, config.control_date)
        with site.stages.stage(INGESTION):
            report = ingest(
                site.root,
                language=site.language,
                progress=context.log.info,
                take_new=not config.as_published,
                payroll_counts=site.payroll_counts,
            )
            prepare_raw(site.root, control_date, site.language)
            write_run_context(
                site.root,
                RunContext(
                    month=month,
                    control_date=control_date,
                    input_fingerprint=report.input_fingerprint,
                    language=site.language,
                    **site.options,
                ),
            )
            keys = [spec.key for spec in specs]
            measures = measure_relations(site.warehouse, [tuple(key.path) for key in keys])
        site.stages.notes[INGESTION] = report
        for key in keys:
            yield dg.MaterializeResult(asset_key=key, metadata=measures.get(tuple(key.path), {}))

    return ingest_step


def chosen_control_date(site: Site, month: str, text: str) -> dt.date:
    """Return the control date of a run.

    Args:
        site: the workspace.
        month: ``YYYY-MM``.
        text: what the person launching the run typed; empty for the default.

    Raises:
        dagster.Failure: when it is no date of that month; a retry would not help.
    """
    if not text:
        return site.default_control_date(month)
    try:
        date = dt.date.fromisoformat(text)
    except ValueError:
        date = None
    if date is None or f"{date:%Y-%m}" != month:
        raise dg.Failure(f"control_date {text!r}: expected YYYY-MM-DD in {month}", allow_retries=False)
    return date
