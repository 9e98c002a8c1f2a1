"""Corrections proposed for anomalies with a mechanical remedy: a file to review, which nothing applies by itself."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from assets.validation import person
from expectations.rules import rule_specs
from orchestration.errors import PrefactError
from orchestration.reading import read_published
from orchestration.render import count
from orchestration.settings import Workspace
from orchestration.texts import say

#: Under `reports/<month>/`; its name begins with the table it would feed once moved into the inbox.
FILE = "correction_proposed_{month}.csv"
#: Columns of the table `correction`.
COLUMNS = ("correction_id", "table", "key", "column", "new_value", "reason", "author", "effective_from")


def write_proposals(workspace: Workspace, months: Sequence[str], code: str | None) -> None:
    """Write what is proposed for the open anomalies of each month, and say where.

    Args:
        workspace: the folder.
        months: published months.
        code: only this rule.

    Raises:
        PrefactError: when no rule has that code.
    """
    language = workspace.settings.language
    titles = {rule.code: rule.title[language] for rule in rule_specs()}
    if code is not None and code.upper() not in titles:
        raise PrefactError("no_such_code", value=code, allowed=", ".join(titles))
    for month in months:
        with read_published(workspace, [month]) as published:
            rows = published.rows(
                """
                select * from proposal
                where $code is null or code = $code
                order by code, subject_id, table_name, row_key, column_name
                """,
                {"code": code and code.upper()},
            )
        if not rows:
            print(say(language, "propose_none", month=month))
            continue
        file = workspace.reports / month / FILE.format(month=month)
        file.parent.mkdir(parents=True, exist_ok=True)
        author = person()
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(COLUMNS)
            for number, row in enumerate(rows, 1):
                writer.writerow(
                    [
                        f"{month}-{row['code']}-{number:03d}",
                        row["table_name"],
                        row["row_key"],
                        row["column_name"],
                        row["new_value"],
                        f"{row['code']} {titles[row['code']]}",
                        author,
                        row["effective_from"] or "",
                    ]
                )
        subjects = len({(row["code"], row["subject_id"]) for row in rows})
        print(
            say(
                language,
                "propose_done",
                month=month,
                rows=count(len(rows), language),
                subjects=count(subjects, language),
                file=file,
                inbox=workspace.inbox,
            )
        )
