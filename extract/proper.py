"""Proper names of an English text that no gazetteer has to know: runs of capitalised words, and domains.

A capital says nothing at the beginning of a sentence or in a headline, so a run counts once it also stands
elsewhere, is followed as only names are, or is spelt as no ordinary word is (iNaturalist, 9GAG). Of the facts
of 320 annotated documents that no rule had been written on, 15% had a platform and 10% a target that neither
gazetteer nor rules found; whether such a name is a platform, a target or neither is left to the rankers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

_PART = (
    r"(?:[A-Z][A-Za-z0-9\u00c0-\u024f]*|[a-z]{1,3}[A-Z][A-Za-z0-9]+|\d{1,4}[A-Z][A-Za-z0-9]*)"
    r"(?:['\u2019](?:(?!s\b)[a-z]+|[A-Z][A-Za-z\u00c0-\u024f]+))?"
)
_TOKEN = rf"{_PART}(?:[-.&]{_PART}|[-.][a-z]{{2,12}}\b)*"
_TOKENS = re.compile(rf"(?<![\w@/.'\u2019-]){_TOKEN}(?![\w@])")
_NO_TOKEN = re.compile(r"\d+(?:[AP]M|G|D|K|FA)|[QH]\d|[A-Z]\d")  # 5PM, 5G, 2FA, Q3
_JOINT = re.compile(r" (?:of (?:the |Our )?|the |& )?")
_DOMAIN = re.compile(
    r"(?<![\w@/.-])(?:www\.)?((?:[a-z0-9][a-z0-9-]*\.)*[a-z0-9][a-z0-9-]+)"
    r"\.(com|org|net|app|win|info|example|blog|social|shop|io|tv|me|co|gg|ly|gl|gd|cc|to|fm|ws|vc|is|uk|de|fr|"
    r"jp|cn|ru|in|us|eu|nl|se|no|fi|dk|pl|it|es|ch|at|be|br|kr|tw|hk|sg|au|ca|nz|id|my|th|vn|ph|tr|gr|cz|sk|hu|"
    r"ro|bg|rs|hr|si|lv|lt|ee|ua|by|kz|il|ae|sa|za|ng|ke|mx|ar|cl|pe|pt|ie|lu|li|im|ai|dev|xyz|cloud|coffee|"
    r"online|site|space|world|town|club|chat|wiki|scot|zone|lgbt|games|tech|store|lol)"
    r"(?:\.[a-z]{2})?(?![\w@-]|\.\w)"
)
_ADJECTIVE = re.compile(
    r"-(?:based|owned|style|like|only|wide|run|made|led|friendly|backed|born|era|related|free|controlled|"
    r"speaking|listed|type|shaped|hosted|branded|ish|to|mail)$"
)
_CONTRACTION = re.compile(r"(?:n['\u2019]t|['\u2019](?:ve|re|ll|m|d))$")  # they've, don't
# What stands before a capital that says something: a word, a comma, an apostrophe; not "3." or "3)".
_GOES_ON = re.compile(r"(?:[^\W\d]|\d|[,&/'\u2019)%])$")
_NUMBERED = re.compile(r"(?:^|\n)\s*\(?\w{1,3}[.)]$")
_LOOK_BACK = 40
_NAME_FOLLOWS = re.compile(
    r"['\u2019]s? |, (?:the|a|an|which|whose|owned|formerly|based|together)\b| \((?!\d)|,? (?:and|or) [A-Z]|"
    r", [A-Z]| (?:[a-z]{2,}(?:[^s]s|ed)|is|was|has|had|got|took|will|cut|put|gave|made|began|let|said|shut|"
    r"went|came|did|won)\b"
)
# Behind a name that opens a title: the number of a version, a colon, a comma, a dash.
_TITLE_FOLLOWS = re.compile(r" v?(\d+(?:\.\d+)*)\b|\s?[:,\u2013\u2014|(-]")
_COLON = re.compile(r"\s?[:\u2013\u2014]|\s-\s")
_NO_NAME = re.compile(r"(?:s|ing|ly)$")
_LOWER = re.compile(r"\b[a-z]{3,}\b")
_LONG = re.compile(r"[A-Za-z]{4,}")
_MOST_PARTS = 5
_LEAST_WORDS = 3  # longer words of a line that says anything about capitals
_TITLED = 0.75  # share of capitalised longer words from which a line is a headline


@dataclass(frozen=True, slots=True)
class ProperWords:
    """Words, in lower case, that decide where names begin and end (`rules/en/names_words.toml`).

    Attributes:
        stops: no name of their own.
        tails: stop words that a name may end in.
        papers: what newspapers are called.
        after: follow a name without belonging to it.
    """

    stops: frozenset[str]
    tails: frozenset[str]
    papers: frozenset[str]
    after: frozenset[str]


@dataclass(frozen=True, slots=True)
class Run:
    """Capitalised words that may be a name: [start, end) and the words."""

    start: int
    end: int
    words: tuple[str, ...]


def runs(text: str, words: ProperWords) -> Iterator[Run]:
    """Runs of capitalised words without the ordinary words at their ends; stop words part them."""
    current: list[re.Match[str]] = []
    for match in _TOKENS.finditer(text):
        if current and not (
            len(current) < _MOST_PARTS and _JOINT.fullmatch(text, current[-1].end(), match.start())
        ):
            yield from _run(current, words.after)
            current = []
        word = match.group().lower()
        if match.group() == "The" and not begins(text, match.start()):
            yield from _run(current, words.after)
            current = [match]  # "in The Times of Israel"
        elif (
            _ADJECTIVE.search(word)
            or _CONTRACTION.search(word)
            or _NO_TOKEN.fullmatch(match.group())
            or (word in words.stops and not (current and word in words.tails))
        ):
            yield from _run(current, words.after)
            current = []
        else:
            current.append(match)
    yield from _run(current, words.after)


def begins(text: str, at: int) -> bool:
    """Whether a sentence, item or quotation begins here, where a capital says nothing."""
    before = text[max(0, at - _LOOK_BACK) : at]
    line = before.rpartition("\n")[2].rstrip(" \t\u3000\u00a0")
    if not line:
        return True
    return _GOES_ON.search(line) is None or _NUMBERED.search("\n" + line) is not None


def _run(found: list[re.Match[str]], after: Collection[str]) -> Iterator[Run]:
    while found and found[-1].group().lower() in after:
        found = found[:-1]
    if found and (len(found) > 1 or (len(found[0].group()) > 1 and found[0].group() != "The")):
        yield Run(found[0].start(), found[-1].end(), tuple(m.group() for m in found))


def _headlines(text: str) -> tuple[list[int], list[int]]:
    """Starts and ends of the lines in which most words are capitalised, or all letters, whatever they are."""
    starts, ends, at = [], [], 0
    for line in text.splitlines(keepends=True):
        long = _LONG.findall(line)
        sentence = line.rstrip().endswith((".", "!", "?"))
        capitals = sum(w.isupper() if sentence else w[0].isupper() for w in long)
        if len(long) >= _LEAST_WORDS and capitals >= _TITLED * len(long):
            starts.append(at)
            ends.append(at + len(line))
        at += len(line)
    return starts, ends


def proper_names(text: str, words: ProperWords) -> dict[str, str]:
    """Names as written -> the name they stand for ("Parlance" for "Parlance Chat" where both are used)."""
    starts, ends = _headlines(text)
    found = list(runs(text, words))
    lower = set(_LOWER.findall(text))
    seen = Counter(text[run.start : run.end] for run in found)
    sure: set[str] = set()
    for run in found:
        name = text[run.start : run.end]
        if _speaks_in_title(text, run, seen[name], lower) or (
            bisect_right(starts, run.start) == bisect_right(ends, run.start) and _is_sure(text, run, lower)
        ):
            sure.add(name)
    kept = {name: name for name in seen if name in sure}
    first_of: dict[str, str] = {}
    for name in kept:  # the short form of a longer name that the text uses more than once
        head, _, rest = name.partition(" ")
        if rest and (seen[name] > 1 or text.startswith(name)) and seen[head]:
            first_of.setdefault(head, name)
    return {name: first_of.get(name, name) for name in (*kept, *(h for h in first_of if h not in kept))}


def _speaks_in_title(text: str, run: Run, times: int, lower: Collection[str]) -> bool:
    """Whether a title names who speaks: before a version, or before a colon or behind a bracket.

    The text must name it again, or use none of its words as an ordinary one.
    """
    if "\n" in text[: run.end] or "\n" not in text[run.end :]:
        return False
    if run.start == 0 and (follows := _TITLE_FOLLOWS.match(text, run.end)):
        if follows.lastindex or times > 1:
            return True
    elif text[run.start - 1 : run.start] != "(":
        return False
    speaks = run.start > 0 or _COLON.match(text, run.end) is not None
    return speaks and not any(w.lower() in lower or _NO_NAME.search(w) for w in run.words[:1])


def _is_sure(text: str, run: Run, lower: Collection[str]) -> bool:
    """Whether an occurrence outside headlines shows that the run is a name; words of `lower` are none."""
    if not begins(text, run.start):
        return True
    first = run.words[0]
    marked = len(run.words) > 1 or any(c.isupper() or c.isdigit() for c in first[1:])
    marked = marked or _DOMAIN.fullmatch(first.lower()) is not None
    if marked and not text[run.start : run.end].isupper():
        return True
    if text[run.start - 1 : run.start] == "(" and text[run.end : run.end + 1] == ")":
        return True
    if first.lower() in lower or _NO_NAME.search(first):
        return False
    return _NAME_FOLLOWS.match(text, run.end) is not None


def domains(text: str) -> Iterator[tuple[int, int, str, str]]:
    """(start, end, name, ending) of domains as written in running text: `bit` and `ly` of bit.ly."""
    for match in _DOMAIN.finditer(text):
        yield match.start(), match.end(), match[1].rpartition(".")[2], match[2]
