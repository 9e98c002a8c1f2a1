"""A workspace in a temporary folder, fed with real files and read back through the warehouse."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import duckdb
import xlsxwriter

from assets.ingestion import IngestReport, ingest, prepare_raw

MINIMAL = {
    "client": "client_id,legal_name\nC1,Dupont\nC2,Martin\n",
    "client_file": "client_file_id,client_id\nF1,C1\nF2,C2\n",
    "fiscal_year": "client_file_id,fy_label,start_date,end_date\nF1,2025,2025-01-01,2025-12-31\n",
    "service": "service_code,label,unit,vat_code\nBOOK,Tenue,mission,N\nPAY,Paie,bulletin,N\n",
    "mission": "mission_id,client_file_id,mission_code,vintage,fy_label,billing_mode,service_code,start_date\n"
    "M1,F1,TENUE,2025,2025,FLAT,BOOK,2025-01-01\nM2,F1,SOCIAL,2025,2025,UNIT,PAY,2025-01-01\n",
}


class Workspace:
    """Puts files into an inbox, ingests them and reads tables back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "inbox").mkdir()

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.root / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def put_minimal(self, *names: str) -> None:
        for name in names or MINIMAL:
            self.put(f"{name}.csv", MINIMAL[name])

    def ingest(self, language: str = "en") -> IngestReport:
        return ingest(self.root, language=language, progress=lambda line: None)

    def run(self, control_date: date = date(2026, 3, 31), language: str = "en") -> IngestReport:
        report = self.ingest(language)
        prepare_raw(self.root, control_date, language)
        return report

    def query(self, sql: str) -> list[tuple]:
        return self.queries(sql)[0]

    def queries(self, *statements: str) -> list[list[tuple]]:
        with duckdb.connect(self.root / "warehouse.duckdb") as connection:
            return [connection.execute(sql).fetchall() for sql in statements]

    def column(self, sql: str) -> list:
        return [row[0] for row in self.query(sql)]

    def rejects(self) -> list[tuple]:
        """(file, sheet, row, table, column, value, code) of what ingestion refused."""
        return self.query(
            "select source_file, sheet, row_number, table_name, column_name, value, code from input.reject order by all"
        )

    def codes(self) -> list[tuple]:
        """(row, column, code) of what ingestion refused."""
        return [(row[2], row[4], row[6]) for row in self.rejects()]


def workbook(sheets: dict[str, list[list[object]]]) -> bytes:
    """An xlsx workbook with these sheets; None leaves a cell out, a date becomes a date cell."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        as_date = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(i, j, cell, as_date)
                    elif cell is not None:
                        sheet.write(i, j, cell)
    return content.getvalue()
