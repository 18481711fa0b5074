"""What is remembered from one date of a text to the next: landmarks and the year that is carried on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from extract.dates.records import Anchor, DateMention, DateRole, Expression, Span
from extract.dates.resolve import Context
from extract.dates.rules import Rules
from extract.records import PartialDate

# An explicit year further from the reference than this is history, no year to read 3 May in.
_CARRY_YEARS = 12
# Characters that may stand beside a date that has its line to itself, and before one that opens a line.
_MARKS, _BULLET = 4, 12
# Ends of sentences between a day and the "immediately" that is of that day. In annotated news 167 such facts
# begin on the day named, 2 on that of publication, 15 on neither.
_SENTENCES = 1
_SAID = (DateRole.POINT, DateRole.REPORT)  # not the beginning or end of what held before
_OPENING = 16  # room for ". Back in early"


@dataclass(frozen=True, slots=True)
class Memory:
    """State between two mentions.

    Attributes:
        context: as after the last mention.
        reach: name of the cue that ends the carrying of `context.year`.
        listed: the last date that opened a line, if the first such one had its year.
    """

    context: Context
    reach: str = "paragraph_end"
    listed: PartialDate | None = None

    def before(self, folded: str, last_end: int, span: Span, tense: int, rules: Rules) -> Context:
        """Give the context of the next mention."""
        known = self.context
        ended = rules.cues[self.reach].search(folded, last_end, span.start)
        since = known.since + sum(
            1 for _ in rules.cues["sentence_end"].finditer(folded, last_end, span.start)
        )
        far = since > _SENTENCES or "\n" in folded[last_end : span.start]
        return Context(  # not `replace`, which takes several times as long
            reference=known.reference,
            year=None if ended else known.year,
            tense=tense,
            events=known.events,
            previous=known.previous,
            previous_month=known.previous_month,
            previous_day=known.previous_day,
            said=None if far else known.said,
            since=since,
            listed=self.listed if _heads_line(folded, span, rules) else None,
            precise=known.precise,
        )

    def after(self, folded: str, span: Span, mention: DateMention, context: Context, rules: Rules) -> Memory:
        """Remember a mention, if later ones may count from it."""
        value = mention.value
        if value is None or not _is_landmark(span.first, context):
            return replace(self, context=context)
        reach, listed = self.reach, self.listed
        label = mention.explicit_year and _heads_line(folded, span, rules)
        if mention.explicit_year:
            reach = _reach(value, folded, span, rules, label=label)
        if value.month is not None and _heads_line(folded, span, rules):
            listed = value if mention.explicit_year or listed is not None else None
        context = context.after(value, value.year if label else _carried(mention, context))
        if value.day is not None and mention.role in _SAID and _has_come(value, context):
            context = replace(context, said=value, since=0)
        return Memory(context, reach, listed)


def _has_come(day: PartialDate, context: Context) -> bool:
    return context.reference is not None and day.first <= context.reference


def _carried(mention: DateMention, context: Context) -> int | None:
    """The year that further dates are read in, after an explicit one."""
    value, reference = mention.value, context.reference
    if value is None or not mention.explicit_year:
        return context.year
    if reference is not None and abs(value.year - reference.year) > _CARRY_YEARS:
        return None
    return value.year


def _reach(value: PartialDate, folded: str, span: Span, rules: Rules, *, label: bool) -> str:
    """How far an explicit year is carried on: a name of a cue.

    To the end of the paragraph; a year or month alone on its line, as a heading, further; a bare year that
    neither opens its sentence nor labels its line ("2016 - Stories. In November ...") only to the end of the
    sentence, in English, where years are often background.
    """
    if value.day is None and alone_on_line(folded, span.start, span.end):
        return "never"
    opening = label or rules.cues["opening_year"].search(folded, max(0, span.start - _OPENING), span.start)
    return "paragraph_end" if value.month is not None or opening else "bare_year_end"


def _is_landmark(expression: Expression, context: Context) -> bool:
    """Whether later dates may count from this one; not from feasts, weeks or guessed distances."""
    if expression.event is not None or (expression.week_shift is not None and expression.weekday is None):
        return False
    return not expression.steps or expression.anchor is Anchor.REFERENCE or context.previous is not None


def _heads_line(folded: str, span: Span, rules: Rules) -> bool:
    """Whether a line of a list begins with the mention: a bullet or version before it, a mark after it."""
    if rules.cues["list_mark"].match(folded, span.end) is None:
        return False
    before = folded[max(0, span.start - _BULLET) : span.start]
    line = before[before.rfind("\n") + 1 :]
    return ("\n" in before or span.start <= _BULLET) and not any(char.isalpha() for char in line)


def alone_on_line(text: str, start: int, end: int) -> bool:
    """Whether a line holds the mention and at most a few marks on either side."""
    before, after = text[max(0, start - _MARKS) : start], text[end : end + _MARKS]
    opens = "\n" in before or start <= _MARKS
    closes = "\n" in after or end + _MARKS >= len(text)
    return opens and closes
