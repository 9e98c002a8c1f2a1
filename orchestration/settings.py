"""The workspace and its ``prefact.toml``: where things are, and every option with its default.

What belongs here: finding the folder, reading and checking the configuration, writing the commented template.
What does not: what the options mean (SQL reads them from ``raw.run_context``).
"""

from __future__ import annotations

import calendar
import datetime as dt
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from assets.site import FIXED_OPTIONS, Cluster
from assets.sources.spec import Source
from orchestration.errors import PrefactError
from orchestration.rule import Rule, like, one_of, shown, whole, yes_or_no
from orchestration.rule import text as text_rule
from orchestration.texts import DEFAULT_LANGUAGE, LANGUAGES

CONFIG_NAME = "prefact.toml"
WORKSPACE_ENV = "PREFACT_WORKSPACE"
FIRST_MONTH = "2000-01"
MONTHS_AHEAD = 24
MONTH_PATTERN = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
FOLDERS = (
    "inbox",
    "inbox/documents",
    "inbox/payroll",
    "inbox/timesheets",
    "ledger",
    "archive",
    "published",
    "reports",
    "exports",
)


@dataclass(frozen=True)
class TimeSettings:
    """Time entries; mission columns of the same name override them."""

    approval_required: bool = True
    rounding_minutes: int = 0
    rounding_mode: str = "up"
    rounding_per: str = "entry"


@dataclass(frozen=True)
class UnitSettings:
    """Payroll metrics: the counting method, the day after which a declaration is final, the contracts that count."""

    method: str = "PER_PAYMENT"
    due_day: int = 15
    internships: bool = True
    officers: bool = True

    @property
    def payroll_counts(self) -> str:
        """The column of ``payroll_declaration`` that counts."""
        columns = {
            (True, True): "quantity",
            (False, True): "without_internships",
            (True, False): "without_officers",
            (False, False): "without_both",
        }
        return columns[self.internships, self.officers]


@dataclass(frozen=True)
class AnomalySettings:
    """Bounds of the rules that need one."""

    jump_factor: Decimal = Decimal(3)
    estimate_jump_factor: Decimal = Decimal(5)


@dataclass(frozen=True)
class ScheduleSettings:
    """When the month runs by itself, and which month that run bills."""

    day: int = 1
    hour: int = 6
    bills: str = "current"


@dataclass(frozen=True)
class NotifySettings:
    """Whom a run that fails is told to: a program that reads the message, a web address kept in the environment."""

    command: tuple[str, ...] = ()
    webhook_env: str | None = None


@dataclass(frozen=True)
class SellerSettings:
    """The firm as drafts of invoices name it; what is missing is left to the invoicing software."""

    name: str | None = None
    siren: str | None = None
    vat_number: str | None = None
    address: str | None = None
    postal_code: str | None = None
    city: str | None = None
    country: str | None = None
    einvoice_address: str | None = None


@dataclass(frozen=True)
class SparkSettings:
    """The cluster that runs the models when the engine is Spark: docs/spark.md."""

    master: str | None = None
    shared: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Settings:
    """A whole ``prefact.toml``, checked."""

    language: str = DEFAULT_LANGUAGE
    first_month: str | None = None
    control_day: str | int = "last"
    engine: str = "duckdb"
    time: TimeSettings = field(default_factory=TimeSettings)
    units: UnitSettings = field(default_factory=UnitSettings)
    anomalies: AnomalySettings = field(default_factory=AnomalySettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    seller: SellerSettings = field(default_factory=SellerSettings)
    spark: SparkSettings = field(default_factory=SparkSettings)
    sources: tuple[Source, ...] = ()

    def control_date(self, month: str) -> dt.date:
        """Return the control date of ``month`` (``YYYY-MM``); a day the month does not have is its last."""
        year, number = int(month[:4]), int(month[5:])
        last = calendar.monthrange(year, number)[1]
        return dt.date(year, number, last if self.control_day == "last" else min(int(self.control_day), last))


@dataclass(frozen=True)
class Workspace:
    """A folder of the user's and its settings."""

    root: Path
    settings: Settings

    @property
    def inbox(self) -> Path:
        """What comes in."""
        return self.root / "inbox"

    @property
    def warehouse(self) -> Path:
        """The DuckDB file, which the pipeline alone writes."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """Parquet copies of the output relations, by month."""
        return self.root / "published"

    @property
    def reports(self) -> Path:
        """Reports, by month."""
        return self.root / "reports"

    @property
    def hidden(self) -> Path:
        """What the tools keep for themselves: Dagster's history, dbt's parse, the lock."""
        return self.root / ".prefact"

    @property
    def cluster(self) -> Cluster | None:
        """Where the models run, when it is not in this process."""
        spark = self.settings.spark
        if self.settings.engine != "spark" or spark.master is None:
            return None
        shared = (self.root / spark.shared).resolve() if spark.shared else self.hidden.resolve() / "spark"
        return Cluster(spark.master, shared, spark.options)


def _factor() -> Rule:
    def accepts(value: Any) -> bool:
        if type(value) is not int and not isinstance(value, Decimal):
            return False
        number = Decimal(value)
        return number.is_finite() and 1 < number < 100_000 and number == round(number, 4)

    return Rule("> 1, < 100000, 4 decimals", accepts, Decimal)


def _command(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _control_day(value: Any) -> bool:
    return value == "last" or (type(value) is int and 1 <= value <= 31)


def _spark_options(value: Any) -> bool:
    return isinstance(value, dict) and all(
        key.startswith("spark.") and key not in FIXED_OPTIONS and isinstance(option, str) and option
        for key, option in value.items()
    )


def is_month(value: object) -> bool:
    """Say whether ``value`` is a text ``YYYY-MM``."""
    return isinstance(value, str) and MONTH_PATTERN.fullmatch(value) is not None


RULES: Mapping[str, Rule] = {
    "language": one_of(*LANGUAGES),
    "first_month": Rule('"YYYY-MM", >= "2000-01"', lambda value: is_month(value) and value >= FIRST_MONTH),
    "control_day": Rule('"last", 1..31', _control_day),
    "engine": one_of("duckdb", "spark"),
    "time.approval_required": yes_or_no(),
    "time.rounding_minutes": whole(0, 1440),
    "time.rounding_mode": one_of("up", "down", "nearest"),
    "time.rounding_per": one_of("entry", "day"),
    "units.method": one_of("PER_PAYMENT", "PER_CONTRACT", "PER_INDIVIDUAL"),
    "units.due_day": whole(1, 31),
    "units.internships": yes_or_no(),
    "units.officers": yes_or_no(),
    "anomalies.jump_factor": _factor(),
    "anomalies.estimate_jump_factor": _factor(),
    # 29 to 31 would make some months never run.
    "schedule.day": whole(1, 28),
    "schedule.hour": whole(0, 23),
    "schedule.bills": one_of("current", "previous"),
    "notify.command": Rule('["program", "word", …]', _command, tuple),
    # The address itself is a secret: whoever has it can write there.
    "notify.webhook_env": like('"NAME_OF_A_VARIABLE"', r"[A-Za-z_][A-Za-z0-9_]*"),
    **{
        f"seller.{name}": text_rule()
        for name in SellerSettings.__dataclass_fields__
        if name not in ("siren", "country")
    },
    "seller.siren": Rule(
        '"123456789"',
        lambda value: isinstance(value, str) and re.fullmatch(r"[0-9]{9}", value.replace(" ", "")) is not None,
        lambda value: value.replace(" ", ""),
    ),
    "seller.country": Rule(
        '"FR"', lambda value: isinstance(value, str) and re.fullmatch("[A-Z]{2}", value) is not None
    ),
    "spark.master": like('"spark://host:7077", "local[4]"', r"(spark|yarn|k8s|local)\S*"),
    "spark.shared": text_rule(),
    "spark.options": Rule(f'{{ "spark.…" = "…" }}, {" ≠ ".join(["spark.…", *FIXED_OPTIONS])}', _spark_options),
}
SECTIONS: Mapping[str, type] = {
    "time": TimeSettings,
    "units": UnitSettings,
    "anomalies": AnomalySettings,
    "schedule": ScheduleSettings,
    "notify": NotifySettings,
    "seller": SellerSettings,
    "spark": SparkSettings,
}
# Pulled sources have sections of their own, `[sources.<name>]`.
FREE_SECTION = "sources"


def parse_settings(text: str, file: str = CONFIG_NAME) -> Settings:
    """Read and check the text of a ``prefact.toml``.

    Args:
        text: the file's content.
        file: its name, for messages.

    Raises:
        PrefactError: naming the key, the value, what is allowed, and the file.
    """
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise PrefactError("config_unreadable", file=file, detail=error) from error
    values: dict[str, Any] = {}

    def take(key: str, value: Any) -> None:
        rule = RULES[key]
        if not rule.accepts(value):
            raise PrefactError("config_bad_value", file=file, key=key, value=shown(value), allowed=rule.allowed)
        values[key] = rule.convert(value)

    top = [key for key in RULES if "." not in key]
    for key, value in content.items():
        if key == FREE_SECTION or key in SECTIONS:
            if not isinstance(value, dict):
                raise PrefactError("config_bad_value", file=file, key=key, value=shown(value), allowed=f"[{key}]")
            for name, item in value.items() if key in SECTIONS else ():
                if f"{key}.{name}" not in RULES:
                    known = [rule.split(".")[1] for rule in RULES if rule.startswith(f"{key}.")]
                    allowed = ", ".join(known)
                    raise PrefactError(
                        "config_unknown_key", file=file, key=f"{key}.{name}", value=shown(item), allowed=allowed
                    )
                take(f"{key}.{name}", item)
        elif key in top:
            take(key, value)
        else:
            allowed = ", ".join([*top, *(f"[{name}]" for name in (*SECTIONS, f"{FREE_SECTION}.*"))])
            raise PrefactError("config_unknown_key", file=file, key=key, value=shown(value), allowed=allowed)
    sections = {
        section: kind(**{key.split(".")[1]: value for key, value in values.items() if key.startswith(f"{section}.")})
        for section, kind in SECTIONS.items()
    }
    if values.get("engine") == "spark" and sections["spark"].master is None:
        raise PrefactError("config_missing_key", file=file, key="master", section="[spark]")
    sources: tuple[Source, ...] = ()
    if content.get(FREE_SECTION):
        # The contract of the tables is read only where a source may name one.
        from orchestration.source_settings import parse_sources

        sources = parse_sources(content[FREE_SECTION], file)
    top_values = {key: value for key, value in values.items() if "." not in key}
    return Settings(**top_values, **sections, sources=sources)


def workspace_root(option: str | None, environment: Mapping[str, str] | None = None) -> Path:
    """Return the workspace's folder: the option, else ``$PREFACT_WORKSPACE``, else the current folder."""
    chosen = option or (os.environ if environment is None else environment).get(WORKSPACE_ENV) or "."
    return Path(chosen).expanduser().absolute()


def load_workspace(root: Path) -> Workspace:
    """Return the workspace of an existing folder; without a ``prefact.toml`` every option has its default.

    Raises:
        PrefactError: when the folder is missing or its configuration is wrong.
    """
    if not root.exists():
        raise PrefactError("no_such_folder", folder=root)
    if not root.is_dir():
        raise PrefactError("not_a_folder", folder=root)
    file = root / CONFIG_NAME
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Workspace(root, Settings())
    except (OSError, UnicodeDecodeError) as error:
        raise PrefactError("config_unreadable", file=file, detail=error) from error
    return Workspace(root, parse_settings(text, str(file)))


def guess_language(root: Path) -> str:
    """Return the language a message before any check is shown in: the file's if it says one, else French."""
    try:
        content = tomllib.loads((root / CONFIG_NAME).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return DEFAULT_LANGUAGE
    language = content.get("language")
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def create_workspace(root: Path, language: str = DEFAULT_LANGUAGE) -> list[Path]:
    """Make the folders and a commented ``prefact.toml``; whatever is there already stays untouched.

    Args:
        root: the folder, existing or not.
        language: of the comments and of the ``language`` key.

    Returns:
        What was made, folders and files.

    Raises:
        PrefactError: when something cannot be written.
    """
    made: list[Path] = []
    try:
        if root.exists() and not root.is_dir():
            raise PrefactError("not_a_folder", folder=root)
        for folder in (root, *(root / name for name in FOLDERS)):
            if not folder.exists():
                folder.mkdir(parents=True)
                made.append(folder)
        file = root / CONFIG_NAME
        if not file.exists():
            with file.open("x", encoding="utf-8") as handle:
                handle.write(TEMPLATES[language])
            made.append(file)
    except OSError as error:
        raise PrefactError("cannot_write", path=error.filename or root, detail=error.strerror) from error
    return made


def month_span(text: str, today: dt.date) -> list[str]:
    """Return the months of ``2026-03`` or ``2026-01..2026-12``.

    Args:
        text: what the person typed.
        today: decides how far ahead a month may lie.

    Raises:
        PrefactError: when it is no month, a range that ends before it begins, or outside what can be billed.
    """
    first, separator, last = text.partition("..")
    last = last if separator else first
    if not (is_month(first) and is_month(last)):
        raise PrefactError("bad_month", value=text)
    if last < first:
        raise PrefactError("month_order", value=text)
    latest = _month_of(today.year * 12 + today.month - 1 + MONTHS_AHEAD)
    for month in (first, last):
        if not FIRST_MONTH <= month <= latest:
            raise PrefactError("month_out_of_range", value=month, first=FIRST_MONTH, last=latest)
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [_month_of(number) for number in range(start, end + 1)]


def _month_of(number: int) -> str:
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


TEMPLATES: Mapping[str, str] = {
    "fr": """\
# Configuration de prefact. Chaque clé a une valeur par défaut, celle écrite ici : tout peut rester en l'état.

# Langue des messages et des rapports : "fr" ou "en".
language = "fr"

# Premier mois facturé par prefact : ce qui était dû avant est écarté (BEFORE_START). Sans cette clé : tout compte.
# first_month = "2026-01"

# Date de contrôle d'un mois : "last" (dernier jour) ou un jour de 1 à 31.
control_day = "last"

# Où le mois se calcule : "duckdb" (sur cette machine) ou "spark" (sur une grappe, voir [spark]).
engine = "duckdb"

[time]
# Les temps non approuvés attendent-ils ? (true, false)
approval_required = true
# Pas d'arrondi des temps, en minutes (0 : aucun), et sens : "up", "down", "nearest".
rounding_minutes = 0
rounding_mode = "up"
# L'arrondi se fait par saisie ("entry") ou par jour ("day").
rounding_per = "entry"

[units]
# Comptage des bulletins : "PER_PAYMENT", "PER_CONTRACT", "PER_INDIVIDUAL".
method = "PER_PAYMENT"
# Échéance des déclarations de paie : jour du mois suivant (5 ou 15), passé lequel ce qui est déclaré est définitif.
due_day = 15
# Compte-t-on les stagiaires (contrats de nature 29) et les mandataires sociaux (80) des DSN ? (true, false)
internships = true
officers = true

[anomalies]
# Une mesure plus de n fois au-dessus (ou au-dessous) de sa moyenne sur trois mois est signalée.
jump_factor = 3
estimate_jump_factor = 5

[schedule]
# Lancement automatique : jour (1 à 28) et heure du mois, mois facturé : "current" ou "previous".
day = 1
hour = 6
bills = "current"

[notify]
# À qui dire qu'un calcul a échoué : une commande, qui reçoit le message sur son entrée ; une adresse web (webhook), lue
# dans la variable d'environnement nommée ici.
# command = ["mail", "-s", "prefact : échec", "compta@exemple.fr"]
# webhook_env = "PREFACT_WEBHOOK_URL"

[seller]
# Le cabinet, tel que les brouillons Factur-X le nomment (prefact export --format facturx).
# name = "Cabinet Exemple"
# siren = "732829320"
# vat_number = "FR44732829320"
# address = "1 rue de l'Exemple"
# postal_code = "75001"
# city = "Paris"
# country = "FR"
# einvoice_address = "0225:732829320"

[spark]
# La grappe qui calcule quand engine = "spark" : docs/spark.md. Le dossier partagé est vu de toutes ses machines.
# master = "spark://grappe.exemple.fr:7077"
# shared = "/mnt/partage/prefact"
# options = { "spark.executor.memory" = "4g" }

[sources]
# Ce qui est relevé au début d'un calcul, en plus d'inbox/ : docs/sources.md. Les secrets viennent de l'environnement.
# [sources.partage]
# kind = "folder"
# path = "/mnt/partage/export"
# [sources.gestion]
# kind = "sql"
# url = "postgresql+psycopg://lecteur:${MOT_DE_PASSE}@serveur/base"
# query = "select source_id, collaborator_id, mission_id, work_date, minutes, modified_at from temps"
# table = "time_entry"
# cursor = "modified_at"
""",
    "en": """\
# prefact's configuration. Every key has a default, the one written here: all of it may stay as it is.

# Language of messages and reports: "fr" or "en".
language = "en"

# First month prefact bills: what was due before is left out (BEFORE_START). Without this key everything counts.
# first_month = "2026-01"

# Control date of a month: "last" (its last day) or a day from 1 to 31.
control_day = "last"

# Where the month is computed: "duckdb" (on this machine) or "spark" (on a cluster, see [spark]).
engine = "duckdb"

[time]
# Do time entries wait for approval? (true, false)
approval_required = true
# Rounding step of time, in minutes (0: none), and its direction: "up", "down", "nearest".
rounding_minutes = 0
rounding_mode = "up"
# Rounding is per time entry ("entry") or per day ("day").
rounding_per = "entry"

[units]
# How payslips are counted: "PER_PAYMENT", "PER_CONTRACT", "PER_INDIVIDUAL".
method = "PER_PAYMENT"
# Deadline of payroll declarations: day of the following month (5 or 15), after which what is declared is final.
due_day = 15
# Are interns (contracts of nature 29) and corporate officers (80) of the DSN counted? (true, false)
internships = true
officers = true

[anomalies]
# A measure more than n times above (or below) its mean of three months is reported.
jump_factor = 3
estimate_jump_factor = 5

[schedule]
# Automatic run: day (1 to 28) and hour of the month, month billed: "current" or "previous".
day = 1
hour = 6
bills = "current"

[notify]
# Whom to tell that a run has failed: a command, which gets the message on its input; a web address (webhook), read from
# the environment variable named here.
# command = ["mail", "-s", "prefact: failure", "accounts@example.org"]
# webhook_env = "PREFACT_WEBHOOK_URL"

[seller]
# The firm as Factur-X drafts name it (prefact export --format facturx).
# name = "Example & Co"
# siren = "732829320"
# vat_number = "FR44732829320"
# address = "1 rue de l'Exemple"
# postal_code = "75001"
# city = "Paris"
# country = "FR"
# einvoice_address = "0225:732829320"

[spark]
# The cluster that computes when engine = "spark": docs/spark.md. All its machines see the shared folder.
# master = "spark://cluster.example.org:7077"
# shared = "/mnt/share/prefact"
# options = { "spark.executor.memory" = "4g" }

[sources]
# What is fetched at the start of a run, besides inbox/: docs/sources.md. Secrets come from the environment.
# [sources.share]
# kind = "folder"
# path = "/mnt/share/export"
# [sources.office]
# kind = "sql"
# url = "postgresql+psycopg://reader:${PASSWORD}@server/database"
# query = "select source_id, collaborator_id, mission_id, work_date, minutes, modified_at from time_entries"
# table = "time_entry"
# cursor = "modified_at"
""",
}
