"""Candidates: what a slot of a statement might be, and the names of the features that describe it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.frames import AFTER_NAMES, BEFORE_NAMES
from extract.neighbours import NEIGHBOUR_NAMES
from extract.reading import Place, Reading
from extract.rules import REFERENCES
from extract.words import words

REFERENCE_KINDS = tuple(sorted(REFERENCES))
CATEGORIES = (
    "ecommerce",
    "social",
    "video",
    "messaging",
    "news",
    "app_store",
    "payments",
    "search",
    "link_in_bio",
)
TOP_CATEGORIES = ("ecommerce", "social", "video", "messaging", "app_store", "search", "forum", "food", "maps",
                  "travel")  # fmt: skip

SLOTS = ("platform", "surface", "target")
DETAILS = ("date", "until", "region")  # decided per event once the core of a fact stands
NONE = "none"  # no date, everywhere
DEFAULTS = {"surface": "all", "target": "external", "date": NONE, "until": NONE, "region": NONE}
SLOT_NAMES = (
    "loc", "sentence_distance", "distance", "abs_distance", "behind_anchor",
    *(f"before_{n}" for n in BEFORE_NAMES), *(f"after_{n}" for n in AFTER_NAMES), "link_before",
    "link_after", "surface_after", "grouped", "in_title", "in_heading", "in_lead", "in_first", "in_last",
    "count", "share", "count_rank", "recency_rank", "first_rank",
    *(f"mean_before_{n}" for n in BEFORE_NAMES), *(f"mean_after_{n}" for n in AFTER_NAMES),
    "mean_link_before", "mean_link_after", "mean_surface_after", "weak", "unknown", "default",
    "best_loc_other", "between", "link_between", "n_clause", "n_sentence", "n_document",
    "n_services_clause", "n_targets_clause", "n_others_clause", "n_others_sentence", "n_others_document",
    "has_cue", *(f"reference_{r}" for r in REFERENCE_KINDS), "block",
    "zh", "notice", "block_action", "restrict_action", "allow_action", "still", "strong_surface",
    *(f"top_{c}" for c in TOP_CATEGORIES), "in_previous", "in_next", "own_platform", "hinted",
    "platform_score", "platform_rank", "is_category", *(f"category_{c}" for c in CATEGORIES), "code",
    "link_gap", "first_in_block", "first_in_sentence", "role_recency",
    *NEIGHBOUR_NAMES,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Candidate:
    """A value a slot might take.

    Attributes:
        place: the occurrence that speaks for it, None for what stands nowhere.
        loc: where that occurrence stands (0 same clause ... 9 nowhere).
        bag: tokens for the slot's word model.
    """

    value: str
    place: Place | None
    loc: int
    row: tuple[float, ...]
    bag: tuple[str, ...]


def around(reading: Reading, place: Place) -> tuple[str, ...]:
    """Tokens of the wording beside an occurrence, the same for every statement."""
    start, end = place.group
    left = words(reading.plain, max(0, start - 30), start)[-3:]
    right = words(reading.plain, end, end + 30)[:3]
    beside = [f"left={' '.join(left[-n:])}" for n in range(1, len(left) + 1)]
    beside += [f"right={' '.join(right[:n])}" for n in range(1, len(right) + 1)]
    if left and right:
        beside.append(f"around={left[-1]} {right[0]}")
    return (*sorted(place.mention.categories), *beside)


def bag_of(
    reading: Reading, value: str, place: Place | None, loc: int, beside: Sequence[str]
) -> tuple[str, ...]:
    """Tokens of the wording in and beside the occurrence; for a default `beside` are those of the clause."""
    if place is None:
        return (f"default={value}", *beside)
    mention = place.mention
    bag = [f"loc={loc}", f"rule={mention.rule}"]
    if mention.kind not in ("service", "date"):  # a name's own wording says nothing of other names
        text, here = reading.plain[mention.start : mention.end], min(loc, 3)
        bag += [f"text={text}", f"value={value}", f"text={text} {here}", f"value={value} {here}"]
    return (*bag, *beside)
