"""`[sources.<name>]` of `prefact.toml`, checked key by key: a secret has no place there, nor in a message about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import PurePosixPath
from typing import Any
from zoneinfo import ZoneInfo

from assets.contract import TABLES
from assets.sources.secrets import MASK, VARIABLE
from assets.sources.spec import KINDS, Field, Source
from orchestration.errors import PrefactError
from orchestration.rule import Rule, like, one_of, shown, text, whole, yes_or_no

SECTION = "sources"
NAME = r"[a-z][a-z0-9_]{0,39}"
#: Tables that a query or an API can feed; engagement letters are files.
FED = tuple(name for name, table in TABLES.items() if table.kind != "document")
#: Headers that hold no secret, so that they may be written out.
PLAIN_HEADERS = ("accept", "accept-language", "content-type", "user-agent")
SECRET_WORD = re.compile(r"pass|pwd|secret|token|key|auth|sign|session|credential", re.IGNORECASE)
_USERINFO = re.compile(r"^[A-Za-z][\w+.-]*://([^/@]*)@")
_PATH = re.compile(r"[^.\s]+(\.[^.\s]+)*")


def _has_literal_secret(address: str) -> bool:
    """Say whether an address holds a password, or a parameter named like one, that is not `${NAME}`."""
    user = _USERINFO.match(address)
    password = user[1].partition(":")[2] if user else ""
    pairs = [pair.partition("=") for pair in re.split("[&;]", address.partition("?")[2])]
    secrets = [value for name, _, value in pairs if SECRET_WORD.search(name)]
    return any(value and not VARIABLE.fullmatch(value) for value in (password, *secrets))


def _url(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not _has_literal_secret(value)


def _web_address(value: Any) -> bool:
    return _url(value) and re.match(r"(https?://[^@]*|\$\{)", value) is not None and not _USERINFO.match(value)


def _into(value: Any) -> bool:
    if not isinstance(value, str) or not value or "\\" in value:
        return False
    parts = PurePosixPath(value).parts
    return not value.startswith("/") and bool(parts) and not any(part.startswith(".") for part in parts)


def _texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(each, str) and each for each in value.values())


def _headers(value: Any) -> bool:
    return _texts(value) and all(name.lower() in PLAIN_HEADERS or VARIABLE.search(value[name]) for name in value)


def _params(value: Any) -> bool:
    return _texts(value) and all(not SECRET_WORD.search(name) or VARIABLE.search(value[name]) for name in value)


def _timezone(value: Any) -> bool:
    try:
        return isinstance(value, str) and ZoneInfo(value) is not None
    except (ValueError, OSError, KeyError):
        return False


def _path(value: Any) -> bool:
    return isinstance(value, str) and _PATH.fullmatch(value) is not None


def _column(value: Any) -> bool:
    if isinstance(value, str):
        return _path(value)
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        return False
    if set(value) == {"value"}:
        return bool(value["value"])
    return (
        _path(value.get("field"))
        and set(value) in ({"field"}, {"field", "unit"}, {"field", "part"})
        and value.get("unit", "seconds") in ("seconds", "hours")
        and value.get("part", "date") == "date"
    )


def _read_column(value: str | dict[str, str]) -> Field:
    if isinstance(value, str):
        return Field(path=value)
    return Field(value.get("field", ""), value.get("value", ""), value.get("unit", ""), value.get("part", ""))


def _columns(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_column(each) for each in value.values())


#: What may be in a message: of the others the value might be, or hold, a secret typed there by mistake.
HARMLESS = ("required", "max_seconds", "table", "overlap_minutes", "kind", "size", "first_page", "timezone", "into")
RULES: Mapping[str, Rule] = {
    "required": yes_or_no(),
    "max_seconds": whole(1, 86_400),
    "overlap_minutes": whole(0, 525_600),
    "path": text(),
    "into": Rule('"payroll/partage"', _into, lambda value: PurePosixPath(value).as_posix()),
    "table": one_of(*FED),
    "query": text(),
    "cursor": text(),
    "headers": Rule('{ Authorization = "Bearer ${NAME}" }', _headers),
    "params": Rule('{ name = "…", token = "${NAME}" }', _params),
    "items": Rule('"data.items"', _path),
    "page_param": text(),
    "first_page": whole(0, 1),
    "size_param": text(),
    "size": whole(1, 10_000),
    "pages_header": text(),
    "total_header": text(),
    "cursor_param": text(),
    "cursor_field": Rule('"path.to.field"', _path),
    "cursor_format": like('"%Y-%m-%dT%H:%M:%S"', r".*%.*"),
    "timezone": Rule('"Europe/Paris"', _timezone),
    "columns": Rule(
        '{ minutes = { field = "duration", unit = "seconds" | "hours" }, '
        'work_date = { field = "begin", part = "date" }, source = { value = "…" }, source_id = "id" }',
        _columns,
        lambda value: {name: _read_column(each) for name, each in value.items()},
    ),
}
URLS: Mapping[str, Rule] = {
    "sql": Rule('"postgresql+psycopg://user:${PASSWORD}@host/database"', _url, str.strip),
    "http": Rule('"https://host/path", without user or password', _web_address, str.strip),
}


def parse_sources(content: Mapping[str, Any], file: str) -> tuple[Source, ...]:
    """Read and check the sections of pulled sources.

    Args:
        content: what `[sources]` holds, by name.
        file: the configuration's name, for messages.

    Returns:
        The sources, in the order they are written.

    Raises:
        PrefactError: naming the key, what is allowed and the file, never a value that may be a secret.
    """
    return tuple(_parse(name, section, file) for name, section in content.items())


def _parse(name: str, section: Any, file: str) -> Source:
    place = f"{SECTION}.{name}"

    def refuse(key: str, value: Any, allowed: str) -> PrefactError:
        harmless = key.rpartition(".")[2] in HARMLESS or key == place
        text = shown(value) if harmless and not isinstance(value, dict) else MASK
        return PrefactError("config_bad_value", file=file, key=key, value=text, allowed=allowed)

    if re.fullmatch(NAME, name) is None:
        raise refuse(place, name, "[sources.<name>], <name> = a-z 0-9 _")
    if not isinstance(section, dict):
        raise refuse(place, MASK, f"[{place}]")
    kind = section.get("kind")
    if kind not in KINDS:
        allowed = ", ".join(f'"{each}"' for each in KINDS)
        raise refuse(f"{place}.kind", "" if kind is None else kind, allowed)
    known = {each.name: each for each in fields(KINDS[kind]) if each.name != "name"}
    values: dict[str, Any] = {}
    for key, value in section.items():
        if key == "kind":
            continue
        if key not in known:
            allowed = ", ".join(["kind", *known])
            raise PrefactError("config_unknown_key", file=file, key=f"{place}.{key}", value=MASK, allowed=allowed)
        rule = URLS[kind] if key == "url" else RULES[key]
        if not rule.accepts(value):
            raise refuse(f"{place}.{key}", value, rule.allowed)
        values[key] = rule.convert(value)
    for key, each in known.items():
        if key not in values and each.default is MISSING and each.default_factory is MISSING:
            raise PrefactError("config_missing_key", file=file, section=f"[{place}]", key=key)
    for column in values.get("columns", {}):
        if column not in TABLES[values["table"]].column_names:
            allowed = ", ".join(TABLES[values["table"]].column_names)
            raise PrefactError(
                "config_unknown_key", file=file, key=f"{place}.columns.{column}", value=MASK, allowed=allowed
            )
    return KINDS[kind](name=name, **values)
