"""Mentions: every place in a text that names a service, surface, target, link word, cue, region or date.

Offsets are code points of the given text. Longest match wins within a kind; a service's name shadows
what stands inside it ("the Washington Post" holds no surface `post`).
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import ahocorasick

from extract.matcher import Matcher
from extract.names import find_names, proper_words
from extract.normal import normalise
from extract.proper import begins
from extract.records import Lang
from extract.rules import Rule, load_rules
from extract.vocabulary import Vocabulary, load_vocabulary


@dataclass(frozen=True, slots=True)
class Mention:
    """A typed span.

    Attributes:
        start, end: half-open code point offsets.
        kind: service, surface, target, link, action, context, region or reference.
        value: slug, action or sub-kind.
        rule: the id of the rule, or `name` for the gazetteer.
        weak: doubtful without support nearby.
        source: the rule itself, None for names.
        categories: kinds of service, empty for other mentions.
        unknown: a name that the gazetteer lacks.
    """

    start: int
    end: int
    kind: str
    value: str
    rule: str
    weak: bool = False
    source: Rule | None = None
    categories: frozenset[str] = frozenset()
    unknown: bool = False

    @property
    def middle(self) -> float:
        """Centre of the span, for distances."""
        return (self.start + self.end) / 2


def overlap(a: Mention, b: Mention) -> bool:
    """Whether two mentions share a character."""
    return a.start < b.end and b.start < a.end


@dataclass(frozen=True, slots=True)
class _Name:
    """What an alias in the automaton stands for; no slug marks a look-alike."""

    length: int
    slug: str
    ambiguous: bool
    categories: frozenset[str]


@functools.cache
def _automaton() -> ahocorasick.Automaton:
    return build_automaton(load_vocabulary())


def build_automaton(vocabulary: Vocabulary) -> ahocorasick.Automaton:
    """Aho-Corasick automaton over all normalised names, ambiguous ones and look-alikes."""
    automaton = ahocorasick.Automaton()
    for service in vocabulary.services.values():
        for aliases, slug, ambiguous in (
            (service.ambiguous, service.slug, True),
            (service.names, service.slug, False),
            (service.look_alikes, "", False),
        ):
            for alias in aliases:
                key = normalise(alias)
                automaton.add_word(key, _Name(len(key), slug, ambiguous, service.categories))
    automaton.make_automaton()
    return automaton


_LATIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")


_PATH, _DEEPER = re.compile(r"\w{3}"), re.compile(r"(?:[a-z0-9_./]/|\.)$")


def _on_border(text: str, start: int, end: int) -> bool:
    """False where a match cuts a Latin word in two, or one that ends in a slash opens no path."""
    if text[start] in _LATIN and start > 0 and text[start - 1] in _LATIN:
        return False
    if text[end - 1] == "/":  # r/ in r/books and /r/books, not in example.com/r/books and w/r/t
        return _PATH.match(text, end) is not None and _DEEPER.search(text[max(0, start - 2) : start]) is None
    return not (text[end - 1] in _LATIN and end < len(text) and text[end] in _LATIN)


def longest(mentions: Iterable[Mention]) -> list[Mention]:
    """Drop what overlaps a longer (then an earlier) mention; the result is in text order.

    Readings of the very same span with different values all stay: a later stage chooses.
    """
    kept: list[Mention] = []
    owner: dict[int, tuple[int, int]] = {}
    for mention in sorted(mentions, key=lambda m: (m.start - m.end, m.start, m.weak)):
        span = (mention.start, mention.end)
        if any(owner.get(at, span) != span for at in (mention.start, mention.end - 1)):
            continue
        if any(k.value == mention.value and (k.start, k.end) == span for k in reversed(kept[-4:])):
            continue
        owner.update(dict.fromkeys(range(*span), span))
        kept.append(mention)
    return sorted(kept, key=lambda m: (m.start, m.end))


_CONTEXT_BEFORE = re.compile(
    r"(?:\b(?:on|to|from|at|via|into|off|onto|by|between|and|or|,)\s+|[在到向从由与和及、的]|^|[.。!?;:\"(\n]\s*)$"
)
_CONTEXT_AFTER = re.compile(
    r"(?:'s)?\s+(?:posts?|users?|accounts?|profiles?|bios?|threads?|timelines?|feeds?|links?|"
    r"is|has|will|said|no longer|now)\b"
)


def _name_counts(text: str, plain: str, name: _Name, start: int, end: int) -> bool:
    """Whether an ambiguous name stands as a name: capitalised, and not as the ordinary word."""
    original = text[start:end]
    if not original.isascii():
        return True
    if original[0].islower():
        return False
    alone = name.length > 1 and not text.isascii() and original.isupper()  # LINE in a Chinese text
    before, after = plain[max(0, start - 12) : start], plain[end : end + 16]
    return bool(
        alone or not original.isupper() or _CONTEXT_BEFORE.search(before) or _CONTEXT_AFTER.match(after)
    )


def find_services(text: str, plain: str) -> list[Mention]:
    """Names of the gazetteer in `text`, `plain` being its normalised form."""
    found: list[Mention] = []
    for last, name in _automaton().iter(plain):
        start, end = last - name.length + 1, last + 1
        if not _on_border(plain, start, end):
            continue
        if name.ambiguous and not _name_counts(text, plain, name, start, end):
            continue
        found.append(Mention(start, end, "service", name.slug, "name", name.ambiguous, None, name.categories))
    return [mention for mention in longest(found) if mention.value]


@functools.cache
def _rules(lang: Lang) -> tuple[Rule, ...]:
    """Those that find mentions: all but the gate's own and the scopes."""
    return tuple(rule for rule in load_rules(lang) if rule.kind not in ("gate", "scope"))


@functools.cache
def _matcher(lang: Lang) -> Matcher:
    return Matcher(((rule.id, rule.source) for rule in _rules(lang)), lang)


def _rule_matches(plain: str, lang: Lang) -> Iterator[Mention]:
    rules = _rules(lang)
    for number, start, end in _matcher(lang).find(plain):
        rule = rules[number]
        yield Mention(start, end, rule.kind, rule.value, rule.id, rule.weak, rule)


@dataclass(frozen=True, slots=True)
class Mentions:
    """All mentions of a text in text order, by kind."""

    services: tuple[Mention, ...] = ()
    surfaces: tuple[Mention, ...] = ()
    targets: tuple[Mention, ...] = ()
    links: tuple[Mention, ...] = ()
    actions: tuple[Mention, ...] = ()
    contexts: tuple[Mention, ...] = ()
    regions: tuple[Mention, ...] = ()
    references: tuple[Mention, ...] = ()


def _outside(mentions: Iterable[Mention], names: Sequence[Mention]) -> list[Mention]:
    """Mentions that do not lie inside a longer name; `names` are disjoint and in text order."""
    starts = [n.start for n in names]
    kept = []
    for mention in mentions:
        at = bisect_right(starts, mention.start) - 1
        name = names[at] if at >= 0 else None
        if name is None or mention.end > name.end or (name.start, name.end) == (mention.start, mention.end):
            kept.append(mention)
    return kept


_NESTING = re.compile(
    r"(?:'?s?\s+|'s\s+|\s*的\s*|\s*(?:of|in|on|under|below|for|from)\s+(?:(?:a|an|the|its|their|your|each|any|this)\s+)?(?:\w+\s+)?|里的?|内的?|中的?|下方的?|下的?|页面?的?|-)?"
)
_HEADS = (
    ("comments", "description"),
    ("live", "short_video", "product_page", "profile", "video", "post"),
    ("cart",),
)


def _depth(slug: str) -> int:
    return next((i for i, slugs in enumerate(_HEADS) if slug in slugs), len(_HEADS))


def specific_surfaces(plain: str, surfaces: list[Mention]) -> list[Mention]:
    """Drop what only says where a more specific surface stands.

    The cart of a live room is the live room, the comments of a short video are the comments
    (guidelines, rules 7 and 8).
    """
    dropped: set[int] = set()
    for i, (a, b) in enumerate(pairwise(surfaces)):
        if a.value == b.value or b.start < a.end or b.start - a.end > 16:
            continue
        if max(_depth(a.value), _depth(b.value)) < len(_HEADS) and _NESTING.fullmatch(plain, a.end, b.start):
            if _depth(a.value) < _depth(b.value):
                dropped.add(i + 1)
            elif _depth(a.value) > _depth(b.value):
                dropped.add(i)
    return [m for i, m in enumerate(surfaces) if i not in dropped]


# What a name is ("Youzan (a live e-commerce service)", "Linktree, a link-in-bio tool,") says nothing of where
# links stand.
_DESCRIPTION = re.compile(
    r"\"?\s*(?:\(\s*(?:a|an|the|formerly|owned by|also|part of)\s[^()]{0,120}\)|"
    r",\s(?:a|an|the)\s[^,.;:()]{3,90}(?=,\s|\.\s|;))"
)


# The nationality of a company says nothing of where its rules hold ("the South Korean portal"). It has an
# article before it and the company right behind it: "In Canada the platform" and "in the United States firms"
# name places.
_ARTICLE = re.compile(r"(?<!\bin )(?<!\bacross )(?<!\bwithin )(?<!\bthroughout )\b(?:a|an|another|the)\s$")
_COMPANY = re.compile(
    r"\s(?:company|firm|portal|giant|start-?up|newspaper|daily|broadcaster|publisher|retailer|conglomerate|"
    r"search engine|website|site)\b|(?:公司|企业|巨头)"
)
_BEFORE = 16  # code points in which a preposition and an article fit


def _is_nationality(plain: str, region: Mention) -> bool:
    """Whether a region only says where a company comes from."""
    if not _COMPANY.match(plain, region.end):
        return False
    chinese = not plain[region.end].isspace()
    return chinese or _ARTICLE.search(plain[max(0, region.start - _BEFORE) : region.start]) is not None


def _descriptions(plain: str, names: Iterable[Mention]) -> list[Mention]:
    """Spans in which an apposition describes a service, as mentions without a value."""
    found = []
    for name in names:
        match = _DESCRIPTION.match(plain, name.end)
        if match is not None:
            found.append(Mention(match.start(), match.end(), "description", "", "description"))
    return found


_CUES = ("action", "context")
_WORDS = ("surface", "target", "link", "region", "reference")  # what these match is a word, not a name


_LONGEST_WORD = 40
_CAPITALISED = re.compile(r"(?<![\w'\u2019-])([A-Z][a-z]+) $")


def _ends_longer_name(text: str, name: Mention) -> bool:
    """Whether an ambiguous name ("Square") ends a longer one that says more ("Agora Square")."""
    before = _CAPITALISED.search(text, max(0, name.start - _LONGEST_WORD), name.start)
    if before is None or before[1].lower() in proper_words().stops:
        return False
    return not begins(text, before.start()) or text.count(text[before.start() : name.end]) > 1


def _with_unknown(
    text: str,
    lang: Lang,
    services: Sequence[Mention],
    words: Sequence[tuple[int, int]],
    hidden: Callable[[str], bool],
) -> list[Mention]:
    """Known services and unknown names; hidden services are unknown ones where they can be found so."""
    masked = {(m.start, m.end): m.value for m in services if hidden(m.value)}
    known = [m for m in services if not hidden(m.value)]
    doubtful = [m for m in known if m.weak and _ends_longer_name(text, m)]
    sure = [(m.start, m.end) for m in known if m not in doubtful]
    found = [
        Mention(a, b, "service", masked.get((a, b), slug), rule, unknown=True)
        for a, b, slug, rule in find_names(text, lang, sure, words)
        if (a, b) in masked or not any(start < b and a < end for start, end in masked)
        if all(b <= m.start or m.end <= a or a < m.start for m in doubtful)
    ]
    seen = {masked[m.start, m.end] for m in found if (m.start, m.end) in masked}
    return longest([*known, *(m for m in services if hidden(m.value) and m.value not in seen), *found])


def nothing(_: str) -> bool:
    """No service is hidden."""
    return False


def find_mentions(text: str, plain: str, lang: Lang, hidden: Callable[[str], bool] = nothing) -> Mentions:
    """Find every mention of a text.

    Args:
        text: the text as given (its capitals matter).
        plain: its normalised form, of the same length.
        lang: whose rules are used.
        hidden: says which services are read as if the gazetteer lacked them.
    """
    services = find_services(text, plain)
    by_kind: dict[str, list[Mention]] = {}
    for mention in _rule_matches(plain, lang):
        by_kind.setdefault(mention.kind, []).append(mention)
    words = [(m.start, m.end) for kind in _WORDS for m in by_kind.get(kind, ())]
    services = _with_unknown(text, lang, services, words, hidden)
    described = longest(_descriptions(plain, services))
    for kind in ("surface", "target"):
        by_kind[kind] = _outside(by_kind.get(kind, ()), described)
    # a cue stays one where it only looks like a part of a name ("Strictly Prohibited")
    known = [m for m in services if not m.unknown]
    kept = {
        kind: tuple(longest(_outside(found, known if kind in _CUES else services)))
        for kind, found in by_kind.items()
    }
    kept["region"] = tuple(m for m in kept.get("region", ()) if not _is_nationality(plain, m))
    kept["surface"] = tuple(specific_surfaces(plain, list(kept.get("surface", ()))))
    return Mentions(
        tuple(services),
        kept.get("surface", ()),
        kept.get("target", ()),
        kept.get("link", ()),
        kept.get("action", ()),
        kept.get("context", ()),
        kept.get("region", ()),
        kept.get("reference", ()),
    )
