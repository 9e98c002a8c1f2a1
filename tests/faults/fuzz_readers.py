"""Coverage-guided fuzzing of the readers; a script, not a test.

    pip install --target DIR atheris
    PYTHONPATH=.:DIR python tests/faults/fuzz_readers.py {csv,dsn,letter} [-max_total_time=200] [options of libFuzzer]

Whatever the bytes, a reader hands over rows and rejects or refuses the file with a reason that has its words in both
languages. Anything else stops the fuzzer, which leaves the bytes in `crash-…` of the current folder.
"""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["assets", "docx", "pdfminer", "pdfplumber"], enable_loader_override=False):
    from assets.contract import TABLES
    from assets.ingestion import _part
    from assets.letter_files.docx import read_docx
    from assets.letter_files.faults import Unreadable
    from assets.letter_files.pdf import read_pdf
    from assets.letter_files.reading import read_document
    from assets.letters import Loaded, check_letters, load_letters
    from assets.messages import REASONS
    from assets.payroll.reading import read_payroll
    from assets.readers import FileRefused, read_csv
    from assets.timesheets.reading import read_export

_TABLES = ("client", "time_entry", "meter_reading", "billing_rule")


def _explained(codes: Iterable[str]) -> None:
    unknown = set(codes) - set(REASONS)
    assert not unknown, unknown


def fuzz_csv(data: bytes) -> None:
    """A CSV as a table of the contract or as the export of a time tracker; the first byte chooses."""
    choice, content = data[:1] or b"\0", data[1:]
    try:
        if choice[0] % 5 == 4:
            rejects = read_export("timesheets/export.csv", content)[0].rejects
        else:
            table = TABLES[_TABLES[choice[0] % 5]]
            rejects = _part(read_csv(content, frozenset((*table.column_names, "currency"))), table).rejects
    except FileRefused as refusal:
        _explained([refusal.code])
    else:
        _explained(rejects["code"])


def fuzz_dsn(data: bytes) -> None:
    """A file of payroll declarations."""
    _PAYROLL.write_bytes(data)
    (found,) = read_payroll([_PAYROLL])
    if isinstance(found, FileRefused):
        _explained([found.code])
        assert found.value is None, "nothing of a declaration is shown"
    else:
        assert not isinstance(found, OSError)
        _explained(found.rejects["code"])


def fuzz_letter(data: bytes) -> None:
    """An engagement letter: JSON, the main part of a DOCX, or a PDF; the first byte chooses."""
    choice, content = (data[:1] or b"\0")[0] % 3, data[1:]
    if choice == 0:
        loaded = load_letters(content)
    else:
        try:
            document = read_docx(_packed(content)) if choice == 1 else read_pdf(content)
            loaded = Loaded([read_document(document, "F1_2025_LM").letter])
        except FileRefused as refusal:
            loaded = refusal
        except Unreadable as refusal:
            _explained(fault.code for fault in refusal.faults)
            return
        except (MemoryError, RecursionError):  # refused by the process that opens documents
            return
    (found,) = check_letters([loaded])
    _explained([found.code] if isinstance(found, FileRefused) else found.rejects["code"])


def _packed(xml: bytes) -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as parts:
        for name, part in _DOCX.items():
            parts.writestr(name, xml if name == "word/document.xml" else part)
    return package.getvalue()


def _seeds() -> dict[str, list[bytes]]:
    """Sound files to begin with: the fuzzer damages them."""
    from tests.unit.letter_documents import docx_letter, pdf_letter
    from tests.unit.test_dsn import SOUND
    from tests.unit.test_letters import LETTER

    with zipfile.ZipFile(io.BytesIO(docx_letter())) as package:
        _DOCX.update({name: package.read(name) for name in package.namelist()})
    kimai = b"Date,Duration,User,Customer,Project,Activity\n2026-03-02,1:30,Anne,A,B,C\n"
    return {
        "csv": [
            b'\0client_id;legal_name\nC1;L\xe9a\nC2;"a;b"\n',
            b"\1collaborator_id,mission_id,work_date,minutes\nA,M,02/03/2026,90\n",
            b"\2quantity_id\treading_date\torigin\tvalue\nQ1\t2026-03-02\tCUSTOMER\t1 234,5\n",
            b"\4" + kimai,
        ],
        "dsn": [SOUND],
        "letter": [
            b"\0" + json.dumps(LETTER, default=str).encode(),
            b"\1" + _DOCX["word/document.xml"],
            b"\2" + pdf_letter(),
        ],
    }


_DOCX: dict[str, bytes] = {}
_PAYROLL = Path(tempfile.mkdtemp(), "declared.dsn")
TARGETS: dict[str, Callable[[bytes], None]] = {"csv": fuzz_csv, "dsn": fuzz_dsn, "letter": fuzz_letter}


def main() -> None:
    """Fuzzes the target named first on the command line."""
    target = sys.argv.pop(1)
    corpus = Path(tempfile.mkdtemp())
    for number, seed in enumerate(_seeds()[target]):
        (corpus / str(number)).write_bytes(seed)
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    atheris.Setup([*sys.argv, str(corpus)], TARGETS[target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
