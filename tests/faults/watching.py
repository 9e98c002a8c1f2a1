"""What must be the same whatever happened, and a reader who looks at what is published all the time."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Collection
from pathlib import Path

from assets.ledger import HEAD, MANIFEST
from assets.publication import MONTH, RELATIONS

#: Folders whose files are the same to the byte after the same commands; what begins with a dot is not finished.
KEPT = ("published", "ledger", "exports")
#: What a link says of files that a kill may have delivered in two parts, and of the links before it.
HISTORY = ("archive", "previous")


def kept(root: Path) -> dict[str, str]:
    """SHA-256 of every file a workspace promises to keep, by its path as a reader types it."""
    found = {}
    for name in KEPT:
        for folder, folders, files in os.walk(root / name, followlinks=True):
            folders[:] = [each for each in folders if not each.startswith(".")]
            for file in files:
                path = Path(folder, file)
                content = path.read_bytes()
                if file == MANIFEST:
                    said = json.loads(content)
                    content = json.dumps({key: said[key] for key in said if key not in HISTORY}).encode()
                if not file.startswith(".") and file != HEAD:
                    found[path.relative_to(root).as_posix()] = hashlib.sha256(content).hexdigest()
    return found


def leftovers(root: Path) -> list[str]:
    """What unfinished work left behind and a later run has not taken away."""
    patterns = ("ledger/.*", "exports/*/.*", "reports/*/.*", "archive/**/*.part", "published/.versions/*[.]*")
    return sorted(path.relative_to(root).as_posix() for pattern in patterns for path in root.glob(pattern))


class Reader(threading.Thread):
    """Opens every published month again and again, until it is told to stop.

    Attributes:
        looks: how many months it has opened.
        versions: each content it has seen, by month.
        wrong: what it saw that no reader may see.
    """

    def __init__(self, root: Path, relations: Collection[str] = tuple(RELATIONS), pause_seconds: float = 0.01) -> None:
        super().__init__(daemon=True)
        self.files = sorted(f"{relation}.parquet" for relation in relations)
        self.published = root / "published"
        self.pause_seconds = pause_seconds
        self.looks = 0
        self.versions: set[str] = set()
        self.wrong: list[str] = []
        self._months: set[str] = set()
        self._end = threading.Event()

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self.join()

    def run(self) -> None:
        while not self._end.wait(self.pause_seconds):
            self.look()

    def look(self) -> None:
        """Open each month that is published, or ever was."""
        if self.published.is_dir():
            self._months |= {name for name in os.listdir(self.published) if MONTH.fullmatch(name)}
        for month in self._months:
            folder = os.path.realpath(self.published / month)
            try:
                fault = self._fault(folder)
            except FileNotFoundError as error:
                # Replaced and swept between two files: a reader opens the month anew.
                fault = "" if os.path.realpath(self.published / month) != folder else str(error)
            self.looks += 1
            self.versions.add(os.path.basename(folder))
            if fault:
                self.wrong.append(f"{month}: {fault}")

    def _fault(self, folder: str) -> str:
        """What is wrong with a version: its name has the hash of all it holds."""
        digest = hashlib.sha256()
        names = sorted(os.listdir(folder))
        for name in names:
            content = Path(folder, name).read_bytes()
            digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
        if names != self.files:
            return f"{folder} holds {names}"
        if not folder.endswith(f"-{digest.hexdigest()[:16]}"):
            return f"{folder} holds other bytes than its name says"
        return ""
