"""Importing Great Expectations costs seconds: what is spared must not be missed."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = """
import gc, os, sys
from expectations.loading import load_great_expectations
gx = load_great_expectations()
assert load_great_expectations() is gx
assert gc.isenabled(), "the garbage collector runs again"
assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
assert "scipy.stats._distn_infrastructure" not in sys.modules, "statistics read although nothing asked for them"
from scipy import stats
assert stats.norm.cdf(0) == 0.5, "the statistics are there as soon as something asks for them"
"""


def test_great_expectations_comes_without_the_statistics_until_they_are_asked_for():
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
