"""Put a change of policy into words that a receiver can act on."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from flows.errors import InputError
from flows.routing import Severity, effective_day, severity_of

if TYPE_CHECKING:
    from warehouse.records import Change, Evidence, PolicyRow, State

_HERE = Path(__file__).parent
_QUOTED = 3  # sources quoted in full in one message
_DOUBTFUL = 0.5  # a reading less likely than this is more often wrong than right: the headline says so
_FIELDS = (
    "headline",
    "what",
    "where",
    "before",
    "after",
    "effective",
    "stage",
    "region",
    "witnesses",
    "confidence",
    "evidence",
    "archived",
    "reject",
    "alert_id",
    "thread_id",
)  # that a template may name


@dataclass(frozen=True, slots=True)
class Message:
    """One alert as a channel sends it.

    Attributes:
        id: the same at every attempt; a receiver that has seen it may drop the message.
        thread: id of the first change of the same story.
        headline: one line.
        brief: the headline with what was before and the evidence, a few indented lines for the console.
        body: the whole text, the headline included.
        facts: the change as plain values (the documented schema of the webhook).
    """

    id: str
    thread: str
    severity: Severity
    headline: str
    brief: str
    body: str
    facts: Mapping[str, Any]


def compose(
    alert_id: str, change: Change, today: date, template: Path | None = None, *, reminder: bool = False
) -> Message:
    """Write the message of one change.

    Args:
        alert_id: the outbox's.
        change: what is told.
        today: the receiver's day, for the severity.
        template: file in `string.Template` form, None for the built-in wording.
        reminder: it was told before and is told again on the eve of its day.

    Raises:
        InputError: the template cannot be read or names an unknown field.
    """
    doubtful = change.confidence is not None and change.confidence < _DOUBTFUL
    headline = headline_of(change, reminder=reminder) + (" (doubtful reading)" if doubtful else "")
    thread = change.follows or change.change_id
    fields = {
        "headline": headline,
        "what": _what(change),
        "where": f"{service_name(change.platform)} {_where(change.surface)}".strip(),
        "before": state_text(change.before, change.stage),
        "after": state_text(change.after, change.stage),
        "effective": effective_text(change),
        "stage": change.stage,
        "region": change.region or "everywhere, or not said",
        "witnesses": _witnesses(change),
        "confidence": _confidence(change),
        "evidence": "\n\n".join(_quotation(item) for item in change.evidence[:_QUOTED]) or "(no evidence)",
        "archived": _archived(change),
        "reject": _reject(change),
        "alert_id": alert_id,
        "thread_id": thread,
    }
    severity = severity_of(change, today)
    body = _fill(template or _HERE / "templates" / "alert.txt", fields)
    facts = {
        "headline": headline,
        "severity": severity.value,
        "effective": fields["effective"],
        "confidence": change.confidence,
        "reminder": reminder,
    } | change.to_json()
    return Message(alert_id, thread, severity, headline, _brief(fields, change), body, facts)


def check_template(template: Path | None) -> None:
    """See that alerts can be written by a template, before anything is to be told.

    Raises:
        InputError: it cannot be read or names an unknown field.
    """
    if template is not None:
        _fill(template, dict.fromkeys(_FIELDS, ""))


def digest(messages: Sequence[Message]) -> Message:
    """Put several messages into one; its id depends on theirs, so that another attempt has the same."""
    ids = "\n".join(message.id for message in messages)
    headline = f"{len(messages)} changes of link policy"
    body = "\n\n".join((headline, *(message.body.rstrip() for message in messages))) + "\n"
    return Message(
        id=hashlib.sha256(ids.encode()).hexdigest()[:32],
        thread=messages[0].thread,
        severity=max((message.severity for message in messages), key=list(Severity).index),
        headline=headline,
        brief="\n".join(message.brief for message in messages),
        body=body,
        facts={"changes": [dict(message.facts) for message in messages]},
    )


def _brief(fields: Mapping[str, str], change: Change) -> str:
    lines = [f"* {fields['headline']}", f"    before: {fields['before']}; witnesses: {fields['witnesses']}"]
    for item in change.evidence[:1]:
        lines += [f"    {' '.join(item.sentence.split())}", f"    {_origin(item)}"]
    return "\n".join(lines)


def headline_of(change: Change, *, reminder: bool = False) -> str:
    """Return the change in one plain sentence."""
    words = _words()
    if reminder and change.after is not None:
        return f"Reminder: {_sentence(change, change.after)}"
    prefix = str(words["kind"].get(change.kind, ""))
    if change.after is not None:
        return prefix + _sentence(change, change.after)
    if change.before is None:
        return f"{prefix}{service_name(change.platform)}: {_what(change)}"
    if change.kind != "ended":
        return f"{prefix}withdrawn: {_sentence(change, change.before)}"
    parts = [f"{service_name(change.platform)}: {_what(change)}", _where(change.surface)]
    parts += [f"no longer {words['state'][change.before.action]}"]
    if change.before.valid_to:
        parts.append(f"from {day_text(change.before.valid_to, 'day')}")
    return prefix + _joined(*parts, _region(change))


def _sentence(change: Change, state: State) -> str:
    """Return what a state says, like `Kuaishou blocks Taobao links in live rooms from 1 March 2022`."""
    verb = _words()["action"][change.stage][state.action]
    fact = (service_name(change.platform), verb, _what(change), _where(change.surface))
    return _joined(*fact, _when(state), _region(change))


def _region(change: Change) -> str:
    return f"({change.region})" if change.region else ""


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def service_name(slug: str) -> str:
    """Return the English name of a service."""
    from extract.vocabulary import load_vocabulary

    service = load_vocabulary().services.get(slug)
    return service.names[0] if service and service.names else slug.replace("_", " ").title()


def _what(change: Change) -> str:
    known = _words()["target"].get(change.target)
    return str(known) if known else f"{service_name(change.target)} links"


def _where(surface: str) -> str:
    known = _words()["surface"].get(surface)
    return str(known) if known is not None else f"at {surface.replace('_', ' ')}"


def day_text(day: date, precision: str | None) -> str:
    """Return a date as precisely as it is known: `1 March 2022`, `March 2022`, `2022`."""
    if precision == "year":
        return f"{day.year}"
    if precision == "month":
        return f"{day:%B} {day.year}"
    return f"{day.day} {day:%B} {day.year}"


def state_text(state: State | None, stage: str = "decided") -> str:
    """Return a state with its interval, `nothing known` for None; what is not decided says so."""
    if state is None:
        return "nothing known"
    text = f"{_words()['stage'][stage]}{_words()['state'][state.action]} {_since(state)}"
    return text + (f" until {_until(state)}" if state.valid_to else "")


def _since(state: State) -> str:
    if state.from_precision == "by":
        return f"since {day_text(state.valid_from, 'day')} at the latest"
    return f"from {day_text(state.valid_from, state.from_precision)}"


def _until(state: State) -> str:
    assert state.valid_to is not None  # noqa: S101 - the callers have looked
    return day_text(state.valid_to - timedelta(days=1), state.to_precision)


def date_cells(state: State | PolicyRow) -> tuple[str, str]:
    """Return start and last day as ISO dates as precise as they are known, with `<=` for "at the latest"."""
    from warehouse.records import partial

    start = str(partial(state.valid_from, state.from_precision))
    if state.from_precision == "by":
        start = f"<= {start}"
    if state.valid_to is None:
        return start, ""
    return start, str(partial(state.valid_to - timedelta(days=1), state.to_precision))


def _when(state: State) -> str:
    start = "" if state.from_precision == "by" else _since(state)
    return _joined(start, f"until {_until(state)}" if state.valid_to else "")


def effective_text(change: Change) -> str:
    """Return the day from which the change makes a difference, with its precision."""
    day = effective_day(change)
    if day is None:
        return "not said"
    state = change.after
    if state is None or day != state.valid_from:
        return day_text(day, "day")
    notes = {
        "month": " (day not known)",
        "year": " (day and month not known)",
        "by": " at the latest (start not said)",
    }
    return day_text(day, state.from_precision) + notes.get(state.from_precision, "")


def _witnesses(change: Change) -> str:
    state = change.after or change.before
    official = "the platform's own notice" if state and state.authority == "notice" else "press only"
    contested = "; other sources contradict it" if change.contested else ""
    return f"{change.witnesses} independent, {official}{contested}"


def _confidence(change: Change) -> str:
    if change.confidence is None:
        return "not known"
    doubt = ", read the evidence before you act" if change.confidence < _DOUBTFUL else ""
    return f"{change.confidence:.0%} likely to be read right{doubt}"


def _quotation(item: Evidence) -> str:
    place = f"\n    {item.url}" if item.url else ""
    return f"  > {item.sentence}\n    {_origin(item)}{place}"


def _origin(item: Evidence) -> str:
    published = f", published {item.published:%Y-%m-%d}" if item.published else ""
    inferred = " (date worked out from the text)" if item.published and item.published_inferred else ""
    title = f"“{item.title}”, " if item.title else ""
    return f"{title}{item.source_id or 'given by hand'} ({item.kind}){published}{inferred}"


def _archived(change: Change) -> str:
    for item in change.evidence:
        if item.warc_file:
            return f"archive/{item.warc_file}, record at byte {item.warc_offset}"
    return "not archived (given by hand)"


def _reject(change: Change) -> str:
    if not change.evidence:
        return "no evidence to reject"
    return f'linkpolicy review reject {change.evidence[0].observation_id} --why "..."'


def _fill(path: Path, fields: Mapping[str, str]) -> str:
    try:
        return Template(path.read_text(encoding="utf-8")).substitute(fields).rstrip() + "\n"
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text") from None
    except (KeyError, ValueError) as error:
        known = ", ".join(f"${name}" for name in fields)
        raise InputError(f"{path}: unknown or malformed field {error}; known are {known}") from None


@cache
def _words() -> dict[str, Any]:
    return tomllib.loads((_HERE / "wording.toml").read_text(encoding="utf-8"))
