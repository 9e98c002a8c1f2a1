"""The ledger as Dagster assets: its chain checked at each run, and a link appended where the run's job says so."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from assets.exports import export_month
from assets.facturx import Seller
from assets.ledger import read_chain
from assets.site import Site
from assets.stages import EXPORT, VALIDATION
from assets.validation import Scope, freeze_plan, now, person, plan_validation

GROUP = "2_ledger"
LINK = dg.AssetKey(["ledger", "link"])
DESCRIPTIONS = {
    "link": "Les validations et les exports, chaînés par leurs empreintes. / Validations and exports, chained.",
    "closed": "Les mois clos, par dossier ou contrat. / Months closed, by client file or contract.",
    "item": "Chaque état de chaque élément facturé. / Every state of every item billed.",
    "line": "Les lignes validées. / Validated lines.",
    "evidence": "Leurs justificatifs. / Their evidence.",
    "exclusion": "Ce qu'une validation a écarté. / What a validation settled as excluded.",
    "anomaly": "Le registre tel qu'à la validation. / The register as it was when validated.",
    "adjustment": "Les ajustements tels qu'à la validation. / Adjustments as they were when validated.",
    "meter": "Jusqu'où chaque compteur est facturé. / Up to where each counter is billed.",
    "exported": "Les lignes remises au logiciel de facturation. / Lines handed over.",
}


class LedgerConfig(dg.Config):
    """What the run appends to the ledger before it lays the month out; nothing by default.

    Attributes:
        validate_draft: whether the READY lines of the published draft are validated, once and for all.
        client_files: only these client files; none named: all of them.
        clients: only the client files and contracts of these clients.
        contracts: only these service contracts.
        export_formats: in which formats the validated lines are handed over; none: they are not.
    """

    validate_draft: bool = False
    client_files: list[str] = Field(default_factory=list)
    clients: list[str] = Field(default_factory=list)
    contracts: list[str] = Field(default_factory=list)
    export_formats: list[str] = Field(default_factory=list)


def build_ledger_assets(site: Site, partitions: dg.PartitionsDefinition) -> dg.AssetsDefinition:
    """Return the step that checks the chain of the ledger and appends what the run's job asks for.

    Args:
        site: the workspace.
        partitions: the months.
    """

    @dg.multi_asset(
        name="ledger",
        specs=[
            dg.AssetSpec(["ledger", table], group_name=GROUP, description=DESCRIPTIONS[table], kinds={"parquet"})
            for table in DESCRIPTIONS
        ],
        partitions_def=partitions,
        required_resource_keys={"workspace_lock"},
    )
    def ledger_step(context: dg.AssetExecutionContext, config: LedgerConfig) -> Iterator[dg.MaterializeResult]:
        if config.validate_draft:
            scope = Scope(tuple(config.client_files), tuple(config.clients), tuple(config.contracts))
            with site.stages.stage(VALIDATION):
                plan = plan_validation(site.root, context.partition_key, scope, site.language)
                if not plan.is_settled:
                    freeze_plan(site.root, plan)
        if config.export_formats:
            with site.stages.stage(EXPORT):
                site.stages.notes[EXPORT] = export_month(
                    site.root,
                    context.partition_key,
                    config.export_formats,
                    site.language,
                    now(),
                    person(),
                    seller=Seller(**site.seller) if any(site.seller.values()) else None,
                )
        links = [link for link in read_chain(site.root / "ledger") if link.manifest["month"] == context.partition_key]
        for table in DESCRIPTIONS:
            yield dg.MaterializeResult(asset_key=["ledger", table], metadata={"links of the month": len(links)})

    return ledger_step
