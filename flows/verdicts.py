"""A reviewer's word on a statement: found by its id, loaded as a run of its own, published at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from extract.records import Action, Fact, PartialDate, Stage
from flows.errors import InputError
from flows.lock import only_run
from flows.night import new_run_id, publish_or_fail
from flows.routing import load_routes
from flows.settings import Settings
from flows.stores import existing, writing

if TYPE_CHECKING:
    import duckdb

    from warehouse.records import LoadResult, Verdict
    from warehouse.review import ReviewItem

_PASSAGE = re.compile(r"([0-9a-f-]{8,36}):(\d+)-(\d+)")


def find(connection: duckdb.DuckDBPyConnection, prefix: str) -> ReviewItem:
    """Return the one statement whose id begins with a prefix, or the passage of an id, judged before or not.

    Raises:
        InputError: there is none, or there are several.
    """
    from warehouse.records import WarehouseError
    from warehouse.review import find as find_statement

    if passage := _PASSAGE.fullmatch(prefix.lower()):
        return _passage(connection, passage)
    try:
        return find_statement(connection, prefix)
    except WarehouseError as error:
        raise InputError(f"{prefix}: {error}; `linkpolicy review list` shows ids") from None


def id_of(item: ReviewItem) -> str:
    """Return the id of a statement, or of a passage: its document and offsets."""
    return item.observation_id or f"{item.document_id}:{item.start}-{item.end}"


def _passage(connection: duckdb.DuckDBPyConnection, asked: re.Match[str]) -> ReviewItem:
    from warehouse.review import ReviewItem
    from warehouse.sql import rows

    place: dict[str, object] = {"document": asked[1], "start": int(asked[2]), "end": int(asked[3])}
    found = rows(connection, "review_passage", place)
    if len(found) != 1:
        raise InputError(f"{asked[0]}: no such passage; `linkpolicy review list` shows ids")
    document, start, end, title, url, words = found[0]
    nothing = dict.fromkeys(("platform", "surface", "target", "region", "action", "stage"))
    undated = dict.fromkeys(("effective_from", "from_precision", "effective_to", "to_precision"))
    return ReviewItem(
        observation_id=None, document_id=document, start=start, end=end, words=words, why="missed", need=0.0,
        confidence=0.0, title=title, url=url, **nothing, **undated,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Word:
    """What a reviewer says.

    Attributes:
        decision: `accept`, `reject` or `correct`.
        right: for `correct`: fields of the fact with their right values, None where they are right already.
    """

    decision: str
    who: str
    why: str
    right: Mapping[str, str | None] = field(default_factory=dict)


def judge(settings: Settings, prefix: str, word: Word, now: datetime) -> LoadResult:
    """Load one verdict and publish what it changes.

    Args:
        settings: of this machine.
        prefix: beginning of the statement's id.
        word: the reviewer's.
        now: UTC without a zone.

    Raises:
        InputError: there is no such statement, or a right value is not allowed.
        FailedError: loaded, but not published because a check failed.
        WarehouseError: the warehouse cannot be used.
    """
    from warehouse.load import load_batch
    from warehouse.records import Batch, Cause

    existing(settings)
    routes = load_routes(settings)
    with only_run(settings.state, wait=settings.busy == "wait"):
        with writing(settings) as connection:
            verdict = _verdict(find(connection, prefix), word, now)
            batch = Batch(f"{new_run_id(now)}-verdict", now, Cause.VERDICT, verdicts=(verdict,))
            result = load_batch(connection, batch, routes.channels_at(now))
        publish_or_fail(settings)
    return result


def _verdict(item: ReviewItem, word: Word, now: datetime) -> Verdict:
    from warehouse.records import Verdict

    fact, corrected = _judged(item, word)
    return Verdict(
        document_id=item.document_id,
        start=fact.start,
        end=fact.end,
        evidence=fact.evidence,
        platform=fact.platform,
        surface=fact.surface,
        target=fact.target,
        action=fact.action,
        effective_from=fact.effective_from,
        effective_to=fact.effective_to,
        region=fact.region,
        stage=fact.stage,
        decision=word.decision,
        reviewer=word.who,
        decided_at=now,
        reason=word.why,
        corrected=corrected,
    )


def _judged(item: ReviewItem, word: Word) -> tuple[Fact, Fact | None]:
    """Return the fact that is judged and, for a correction, the right one.

    A passage gave no fact. Corrected, it is judged by the fact that it should have given; rejected, by one of
    which every name is `none`, which only takes it off the queue.
    """
    if item.action is not None:
        fact = fact_of(item)
        return fact, _corrected(fact, word.right) if word.decision == "correct" else None
    if word.decision == "accept":
        raise InputError(f"{id_of(item)}: gave no statement to accept; correct it, or reject it")
    blank = Fact(
        "none", "none", "none", Action.ALLOW, None, None, None, Stage.DECIDED,
        item.words, item.start, item.end, (), 1.0,
    )  # fmt: skip
    if word.decision == "reject":
        return blank, None
    missing = [name for name in ("platform", "surface", "target", "action") if not word.right.get(name)]
    if missing:
        raise InputError(f"{id_of(item)}: say what it states: --{' --'.join(missing)} missing")
    right = _corrected(blank, word.right)
    return right, right


def export(connection: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """Yield the documents that reviewers have judged, with the facts that stand now, as annotated documents.

    Raises:
        DataError: one is not in the form of the annotated documents.
    """
    from extract.gold import annotated_of, annotation_of
    from warehouse.review import annotated

    for document, facts in annotated(connection):
        known = {
            "id": document.id, "lang": document.lang.value, "kind": document.kind.value,
            "published": document.published.isoformat() if document.published else None,
            "title": document.title, "text": document.text,
            "url": document.url, "source_id": document.source_id, "platform": document.platform,
        }  # fmt: skip
        record = {**known, "facts": [annotation_of(fact) for fact in facts]}
        annotated_of(record)
        yield record


def fact_of(item: ReviewItem) -> Fact:
    """Return the fact that a statement was read as.

    Raises:
        InputError: it is a passage that gave none.
    """
    from warehouse.records import partial

    if item.platform is None or item.surface is None or item.target is None or item.action is None:
        raise InputError(f"{item.document_id}: this passage gave no statement to judge")
    return Fact(
        platform=item.platform,
        surface=item.surface,
        target=item.target,
        action=Action(item.action),
        effective_from=partial(item.effective_from, item.from_precision),
        effective_to=partial(item.effective_to, item.to_precision),
        region=item.region,
        stage=Stage(item.stage or Stage.DECIDED),
        evidence=item.words,
        start=item.start,
        end=item.end,
        confidence=item.confidence,
    )


def _corrected(fact: Fact, right: Mapping[str, str | None]) -> Fact:
    """Return the fact with its right values; a date of `none` says that there is none."""
    given: dict[str, Any] = {name: value for name, value in right.items() if value is not None}
    if not given:
        raise InputError("nothing to correct: name what is right, for example --action allow")
    for name in ("effective_from", "effective_to"):
        if name in given:
            given[name] = _partial(name, given[name])
    if given.get("region") == "none":
        given["region"] = None
    for name, kind in (("action", Action), ("stage", Stage)):
        if name in given:
            given[name] = _member(name, given[name], kind)
    return replace(fact, **given, rules=("review",), confidence=1.0)


def _partial(name: str, text: str) -> PartialDate | None:
    try:
        return None if text == "none" else PartialDate.parse(text)
    except ValueError:
        raise InputError(
            f"{name}: {text!r} is not a date like 2022, 2022-03 or 2022-03-01, or none"
        ) from None


def _member(name: str, text: str, kind: type[Action | Stage]) -> Action | Stage:
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"{name}: {text!r} is not one of {', '.join(kind)}") from None
