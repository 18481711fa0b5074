"""Training of the scorer (extra `train`); everything else runs without scikit-learn.

Each stage is trained on what the stage before it predicts for documents it has not seen (out of fold),
so that no stage learns to trust another's memory of the training documents.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from extract.candidates import DETAILS, SLOTS
from extract.clauses import ACTIONS
from extract.data import DataError
from extract.documents import document_row
from extract.events import GATE_WIDTH, SLOT_WIDTH, Event, find_events
from extract.excerpts import excerpts, fold_of, is_whole
from extract.facts import denied, stage_of
from extract.gate import could_state_policy
from extract.gold import Annotated, Part, part_of, read_gold
from extract.judge import Judge
from extract.learners import Growth, fit_forest, fit_judge, fit_line, fit_linear
from extract.proposals import TUPLE_NAMES, feature_fingerprint, find_proposals
from extract.records import Lang, Stage
from extract.rivals import standing
from extract.samples import Odds, Sample, odds_of, prepare
from extract.scorer import Calibration, Floats, Forest, Linear, Models, rows
from extract.thresholds import Outcome, document_threshold, fact_threshold, on_the_safe_side
from extract.weights import Corrector

FOLDS = 3
JUDGE_FOLDS = 10
# How much a document counts, by the beginning of its file name. Real events count threefold against
# fictional ones (cross-validated), if two annotators told them or one did in the manner of the press, those
# that were retold plainly twofold, the sample site sixfold and the two founding articles, which every user
# sees, eightfold: scores on those are scores on training ones.
WEIGHTS = {"dev_": 3.0, "press_": 3.0, "retold_": 2.0, "expected": 6.0, "seeds": 8.0}
# Files whose documents have parts; others are trained on whole.
_SPLIT = ("dev_", "press_", "retold_", "train_")
SILENT = 2.0  # times that, of a document without a fact: a false alert is worse than a late one
# No fact is given below this: more than three in four of them are wrong.
LEAST_LIKELY = 0.22
_LEAST = 5  # occurrences of a token with a weight of its own; all of them are read at every start
_GATE = Growth(trees=160, leaves=24, rate=0.06, depth=8)
_SLOT = Growth(trees=200, leaves=24, rate=0.06, depth=8)
_TUPLE = Growth(trees=200, leaves=12, rate=0.05, least=30)


def _words(samples: Sequence[Sample]) -> dict[str, Linear]:
    """Word models: one an action over clauses, one a slot over candidates."""
    models: dict[str, Linear | None] = {}
    for j, action in enumerate(ACTIONS):
        pairs = [
            (bag, label)
            for s in samples
            for i, bag in enumerate(s.bags)
            if not math.isnan(label := s.gate_labels[i * len(ACTIONS) + j])
        ]
        models[action] = fit_linear([b for b, _ in pairs], [y for _, y in pairs], _LEAST, 10.0)
    for slot in (*SLOTS, *DETAILS):
        bags = [c.bag for s in samples for c in s.slots[slot].candidates]
        models[slot] = fit_linear(bags, [y for s in samples for y in s.slots[slot].labels], _LEAST, 2.0)
    return {name: model for name, model in models.items() if model is not None}


def _gate_matrix(
    samples: Sequence[Sample], words: Sequence[Mapping[str, Linear]]
) -> tuple[Floats, Floats, Floats]:
    x, y, w = [], [], []
    for s, model in zip(samples, words, strict=True):
        for i, bag in enumerate(s.bags):
            for j, action in enumerate(ACTIONS):
                at = i * len(ACTIONS) + j
                if math.isnan(s.gate_labels[at]):
                    continue
                linear = model.get(action)
                x.append([*s.gate_dense[at], linear.score(bag) if linear else 0.0])
                y.append(s.gate_labels[at])
                w.append(s.gold.weight)
    return rows(x, GATE_WIDTH), np.asarray(y), np.asarray(w)


@dataclass(frozen=True, slots=True)
class Partial:
    """Models of the first stages (what `find_events` needs)."""

    words: Mapping[str, Linear]
    gate: Forest
    slots: Mapping[str, Forest]
    correctors: Mapping[str, Corrector] = field(default_factory=dict)


def fit_first(samples: Sequence[Sample], folds: int = 3) -> Partial:
    """Fit word models, gate and slot rankers; the forests see out-of-fold word scores."""
    own = [fold_of("w" + s.gold.document.id, folds) for s in samples]
    per_fold = [_words([s for s, k in zip(samples, own, strict=True) if k != fold]) for fold in range(folds)]
    words = [per_fold[k] for k in own]
    gate = fit_forest(*_gate_matrix(samples, words), _GATE)
    slots = {slot: fit_forest(*_slot_matrix(samples, words, slot), _SLOT) for slot in (*SLOTS, *DETAILS)}
    return Partial(_words(samples), gate, slots)


def _slot_matrix(
    samples: Sequence[Sample], words: Sequence[Mapping[str, Linear]], slot: str
) -> tuple[Floats, Floats, Floats]:
    x, y, w = [], [], []
    for s, models in zip(samples, words, strict=True):
        linear = models.get(slot)
        x += [(*c.row, linear.score(c.bag) if linear else 0.0) for c in s.slots[slot].candidates]
        y += s.slots[slot].labels
        w += [s.gold.weight] * len(s.slots[slot].labels)
    return rows(x, SLOT_WIDTH), np.asarray(y), np.asarray(w)


def tuple_labels(gold: Annotated) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Required cores and cores that count neither way."""
    required = {f.core for f in gold.facts if not f.optional and f.stage is not Stage.PROPOSED}
    return required, {f.core for f in gold.facts if f.optional} - required


def _tuple_matrix(
    samples: Sequence[Sample], events: Sequence[Sequence[Event]]
) -> tuple[Floats, Floats, Floats]:
    x, y, w = [], [], []
    for s, found in zip(samples, events, strict=True):
        required, neutral = tuple_labels(s.gold)
        for proposal in find_proposals(s.reading, found):
            core = proposal.key.core
            if core in neutral:
                continue
            x.append(proposal.row)
            y.append(float(core in required))
            w.append(s.gold.weight)
    return rows(x, len(TUPLE_NAMES)), np.asarray(y), np.asarray(w)


@dataclass(frozen=True, slots=True)
class Tutor:
    """What trains a corrector.

    Attributes:
        langs: of the texts that it reads; documents in several languages teach one corrector.
        teach: gives the corrector for samples and what forests say of them.
    """

    langs: frozenset[Lang]
    teach: Callable[[Sequence[Sample], Sequence[Odds]], Corrector]


def _finish(
    samples: Sequence[Sample], judges: Sequence[Partial], correctors: Mapping[str, Corrector]
) -> Models:
    """Fit the last stage on what judges say that have not seen a sample, the first ones on all of them."""
    found = [find_events(s.reading, judge) for s, judge in zip(samples, judges, strict=True)]
    x, y, w = _tuple_matrix(samples, [events for events, _ in found])
    outcomes = _outcomes(samples, found, FOLDS)
    threshold, judge, sureness = cut(outcomes)
    forest = fit_forest(x, y, w, _TUPLE)
    first = fit_first(samples)
    return Models(
        first.words,
        first.gate,
        first.slots,
        forest,
        threshold,
        judge,
        sureness,
        calibrated(outcomes, threshold),
        feature_fingerprint(),
        correctors,
    )


def unseen(samples: Sequence[Sample]) -> list[Partial]:
    """For each sample of a language forests that have not seen it."""
    own = [fold_of(s.gold.document.id, FOLDS) for s in samples]
    partials = [
        fit_first([s for s, k in zip(samples, own, strict=True) if k != fold]) for fold in range(FOLDS)
    ]
    return [partials[k] for k in own]


def corrected(
    samples: Sequence[Sample], judges: Sequence[Partial], tutors: Mapping[str, Tutor]
) -> tuple[dict[str, Corrector], list[Partial]]:
    """The correctors, and the judges of all samples with some that have not seen them.

    Excerpts say nothing that their documents do not: correctors learn from whole documents only.

    Args:
        samples: of all languages.
        judges: of each sample.
        tutors: by the names of their correctors; one whose languages no sample has teaches none.

    Raises:
        DataError: one half of the documents would be empty.
    """
    given = {s.gold.document.lang for s in samples}
    tutors = {name: tutor for name, tutor in tutors.items() if tutor.langs & given}
    whole = [i for i, s in enumerate(samples) if is_whole(s.gold)] if tutors else []
    odds = {i: odds_of(samples[i], judges[i]) for i in whole}
    side = [fold_of("c" + s.gold.document.id, 2) for s in samples]

    def taught(tutor: Tutor, half: int | None) -> Corrector:
        chosen = [i for i in whole if side[i] != half and samples[i].gold.document.lang in tutor.langs]
        if not chosen:
            raise DataError("too few documents to train a corrector")
        return tutor.teach([samples[i] for i in chosen], [odds[i] for i in chosen])

    halves = [{name: taught(tutor, half) for name, tutor in tutors.items()} for half in range(2)]
    found = [
        replace(judge, correctors=_heard(halves[k], tutors, s.gold.document.lang))
        for s, judge, k in zip(samples, judges, side, strict=True)
    ]
    return {name: taught(tutor, None) for name, tutor in tutors.items()}, found


def _heard(
    correctors: Mapping[str, Corrector], tutors: Mapping[str, Tutor], lang: Lang
) -> dict[str, Corrector]:
    """Those that read a language."""
    return {name: one for name, one in correctors.items() if lang in tutors[name].langs}


def cut(outcomes: Sequence[Outcome]) -> tuple[float, Judge, float]:
    """The least probability of a fact, the judge of documents, and how sure it must be of one.

    Args:
        outcomes: out-of-fold predictions; each document is judged by a judge that has not seen it.
    """
    threshold = max(LEAST_LIKELY, fact_threshold(outcomes))
    return threshold, _judge(outcomes), document_threshold(_judged(outcomes), threshold)


def calibrated(outcomes: Sequence[Outcome], threshold: float) -> Calibration:
    """What the probabilities of facts are worth, on the safe side."""
    facts = [
        (chance, right, o.weight) for o in outcomes for chance, right in o.chances if chance >= threshold
    ]
    line = fit_line([f[0] for f in facts], [f[1] for f in facts], [f[2] for f in facts])
    found = on_the_safe_side(line, [f[:2] for f in facts])
    return Calibration(round(found.slope, 3), round(found.offset, 3))


def _judge(outcomes: Sequence[Outcome]) -> Judge:
    clear = [o for o in outcomes if not o.doubtful]
    return fit_judge([o.row for o in clear], [o.needed > 0 for o in clear], [o.weight for o in clear])


def _judged(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Every JUDGE_FOLDSth document is judged by what the others teach."""
    found = list(outcomes)
    for k in range(JUDGE_FOLDS):
        judge = _judge([o for i, o in enumerate(outcomes) if i % JUDGE_FOLDS != k])
        for i in range(k, len(found), JUDGE_FOLDS):
            found[i] = replace(found[i], states=judge.chance(found[i].row))
    return found


def _outcomes(
    samples: Sequence[Sample], read: Sequence[tuple[Sequence[Event], float]], folds: int
) -> list[Outcome]:
    """Out-of-fold predictions for each whole document that the gate lets through.

    They are made from readings with hidden services, as unseen documents will have unknown ones.

    Args:
        samples: of one language.
        read: what `find_events` gives of each, by models that have not seen it.
        folds: into which the documents fall.
    """
    events = [own for own, _ in read]
    found: list[Outcome] = []
    for k in range(folds):
        train = [i for i, s in enumerate(samples) if fold_of(s.gold.document.id, folds) != k]
        x, y, w = _tuple_matrix([samples[i] for i in train], [events[i] for i in train])
        forest = fit_forest(x, y, w, _TUPLE)
        for i in set(range(len(samples))) - set(train):
            document = samples[i].gold.document
            if not is_whole(samples[i].gold) or not could_state_policy(document.title, document.text):
                continue
            required, neutral = tuple_labels(samples[i].gold)
            proposals = find_proposals(samples[i].reading, events[i])
            chances = forest.probability(rows((p.row for p in proposals), len(TUPLE_NAMES)))
            scored = tuple(
                (chance, p.key.core in required)
                for p, chance in standing(list(zip(proposals, chances.tolist(), strict=True)))
                if p.key.core not in neutral
                and not denied(p.event)
                and stage_of(p.event) is not Stage.PROPOSED  # counts neither way
            )
            row = document_row(samples[i].reading, events[i], chances.tolist(), read[i][1])
            doubtful = bool(samples[i].gold.facts) and not required
            found.append(Outcome(scored, len(required), samples[i].gold.weight, row, doubtful=doubtful))
    return found


def read_training(paths: Sequence[Path], *, sealed: bool = False) -> list[Annotated]:
    """Annotated documents, weighted.

    Args:
        paths: files of annotated documents.
        sealed: the sealed part of the gold set too; then no score on it says anything any more.

    Raises:
        DataError: a file cannot be read or is wrong.
    """
    found = []
    for path in paths:
        weight = next((w for start, w in WEIGHTS.items() if path.name.startswith(start)), 1.0)
        kept = sealed or not path.name.startswith(_SPLIT)
        wanted = (a for a in read_gold(path) if kept or part_of(a.document.id) is not Part.SEALED)
        found += [replace(a, weight=weight if a.facts else SILENT * weight) for a in wanted]
    return found


def train(
    gold: Sequence[Annotated],
    progress: Callable[[str], None] = lambda _: None,
    tutors: Mapping[str, Tutor] | None = None,
) -> dict[Lang, Models]:
    """Fit the models of each language on its annotated documents and excerpts of them.

    The same documents give the same weights.

    Args:
        gold: training documents; a language without any gets no models.
        progress: called with a line whenever a stage begins.
        tutors: what trains correctors, by their names; none if there are to be none.
    """
    tutors = tutors or {}
    samples: list[Sample] = []
    judges: list[Partial] = []
    spans: dict[Lang, slice] = {}
    for lang in Lang:
        if mine := [a for a in gold if a.document.lang is lang]:
            progress(f"{lang}: reading {len(mine)} documents")
            read = [prepare(a) for a in (*mine, *(e for whole in mine for e in excerpts(whole)))]
            progress(f"{lang}: fitting gate and slots")
            judges += unseen(read)
            samples += read
            spans[lang] = slice(len(samples) - len(read), len(samples))
    correctors, judges = corrected(samples, judges, tutors)
    found = {}
    for lang, span in spans.items():
        progress(f"{lang}: fitting combinations")
        found[lang] = _finish(samples[span], judges[span], _heard(correctors, tutors, lang))
    return found
