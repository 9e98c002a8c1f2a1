from __future__ import annotations

import os
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: Files that take longest, longest first: begun early, none is left to one worker alone at the end.
LONGEST = (
    "browser/test_ui.py",
    "integration/test_contract_decisions.py",
    "integration/test_lifecycle.py",
    "integration/test_golden_contract.py",
    "property/test_histories.py",
    "faults/test_killed_commands.py",
    "integration/test_pull.py",
    "faults/test_hostile_input.py",
    "sql/test_dbt_unit_tests.py",
    "property/test_contracts_random.py",
    "integration/test_payroll.py",
    "integration/test_golden_month.py",
    "integration/test_commands.py",
    "faults/test_obstacles.py",
    "property/test_month_random.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than there are processors: one of them always waits for a server, a browser or the disk."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    # Left to itself, xdist begins with the files that have most tests, which are short ones.
    config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {HERE / name: place for place, name in enumerate(LONGEST)}
    if gone := [str(path) for path in places if not path.exists()]:
        raise pytest.UsageError(f"conftest.LONGEST names files that are gone: {gone}")
    items.sort(key=lambda item: places.get(item.path, len(places)))
