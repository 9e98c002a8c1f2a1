"""Dagster's interface in a browser, as a newcomer uses it: look, run a month, read what is wrong, mend it, run again.

The tests are one story, in this order, on one server and in one browser.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from orchestration import cli
from orchestration.web import HOST
from tests.faults.watching import kept
from tests.integration.test_golden_month import GOLDEN, TOTALS

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
MONTH = "2025-01"
LATER = ("2025-02", "2025-03")
# Generous: the machine may be busy.
START_SECONDS = 180
RUN_SECONDS = 300
PAGE_SECONDS = 60

pytestmark = pytest.mark.skipif(
    not (BROWSER and DRIVER),
    reason="no browser: install chromium and chromium-driver (.ci/run does) to drive the interface",
)


@dataclass(frozen=True)
class Interface:
    """The interface of a workspace, open in a browser."""

    url: str
    workspace: Path
    browser: webdriver.Chrome

    def go(self, path: str) -> None:
        self.browser.get(f"{self.url}/{path}")

    def wait(self, what: Callable[[], object], seconds: float = PAGE_SECONDS) -> object:
        # The page is drawn again while it is read: what was found may be gone.
        ignored = (StaleElementReferenceException,)
        return WebDriverWait(self.browser, seconds, ignored_exceptions=ignored).until(lambda _: what())

    def found(self, xpath: str) -> list[WebElement]:
        return [element for element in self.browser.find_elements(By.XPATH, xpath) if element.is_displayed()]

    def click(self, xpath: str) -> None:
        self.wait(lambda: next((element for element in self.found(xpath) if element.is_enabled()), None)).click()

    def text(self) -> str:
        return self.browser.find_element(By.TAG_NAME, "body").text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """`prefact ui` until the block ends, then nothing of it."""
    url = f"http://{HOST}:{(port := free_port())}"
    command = [sys.executable, "-m", "orchestration.cli", "ui", "--port", str(port), "-w", str(workspace)]
    log = workspace.parent / "ui.log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(url):
            assert server.poll() is None and time.monotonic() < deadline, log.read_text(errors="replace")[-3000:]
            time.sleep(0.5)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=20)
        # Its code server only notices after its next heartbeat.
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
    assert not answers(url)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/server_info", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def browsing(profile: Path) -> Iterator[webdriver.Chrome]:
    """A browser with a new profile that reaches this machine alone."""
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--no-first-run",
        "--window-size=1600,1000",
        f"--user-data-dir={profile}",
        f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {HOST}",
    ):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    try:
        yield browser
    finally:
        browser.quit()


@pytest.fixture(scope="module")
def interface(tmp_path_factory) -> Iterator[Interface]:
    folder = tmp_path_factory.mktemp("ui")
    workspace = folder / "workspace"
    shutil.copytree(GOLDEN / "inbox", workspace / "inbox")
    with served(workspace) as url, browsing(folder / "profile") as browser:
        yield Interface(url, workspace, browser)


def launch(interface: Interface, months: str, button: str) -> None:
    """Launch months from the page of their job."""
    interface.go("locations/orchestration.definitions/jobs/month")
    interface.click("//button[contains(., 'Materialize all')]")
    (partitions,) = interface.wait(lambda: interface.found("//input[starts-with(@placeholder, 'ex: ')]"))
    partitions.send_keys(months + Keys.TAB)
    interface.click(f"//button[normalize-space() = '{button}']")


@pytest.fixture(scope="module")
def first_run(interface) -> str:
    """The page of the month's run, launched from the page of its job."""
    launch(interface, MONTH, "Launch 1 run")
    view = "//a[contains(@href, '/runs/')]"
    return interface.wait(lambda: [link.get_attribute("href") for link in interface.found(view)])[0]


def wait_for_success(interface: Interface, page: str) -> None:
    interface.browser.get(page)

    def ended() -> str | None:
        words = interface.text().splitlines()
        return next((word for word in ("Success", "Failure", "Canceled") if word in words), None)

    interface.wait(ended, RUN_SECONDS)
    assert ended() == "Success", interface.text()


def check(interface: Interface, name: str) -> dict[str, str]:
    """What the page of an asset check says: its title, its result and its metadata."""
    interface.go(f"assets/register/finding?view=checks&checkDetail={name}")
    interface.wait(lambda: "Metadata" in interface.text() and "Evaluation result" in interface.text())
    lines = interface.text().splitlines()
    said = {"result": lines[lines.index("Evaluation result") + 1]}
    said["title"] = next(line for line in lines if line.startswith(name.replace("_", "-")))
    for line in lines[lines.index("Metadata") + 1 :]:
        word, _, rest = line.partition(" ")
        said.setdefault(word, rest)
    return said


def test_the_lineage_reads_from_the_inbox_on_the_left_to_what_is_published_on_the_right(interface, first_run):
    interface.go("asset-groups")

    def places() -> dict[str, int]:
        nodes = interface.found("//*[name() = 'foreignObject']//div[not(*) and string-length(text()) > 2]")
        return {node.text: node.location["x"] for node in nodes if node.text[:1].isdigit()}

    interface.wait(lambda: len(places()) >= 8)
    groups = places()
    numbers = sorted({group[0] for group in groups})
    assert numbers == [str(number) for number in range(1, len(numbers) + 1)], groups
    for number, following in pairwise(numbers):
        last = max(place for group, place in groups.items() if group[0] == number)
        assert last <= min(place for group, place in groups.items() if group[0] == following), groups


def test_a_month_run_from_its_job_is_published(interface, first_run):
    wait_for_success(interface, first_run)
    file = interface.workspace / "published" / MONTH / "prebill_line.parquet"
    (total,) = duckdb.sql(f"select sum(amount_net) from '{file}' where status = 'READY'").fetchone()
    assert total == TOTALS[MONTH]


def test_a_failed_check_says_how_many_who_and_what_to_do(interface, first_run):
    wait_for_success(interface, first_run)
    said = check(interface, "FI_17")
    assert said["result"] == "Failed"
    assert said["title"].startswith("FI-17 · Montant à facturer non renseigné / ")
    assert (said["anomalies"], said["critical"]) == ("1", "1")
    assert said["owner"] == "Le responsable de la facturation"
    assert said["remedy"].startswith("Saisissez le montant dans billing_plan_line")
    assert said["P1|1"].startswith("D1 critical")


def test_once_mended_the_month_run_again_passes_the_check(interface, first_run):
    wait_for_success(interface, first_run)
    plan_lines = interface.workspace / "inbox" / "billing_plan_line.csv"
    text = plan_lines.read_text(encoding="utf-8")
    assert "P1,1,2025-01-15,,,\n" in text
    plan_lines.write_text(text.replace("P1,1,2025-01-15,,,\n", "P1,1,2025-01-15,,,120.00\n"), encoding="utf-8")
    interface.browser.get(first_run)
    interface.click("//button[contains(., 'Re-execute all')]")
    interface.wait(lambda: interface.browser.current_url != first_run)
    wait_for_success(interface, interface.browser.current_url)
    assert check(interface, "FI_17")["result"] == "Passed"


def test_months_filled_in_from_the_page_have_the_bytes_of_one_command(interface, first_run, tmp_path):
    wait_for_success(interface, first_run)
    launch(interface, f"[{LATER[0]}...{LATER[-1]}]", "Launch backfill")
    published = interface.workspace / "published"
    interface.wait(lambda: all((published / month).exists() for month in LATER), 2 * RUN_SECONDS)
    shutil.copytree(interface.workspace / "inbox", tmp_path / "inbox")
    assert cli.main(["run", f"{MONTH}..{LATER[-1]}", "-w", str(tmp_path)]) == 0
    assert kept(interface.workspace) == kept(tmp_path)
