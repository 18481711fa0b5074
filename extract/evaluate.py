"""Scores of extractions against annotated documents, as the guidelines define them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from extract.gold import Annotated, GoldFact
from extract.records import Extraction, Fact, Stage

LEVELS: Mapping[str, tuple[str, ...]] = {
    "card": ("platform", "surface", "action", "effective_from"),
    "core": ("platform", "surface", "target", "action"),
    "full": ("platform", "surface", "target", "action", "effective_from", "effective_to", "region"),
}
DOCUMENT = "document"

Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of right, spurious and missed items."""

    right: int = 0
    spurious: int = 0
    missed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.right + other.right, self.spurious + other.spurious, self.missed + other.missed)

    @property
    def precision(self) -> float:
        """Right among predicted; 0 if nothing was predicted."""
        return self.right / (self.right + self.spurious) if self.right + self.spurious else 0.0

    @property
    def recall(self) -> float:
        """Right among required; 0 if nothing was required."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        p, r = self.precision, self.recall
        return 2 * p * r / (p + r) if p + r else 0.0


@dataclass(frozen=True, slots=True)
class Error:
    """A missed or spurious fact at the level `full`.

    Attributes:
        wrong: the fields in which the nearest counterpart differs; empty if there is none.
        rules, confidence: of the predicted fact, empty for a missed one without counterpart.
    """

    document_id: str
    sort: str
    key: Key
    wrong: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    confidence: float | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class DocumentScore:
    """Tallies of one document by level, with its errors."""

    document_id: str
    tallies: Mapping[str, Tally]
    errors: tuple[Error, ...] = field(default=())


def _key(fact: Fact | GoldFact, fields: Iterable[str]) -> Key:
    return tuple(str(getattr(fact, name)) if getattr(fact, name) is not None else "-" for name in fields)


def _tally(
    gold: Sequence[GoldFact], predicted: Sequence[Fact], fields: Sequence[str]
) -> tuple[Tally, set[Key], set[Key]]:
    """Counts at one level, with the missed and the spurious keys."""
    required = {_key(f, fields) for f in gold if not f.optional}
    known = {_key(f, fields) for f in gold}
    found = {_key(f, fields) for f in predicted}
    missed, spurious = required - found, found - known
    return Tally(len(required & found), len(spurious), len(missed)), missed, spurious


def _document(gold: Sequence[GoldFact], predicted: Sequence[Fact]) -> Tally:
    states = any(not f.optional for f in gold)
    if gold and not states:
        return Tally()
    return Tally(
        int(states and bool(predicted)), int(not states and bool(predicted)), int(states and not predicted)
    )


def _differing(key: Key, others: Iterable[Key]) -> tuple[str, ...]:
    fields = LEVELS["full"]
    best: tuple[str, ...] = fields
    for other in others:
        wrong = tuple(name for name, a, b in zip(fields, key, other, strict=True) if a != b)
        if len(wrong) < len(best):
            best = wrong
    return best if len(best) <= 3 else ()


def _errors(
    gold: Annotated, predicted: Sequence[Fact], missed: set[Key], spurious: set[Key]
) -> tuple[Error, ...]:
    by_key = {_key(f, LEVELS["full"]): f for f in predicted}
    evidence = {_key(f, LEVELS["full"]): f.evidence for f in gold.facts}
    doc_id = gold.document.id
    errors = [
        Error(doc_id, "missed", key, _differing(key, spurious), evidence=evidence[key])
        for key in sorted(missed)
    ]
    for key in sorted(spurious):
        fact = by_key[key]
        errors.append(
            Error(
                doc_id, "spurious", key, _differing(key, missed), fact.rules, fact.confidence, fact.evidence
            )
        )
    return tuple(errors)


def score_document(gold: Annotated, extraction: Extraction) -> DocumentScore:
    """Score one document; facts of stage `proposed` are left out on both sides."""
    required = [f for f in gold.facts if f.stage is not Stage.PROPOSED]
    predicted = [f for f in extraction.facts if f.stage is not Stage.PROPOSED]
    tallies: dict[str, Tally] = {}
    for level, fields in LEVELS.items():
        tallies[level], missed, spurious = _tally(required, predicted, fields)
    tallies[DOCUMENT] = _document(required, predicted)
    return DocumentScore(gold.document.id, tallies, _errors(gold, predicted, missed, spurious))


def total(scores: Iterable[DocumentScore]) -> dict[str, Tally]:
    """Micro-averaged tallies by level."""
    sums = dict.fromkeys((*LEVELS, DOCUMENT), Tally())
    for score in scores:
        for level, tally in score.tallies.items():
            sums[level] += tally
    return sums


def interval(
    scores: Sequence[DocumentScore], level: str, draws: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """Bootstrap 95% interval of F1 over documents."""
    if not scores:
        return 0.0, 0.0
    rng = random.Random(seed)  # noqa: S311 -- resampling, not cryptography
    values = sorted(total(rng.choices(scores, k=len(scores)))[level].f1 for _ in range(draws))
    return values[int(0.025 * draws)], values[int(0.975 * draws) - 1]


def evaluate(gold: Sequence[Annotated], extract: Callable[..., Extraction]) -> list[DocumentScore]:
    """Extract and score every document, in order."""
    return [score_document(annotated, extract(annotated.document)) for annotated in gold]


def grouped(gold: Sequence[Annotated], scores: Sequence[DocumentScore]) -> dict[str, list[DocumentScore]]:
    """Scores of all documents, of each language and of each kind."""
    groups: dict[str, list[DocumentScore]] = {"all": list(scores)}
    for annotated, score in zip(gold, scores, strict=True):
        groups.setdefault(f"lang={annotated.document.lang}", []).append(score)
        groups.setdefault(f"kind={annotated.document.kind}", []).append(score)
    return groups
