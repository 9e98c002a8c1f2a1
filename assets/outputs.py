"""What leaves a month, as Dagster assets: the reports and the published relations."""

from collections.abc import Iterator

import dagster as dg

from assets.publication import RELATIONS, publish_month
from assets.register import FINDING, month_in_warehouse
from assets.site import Site
from assets.stages import PUBLICATION, REPORTS

GROUP = "8_published"
DATA_DOCS = dg.AssetKey(["reports", "data_docs"])
WORKBOOK = dg.AssetKey(["reports", "workbook"])
PAGE = dg.AssetKey(["reports", "page"])

#: What the workbook and the page tell of a month.
REPORTED = [
    dg.AssetKey(["marts", name])
    for name in (
        "prebill_line",
        "prebill_evidence",
        "prebill_group",
        "prebill_group_vat",
        "prebill_exclusion",
        "anomaly",
        "rejected_row",
        "month_state",
    )
]


def build_publication_assets(site: Site, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that writes the reports of a month and then publishes its marts, last of all.

    Args:
        site: the workspace.
        partitions: the months.
    """
    keys = {relation: dg.AssetKey(["published", relation]) for relation in RELATIONS}

    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                key,
                deps=[dg.AssetKey(RELATIONS[relation].split("."))],
                group_name=GROUP,
                description=f"`published/<mois>/{relation}.parquet` : la copie que tout lecteur ouvre. / "
                "The copy any reader opens.",
                kinds={"parquet"},
            )
            for relation, key in keys.items()
        ]
        + [
            dg.AssetSpec(
                DATA_DOCS,
                deps=[FINDING, dg.AssetKey(["marts", "anomaly"])],
                group_name=GROUP,
                description="`reports/<mois>/data_docs` : le registre du mois en pages web, à lire hors ligne. / "
                "The month's register as web pages.",
                kinds={"html"},
            ),
            dg.AssetSpec(
                WORKBOOK,
                deps=REPORTED,
                group_name=GROUP,
                description="`reports/<mois>/prefact-<mois>.xlsx` : la pré-facturation, les anomalies et les écarts. / "
                "The month's pre-billing, anomalies and differences.",
                kinds={"excel"},
            ),
            dg.AssetSpec(
                PAGE,
                deps=REPORTED,
                group_name=GROUP,
                description="`reports/<mois>/prefact-<mois>.html` : le mois en une page, à lire ou à imprimer. / "
                "The month on one page.",
                kinds={"html"},
            ),
        ],
        partitions_def=partitions,
        required_resource_keys={"workspace_lock"},
    )
    def publish_step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        from assets.reports.writing import write_reports
        from expectations.data_docs import write_data_docs

        month = context.partition_key
        with site.stages.stage(REPORTS):
            month_in_warehouse(site.warehouse, month)
            index = write_data_docs(site.warehouse, month, site.reports / month / "data_docs", site.language)
            reports = write_reports(site.warehouse, month, site.reports / month, site.language)
        with site.stages.stage(PUBLICATION):
            publication = publish_month(site.warehouse, site.published, month)
        site.stages.notes[PUBLICATION] = publication
        yield dg.MaterializeResult(asset_key=DATA_DOCS, metadata={"index": dg.MetadataValue.path(str(index))})
        yield dg.MaterializeResult(asset_key=WORKBOOK, metadata={"path": dg.MetadataValue.path(str(reports.workbook))})
        yield dg.MaterializeResult(asset_key=PAGE, metadata={"path": dg.MetadataValue.path(str(reports.page))})
        for relation, key in keys.items():
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": publication.rows[relation],
                    "path": dg.MetadataValue.path(str(publication.folder / f"{relation}.parquet")),
                },
            )

    return publish_step
