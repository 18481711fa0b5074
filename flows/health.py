"""Health of the whole: what needs a person, and who is told when that changes.

Messages wait in `state/health.json` until the operator's channel has taken them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flows import journal
from flows.channels import ChannelError, send
from flows.messages import Message
from flows.routing import Channel, Severity
from flows.settings import Settings

_PATIENCE = 2  # nights in a row that a source is broken before anyone is woken: one is often a passing fault


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that an operator should know.

    Attributes:
        id: the same at every attempt.
        headline: one line.
        advice: what to do about it.
    """

    id: str
    headline: str
    advice: str


def notices(
    nights: Sequence[Mapping[str, Any]], missed_after: timedelta, dead: Mapping[str, int]
) -> list[Notice]:
    """Return what the latest of some nights has to tell.

    Args:
        nights: records of the journal, oldest first; the last is the one just over.
        missed_after: a longer gap between two nights is a missed one.
        dead: alerts given up in this night, by channel.
    """
    if not nights:
        return []
    night = nights[-1]
    found = [notice for run in night["sources"] for notice in _source_notices(nights, run)]
    found += [
        _notice(
            night, f"channel {channel}", f"Channel {channel}: {count} alerts were given up", "alerts retry"
        )
        for channel, count in dead.items()
    ]
    if len(nights) > 1:
        gap = _time(night["started_at"]) - _time(nights[-2]["finished_at"])
        if gap > missed_after:
            hours = gap / timedelta(hours=1)
            headline = f"No night was finished for {hours:.0f} hours before {night['started_at'][:16]}"
            found.append(_notice(night, "missed", headline, "look at the scheduler's log"))
    if any(problem.startswith("not published") for problem in night["problems"]):
        reason = next(p for p in night["problems"] if p.startswith("not published"))
        found.append(
            _notice(night, "unpublished", f"The night was loaded but {reason}", "look at the rows named")
        )
    return found


def _source_notices(nights: Sequence[Mapping[str, Any]], run: Mapping[str, Any]) -> list[Notice]:
    """A source is told of at its second broken night, and when it is back after that."""
    name = run["source_id"]
    past = [r["status"] for night in nights for r in night["sources"] if r["source_id"] == name]
    broken = _streak(past)
    if broken == _PATIENCE:
        headline = f"Source {name} is broken: {run['message']}"
        return [_notice(nights[-1], f"source {name}", headline, f"try `linkpolicy run --source {name}`")]
    if not broken and _streak(past[:-1]) >= _PATIENCE:
        return [_notice(nights[-1], f"source {name}", f"Source {name} works again", "nothing to do")]
    return []


def _streak(statuses: Sequence[str]) -> int:
    """Return how many of the last statuses in a row are `broken`."""
    count = 0
    for status in reversed(statuses):
        if status != "broken":
            break
        count += 1
    return count


def _notice(night: Mapping[str, Any], subject: str, headline: str, advice: str) -> Notice:
    name = hashlib.sha256(f"{night['run_id']} {subject}".encode()).hexdigest()[:32]
    return Notice(name, headline, advice)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def tell(settings: Settings, channel: Channel | None, new: Sequence[Notice]) -> list[str]:
    """Send new notices and those that wait; return one line for each that did not arrive.

    Args:
        settings: of this machine.
        channel: the operator's, None keeps nothing and tells nobody.
        new: what the last night has to tell.
    """
    if channel is None:
        return []
    queue = [*_read(settings.state), *new]
    problems = []
    while queue:
        try:
            send(channel, _message(queue[0]), settings.alerts_log)
        except ChannelError as error:
            problems.append(f"operator's channel {channel.name}: {error}")
            break
        queue.pop(0)
    journal.write_whole(
        _file(settings.state), json.dumps([asdict(n) for n in queue], ensure_ascii=False) + "\n"
    )
    return problems


def _message(notice: Notice) -> Message:
    body = f"{notice.headline}\n\nWhat to do: {notice.advice}\n"
    brief = f"! {notice.headline}\n    what to do: {notice.advice}"
    facts = {"health": notice.headline, "advice": notice.advice}
    return Message(notice.id, notice.id, Severity.URGENT, notice.headline, brief, body, facts)


def _file(state: Path) -> Path:
    return state / "health.json"


def _read(state: Path) -> list[Notice]:
    path = _file(state)
    if not path.is_file():
        return []
    return [Notice(**values) for values in json.loads(path.read_text(encoding="utf-8"))]
