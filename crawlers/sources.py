"""Read source declarations strictly: an unknown key or a wrong value is an error, never a default."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from crawlers import checks
from crawlers.records import Discovery, Politeness, Revisit, Schedule, Selectors, Source
from extract.records import Kind, Lang

DEFAULT_DIRECTORY = Path(__file__).with_name("sources")
EXCEPTIONS_FILE = "exceptions.toml"

_Check = Callable[[Any], Any]

# Each table of a declaration: key -> what reads the value. A check raises NotAllowedError.
_TOP: Mapping[str, _Check] = {
    "id": checks.identifier,
    "name": checks.text,
    "kind": checks.one_of(Kind),
    "platform": checks.identifier,
    "language": checks.one_of(Lang),
    "timezone": checks.timezone,
    "schedule": checks.one_of(Schedule),
    "revisit": checks.one_of(Revisit),
    "render": checks.flag,
    "local": checks.flag,
    "last_verified": checks.day_or_empty,
    "discovery": checks.table,
    "expect": checks.table,
    "politeness": checks.table,
    "selectors": checks.tables,
}
_DISCOVERY: Mapping[str, _Check] = {
    "type": checks.one_of(Discovery),
    "urls": checks.texts,
    "links": checks.selector,
    "next_page": checks.text,  # a selector (index) or a path (api)
    "max_pages": checks.whole(1, 1000),
    "include": checks.patterns,
    "exclude": checks.patterns,
    "items": checks.text,
    "item_url": checks.text,
    "item_title": checks.text,
    "item_published": checks.text,
}
_EXPECT: Mapping[str, _Check] = {"min_items": checks.whole(0, 10_000), "max_items": checks.whole(1, 10_000)}
_POLITENESS: Mapping[str, _Check] = {
    "delay": checks.seconds,
    "concurrency": checks.whole(1, 16),
    "obey_robots": checks.flag,
}
_SELECTORS: Mapping[str, _Check] = {
    "valid_until": checks.day,
    "title": checks.selector,
    "content": checks.selector,
    "drop": checks.selectors,
    "published": checks.selector,
    "updated": checks.selector,
    "date_format": checks.date_format,
}
_EXCEPTION: Mapping[str, _Check] = {"keys": checks.texts, "reason": checks.text, "reviewed": checks.day}
_REQUIRED = ("id", "name", "kind", "discovery")
_ONLY_FOR = {
    "links": (Discovery.INDEX,),
    "next_page": (Discovery.INDEX, Discovery.API),
    "items": (Discovery.API,),
    "item_url": (Discovery.API,),
    "item_title": (Discovery.API,),
    "item_published": (Discovery.API,),
}


class SourceError(ValueError):
    """A declaration that cannot be used: which file, which key, and what would be right."""

    def __init__(self, file: Path, key: str, message: str) -> None:
        """Keep the parts, so that a caller can point at them.

        Args:
            file: the declaration.
            key: dotted path of the key, empty for the file as a whole.
            message: what is wrong and what is allowed.
        """
        self.file, self.key, self.message = file, key, message
        super().__init__(f"{file}: {key}: {message}" if key else f"{file}: {message}")


def load_sources(directory: Path, platforms: Collection[str] | None = None) -> tuple[Source, ...]:
    """Read all declarations of a directory, sorted by id.

    Args:
        directory: holds one `<id>.toml` a source, and perhaps `exceptions.toml`.
        platforms: slugs that a declaration may name, None to take any.

    Raises:
        SourceError: the directory or a declaration cannot be used.
    """
    if not directory.is_dir():
        raise SourceError(directory, "", "no such directory of source declarations")
    files = sorted(path for path in directory.glob("*.toml") if path.name != EXCEPTIONS_FILE)
    if not files:
        raise SourceError(directory, "", "holds no source declaration (*.toml)")
    sources = tuple(load_source(path, platforms) for path in files)
    _check_exceptions(directory / EXCEPTIONS_FILE, {source.id for source in sources})
    return sources


def load_source(path: Path, platforms: Collection[str] | None = None) -> Source:
    """Read one declaration.

    Raises:
        SourceError: it cannot be read, or a key or value is not allowed.
    """
    top = _checked(path, "", _read(path), _TOP)
    for key in _REQUIRED:
        if key not in top:
            raise SourceError(path, key, "is required")
    discovery = _checked(path, "discovery", top.pop("discovery"), _DISCOVERY)
    for key in ("type", "urls"):
        if key not in discovery:
            raise SourceError(path, f"discovery.{key}", "is required")
    how = discovery.pop("type")
    selectors = [
        _checked(path, f"selectors[{number}]", table, _SELECTORS)
        for number, table in enumerate(top.pop("selectors", ()))
    ]
    expect = _checked(path, "expect", top.pop("expect", {}), _EXPECT)
    source = Source(
        discovery=how,
        revisit=top.pop("revisit", _usual_revisit(how, top["kind"])),
        politeness=Politeness(**_checked(path, "politeness", top.pop("politeness", {}), _POLITENESS)),
        selectors=_in_order(path, [Selectors(**table) for table in selectors]),
        path=path,
        **top,
        **discovery,
        **expect,
    )
    _check_whole(path, source, set(discovery), platforms)
    return source


def _usual_revisit(how: Discovery, kind: Kind) -> Revisit:
    """Fixed pages are looked at every time, notices ever less often, news once."""
    if how is Discovery.PAGES:
        return Revisit.ALWAYS
    return Revisit.DECAY if kind is Kind.NOTICE else Revisit.NEVER


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SourceError(path, "", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceError(path, "", "is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SourceError(path, "", f"is not TOML: {error}") from None


def _checked(path: Path, prefix: str, table: Any, known: Mapping[str, _Check]) -> dict[str, Any]:
    """Check each key of a table and convert its value."""
    if not isinstance(table, dict):
        raise SourceError(path, prefix, "must be a table")
    result = {}
    for key, value in table.items():
        where = f"{prefix}.{key}" if prefix else key
        if key not in known:
            raise SourceError(path, where, f"unknown key; allowed are {', '.join(sorted(known))}")
        try:
            result[key] = known[key](value)
        except checks.NotAllowedError as error:
            raise SourceError(path, where, str(error)) from None
    return result


def _in_order(path: Path, selectors: list[Selectors]) -> tuple[Selectors, ...]:
    """Sort by the layout's last day; today's, without one, comes last and only once."""
    if sum(item.valid_until is None for item in selectors) > 1:
        raise SourceError(path, "selectors", "only one table may be without valid_until (today's layout)")
    return tuple(sorted(selectors, key=lambda item: item.valid_until or date.max))


def _check_whole(path: Path, source: Source, given: set[str], platforms: Collection[str] | None) -> None:
    """Check what several keys say together."""
    if source.id != path.stem:
        raise SourceError(path, "id", f"is {source.id!r}, but the file's name says {path.stem!r}")
    if source.platform is not None and source.kind is not Kind.NOTICE:
        raise SourceError(
            path, "platform", "only a notice source speaks for a platform; leave it out for news"
        )
    if source.platform is not None and platforms is not None and source.platform not in platforms:
        raise SourceError(path, "platform", f"unknown slug {source.platform!r}; add it to the vocabulary")
    _check_discovery(path, source, given)
    _check_politeness(path, source)


def _check_discovery(path: Path, source: Source, given: set[str]) -> None:
    """Check that each key of the discovery fits its type."""
    for key in sorted(given & _ONLY_FOR.keys()):
        if source.discovery not in _ONLY_FOR[key]:
            allowed = " or ".join(_ONLY_FOR[key])
            raise SourceError(path, f"discovery.{key}", f"is only for type {allowed}")
    if source.discovery is Discovery.INDEX and source.next_page:
        _checked(path, "discovery", {"next_page": source.next_page}, {"next_page": checks.selector})
    if source.discovery is Discovery.API and not (source.items and source.item_url):
        raise SourceError(path, "discovery", "type api needs items and item_url")
    if source.render and source.discovery is Discovery.FILES:
        raise SourceError(path, "render", "is not for type files")
    if source.min_items > source.max_items:
        raise SourceError(path, "expect.min_items", f"is above max_items ({source.max_items})")
    for url in source.urls:
        problem = checks.start_url_problem(url, source)
        if problem:
            raise SourceError(path, "discovery.urls", f"{url}: {problem}")


def _check_exceptions(path: Path, ids: Collection[str]) -> None:
    """Check the list of exceptions as a whole: also what no source needs."""
    for source_id, entry in (_read(path) if path.exists() else {}).items():
        if source_id not in ids:
            raise SourceError(path, source_id, "is no declared source")
        _checked(path, source_id, entry, _EXCEPTION)


def _check_politeness(path: Path, source: Source) -> None:
    """Allow what is less polite than the default only on one's own machine or after a review."""
    wanted = [key for key in checks.less_polite(source) if not source.local]
    if not wanted:
        return
    list_file = path.with_name(EXCEPTIONS_FILE)
    listed = _read(list_file) if list_file.exists() else {}
    entry = _checked(list_file, source.id, listed.get(source.id, {}), _EXCEPTION)
    missing = [key for key in wanted if key not in entry.get("keys", ()) or "reason" not in entry]
    if missing:
        message = (
            f"is less polite than the default; needs a reviewed entry [{source.id}] in {EXCEPTIONS_FILE}"
        )
        raise SourceError(path, missing[0] if missing[0] == "render" else f"politeness.{missing[0]}", message)
