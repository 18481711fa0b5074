"""Names of services in a Chinese text that no gazetteer has to know.

Chinese has no capitals, and a run of characters that no dictionary holds is mostly no name. But a notice puts
its service in quotation marks and then writes it again, begins its title with it or ends it in brackets with
it, or is signed by one of its offices. Whether such a name is a platform, a target or neither is left to the
rankers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from extract.normal import normalise

_HAN = r"[\u4e00-\u9fff]"
_QUOTED = re.compile(rf"“({_HAN}{{2,7}})”|「({_HAN}{{2,7}})」|『({_HAN}{{2,7}})』|\"([^\"\n]*)\"")
_ALL_HAN = re.compile(rf"{_HAN}{{2,7}}")
_TITLE = re.compile(rf"(?:【|致|关于|關於)?({_HAN}{{2,8}}?)(?=[：:|｜“「 ]|关于|關於|公告|通知|官方)")
_IN_BRACKETS = re.compile(r"[（(]([^（()）]{2,16})[）)]$")  # ends a title: who speaks
_LAST_LINES = 3
_LONGEST_LINE = 20
_LONGEST_TITLE = 200
_LEAST_STEM = 2  # characters
_MOST = 40  # quoted runs that are looked at


@dataclass(frozen=True)
class HanWords:
    """Words that names end in, and that stand in none; all in simplified characters.

    Attributes:
        tails: word -> what the English name has in its place; nothing for a mere "community".
        particles: that stand in no name.
        starts: that no name begins with ("直播").
        fields, desks: make the names of offices together ("运营" and "团队"), which sign notices.
    """

    tails: Mapping[str, str]
    particles: frozenset[str]
    starts: tuple[str, ...]
    fields: tuple[str, ...]
    desks: tuple[str, ...]

    @cached_property
    def signature(self) -> re.Pattern[str]:
        """A line that an office of a service signs with; the first group is the service."""
        fields, desks = "|".join(self.fields), "|".join(self.desks)
        return re.compile(
            rf"[—\-\s]*({_HAN}{{2,8}}?)(?:香港|台湾|大陆)?[\s·・|]*(?:{fields}){{0,3}}(?:{desks})\s*"
        )

    def parted(self, name: str) -> tuple[str, str | None]:
        """A name without the ordinary word it ends in, and that word in English (None if there is none)."""
        folded = normalise(name)
        for tail, english in self.tails.items():
            if folded.endswith(tail) and len(name) >= len(tail) + _LEAST_STEM:
                return name[: -len(tail)], english
        return name, None

    def may_name(self, name: str) -> bool:
        """Whether a run that a text puts forward may be a name."""
        stem = normalise(self.parted(name)[0])
        return (
            len(stem) >= _LEAST_STEM
            and not stem.startswith(self.starts)
            and not any(part in stem for part in self.particles)
        )


def han_names(text: str, words: HanWords) -> Iterator[str]:
    """Runs put forward as names: quoted and written again, at an end of the title, or signing the text."""
    return filter(words.may_name, _runs(text, words))


def _quoted(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        run = match[match.lastindex or 0]
        if _ALL_HAN.fullmatch(run):
            yield run


def _runs(text: str, words: HanWords) -> Iterator[str]:
    title, _, rest = text.partition("\n")
    title = title[:_LONGEST_TITLE] if rest else ""  # one line alone is no title
    for name in islice(dict.fromkeys(_quoted(text)), _MOST):
        if name in title or text.count(name) > 1:
            yield name
    opens = _TITLE.match(title)
    if opens and (opens[1] in rest or words.parted(opens[1])[1] is not None):
        yield opens[1]
    speaker = _IN_BRACKETS.search(title.rstrip())
    if speaker and _ALL_HAN.fullmatch(speaker[1]) and speaker[1] in rest:
        yield speaker[1]
    signatures = [*text.rstrip().splitlines()[-_LAST_LINES:], speaker[1] if speaker else ""]
    for line in signatures:
        signed = words.signature.fullmatch(normalise(line)) if len(line) <= _LONGEST_LINE else None
        if signed:
            yield line[slice(*signed.span(1))]
