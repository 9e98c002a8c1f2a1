"""Every source fetched, one after the other, and what became of each kept for `prefact status`.

The record is a local file of the workspace: it holds times of the clock, which nothing that is published may hold.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assets.deliveries import IngestError
from assets.messages import text
from assets.sources.deadline import Deadline, within
from assets.sources.faults import RequiredSourceFailed, SourceError
from assets.sources.history import LONGEST_CURSOR, archived_rows, file_name, find_position
from assets.sources.secrets import Secrets
from assets.sources.spec import FolderSource, HttpSource, Source, SqlSource, TableSource, kind_of

RECORD = "sources.json"


@dataclass(frozen=True)
class Fetched:
    """What fetching a source gave.

    Attributes:
        files: put in the inbox, under `inbox/`; none: there was nothing new.
        rows: in them; for a folder 0, since nobody has read them yet.
        cursor: how far the source is read now; blank without a cursor.
    """

    files: tuple[str, ...]
    rows: int = 0
    cursor: str = ""


@dataclass(frozen=True)
class SourceState:
    """What became of a source so far.

    Attributes:
        name: of the source.
        kind: `folder`, `sql` or `http`.
        tried_at: when it was last tried, ISO, UTC; blank: never.
        fetched_at: when it was last fetched.
        delivered_at: when it last brought something new.
        files: how many files it brought then.
        rows: how many rows.
        cursor: how far it is read.
        error: code of what failed the last time; blank: nothing.
        error_values: what fills the sentence.
    """

    name: str
    kind: str
    tried_at: str = ""
    fetched_at: str = ""
    delivered_at: str = ""
    files: int = 0
    rows: int = 0
    cursor: str = ""
    error: str = ""
    error_values: tuple[str, ...] = ()

    def sentence(self, language: str) -> str:
        """Return what failed and the way out, blank when nothing did.

        Args:
            language: `fr` or `en`.
        """
        return text(self.error, language, *self.error_values) if self.error else ""


def pull(
    root: Path,
    sources: Sequence[Source],
    *,
    language: str,
    progress: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> tuple[SourceState, ...]:
    """Fetches every source into the inbox.

    Args:
        root: the workspace.
        sources: as they are configured.
        language: of the progress and the errors.
        progress: called with a line for people as each source is asked.
        environment: of the secrets; that of the process by default.

    Returns:
        What became of each.

    Raises:
        RequiredSourceFailed: a required source failed; the others were fetched all the same.
        IngestError: the archive cannot be read.
    """
    environment = os.environ if environment is None else environment
    before = read_record(root)
    states = []
    for source in sources:
        progress(text("pulling", language, source.name))
        known = before.get(source.name)
        state = known if known and known.kind == kind_of(source) else SourceState(source.name, kind_of(source))
        states.append(_fetched(root, source, state, environment, language))
        _write_record(root, states, [before[each.name] for each in sources[len(states) :] if each.name in before])
    failed = [state for state, source in zip(states, sources, strict=True) if source.required and state.error]
    if failed:
        raise RequiredSourceFailed(
            "\n".join(text("source_required", language, state.name, state.sentence(language)) for state in failed)
        )
    return tuple(states)


def _fetched(
    root: Path, source: Source, state: SourceState, environment: Mapping[str, str], language: str
) -> SourceState:
    secrets = Secrets(environment)
    deadline = Deadline(source.max_seconds)
    tried_at = now()
    try:
        result = within(deadline, lambda: _fetch(root, source, secrets, deadline, language))
    except SourceError as error:
        values = tuple(secrets.hide(value) for value in error.values)
        return replace(state, tried_at=tried_at, error=error.code, error_values=values)
    except OSError as error:
        values = (secrets.hide(error.strerror or type(error).__name__),)
        return replace(state, tried_at=tried_at, error="source_inbox", error_values=values)
    except IngestError:
        raise
    except Exception as error:
        # A driver's own failure: its words may hold data, its name does not.
        return replace(state, tried_at=tried_at, error="source_unexpected", error_values=(type(error).__name__,))
    done = replace(state, tried_at=tried_at, fetched_at=now(), cursor=result.cursor, error="", error_values=())
    if not result.files:
        return done
    return replace(done, delivered_at=done.fetched_at, files=len(result.files), rows=result.rows)


def _fetch(root: Path, source: Source, secrets: Secrets, deadline: Deadline, language: str) -> Fetched:
    from assets.sources.folder import fetch_folder

    if isinstance(source, FolderSource):
        return Fetched(tuple(fetch_folder(source, root, secrets, deadline, language)))
    assert isinstance(source, SqlSource | HttpSource)
    return _fetch_table(root, source, secrets, deadline, language)


def _fetch_table(root: Path, source: TableSource, secrets: Secrets, deadline: Deadline, language: str) -> Fetched:
    from assets.readers import MAX_FILE_BYTES
    from assets.sources.api import fetch_http
    from assets.sources.database import fetch_sql
    from assets.sources.parcel import Parcel, count_rows, is_known, is_same

    inbox = root / "inbox"
    folder = inbox / source.target
    position = find_position(root, source, language)
    parcel = Parcel(folder, source.table, MAX_FILE_BYTES)
    try:
        fetch = fetch_sql if isinstance(source, SqlSource) else fetch_http
        reached = fetch(source, position.cursor, secrets, parcel, deadline)
        parcel.finish()
        standing = shown(position.cursor)
        if source.is_incremental:
            last = inbox / position.last.file if position.last else None
            # The window fetched reaches back into the last file: only more than that is news.
            if reached is None or (last and is_known(parcel.path, last)):
                return Fetched((), cursor=standing)
            file = file_name(source, position.next_seq, reached)
        else:
            file = f"{source.target}/{source.table}.csv"
            rows_before = count_rows(inbox / file) if (inbox / file).is_file() else None
            if rows_before is None:
                rows_before = archived_rows(root, file, language)
            if not parcel.rows and rows_before:
                raise SourceError("source_empty", rows_before, f"inbox/{file}")
            if is_same(parcel.path, inbox / file):
                return Fetched(())
        with deadline.delivering():
            parcel.put(inbox / file)
        return Fetched((file,), parcel.rows, shown(reached))
    finally:
        parcel.drop()


def shown(cursor: object) -> str:
    """Return a cursor for people; blank when there is none.

    Args:
        cursor: as a source reached it.
    """
    return "" if cursor is None else str(cursor)[:LONGEST_CURSOR]


# --- the record ----------------------------------------------------------------------------------------------------


def read_record(root: Path) -> dict[str, SourceState]:
    """Return what became of each source, by name; empty when nothing is known.

    Args:
        root: the workspace.
    """
    try:
        content = json.loads((root / ".prefact" / RECORD).read_text(encoding="utf-8"))
        return {each["name"]: SourceState(**{**each, "error_values": tuple(each["error_values"])}) for each in content}
    except (OSError, ValueError, TypeError, KeyError):
        # A local note, not data: without it every source shows as never fetched, and the cursors stand.
        return {}


def _write_record(root: Path, *parts: Sequence[SourceState]) -> None:
    hidden = root / ".prefact"
    hidden.mkdir(exist_ok=True)
    beside = hidden / f"{RECORD}.part"
    beside.write_text(json.dumps([asdict(each) for part in parts for each in part], indent=1), encoding="utf-8")
    os.replace(beside, hidden / RECORD)


def now() -> str:
    """Return the time, to the second."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
