"""Files for receivers and machines beside the published table: an Atom feed, a calendar, metrics."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from flows.journal import write_whole
from flows.messages import effective_text, headline_of, state_text
from flows.routing import effective_day
from flows.settings import Settings
from flows.stores import asking

if TYPE_CHECKING:
    from warehouse.outbox import Backlog
    from warehouse.records import Change

_ATOM = "http://www.w3.org/2005/Atom"
_ENTRIES = 200
_TOLD = frozenset({"new", "reversed", "rescheduled", "ended", "corrected"})


def write_exports(settings: Settings, now: datetime) -> None:
    """Write `changes.atom` and `effective.ics` beside the published file.

    Raises:
        OSError: a file cannot be written.
    """
    from warehouse.changes import changes_since

    with asking(settings) as connection:
        changes = [c for c in changes_since(connection, date.min) if c.kind in _TOLD and c.stage == "decided"]
    write_whole(settings.published / "changes.atom", atom(changes[-_ENTRIES:], now))
    write_whole(settings.published / "effective.ics", calendar(changes, now))


def atom(changes: Sequence[Change], now: datetime) -> str:
    """Return an Atom feed of changes, youngest first.

    Args:
        changes: oldest first.
        now: UTC without a zone; the feed's date if there is no change.
    """
    ET.register_namespace("", _ATOM)
    feed = ET.Element(_tag("feed"))
    _add(feed, "title", "Changes of link policy")
    _add(feed, "id", "urn:linkpolicy:changes")
    _add(feed, "updated", _stamp(changes[-1].known_at if changes else now))
    for change in reversed(changes):
        entry = ET.SubElement(feed, _tag("entry"))
        _add(entry, "title", headline_of(change))
        _add(entry, "id", f"urn:uuid:{change.change_id}")
        _add(entry, "updated", _stamp(change.known_at))
        author = ET.SubElement(entry, _tag("author"))
        _add(author, "name", "linkpolicy")
        _add(entry, "content", _entry_text(change), type="text")
        link = next((item.url for item in change.evidence if item.url), None)
        if link:
            ET.SubElement(entry, _tag("link"), rel="alternate", href=link)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode") + "\n"


def _tag(name: str) -> str:
    return f"{{{_ATOM}}}{name}"


def _add(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, _tag(name), attributes).text = _printable(text)


def _printable(text: str) -> str:
    """Drop the control characters that XML forbids."""
    return "".join(c for c in text if c >= " " or c in "\t\n")


def _entry_text(change: Change) -> str:
    sentence = change.evidence[0].sentence if change.evidence else ""
    before, after = state_text(change.before, change.stage), state_text(change.after, change.stage)
    return f"Before: {before}\nNow: {after}\n{sentence}"


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def calendar(changes: Iterable[Change], now: datetime) -> str:
    """Return an iCalendar of the days from which changes make a difference, where the day is known."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//linkpolicy//effective dates//EN"]
    for change in _latest(changes):
        day = effective_day(change)
        if day is None or (
            change.after and change.after.from_precision != "day" and day == change.after.valid_from
        ):
            continue
        lines += [
            "BEGIN:VEVENT",
            f"UID:{hashlib.sha256(_story(change).encode()).hexdigest()[:32]}@linkpolicy",
            f"DTSTAMP:{now:%Y%m%dT%H%M%S}Z",
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escape(headline_of(change))}",
            f"DESCRIPTION:{_escape(_entry_text(change) + chr(10) + 'Effective: ' + effective_text(change))}",
            "END:VEVENT",
        ]
    return "".join(f"{part}\r\n" for line in [*lines, "END:VCALENDAR"] for part in _folded(line))


def _latest(changes: Iterable[Change]) -> list[Change]:
    """Keep the last word on each story: a date that was moved leaves the calendar."""
    replaced = set()
    kept = list(changes)
    for change in kept:
        if change.follows and change.kind in {"rescheduled", "corrected"}:
            replaced.add(change.follows)
    return [change for change in kept if change.change_id not in replaced]


def _story(change: Change) -> str:
    if change.follows and change.kind in {"rescheduled", "corrected"}:
        return change.follows
    return change.change_id


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> list[str]:
    """Fold a line at 75 bytes, as RFC 5545 wants it; characters stay whole."""
    parts, current = [], ""
    for character in line:
        if len((current + character).encode()) > 74:
            parts.append(current)
            current = " "
        current += character
    return [*parts, current]


def metrics(
    night: Mapping[str, Any], backlog: Iterable[Backlog], disk: Mapping[str, int], now: datetime
) -> str:
    """Return the state of the pipeline in the text format of Prometheus."""
    started, finished = (datetime.fromisoformat(night[key]) for key in ("started_at", "finished_at"))
    statuses: dict[str, int] = dict.fromkeys(("ok", "quiet", "suspicious", "broken"), 0)
    for run in night["sources"]:
        statuses[run["status"]] = statuses.get(run["status"], 0) + 1
    families: list[tuple[str, str, list[tuple[str, float]]]] = [
        ("last_night_timestamp_seconds", "When the last night was finished.", [("", _unix(finished))]),
        ("last_night_duration_seconds", "How long it took.", [("", (finished - started).total_seconds())]),
        ("last_night_problems", "Things that failed in it.", [("", len(night["problems"]))]),
        ("last_night_sources", "Sources by verdict.", [(f'status="{k}"', v) for k, v in statuses.items()]),
        ("last_night_bytes", "Bytes received.", [("", sum(run["bytes"] for run in night["sources"]))]),
        ("last_night_documents", "New documents.", [("", night["documents"])]),
        ("last_night_statements", "New statements.", [("", night["observations"])]),
        ("last_night_changes", "Changes by kind.", [(f'kind="{k}"', v) for k, v in night["changes"].items()]),
        ("last_night_alerts", "Alerts queued.", [("", night["alerts"])]),
        (
            "alerts_waiting",
            "Alerts not delivered.",
            [(f'channel="{b.channel}",state="{b.state}"', b.count) for b in backlog],
        ),
        (
            "alerts_oldest_seconds",
            "Age of the oldest alert not delivered.",
            [(f'channel="{b.channel}",state="{b.state}"', (now - b.oldest).total_seconds()) for b in backlog],
        ),
        ("disk_bytes", "Bytes on disk by use.", [(f'use="{k}"', v) for k, v in disk.items()]),
    ]
    lines = []
    for name, text, samples in families:
        lines += [f"# HELP linkpolicy_{name} {text}", f"# TYPE linkpolicy_{name} gauge"]
        lines += [
            f"linkpolicy_{name}{{{label}}} {value:g}" if label else f"linkpolicy_{name} {value:.0f}"
            for label, value in samples
        ]
    return "\n".join(lines) + "\n"


def _unix(moment: datetime) -> float:
    return (moment - datetime(1970, 1, 1)).total_seconds()  # noqa: DTZ001 - both are UTC without a zone
