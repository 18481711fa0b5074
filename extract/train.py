"""Training of the scorer with scikit-learn (extra `train`); everything else runs without it.

Each stage is trained on what the stage before it predicts for documents it has not seen (out of fold),
so that no stage learns to trust another's memory of the training documents.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from extract.candidates import ACTIONS, DETAILS, SLOT_NAMES, SLOTS, Clause, GateFeatures, SlotFeatures, gather_clauses, tokens
from extract.events import GATE_WIDTH, TUPLE_NAMES, Event, find_events, find_proposals, text_clauses
from extract.gold import Annotated, GoldFact, Part, part_of, read_gold
from extract.reading import Reading, read
from extract.records import Lang, Stage
from extract.scorer import Floats, Forest, Linear, Models, rows

FOLDS = 5


@dataclass(slots=True)
class Sample:
    """One document's training material, computed once."""

    gold: Annotated
    reading: Reading
    eligible: list[Clause]
    gate_dense: list[list[float]]
    bags: list[list[str]]
    gate_labels: list[float]  # 1, 0 or nan (left out) per (clause, action)
    slot_rows: dict[str, list[tuple[float, ...]]] = field(default_factory=dict)
    slot_labels: dict[str, list[float]] = field(default_factory=dict)
    reachable: Counter[str] = field(default_factory=Counter)


def _overlap(a: int, b: int, c: int, d: int) -> int:
    return max(0, min(b, d) - max(a, c))


def _affinity(reading: Reading, clause: Clause, fact: GoldFact) -> float:
    """How much of a fact stands in a clause; decides which clause of a long evidence states it."""

    def inside(places: Mapping[str, Sequence[Any]], value: str) -> bool:
        return any(p.clause == clause.index for p in places.get(value, ()))

    score = 1.0 * any(m.value == fact.action for m in clause.cues) + 0.3 * bool(clause.links)
    score += 0.8 * inside(reading.surfaces, fact.surface) + 0.4 * inside(reading.services, fact.platform)
    return score + 1.2 * (inside(reading.services, fact.target) or inside(reading.targets, fact.target))


def assign(reading: Reading, clauses: Sequence[Clause], fact: GoldFact) -> tuple[set[int], set[int]]:
    """Clauses that state a fact, and those its evidence merely touches.

    Returns:
        Two sets of clause indices: stating (the best ones inside the evidence), touched (all others).
    """
    start = reading.full.find(fact.evidence, reading.offset)
    if start < 0:
        return set(), set()
    end = start + len(fact.evidence)
    inside = []
    for clause in clauses:
        overlap = _overlap(start, end, clause.start, clause.end)
        if overlap >= 0.5 * (clause.end - clause.start) or overlap >= 0.5 * (end - start):
            inside.append(clause)
    if not inside:
        return set(), set()
    scored = [(_affinity(reading, c, fact), c.index) for c in inside]
    top = max(s for s, _ in scored)
    stating = {index for s, index in scored if s >= top - 0.01}
    stating = {min(stating)} if len(stating) > 1 else stating
    return stating, {c.index for c in inside} - stating


def prepare(gold: Annotated) -> Sample:
    """Compute features and labels of one document."""
    reading = read(gold.document)
    clauses = gather_clauses(reading)
    eligible = text_clauses(reading, clauses)
    stating: dict[tuple[int, str], list[GoldFact]] = {}
    unclear: set[tuple[int, str]] = set()
    for fact in gold.facts:
        sure, touched = assign(reading, eligible, fact)
        for index in sure:
            stating.setdefault((index, fact.action), []).append(fact)
        unclear |= {(index, fact.action) for index in touched}
    features = GateFeatures(reading, clauses)
    slots = SlotFeatures(reading, clauses)
    sample = Sample(gold, reading, eligible, [], [], [])
    for slot in (*SLOTS, *DETAILS):
        sample.slot_rows[slot], sample.slot_labels[slot] = [], []
    for clause in eligible:
        sample.bags.append(tokens(reading, clause))
        for action in ACTIONS:
            facts = stating.get((clause.index, action), [])
            required = [f for f in facts if not f.optional]
            key = (clause.index, action.value)
            label = 1.0 if required else math.nan if facts or key in unclear else 0.0
            sample.gate_dense.append(features.row(clause, action))
            sample.gate_labels.append(label)
            if not required:
                continue
            for slot in (*SLOTS, *DETAILS):
                values = {f.slot(slot) for f in required}
                doubtful = {f.slot(slot) for f in facts} - values
                pool = slots.slot(clause, action, slot)
                for candidate in pool:
                    if candidate.value in doubtful:
                        continue
                    sample.slot_rows[slot].append(candidate.row)
                    sample.slot_labels[slot].append(float(candidate.value in values))
    pools = slots.pools
    for fact in gold.facts:
        if fact.optional or fact.stage is Stage.PROPOSED:
            continue
        sample.reachable["facts"] += 1
        hits = [getattr(fact, slot) in pools[slot] for slot in SLOTS]
        for slot, hit in zip(SLOTS, hits, strict=True):
            sample.reachable[slot] += hit
        sample.reachable["all"] += all(hits)
    return sample


def fold_of(doc_id: str, folds: int = FOLDS) -> int:
    """Fold of a document, by hash of its id (independent of the work/sealed split)."""
    return int(hashlib.sha256(b"fold" + doc_id.encode()).hexdigest(), 16) % folds


def _forest(x: Floats, y: Floats, weight: Floats, *, trees: int, leaves: int, rate: float, l2: float = 2.0, least: int = 20) -> Forest:
    model = HistGradientBoostingClassifier(
        learning_rate=rate, max_iter=trees, max_leaf_nodes=leaves, min_samples_leaf=least, l2_regularization=l2,
        early_stopping=False, random_state=0, max_features=0.5,
    )  # fmt: skip
    model.fit(x, y, sample_weight=weight)
    return export_forest(model)


def export_forest(model: HistGradientBoostingClassifier) -> Forest:
    """Turn a fitted binary classifier into plain arrays."""
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    right: list[int] = []
    value: list[float] = []
    roots: list[int] = []
    depth = 0
    for (tree,) in model._predictors:
        base = len(feature)
        roots.append(base)
        for i, node in enumerate(tree.nodes):
            leaf = bool(node["is_leaf"])
            feature.append(0 if leaf else int(node["feature_idx"]))
            threshold.append(0.0 if leaf else float(node["num_threshold"]))
            left.append(base + (i if leaf else int(node["left"])))
            right.append(base + (i if leaf else int(node["right"])))
            value.append(float(node["value"]) if leaf else 0.0)
            depth = max(depth, int(node["depth"]))
    as_int = lambda v: np.asarray(v, dtype=np.int32)  # noqa: E731
    return Forest(
        float(model._baseline_prediction.ravel()[0]), as_int(feature), np.asarray(threshold), as_int(left), as_int(right),
        np.asarray(value), as_int(roots), depth,
    )  # fmt: skip


def _words(samples: Sequence[Sample], lang: Lang, least: int = 3) -> dict[str, Linear]:
    """One linear model per action over the clauses of a language."""
    mine = [s for s in samples if s.gold.document.lang is lang]
    counts: Counter[str] = Counter(t for s in mine for bag in s.bags for t in bag)
    vocabulary = {t: i for i, t in enumerate(sorted(t for t, n in counts.items() if n >= least))}
    if not vocabulary:
        return {}
    from scipy.sparse import csr_matrix

    models = {}
    for j, action in enumerate(ACTIONS):
        data, columns, pointer, labels = [], [], [0], []
        for s in mine:
            for i, bag in enumerate(s.bags):
                label = s.gate_labels[i * len(ACTIONS) + j]
                if math.isnan(label):
                    continue
                scale = 1 / math.sqrt(max(1, len(bag)))
                own = [vocabulary[t] for t in bag if t in vocabulary]
                columns += own
                data += [scale] * len(own)
                pointer.append(len(columns))
                labels.append(label)
        x = csr_matrix((data, columns, pointer), shape=(len(labels), len(vocabulary)))
        model = LogisticRegression(C=10.0, max_iter=300, class_weight={0: 1, 1: 2}).fit(x, labels)
        weights = {t: round(float(model.coef_[0][i]), 3) for t, i in vocabulary.items() if abs(model.coef_[0][i]) >= 0.03}
        models[f"{lang}.{action}"] = Linear(round(float(model.intercept_[0]), 3), weights)
    return models


def _gate_matrix(samples: Sequence[Sample], words: Sequence[Mapping[str, Linear]]) -> tuple[Floats, Floats, Floats]:
    x, y, w = [], [], []
    for s, model in zip(samples, words, strict=True):
        lang = s.gold.document.lang
        for i, bag in enumerate(s.bags):
            for j, action in enumerate(ACTIONS):
                at = i * len(ACTIONS) + j
                if math.isnan(s.gate_labels[at]):
                    continue
                linear = model.get(f"{lang}.{action}")
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


def fit_first(samples: Sequence[Sample], seed_folds: int = 3) -> Partial:
    """Fit word models, gate and slot rankers; the gate sees out-of-fold word scores."""
    all_words = {k: v for lang in Lang for k, v in _words(samples, lang).items()}
    per_fold = []
    for k in range(seed_folds):
        train = [s for s in samples if fold_of("w" + s.gold.document.id, seed_folds) != k]
        per_fold.append({key: v for lang in Lang for key, v in _words(train, lang).items()})
    oof = [per_fold[fold_of("w" + s.gold.document.id, seed_folds)] for s in samples]
    x, y, w = _gate_matrix(samples, oof)
    gate = _forest(x, y, w, trees=140, leaves=12, rate=0.07)
    slots = {}
    for slot in (*SLOTS, *DETAILS):
        xs = rows((r for s in samples for r in s.slot_rows[slot]), len(SLOT_NAMES))
        ys = np.asarray([v for s in samples for v in s.slot_labels[slot]])
        ws = np.asarray([s.gold.weight for s in samples for _ in s.slot_labels[slot]])
        slots[slot] = _forest(xs, ys, ws, trees=160, leaves=12, rate=0.07)
    return Partial(all_words, gate, slots)


def tuple_labels(gold: Annotated) -> tuple[set[tuple[str, ...]], set[tuple[str, ...]]]:
    """Required cores and cores that count neither way."""
    required = {(f.platform, f.surface, f.target, f.action) for f in gold.facts if not f.optional and f.stage is not Stage.PROPOSED}
    neutral = {(f.platform, f.surface, f.target, f.action) for f in gold.facts if f.optional} - required
    return required, neutral


def _tuple_matrix(samples: Sequence[Sample], events: Sequence[Sequence[Event]]) -> tuple[Floats, Floats, Floats]:
    x, y, w = [], [], []
    for s, found in zip(samples, events, strict=True):
        required, neutral = tuple_labels(s.gold)
        for proposal in find_proposals(s.reading, found):
            core = (proposal.key.platform, proposal.key.surface, proposal.key.target, proposal.key.action.value)
            if core in neutral:
                continue
            x.append(proposal.row)
            y.append(float(core in required))
            w.append(s.gold.weight)
    return rows(x, len(TUPLE_NAMES)), np.asarray(y), np.asarray(w)


def fit(samples: Sequence[Sample], folds: int = FOLDS) -> Models:
    """Fit all stages on all samples."""
    events: dict[str, list[Event]] = {}
    for k in range(folds):
        partial = fit_first([s for s in samples if fold_of(s.gold.document.id, folds) != k])
        for s in samples:
            if fold_of(s.gold.document.id, folds) == k:
                events[s.gold.document.id] = find_events(s.reading, partial)
    ordered = [events[s.gold.document.id] for s in samples]
    x, y, w = _tuple_matrix(samples, ordered)
    thresholds = _thresholds(samples, ordered, folds)
    forest = _forest(x, y, w, trees=120, leaves=8, rate=0.06, least=30)
    first = fit_first(samples)
    return Models(first.words, first.gate, first.slots, forest, thresholds)


def _thresholds(samples: Sequence[Sample], events: Sequence[Sequence[Event]], folds: int) -> dict[str, float]:
    """The least probability with the best core F1 on out-of-fold predictions, per language."""
    scored: dict[str, list[tuple[float, bool]]] = {lang.value: [] for lang in Lang}
    needed = Counter[str]()
    for k in range(folds):
        train = [i for i, s in enumerate(samples) if fold_of(s.gold.document.id, folds) != k]
        x, y, w = _tuple_matrix([samples[i] for i in train], [events[i] for i in train])
        forest = _forest(x, y, w, trees=120, leaves=8, rate=0.06, least=30)
        for i, s in enumerate(samples):
            if i in set(train):
                continue
            lang = s.gold.document.lang.value
            required, neutral = tuple_labels(s.gold)
            needed[lang] += len(required)
            proposals = find_proposals(s.reading, events[i])
            chances = forest.probability(rows((p.row for p in proposals), len(TUPLE_NAMES)))
            for p, chance in zip(proposals, chances, strict=True):
                core = (p.key.platform, p.key.surface, p.key.target, p.key.action.value)
                if core not in neutral:
                    scored[lang].append((float(chance), core in required))
    return {lang: best_threshold(pairs, needed[lang])[0] for lang, pairs in scored.items() if pairs}


def best_threshold(pairs: Sequence[tuple[float, bool]], needed: int) -> tuple[float, float]:
    """Threshold and F1 at the best cut of (probability, right) pairs, `needed` facts being required."""
    best, threshold, right = 0.0, 0.5, 0
    ordered = sorted(pairs, key=lambda p: -p[0])
    for n, (chance, ok) in enumerate(ordered, start=1):
        right += ok
        f1 = 2 * right / (n + needed)
        if f1 > best and (n == len(ordered) or ordered[n][0] < chance):
            best, threshold = f1, chance
    return threshold, best


REAL_EVENTS = "dev_"  # file names of documents on real events; they count double against fictional ones


def read_training(paths: Sequence[Path], parts: Collection[Part] = tuple(Part)) -> list[Annotated]:
    """Annotated documents of the wanted parts, weighted.

    Raises:
        DataError: a file cannot be read or is wrong.
    """
    found = []
    for path in paths:
        weight = 2.0 if path.name.startswith(REAL_EVENTS) else 1.0
        found += [replace(a, weight=weight) for a in read_gold(path) if part_of(a.document.id) in parts]
    return found


def train(gold: Sequence[Annotated], progress: Callable[[str], None] = lambda _: None) -> Models:
    """Fit all models on annotated documents; the same documents give the same weights.

    Args:
        gold: training documents.
        progress: called with a line whenever a stage begins.
    """
    progress(f"reading {len(gold)} documents")
    samples = [prepare(annotated) for annotated in gold]
    progress("fitting gate, slots and combinations")
    return fit(samples)
