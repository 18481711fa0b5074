"""How a document as a whole uses a service, a surface or a target."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from extract.frames import AFTER_NAMES, BEFORE_NAMES
from extract.layout import BlockKind
from extract.reading import Place, Reading


@dataclass(frozen=True, slots=True)
class Profile:
    """How a document uses a value, over all its occurrences."""

    count: int
    first: int
    means: tuple[float, ...]
    in_title: bool
    in_first: bool
    in_last: bool


def profile_of(reading: Reading, places: Sequence[Place]) -> Profile:
    """Sum up all occurrences of a value, of which there is at least one."""
    n = len(places)
    flags = (
        (*p.before, *p.after, p.link_before <= 8, p.link_after <= 8, p.surface_after <= 6) for p in places
    )
    means = [sum(column) / n for column in zip(*flags, strict=True)]
    blocks = reading.layout.blocks
    signed = [
        i for i in range(max(0, len(blocks) - 3), len(blocks)) if blocks[i].end - blocks[i].start <= 40
    ]  # a signature is short
    first_block = next((i for i, b in enumerate(reading.layout.blocks) if b.kind is not BlockKind.TITLE), 0)
    return Profile(
        n,
        places[0].mention.start,
        tuple(means),
        places[0].mention.start < reading.offset,
        any(p.block == first_block for p in places),
        any(p.block in signed for p in places),
    )


_ROLE_BEFORE = tuple(BEFORE_NAMES.index(n) for n in ("on", "initial"))
_ROLE_AFTER = tuple(AFTER_NAMES.index(n) for n in ("subject", "place"))


def platform_like(place: Place) -> bool:
    """Whether an occurrence names a service as the place where things happen."""
    return any(place.before[i] for i in _ROLE_BEFORE) or any(place.after[i] for i in _ROLE_AFTER)


def platform_score(profile: Profile) -> float:
    """How much a service is used as the place where things happen, against as what is linked to."""
    before = dict(zip(BEFORE_NAMES, profile.means, strict=False))
    after = dict(zip(AFTER_NAMES, profile.means[len(BEFORE_NAMES) :], strict=False))
    link_after = profile.means[-2]
    role = (
        0.6 * before["on"] + before["initial"] + after["subject"] + after["place"] + 0.5 * after["possessive"]
    )
    return (
        (role - before["to"] - link_after) * math.sqrt(profile.count)
        + 0.5 * profile.in_title
        + 0.8 * profile.in_last
        + 0.3 * math.log1p(profile.count)
    )
