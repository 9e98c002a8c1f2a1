"""The Data Docs of a month: pages a billing manager reads, made from the validation results in the register.

The stock Data Docs of Great Expectations load some seventeen files from the Internet and speak of columns; these speak
of anomalies, in French or English, and load nothing but the style sheet beside them. They carry no date of production:
the same register gives the same bytes.
"""

import re
import shutil
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from expectations.rules import LANGUAGES, SEVERITIES, Rule, mark_names, rule_specs

if TYPE_CHECKING:
    import duckdb
    import jinja2

PAGES = Path(__file__).parent / "pages"
SHOWN_SUBJECTS = 200
SHOWN_COMPARISONS = 4
_ISO_DATE = re.compile(r"(?<![\w.|/-])(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)(?![\w.|/-])")
_DECIMAL = re.compile(r"(?<![\w.|/-])\d+\.(\d+)(?![\w.|/-])")
_SPACE_BEFORE_SIGN = re.compile(r" (?=[:;?!»€×÷])")
_SPACE_AFTER_SIGN = re.compile(r"(?<=[«≤≥×÷]) ")
# Figures must not be broken over two lines.
_THIN_SPACE, _NO_BREAK_SPACE = "\u202f", "\u00a0"


class DataDocsError(Exception):
    """The pages cannot be written; the message says what to do first."""


@dataclass(frozen=True)
class CheckPage:
    """One check as the page of its rule shows it."""

    id: str
    compares: str
    table: str
    expectation: str
    kwargs: str
    evaluated: int
    failed: int
    failing_query: str | None


@dataclass(frozen=True)
class RulePage:
    """One rule as its page and the index show it; texts in the language of the pages.

    Attributes:
        worst: the worst severity of its open anomalies, `accepted` when all are, the rule's own when there are none.
        subjects: its anomalies; the four counts after it add up to them.
        stake: of the open ones.
    """

    code: str
    worst: str
    subject_type: str
    title: str
    what: str
    why: str
    example: str
    remedy: str
    owner: str
    stake_formula: str
    evaluated: int
    failed: int
    subjects: int
    critical: int
    warning: int
    info: int
    accepted: int
    stake: Decimal | None
    checks: tuple[CheckPage, ...]

    @property
    def open(self) -> int:
        """The anomalies nobody has accepted."""
        return self.subjects - self.accepted


def write_data_docs(warehouse: Path, month: str, folder: Path, language: str = "fr") -> Path:
    """Write the pages of an audited month, replacing those that are there.

    Args:
        warehouse: the DuckDB file; no connection of this process may have it open for writing.
        month: `YYYY-MM`.
        folder: where the pages go, `reports/<month>/data_docs` of the workspace.
        language: `fr` or `en`.

    Returns:
        The path of the index page.

    Raises:
        DataDocsError: the month has not been audited, or the language is unknown.
    """
    import duckdb

    if language not in LANGUAGES:
        raise DataDocsError(f"No Data Docs in {language!r}; choose one of {', '.join(LANGUAGES)}.")
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        control_date = _control_date(connection, month)
        _gather_subjects(connection, month)
        rules = _read_rules(connection, month, language)
        subjects = {rule.code: _read_subjects(connection, rule.code) for rule in rules if rule.subjects}
    words = tomllib.loads((PAGES / "texts.toml").read_text(encoding="utf-8"))[language]
    templates = _templates(words)
    common = {
        "language": language,
        "words": words,
        "month": month,
        "month_name": _month_name(date.fromisoformat(f"{month}-01"), words),
        "control_date": _day_name(control_date, words),
    }
    pages = {"index.html": templates.get_template("index.html").render(common | _index(rules))}
    for position, rule in enumerate(rules):
        pages[f"{rule.code}.html"] = templates.get_template("rule.html").render(
            common,
            rule=rule,
            subjects=subjects.get(rule.code, []),
            previous=rules[position - 1] if position else None,
            following=rules[position + 1] if position + 1 < len(rules) else None,
        )
    pages["style.css"] = (PAGES / "style.css").read_text(encoding="utf-8")
    _replace_folder(folder, pages)
    return folder / "index.html"


def _index(rules: list[RulePage]) -> dict[str, Any]:
    """What the index adds up: totals, the rules with and without anomalies, the work of each owner."""
    failing = sorted(
        (rule for rule in rules if rule.subjects),
        key=lambda rule: ((*SEVERITIES, "accepted").index(rule.worst), -(rule.stake or 0), rule.code),
    )
    owners = []
    for name in sorted({rule.owner for rule in failing if rule.open}):
        own = [rule for rule in failing if rule.open and rule.owner == name]
        owners.append(
            {
                "name": name,
                "critical": sum(rule.critical for rule in own),
                "warning": sum(rule.warning for rule in own),
                "codes": sorted(rule.code for rule in own),
            }
        )
    return {
        "rules": rules,
        "failing": failing,
        "sound": [rule for rule in rules if not rule.subjects],
        "owners": sorted(owners, key=lambda owner: (-owner["critical"], -owner["warning"], owner["name"])),
        "cases": sum(rule.evaluated for rule in rules),
        "totals": {
            **{severity: sum(getattr(rule, severity) for rule in rules) for severity in (*SEVERITIES, "accepted")},
            "stake": sum((rule.stake or Decimal(0) for rule in failing if rule.worst == "critical"), Decimal(0)),
        },
    }


def _control_date(connection: "duckdb.DuckDBPyConnection", month: str) -> date:
    """The control date of the month's audit."""
    audited = None
    if _has_table(connection, "register", "check_result"):
        audited = connection.execute(
            "select min(control_date) from register.check_result where month = ? having count(*) > 0", [month]
        ).fetchone()
    if audited is None:
        raise DataDocsError(f"Month {month} has not been audited. Run it first: prefact run {month}")
    return audited[0]


def _gather_subjects(connection: "duckdb.DuckDBPyConnection", month: str) -> None:
    """Put the subjects of the month's findings, one row per rule and subject, into a temporary table.

    Names of clients, waivers and the month of the first sight come from the tables that hold them, where these exist.
    """
    anomaly = (
        "(select code, subject_id, first_seen_month, status = 'ACCEPTED' as accepted "
        "from marts.anomaly where month = $1)"
        if _has_table(connection, "marts", "anomaly")
        else "(select null as code, null as subject_id, null as first_seen_month, false as accepted)"
    )
    client = (
        "(select client_id, legal_name from raw.client)"
        if _has_table(connection, "raw", "client")
        else "(select null as client_id, null as legal_name)"
    )
    connection.execute(
        f"""
        create temporary table shown_subject as
        with finding as (
            select finding.*, result.table_name
            from register.finding as finding
            inner join register.check_result as result using (month, check_id)
            where finding.month = $1
        ),
        stake as (
            -- Two checks may fail on one line; its money is at stake once.
            select code, subject_id, sum(amount_at_stake) as amount_at_stake
            from (
                select code, subject_id, max(amount_at_stake) as amount_at_stake
                from finding
                group by code, subject_id, coalesce(hold_key, subject_id)
            )
            group by code, subject_id
        ),
        subject as (
            select
                code,
                subject_id,
                min(client_id) as client_id,
                min(client_file_id) as client_file_id,
                min(case severity when 'critical' then 0 when 'warning' then 1 else 2 end) as severity_rank,
                count(distinct (table_name, case_id)) as failed,
                list_sort(list(distinct {{'expected': expected, 'actual': actual}})) as comparisons,
            from finding
            group by code, subject_id
        )
        select
            subject.* exclude (comparisons),
            subject.comparisons[:{SHOWN_COMPARISONS}] as comparisons,
            greatest(len(subject.comparisons) - {SHOWN_COMPARISONS}, 0) as more_comparisons,
            cast(stake.amount_at_stake as decimal(18, 2)) as amount_at_stake,
            client.legal_name as client_name,
            anomaly.first_seen_month,
            coalesce(anomaly.accepted, false) as accepted,
        from subject
        inner join stake using (code, subject_id)
        left join {anomaly} as anomaly using (code, subject_id)
        left join {client} as client using (client_id)
        """,
        [month],
    )


def _read_rules(connection: "duckdb.DuckDBPyConnection", month: str, language: str) -> list[RulePage]:
    """The outcome of every rule of the month, with its texts."""
    results: dict[str, dict[str, tuple]] = {}
    for code, check_id, *row in connection.execute(
        "select code, check_id, table_name, expectation, kwargs, evaluated, failed, failing_query "
        "from register.check_result where month = ?",
        [month],
    ).fetchall():
        results.setdefault(code, {})[check_id] = tuple(row)
    counts = {
        code: figures
        for code, *figures in connection.execute(
            """
            select
                code,
                cast(sum(failed) as bigint),
                count(*),
                count(*) filter (where accepted),
                count(*) filter (where not accepted and severity_rank = 0),
                count(*) filter (where not accepted and severity_rank = 1),
                count(*) filter (where not accepted and severity_rank = 2),
                cast(sum(amount_at_stake) filter (where not accepted) as decimal(18, 2)),
            from shown_subject
            group by code
            """
        ).fetchall()
    }
    return [
        _rule_page(rule, results[rule.code], counts.get(rule.code, (0, 0, 0, 0, 0, 0, None)), language)
        for rule in rule_specs()
        if rule.code in results
    ]


def _rule_page(rule: Rule, results: dict[str, tuple], counts: Sequence[Any], language: str) -> RulePage:
    failed, subjects, accepted, critical, warning, info, stake = counts
    by_severity = {"critical": critical, "warning": warning, "info": info, "accepted": accepted}
    return RulePage(
        code=rule.code,
        worst=next((name for name, count in by_severity.items() if count), rule.severity),
        subject_type=rule.subject_type,
        title=rule.title[language],
        what=rule.what[language],
        why=rule.why[language],
        example=rule.example[language],
        remedy=rule.remedy[language],
        owner=rule.owner[language],
        stake_formula=rule.stake[language],
        evaluated=sum({table: evaluated for table, _, _, evaluated, _, _ in results.values()}.values()),
        failed=failed,
        subjects=subjects,
        stake=stake,
        checks=tuple(
            CheckPage(check.id, check.compares[language], *results[check.id])
            for check in rule.checks
            if check.id in results
        ),
        **by_severity,
    )


def _read_subjects(connection: "duckdb.DuckDBPyConnection", code: str) -> list[dict[str, Any]]:
    """The first subjects of a rule, the gravest and costliest first, those accepted last."""
    cursor = connection.execute(
        """
        select * from shown_subject
        where code = ?
        order by accepted, severity_rank, amount_at_stake desc nulls last, subject_id
        limit ?
        """,
        [code, SHOWN_SUBJECTS],
    )
    columns = [column[0] for column in cursor.description]
    subjects = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [subject | {"severity": SEVERITIES[subject["severity_rank"]]} for subject in subjects]


def _has_table(connection: "duckdb.DuckDBPyConnection", schema: str, table: str) -> bool:
    found = connection.execute(
        "select count(*) from information_schema.tables where table_schema = ? and table_name = ?", [schema, table]
    ).fetchone()
    return found[0] > 0


def _templates(words: dict[str, Any]) -> "jinja2.Environment":
    """The page templates, every value escaped, with the figures of the language."""
    import jinja2
    import markupsafe

    def prose(text: str) -> markupsafe.Markup:
        return markupsafe.Markup(mark_names(str(markupsafe.escape(_bound(text))), "<code>", "</code>"))

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": partial(_figure, words=words, decimals=0),
        "money": lambda amount: _figure(amount, words=words, decimals=2) + _NO_BREAK_SPACE + "€",
        "capitalize_first": lambda text: text[:1].upper() + text[1:],
        "prose": prose,
        "bound": _bound,
        "fact": partial(_fact, words=words),
    }
    return environment


def _figure(value: int | Decimal, *, words: dict[str, Any], decimals: int) -> str:
    """A figure as the language writes it, with a no-break space between thousands in French."""
    thousands = words["thousands"].replace(" ", _THIN_SPACE)
    plain = f"{value:,.{decimals}f}"
    return plain.replace(",", "\0").replace(".", words["decimal"]).replace("\0", thousands)


def _fact(text: str, *, words: dict[str, Any]) -> str:
    """The `expected` or `actual` of a finding with its dates and decimals as the language writes them."""
    text = _ISO_DATE.sub(lambda found: words["short_date"].format(**found.groupdict()), text)
    return _bound(_DECIMAL.sub(lambda found: _figure(Decimal(found[0]), words=words, decimals=len(found[1])), text))


def _bound(text: str) -> str:
    """A text whose signs stay on the line of the word they belong to, as French punctuation wants it."""
    return _SPACE_BEFORE_SIGN.sub(_NO_BREAK_SPACE, _SPACE_AFTER_SIGN.sub(_NO_BREAK_SPACE, text))


def _month_name(month: date, words: dict[str, Any]) -> str:
    return words["month"].format(month=words["months"][month.month - 1], year=month.year)


def _day_name(day: date, words: dict[str, Any]) -> str:
    return words["date"].format(day=day.day, month=words["months"][day.month - 1], year=day.year)


def _replace_folder(folder: Path, pages: dict[str, str]) -> None:
    """Write the pages beside and switch, so that a reader never meets half of them."""
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, content in pages.items():
        (fresh / name).write_text(content, encoding="utf-8", newline="\n")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
