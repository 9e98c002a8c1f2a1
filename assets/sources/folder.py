"""Files of another folder, copied into the inbox when they are new or have changed."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from assets.sources.faults import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assets.sources.deadline import Deadline
    from assets.sources.secrets import Secrets
    from assets.sources.spec import FolderSource

#: A copy in progress; the inbox passes over names that begin with a point.
UNFINISHED = ".unfinished.part"


def fetch_folder(source: FolderSource, root: Path, secrets: Secrets, deadline: Deadline, language: str) -> list[str]:
    """Copies what is new or has changed; what disappeared there stays here.

    Args:
        source: the source.
        root: the workspace.
        secrets: fill in the path.
        deadline: of the fetch.
        language: of errors.

    Returns:
        The files copied, under `inbox/`, in name order.

    Raises:
        SourceError: the folder cannot be read; files copied before stay.
        IngestError: the archive cannot be read.
    """
    from assets.deliveries import Archive

    folder = root / secrets.fill(source.path)
    if not folder.is_dir():
        raise SourceError("source_folder", source.path)
    archived = {file: version.content_hash for file, version in Archive(root / "archive", language).latest().items()}
    copied = []
    try:
        for path, file in _wanted(folder, source.target):
            deadline.check()
            if _copy(path, root / "inbox" / file, archived.get(file), deadline):
                copied.append(file)
    except OSError as error:
        raise SourceError("source_file", source.path, error.strerror or type(error).__name__) from None
    return copied


def _wanted(folder: Path, target: str) -> Iterator[tuple[Path, str]]:
    """The files that would feed a table from where they are copied to; links are not followed."""
    from assets.ingestion import is_wanted

    def stop(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=stop):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            file = f"{target}/{path.relative_to(folder).as_posix()}"
            if not path.is_symlink() and path.is_file() and is_wanted(file):
                yield path, file


def _copy(path: Path, target: Path, archived: str | None, deadline: Deadline) -> bool:
    """Copies one file unless it is known; one that is being written waits for the next run."""
    before = path.stat()
    if target.exists():
        there = target.stat()
        if (there.st_size, there.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            return False
    elif archived is not None and _digest(path) == archived:
        # The copy was read and then tidied away.
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.parent / UNFINISHED
    shutil.copyfile(path, beside, follow_symlinks=False)
    now = path.stat()
    if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
        beside.unlink()
        return False
    # The time of the original tells at the next run that nothing has changed.
    os.utime(beside, ns=(before.st_atime_ns, before.st_mtime_ns))
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    is_new = not target.exists() or _digest(target) != _digest(beside)
    with deadline.delivering():
        os.replace(beside, target)
    return is_new


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
