"""When a page, and when a source, is looked at again."""

from __future__ import annotations

from datetime import datetime, timedelta

from crawlers.records import PageState, Revisit, Schedule, Source

FIRST_INTERVAL = timedelta(hours=6)
LAST_INTERVAL = timedelta(days=28)
# A nightly run does not start at the same second every night: what falls due a little later is due now.
SLACK = timedelta(hours=2)
_EVERY = {
    Schedule.NIGHTLY: timedelta(days=1),
    Schedule.WEEKLY: timedelta(days=7),
    Schedule.MONTHLY: timedelta(days=28),
}


def next_due(known: PageState | None, fetched_at: datetime, *, changed: bool) -> datetime:
    """Say when a notice is looked at again: soon after a change, then at ever longer intervals.

    Silent edits mostly follow soon after publication, so each visit without a change doubles the
    interval, from six hours to four weeks.

    Args:
        known: the state before this visit, None if the page is new.
        fetched_at: time of this visit.
        changed: whether this visit brought another body (or the first).
    """
    if changed or known is None or known.next_due is None or known.last_fetched is None:
        return fetched_at + FIRST_INTERVAL
    interval = 2 * (known.next_due - known.last_fetched)
    return fetched_at + min(max(interval, FIRST_INTERVAL), LAST_INTERVAL)


def page_is_due(source: Source, known: PageState | None, now: datetime) -> bool:
    """Tell whether an article is fetched in a run that starts now."""
    if known is None or known.digest is None or source.revisit is Revisit.ALWAYS:
        return True
    if source.revisit is Revisit.NEVER:
        return False
    return known.next_due is None or known.next_due <= now + SLACK


def source_is_due(source: Source, last_run: datetime | None, now: datetime) -> bool:
    """Tell whether a source is crawled in a run that starts now.

    Args:
        source: the declared source.
        last_run: start of its last run, None if it never ran.
        now: start of this run.
    """
    return last_run is None or last_run + _EVERY[source.schedule] <= now + SLACK
