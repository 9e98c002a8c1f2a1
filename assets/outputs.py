"""What leaves a month, as Dagster assets: the published relations and the reports."""

from collections.abc import Iterator

import dagster as dg

from assets.publication import RELATIONS, publish_month
from assets.register import month_in_warehouse
from assets.site import Site
from assets.stages import PUBLICATION

GROUP = "8_published_publication"


def build_publication_assets(site: Site, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that publishes the marts of a month.

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
                description=f"published/<mois>/{relation}.parquet : la copie que tout lecteur ouvre. / "
                "The copy any reader opens.",
                kinds={"parquet"},
            )
            for relation, key in keys.items()
        ],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
        required_resource_keys={"workspace_lock"},
    )
    def publish_step(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        month = context.partition_key
        with site.stages.stage(PUBLICATION):
            month_in_warehouse(site.warehouse, month)
            publication = publish_month(site.warehouse, site.published, month)
        site.stages.notes[PUBLICATION] = publication
        for relation, key in keys.items():
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={
                    "dagster/row_count": publication.rows[relation],
                    "path": dg.MetadataValue.path(str(publication.folder / f"{relation}.parquet")),
                },
            )

    return publish_step
