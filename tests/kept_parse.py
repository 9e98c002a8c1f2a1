"""dbt's parse of the project, kept from workspace to workspace of one process.

dbt keeps its parse in each workspace and throws it away where the path of the warehouse is another, so that the first
month of every workspace costs the four seconds of parsing the same files again, and each later one a second of reading
back what this process has in memory. What a process of its own does (a command in a shell, the interface, what
`tests.faults` kills) parses for itself as ever.
"""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def keep_parse() -> None:
    """Let dbt parse the project once in this process, whatever the workspace."""
    from dbt.adapters.factory import get_adapter
    from dbt.context.query_header import generate_query_header_context
    from dbt.parser.manifest import ManifestLoader

    really = ManifestLoader.get_full_manifest
    kept: dict[str, Any] = {}

    def get_full_manifest(config: Any, **options: Any) -> Any:
        if config.project_root not in kept:
            kept[config.project_root] = really(config, **options)
            return kept[config.project_root]
        manifest, adapter = kept[config.project_root], get_adapter(config)
        adapter.set_macro_resolver(manifest)
        adapter.connections.set_query_header(generate_query_header_context(config, manifest))
        return manifest

    ManifestLoader.get_full_manifest = get_full_manifest
