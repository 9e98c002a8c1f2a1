from __future__ import annotations

import pytest

from tests.kept_parse import keep_parse


@pytest.fixture(scope="session", autouse=True)
def parse_once() -> None:
    """Commands run in this process share one parse of the dbt project."""
    keep_parse()
