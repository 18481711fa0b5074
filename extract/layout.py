"""The layout of a text: blocks (title, headings, items, rows, paragraphs), sentences, clauses.

Works on normalised text; all offsets are code points of the text it is given.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from extract.records import Lang


class BlockKind(StrEnum):
    """What a line is."""

    TITLE = "title"
    HEADING = "heading"
    ITEM = "item"
    ROW = "row"
    PARAGRAPH = "paragraph"


@dataclass(frozen=True, slots=True)
class Block:
    """One line of the text.

    Attributes:
        heading: index of the heading above it, None if there is none.
        lead: index of the block that introduces this item or row, None if there is none.
    """

    start: int
    end: int
    kind: BlockKind
    heading: int | None = None
    lead: int | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence; `block` is the index of its block."""

    start: int
    end: int
    block: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence that makes one statement; `sentence` is the index of its sentence."""

    start: int
    end: int
    sentence: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Blocks, sentences and clauses in text order."""

    blocks: tuple[Block, ...]
    sentences: tuple[Sentence, ...]
    clauses: tuple[Clause, ...]

    def sentence_at(self, offset: int) -> int:
        """Index of the sentence that holds (or last began before) an offset."""
        return max(0, bisect_right(self.sentences, offset, key=lambda s: s.start) - 1)


_BULLET = re.compile(
    r"\s*(?:[-*•·●○▪■◆►>]\s+|[•·●○▪■◆►]|\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-h]|[ivx]{1,4})[.)、]\s*(?!\d)|"
    r"\(?[一二三四五六七八九十]{1,3}[)、.]|第[一二三四五六七八九十百\d]{1,4}[条款章节项]|[①-⑳]|(?:q|a|问|答)\d{0,2}\s?[.:、])"
)
_FINAL = re.compile(r"[.。!?;…\"')]\s*$")
_ENDS_EN = re.compile(r"[.!?]+[\"')\]]*(?=\s+[\"'(\[]?[^\s])")
_ENDS_ZH = re.compile(r"[。!?…]+[\"')\]]*|;(?=\s*[①-⑳(])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|st|no|nos|vs|inc|ltd|co|corp|jr|sr|approx|sec|art|fig|e\.g|i\.e|u\.s|u\.k|e\.u|a\.m|p\.m|"
    r"jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec)|\b[a-z])\.$"
)


def _is_heading(line: str, lang: Lang, following: str | None) -> bool:
    stripped = line.strip()
    limit = 28 if lang is Lang.ZH else 90
    if not stripped or len(stripped) > limit or following is None:
        return False
    if stripped.startswith("#") or (stripped.startswith("【") and stripped.endswith("】")):
        return True
    return (
        not _FINAL.search(stripped)
        and not stripped.endswith((":", ","))
        and len(following) > len(stripped) // 2
    )


def _kind(line: str, lang: Lang, previous: str, following: str | None) -> BlockKind:
    if " | " in line or line.count("|") > 1 or line.startswith("|"):
        return BlockKind.ROW
    if _BULLET.match(line):
        body = line[_BULLET.match(line).end() :]  # type: ignore[union-attr]
        short = len(body) <= (18 if lang is Lang.ZH else 50)
        return (
            BlockKind.HEADING
            if short
            and _is_heading(line, lang, following)
            and not _BULLET.match(previous)
            and not (following and _BULLET.match(following))
            else BlockKind.ITEM
        )
    return BlockKind.HEADING if _is_heading(line, lang, following) else BlockKind.PARAGRAPH


def _lines(plain: str) -> list[tuple[int, int]]:
    spans, start = [], 0
    for line in plain.split("\n"):
        if line.strip():
            spans.append((start, start + len(line)))
        start += len(line) + 1
    return spans


def find_blocks(plain: str, title_length: int, lang: Lang) -> tuple[Block, ...]:
    """Classify each line and link it to its heading and lead-in.

    Args:
        plain: normalised title, newline, text.
        title_length: code points of the title; 0 if there is none.
        lang: decides what length a heading may have.
    """
    spans = _lines(plain)
    blocks: list[Block] = []
    heading: int | None = None
    lead: int | None = None
    for number, (start, end) in enumerate(spans):
        following = plain[slice(*spans[number + 1])] if number + 1 < len(spans) else None
        if end <= title_length:
            blocks.append(Block(start, end, BlockKind.TITLE))
            continue
        previous = plain[slice(*spans[number - 1])] if number else ""
        kind = _kind(plain[start:end], lang, previous, following)
        listed = kind in (BlockKind.ITEM, BlockKind.ROW)
        if kind is BlockKind.HEADING:
            blocks.append(Block(start, end, kind))
            heading, lead = number, None
            continue
        blocks.append(Block(start, end, kind, heading, lead if listed else None))
        if not listed:
            lead = number
    return tuple(blocks)


_LONGEST = (
    3000  # code points; no annotated sentence comes near it, and it bounds the work on text without stops
)


def _bounded(start: int, ends: Sequence[int], end: int) -> Iterator[int]:
    """The ends of sentences, with further ones wherever a sentence would grow too long."""
    for stop in (*ends, end):
        while stop - start > _LONGEST:
            start += _LONGEST
            yield start
        yield stop
        start = stop


def _sentence_spans(plain: str, start: int, end: int, lang: Lang) -> list[tuple[int, int]]:
    ends = []
    pattern = _ENDS_ZH if lang is Lang.ZH else _ENDS_EN
    for match in pattern.finditer(plain, start, end):
        if lang is Lang.EN and _ABBREVIATION.search(plain, max(start, match.start() - 8), match.start() + 1):
            continue
        ends.append(match.end())
    spans, begin = [], start
    for stop in _bounded(start, ends, end):
        while begin < stop and plain[begin] == " ":
            begin += 1
        if stop > begin:
            spans.append((begin, stop))
        begin = stop
    return spans


_HARD = {
    Lang.EN: re.compile(r";\s+|:\s+|\s-+\s|\s?\|\s?|--+"),
    Lang.ZH: re.compile(r"[;:]|--+|\s?\|\s?"),
}
_CONTRAST = {
    Lang.EN: re.compile(
        r",?\s+(?=(?:but|while|whereas|although|though|except|unless|however|yet|unlike|"
        r"as (?:do|does|did|are|is)|and (?:so|nor|neither|the same)|nor)\b)|"
        r",\s+(?=(?:and|which|who|where|with|including|meaning|so)\b)"
    ),
    Lang.ZH: re.compile(
        r",(?=(?:但|而|不过|却|然而|至于|其中|同时|此外|另|除|仅|只|若|如|则|并|且|也|亦|还|唯|惟|倒|反|原|此前|之前|"
        r"目前|随后|后|其余|其他|一并|均|都|[^,。;]{1,8}则))"
    ),
}
_SOFT = {
    Lang.EN: re.compile(r",\s+|\s(?=and\s)|\s(?=or\s)|\s\(|\)\s"),
    Lang.ZH: re.compile(r",|(?<=\))|(?=\()"),
}


def _hard_cuts(plain: str, start: int, end: int, lang: Lang, cues: Sequence[tuple[int, int]]) -> set[int]:
    """Cuts at semicolons, and at colons and dashes where a statement of its own follows, not a list."""
    found = [
        (m.end(), m.group().strip().startswith((";", "|"))) for m in _HARD[lang].finditer(plain, start, end)
    ]
    cuts = set()
    lefts = [left for left, _ in cues]
    for number, (cut, sure) in enumerate(found):
        until = found[number + 1][0] if number + 1 < len(found) else end
        at = bisect_left(lefts, cut)
        if sure or (at < len(lefts) and lefts[at] < until):
            cuts.add(cut)
    return cuts


Span = tuple[int, int]


class _Spans:
    """Spans that no clause may cut, overlapping ones merged; found by bisection to stay linear."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(spans):
            if self.ends and start < self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def cut_by(self, offset: int) -> bool:
        """Whether a cut at the offset falls inside a span or at its end."""
        at = bisect_left(self.starts, offset) - 1
        return at >= 0 and offset <= self.ends[at]


def _last_within(cuts: Sequence[int], left: int, right: int) -> int | None:
    """The last of the sorted cuts in [left, right], None if there is none."""
    at = bisect_right(cuts, right) - 1
    return cuts[at] if at >= 0 and cuts[at] >= left else None


def _cuts(plain: str, sentence: Span, lang: Lang, cues: Sequence[Span], whole: _Spans) -> list[int]:
    """Offsets at which a sentence falls into clauses; none cuts one of the spans `whole`."""
    start, end = sentence
    hard = _hard_cuts(plain, start, end, lang, cues)
    contrast = [m.end() for m in _CONTRAST[lang].finditer(plain, start, end) if not whole.cut_by(m.end())]
    soft = [m.end() for m in _SOFT[lang].finditer(plain, start, end) if not whole.cut_by(m.end())]
    sure = sorted({*hard, *contrast} if lang is Lang.ZH else hard)
    found = set(sure)
    for (_, left), (right, _) in pairwise(cues):
        if _last_within(sure, left, right) is None:
            cut = _last_within(contrast, left, right) or _last_within(soft, left, right)
            found.update(() if cut is None else (cut,))
    return sorted(cut for cut in found if start < cut < end and not whole.cut_by(cut))


def find_layout(
    plain: str,
    title_length: int,
    lang: Lang,
    cues: Sequence[Span],
    whole: Sequence[Span] = (),
) -> Layout:
    """Split a text.

    Args:
        plain: normalised title, newline, text.
        title_length: code points of the title; 0 if there is none.
        lang: language of the text.
        cues: spans of the action cues in text order; a clause holds one of them where it can.
        whole: spans in text order that no clause may cut ("A, B and C").
    """
    blocks = find_blocks(plain, title_length, lang)
    kept = _Spans(whole)
    sentences: list[Sentence] = []
    clauses: list[Clause] = []
    at = 0
    for number, block in enumerate(blocks):
        for start, end in _sentence_spans(plain, block.start, block.end, lang):
            while at < len(cues) and cues[at][0] < start:
                at += 1
            inside = []
            while at < len(cues) and cues[at][0] < end:
                inside.append(cues[at])
                at += 1
            begin = start
            for cut in (*_cuts(plain, (start, end), lang, inside, kept), end):
                if plain[begin:cut].strip(" ,;:|-()"):
                    clauses.append(Clause(begin, cut, len(sentences)))
                    begin = cut
            sentences.append(Sentence(start, end, number))
    return Layout(blocks, tuple(sentences), tuple(clauses))
