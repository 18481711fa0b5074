"""Records of the date stages: what is written (Expression) and what it comes to (DateMention)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from extract.records import PartialDate


class DateRole(StrEnum):
    """What the words around a date say that it is."""

    POINT = "point"
    FROM = "from"
    UNTIL = "until"
    DEADLINE = "deadline"
    RANGE = "range"
    REPORT = "report"


class Anchor(StrEnum):
    """What a relative expression counts from.

    PREVIOUS is the last date named that is fine enough for what is asked, NAMED the last one as it stands,
    SAID the last day named in the sentence or the one before, if it has passed ("they said on 5 March that,
    effective immediately, ...").
    """

    REFERENCE = "reference"
    PREVIOUS = "previous"
    NAMED = "named"
    SAID = "said"


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date named in a text.

    Attributes:
        start, end: half-open code point offsets.
        text: exact substring of the text.
        value: the date, or the first one of a range; None if it cannot be resolved (no reference)
            or does not exist (30 February).
        until: last date of a range, inclusive; None for all others.
        role: told by the words around the mention.
        explicit_year: the year stands in the mention itself.
        rule: id of the rule that found it.
        relative: resolved against the reference or against a date named before.
    """

    start: int
    end: int
    text: str
    value: PartialDate | None
    until: PartialDate | None
    role: DateRole
    explicit_year: bool
    rule: str
    relative: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A signed distance in time: three weeks later, two months ago."""

    unit: str
    count: int


@dataclass(frozen=True, slots=True)
class Expression:
    """What a mention states, before any reference decides the rest; None is not stated.

    Attributes:
        year, month, day: as written.
        era: offset to add to the year (eras of reigns, the Republic's calendar).
        year_shift, month_shift, week_shift, day_shift: whole units away from the anchor.
        weekday: ISO number, Monday is 1.
        nth: which weekday of the month, 1-based.
        steps: distances to add to the anchor.
        anchor: what shifts and steps count from.
        direction: which of those that come every year: -1 the last, 0 this year's, 1 the next.
        event: key of a holiday or sales event.
        exact: the very day of the event is meant.
        precision: coarsest part that the wording allows (`end of September` is a month).
        last_day: the last day of the month or year named.
        impossible: written like a date, but no calendar has it.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    year_shift: int | None = None
    month_shift: int | None = None
    week_shift: int | None = None
    day_shift: int | None = None
    weekday: int | None = None
    nth: int | None = None
    steps: tuple[Step, ...] = ()
    anchor: Anchor = Anchor.REFERENCE
    direction: int | None = None
    event: str | None = None
    exact: bool = False
    precision: str = "day"
    last_day: bool = False
    impossible: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A mention as found: where, by which rule, and what it states (`second` ends a range).

    `condition` is the rule's: `not_past` (dropped in a sentence about the past), `previous` (dropped
    unless a day was named before) or `named` (unless any date was).
    """

    start: int
    end: int
    rule: str
    first: Expression
    second: Expression | None = None
    condition: str | None = None
