"""Functions that only one engine knows stay in `compat.sql`."""

from __future__ import annotations

import re

import pytest

from tests.sql.harness import MACROS

#: Written differently, or meaning something else, from one engine to the next.
ENGINE_SPECIFIC = re.compile(
    r"\b(strftime|date_trunc|date_diff|datediff|date_add|last_day|to_months|to_days|interval|generate_series|unnest"
    r"|explode|sequence|hugeint|string_agg|string_split|list_\w+|regexp_\w+)\b|::|//",
    re.IGNORECASE,
)
COMMENTS = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


OTHERS = [path for path in sorted(MACROS.glob("*.sql")) if path.stem != "compat"]


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_macro_uses_what_every_engine_has(path):
    assert _found(path) == []


def test_the_search_finds_what_it_looks_for():
    assert len(_found(MACROS / "compat.sql")) > 10


def _found(path):
    text = COMMENTS.sub("", path.read_text(encoding="utf-8"))
    return [line.strip() for line in text.splitlines() if ENGINE_SPECIFIC.search(line)]
