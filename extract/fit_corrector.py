"""Training of a corrector (extra `corrector`): a pretrained encoder learns what the forests lack.

It starts from an encoder that a package holds (`extract/bases.py`) and from heads that say nothing. What
the forests say of documents they have not seen is given; a few passes over the documents fit what has to be
added to it. More passes would learn names by heart, and so in every pass a part of the services loses its
name or goes by another's. The same documents give the same weights on the same machine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from extract.bases import Base
from extract.candidates import DETAILS
from extract.clauses import ACTIONS
from extract.corrector import (
    BUCKETS,
    CORRECTED,
    FARTHEST,
    KINDS,
    MOST_PIECES,
    NOWHERE,
    UNKNOWN,
    Marked,
    mark,
    number_of,
    places_of,
    spans_of,
)
from extract.data import DataError
from extract.encoder import distances, windows
from extract.records import Lang
from extract.samples import Odds, Sample
from extract.scorer import Floats
from extract.spelling import Spelling
from extract.train import Tutor, tuple_labels
from extract.weights import Corrector, pack, unpack

PASSES = 4  # more gain little, see docs/decisions/extraction.md, point 44
_HIDDEN = 128
_DOCUMENT_QUERIES, _DOCUMENT_HIDDEN = 2, 64
_RATES = {"encoder": 1e-4, "heads": 1e-3}
_WARM = 0.08  # share of the steps in which the rates rise
_DROPPED = 0.1
_BUDGET = 3000  # pieces of a step
_NAMELESS = 0.15  # share of a document's names of services that are hidden: unknown ones will be met
_RENAMED = 0.35  # share that is replaced by the names of others
_MOST_WEIGHT = 2.0  # of a document
_SCALE = 30.0  # the loss of a step is divided by it
_DOCUMENT_WEIGHT = 4.0
_SLOT_WEIGHT = {slot: 0.3 if slot == DETAILS[-1] else 0.5 for slot in CORRECTED}  # against the gate

Weights = dict[str, Tensor]
Names = Mapping[tuple[Lang, int], Sequence[tuple[int, ...]]]  # by language and number of pieces


@dataclass(frozen=True, slots=True)
class _Slot:
    """The candidates of a slot, one row an occurrence.

    Attributes:
        clause, action, first, last, bucket, value, owner: per occurrence; `value` is its value's number among
            KNOWN, `owner` its candidate's.
        place, odds, labels: per candidate.
    """

    clause: Tensor
    action: Tensor
    first: Tensor
    last: Tensor
    bucket: Tensor
    value: Tensor
    owner: Tensor
    place: Tensor
    odds: Tensor
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Lesson:
    """One document as the corrector learns it."""

    lang: Lang
    marked: Marked
    names: tuple[tuple[tuple[int, int], ...], ...]  # pieces of each service's mentions
    clauses: tuple[tuple[int, int], ...]
    gate_odds: Tensor
    gate_labels: Tensor
    slots: Mapping[str, _Slot]
    weight: float
    states: float  # 1 if the document states a policy, 0 if it has no fact at all, nan between


def lesson(sample: Sample, odds: Odds, spelling: Spelling) -> Lesson:
    """Prepare a sample; nan labels of its gate are left out of the loss."""
    reading, marked = sample.reading, mark(sample.reading, spelling)
    named: dict[str, list[tuple[int, int]]] = {}
    for mention in reading.mentions.services:
        named.setdefault(reading.plain[mention.start : mention.end], []).append(
            marked.span(mention.start, mention.end)
        )
    return Lesson(
        reading.document.lang,
        marked,
        tuple(map(tuple, named.values())),
        tuple(marked.span(c.start, c.end) for c in sample.eligible),
        torch.tensor(odds.gate).float().view(-1, len(ACTIONS)),
        torch.tensor(sample.gate_labels).view(-1, len(ACTIONS)),
        {
            slot: _slot(sample, slot, odds.slots[slot], marked)
            for slot in CORRECTED
            if sample.slots[slot].labels
        },
        min(_MOST_WEIGHT, sample.gold.weight),
        1.0 if tuple_labels(sample.gold)[0] else math.nan if sample.gold.facts else 0.0,
    )


def _slot(sample: Sample, slot: str, odds: Floats, marked: Marked) -> _Slot:
    rows: list[tuple[int, ...]] = []
    found, places = sample.slots[slot], places_of(sample.reading, slot)
    for i, (candidate, (at, action)) in enumerate(zip(found.candidates, found.statements, strict=True)):
        spans = spans_of(marked, places, sample.eligible[at].anchor[action], candidate)
        value = number_of(slot, candidate.value)
        rows += [(at, action, span.first, span.last, span.bucket, value, i) for span in spans]
        if not spans:
            rows.append((at, action, 0, 0, NOWHERE, value, i))
    clause, action, first, last, bucket, values, owner = torch.tensor(rows).T
    place = torch.tensor([min(c.loc, FARTHEST) for c in found.candidates])
    labels = torch.tensor(found.labels).float()
    return _Slot(
        clause, action, first, last, bucket, values, owner, place, torch.tensor(odds).float(), labels
    )


def _new_heads(width: int) -> Weights:
    """Heads that say nearly nothing yet: the forests' log-odds go through as they are."""
    slots, actions = len(CORRECTED), len(ACTIONS)

    def noise(*shape: int, scale: float = 0.03) -> Tensor:
        return torch.randn(shape) * scale

    def zeros(*shape: int) -> Tensor:
        return torch.zeros(shape)

    return {
        "kinds": zeros(len(KINDS) + 1, width), "query": noise(actions, width, scale=0.02),
        "gate_inner": noise(_HIDDEN, 2 * width), "gate_inner_bias": zeros(_HIDDEN),
        "gate_action": noise(actions, _HIDDEN, scale=0.02), "gate_outer": noise(actions, _HIDDEN, scale=0.02),
        "gate_outer_bias": zeros(actions), "gate_trust": torch.ones(actions),
        "slot_clause": noise(slots, 2 * width, _HIDDEN), "slot_value": noise(slots, width, _HIDDEN),
        "slot_bias": zeros(slots, _HIDDEN), "slot_action": zeros(slots, actions, _HIDDEN),
        "slot_outer": noise(slots, _HIDDEN, scale=0.05), "slot_meet_clause": noise(slots, 2 * width, _HIDDEN),
        "slot_meet_value": noise(slots, width, _HIDDEN), "slot_default": noise(slots, width, scale=0.1),
        "slot_distance": zeros(slots, 2 * BUCKETS, _HIDDEN), "slot_location": zeros(slots, FARTHEST + 1),
        "slot_base": zeros(slots), "slot_trust": torch.ones(slots), "slot_known": zeros(UNKNOWN, width),
        "document_query": noise(_DOCUMENT_QUERIES, width, scale=0.02),
        "document_inner": noise(_DOCUMENT_HIDDEN, (_DOCUMENT_QUERIES + 1) * width),
        "document_inner_bias": zeros(_DOCUMENT_HIDDEN), "document_outer": noise(_DOCUMENT_HIDDEN, scale=0.05),
        "document_outer_bias": zeros(1),
    }  # fmt: skip


def _dropped(x: Tensor) -> Tensor:
    return functional.dropout(x, _DROPPED)


def _gelu(x: Tensor) -> Tensor:
    return functional.gelu(x, approximate="tanh")  # as the second reading computes it


def _encoded(w: Weights, heads: int, ids: Tensor, kinds: Tensor, present: Tensor) -> Tensor:
    """Vectors of shape (texts, pieces, width); attention itself is not thinned out (half of the time)."""

    def norm(x: Tensor, name: str) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], w[name], w[name + "_bias"], 1e-12)

    def mapped(x: Tensor, name: str) -> Tensor:
        return functional.linear(x, w[name], w[name + "_bias"])

    x = _dropped(norm(w["words"][ids] + w["places"][: ids.shape[1]] + w["kinds"][kinds], "norm"))
    texts, n, width = x.shape
    near = torch.zeros(texts, 1, 1, n).masked_fill(~present[:, None, None, :], -1e4)
    if "relative" in w:
        way = torch.tensor(distances(len(w["relative"]))[:n, :n])
        near = near + w["relative"].detach()[way].permute(2, 0, 1)
    near = near.expand(texts, heads, n, n).to(torch.bfloat16 if torch.is_autocast_enabled("cpu") else x.dtype)
    for layer in range(sum(name.endswith(".mixed") for name in w)):
        p = f"layers.{layer}."
        parts = mapped(x, p + "mixed").view(texts, n, 3, heads, width // heads).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(*parts, attn_mask=near)
        x = norm(x + _dropped(mapped(seen.transpose(1, 2).reshape(texts, n, width), p + "out")), p + "norm")
        inner = _gelu(mapped(x, p + "inner"))
        x = norm(x + _dropped(mapped(inner, p + "outer")), p + "last_norm")
    return x


def _names(lessons: Sequence[Lesson]) -> Names:
    """Every name of a service that the lessons hold."""
    found: dict[tuple[Lang, int], set[tuple[int, ...]]] = {}
    for one in lessons:
        for (start, end), *_ in one.names:
            found.setdefault((one.lang, end - start), set()).add(tuple(one.marked.pieces.ids[start:end]))
    return {key: sorted(names) for key, names in found.items()}


def disguised(one: Lesson, unknown: int, names: Names) -> list[int]:
    """The pieces of a lesson; some services lose their names, some go by another's of as many pieces."""
    ids = list(one.marked.pieces.ids)
    for spans in one.names:
        start, end = spans[0]
        chance, name = random.random(), tuple(ids[start:end])  # noqa: S311
        if chance < _NAMELESS:
            name = (unknown,) * len(name)
        elif chance < _NAMELESS + _RENAMED and (one.lang, len(name)) in names:
            name = random.choice(names[one.lang, len(name)])  # noqa: S311
        for first, last in spans:
            if last - first == len(name):
                ids[first:last] = name
    return ids


def states_of(
    w: Weights, heads: int, lessons: Sequence[Lesson], spelling: Spelling, names: Names
) -> Iterator[Tensor]:
    """The vectors of each lesson's pieces, encoded together; `names` are those that services may go by."""
    rows, taken = [], []
    for number, one in enumerate(lessons):
        ids = disguised(one, spelling.unknown, names)
        for (start, end), (kept, until) in windows(len(ids)):
            taken.append((number, 1 + kept - start, 1 + until - start))
            rows.append(
                ([spelling.first, *ids[start:end], spelling.last], [0, *one.marked.kinds[start:end], 0])
            )
    longest = max(len(ids) for ids, _ in rows)
    # ids, kinds of mention, whether there is a piece
    padded = torch.zeros(3, len(rows), longest, dtype=torch.long)
    for i, (numbers, marks) in enumerate(rows):
        padded[:, i, : len(numbers)] = torch.tensor([numbers, marks, [1] * len(numbers)])
    x = _encoded(w, heads, padded[0], padded[1], padded[2].bool())
    for number in range(len(lessons)):
        yield torch.cat([x[i, a:b] for i, (owner, a, b) in enumerate(taken) if owner == number])


def views_of(w: Weights, one: Lesson, states: Tensor) -> tuple[Tensor, Tensor]:
    """What each clause looks like for each action, shape (clauses, actions, 2 * width), and running sums."""
    sums = torch.cat([torch.zeros(1, states.shape[1]), states.cumsum(0)])
    attention = states @ w["query"].T
    views = []
    for first, last in one.clauses:
        focus = torch.softmax(attention[first:last], 0).T @ states[first:last]
        views.append(torch.cat([focus, ((sums[last] - sums[first]) / (last - first)).expand_as(focus)], 1))
    return torch.stack(views), sums


def gate_odds(w: Weights, one: Lesson, views: Tensor) -> Tensor:
    """Corrected log-odds of each clause and action."""
    inner = _gelu(functional.linear(views, w["gate_inner"], w["gate_inner_bias"]) + w["gate_action"])
    return one.gate_odds * w["gate_trust"] + (inner * w["gate_outer"]).sum(-1) + w["gate_outer_bias"]


def document_odds(w: Weights, states: Tensor) -> Tensor:
    """Log-odds that a document states a policy, shape ()."""
    focus = torch.softmax(states @ w["document_query"].T, 0).T @ states
    seen = torch.cat([focus.flatten(), states.mean(0)])
    inner = _gelu(functional.linear(seen, w["document_inner"], w["document_inner_bias"]))
    return inner @ w["document_outer"] + w["document_outer_bias"][0]


def loss(w: Weights, one: Lesson, states: Tensor) -> Tensor:
    """Cross entropy of the corrected log-odds of a lesson, summed (what `SecondReading` computes)."""
    views, sums = views_of(w, one, states)
    odds = gate_odds(w, one, views)
    known = ~torch.isnan(one.gate_labels)
    total = _entropy(odds[known], one.gate_labels[known])
    for slot, found in one.slots.items():
        ranked = slot_odds(w, CORRECTED.index(slot), found, views, sums)
        total = total + _SLOT_WEIGHT[slot] * _entropy(ranked, found.labels)
    if not math.isnan(one.states):
        total = total + _DOCUMENT_WEIGHT * _entropy(document_odds(w, states), torch.tensor(one.states))
    return total * one.weight


def _entropy(odds: Tensor, labels: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(odds, labels, reduction="sum")


def _and_zeros(table: Tensor) -> Tensor:
    """A table with a row of zeros at its end."""
    return functional.pad(table, (0, 0, 0, 1))


def slot_odds(w: Weights, k: int, found: _Slot, views: Tensor, sums: Tensor) -> Tensor:
    """Corrected log-odds of a slot's candidates."""
    view = views[found.clause, found.action]
    default = (found.bucket == NOWHERE)[:, None]
    length = (found.last - found.first).clamp(min=1)[:, None]
    state = torch.where(default, w["slot_default"][k], (sums[found.last] - sums[found.first]) / length)
    state = state + _and_zeros(w["slot_known"])[found.value]
    distance = _and_zeros(w["slot_distance"][k])[found.bucket]
    clear = view @ w["slot_clause"][k] + w["slot_bias"][k] + w["slot_action"][k][found.action]
    inner = _gelu(clear + state @ w["slot_value"][k] + distance)
    met = view @ w["slot_meet_clause"][k] * (state @ w["slot_meet_value"][k])
    fits = inner @ w["slot_outer"][k] + met.sum(-1) / math.sqrt(met.shape[-1])
    n = len(found.labels)
    grown = torch.zeros(n).index_add(0, found.owner, fits.exp())
    mean = (grown / torch.bincount(found.owner, minlength=n)).log()
    return found.odds * w["slot_trust"][k] + mean + w["slot_location"][k][found.place] + w["slot_base"][k]


def _steps(lessons: Sequence[Lesson]) -> list[list[Lesson]]:
    """The lessons of each step: of like length, together at most _BUDGET pieces, in random order."""
    ordered = sorted(lessons, key=lambda one: (len(one.marked.kinds) // 40, random.random()))  # noqa: S311
    steps: list[list[Lesson]] = [[]]
    for one in ordered:
        longest = max(len(other.marked.kinds) for other in (one, *steps[-1]))
        if steps[-1] and longest * (len(steps[-1]) + 1) > _BUDGET:
            steps.append([])
        steps[-1].append(one)
    random.shuffle(steps)
    return steps


def fit_corrector(
    lessons: Sequence[Lesson], base: Base, progress: Callable[[str], None] = lambda _: None
) -> Corrector:
    """Train on lessons; the words' and positions' own vectors, and what distances add, stay as they were."""
    random.seed(0)
    torch.manual_seed(0)
    spelling = base.spelling
    w: Weights = {name: torch.tensor(array) for name, array in base.weights.items()}
    learnt = {"encoder": [n for n in w if n not in {"words", "places", "relative"}]}
    w |= _new_heads(w["words"].shape[1])
    learnt["heads"] = [n for n in w if n not in base.weights]
    for name in (*learnt["encoder"], *learnt["heads"]):
        w[name].requires_grad_()
    groups = [{"params": [w[n] for n in names], "lr": _RATES[kind]} for kind, names in learnt.items()]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    usable = [one for one in lessons if one.clauses and len(one.marked.kinds) <= MOST_PIECES]
    names = _names(usable)
    total, done = PASSES * len(_steps(usable)), 0
    for number in range(PASSES):
        progress(f"corrector: pass {number + 1} of {PASSES} over {len(usable)} documents")
        for step in _steps(usable):
            pace = min(1.0, (done + 1) / (_WARM * total)) * max(0.02, 1 - done / total)
            for group, rate in zip(optimiser.param_groups, _RATES.values(), strict=True):
                group["lr"] = rate * pace
            with torch.autocast("cpu", torch.bfloat16):  # faster on processors that know it
                states = [x.float() for x in states_of(w, base.heads, step, spelling, names)]
            errors = [loss(w, one, x) for one, x in zip(step, states, strict=True)]
            optimiser.zero_grad()
            (torch.stack(errors).sum() / _SCALE).backward()
            torch.nn.utils.clip_grad_norm_([w[n] for names in learnt.values() for n in names], 1.0)
            optimiser.step()
            done += 1
    if not all(bool(t.isfinite().all()) for t in w.values()):
        raise DataError("the training of the corrector went astray: weights that are no numbers")
    packed = pack({n: t.detach().numpy() for n, t in w.items()}, base.vocabulary, base.heads, base.scores)
    return replace(unpack(packed), share=base.share)


def tutor(base: Base, progress: Callable[[str], None] = lambda _: None) -> Tutor:
    """What trains a corrector that begins as `base` (see `extract.train.train`)."""

    def teach(samples: Sequence[Sample], odds: Sequence[Odds]) -> Corrector:
        spelling = base.spelling
        lessons = [lesson(s, o, spelling) for s, o in zip(samples, odds, strict=True)]
        return fit_corrector(lessons, base, progress)

    return Tutor(base.langs, teach)
