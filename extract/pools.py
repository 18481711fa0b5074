"""Pools: every value that a slot may take in a document, and how the document uses each."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection

from extract.candidates import DEFAULTS
from extract.profiles import Profile, platform_like, platform_score, profile_of
from extract.reading import Place, Reading
from extract.vocabulary import load_vocabulary

MOST_VALUES = 100  # of a slot; the largest annotated document has 40, a list of all services has thousands
_REMEMBERED = 60  # mentions back to which a platform is remembered


def _most_frequent(
    pool: dict[str, tuple[Place, ...]], kept: Collection[str | None]
) -> dict[str, tuple[Place, ...]]:
    """The pool cut down to its MOST_VALUES most frequent values and those that must stay."""
    if len(pool) <= MOST_VALUES:
        return pool
    frequent = set(sorted(pool, key=lambda v: (-len(pool[v]), v))[:MOST_VALUES])
    return {value: places for value, places in pool.items() if value in frequent or value in kept}


def _implied(reading: Reading) -> list[str]:
    """Surfaces that services of the document have without their being named."""
    kinds = {kind for places in reading.services.values() for kind in places[0].mention.categories}
    return [surface for surface, implied in load_vocabulary().implied.items() if kinds & implied]


class Pools:
    """Values of each slot with their occurrences, counts, ranks, and how platform-like each service is.

    Attributes:
        of: slot -> value -> occurrences, in text order; a default or hinted value may have none.
        ordered: slot -> (middle, value) of every occurrence, sorted.
        profiles: slot -> value -> how the document uses it.
        platform_scores, platform_ranks: service -> how much it is used as a platform; 0 is the first.
        main: the likeliest platform; `top` are its categories.
    """

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        pools: dict[str, dict[str, tuple[Place, ...]]] = {
            "platform": dict(reading.services),
            "surface": dict(reading.surfaces),
            "target": {**reading.services, **reading.targets},
            "date": dict(reading.starts),
            "until": dict(reading.ends),
            "region": dict(reading.regions),
        }
        own = reading.document.platform
        if own and own not in pools["platform"]:
            pools["platform"][own] = ()
        for places in reading.surfaces.values():
            for place in places:
                hint = place.mention.source.platform if place.mention.source else None
                if hint:
                    pools["platform"].setdefault(hint, ())
        for slot, value in DEFAULTS.items():
            pools[slot].setdefault(value, ())
        for slot, pool in pools.items():
            pools[slot] = _most_frequent(pool, {DEFAULTS.get(slot), own})
        for surface in _implied(reading):
            pools["surface"].setdefault(surface, ())
        self.of = pools
        self.ordered = {
            slot: sorted((p.mention.middle, v) for v, places in pool.items() for p in places)
            for slot, pool in pools.items()
        }
        self.profiles = {
            slot: {v: profile_of(reading, p) for v, p in pool.items() if p} for slot, pool in pools.items()
        }
        self.totals = {
            slot: sum(p.count for p in profiles.values()) for slot, profiles in self.profiles.items()
        }
        scores = {v: platform_score(p) for v, p in self.profiles["platform"].items()}
        if own:
            scores[own] = scores.get(own, 0.0) + 5.0
        self.platform_scores = scores
        self.platform_ranks = {v: i for i, v in enumerate(sorted(scores, key=lambda v: (-scores[v], v)))}
        self.main = next(iter(self.platform_ranks), None)
        self.top = self._categories(self.main)
        self.first_in_block: dict[int, int] = {}
        self.first_in_sentence: dict[int, int] = {}
        for place in sorted(
            (p for places in reading.services.values() for p in places), key=lambda p: p.mention.start
        ):
            self.first_in_block.setdefault(place.block, place.mention.start)
            self.first_in_sentence.setdefault(place.sentence, place.mention.start)
        self.in_role = sorted(
            (p.mention.start, v) for v, places in reading.services.items() for p in places if platform_like(p)
        )
        self.count_ranks = {
            s: self._ranks(p, lambda x: (-x.count, x.first)) for s, p in self.profiles.items()
        }
        self.first_ranks = {s: self._ranks(p, lambda x: (x.first,)) for s, p in self.profiles.items()}

    def role_recency(self, value: str, end: int) -> int:
        """How many other services were used as a platform since this one last was; 9 if it never was."""
        seen: set[str] = set()
        at = bisect_left(self.in_role, (end, ""))
        for _, service in reversed(self.in_role[max(0, at - _REMEMBERED) : at]):
            if service == value:
                return len(seen)
            seen.add(service)
        return 9

    def _categories(self, service: str | None) -> frozenset[str]:
        """Categories of a service of the document."""
        places = self.reading.services.get(service, ()) if service else ()
        return places[0].mention.categories if places else frozenset()

    @staticmethod
    def _ranks(profiles: dict[str, Profile], key: Callable[[Profile], tuple[int, ...]]) -> dict[str, int]:
        return {v: i for i, v in enumerate(sorted(profiles, key=lambda v: key(profiles[v])))}
