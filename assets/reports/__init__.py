"""The reports of a month, for people: an Excel workbook and one self-contained page with the same story.

`model.py` reads the month (every sum in SQL), `changes.py` and `changes.sql` explain the difference with the month
before, `workbook.py` (with `summary.py`, `columns.py`, `layout.py`) and `page.py` (with `charts.py`, `templates/`) lay
it out, `writing.py` puts both into the month's folder. The words are in `texts.toml`.
"""
