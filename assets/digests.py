"""Hashes of files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def files_digest(folder: Path, apart_from: Iterable[str] = ("__pycache__",)) -> str:
    """Return a hash of the names and contents of all files of a folder.

    Args:
        folder: where they are.
        apart_from: names of files and folders that are left out.
    """
    left_out = set(apart_from)
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        relative = file.relative_to(folder)
        if file.is_file() and not left_out.intersection(relative.parts):
            digest.update(f"{relative.as_posix()}\0".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
