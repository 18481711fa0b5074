"""Short training documents cut from annotated ones.

Annotated documents are articles of some length; readers also meet news in brief, change-log lines and single
clauses. A scorer that has only seen articles leans on what the rest of the document says and reads a plain
short statement worse than a long one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from extract.clauses import Index
from extract.gold import Annotated, GoldFact
from extract.layout import Sentence
from extract.reading import Reading, read

EXCERPTS = 2  # a document, at most
LARGEST_SHARE = 0.6  # of a document's sentences: what is longer is no excerpt
WEIGHT = 0.5  # of a whole document's
_CONTEXT = (0, 0, 1, 2)  # sentences that may stand before and behind the evidence
# Between a document's id and an excerpt's number: a control character, which no document's own id has.
_MARK = "\x1f"


def origin(doc_id: str) -> str:
    """Id of the document that an excerpt was cut from; a whole document's own id."""
    return doc_id.partition(_MARK)[0]


def is_whole(gold: Annotated) -> bool:
    """Whether an annotated document is no excerpt."""
    return _MARK not in gold.document.id


def fold_of(doc_id: str, folds: int) -> int:
    """Fold of a document and its excerpts, by hash of its id (independent of the work/sealed split)."""
    return int(hashlib.sha256(b"fold" + origin(doc_id).encode()).hexdigest(), 16) % folds


def excerpts(gold: Annotated) -> list[Annotated]:
    """Up to EXCERPTS passages around a required fact, the same ones at every call.

    Of a document without facts, passages around sentences that speak of links and use a verb of some rule.
    How many sentences stand around the evidence and whether the title is kept follows from a digest of the
    document's id and the evidence. A fact whose evidence or values are cut off becomes optional: the passage
    neither states nor denies it. A date that the passage does not give is left out.
    """
    reading = read(gold.document)
    sentences = [s for s in reading.layout.sentences if s.start >= reading.offset]
    evidence = (
        {f.evidence for f in gold.facts if not f.optional} if gold.facts else _tempting(reading, sentences)
    )
    found: list[Annotated] = []
    for digest, text in sorted((_digest(gold.document.id, e), e) for e in evidence)[:EXCERPTS]:
        passage = _passage(reading, sentences, text, digest)
        if passage:
            title = gold.document.title if digest[2] % 2 else ""
            found.append(_cut(gold, f"{gold.document.id}{_MARK}{len(found)}", title, passage))
    return [e for e in found if not gold.facts or any(not f.optional for f in e.facts)]


def _tempting(reading: Reading, sentences: Sequence[Sentence]) -> set[str]:
    """Sentences of a document without facts that look as if they stated one."""
    links, cues = Index(reading.mentions.links), Index(reading.mentions.actions)
    return {
        reading.full[s.start : s.end].strip()
        for s in sentences
        if links.count(s.start, s.end) and cues.count(s.start, s.end)
    }


def _digest(doc_id: str, evidence: str) -> bytes:
    return hashlib.sha256(f"{doc_id}\n{evidence}".encode()).digest()


def _passage(reading: Reading, sentences: Sequence[Sentence], evidence: str, digest: bytes) -> str:
    """The sentences of the evidence with some around them; empty if that is most of the document."""
    start = reading.full.find(evidence, reading.offset)
    end = start + len(evidence)
    touched = [i for i, s in enumerate(sentences) if s.start < end and start < s.end]
    if start < 0 or not touched:
        return ""
    first = max(0, touched[0] - _CONTEXT[digest[0] % 4])
    last = min(len(sentences) - 1, touched[-1] + _CONTEXT[digest[1] % 4])
    if last - first + 1 > LARGEST_SHARE * len(sentences):
        return ""
    return reading.full[sentences[first].start : sentences[last].end].strip()


def _cut(gold: Annotated, doc_id: str, title: str, text: str) -> Annotated:
    document = replace(gold.document, id=doc_id, title=title, text=text)
    reading = read(document)
    facts = tuple(_seen(reading, fact) for fact in gold.facts)
    return Annotated(document, facts, gold.weight * WEIGHT)


def _seen(reading: Reading, fact: GoldFact) -> GoldFact:
    """A fact as the passage shows it."""
    platforms = {*reading.services, reading.document.platform}
    targets = {*reading.services, *reading.targets, "external"}
    whole = (
        fact.evidence in reading.document.text
        and fact.platform in platforms
        and fact.target in targets
        and (fact.surface == "all" or fact.surface in reading.surfaces)
    )
    return replace(
        fact,
        effective_from=fact.effective_from if fact.effective_from in reading.starts else None,
        effective_to=fact.effective_to if fact.effective_to in reading.ends else None,
        optional=fact.optional or not whole,
    )
