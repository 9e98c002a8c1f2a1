"""The pulled sources as Dagster assets: one each, with how far it is read and a check that says when it failed."""

import datetime as dt
from collections.abc import Iterator

import dagster as dg

from assets.messages import text
from assets.site import Site
from assets.sources.faults import RequiredSourceFailed
from assets.sources.pull import SourceState, pull, read_record
from assets.sources.spec import FolderSource, Source, TableSource, kind_of
from assets.stages import PULL

GROUP = "1_sources"
CHECK = "fetched"


class PullConfig(dg.Config):
    """Whether this run fetches.

    Attributes:
        fetch: the months of one command after its first, and a rebuild, take what is there.
    """

    fetch: bool = True


def source_key(source: Source) -> dg.AssetKey:
    """Return the asset of a source.

    Args:
        source: as configured.
    """
    return dg.AssetKey(["source", source.name])


def build_source_assets(site: Site) -> list[dg.AssetsDefinition]:
    """Return the step that fetches the sources; none without sources.

    Args:
        site: the workspace.
    """
    if not site.sources:
        return []
    keys = {source.name: source_key(source) for source in site.sources}

    @dg.multi_asset(
        name="pull",
        specs=[
            dg.AssetSpec(
                keys[source.name],
                group_name=GROUP,
                description=text(f"source_{kind_of(source)}_asset", site.language, source.target),
                kinds={kind_of(source)},
            )
            for source in site.sources
        ],
        check_specs=[
            dg.AssetCheckSpec(CHECK, asset=keys[source.name], description=text("source_check", site.language))
            for source in site.sources
        ],
        required_resource_keys={"workspace_lock"},
    )
    def pull_step(
        context: dg.AssetExecutionContext, config: PullConfig
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
        if config.fetch:
            with site.stages.stage(PULL):
                try:
                    states = pull(site.root, site.sources, language=site.language, progress=context.log.info)
                except RequiredSourceFailed as failure:
                    # What was asked of the servers is in the trace, which Dagster keeps: the sentence alone stays.
                    raise RequiredSourceFailed(str(failure)) from None
            site.stages.notes[PULL] = states
        record = read_record(site.root)
        for source in site.sources:
            state = record.get(source.name) or SourceState(source.name, kind_of(source))
            yield dg.MaterializeResult(asset_key=keys[source.name], metadata=_facts(state))
            yield dg.AssetCheckResult(
                check_name=CHECK,
                asset_key=keys[source.name],
                passed=not state.error,
                severity=dg.AssetCheckSeverity.ERROR if source.required else dg.AssetCheckSeverity.WARN,
                metadata={"error": state.sentence(site.language)} if state.error else {},
            )

    return [pull_step]


def keys_feeding(site: Site, table: str) -> list[dg.AssetKey]:
    """Return the sources that feed a table, or may: a folder may hold files of any.

    Args:
        site: the workspace.
        table: of the contract.
    """
    return [
        source_key(source)
        for source in site.sources
        if isinstance(source, FolderSource) or (isinstance(source, TableSource) and source.table == table)
    ]


def _facts(state: SourceState) -> dict[str, dg.MetadataValue]:
    """What Dagster shows of a source: counts, times and the cursor."""
    facts = {"rows": dg.MetadataValue.int(state.rows), "files": dg.MetadataValue.int(state.files)}
    if state.cursor:
        facts["cursor"] = dg.MetadataValue.text(state.cursor)
    for name, moment in (("fetched", state.fetched_at), ("delivered", state.delivered_at)):
        if moment:
            facts[name] = dg.MetadataValue.timestamp(dt.datetime.fromisoformat(moment))
    return facts
