"""Records of the domain: what is read (Document) and what is stated in it (Fact).

Only the standard library is imported here, so that a crawl process or the warehouse can use the
records without loading spaCy. Everything is frozen: each stage returns new records.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Lang(StrEnum):
    """Language of a document."""

    EN = "en"
    ZH = "zh"


class Kind(StrEnum):
    """Who speaks: the platform itself (notice) or anyone else (news)."""

    NOTICE = "notice"
    NEWS = "news"


class Action(StrEnum):
    """What happens to the links."""

    BLOCK = "block"
    RESTRICT = "restrict"
    ALLOW = "allow"


class Stage(StrEnum):
    """How settled the rule is."""

    DECIDED = "decided"
    TRIAL = "trial"
    PROPOSED = "proposed"


class Precision(StrEnum):
    """Finest known part of a date."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"


_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """An ISO 8601 calendar date of reduced precision: a year, a month or a day."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Reject what is no date.

        Raises:
            ValueError: the parts are no calendar date.
        """
        if self.month is None and self.day is not None:
            raise ValueError("a day needs a month")
        date(self.year, self.month or 1, self.day or 1)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read `2022`, `2022-03` or `2022-03-01`.

        Raises:
            ValueError: the text has another form or names no calendar date.
        """
        match = _ISO.fullmatch(text)
        if match is None:
            raise ValueError(f"not an ISO date of year, month or day precision: {text!r}")
        return cls(*(int(part) for part in match.groups() if part is not None))

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """Make a date of day precision."""
        return cls(day.year, day.month, day.day)

    @property
    def precision(self) -> Precision:
        """Finest part that is known."""
        if self.month is None:
            return Precision.YEAR
        return Precision.MONTH if self.day is None else Precision.DAY

    @property
    def first(self) -> date:
        """First day that the date covers."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """Last day that the date covers."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        if self.month is not None:
            parts.append(f"{self.month:02d}")
        if self.day is not None:
            parts.append(f"{self.day:02d}")
        return "-".join(parts)


@dataclass(frozen=True, slots=True)
class Document:
    """Plain text of one page or notice, as the extractor is given it.

    Attributes:
        id: unique within its collection; the warehouse uses a content hash.
        lang: language of the text.
        kind: notice (the platform's own words) or news.
        published: publication day, None if unknown.
        title: headline, may be empty.
        text: paragraphs separated by newlines; evidence offsets count its code points.
        url: where it was read, None for a local text.
        source_id: id of the declared source, None if ingested by hand.
        platform: slug of the platform whose own voice this is (from the source), None if unknown.
    """

    id: str
    lang: Lang
    kind: Kind
    published: date | None
    title: str
    text: str
    url: str | None = None
    source_id: str | None = None
    platform: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """On `platform`, at `surface`, links to `target` are `action` from `effective_from`.

    Attributes:
        effective_to: last day on which it holds, None if the text gives none.
        region: ISO 3166-1 alpha-2 code, `EU` or `EEA`; None is everywhere or not said.
        evidence: exact substring `text[start:end]` of the document's text.
        start, end: half-open code point offsets of the evidence.
        rules: ids of the rules that made the fact, in order of use.
        confidence: estimated probability in [0, 1] that the core of the fact is right.
    """

    platform: str
    surface: str
    target: str
    action: Action
    effective_from: PartialDate | None
    effective_to: PartialDate | None
    region: str | None
    stage: Stage
    evidence: str
    start: int
    end: int
    rules: tuple[str, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Missed:
    """A passage that looks like a policy statement but gave no fact; for human review.

    Attributes:
        start, end: half-open code point offsets in the document's text.
        reason: which stage dropped it, in one phrase.
        score: the scorer's probability for the passage, in [0, 1].
    """

    start: int
    end: int
    reason: str
    score: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one document yields.

    Attributes:
        reference: the day relative dates were resolved against, None if none could be found.
        reference_inferred: the day (or its year) was worked out from the text, not given.
        passed_gate: False if the cheap gate dropped the document unread.
    """

    document_id: str
    facts: tuple[Fact, ...] = ()
    missed: tuple[Missed, ...] = ()
    reference: date | None = None
    reference_inferred: bool = False
    passed_gate: bool = True
