"""Names of services that the gazetteer lacks: where a service must stand, capitalised, quoted, as domains."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from extract.data import ROOT, DataError, read_tables, strings
from extract.han import HanWords, han_names
from extract.proper import ProperWords, domains, proper_names
from extract.records import Lang
from extract.vocabulary import load_vocabulary

_NAME = {
    Lang.EN: r"(?P<name>(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+){0,2})",
    Lang.ZH: r"(?P<name>[\u4e00-\u9fff]{2,4}?)",
}
_HAN = re.compile(r"[\u3400-\u9fff]")
_ALL_HAN = re.compile(r"[\u3400-\u9fff]+")
_IN_WORDS = 4  # characters from which a Chinese name is written in words
_COM = re.compile(r"\.com$", re.IGNORECASE)  # HealthNutNews.com is called HealthNutNews
_PLAIN_ENDINGS = frozenset({"com", "net", "org", "example"})  # that are no part of a service's name
_LEAST_DOMAIN = 4  # characters of a domain that is a name without its ending (bit.ly is `bit_ly`)
_LEAST_SPELT = 8  # characters of one that spells a name of the gazetteer: short ones may be anybody's
_NOT_SPELT = re.compile(r"[^a-z0-9]")
_MOST_NAMES = 200  # each is looked for in the whole text
_LATIN = r"(?P<latin>(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+)?)"


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


_ROLES = ("stop", "start", "inside", "tail", "paper", "after", "particle", "office field", "office desk")


def read_name_words(path: Path) -> dict[str, tuple[str, ...]]:
    """Read `names_words.toml`: role -> the words that have it, none for roles that a language lacks.

    Raises:
        DataError: an unknown key or role.
    """
    found: dict[str, tuple[str, ...]] = dict.fromkeys(_ROLES, ())
    for table in read_tables(path, "words", {"role": str, "words": list, "reason": str}, {}):
        role = str(table["role"])
        if role not in found:
            raise DataError(f"{path}: words: role {role!r} is not one of {', '.join(found)}")
        found[role] += strings(table["words"], f"{path}: words {role}")
    return found


@functools.cache
def name_words(lang: Lang) -> Mapping[str, tuple[str, ...]]:
    """The words that ship with the package, read once per language."""
    return read_name_words(ROOT / "rules" / lang.value / "names_words.toml")


@functools.cache
def proper_words() -> ProperWords:
    """The English ones as the search for proper names wants them."""
    words = name_words(Lang.EN)
    return ProperWords(*(frozenset(words[role]) for role in ("stop", "tail", "paper", "after")))


def read_tails(path: Path) -> dict[str, str]:
    """Read `names_tails.toml`: the word a Chinese name ends in -> what the English name has in its place.

    Raises:
        DataError: an unknown key, or a word given twice.
    """
    found: dict[str, str] = {}
    for table in read_tables(path, "tail", {"english": str, "words": list}, {}):
        for word in strings(table["words"], f"{path}: tail {table['english']}"):
            if word in found:
                raise DataError(f"{path}: tail: {word!r} given twice")
            found[word] = str(table["english"])
    return found


@functools.cache
def han_words() -> HanWords:
    """The Chinese ones as the search for names in Chinese wants them."""
    words = name_words(Lang.ZH)
    starts = tuple(word for word in words["start"] if len(word) > 1)  # a single character may begin a name
    return HanWords(
        read_tails(ROOT / "rules" / "zh" / "names_tails.toml"), frozenset(words["particle"]), starts,
        words["office field"], words["office desk"],
    )  # fmt: skip


def slug_of(name: str) -> str:
    """Slug by the guideline's rule: lower-case English name joined by `_`; pinyin words for a Chinese one.

    Empty for a name of characters that have no pinyin.
    """
    if not _HAN.search(name):
        bare = unicodedata.normalize("NFKD", _COM.sub("", name).replace("'", "").replace("\u2019", ""))
        return re.sub(r"[^a-z0-9]+", "_", bare.encode("ascii", "ignore").decode().lower()).strip("_")
    from pypinyin import lazy_pinyin  # noqa: PLC0415 -- its dictionaries take a while, and few texts need them

    stem, tail = han_words().parted(name)
    spoken = ("".join(lazy_pinyin(word)).lower() for word in _words_of(stem))
    said = [word for word in (re.sub(r"[^a-z0-9]+", "", word) for word in spoken) if word]
    return "_".join([*said, tail] if tail else said) if said else ""


def _words_of(name: str) -> list[str]:
    """The words of a Chinese name: two characters each, three in the last of an odd number.

    Of 303 annotated names of up to three characters that have pinyin for a slug 301 are written as one word,
    of 74 of four to six characters 67 in such words.
    """
    if len(name) < _IN_WORDS or not _ALL_HAN.fullmatch(name):
        return [name]
    return [name[:2], *_words_of(name[2:])]


def is_name(name: str, lang: Lang) -> bool:
    """Whether a captured run may be a service's name at all."""
    if name.isascii():
        words = proper_words().stops
        return len(name) >= 3 and not any(word in words for word in name.lower().split())
    han = name_words(Lang.ZH)
    return (
        lang is Lang.ZH
        and not name.startswith(han["start"])
        and not any(part in name for part in han["inside"])
    )


def _captured(
    text: str, lang: Lang, taken: Sequence[bool], proper: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Each name once, with the first rule that captured it."""
    seen: set[str] = set()
    for name, rule in chain(
        _by_rules(text, lang, taken),
        ((name, "named") for name in (han_names(text, han_words()) if lang is Lang.ZH else ())),
        ((name, "proper") for name in proper),
    ):
        if name not in seen:
            seen.add(name)
            yield name, rule


def _by_rules(text: str, lang: Lang, taken: Sequence[bool]) -> Iterator[tuple[str, str]]:
    for rule in load_name_rules(lang):
        for match in rule.pattern.finditer(text):
            group = "name" if match.groupdict().get("name") else "latin"
            start, end = match.span(group)
            if not any(taken[start:end]) and is_name(match[group], lang):
                yield match[group], rule.id


def find_names(
    text: str, lang: Lang, known: Iterable[tuple[int, int]], words: Iterable[tuple[int, int]] = ()
) -> list[tuple[int, int, str, str]]:
    """Unknown names in a text.

    Args:
        text: as written.
        lang: whose patterns are used.
        known: spans that are names already.
        words: spans that rules know as ordinary words; the end of a name may be one ("Kettle Live").

    Returns:
        (start, end, slug, rule id) for every occurrence of a name that some rule captured, and of every
        proper name.
    """
    taken = [False] * (len(text) + 1)
    for start, end in known:
        taken[start:end] = [True] * (end - start)
    named = taken[:]
    for start, end in words:
        taken[start:end] = [True] * (end - start)
    meant = proper_names(text, proper_words())
    captured = dict(islice(_captured(text, lang, taken, meant), _MOST_NAMES))
    with_tail = {name for name in captured if _has_tail(name, text, taken, named)}
    found = [
        occurrence
        for free, names in ((taken, captured.keys() - with_tail), (named, with_tail))
        for occurrence in _occurrences(text, {n: captured[n] for n in captured if n in names}, free, meant)
    ]
    return [*found, *_domains(text, taken, found)]


def _has_tail(name: str, text: str, taken: Sequence[bool], named: Sequence[bool]) -> bool:
    """Whether the end of a name is elsewhere an ordinary word: a newspaper's, or of a name used twice.

    The name of a place ("the Group Chat") is none: its first word is one of the rules' words too.
    """
    head, _, tail = name.lower().rpartition(" ")
    words, at = proper_words(), text.find(name)
    if head and not words.papers.isdisjoint(name.lower().split()):
        return True
    stem = name[: len(head)] if head else han_words().parted(name)[0]
    if len(stem) == len(name) or any(taken[i] and not named[i] for i in range(at, at + len(stem))):
        return False
    return not head or (tail in words.tails and text.count(name) > 1)


@functools.cache
def _spelt() -> dict[str, str]:
    """Names of several words as a domain spells them (`kansasreflector`), and whose they are."""
    return {
        spelt: slug
        for slug, service in load_vocabulary().services.items()
        for name in service.names
        if " " in name and len(spelt := _NOT_SPELT.sub("", name.lower())) >= _LEAST_SPELT
    }


def _domains(
    text: str, taken: Sequence[bool], names: Iterable[tuple[int, int, str, str]]
) -> Iterator[tuple[int, int, str, str]]:
    """Domains that are not known; one that spells a name of the text or of the gazetteer stands for it."""
    spelt = _spelt() | {slug.replace("_", ""): slug for _, _, slug, _ in names}
    for start, end, name, ending in domains(text):
        if not any(taken[start:end]):
            whole = name if ending in _PLAIN_ENDINGS and len(name) >= _LEAST_DOMAIN else f"{name}_{ending}"
            slug = spelt.get(_NOT_SPELT.sub("", name)) or slug_of(whole)
            yield start, end, slug, "domain"


def _occurrences(
    text: str, captured: Mapping[str, str], taken: Sequence[bool], meant: Mapping[str, str]
) -> Iterator[tuple[int, int, str, str]]:
    for name, rule in captured.items():
        slug = slug_of(meant.get(name, name))
        at = text.find(name) if slug else -1
        while at >= 0:
            end = at + len(name)
            if not any(taken[at:end]) and not _is_cut(text, at, end):
                yield at, end, slug, rule
            at = text.find(name, end)


def _is_cut(text: str, start: int, end: int) -> bool:
    """Whether a Latin name is only a piece of a word, an address of mail or a handle."""
    if _HAN.match(text, start):
        return False
    before, after = text[start - 1 : start], text[end : end + 1]
    return before == "@" or any(
        (char.isalnum() and not _HAN.match(char)) or unicodedata.category(char) == "Mn"
        for char in (before, after)
        if char
    )
