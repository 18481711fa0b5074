"""Which change is worth an alert, and to which channels it goes: rules in TOML, read strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from extract.records import Action, Kind, Stage
from flows.errors import InputError
from flows.redaction import hide, hide_url
from flows.settings import Settings, fill_secrets

if TYPE_CHECKING:
    from warehouse.records import Change


class Severity(StrEnum):
    """How soon a receiver should look."""

    INFO = "info"
    NOTICE = "notice"
    URGENT = "urgent"


class ChannelType(StrEnum):
    """How a channel is reached."""

    CONSOLE = "console"
    FILE = "file"
    WEBHOOK = "webhook"
    APPRISE = "apprise"


WORTH = ("new", "reversed", "rescheduled", "ended", "corrected", "confirmed")
_URGENT_WITHIN = timedelta(days=7)
_SCHEME = re.compile(r"\w+://.")


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to a receiver.

    Attributes:
        url: of a webhook, or an Apprise URL; secrets are filled in from the environment.
        secret: key of a webhook's signature.
        path: of a file channel, None for `alerts/alerts.jsonl` in the data directory.
        quiet: local times between which only urgent alerts go out, None for never.
        timezone: IANA zone of `quiet` and of the times in messages.
        digest: one message for all alerts that wait, instead of one each.
    """

    name: str
    type: ChannelType
    url: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    path: Path | None = None
    quiet: tuple[time, time] | None = None
    timezone: str = "UTC"
    digest: bool = False

    def is_quiet(self, now: datetime) -> bool:
        """Tell whether a UTC time without zone lies in the channel's quiet hours."""
        if self.quiet is None:
            return False
        local = now.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(self.timezone)).time()
        start, end = self.quiet
        return start <= local < end if start <= end else local >= start or local < end


@dataclass(frozen=True, slots=True)
class Route:
    """A change that meets all conditions goes to the channels; an empty condition is met by all.

    Attributes:
        confidence: least probability, in [0, 1], that the likeliest reading among its evidence is right.
        reminder: tell once more on the eve of the day on which it takes effect or ends.
    """

    channels: tuple[str, ...]
    platform: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    surface: tuple[str, ...] = ()
    action: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    stage: tuple[str, ...] = (Stage.DECIDED.value,)
    source_kind: tuple[str, ...] = ()
    change: tuple[str, ...] = WORTH
    severity: Severity = Severity.INFO
    confidence: float = 0.0
    reminder: bool = False

    def takes(self, change: Change, severity: Severity) -> bool:
        """Tell whether the change goes this way."""
        states = [state for state in (change.after, change.before) if state]
        found: Mapping[str, set[str]] = {
            "platform": {change.platform},
            "target": {change.target},
            "surface": {change.surface},
            "region": {change.region or "all"},
            "stage": {str(change.stage)},
            "change": {str(change.kind)},
            "action": {str(states[0].action)} if states else set(),
            "source_kind": {str(item.kind) for item in change.evidence},
        }
        met = all(not (wanted := getattr(self, name)) or found[name] & set(wanted) for name in found)
        sure = change.confidence is None or change.confidence >= self.confidence
        return met and sure and _ORDER[severity] >= _ORDER[self.severity]


_ORDER = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Routes:
    """All channels and routes.

    Attributes:
        max_age: changes that took effect longer ago are history and go nowhere.
    """

    channels: Mapping[str, Channel]
    routes: tuple[Route, ...]
    max_age: timedelta

    @property
    def remind(self) -> bool:
        """Whether any route asks for reminders."""
        return any(route.reminder for route in self.routes)

    def channels_at(self, now: datetime) -> Callable[[Change], Iterable[str]]:
        """Return the function by which the warehouse fills the outbox."""
        return lambda change: self.channels_for(change, now)

    def channels_for(self, change: Change, now: datetime) -> tuple[str, ...]:
        """Return the names of the channels that are to hear of a change, each once."""
        if str(change.kind) not in WORTH or is_history(change, now.date(), self.max_age):
            return ()
        return self._taken(self.routes, change, now)

    def channels_to_remind(self, change: Change, now: datetime) -> tuple[str, ...]:
        """Return the names of the channels that are to hear of a change on the eve of its day, each once."""
        if str(change.kind) not in WORTH:
            return ()
        return self._taken((route for route in self.routes if route.reminder), change, now)

    @staticmethod
    def _taken(routes: Iterable[Route], change: Change, now: datetime) -> tuple[str, ...]:
        severity = severity_of(change, now.date())
        names = [name for route in routes if route.takes(change, severity) for name in route.channels]
        return tuple(dict.fromkeys(names))


def effective_day(change: Change) -> date | None:
    """Return the day from which the change makes a difference, None if it is not known."""
    before, after = change.before, change.after
    if after is None:
        return before.valid_to if before else None
    if before is not None and before.action == after.action and before.valid_from == after.valid_from:
        return after.valid_to or before.valid_to  # only its end was moved
    return after.valid_from


def is_history(change: Change, today: date, max_age: timedelta) -> bool:
    """Tell whether a change is too old to be news."""
    day = effective_day(change)
    return day is not None and day < today - max_age


def severity_of(change: Change, today: date) -> Severity:
    """Return how soon a receiver should look: decided changes of this week first."""
    if str(change.stage) != Stage.DECIDED or str(change.kind) == "confirmed":
        return Severity.INFO
    day = effective_day(change)
    near = day is None or today - _URGENT_WITHIN <= day <= today + _URGENT_WITHIN
    return Severity.URGENT if near else Severity.NOTICE


def load_routes(settings: Settings) -> Routes:
    """Read the routing file of the settings; without one, all goes to the console and to a file.

    Raises:
        InputError: the file is wrong; names file and key.
    """
    routes = _load(settings)
    operator = settings.operator_channel
    if operator is not None and operator not in routes.channels:
        known = ", ".join(routes.channels)
        raise InputError(
            f"setting LINKPOLICY_OPERATOR_CHANNEL: {operator!r} is no channel; declared are {known}"
        )
    return routes


def _load(settings: Settings) -> Routes:
    max_age = timedelta(days=settings.alert_max_age_days)
    path = settings.routes
    if path is None:
        usual = {kind.value: Channel(kind.value, kind) for kind in (ChannelType.CONSOLE, ChannelType.FILE)}
        return Routes(usual, (Route(tuple(usual)),), max_age)
    table = _read(path)
    _only(path, "", table, {"channels", "routes"})
    channels = {
        name: _channel(path, name, value)
        for name, value in _table(path, "channels", table.get("channels")).items()
    }
    routes = tuple(
        _route(path, f"routes[{number}]", value, channels)
        for number, value in enumerate(_list(path, "routes", table.get("routes")))
    )
    return Routes(channels, routes, max_age)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: is not TOML: {error}") from None


def _only(path: Path, prefix: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            where = f"{prefix}.{key}" if prefix else key
            raise InputError(f"{path}: {where}: unknown key; allowed are {', '.join(sorted(known))}")


def _table(path: Path, key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{path}: {key}: must be a table")
    return value


def _list(path: Path, key: str, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise InputError(f"{path}: {key}: must be a list that is not empty")
    return value


def _channel(path: Path, name: str, value: Any) -> Channel:
    key = f"channels.{name}"
    table = _table(path, key, value)
    _only(path, key, table, {"type", "url", "secret", "path", "quiet", "timezone", "digest"})
    kind = _one_of(path, f"{key}.type", table.get("type"), ChannelType)
    url = _text(path, f"{key}.url", table.get("url", ""))
    needs_url = kind in {ChannelType.WEBHOOK, ChannelType.APPRISE}
    if needs_url != bool(url):
        raise InputError(f"{path}: {key}.url: " + ("is required" if needs_url else f"is not for type {kind}"))
    given = table.get("path")
    url = _url(path, f"{key}.url", _filled(path, f"{key}.url", url), kind)
    secret = _filled(path, f"{key}.secret", _text(path, f"{key}.secret", table.get("secret", "")))
    hide_url(url)
    hide([secret])
    return Channel(
        name=name,
        type=kind,
        url=url,
        secret=secret,
        path=Path(_text(path, f"{key}.path", given)) if given is not None else None,
        quiet=_quiet(path, f"{key}.quiet", table.get("quiet")),
        timezone=_zone(path, f"{key}.timezone", table.get("timezone", "UTC")),
        digest=_flag(path, f"{key}.digest", table.get("digest", False)),
    )


def _filled(path: Path, key: str, text: str) -> str:
    try:
        return fill_secrets(text)
    except InputError as error:
        raise InputError(f"{path}: {key}: {error}") from None


def _url(path: Path, key: str, url: str, kind: ChannelType) -> str:
    """Check what can be checked without a connection; the URL is a secret and is not repeated."""
    if kind is ChannelType.WEBHOOK and not url.startswith(("https://", "http://")):
        raise InputError(f"{path}: {key}: must begin with https:// or http://")
    if kind is ChannelType.APPRISE and not _SCHEME.match(url):
        raise InputError(f"{path}: {key}: must be a URL of Apprise, like mailto://... or slack://...")
    try:
        host = urlsplit(url).hostname
    except ValueError:
        raise InputError(f"{path}: {key}: is no URL: look at its host, and at brackets in it") from None
    if kind is ChannelType.WEBHOOK and not host:
        raise InputError(f"{path}: {key}: names no host")
    return url


def _route(path: Path, key: str, value: Any, channels: Mapping[str, Channel]) -> Route:
    table = _table(path, key, value)
    allowed: dict[str, Iterable[str] | None] = {
        "channels": channels,
        "platform": None,
        "target": None,
        "surface": None,
        "action": [item.value for item in Action],
        "region": None,
        "stage": [item.value for item in Stage],
        "source_kind": [item.value for item in Kind],
        "change": WORTH,
    }
    _only(path, key, table, {*allowed, "severity", "confidence", "reminder"})
    names = {
        name: _names(path, f"{key}.{name}", table[name], allowed[name]) for name in allowed if name in table
    }
    if "channels" not in names:
        raise InputError(f"{path}: {key}.channels: is required")
    _check_slugs(path, key, names)
    severity = _one_of(path, f"{key}.severity", table.get("severity", "info"), Severity)
    confidence = _probability(path, f"{key}.confidence", table.get("confidence", 0))
    reminder = _flag(path, f"{key}.reminder", table.get("reminder", False))
    return Route(**names, severity=severity, confidence=confidence, reminder=reminder)


def _check_slugs(path: Path, key: str, names: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a platform, target or surface that no rule can have: such a route would be silent for ever."""
    given = {name: names[name] for name in ("platform", "target", "surface") if name in names}
    if not given:
        return
    from extract.vocabulary import load_vocabulary

    words = load_vocabulary()
    known = {
        "platform": words.services.keys(),
        "target": words.services.keys() | words.targets.keys(),
        "surface": words.surfaces.keys(),
    }
    for name, slugs in given.items():
        for slug in slugs:
            if slug not in known[name]:
                near = get_close_matches(slug, known[name], n=1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise InputError(f"{path}: {key}.{name}: no {name} has the slug {slug!r}{hint}")


def _probability(path: Path, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{path}: {key}: must be a number from 0 to 1, not {value!r}")
    return float(value)


def _names(path: Path, key: str, value: Any, allowed: Iterable[str] | None) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else _list(path, key, value)
    for item in items:
        if not isinstance(item, str) or (allowed is not None and item not in allowed):
            known = ", ".join(allowed) if allowed is not None else "names"
            raise InputError(f"{path}: {key}: {item!r} is not allowed; allowed are {known}")
    return tuple(items)


def _one_of(path: Path, key: str, value: Any, enum: type[Any]) -> Any:
    try:
        return enum(value)
    except ValueError:
        known = ", ".join(item.value for item in enum)
        raise InputError(f"{path}: {key}: must be one of {known}, not {value!r}") from None


def _flag(path: Path, key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{path}: {key}: must be true or false")
    return value


def _text(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InputError(f"{path}: {key}: must be a string")
    return value


def _quiet(path: Path, key: str, value: Any) -> tuple[time, time] | None:
    if value is None:
        return None
    try:
        start, end = (time.fromisoformat(part.strip()) for part in value.split("-"))
    except (AttributeError, ValueError):
        raise InputError(f'{path}: {key}: must be like "22:00-07:00", not {value!r}') from None
    if start.tzinfo or end.tzinfo:
        raise InputError(
            f'{path}: {key}: must be like "22:00-07:00"; `timezone` names the zone, not {value!r}'
        )
    return start, end


def _zone(path: Path, key: str, value: Any) -> str:
    try:
        ZoneInfo(_text(path, key, value))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # `Asia` is a directory
        raise InputError(f"{path}: {key}: unknown time zone {value!r}") from None
    return str(value)
