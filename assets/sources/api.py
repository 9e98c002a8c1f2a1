"""Objects of a JSON API, page by page, as rows of a table."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from assets.contract import TABLES
from assets.sources.attempts import attempt
from assets.sources.database import reaching_back
from assets.sources.faults import Passing, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from assets.sources.deadline import Deadline
    from assets.sources.history import Cursor
    from assets.sources.parcel import Parcel
    from assets.sources.secrets import Secrets
    from assets.sources.spec import Field, HttpSource

#: A page beyond this is no list of objects.
MAX_PAGE_BYTES = 64 << 20
MAX_PAGES = 100_000
#: How often a list is read before one that changes meanwhile is given up.
READINGS = 3
#: Seconds without a byte, after which another attempt is made.
SILENCE_SECONDS = 30.0
_CHUNK = 1 << 16
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
#: Minutes of one unit, as a fraction.
_MINUTES = {"seconds": (1, 60), "hours": (60, 1)}


def fetch_http(
    source: HttpSource, since: Cursor | None, secrets: Secrets, parcel: Parcel, deadline: Deadline
) -> Cursor | None:
    """Fetches the objects of an API into a parcel.

    Args:
        source: the source.
        since: the cursor reached before; None: everything.
        secrets: fill in the address, the headers and the parameters.
        parcel: takes the rows.
        deadline: of the fetch.

    Returns:
        The cursor reached; None without objects, or where the source has none.

    Raises:
        SourceError: nothing can be delivered.
    """
    for _ in range(READINGS - 1):
        with suppress(_ListChanged):
            return _read(source, since, secrets, parcel, deadline)
    return _read(source, since, secrets, parcel, deadline)


class _ListChanged(SourceError):
    """The list is not the one it was when its first page was read: it has to be read again from the beginning."""


def _read(
    source: HttpSource, since: Cursor | None, secrets: Secrets, parcel: Parcel, deadline: Deadline
) -> Cursor | None:
    parcel.begin(list(source.columns))
    reached: Cursor | None = None
    found: set[str] = set()
    for objects, moment in _pages(source, since, secrets, deadline):
        deadline.check()
        parcel.add([[_value(field, each, found) for field in source.columns.values()] for each in objects])
        if source.cursor_param and objects:
            reached = _newest(source, objects, reached) if source.cursor_field else (reached or moment)
    if parcel.rows:
        # A misspelt path shows at the first fetch; later, few objects may well all lack what may be blank.
        asked = {field.path for name, field in source.columns.items() if since is None or name in _required(source)}
        absent = asked - found - {""}
        if absent:
            raise SourceError("source_field", ", ".join(sorted(absent)))
    return reached


# --- pages ---------------------------------------------------------------------------------------------------------


def _pages(
    source: HttpSource, since: Cursor | None, secrets: Secrets, deadline: Deadline
) -> Iterator[tuple[list[Any], dt.datetime | None]]:
    """The objects of each page, and the moment of the first answer by the server's clock where that is the cursor."""
    import requests

    url = secrets.fill(source.url)
    headers = {"Accept": "application/json"} | {name: secrets.fill(text) for name, text in source.headers.items()}
    params = {name: secrets.fill(text) for name, text in source.params.items()} | _since(source, since)
    if source.size_param:
        params[source.size_param] = str(source.size)
    moment: dt.datetime | None = None
    pages = total = None
    count = 0
    before = b""
    with requests.Session() as session:
        session.headers.update(headers)
        for number in range(source.first_page, source.first_page + MAX_PAGES):
            page = {source.page_param: str(number)} if source.page_param else {}
            # Where the server says how many pages there are, none of them may be missing.
            may_end = bool(before) and pages is None
            answer = attempt(partial(_get, session, url, {**params, **page}, secrets, deadline, may_end), deadline)
            if answer is None:
                break
            body, response = answer
            if moment is None and source.cursor_param and not source.cursor_field:
                moment = _moment(response)
            objects = _objects(body, source, number)
            if objects and body == before:
                raise SourceError("source_same_page", source.page_param, number)
            announced = _number(response, source.total_header)
            if before and announced != total:
                # What was added or removed has moved the others from page to page.
                raise _ListChanged("source_total", announced, total)
            total, before = announced, body
            count += len(objects)
            yield objects, moment
            pages = _number(response, source.pages_header)
            over = not objects if pages is None else number - source.first_page + 1 >= pages
            if over or not source.page_param:
                break
        else:
            raise SourceError("source_pages", MAX_PAGES)
    if total is not None and total != count:
        raise _ListChanged("source_total", count, total)


def _get(
    session: requests.Session,
    url: str,
    params: Mapping[str, str],
    secrets: Secrets,
    deadline: Deadline,
    may_end: bool,
) -> tuple[bytes, requests.Response] | None:
    """One answer; None when a page does not exist and may not, which is how some servers end a list."""
    import requests
    import urllib3

    where = secrets.hide(url.partition("?")[0])
    deadline.check()
    try:
        # `auth` keeps a password of ~/.netrc from taking the place of the header; a redirection might lead anywhere.
        with session.get(
            url,
            params=params,
            timeout=min(SILENCE_SECONDS, deadline.left() or 0.001),
            allow_redirects=False,
            stream=True,
            auth=lambda request: request,
        ) as response:
            if response.status_code != 200:
                if response.status_code == 404 and may_end:
                    return None
                raise _status_fault(response, where)
            return _body(response, deadline), response
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema):
        raise SourceError("source_http_url", where) from None
    except (requests.exceptions.InvalidHeader, UnicodeError):
        raise SourceError("source_http_url", where) from None
    except (OSError, urllib3.exceptions.HTTPError) as error:
        # Everything else that `requests` raises, a connection that broke off among it.
        raise Passing("source_http_lost", where, _kind(error)) from None


def _body(response: requests.Response, deadline: Deadline) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        deadline.check()
        if len(body) > MAX_PAGE_BYTES:
            raise SourceError("source_page_large", MAX_PAGE_BYTES >> 20)
    return bytes(body)


def _status_fault(response: requests.Response, where: str) -> SourceError:
    status = response.status_code
    if status in (401, 403):
        return SourceError("source_http_refused", where, status)
    if 300 <= status < 400:
        return SourceError("source_http_moved", where, status)
    if status in _AGAIN:
        return Passing("source_http_status", where, status, wait_seconds=_retry_after(response))
    return SourceError("source_http_status", where, status)


def _retry_after(response: requests.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        then = email.utils.parsedate_to_datetime(text)
        return max(0.0, (then - _moment(response)).total_seconds())
    except (ValueError, TypeError):
        return None


def _moment(response: requests.Response) -> dt.datetime:
    """The server's own time; one that does not say it gives none to count from."""
    try:
        moment = email.utils.parsedate_to_datetime(response.headers.get("Date", ""))
    except (ValueError, TypeError):
        raise SourceError("source_http_date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def _number(response: requests.Response, header: str) -> int | None:
    text = response.headers.get(header, "").strip() if header else ""
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _kind(error: BaseException) -> str:
    """The innermost cause's name: what `requests` says itself quotes the address with its parameters."""
    inner = error
    while isinstance(reason := getattr(inner, "reason", None) or (inner.args or (None,))[0], BaseException):
        inner = reason
    return type(inner).__name__


# --- objects -------------------------------------------------------------------------------------------------------


def _no_number(text: str) -> None:
    raise ValueError(text)


def _objects(body: bytes, source: HttpSource, page: int) -> list[Any]:
    try:
        answer = json.loads(body, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise SourceError("source_json", page, _place(error)) from None
    found = _at(answer, source.items) if source.items else answer
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise SourceError("source_items", page, source.items or "/", type(found).__name__)
    return found


def _required(source: HttpSource) -> set[str]:
    return {column.name for column in TABLES[source.table].columns if column.required}


def _place(error: Exception) -> str:
    return str(error.pos) if isinstance(error, json.JSONDecodeError) else "–"


class _Absent:
    """What a path that leads nowhere gives."""


def _at(answer: Any, path: str) -> Any:
    for part in path.split("."):
        if not isinstance(answer, dict) or part not in answer:
            # The object on the way is there, and says that there is none.
            return None if answer is None else _Absent
        answer = answer[part]
    return answer


def _value(field: Field, item: dict[str, Any], found: set[str]) -> Any:
    if not field.path:
        return field.value
    value = _at(item, field.path)
    if value is _Absent:
        return None
    found.add(field.path)
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise SourceError("source_field_kind", field.path, type(value).__name__)
    if field.part == "date":
        return str(value)[:10]
    return _minutes(value, field) if field.unit else value


def _minutes(value: Any, field: Field) -> Any:
    """Whole minutes, half a minute upwards; what is no number is left for the reader of files to refuse."""
    times, parts = _MINUTES[field.unit]
    try:
        return int((Decimal(str(value)) * times / parts).quantize(Decimal(1), ROUND_HALF_UP))
    except InvalidOperation:
        return value


# --- the cursor ----------------------------------------------------------------------------------------------------


def _newest(source: HttpSource, objects: list[Any], reached: Cursor | None) -> Cursor | None:
    values = [_at(each, source.cursor_field) for each in objects]
    if any(value is None or value is _Absent for value in values):
        raise SourceError("source_cursor_null", source.cursor_field)
    try:
        read = [_cursor(value, source) for value in values]
        return max(read if reached is None else [*read, reached])
    except TypeError:
        raise SourceError("source_cursor_kind", source.cursor_field) from None


def _cursor(value: Any, source: HttpSource) -> Cursor:
    if not isinstance(value, str):
        return value
    try:
        moment = dt.datetime.fromisoformat(value)
    except ValueError:
        return value
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(source.timezone))


def _since(source: HttpSource, since: Cursor | None) -> dict[str, str]:
    """The parameter that asks for what is new."""
    since = reaching_back(since, source.overlap_minutes)
    if since is None:
        return {}
    if isinstance(since, dt.datetime):
        return {source.cursor_param: since.astimezone(ZoneInfo(source.timezone)).strftime(source.cursor_format)}
    return {source.cursor_param: str(since)}
