"""What stands right beside an occurrence: its governor, its owner, what shares its words."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence

from extract.frames import GOVERNOR_NAMES
from extract.mentions import Mention
from extract.reading import Place, Reading

NEIGHBOUR_NAMES = (
    *(f"governor_{n}" for n in GOVERNOR_NAMES), "governor_cue", "governor_gap", "governor_linked",
    "owner_before", "owner_after", "shares_service", "shares_target", "shares_surface", "shares_link",
)  # fmt: skip
_NOBODY = 50  # in place of an owner's rank
_OF_OWNER = re.compile(r"(?:'s|s')?[\s的]{0,2}")
_TO_OWNER = re.compile(r"\"?\s(?:on|of|in|at|within|inside|across)\s(?:the\s)?")
_NONE = (*[0.0] * (len(GOVERNOR_NAMES) + 1), 99.0, 0.0, float(_NOBODY), float(_NOBODY), *[0.0] * 4)


class _Cover:
    """Whether any of some mentions shares a code point with a span."""

    def __init__(self, mentions: Sequence[Mention]) -> None:
        ordered = sorted((m.start, m.end) for m in mentions)
        self.starts, self.ends = [s for s, _ in ordered], [e for _, e in ordered]

    def meets(self, start: int, end: int) -> bool:
        """Looked for among the last few that begin before the span ends, since mentions are short."""
        at = bisect_left(self.starts, end)
        return any(e > start for e in self.ends[max(0, at - 3) : at])


class Neighbours:
    """Features in the order of NEIGHBOUR_NAMES, computed once for each occurrence.

    Args:
        reading: the document.
        ranks: service -> how likely it is the document's platform, 0 most.
    """

    def __init__(self, reading: Reading, ranks: Mapping[str, int]) -> None:
        self.plain, self.ranks = reading.plain, ranks
        m = reading.mentions
        self.covers = [_Cover(found) for found in (m.services, m.targets, m.surfaces, m.links)]
        self.names = sorted((n.start, n.end, n.value) for n in m.services)
        self.starts, self.ends = [n[0] for n in self.names], sorted(n[1] for n in self.names)
        self.by_end = {n[1]: n[2] for n in self.names}
        self.rows: dict[tuple[int, int, str], tuple[float, ...]] = {}

    def row(self, place: Place | None) -> tuple[float, ...]:
        """The features of an occurrence; of a default those of nothing beside it."""
        if place is None:
            return _NONE
        key = (place.mention.start, place.mention.end, place.mention.kind)
        if key not in self.rows:
            self.rows[key] = self._row(place)
        return self.rows[key]

    def _row(self, place: Place) -> tuple[float, ...]:
        mention = place.mention
        shares = (cover.meets(mention.start, mention.end) for cover in self.covers)
        return (
            *map(float, place.governor), self._rank(self.owner_before(mention.start)),
            self._rank(self.owner_after(place.group[1])), *map(float, shares),
        )  # fmt: skip

    def _rank(self, owner: str | None) -> float:
        return float(_NOBODY if owner is None else self.ranks.get(owner, _NOBODY))

    def owner_before(self, start: int) -> str | None:
        """The service that a mention belongs to by what stands before it ("Douyin clips")."""
        at = bisect_right(self.ends, start)
        if at == 0 or not _OF_OWNER.fullmatch(self.plain, self.ends[at - 1], start):
            return None
        return self.by_end[self.ends[at - 1]]

    def owner_after(self, end: int) -> str | None:
        """The service that a mention belongs to by what stands behind it ("clips on Douyin")."""
        match = _TO_OWNER.match(self.plain, end)
        if match is None:
            return None
        at = bisect_left(self.starts, match.end())
        if at == len(self.starts) or self.starts[at] != match.end():
            return None
        return self.names[at][2]
