"""Rows of an SQL query, by SQLAlchemy: the whole result, or what is new by its cursor column."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from assets.contract import TABLES
from assets.sources.attempts import attempt
from assets.sources.faults import Passing, SourceError

if TYPE_CHECKING:
    import sqlalchemy

    from assets.sources.deadline import Deadline
    from assets.sources.history import Cursor
    from assets.sources.parcel import Parcel
    from assets.sources.secrets import Secrets
    from assets.sources.spec import SqlSource

#: Rows asked of the driver at a time.
BATCH_ROWS = 10_000


def fetch_sql(
    source: SqlSource, since: Cursor | None, secrets: Secrets, parcel: Parcel, deadline: Deadline
) -> Cursor | None:
    """Fetches the rows of a query into a parcel.

    Args:
        source: the source.
        since: the cursor reached before; None: everything.
        secrets: fill in the address.
        parcel: takes the rows.
        deadline: of the fetch.

    Returns:
        The cursor reached; None without rows, or without a cursor column.

    Raises:
        SourceError: nothing can be delivered.
    """
    import sqlalchemy

    try:
        # No pool: a connection lives for one fetch.
        engine = sqlalchemy.create_engine(secrets.fill_url(source.url), poolclass=sqlalchemy.NullPool)
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError) as error:
        raise SourceError("source_sql_url", type(error).__name__, secrets.hide(_first_line(error))) from None

    def once() -> Cursor | None:
        try:
            with engine.connect() as connection:
                return _read(connection, source, since, parcel, deadline)
        except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:
            raise _fault(error, secrets) from None

    try:
        return attempt(once, deadline)
    finally:
        engine.dispose()


def _read(
    connection: sqlalchemy.Connection, source: SqlSource, since: Cursor | None, parcel: Parcel, deadline: Deadline
) -> Cursor | None:
    connection = connection.execution_options(stream_results=True, yield_per=BATCH_ROWS)
    result = connection.execute(*_statement(connection, source, since))
    columns = list(result.keys())
    place = _place_of_cursor(columns, source)
    # A cursor that the table does not know has done its work once it is read.
    kept = [n for n, name in enumerate(columns) if n != place or name.lower() in TABLES[source.table].column_names]
    parcel.begin([columns[n] for n in kept])
    reached: Cursor | None = None
    for rows in result.partitions():
        deadline.check()
        if place is not None:
            if any(row[place] is None for row in rows):
                raise SourceError("source_cursor_null", source.cursor)
            reached = rows[-1][place]
        parcel.add([[row[n] for n in kept] for row in rows] if len(kept) < len(columns) else rows)
    return reached


def _statement(
    connection: sqlalchemy.Connection, source: SqlSource, since: Cursor | None
) -> tuple[sqlalchemy.TextClause, dict[str, Any]]:
    """Return the query, laid in a larger one that keeps what is new, in the server's own order of the cursor."""
    import sqlalchemy

    query = source.query.strip().rstrip(";")
    # A colon in the query is its own (`a::text`): it has no parameter.
    inner = query.replace("\\", "\\\\").replace(":", "\\:")
    if not source.cursor:
        return sqlalchemy.text(inner), {}
    cursor = connection.dialect.identifier_preparer.quote(source.cursor)
    since = reaching_back(since, source.overlap_minutes)
    new = "" if since is None else f"where pulled.{cursor} is null or pulled.{cursor} >= :since"
    # The line break ends a comment that the query may end with.
    text = sqlalchemy.text(f"select * from (\n{inner}\n) pulled {new} order by pulled.{cursor}")
    return text, {} if since is None else {"since": since}


def _place_of_cursor(columns: list[str], source: SqlSource) -> int | None:
    if not source.cursor:
        return None
    names = [name.lower() for name in columns]
    if source.cursor.lower() not in names:
        raise SourceError("source_cursor_column", source.cursor, ", ".join(columns))
    return names.index(source.cursor.lower())


def reaching_back(cursor: Cursor | None, minutes: int) -> Cursor | None:
    """Return where a fetch begins: a transaction that ended late may have written rows older than the newest seen.

    Args:
        cursor: as it was reached.
        minutes: to reach back, where it is a time; anything else stands as it is.
    """
    return cursor - dt.timedelta(minutes=minutes) if isinstance(cursor, dt.datetime | dt.date) else cursor


def _fault(error: Exception, secrets: Secrets) -> SourceError:
    import sqlalchemy

    cause = getattr(error, "orig", None) or error
    kind, line = type(cause).__name__, secrets.hide(_first_line(cause))
    if isinstance(error, sqlalchemy.exc.DataError):
        # It would show the value.
        return SourceError("source_sql_data", kind)
    refused = "authentication" in line.lower() or "access denied" in line.lower()
    if isinstance(error, sqlalchemy.exc.OperationalError | sqlalchemy.exc.InterfaceError) and not refused:
        # A connection that failed or broke off; the server shutting down; a lock.
        return Passing("source_sql", kind, line)
    return SourceError("source_sql", kind, line)


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]
