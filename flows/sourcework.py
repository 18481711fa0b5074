"""One source's part of a night: what its crawl archived, read, extracted and judged, ready to be loaded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from extract.data import DataError
from extract.records import Document, Extraction
from flows import journal
from flows.errors import InputError
from flows.reading import Reading, extract_archive, snapshot_row
from flows.settings import Settings
from flows.unread import Unread

if TYPE_CHECKING:
    from crawlers.records import CrawlReport, NotContent, Snapshot, Source
    from warehouse.records import SnapshotRow, SourceRun


@dataclass(frozen=True, slots=True)
class SourceWork:
    """One source's part of a run, ready to be loaded.

    Attributes:
        run: None for pages of earlier nights that were tried again.
        unread: pages that could not be read.
    """

    run: SourceRun | None
    snapshots: tuple[SnapshotRow, ...]
    readings: tuple[tuple[Document, Extraction], ...]
    unread: tuple[Unread, ...] = ()


def read_source(settings: Settings, report: CrawlReport, source: Source | None, now: datetime) -> SourceWork:
    """Read and extract what one crawl archived; a fault ends up in the result, never in an error.

    An archive file that cannot be read breaks the source; a page that trips the reader gets another try.
    """
    readings: list[Reading] = []
    unread: list[Unread] = []
    faults: list[str] = []
    for name in report.warc_files:
        found, fault = _read_file(settings.archive / name, {source.id: source} if source else {})
        readings += found
        if fault:
            faults.append(fault)
            unread += _lost(report, name, {r.snapshot.warc_offset for r in found}, fault, now)
    pairs = _pairs(readings)
    run = _source_run(settings, report, source, [r.refused for r in readings if r.refused])
    run = replace(run, documents=len(pairs), facts=sum(len(extraction.facts) for _, extraction in pairs))
    if faults:
        run = replace(run, status="broken", message="; ".join(faults[:3]))
    return SourceWork(run, _snapshot_rows(report), pairs, (*_unread(readings, now), *unread))


def read_again(
    settings: Settings, pages: Sequence[Unread], sources: Mapping[str, Source], now: datetime
) -> SourceWork:
    """Try pages again that could not be read in an earlier night; what they state is news of this night.

    Pages whose archive file was let go are in no part of the result.
    """
    snapshots: list[SnapshotRow] = []
    readings: list[Reading] = []
    unread: list[Unread] = []
    for name in dict.fromkeys(page.warc_file for page in pages):
        if not (settings.archive / name).exists():
            continue
        wanted = {page.warc_offset: page for page in pages if page.warc_file == name}
        found, fault = _read_file(settings.archive / name, sources, lambda s, w=wanted: s.warc_offset in w)  # type: ignore[misc]
        readings += found
        # The fetch itself is recorded already: a revisit adds no second row of it.
        snapshots += [replace(snapshot_row(r.snapshot), revisit=True) for r in found if r.extraction]
        if fault:
            done = {r.snapshot.warc_offset for r in found}
            lost = [page for offset, page in wanted.items() if offset not in done]
            unread += [replace(p, reason=fault, version=extractor_version(), tries=1) for p in lost]
    return SourceWork(None, tuple(snapshots), _pairs(readings), (*_unread(readings, now), *unread))


def _read_file(
    path: Path, sources: Mapping[str, Source], wanted: Callable[[Snapshot], bool] | None = None
) -> tuple[list[Reading], str]:
    """Read a file as far as it goes; what stopped it, in one line, comes second. The bodies are let go."""
    readings = []
    try:
        for reading in extract_archive(path, sources, wanted):
            readings.append(replace(reading, snapshot=replace(reading.snapshot, body=b"")))  # noqa: PERF401
    except (InputError, DataError) as error:
        return readings, str(error)
    except Exception as error:  # noqa: BLE001 - what trips the reader must not cost the other sources
        return readings, f"reading failed: {type(error).__name__}: {error}"
    return readings, ""


def _pairs(readings: Iterable[Reading]) -> tuple[tuple[Document, Extraction], ...]:
    return tuple((r.document, r.extraction) for r in readings if r.document and r.extraction)


def _unread(readings: Iterable[Reading], now: datetime) -> list[Unread]:
    pages = [(reading.snapshot, reading.fault) for reading in readings if reading.fault]
    return [
        Unread(p.source_id, p.url, p.warc_file, p.warc_offset, now, fault, extractor_version())
        for p, fault in pages
    ]


def _lost(report: CrawlReport, file: str, done: Collection[int], reason: str, now: datetime) -> list[Unread]:
    """Return the pages of an archive file that were not come to."""
    from crawlers.records import Outcome, Role

    return [
        Unread(report.source_id, page.url, file, page.warc_offset, now, reason, extractor_version())
        for page in report.pages
        if page.warc_file == file
        and page.role is Role.CONTENT
        and page.outcome is not Outcome.UNCHANGED
        and page.warc_offset not in done
    ]


def extractor_version() -> str:
    """Return the version of rules and weights; the extractor is loaded here and not before."""
    from extract.pipeline import extractor_version as version

    return version()


def _source_run(
    settings: Settings, report: CrawlReport, source: Source | None, refused: Sequence[NotContent]
) -> SourceRun:
    from crawlers.health import Health, PastRun, judge, news_of
    from crawlers.records import Outcome
    from warehouse.records import SourceRun

    status, message = "ok", ""
    if source is not None:
        history = [
            PastRun(run.started_at, Health(run.status), run.news)
            for run in journal.history(settings.state, source.id)
        ]
        verdict = judge(source, report, history, refused)
        status, message = verdict.status.value, verdict.evidence
        if verdict.since < report.started_at and verdict.status is not Health.QUIET and message:
            message += f" (since {verdict.since:%Y-%m-%d})"
    return SourceRun(
        source_id=report.source_id,
        started_at=report.started_at,
        finished_at=report.finished_at,
        status=status,
        requests=report.requests,
        snapshots=news_of(report),
        unchanged=report.count(Outcome.UNCHANGED),
        bytes=report.bytes_received,
        message=message,
    )


def _snapshot_rows(report: CrawlReport) -> tuple[SnapshotRow, ...]:
    from crawlers.records import Outcome
    from warehouse.records import SnapshotRow

    return tuple(
        SnapshotRow(
            url=page.url,
            source_id=report.source_id,
            fetched_at=page.fetched_at,
            status=page.status or 0,
            content_type=page.content_type,
            digest=page.state.digest or "",
            warc_file=page.warc_file,
            warc_offset=page.warc_offset,
            bytes=page.size,
            etag=page.state.etag,
            last_modified=page.state.last_modified,
            revisit=page.outcome is Outcome.UNCHANGED,
            next_due=page.state.next_due,
            role=page.role.value,
            last_changed=page.state.last_changed,
        )
        for page in report.pages
        if page.state is not None
    )
