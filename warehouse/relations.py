"""Does a statement move, cancel or correct an earlier one? Decided by cues that stand in `relations.toml`."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from extract.records import Document, Fact, Lang
from warehouse.records import WarehouseError

RELATIONS = ("corrects", "cancels", "reschedules")  # in order of preference, where several cues are found
_FILE = Path(__file__).parent / "relations.toml"
_BREAK = {Lang.EN: re.compile(r"[.!?](?=\s)|\n"), Lang.ZH: re.compile(r"[。！？!?\n]")}


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that tell of a relation, with a sentence that has them and one that only looks so."""

    relation: str
    lang: Lang
    pattern: re.Pattern[str]
    example: str
    counter: str


@cache
def load_cues(path: Path = _FILE) -> tuple[Cue, ...]:
    """Read the cues.

    Raises:
        WarehouseError: the file is malformed or a cue fails its own example; names file and cue.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))["cue"]
        cues = tuple(
            Cue(
                e["relation"],
                Lang(e["lang"]),
                re.compile(e["pattern"], re.IGNORECASE),
                e["example"],
                e["counter"],
            )
            for e in entries
        )
    except (OSError, KeyError, TypeError, ValueError, re.error) as error:
        raise WarehouseError(f"{path}: {error!r}") from error
    for number, cue in enumerate(cues, start=1):
        if cue.relation not in RELATIONS:
            raise WarehouseError(f"{path}: cue {number}: unknown relation {cue.relation!r}")
        if not cue.pattern.search(cue.example) or cue.pattern.search(cue.counter):
            raise WarehouseError(f"{path}: cue {number}: pattern and examples disagree")
    return cues


def relation_of(document: Document, fact: Fact) -> str:
    """`states`, or what the sentence of the evidence or the title says of an earlier statement."""
    sentence = sentence_at(document.text, fact.start, fact.end, document.lang)
    return _relation(f"{document.title}\n{sentence}", document.lang)


@lru_cache(maxsize=256)  # one sentence often states many facts
def _relation(words: str, lang: Lang) -> str:
    found = {cue.relation for cue in load_cues() if cue.lang == lang and cue.pattern.search(words)}
    return next((relation for relation in RELATIONS if relation in found), "states")


def sentence_at(text: str, start: int, end: int, lang: Lang) -> str:
    """The sentences that the span `text[start:end]` touches."""
    ends = _sentence_ends(text, lang)
    first = bisect_right(ends, start)
    last = bisect_right(ends, max(end - 1, start))
    return text[ends[first - 1] if first else 0 : ends[last] if last < len(ends) else len(text)].strip()


@lru_cache(maxsize=16)  # the facts of one document come one after the other
def _sentence_ends(text: str, lang: Lang) -> list[int]:
    return [match.end() for match in _BREAK[lang].finditer(text)]
