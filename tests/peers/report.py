"""The report on the peers' cases: what passed, what differs on purpose, what does not apply.

`python -m tests.peers.report` writes `docs/peers.md` anew from the project's own copy of the cases.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.peers.adapters import ADAPTERS
from tests.peers.cases import DIFFERENCES, OWN_COPY, Verdict, judge, read_cases

PAGE = Path(__file__).resolve().parents[2] / "docs" / "peers.md"
STATUSES = ("passed", "different", "not applicable", "failed")

_INTRODUCTION = """\
# What other billing systems compute

Other billing systems state in their tests, documentation and issues what a schedule, a prorated amount or a split must
be. `tests/peers/` asks the same questions of the SQL macros that prefact's models use, and of a month of the models
themselves where contracts with readings are concerned, and compares. The facts are in `tests/peers/cases.json` (numbers
only, none of their code); each family has an adapter that translates names, and exclusive ends into inclusive ones, and
computes nothing. Another file of the same format is run with `PREFACT_PEER_CASES=FILE pytest tests/peers`.

This page is written by `python -m tests.peers.report`; a test fails when it is out of date.

## Result by family
"""


def table(verdicts: list[Verdict]) -> str:
    """The number of cases of each family by what became of them, as a Markdown table."""
    count = Counter((verdict.case.family, verdict.status) for verdict in verdicts)
    lines = [["family", *STATUSES]]
    for family in sorted({family for family, _ in count}):
        lines.append([f"`{family}`", *(str(count[family, status] or "") for status in STATUSES)])
    total = Counter(verdict.status for verdict in verdicts)
    lines.append(["**all**", *(f"**{total[status]}**" for status in STATUSES)])
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join([rows[0], "|---|" + "--:|" * len(STATUSES), *rows[1:]])


def reasons(verdicts: list[Verdict], status: str) -> str:
    """The cases of a status with their reasons, those of one reason together."""
    found: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.status == status:
            found.setdefault(verdict.detail, []).append(f"`{verdict.case.id}`")
    return "\n".join(f"- {', '.join(ids)}: {detail}" for detail, ids in found.items())


def page(verdicts: list[Verdict]) -> str:
    """The whole page, for the project's own copy of the cases."""
    elsewhere = "\n".join(f"- `{family}`: {reason}" for family, reason in DIFFERENCES["not_applicable"].items())
    return "\n".join(
        [
            _INTRODUCTION,
            table(verdicts),
            "\n## Different on purpose\n",
            reasons(verdicts, "different"),
            "\n## Not applicable\n",
            reasons(verdicts, "not applicable"),
            "\nWhole families, left out of the copy:\n",
            elsewhere,
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(judge(read_cases(OWN_COPY), ADAPTERS)), encoding="utf-8")
