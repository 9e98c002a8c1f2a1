"""What the warehouse stands computed from: a run that would compute the same again leaves it as it is.

A month is computed from the `raw` and `ledger` tables, the models and the rules. A hash of all of them is kept in the
warehouse once the last mart is built, and forgotten before anything is built anew, so that whoever dies in between
computes the month again.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from assets.digests import files_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assets.dbt import DbtHome

COMPUTED_FROM = "staging.computed_from"
RULES_DIR = Path(__file__).resolve().parents[1] / "expectations"
#: What computes besides our own files.
TOOLS = ("dbt-core", "dbt-duckdb", "duckdb", "great_expectations")
#: The schema that is filled on the way, by the rules.
REGISTER = "register"


@dataclass(frozen=True)
class _Judged:
    """What was found at the beginning of a run."""

    run_id: str
    origin: str
    stands: bool


class Standing:
    """Says of a run whether the warehouse already holds what it would compute."""

    def __init__(self, home: DbtHome, manifest: Mapping[str, Any]) -> None:
        """Know nothing of any run yet.

        Args:
            home: of dbt, with the warehouse.
            manifest: dbt's manifest.
        """
        self._home = home
        self._read = sorted(
            (source["schema"], source["name"])
            for source in manifest["sources"].values()
            if source["schema"] != REGISTER
        )
        self._made = {
            (node["schema"], node["name"]) for node in manifest["nodes"].values() if node["resource_type"] == "model"
        }
        self._judged: _Judged | None = None

    def judge(self, run_id: str) -> None:
        """Find out, once the raw tables are laid out, whether anything differs from what was computed last.

        Args:
            run_id: of the run.
        """
        with duckdb.connect(str(self._home.warehouse)) as connection:
            present = _relations(connection)
            origin = self._origin(connection, present)
            kept = None
            with suppress(duckdb.CatalogException):  # Nothing was ever computed to its end.
                kept = connection.execute(f"select origin from {COMPUTED_FROM}").fetchone()
            stands = kept == (origin,) and self._made <= present
        self._judged = _Judged(run_id, origin, stands)

    def holds(self, run_id: str) -> bool:
        """Say whether a run was found to compute nothing new.

        Args:
            run_id: of the run; one that was never judged computes.
        """
        return self._judged is not None and self._judged.run_id == run_id and self._judged.stands

    def forget(self) -> None:
        """Forget what the warehouse was computed from: something is about to be built."""
        with duckdb.connect(str(self._home.warehouse)) as connection:
            connection.execute(f"drop table if exists {COMPUTED_FROM}")

    def note(self, run_id: str) -> None:
        """Remember what the warehouse was computed from, once all of it is built.

        Args:
            run_id: of the run; one that built only the end of it proves nothing.
        """
        if self._judged is None or self._judged.run_id != run_id:
            return
        with duckdb.connect(str(self._home.warehouse)) as connection:
            connection.execute(f"create or replace table {COMPUTED_FROM} as select '{self._judged.origin}' as origin")

    def _origin(self, connection: duckdb.DuckDBPyConnection, present: set[tuple[str, str]]) -> str:
        """Return a hash of what the models read and of what computes."""
        read = [relation for relation in self._read if relation in present]
        # The first sum alone would miss a row that is there twice more, the second one hardly anything. The alias is
        # no name of a column.
        sums = 'count(*), bit_xor(hash("a row")), sum(hash("a row"))'
        queries = [
            f'select {number}, {sums} from "{schema}"."{table}" as "a row"'
            for number, (schema, table) in enumerate(read)
        ]
        contents = connection.execute(" union all ".join(queries) + " order by 1").fetchall()
        rules = files_digest(RULES_DIR)
        made_by = (self._home.target, self._home.views_signature(connection), rules, *map(version, TOOLS))
        return hashlib.sha256(repr((made_by, read, contents)).encode()).hexdigest()


def _relations(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    rows = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
    return {(schema, table) for schema, table in rows}
