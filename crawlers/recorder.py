"""Decide what came of each response, write it to the archive, and collect the results of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from crawlers.archive import ArchiveWriter, Fetched, digest_of
from crawlers.links import Link
from crawlers.records import NotContent, Outcome, PageResult, PageState, Refusal, Revisit, Role, Source
from crawlers.refusals import recognise
from crawlers.schedule import next_due

_GONE = (404, 410)
_HAS_BODY = (200, 203)


def now() -> datetime:
    """Return the time in UTC without a zone, as all our records hold it."""
    return datetime.now(UTC).replace(tzinfo=None)


class Recorder:
    """The pages of one run of one source, in the order in which they came."""

    def __init__(self, source: Source, known: Mapping[str, PageState], archive: ArchiveWriter) -> None:
        """Start a run.

        Args:
            source: the declared source.
            known: states of pages by requested URL.
            archive: where bodies are written.
        """
        self.source, self.known, self.archive = source, known, archive
        self.results: dict[str, PageResult] = {}
        self.listed = 0
        self.fresh = 0  # new or changed pages
        self._left_out = 0
        self._asked: set[str] = set()

    @property
    def left_out(self) -> int:
        """Pages that were not asked for, or had not answered when the run was closed."""
        return self._left_out + len(self._asked)

    def leave_out(self) -> None:
        """Count a page beyond the declared maximum."""
        self._left_out += 1

    def asked(self, url: str) -> None:
        """Remember a request until its answer or failure is recorded."""
        self._asked.add(url)

    def page(self, response: Any, link: Link, role: Role, at: datetime | None = None) -> PageResult:
        """Record a response of Scrapy to the request for a link.

        Args:
            response: from the web, or anything of its shape.
            link: what was asked for.
            role: what for.
            at: UTC time at which it was received, now if None.

        Raises:
            OSError: the archive cannot be written.
        """
        base = PageResult(
            url=link.url,
            final_url=response.url,
            role=role,
            outcome=Outcome.FAILED,
            fetched_at=at or now(),
            status=response.status,
            content_type=_header(response, "Content-Type"),
            size=len(response.body),
        )
        return self._keep(self._judged(base, response, link))

    def failure(self, link: Link, role: Role, outcome: Outcome, reason: str) -> PageResult:
        """Record a request that brought no response."""
        return self._keep(PageResult(link.url, "", role, outcome, now(), reason=reason))

    def final_results(self) -> tuple[PageResult, ...]:
        """Return all results; a listing is asked for again in full unless all it names has been had.

        A listing that answers "not modified" names nothing, so its validators may only be used once
        every article on it has been fetched. A wall counts as well: it may be gone tomorrow.
        """
        missed = (Outcome.FAILED, Outcome.DEFERRED, Outcome.BLOCKED)
        complete = not self.left_out and not any(page.outcome in missed for page in self.results.values())
        if complete:
            return tuple(self.results.values())
        return tuple(_without_validators(page) for page in self.results.values())

    def _keep(self, result: PageResult) -> PageResult:
        self.results[result.url] = result
        self.fresh += result.outcome in (Outcome.NEW, Outcome.CHANGED)
        self._asked.discard(result.url)
        return result

    def _judged(self, base: PageResult, response: Any, link: Link) -> PageResult:
        known = self.known.get(link.url)
        if response.status == 304 and known is not None and known.digest is not None:
            return self._unchanged(base, response, link, known)
        if response.status in _GONE:
            return replace(
                base, outcome=Outcome.GONE, reason=f"HTTP {response.status}", state=self._later(base)
            )
        if response.status not in _HAS_BODY:
            return self._refused(base, response)
        digest = digest_of(response.body)
        base = replace(base, digest=digest)
        if known is not None and known.digest == digest:
            return self._unchanged(base, response, link, known)
        return self._new(base, response, link, known)

    def _new(self, base: PageResult, response: Any, link: Link, known: PageState | None) -> PageResult:
        refusal = self._recognise(base, response)
        offset = self.archive.response(_fetched(base, response, link), response.body, base.digest or "")
        base = replace(base, warc_file=self.archive.path.name, warc_offset=offset)
        if refusal is not None:
            state = (known or PageState()).after_refusal(base.fetched_at)
            return replace(base, outcome=Outcome.BLOCKED, reason=_reason(refusal), state=state)
        outcome = Outcome.NEW if known is None or known.digest is None else Outcome.CHANGED
        return replace(base, outcome=outcome, state=self._state(base, response, known, changed=True))

    def _unchanged(self, base: PageResult, response: Any, link: Link, known: PageState) -> PageResult:
        since = known.last_changed or known.last_fetched
        offset = self.archive.revisit(_fetched(base, response, link), known.digest or "", since)
        return replace(
            base,
            outcome=Outcome.UNCHANGED,
            digest=known.digest,
            state=self._state(base, response, known, changed=False),
            warc_file=self.archive.path.name,
            warc_offset=offset,
        )

    def _refused(self, base: PageResult, response: Any) -> PageResult:
        """A status without content: blocked if the answer is meant for us, failed if the server is ill."""
        refusal = recognise(
            response.body, base.content_type, status=base.status or 0, url=base.url, final_url=base.final_url
        )
        blocked = base.status in (401, 403, 407, 451) or (
            refusal is not None and refusal.kind is Refusal.CHALLENGE
        )
        reason = f"HTTP {base.status}"
        if 300 <= (base.status or 0) < 400:
            return replace(base, reason=f"{reason}, redirected to no web page")
        if refusal is not None and refusal.kind is not Refusal.HTTP_ERROR:
            reason = f"{_reason(refusal)} ({reason})"
        return replace(base, outcome=Outcome.BLOCKED if blocked else Outcome.FAILED, reason=reason)

    def _recognise(self, base: PageResult, response: Any) -> NotContent | None:
        if base.role is Role.DISCOVERY:
            return None
        return recognise(response.body, base.content_type, url=base.url, final_url=base.final_url)

    def _state(self, base: PageResult, response: Any, known: PageState | None, *, changed: bool) -> PageState:
        due = None
        if base.role is Role.CONTENT and self.source.revisit is Revisit.DECAY:
            due = next_due(known, base.fetched_at, changed=changed)
        return PageState(
            etag=_header(response, "ETag") or (None if changed or known is None else known.etag),
            last_modified=_header(response, "Last-Modified")
            or (None if changed or known is None else known.last_modified),
            digest=base.digest if changed or known is None else known.digest,
            last_fetched=base.fetched_at,
            last_changed=base.fetched_at if changed or known is None else known.last_changed,
            next_due=due,
        )

    def _later(self, base: PageResult) -> PageState | None:
        """Look for a vanished page ever more rarely; one that was never had has no state."""
        known = self.known.get(base.url)
        if known is None or known.next_due is None:
            return None
        due = next_due(known, base.fetched_at, changed=False)
        return replace(known, last_fetched=base.fetched_at, next_due=due)


def _without_validators(page: PageResult) -> PageResult:
    if page.role is not Role.DISCOVERY or page.state is None:
        return page
    return replace(page, state=replace(page.state, etag=None, last_modified=None))


def _reason(refusal: NotContent) -> str:
    return f"{refusal.kind.value}: {refusal.evidence}"


def _header(response: Any, name: str) -> str:
    value = response.headers.get(name)
    return value.decode("latin-1").strip() if value else ""


def _fetched(base: PageResult, response: Any, link: Link) -> Fetched:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, values in response.headers.items()
        for value in values
    ]
    return Fetched(
        base.final_url,
        base.url,
        base.role,
        base.fetched_at,
        base.status or 0,
        headers,
        link.listed,
        link.title,
        rendered="rendered" in getattr(response, "flags", ()),
    )
