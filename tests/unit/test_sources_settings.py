"""`[sources.*]` of `prefact.toml`: what is accepted, what is refused, and that no message shows a secret."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from assets.sources.spec import Field, FolderSource, HttpSource, SqlSource
from orchestration import cli, month, validation
from orchestration.errors import PrefactError
from orchestration.settings import TEMPLATES, load_workspace, parse_settings

SECRET = "s3cr3t-hunter2"
SQL = 'kind = "sql"\nurl = "sqlite:///x.db"\nquery = "select 1"\ntable = "client"\n'
HTTP = 'kind = "http"\nurl = "https://example.org/api"\ntable = "client"\ncolumns = { client_id = "id" }\n'


def sources(text: str):
    return parse_settings(text).sources


def test_each_kind_is_read_with_its_defaults():
    folder, office, kimai = sources(
        '[sources.share]\nkind = "folder"\npath = "/mnt/x"\n'
        f'[sources.office]\n{SQL}required = true\nmax_seconds = 20\ncursor = "modified"\n'
        '[sources.kimai]\nkind = "http"\nurl = "https://kimai.example.org/api/timesheets"\ntable = "time_entry"\n'
        'headers = { Authorization = "Bearer ${KIMAI_TOKEN}", Accept = "application/json" }\n'
        'timezone = "Europe/Paris"\n'
        "[sources.kimai.columns]\n"
        'source = { value = "kimai" }\n'
        'source_id = "id"\n'
        'minutes = { field = "duration", unit = "seconds" }\n'
        'work_date = { field = "begin", part = "date" }\n'
    )
    assert folder == FolderSource(name="share", path="/mnt/x")
    assert (folder.target, folder.required, folder.max_seconds) == ("pulled/share", False, 300)
    assert isinstance(office, SqlSource)
    assert (office.required, office.max_seconds, office.is_incremental) == (True, 20, True)
    assert isinstance(kimai, HttpSource)
    assert kimai.columns["minutes"] == Field(path="duration", unit="seconds")
    assert kimai.columns["source"] == Field(value="kimai")
    assert (kimai.pages_header, kimai.overlap_minutes, kimai.is_incremental) == ("X-Total-Pages", 60, False)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_examples_of_the_template_are_accepted_once_uncommented(language):
    template = TEMPLATES[language]
    beginning = template.index("# [sources.")
    lines = [line.removeprefix("# ") for line in template[beginning:].splitlines()]
    folder, sql = sources("\n".join(lines))
    assert isinstance(folder, FolderSource)
    assert isinstance(sql, SqlSource)


@pytest.mark.parametrize(
    "text",
    [
        SQL.replace("sqlite:///x.db", f"postgresql://user:{SECRET}@host/base"),
        SQL.replace("sqlite:///x.db", f"postgresql://user@host/base?password={SECRET}"),
        SQL.replace("sqlite:///x.db", f"postgresql://user:${{A}}{SECRET}@host/base"),
        HTTP.replace("https://example.org/api", f"https://user:{SECRET}@example.org/api"),
        HTTP.replace("https://example.org/api", f"https://example.org/api?api_key={SECRET}"),
        HTTP + f'headers = {{ Authorization = "Bearer {SECRET}" }}\n',
        HTTP + f'headers = {{ X-Auth-Token = "{SECRET}" }}\n',
        HTTP + f'params = {{ token = "{SECRET}" }}\n',
        HTTP + f'password = "{SECRET}"\n',
        SQL + f'cursor = ["{SECRET}"]\n',
    ],
)
def test_a_secret_written_out_is_refused_and_never_repeated(text):
    with pytest.raises(PrefactError) as caught:
        sources(f"[sources.x]\n{text}")
    for language in ("fr", "en"):
        message = caught.value.text(language)
        assert "sources.x." in message
        assert SECRET not in message
        assert "***" in message


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[sources.x]\nkind = "ftp"', '"folder", "sql", "http"'),
        ("[sources.x]\n", "sources.x.kind"),
        ('[sources.X-1]\nkind = "folder"\npath = "/x"', "sources.X-1"),
        ("[sources]\nx = 3", "sources.x"),
        ('[sources.x]\nkind = "folder"', "path"),
        ('[sources.x]\nkind = "folder"\npath = "/x"\ninto = "../out"', "sources.x.into"),
        ('[sources.x]\nkind = "folder"\npath = "/x"\ninto = "/etc"', "sources.x.into"),
        (f"[sources.x]\n{SQL}max_seconds = 0", "1..86400"),
        (f"[sources.x]\n{SQL}required = 1", "true, false"),
        (f"[sources.x]\n{SQL.replace('client', 'clients')}", '"clients"'),
        (f"[sources.x]\n{SQL.replace('client', 'document')}", '"document"'),
        (f"[sources.x]\n{SQL}pages = 3", "cursor"),
        (f"[sources.x]\n{HTTP.replace('client_id', 'clientid')}", "sources.x.columns.clientid"),
        (f"[sources.x]\n{HTTP.replace('https', 'ftp')}", "https://host/path"),
        (f'[sources.x]\n{HTTP}timezone = "Europe/Lutece"', "sources.x.timezone"),
        (f"[sources.x]\n{HTTP}".replace('"id"', '{ field = "id", unit = "days" }'), "sources.x.columns"),
        (f"[sources.x]\n{HTTP}".replace('"id"', "{}"), "sources.x.columns"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(text, named):
    with pytest.raises(PrefactError) as caught:
        parse_settings(text, "prefact.toml")
    for language in ("fr", "en"):
        assert named in caught.value.text(language)
        assert "prefact.toml" in caught.value.text(language)


def test_the_months_of_a_command_fetch_once_and_what_is_only_laid_out_again_not_at_all(tmp_path, monkeypatch):
    (tmp_path / "inbox").mkdir()
    orders = []
    monkeypatch.setattr(month, "carry_out", lambda _, __, given, *___: orders.extend(given))
    shown = month.Order(month.MONTH_JOB, "2026-01", dt.date(2026, 1, 31), {"ingest": {"as_published": True}})
    split = (["2026-01"], [shown], ["2026-02", "2026-03"])
    monkeypatch.setattr(validation, "split_validated", lambda *_: split)
    cli.run_and_show(load_workspace(tmp_path), ["2026-01", "2026-02", "2026-03"], None, strict=False)
    assert [(order.month, order.fetch) for order in orders] == [
        ("2026-01", False),
        ("2026-02", True),
        ("2026-03", False),
    ]


def test_the_commands_start_without_the_libraries_of_the_sources(tmp_path):
    (tmp_path / "prefact.toml").write_text(f"[sources.x]\n{SQL}[sources.y]\n{HTTP}", encoding="utf-8")
    code = (
        "import sys; from orchestration import cli; from orchestration.settings import load_workspace; "
        "from pathlib import Path; load_workspace(Path(sys.argv[1])); cli.build_cli('fr'); "
        "print([name for name in ('sqlalchemy', 'requests', 'tenacity', 'polars', 'duckdb') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    assert done.stdout.strip() == "[]"
