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


def notices(nights: Sequence[Mapping[str, Any]], missed_after: timedelta) -> list[Notice]:
    """Return what the latest of some nights has to tell.

    Args:
        nights: records of the journal, oldest first; the last is the one just over.
        missed_after: a longer gap between two nights is a missed one.
    """
    if not nights:
        return []
    night = nights[-1]
    found = [notice for run in night["sources"] for notice in _source_notices(nights, run)]
    found += [
        _notice(
            night, f"channel {channel}", f"Channel {channel}: {count} alerts were given up", "alerts retry"
        )
        for channel, count in night.get("dead", {}).items()
    ]
    found += _unread_notices(night)
    found += _lake_notices(nights)
    found += _failure_notices(nights)
    finished = [before for before in nights[:-1] if journal.is_finished(before)]
    if finished and journal.is_finished(night):
        gap = _time(night["started_at"]) - _time(finished[-1]["finished_at"])
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


def _unread_notices(night: Mapping[str, Any]) -> list[Notice]:
    pages = night.get("unread", ())
    if not pages:
        return []
    url, reason = pages[0]
    headline = f"{len(pages)} archived pages could not be read, the first {url}: {reason}"
    return [
        _notice(night, "unread", headline, "they are tried again; report it if `status` still shows them")
    ]


def _failure_notices(nights: Sequence[Mapping[str, Any]]) -> list[Notice]:
    """An error that ended nights is told of in the first of several in a row."""
    before, now = ["", *(_failure(night) for night in nights[-2:])][-2:]
    if before or not now:
        return []
    return [_notice(nights[-1], "failed", now[0].upper() + now[1:], "mend it, then `linkpolicy run`")]


def _failure(night: Mapping[str, Any]) -> str:
    return next((problem for problem in night["problems"] if problem.startswith(journal.FAILED)), "")


def _lake_notices(nights: Sequence[Mapping[str, Any]]) -> list[Notice]:
    """The lake is told of in the first of several nights in a row that could not write it."""
    before, now = ["", *(_lake_problem(night) for night in nights[-2:])][-2:]
    if before or not now:
        return []
    advice = "mend it, then `linkpolicy lake`, or leave it to the next night"
    return [_notice(nights[-1], "lake", f"What is published did not reach the {now}", advice)]


def _lake_problem(night: Mapping[str, Any]) -> str:
    return next((problem for problem in night["problems"] if problem.startswith("lake: ")), "")


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


def tell(settings: Settings, channel: Channel | None) -> list[str]:
    """Send what the nights since the last call have to tell; return one line for each that did not arrive.

    Nights that were killed before they told anything are made up for; without any call before, only the last
    night speaks. A kill after sending sends once more, under the same id.

    Args:
        settings: of this machine.
        channel: the operator's, None keeps nothing and tells nobody.
    """
    nights = journal.nights(settings.state)
    if channel is None or not nights:
        return []
    told, queue = untold(settings.state)
    missed_after = timedelta(hours=settings.missed_after_hours)
    for count in range(_first_untold(nights, told), len(nights) + 1):
        queue += notices(nights[:count], missed_after)
    problems = []
    while queue:
        try:
            send(channel, _message(queue[0]), settings.alerts_log)
        except ChannelError as error:
            problems.append(f"operator's channel {channel.name}: {error}")
            break
        queue.pop(0)
    kept = {"told": nights[-1]["run_id"], "queue": [asdict(notice) for notice in queue]}
    journal.write_whole(health_file(settings.state), json.dumps(kept, ensure_ascii=False) + "\n")
    return problems


def _first_untold(nights: Sequence[Mapping[str, Any]], told: str) -> int:
    """Return how many nights there are up to the first that has not been told of."""
    names = [night["run_id"] for night in nights]
    return names.index(told) + 2 if told in names else len(nights)


def _message(notice: Notice) -> Message:
    body = f"{notice.headline}\n\nWhat to do: {notice.advice}\n"
    brief = f"! {notice.headline}\n    what to do: {notice.advice}"
    facts = {"health": notice.headline, "advice": notice.advice}
    return Message(notice.id, notice.id, Severity.URGENT, notice.headline, brief, body, facts)


def health_file(state: Path) -> Path:
    """Return the file of what the operator was told and is still to be told."""
    return state / "health.json"


def untold(state: Path) -> tuple[str, list[Notice]]:
    """Return the last night that was told of, and the notices that wait.

    Raises:
        StateError: the file is damaged.
    """
    path = health_file(state)
    return journal.read_state(path, _kept) if path.is_file() else ("", [])


def _kept(text: str) -> tuple[str, list[Notice]]:
    kept = json.loads(text)
    if isinstance(kept, list):  # as it was written before the last night was kept
        kept = {"told": "", "queue": kept}
    return kept["told"], [Notice(**values) for values in kept["queue"]]
