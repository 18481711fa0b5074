"""Why the extractor said what it said: mentions, cues, ranked slots and scores of each likely statement."""

from __future__ import annotations

import warnings
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from extract.documents import document_row
from extract.events import Choice, Details, Event, Ranker
from extract.facts import chosen, understood
from extract.gate import could_state_policy
from extract.pipeline import score, shipped_models
from extract.proposals import Key, Proposal
from extract.reading import Reading, read
from extract.records import Document
from extract.respective import Pairings


@dataclass(frozen=True, slots=True)
class Ranked:
    """A value that a slot might have taken, with the rule that found it and its probability."""

    value: str
    rule: str
    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """A combination of slot values with its probability and whether it became a fact."""

    key: Key
    probability: float
    fact: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """A clause that states an action with some probability.

    Attributes:
        text: the clause.
        cues: (rule id, matched text, action) of every cue inside it.
        slots: ranked values of each slot.
        verdicts: the combinations of which this is the best statement, most likely first.
    """

    text: str
    action: str
    probability: float
    cues: tuple[tuple[str, str, str], ...]
    slots: Mapping[str, tuple[Ranked, ...]]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind the facts of a document.

    Attributes:
        threshold: least probability of a fact.
        alone: of the likeliest one, where none reaches `threshold`.
        states: probability that the document states anything at all.
        sureness: least probability of that.
    """

    document_id: str
    passed_gate: bool
    threshold: float
    alone: float
    states: float
    sureness: float
    statements: tuple[Statement, ...]


def _ranked(reading: Reading, choices: Sequence[Choice]) -> tuple[Ranked, ...]:
    found = []
    for choice in choices:
        place = choice.candidate.place
        text = reading.full[place.mention.start : place.mention.end] if place else ""
        found.append(
            Ranked(
                choice.candidate.value,
                place.mention.rule if place else "default",
                text,
                round(choice.probability, 3),
            )
        )
    return tuple(found)


def _statement(
    reading: Reading,
    event: Event,
    details: Details,
    own: Sequence[tuple[Proposal, float]],
    facts: Container[Key],
) -> Statement:
    clause = event.clause
    return Statement(
        text=reading.full[clause.start : clause.end].strip(),
        action=event.action.value,
        probability=round(event.probability, 3),
        cues=tuple((m.rule, reading.full[m.start : m.end], m.value) for m in clause.cues),
        slots={slot: _ranked(reading, choices) for slot, choices in {**event.choices, **details}.items()},
        verdicts=tuple(Verdict(p.key, round(c, 3), p.key in facts) for p, c in own[:12]),
    )


def explain(document: Document) -> Explanation:
    """Explain every statement that passed the gate's floor, in text order."""
    models = shipped_models(document.lang)
    if not could_state_policy(document.title, document.text):
        return Explanation(
            document.id,
            passed_gate=False,
            threshold=models.threshold,
            alone=models.threshold,
            states=0.0,
            sureness=models.sureness,
            statements=(),
        )
    reading = read(document)
    ranker = Ranker(reading, models)
    events, scored = score(reading, ranker, models)
    row = document_row(reading, events, [chance for _, chance in scored], ranker.document())
    least = models.least(row)
    scored = understood(reading, scored, Pairings(reading))
    facts = {p.key for p, _ in chosen(scored, least)}
    statements = []
    for event, details in zip(events, ranker.details(events), strict=True):
        own = sorted(((p, c) for p, c in scored if p.event is event), key=lambda x: -x[1])
        statements.append(_statement(reading, event, details, own, facts))
    return Explanation(
        document.id,
        passed_gate=True,
        threshold=models.threshold,
        alone=min(least.alone, models.threshold),
        states=models.judge.chance(row),
        sureness=models.sure(row),
        statements=tuple(statements),
    )


def page(document: Document) -> str:
    """A displaCy page: the mentions and the evidence of each fact as labelled spans."""
    from spacy import displacy  # noqa: PLC0415 (spaCy is loaded by whoever asks for a page)

    from extract import nlp as pipes  # noqa: PLC0415

    pipeline = pipes.build(document.lang.value)
    doc = pipeline.make_doc(document.text)
    doc._.published, doc._.title, doc._.kind, doc._.platform = (
        document.published,
        document.title,
        document.kind.value,
        document.platform,
    )
    doc = pipeline(doc)
    doc.spans["facts"] = pipes.fact_spans(doc)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W117\]")  # a document without spans is no surprise
        parts = [
            displacy.render(doc, style="span", page=False, jupyter=False, options={"spans_key": key})
            for key in ("facts", pipes.SPANS)
        ]
    title = escape(document.title or document.id)
    return (
        f"<!doctype html><html lang='{document.lang}'><meta charset='utf-8'><title>{title}</title>"
        f"<h1>{title}</h1><h2>Facts</h2>{parts[0]}<h2>Mentions</h2>{parts[1]}</html>"
    )
