"""Typed date rules from `rules/<lang>/dates*.toml`: read once, checked on loading."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from extract.dates.patterns import (
    PIECE,
    DateRuleError,
    alternation,
    compile_source,
    compiled,
    expand,
    expanded,
    spaced,
)
from extract.dates.records import Anchor
from extract.records import Lang

RULES = Path(__file__).parent.parent / "rules"

_KNOWN_KEYS = {
    "id", "reason", "starts", "pattern", "examples", "counter_examples",
    "anchor", "precision", "sign", "orders", "shift", "case", "month", "condition", "era",
}  # fmt: skip
_KNOWN_TABLES = ("words", "patterns", "pieces", "rule", "events", "cues", "joins")
_CHOICES = {
    "precision": ("day", "month", "year"),
    "case": ("title", "verb"),
    "condition": ("not_past", "previous", "named", "never"),
    "anchor": ("reference", "previous", "named", "said"),
}


@dataclass(frozen=True, slots=True)
class DateRule:
    """One way to write a date.

    Attributes:
        id: unique over both languages.
        source: the regular expression, matched at the start of the mention, in folded text.
        starts: first word (English) or first character (Chinese) of each possible mention.
        anchor: what shifts and steps count from, unless the words say it.
        precision: coarsest part allowed by the wording.
        sign: direction of steps, -1 back, 1 on.
        orders: readings of an all-digit date, first valid one wins (`ymd`, `mdy`, `dmy`).
        shift: unit and whole steps of it that the rule adds (the next day: day, 1).
        month: month that the wording implies (the end of the year), or None.
        era: years to add to the year, or 0.
        condition: `not_past`, `previous` or `named`, see `Span`; `never`: matches, so that no other
            rule does, but gives no mention; None for always.
        case: `title` if names must start with a capital in the original, `verb` if those must that are
            verbs too (May, March); None for either.
        examples: `text | reference | mention | from[/until]`.
        counter_examples: texts in which this rule finds nothing.
    """

    id: str
    source: str
    starts: frozenset[str]
    anchor: Anchor
    precision: str
    sign: int
    orders: tuple[str, ...]
    shift: tuple[str, int] | None
    month: int | None
    era: int
    condition: str | None
    case: str | None
    examples: tuple[str, ...]
    counter_examples: tuple[str, ...]

    @property
    def regex(self) -> re.Pattern[str]:
        """The compiled source."""
        return compile_source(self.source, self.id)


@dataclass(frozen=True, slots=True)
class Event:
    """A holiday or sales event.

    Attributes:
        month: of a fixed one, else None.
        day: of one whose name is that of a day (New Year's Day).
        exact_day: of one whose name is that of a season, if the text says: on the day itself.
        days: the day of each year, of a movable one.
    """

    month: int | None
    day: int | None
    exact_day: int | None
    days: Mapping[int, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """All date data of a language.

    Attributes:
        index: first word or character -> the rules that may begin with it.
        beginning: finds the index's characters, for a language without spaces.
        words: word list name -> word -> value.
        events: event key -> when it lies.
        cues: name -> compiled pattern; see `roles.py`.
        joins: name -> compiled pattern of what may stand between the two dates of a range.
    """

    lang: Lang
    rules: tuple[DateRule, ...]
    index: Mapping[str, tuple[DateRule, ...]]
    beginning: re.Pattern[str]
    words: Mapping[str, Mapping[str, int | str]]
    events: Mapping[str, Event]
    cues: Mapping[str, re.Pattern[str]]
    joins: Mapping[str, re.Pattern[str]]


@cache
def load_date_rules(lang: Lang) -> Rules:
    """Read and check the date rules of a language.

    Raises:
        DateRuleError: a file has unknown or missing keys, or a duplicate id. A pattern that does not compile
            is reported when it is first tried: compiling all takes a second, and a short run needs few.
    """
    tables: dict[str, Any] = {name: [] if name == "rule" else {} for name in _KNOWN_TABLES}
    for path in sorted((RULES / lang.value).glob("dates*.toml")):
        _merge(tables, path)
    fragments = {name: alternation(words) for name, words in tables["words"].items()}
    fragments |= {name: spaced(pattern) for name, pattern in tables["patterns"].items()}
    for name, pattern in tables["pieces"].items():
        fragments[name] = f"(?:{expand(pattern, fragments, name)}){PIECE}"
    rules = tuple(_rule(raw, fragments, tables["words"], lang) for raw in tables["rule"])
    _check_ids(rules, lang)
    index: dict[str, list[DateRule]] = {}
    for rule in rules:
        for start in rule.starts:
            index.setdefault(start, []).append(rule)
    return Rules(
        lang=lang,
        rules=rules,
        index={start: tuple(found) for start, found in index.items()},
        beginning=re.compile("|".join(map(re.escape, index))),
        words=tables["words"],
        events={key: _event(raw) for key, raw in tables["events"].items()},
        cues={key: compiled(raw, fragments, f"cues.{key}") for key, raw in tables["cues"].items()},
        joins={key: compiled(raw, fragments, f"joins.{key}") for key, raw in tables["joins"].items()},
    )


def _merge(tables: dict[str, Any], path: Path) -> None:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise DateRuleError(f"{path.name}: {error}") from error
    for name, content in data.items():
        if name not in _KNOWN_TABLES:
            raise DateRuleError(f"{path.name}: unknown table {name!r}")
        if isinstance(content, list):
            tables[name].extend({**raw, "file": path.name} for raw in content)
            continue
        twice = tables[name].keys() & content.keys()
        if twice:
            raise DateRuleError(f"{path.name}: {name} defined twice: {', '.join(sorted(twice))}")
        tables[name].update(content)


def _rule(
    raw: Mapping[str, Any], fragments: Mapping[str, str], words: Mapping[str, Any], lang: Lang
) -> DateRule:
    where = f"{raw['file']}: rule {raw.get('id', '?')}"
    unknown = raw.keys() - _KNOWN_KEYS - {"file"}
    missing = {"id", "reason", "starts", "pattern", "examples"} - raw.keys()
    if unknown or missing:
        raise DateRuleError(f"{where}: unknown keys {sorted(unknown)}, missing keys {sorted(missing)}")
    for key, allowed in _CHOICES.items():
        if key in raw and raw[key] not in allowed:
            raise DateRuleError(f"{where}: {key} must be one of {', '.join(allowed)}")
    shift = raw.get("shift")
    return DateRule(
        id=raw["id"],
        source=expanded(raw["pattern"], fragments, where),
        starts=frozenset(start for name in raw["starts"] for start in _starts(name, words, lang)),
        anchor=Anchor(raw.get("anchor", "reference")),
        precision=raw.get("precision", "day"),
        sign=int(raw.get("sign", 1)),
        orders=tuple(raw.get("orders", ())),
        shift=None if shift is None else (shift[0], shift[1]),
        month=raw.get("month"),
        era=int(raw.get("era", 0)),
        condition=raw.get("condition"),
        case=raw.get("case"),
        examples=tuple(raw["examples"]),
        counter_examples=tuple(raw.get("counter_examples", ())),
    )


def _starts(name: str, words: Mapping[str, Any], lang: Lang) -> list[str]:
    """Expand a `starts` entry: `digit`, the name of a word list, or a literal word."""
    if name == "digit":
        return list("0123456789")
    entries = list(words[name]) if name in words else [name]
    if lang is Lang.ZH:
        return [entry[0] for entry in entries]
    return [re.split(r"[^a-z0-9]", entry)[0] for entry in entries]


def _check_ids(rules: tuple[DateRule, ...], lang: Lang) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen or not rule.id.startswith(f"{lang.value}.date."):
            raise DateRuleError(f"rule id {rule.id!r}: duplicate, or not beginning with {lang.value}.date.")
        seen.add(rule.id)


def _event(raw: Mapping[str, Any]) -> Event:
    days = {day.year: day for day in raw.get("days", ())}
    return Event(raw.get("month"), raw.get("day"), raw.get("exact_day"), days)
