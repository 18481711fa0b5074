"""Public functions: dates of a text, and the reference day that its own dates suggest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from extract.dates.arithmetic import exists
from extract.dates.fold import fold
from extract.dates.memory import Memory, alone_on_line
from extract.dates.ranges import join_ranges
from extract.dates.records import Anchor, DateMention, DateRole, Expression, Span
from extract.dates.resolve import Context, resolve
from extract.dates.roles import is_open_weekday, is_since, role_of, tense_of
from extract.dates.rules import Rules, load_date_rules
from extract.dates.scan import scan
from extract.records import Lang, PartialDate, Precision

_ENDS = {DateRole.UNTIL, DateRole.DEADLINE}
_BOUNDS = {DateRole.FROM, *_ENDS}
_END = 2  # a tense of its own: ends lie ahead


class Inferred(NamedTuple):
    """A publication day worked out from the text.

    Attributes:
        day: the likeliest day.
        precise: whether it is that day; else it is good enough to give dates without a year their year.
    """

    day: date
    precise: bool


def read_dates(text: str, published: date | None, lang: Lang) -> tuple[date | None, tuple[DateMention, ...]]:
    """The publication day, inferred where it is not known, and the dates of a text by it."""
    if published is not None:
        return published, find_dates(text, published, lang)
    inferred = infer_reference(text, lang)
    if inferred is None:
        return None, find_dates(text, None, lang)
    return inferred.day, find_dates(text, inferred.day, lang, precise=inferred.precise)


def find_dates(
    text: str, reference: date | None, lang: Lang, *, precise: bool = True
) -> tuple[DateMention, ...]:
    """Find the dates of a text and resolve them.

    Args:
        text: running text; paragraphs separated by newlines.
        reference: publication day, or what `infer_reference` gave; None if unknown.
        lang: language of the text.
        precise: whether days may be counted from the reference ("tomorrow"), not only years be taken from it.

    Returns:
        Mentions in order of their start, not overlapping. Without a reference, mentions without a year
        have a value only where an explicit year stands earlier in their paragraph.
    """
    rules = load_date_rules(lang)
    folded = fold(text, lang)
    spans = join_ranges(scan(text, folded, rules), folded, rules)
    start = Context(reference, None, 0, rules.events, precise=precise)
    return tuple(_resolve_all(text, folded, spans, start, rules))


def _resolve_all(
    text: str, folded: str, spans: Iterator[Span], start: Context, rules: Rules
) -> Iterator[DateMention]:
    memory = Memory(start)
    last_end = 0
    for span in spans:
        role = role_of(folded, span, rules)
        context = memory.before(folded, last_end, span, _tense(folded, span, role, rules), rules)
        last_end = span.end
        if not _unwanted(span, context):
            mention = _mention(text, span, role, context)
            memory = memory.after(folded, span, mention, context, rules)
            yield mention
        else:
            memory = replace(memory, context=context)


def _unwanted(span: Span, context: Context) -> bool:
    """Drop what reads as a length of time: removed in two days; two weeks after, with nothing before."""
    if span.condition == "not_past":
        return context.tense < 0
    if span.condition == "named":
        return context.previous is None
    return span.condition == "previous" and context.previous_day is None


def _tense(folded: str, span: Span, role: DateRole, rules: Rules) -> int:
    """The sentence's tense; an end or beginning told in a report of the past may still lie ahead."""
    if span.first.year is not None:  # nothing left to decide
        return 0
    tense = tense_of(folded, span, rules)
    if role not in _BOUNDS:
        return tense
    may_have_passed = role is DateRole.DEADLINE and is_open_weekday(span, rules)  # by Thursday no link worked
    if role in _ENDS and (tense > 0 or (tense == 0 and not may_have_passed)):
        return _END
    if is_since(folded, span, rules):
        return tense
    return max(tense, 0)


def _mention(text: str, span: Span, role: DateRole, context: Context) -> DateMention:
    first, second = span.first, span.second
    if role is DateRole.REPORT and first.day is not None and first.month is None:
        first = replace(first, anchor=Anchor.REFERENCE)  # the reporter's day, whatever was named before
    value, until = resolve(first, context), None
    if second is not None:
        until = resolve(second, _from_start(value, context))
    return DateMention(
        start=span.start,
        end=span.end,
        text=text[span.start : span.end],
        value=value,
        until=until if until is not None and value is not None and until.last >= value.first else None,
        role=role,
        explicit_year=first.year is not None or (second is not None and second.year is not None),
        rule=span.rule,
        relative=_is_relative(first),
    )


def _from_start(value: PartialDate | None, context: Context) -> Context:
    """The end of a range is read from its start on."""
    if value is None:
        return context
    return replace(context.after(value, None), tense=1, reference=value.first)


def _is_relative(expression: Expression) -> bool:
    return expression.year is None or expression.anchor is not Anchor.REFERENCE


def infer_reference(text: str, lang: Lang) -> Inferred | None:
    """Work out a publication day from the text's own dates.

    Preferred are a sign-off (a full date alone on its line), then a dateline at the very start, then the
    latest explicit date that is no end or deadline. A month stands for its middle, a year for 1 July:
    good enough to give year-less dates their year. If weekdays beside year-less days fit the year before
    or after better, it is that. Mark what follows from it as inferred.

    Returns:
        A day, precise if it is a sign-off or a dateline; None if the text names no explicit year.
    """
    explicit = [m for m in find_dates(text, None, lang) if m.explicit_year and m.value is not None]
    days = [m for m in explicit if m.value is not None and m.value.precision is Precision.DAY]
    alone = [m for m in days if alone_on_line(text, m.start, m.end)]
    opening = [m for m in days if m.start < 100 and m.role is DateRole.REPORT]
    stated = [m for m in explicit if m.role not in {DateRole.UNTIL, DateRole.DEADLINE}]
    for group, precise in ((alone[-1:], True), (opening[:1], True), (stated, False), (explicit, False)):
        if group:
            latest = max(_middle(m.value) for m in group if m.value is not None)
            return Inferred(_agree_with_weekdays(latest, text, lang), precise)
    return None


def _agree_with_weekdays(reference: date, text: str, lang: Lang) -> date:
    """Move to the neighbouring year if weekdays beside year-less days (Friday, 1 March) ask for it."""
    rules = load_date_rules(lang)
    votes: Counter[int] = Counter()
    for span in scan(text, fold(text, lang), rules):
        first = span.first
        if first.weekday and first.month and first.day and first.year is None and first.nth is None:
            for year in (reference.year, reference.year + 1, reference.year - 1):
                if exists(year, first.month, first.day):
                    votes[year] += date(year, first.month, first.day).isoweekday() == first.weekday
    best = max(votes, key=lambda year: votes[year], default=reference.year)  # the first one of equals
    if best == reference.year or votes[best] == votes[reference.year]:
        return reference
    return date(best, reference.month, min(reference.day, 28))


def _middle(value: PartialDate) -> date:
    return date(value.year, value.month or 7, value.day or (1 if value.month is None else 15))
