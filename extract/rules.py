"""Typed pattern rules, read from `rules/{en,zh}/*.toml`; wrong rules fail here, never at match time."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path
from types import UnionType

from extract.data import ROOT, DataError, read_tables, strings
from extract.matcher import alternatives
from extract.records import Action, Lang
from extract.vocabulary import Vocabulary, load_vocabulary

# file stem -> (mention kind, key that carries the value, allowed values or None for the vocabulary's)
LINKS = frozenset({"link", "code", "redirect", "click", "cart", "jump", "list"})
CONTEXTS = frozenset(
    {
        "proposed", "trial", "denial", "question", "hypothetical", "demand", "opinion", "report", "history",
        "exception", "pair", "negation", "condition", "still", "not_links",
    }
)  # fmt: skip
GATES = frozenset({"search", "sharing"})
REFERENCES = frozenset({"platform", "target", "surface", "links", "same"})
SCOPES = frozenset({"spared", "spared_place", "respective"})
_FILES: dict[str, tuple[str, str]] = {
    "surfaces": ("surface", "surface"),
    "targets": ("target", "target"),
    "links": ("link", "link"),
    "actions": ("action", "action"),
    "context": ("context", "kind"),
    "regions": ("region", "region"),
    "reference": ("reference", "kind"),
    "gate": ("gate", "gate"),
    "scopes": ("scope", "scope"),
}
_OTHERS = ("dates", "frames", "names")
_REQUIRED: dict[str, type | UnionType] = {"id": str, "pattern": str | list, "examples": list}
_OPTIONAL: dict[str, type | UnionType] = {
    "class": str, "counter": list, "weak": bool, "reason": str, "links": bool, "still": bool,
    "platform": str, "direction": str,
}  # fmt: skip
_DIRECTIONS = frozenset({"forward", "backward", "both"})


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern that finds one kind of mention.

    Attributes:
        kind: surface, target, link, action, context, region or reference; a gate rule finds no mention, it
            lets a text be read, nor does a scope rule, which is searched where facts are chosen.
        value: slug, action or sub-kind that a match means.
        source: the pattern, for normalised text of `lang`.
        cls: semantic class of an action cue, empty otherwise.
        weak: counts only with support (near a link word, behind a locative preposition).
        links: an action cue or a weak link word that itself speaks of links.
        still: an action cue that confirms what was.
        platform: slug of the only platform that has this place, None if many do.
        direction: side of a cue that a context rule governs.
        examples, counter: sentences that must and must not match.
    """

    id: str
    kind: str
    value: str
    source: str
    lang: Lang
    cls: str = ""
    weak: bool = False
    links: bool = False
    still: bool = False
    platform: str | None = None
    direction: str = "both"
    examples: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """The pattern by itself, compiled when asked for (many are searched with `extract.matcher`)."""
        return compile_pattern(self.source, self.lang)


@functools.cache
def compile_pattern(pattern: str, lang: Lang) -> re.Pattern[str]:
    """Compile for normalised text; English matches whole words only."""
    return re.compile(rf"(?<![a-z0-9_])(?:{pattern})(?![a-z0-9_])" if lang is Lang.EN else pattern)


def _source(pattern: object, where: str) -> str:
    """A pattern, or an array of alternatives, as one pattern."""
    return pattern if isinstance(pattern, str) else "|".join(strings(pattern, f"{where}: pattern"))


def _allowed(kind: str, vocabulary: Vocabulary) -> frozenset[str] | None:
    return {
        "surface": frozenset(vocabulary.surfaces),
        "target": frozenset(vocabulary.targets),
        "link": LINKS,
        "action": frozenset(Action),
        "context": CONTEXTS,
        "reference": REFERENCES,
        "gate": GATES,
        "scope": SCOPES,
    }.get(kind)


def read_rules(path: Path, lang: Lang, vocabulary: Vocabulary) -> tuple[Rule, ...]:
    """Read one rule file; its name tells the kind of the rules.

    Raises:
        DataError: an unknown key, value, slug or file name, a bad pattern, a rule without example.
    """
    if path.stem not in _FILES:
        raise DataError(f"{path}: unknown rule file, expected one of {', '.join(sorted(_FILES))}")
    kind, key = _FILES[path.stem]
    allowed = _allowed(kind, vocabulary)
    rules: list[Rule] = []
    for table in read_tables(path, "rule", {key: str, **_REQUIRED}, _OPTIONAL):
        where = f"{path}: rule {table['id']}"
        value, direction = str(table[key]), str(table.get("direction", "both"))
        platform = table.get("platform")
        if allowed is not None and value not in allowed:
            raise DataError(f"{where}: {key} {value!r} is not one of {', '.join(sorted(allowed))}")
        if direction not in _DIRECTIONS:
            raise DataError(
                f"{where}: direction {direction!r} is not one of {', '.join(sorted(_DIRECTIONS))}"
            )
        if platform is not None and platform not in vocabulary.services:
            raise DataError(f"{where}: platform {platform!r} is no service of the vocabulary")
        source = _source(table["pattern"], where)
        try:
            alternatives(source)
        except re.error as error:
            raise DataError(f"{where}: pattern: {error}") from error
        rules.append(
            Rule(
                id=str(table["id"]),
                kind=kind,
                value=value,
                source=source,
                lang=lang,
                cls=str(table.get("class", "")),
                weak=bool(table.get("weak")),
                links=bool(table.get("links")),
                still=bool(table.get("still")),
                platform=None if platform is None else str(platform),
                direction=direction,
                examples=strings(table["examples"], f"{where}: examples"),
                counter=strings(table.get("counter", ()), f"{where}: counter"),
            )
        )
    return tuple(rules)


def read_all(directory: Path, lang: Lang, vocabulary: Vocabulary) -> tuple[Rule, ...]:
    """All rules of a language's directory; dates, names and frames have readers of their own.

    Raises:
        DataError: a file is wrong, or an id is given twice.
    """
    rules: list[Rule] = []
    for path in sorted(directory.glob("*.toml")):
        if not path.stem.startswith(_OTHERS):
            rules += read_rules(path, lang, vocabulary)
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise DataError(f"{directory}: rule id {rule.id} given twice")
        seen.add(rule.id)
    return tuple(rules)


@functools.cache
def load_rules(lang: Lang) -> tuple[Rule, ...]:
    """The rules that ship with the package, read once per language."""
    return read_all(ROOT / "rules" / lang.value, lang, load_vocabulary())
