"""``prefact explain``: one line, from its amount back to the rows of the files it comes from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from assets.ledger import line_history
from orchestration.errors import PrefactError
from orchestration.reading import Published, read_published, require_months
from orchestration.render import decimal, euros, plain, table
from orchestration.settings import Workspace
from orchestration.texts import say

NEAREST = 3


def show_line(workspace: Workspace, line_key: str, example_month: str) -> None:
    """Print all there is to say about a line.

    Args:
        workspace: the folder.
        line_key: the line.
        example_month: a month to suggest when nothing was ever run.

    Raises:
        PrefactError: when no published month has that line, naming keys that look like it.
    """
    language = workspace.settings.language
    months = require_months(workspace, [], example_month)
    with read_published(workspace, months) as published:
        found = published.rows(
            "select * from prebill_line where line_key = $key order by month desc limit 1", {"key": line_key}
        )
        adjustments = published.rows(
            """
            select *
            from prebill_adjustment
            where line_key = $key
            qualify month = max(month) over ()
            order by adjustment_id
            """,
            {"key": line_key},
        )
        if not found and adjustments:
            print(
                "\n".join([say(language, "explain_left_out", key=line_key), *adjustment_lines(adjustments, language)])
            )
            return
        if not found:
            raise PrefactError("no_such_line", key=line_key, near=near_text(published, line_key, language))
        line = found[0]
        deltas = related_lines(published, line)
        evidence = published.rows(
            """
            select *
            from prebill_evidence
            where line_key = $key and month = $month
            order by source_table, source_key, source_file, source_row
            """,
            {"key": line_key, "month": line["month"]},
        )
        corrections = published.rows(
            "select * from prebill_correction where line_key = $key and month = $month order by correction_id",
            {"key": line_key, "month": line["month"]},
        )
        anomalies = holding_anomalies(published, line, evidence, language)
    history = line_history(workspace.root / "ledger", line_key)
    lines = [*line_lines(line, language), *history_lines(history, language), ""]
    lines += [*evidence_lines(line, evidence, language)]
    lines += ["", *correction_lines(corrections, language)] if corrections else []
    lines += ["", *adjustment_lines(adjustments, language)] if adjustments else []
    lines += ["", *delta_lines(line, deltas, language)] if deltas else []
    lines += ["", *hold_lines(anomalies, language)] if anomalies else []
    print("\n".join(lines))


def related_lines(published: Published, line: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the line that a delta adjusts, and those that adjust the same line or this one.

    Args:
        published: the months.
        line: a row of ``prebill_line``.
    """
    return published.rows(
        """
        select *
        from prebill_line
        where
            line_key = $adjusted
            or (adjusts_line_key in ($adjusted, $key) and line_key <> $key)
        qualify row_number() over (partition by line_key order by month desc) = 1
        order by adjusts_line_key nulls first, month, line_key
        """,
        {"key": line["line_key"], "adjusted": line["adjusts_line_key"]},
    )


def history_lines(history: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Return who validated and exported a line, and when.

    Args:
        history: manifests of the ledger's links, oldest first.
        language: of the words.
    """
    return [
        plain(
            say(
                language,
                f"explain_{link['kind']}",
                person=link["recorded_by"],
                moment=moment(link["recorded_at"]),
                month=link["month"],
                seq=link["seq"],
                fingerprint=str(link.get("input_fingerprint") or "")[:12],
                batch=link.get("batch_id", ""),
            )
        )
        for link in history
    ]


def moment(recorded_at: str) -> str:
    """Return a moment of the ledger, to the minute.

    Args:
        recorded_at: UTC, ISO 8601.
    """
    return f"{dt.datetime.fromisoformat(recorded_at):%Y-%m-%d %H:%M} UTC"


def correction_lines(corrections: Sequence[dict[str, Any]], language: str) -> list[str]:
    """Return what was laid over the input a line is made of, and what stood there.

    Args:
        corrections: rows of ``prebill_correction``.
        language: of the words.
    """
    lines = [say(language, "explain_corrections")]
    for row in corrections:
        since = say(language, "explain_since", day=row["effective_from"]) if row["effective_from"] else ""
        lines.append(
            "  "
            + plain(
                say(
                    language,
                    "explain_correction",
                    id=row["correction_id"],
                    table=row["table_name"],
                    key=row["row_key"],
                    column=row["column_name"],
                    old=row["old_value"] or "–",
                    new=row["new_value"] or "–",
                    reason=row["reason"],
                    author=row["author"],
                    since=since,
                )
            )
        )
    return lines


def adjustment_lines(adjustments: Sequence[dict[str, Any]], language: str) -> list[str]:
    """Return what people decided of a line, with their reasons.

    Args:
        adjustments: rows of ``prebill_adjustment``; of several of one kind the last counts.
        language: of the words.
    """
    last = {row["kind"]: row["adjustment_id"] for row in adjustments}
    lines = [say(language, "explain_adjustments")]
    for row in adjustments:
        what = say(language, f"adjustment_{row['kind']}", value=row["value"] or "")
        replaced = "" if last[row["kind"]] == row["adjustment_id"] else say(language, "adjustment_replaced")
        facts = {"id": row["adjustment_id"], "what": what, "reason": row["reason"], "author": row["author"]}
        lines.append("  " + plain(say(language, "explain_adjustment", **facts) + replaced))
    return lines


def delta_lines(line: dict[str, Any], related: Sequence[dict[str, Any]], language: str) -> list[str]:
    """Return the lines that go together with one by way of a later correction.

    Args:
        line: a row of ``prebill_line``.
        related: as ``related_lines`` gives them.
        language: of the words.
    """
    headers = [say(language, f"column_{name}") for name in ("month", "line", "quantity", "price", "amount", "state")]
    rows = [
        [
            row["month"],
            row["line_key"],
            "–" if row["quantity"] is None else decimal(row["quantity"], language),
            "–" if row["unit_price"] is None else decimal(row["unit_price"], language, 2),
            euros(row["amount_net"], language),
            say(language, f"line_{row['status']}"),
        ]
        for row in related
    ]
    key = "explain_adjusts" if line["adjusts_line_key"] else "explain_adjusted"
    return [say(language, key, key=line["adjusts_line_key"] or ""), *table(headers, rows, "llrrrl")]


def near_text(published: Published, line_key: str, language: str) -> str:
    """Return the sentence that names the keys most like a wrong one; empty when none is.

    Args:
        published: the months.
        line_key: as it was typed.
        language: of the words.
    """
    near = published.rows(
        f"""
        select distinct line_key, levenshtein(line_key, $key) as distance
        from prebill_line
        where levenshtein(line_key, $key) <= length($key) / 3
        order by distance, line_key
        limit {NEAREST}
        """,
        {"key": line_key},
    )
    return say(language, "near_lines", keys=", ".join(row["line_key"] for row in near)) if near else ""


def line_lines(line: dict[str, Any], language: str) -> list[str]:
    """Return what the line says.

    Args:
        line: a row of ``prebill_line``.
        language: of the words.
    """
    period = " → ".join(line[name].isoformat() for name in ("period_start", "period_end") if line[name])
    discount = line["discount_pct"]
    calculation = say(
        language,
        "explain_calculation",
        quantity=decimal(line["quantity"], language) if line["quantity"] is not None else "–",
        unit=line["unit"] or "",
        price=decimal(line["unit_price"], language, 2) if line["unit_price"] is not None else "–",
        discount=say(language, "explain_discount", rate=decimal(discount, language)) if discount else "",
        amount=euros(line["amount_net"], language),
    )
    vat = "–" if line["vat_rate"] is None else f"{decimal(line['vat_rate'], language)} % ({line['vat_code']})"
    facts = [
        ("explain_line", line["line_key"]),
        ("explain_label", line["label"]),
        ("explain_month", line["month"]),
        ("explain_origin", line["origin_month"] if line["origin_month"] != line["month"] else None),
        ("explain_client", " / ".join(str(line[name]) for name in ("client_id", "client_file_id") if line[name])),
        ("explain_mission", " / ".join(str(line[name]) for name in ("mission_id", "fy_label") if line[name])),
        ("explain_contract", " / ".join(str(line[name]) for name in ("contract_id", "rule_id") if line[name])),
        ("explain_mode", say(language, f"mode_{line['billing_mode']}")),
        ("explain_service", line["service_code"]),
        ("explain_period", period),
        ("explain_due", line["due_date"].isoformat() if line["due_date"] else None),
        ("explain_amount", " ".join(calculation.split())),
        ("explain_vat", vat),
        (
            "explain_status",
            say(language, f"line_{line['status']}") + (f" ({line['held_by']})" if line["held_by"] else ""),
        ),
    ]
    shown = [(say(language, key), value) for key, value in facts if value]
    width = max(len(label) for label, _ in shown)
    return [f"{label.ljust(width)}  {plain(value)}" for label, value in shown]


def evidence_lines(line: dict[str, Any], evidence: list[dict[str, Any]], language: str) -> list[str]:
    """Return the rows behind a line, and the amount worked out again from them.

    Args:
        line: a row of ``prebill_line``.
        evidence: its rows of ``prebill_evidence``.
        language: of the words.
    """
    if not evidence:
        return [say(language, "explain_no_evidence")]
    headers = [say(language, f"column_{name}") for name in ("source", "key", "place", "quantity", "price", "amount")]

    def place(row: dict[str, Any]) -> str:
        if not row["source_file"]:
            return "–"
        number = "" if row["source_row"] is None else f", {say(language, 'place_row', row=row['source_row'])}"
        return f"inbox/{row['source_file']}{number}"

    def price(row: dict[str, Any]) -> str:
        shown = "–" if row["unit_price"] is None else decimal(row["unit_price"], language, 2)
        return f"{shown} ({row['price_table']} {row['price_key']})" if row.get("price_key") else shown

    def quantity(row: dict[str, Any]) -> str:
        if row.get("minutes") is not None:
            return f"{row['minutes']} min"
        return "–" if row["quantity"] is None else decimal(row["quantity"], language)

    def source(row: dict[str, Any]) -> str:
        return row["source_table"] + (f" ({say(language, 'explain_manual')})" if row.get("is_manual") else "")

    rows = [
        [source(row), row["source_key"], place(row), quantity(row), price(row), euros(row["amount"], language)]
        for row in evidence
    ]
    lines = [say(language, "explain_evidence"), *table(headers, rows, "lllrrr")]
    if any(row["amount"] is None for row in evidence) or line["amount_net"] is None:
        return [*lines, "  " + say(language, "explain_unknown_sum")]
    calculation, total = worked_out(line, evidence, language)
    key = "explain_sum" if total == line["amount_net"] else "explain_sum_differs"
    return [
        *lines,
        "  "
        + say(
            language,
            key,
            calculation=calculation,
            total=euros(total, language),
            amount=euros(line["amount_net"], language),
        ),
    ]


def worked_out(line: dict[str, Any], evidence: list[dict[str, Any]], language: str) -> tuple[str, Decimal]:
    """Return the line's amount worked out again from the rows behind it, in words and as a number.

    Args:
        line: a row of ``prebill_line``.
        evidence: its rows of ``prebill_evidence``, none without an amount.
        language: of the figures.
    """
    adjusted = sum((row["amount"] for row in evidence if row["source_table"] == "adjustment"), Decimal(0))
    if adjusted:
        computed = sum((row["amount"] for row in evidence), Decimal(0)) - adjusted
        sign = "+" if adjusted > 0 else "−"
        return f"{decimal(computed, language, 2)} {sign} {decimal(abs(adjusted), language, 2)}", computed + adjusted
    price = line["unit_price"]
    minutes = [row["minutes"] for row in evidence if row["minutes"] is not None]
    if minutes:
        words = f"{sum(minutes)} min × {decimal(price, language, 2)} / 60"
        exact = sum(minutes) * price / 60
    else:
        quantity = sum((row["quantity"] for row in evidence), Decimal(0))
        discount = line["discount_pct"] or Decimal(0)
        words = f"{decimal(quantity, language)} × {decimal(price, language, 2)}"
        if discount:
            words += f" × (1 − {decimal(discount, language)} %)"
        exact = quantity * price * (100 - discount) / 100
    return words, exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def holding_anomalies(
    published: Published, line: dict[str, Any], evidence: list[dict[str, Any]], language: str
) -> list[dict[str, Any]]:
    """Return the anomalies that hold a line: those of its codes about it, its sources, its mission or its client.

    Args:
        published: the months.
        line: a row of ``prebill_line``.
        evidence: its rows of ``prebill_evidence``.
        language: of titles and remedies.
    """
    codes = (line["held_by"] or "").split(",")
    subjects = {line[name] for name in ("line_key", "mission_id", "client_id", "client_file_id", "service_code")}
    for row in evidence:
        # A plan line's key begins with its plan's, a metric's with its establishment's.
        subjects |= {row["source_key"], str(row["source_key"]).split("|")[0]}
    return published.rows(
        f"""
        with candidate as (
            select *, list_contains($subjects, subject_id) as is_named,
            from anomaly
            where
                month = $month
                and list_contains($codes, code)
                and (list_contains($subjects, subject_id) or client_file_id = $client_file)
        )

        select code, severity, subject_type, subject_id, expected, actual, amount_at_stake, status,
            title_{language} as title, remedy_{language} as remedy,
        from candidate
        -- Where nothing names the line, what its client file has of that rule is the best there is.
        qualify is_named or not bool_or(is_named) over (partition by code)
        order by code, subject_id
        """,
        {
            "month": line["month"],
            "codes": codes,
            "subjects": [subject for subject in subjects if subject],
            "client_file": line["client_file_id"],
        },
    )


def hold_lines(anomalies: list[dict[str, Any]], language: str) -> list[str]:
    """Return what holds the line and what to do about it.

    Args:
        anomalies: as ``holding_anomalies`` gives them.
        language: of the words.
    """
    lines = [say(language, "explain_held")]
    for row in anomalies:
        lines.append("  " + plain(f"{row['code']} · {row['title']} · {row['subject_id']}"))
        since = say(language, "explain_case", expected=row["expected"], actual=row["actual"])
        lines.append("      " + plain(since))
        lines.append("      " + say(language, "explain_remedy", remedy=row["remedy"]))
    return lines
