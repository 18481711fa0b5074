"""What is stored already, read as Prefect flows: the archive by today's rules, documents from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from extract.records import Lang
from flows.documents import Given
from flows.ingest import Ingested, ingest
from flows.night import utc_now
from flows.reread import Rereading
from flows.reread import reread as read_archive_again
from flows.settings import Settings, load_settings

_DAY = 24 * 3600.0


@task(name="read archive again", tags=["extract", "warehouse"], cache_policy=NO_CACHE)
def read_again(settings: Settings, since: date | None, *, dry_run: bool) -> Rereading:
    """Read in one process a core; no retries, for what fails once fails again."""
    return read_archive_again(settings, utc_now(), since=since, dry_run=dry_run)


@task(name="load documents", tags=["extract", "warehouse"], cache_policy=NO_CACHE)
def load_documents(settings: Settings, paths: Sequence[Path], given: Given) -> Ingested:
    """Load by the thousand; no retries, for what fails once fails again."""
    return ingest(settings, paths, given)


@flow(name="reread", timeout_seconds=_DAY)
def reread(settings: Settings | None = None, since: date | None = None, dry_run: bool = False) -> State[Any]:
    """Read the archive by today's rules; alerts nobody. Failed if a page could not be read."""
    result = read_again(settings or load_settings(), since, dry_run=dry_run)
    message = (
        f"{result.files} archive files, {result.documents} documents read; {result.observations} statements "
        f"added, {result.withdrawn} withdrawn, {len(result.changes)} changes of policy"
    )
    return _finished(
        "reread", f"{message} (dry run: nothing was kept)" if dry_run else message, result.faults
    )


@flow(name="backfill", timeout_seconds=_DAY)
def backfill(
    paths: list[Path],
    settings: Settings | None = None,
    published: date | None = None,
    lang: Lang | None = None,
) -> State[Any]:
    """Load documents from elsewhere, see `linkpolicy ingest`; alerts nobody."""
    result = load_documents(settings or load_settings(), paths, Given(published, lang))
    return _finished("backfill", "; ".join(result.summary().splitlines()), result.faults)


def _finished(key: str, message: str, faults: Sequence[str]) -> State[Any]:
    lines = [message, *(f"- {fault}" for fault in faults)]
    create_markdown_artifact("\n\n".join(lines), key=key, description=f"What the last {key} did")
    if faults:
        return Failed(message=f"{message}; {len(faults)} could not be read, the first {faults[0]}")
    return Completed(message=message)
