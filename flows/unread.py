"""Archived pages that could not be read: kept in `state/unread.json` and tried again on later nights.

The file is written before a night is loaded, and what was read is struck off afterwards: a kill in between
costs a second reading, never a page.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from flows.journal import read_state, write_whole

TRIES = 4  # by one version of the extractor: the night that fetched it and three more

Place = tuple[str, int]  # archive file and byte offset
Address = tuple[str, str]  # source and URL


@dataclass(frozen=True, slots=True)
class Unread:
    """A page that the archive holds and that tripped what reads it.

    Attributes:
        warc_file, warc_offset: where it stands in the archive.
        since: the first try, UTC without a zone.
        reason: of the last try, in one line.
        version: the extractor's at the last try.
        tries: by this version.
    """

    source_id: str
    url: str
    warc_file: str
    warc_offset: int
    since: datetime
    reason: str
    version: str
    tries: int = 1

    @property
    def place(self) -> Place:
        """Where it stands in the archive."""
        return self.warc_file, self.warc_offset

    @property
    def address(self) -> Address:
        """Source and URL."""
        return self.source_id, self.url

    @property
    def given_up(self) -> bool:
        """Tell whether only another version of the extractor is worth a try."""
        return self.tries >= TRIES


def unread_pages(state: Path) -> tuple[Unread, ...]:
    """Return the pages that could not be read, oldest first.

    Raises:
        StateError: the list is damaged.
    """
    path = unread_file(state)
    if not path.is_file():
        return ()
    return read_state(path, _parsed)


def _parsed(text: str) -> tuple[Unread, ...]:
    found = json.loads(text)
    return tuple(Unread(**{**page, "since": datetime.fromisoformat(page["since"])}) for page in found)


def keep_unread(state: Path, pages: Iterable[Unread]) -> None:
    """Write the list anew.

    Raises:
        OSError: it cannot be written.
    """
    listed = [{**asdict(page), "since": page.since.isoformat()} for page in pages]
    if listed or unread_file(state).exists():
        write_whole(unread_file(state), json.dumps(listed, ensure_ascii=False, indent=1) + "\n")


def due(pages: Iterable[Unread], version: str, fetched: Collection[Address] = ()) -> list[Unread]:
    """Return the pages to try in this night.

    Args:
        pages: all that are kept.
        version: the extractor's of today.
        fetched: pages that this night brings in another version, which is read instead.
    """
    return [
        page
        for page in pages
        if page.address not in fetched and (page.version != version or not page.given_up)
    ]


def with_failed(
    pages: Iterable[Unread], failed: Iterable[Unread], before: Iterable[Unread] | None = None
) -> tuple[Unread, ...]:
    """Return pages and those that failed now, each once, with the number of its tries.

    Args:
        pages: to be kept as they are.
        failed: what could not be read now, old and new.
        before: where earlier tries are looked up, if elsewhere than in `pages`.
    """
    kept = {page.place: page for page in pages}
    tries = kept if before is None else {page.place: page for page in before}
    merged = kept | {page.place: _once_more(tries.get(page.place), page) for page in failed}
    return tuple(sorted(merged.values(), key=lambda page: (page.since, page.place)))


def _once_more(before: Unread | None, now: Unread) -> Unread:
    if before is None:
        return now
    tries = before.tries + 1 if before.version == now.version else 1
    return replace(now, since=before.since, tries=tries)


def unread_file(state: Path) -> Path:
    """Return the file of the list."""
    return state / "unread.json"
