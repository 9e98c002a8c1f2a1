"""What `[sources.<name>]` of `prefact.toml` says, checked: light data that the whole program may import."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Source:
    """What every pulled source has.

    Attributes:
        name: of its section.
        required: whether a run stops when it cannot be fetched; else the run goes on with the data of before.
        max_seconds: after which the fetch is given up, whatever it is doing.
    """

    name: str
    required: bool = False
    max_seconds: int = 300


@dataclass(frozen=True, kw_only=True)
class FolderSource(Source):
    """Files of another folder, a mounted share for instance.

    Attributes:
        path: the folder; relative to the workspace, `${NAME}` stands for an environment variable.
        into: where the copies go, under `inbox/`; blank: `pulled/<name>`.
    """

    path: str
    into: str = ""

    @property
    def target(self) -> str:
        """Folder under `inbox/` that the copies go to."""
        return self.into or f"{PULLED}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class TableSource(Source, ABC):
    """A source whose rows feed one table.

    Attributes:
        table: of the contract.
        overlap_minutes: by how much a fetch reaches back before the last one, where the cursor is a time.
    """

    table: str
    overlap_minutes: int = 60

    @property
    def target(self) -> str:
        """Folder under `inbox/` that holds what was fetched."""
        return f"{PULLED}/{self.name}"

    @property
    def definition(self) -> str:
        """Eight hexadecimal digits that change when the rows or columns asked for do; a fetch then starts afresh."""
        return hashlib.sha256(json.dumps(self._asked(), sort_keys=True).encode()).hexdigest()[:8]

    @property
    @abstractmethod
    def is_incremental(self) -> bool:
        """Whether a fetch asks only for what is new; else it replaces what was fetched before."""

    @abstractmethod
    def _asked(self) -> dict[str, object]: ...


@dataclass(frozen=True, kw_only=True)
class SqlSource(TableSource):
    """Rows of an SQL query.

    Attributes:
        url: of SQLAlchemy, with `${NAME}` for secrets.
        query: a SELECT.
        cursor: the result's column that says how new a row is; blank: the whole result is fetched each time.
    """

    url: str
    query: str
    cursor: str = ""

    @property
    def is_incremental(self) -> bool:
        """Whether a fetch asks only for what is new."""
        return bool(self.cursor)

    def _asked(self) -> dict[str, object]:
        return {"table": self.table, "query": self.query, "cursor": self.cursor}


@dataclass(frozen=True)
class Field:
    """Where the value of a column comes from.

    Attributes:
        path: to it in a JSON object, its parts joined by points; blank: the value is fixed.
        value: the fixed value.
        unit: what a duration is counted in, `seconds` or `hours`; it becomes whole minutes, half a minute upwards.
        part: `date` takes the day of an ISO date and time as it is written there.
    """

    path: str = ""
    value: str = ""
    unit: str = ""
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class HttpSource(TableSource):
    """Objects of a JSON API, page by page.

    Attributes:
        url: of the list.
        columns: of the table, and where each comes from.
        headers: sent with each request, with `${NAME}` for secrets.
        params: of the query, likewise.
        items: path to the list in the answer; blank: the answer is the list.
        page_param: parameter that numbers the pages, from `first_page`; blank: there is one page.
        first_page: the number of the first.
        size_param: parameter that says how many objects a page has, `size`; blank: it is not said.
        size: how many.
        pages_header: response header with the number of pages.
        total_header: response header with the number of objects.
        cursor_param: parameter that asks for what changed since a moment; blank: all is fetched each time.
        cursor_field: path to the moment in an object; blank: the moment of the fetch, by the server's own clock.
        cursor_format: how the moment is written, as for strftime.
        timezone: in which the moment is written.
    """

    url: str
    columns: Mapping[str, Field]
    headers: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    items: str = ""
    page_param: str = ""
    first_page: int = 1
    size_param: str = ""
    size: int = 100
    pages_header: str = "X-Total-Pages"
    total_header: str = "X-Total-Count"
    cursor_param: str = ""
    cursor_field: str = ""
    cursor_format: str = "%Y-%m-%dT%H:%M:%S"
    timezone: str = "UTC"

    @property
    def is_incremental(self) -> bool:
        """Whether a fetch asks only for what is new."""
        return bool(self.cursor_param)

    def _asked(self) -> dict[str, object]:
        columns = {name: [each.path, each.value, each.unit, each.part] for name, each in self.columns.items()}
        return {
            "table": self.table,
            "url": self.url,
            "params": dict(self.params),
            "items": self.items,
            "columns": columns,
            "cursor": [self.cursor_param, self.cursor_field],
        }


#: Folder under `inbox/` for what is fetched.
PULLED = "pulled"
KINDS: Mapping[str, type[Source]] = {"folder": FolderSource, "sql": SqlSource, "http": HttpSource}


def kind_of(source: Source) -> str:
    """Return the `kind` of a source as it is written in the configuration.

    Args:
        source: any.
    """
    return next(kind for kind, made in KINDS.items() if isinstance(source, made))
