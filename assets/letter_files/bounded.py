"""Opens documents in another process, with bounded memory and time, so that none can take the run along."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from assets.letter_files.content import Content
from assets.readers import FileRefused

if TYPE_CHECKING:
    from types import TracebackType

#: A letter of ten pages takes about a second.
MAX_SECONDS = 30.0
#: A letter is some hundred kilobytes, with a scanned signature some megabytes.
MAX_BYTES = 1 << 26
_ROOT = Path(__file__).parents[2]


class Extractor:
    """Opens documents one after the other; the process is started with the first, and anew after one it died of."""

    def __init__(self, seconds: float = MAX_SECONDS) -> None:
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Extractor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def extract(self, kind: str, data: bytes) -> Content:
        """Text and tables of a document.

        Args:
            kind: `docx` or `pdf`.
            data: the file.

        Raises:
            FileRefused: it cannot be opened, or not within the bounds.
        """
        if len(data) > MAX_BYTES:
            raise FileRefused("too_large", str(len(data) >> 20), str(MAX_BYTES >> 20))
        process = self._process or self._start()
        deadline = time.monotonic() + self._seconds
        try:
            process.stdin.write(json.dumps({"kind": kind, "size": len(data)}).encode() + b"\n" + data)
            process.stdin.flush()
            answer = json.loads(self._read_line(process, deadline))
        except TimeoutError as error:
            self._stop()
            raise FileRefused("letter_too_slow", f"{self._seconds:g}") from error
        except (OSError, ValueError) as error:  # it died, of memory for instance
            self._stop()
            raise FileRefused("letter_too_heavy") from error
        if "refused" in answer:
            raise FileRefused(*answer["refused"])
        return Content.of_json(answer["content"])

    def _start(self) -> subprocess.Popen[bytes]:
        # Nothing of the environment goes along: it may hold credentials.
        self._process = subprocess.Popen(
            [sys.executable, "-m", "assets.letter_files.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.defpath, "LANG": "C.UTF-8", "POLARS_MAX_THREADS": "1"},
        )
        return self._process

    @staticmethod
    def _read_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
        descriptor = process.stdout.fileno()
        parts: list[bytes] = []
        while not (parts and parts[-1].endswith(b"\n")):
            if not select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError
            parts.append(os.read(descriptor, 1 << 20))
            if not parts[-1]:
                break
        return b"".join(parts)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None
