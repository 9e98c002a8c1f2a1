"""The anomalies of a month as a list to work on: what was expected, what was found, what it is worth, what to do."""

from __future__ import annotations

import csv
import datetime as dt
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from expectations.rules import rule_specs
from orchestration.errors import PrefactError
from orchestration.reading import Published, read_published
from orchestration.render import count, euros, plain, spreadsheet_cell
from orchestration.settings import Workspace
from orchestration.texts import say

COLUMNS = (
    "month",
    "code",
    "severity",
    "status",
    "subject_type",
    "subject_id",
    "client_id",
    "client_file_id",
    "manager_id",
    "expected",
    "actual",
    "amount_at_stake",
    "title",
    "remedy",
    "owner",
    "cause_code",
    "first_seen_month",
    "control_date",
)


def show_anomalies(
    workspace: Workspace, months: Sequence[str], code: str | None, manager: str | None, form: str
) -> None:
    """Print the anomalies of published months.

    Args:
        workspace: the folder.
        months: published months.
        code: only this rule.
        manager: only the client files of this manager.
        form: ``table``, ``csv`` or ``json``.

    Raises:
        PrefactError: when no rule has that code.
    """
    language = workspace.settings.language
    codes = [rule.code for rule in rule_specs()]
    if code is not None and code.upper() not in codes:
        raise PrefactError("no_such_code", value=code, allowed=", ".join(codes))
    with read_published(workspace, months) as published:
        rows = find_anomalies(published, code and code.upper(), manager, language)
    if form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([spreadsheet_cell(row[column]) for column in COLUMNS] for row in rows)
    elif form == "json":
        print(
            json.dumps([{column: _json_value(row[column]) for column in COLUMNS} for row in rows], ensure_ascii=False)
        )
    else:
        print("\n".join(work_lines(rows, months, language)))


def find_anomalies(published: Published, code: str | None, manager: str | None, language: str) -> list[dict[str, Any]]:
    """Return the anomalies, the open and grave ones first, those a cause explains right after their kind.

    Args:
        published: the months.
        code: only this rule.
        manager: only the client files of this manager.
        language: of titles and remedies.
    """
    rows = published.rows(
        f"""
        select
            anomaly.*,
            anomaly.title_{language} as title,
            anomaly.remedy_{language} as remedy,
            file.manager_id,
        from anomaly
        left join (select distinct client_file_id, manager_id from client_file) as file using (client_file_id)
        where ($code is null or anomaly.code = $code) and ($manager is null or file.manager_id = $manager)
        order by
            anomaly.month,
            anomaly.status desc,
            case anomaly.severity when 'critical' then 1 when 'warning' then 2 else 3 end,
            anomaly.code,
            anomaly.amount_at_stake desc nulls last,
            anomaly.subject_id
        """,
        {"code": code, "manager": manager},
    )
    owners = {rule.code: rule.owner[language] for rule in rule_specs()}
    return [{**row, "owner": owners.get(row["code"], "")} for row in rows]


def work_lines(rows: Sequence[dict[str, Any]], months: Sequence[str], language: str) -> list[str]:
    """Return the list as text: one block per rule with its remedy once, then a line or two per case.

    Args:
        rows: as ``find_anomalies`` gives them.
        months: the months asked for.
        language: of the words.
    """
    if not rows:
        return [say(language, "work_none", months=", ".join(months))]
    lines: list[str] = []
    block = None
    for row in rows:
        this = (row["month"], row["status"], row["severity"], row["code"])
        if this != block:
            same = [
                other for other in rows if (other["month"], other["status"], other["severity"], other["code"]) == this
            ]
            known = [other["amount_at_stake"] for other in same if other["amount_at_stake"] is not None]
            lines += [] if block is None else [""]
            lines += [
                say(
                    language,
                    "work_rule" if row["status"] == "OPEN" else "work_rule_accepted",
                    month=row["month"],
                    code=row["code"],
                    severity=say(language, f"severity_{row['severity']}"),
                    title=row["title"],
                    count=count(len(same), language),
                    stake=euros(sum(known) if known else None, language),
                ),
                "  " + say(language, "work_remedy", owner=row["owner"], remedy=row["remedy"]),
            ]
            block = this
        place = " · ".join(
            str(row[name]) for name in ("client_file_id", "manager_id") if row[name] and row[name] != row["subject_id"]
        )
        stake = f" · {euros(row['amount_at_stake'], language)}" if row["amount_at_stake"] is not None else ""
        cause = " · " + say(language, "work_cause", code=row["cause_code"]) if row["cause_code"] else ""
        lines.append("  - " + plain(f"{row['subject_id']}{f' ({place})' if place else ''}{stake}{cause}"))
        lines.append(
            "      "
            + plain(
                say(
                    language,
                    "work_case",
                    expected=row["expected"],
                    actual=row["actual"],
                    since=row["first_seen_month"] or row["month"],
                )
            )
        )
    return lines


def _json_value(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal | dt.date) else value
