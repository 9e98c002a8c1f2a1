"""The peers' cases: where they are read from, and what becomes of each one."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatch
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.peers.questions import Question, answer

HERE = Path(__file__).resolve().parent
OWN_COPY = HERE / "cases.json"
DIFFERENCES = json.loads((HERE / "differences.json").read_text(encoding="utf-8"))
#: Values under these names are what a peer got wrong: they must never come out.
WRONG = ("wrong", "observed", "ratcheted")


@dataclass(frozen=True)
class Case:
    """One case of a peer, as the file states it."""

    id: str
    family: str
    role: str
    inputs: dict[str, Any]
    expected: dict[str, Any]
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """What became of a case.

    Attributes:
        case: the case.
        status: passed, failed, different (deliberately) or not applicable.
        detail: why, in a sentence; for a pass, what the case says that was not compared.
    """

    case: Case
    status: str
    detail: str = ""


class Elsewhere(Exception):
    """Raised by an adapter: the case is about something that these macros do not do; names the reason."""


class Deliberate(Exception):
    """Raised by an adapter: the project differs on purpose; names an entry of `differences.json`."""


@dataclass(frozen=True)
class Near:
    """A value that the peer states to a few decimals only."""

    value: Fraction
    tolerance: Fraction


Adapter = Generator[Question | list[Question], Any, dict[str, Any]]


def given_cases() -> list[Case]:
    """The cases of the file named by PREFACT_PEER_CASES, else the project's own copy."""
    return read_cases(Path(os.environ.get("PREFACT_PEER_CASES") or OWN_COPY))


def read_cases(path: Path) -> list[Case]:
    """The cases of a file of the peers' format; fields that are not known here are left alone."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [
        Case(
            id=str(case["id"]),
            family=str(case["family"]),
            role=str(case.get("role", "conformance")),
            inputs=case.get("inputs") or {},
            expected=case.get("expected") or {},
            note=case.get("note") or "",
        )
        for case in content["cases"]
    ]


def judge(cases: list[Case], adapters: dict[str, Any]) -> list[Verdict]:
    """Runs every case through the adapter of its family, all questions of a round together.

    Args:
        cases: any cases, of known and unknown families.
        adapters: by family, a generator function: it yields questions, is sent their rows, returns the answers by the
            names that the case uses.

    Returns:
        A verdict per case, in the same order.
    """
    runs = [_Run(case, adapters.get(case.family), _left_out(case, adapters)) for case in cases]
    while running := [run for run in runs if run.verdict is None]:
        for run in running:
            run.advance()
        asking = [run for run in running if run.verdict is None]
        rows = iter(answer([question for run in asking for question in run.questions]))
        for run in asking:
            run.rows = [next(rows) for _ in run.questions]
    return [run.verdict for run in runs]


def _left_out(case: Case, adapters: dict[str, Any]) -> Verdict | None:
    """The verdict on a case that nobody runs."""
    if case.role == "quirk":
        return Verdict(case, "not applicable", "a quirk of the peer, not to be copied")
    for pattern, reason in DIFFERENCES["not_applicable"].items():
        if fnmatch(case.family, pattern):
            return Verdict(case, "not applicable", reason)
    if case.family not in adapters:
        return Verdict(case, "not applicable", "a family that is not known here")
    return None


@dataclass
class _Run:
    """An adapter at work on its case."""

    case: Case
    adapter: Callable[[Case], Adapter] | None
    verdict: Verdict | None
    work: Adapter | None = None
    questions: list[Question] = field(default_factory=list)
    rows: list[list[dict[str, Any]]] | None = None
    several: bool = False

    def advance(self) -> None:
        """Hands the rows over; afterwards there is either another question or a verdict."""
        sent = None if self.rows is None else self.rows if self.several else self.rows[0]
        try:
            self.work = self.work or self.adapter(self.case)
            asked = self.work.send(sent)
            self.several = isinstance(asked, list)
            self.questions = asked if isinstance(asked, list) else [asked]
        except StopIteration as finished:
            self.verdict = _verdict(self.case, finished.value)
        except Elsewhere as reason:
            self.verdict = Verdict(self.case, "not applicable", str(reason))
        except Deliberate as entry:
            self.verdict = Verdict(self.case, "different", DIFFERENCES["different"][str(entry)])
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, InvalidOperation) as error:
            # Before the first question the inputs were of another shape; after it there was no result to read.
            status, reason = ("not applicable", "inputs not understood") if sent is None else ("failed", "no result")
            self.verdict = Verdict(self.case, status, f"{reason}: {error!r}")


def _verdict(case: Case, answers: dict[str, Any]) -> Verdict:
    """Compares what came out with what the case states."""
    compared = [name for name in case.expected if name in answers and not name.startswith(WRONG)]
    if not compared:
        return Verdict(case, "not applicable", f"states only {', '.join(case.expected)}")
    failures = [
        f"{name}: {shown(answers[name])} instead of {case.expected[name]}"
        for name in compared
        if not same(answers[name], case.expected[name])
    ]
    failures += [
        f"{name}: the peer's mistake came out, {value}"
        for name, value in case.expected.items()
        if name.startswith(WRONG) and any(same(answers[right], value) for right in compared)
    ]
    listed = DIFFERENCES["different"].get(case.id)
    if failures and listed:
        mistakes = [failure for failure in failures if "the peer's mistake" in failure]
        return Verdict(case, "failed" if mistakes else "different", "; ".join(mistakes) or listed)
    if failures:
        return Verdict(case, "failed", "; ".join(failures))
    left = [name for name in case.expected if name not in compared and not name.startswith(WRONG)]
    return Verdict(case, "passed", f"not compared: {', '.join(left)}" if left else "")


def same(ours: Any, theirs: Any) -> bool:
    """Whether a result is the stated one: dates by ISO text, numbers by value, `n/d` as a fraction."""
    if isinstance(ours, Near):
        number = _number(theirs)
        return number is not None and abs(ours.value - number) <= ours.tolerance
    if isinstance(ours, list | tuple):
        return (
            isinstance(theirs, list | tuple)
            and len(ours) == len(theirs)
            and all(same(left, right) for left, right in zip(ours, theirs, strict=True))
        )
    if ours is None or theirs is None or isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, date):
        return ours.isoformat() == theirs
    left, right = _number(ours), _number(theirs)
    return left == right if left is not None and right is not None else str(ours) == str(theirs)


def shown(value: Any) -> str:
    """A result as a person reads it."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(shown(part) for part in value)}]"
    return str(float(value.value)) if isinstance(value, Near) else str(value)


def _number(value: Any) -> Fraction | None:
    try:
        return value if isinstance(value, Fraction) else Fraction(Decimal(str(value)))
    except InvalidOperation:
        pass
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        return None
