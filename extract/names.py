"""Names of services that the gazetteer lacks, found where a service must stand."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from extract.data import ROOT, DataError, read_tables, strings
from extract.records import Lang

_NAME = {
    Lang.EN: r"(?P<name>[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+){0,2})",
    Lang.ZH: r"(?P<name>[\u4e00-\u9fff]{2,4}?)",
}
_MOST_NAMES = 200  # each is looked for in the whole text
_LATIN = r"(?P<latin>[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+)?)"


@dataclass(frozen=True, slots=True)
class NameRule:
    """A pattern with a group `name` (or `latin`), matched on the text as written."""

    id: str
    role: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    counter: tuple[str, ...]


def read_name_rules(path: Path, lang: Lang) -> tuple[NameRule, ...]:
    """Read `names.toml`.

    Raises:
        DataError: an unknown key or role, or a bad pattern.
    """
    rules = []
    optional: dict[str, type] = {"counter": list, "reason": str}
    for table in read_tables(
        path, "rule", {"id": str, "name": str, "pattern": str, "examples": list}, optional
    ):
        where = f"{path}: rule {table['id']}"
        if table["name"] not in ("platform", "target"):
            raise DataError(f"{where}: name {table['name']!r} is not one of platform, target")
        try:
            pattern = re.compile(str(table["pattern"]).replace("NAME", _NAME[lang]).replace("LATIN", _LATIN))
        except re.error as error:
            raise DataError(f"{where}: pattern: {error}") from error
        examples, counter = (
            strings(table.get(key, ()), f"{where}: {key}") for key in ("examples", "counter")
        )
        rules.append(NameRule(str(table["id"]), str(table["name"]), pattern, examples, counter))
    return tuple(rules)


@functools.cache
def load_name_rules(lang: Lang) -> tuple[NameRule, ...]:
    """The name rules that ship with the package, read once per language."""
    return read_name_rules(ROOT / "rules" / lang.value / "names.toml", lang)


@dataclass(frozen=True, slots=True)
class Stops:
    """What keeps a captured run from being a name: words in it, what it begins with, what stands inside."""

    words: frozenset[str]
    start: tuple[str, ...]
    inside: tuple[str, ...]


def read_stops(path: Path) -> Stops:
    """Read `names_stop.toml`.

    Raises:
        DataError: an unknown key or place.
    """
    found: dict[str, list[str]] = {"word": [], "start": [], "inside": []}
    for table in read_tables(path, "stop", {"where": str, "words": list, "reason": str}, {}):
        where = str(table["where"])
        if where not in found:
            raise DataError(f"{path}: stop: where {where!r} is not one of {', '.join(found)}")
        found[where] += strings(table["words"], f"{path}: stop {where}: words")
    return Stops(frozenset(found["word"]), tuple(found["start"]), tuple(found["inside"]))


@functools.cache
def load_stops(lang: Lang) -> Stops:
    """The stop words that ship with the package, read once per language."""
    return read_stops(ROOT / "rules" / lang.value / "names_stop.toml")


def slug_of(name: str) -> str:
    """Slug by the guideline's rule: lower-case English name joined by `_`; pinyin for a Chinese one."""
    if name.isascii():
        return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- its dictionaries take a while, and few texts need them

    return re.sub(r"[^a-z0-9]+", "", "".join(lazy_pinyin(name)).lower())


def is_name(name: str, lang: Lang) -> bool:
    """Whether a captured run may be a service's name at all."""
    if name.isascii():
        words = load_stops(Lang.EN).words
        return len(name) >= 3 and not any(word in words for word in name.lower().split())
    stops = load_stops(Lang.ZH)
    return (
        lang is Lang.ZH
        and not name.startswith(stops.start)
        and not any(part in name for part in stops.inside)
    )


def find_names(text: str, lang: Lang, known: Iterable[tuple[int, int]]) -> list[tuple[int, int, str, str]]:
    """Unknown names in a text.

    Args:
        text: as written.
        lang: whose patterns are used.
        known: spans that are names already.

    Returns:
        (start, end, slug, rule id) for every occurrence of a name that some rule captured.
    """
    taken = [False] * (len(text) + 1)
    for start, end in known:
        taken[start:end] = [True] * (end - start)
    captured: dict[str, str] = {}
    for rule in load_name_rules(lang):
        for match in rule.pattern.finditer(text):
            group = "name" if match.groupdict().get("name") else "latin"
            start, end = match.span(group)
            if any(taken[start:end]):
                continue
            name = match[group]
            if is_name(name, lang) and len(captured) < _MOST_NAMES:
                captured.setdefault(name, rule.id)
    return _occurrences(text, captured, taken)


def _occurrences(
    text: str, captured: dict[str, str], taken: Sequence[bool]
) -> list[tuple[int, int, str, str]]:
    found = []
    for name, rule in captured.items():
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            cut = name.isascii() and (
                (at and text[at - 1].isalnum() and text[at - 1].isascii())
                or (text[end : end + 1].isascii() and text[end : end + 1].isalnum())
            )
            if not any(taken[at:end]) and not cut:
                found.append((at, end, slug_of(name), rule))
            at = text.find(name, end)
    return found
