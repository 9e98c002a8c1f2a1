"""A server of this machine that answers as Kimai documents its API: /api/timesheets, its parameters and its headers.

Its clock is set by the test, and any request may be made to fail in a way of its own.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

TOKEN = "kimai-t0ken+/="
PARIS = ZoneInfo("Europe/Paris")


class Kimai:
    """The time sheets of a firm, as its server gives them."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """Begin anew, at the same address."""
        self.entries: dict[int, dict[str, Any]] = {}
        self.modified: dict[int, dt.datetime] = {}
        self.now = dt.datetime(2026, 3, 31, 18, 0, tzinfo=PARIS)
        self.requests: list[dict[str, str]] = []
        self.faults: dict[int, str] = {}

    def put(self, number: int, seconds: int, project: int = 7, **other: Any) -> None:
        """Add an entry, or change it, at the server's present moment."""
        self.entries[number] = {
            "activity": 3,
            "project": project,
            "user": 5,
            "tags": [],
            "id": number,
            "begin": "2026-03-02T09:00:00+0100",
            "end": "2026-03-02T10:00:00+0100",
            "duration": seconds,
            "description": 'Révision ; "urgent"\nsuite',
            "rate": 40.5,
            "internalRate": 0.1,
            "exported": False,
            "billable": True,
            **other,
        }
        self.modified[number] = self.now

    def asked(self) -> list[str]:
        """The pages asked for since the last time."""
        pages = [params.get("page", "") for params in self.requests]
        self.requests.clear()
        return pages


def _answer(kimai: Kimai, handler: BaseHTTPRequestHandler) -> None:
    address = urlsplit(handler.path)
    params = {name: values[0] for name, values in parse_qs(address.query).items()}
    kimai.requests.append(params)
    fault = kimai.faults.get(len(kimai.requests), kimai.faults.get(0, ""))
    if address.path != "/api/timesheets":
        return _send(handler, 404, {"code": 404, "message": "Not found"})
    if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
        return _send(handler, 401, {"message": "Invalid credentials"})
    since = params.get("modified_after")
    moment = dt.datetime.strptime(since, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=PARIS) if since else None
    found = [kimai.entries[n] for n in sorted(kimai.entries) if moment is None or kimai.modified[n] > moment]
    page, size = int(params.get("page", "1")), int(params.get("size", "50"))
    pages = math.ceil(len(found) / size)
    if page > max(pages, 1):
        return _send(handler, 404, {"code": 404, "message": "Not found"})
    headers = {
        "Date": email.utils.format_datetime(kimai.now.astimezone(dt.UTC), usegmt=True),
        "X-Page": str(page),
        "X-Total-Count": str(len(found)),
        "X-Total-Pages": str(pages),
        "X-Per-Page": str(size),
    }
    if fault == "no pages":
        del headers["X-Total-Pages"]
    if fault == "no date":
        del headers["Date"]
    if fault == "shrunk":
        headers["X-Total-Count"] = str(len(found) + 1)
    body: Any = found[(page - 1) * size : page * size]
    if fault == "same page":
        del headers["X-Total-Pages"]
        body = found[:size]
    if fault == "object":
        body = {"message": "maintenance"}
    _send(handler, 200, body, headers, fault)


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: Any, headers: dict[str, str] | None = None, fault: str = ""
) -> None:
    data = json.dumps(body).encode()
    if fault == "html":
        data = b"<html>log in</html>"
    if fault == "nan":
        data = data.replace(b"40.5", b"NaN")
    if fault == "silent":
        handler.close_connection = True
        return
    kind, _, detail = fault.partition(" ")
    if kind.isdecimal():
        status, data = int(kind), b'{"message": "Dupont 1850173123456"}'
    handler.send_response_only(status)
    for name, text in (headers or {}).items():
        handler.send_header(name, text)
    if kind.isdecimal() and detail:
        handler.send_header(*detail.split("="))
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    if fault == "half":
        handler.wfile.write(data[: len(data) // 2])
        handler.close_connection = True
    elif fault == "drip":
        try:
            for byte in data:
                handler.wfile.write(bytes([byte]))
                time.sleep(0.1)
        except OSError:
            handler.close_connection = True
    else:
        handler.wfile.write(data)


@contextmanager
def serve() -> Iterator[Kimai]:
    """Run the server on a free port of 127.0.0.1 for the length of a block."""
    kimai = Kimai()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            _answer(kimai, self)

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    kimai.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield kimai
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
