"""The extractor as a spaCy pipeline: blank language, components registered as factories.

    nlp = extract.load("zh")
    doc = nlp.make_doc(text)
    doc._.published = date(2022, 2, 23)
    doc = nlp(doc)
    doc._.facts, doc.spans["linkpolicy"]

Spans are widened to whole tokens for display; the offsets of facts stay exact. Configuration:
`threshold` replaces the trained one (0 keeps it).
"""

from __future__ import annotations

from dataclasses import replace

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.pipeline import extract_facts, shipped_models
from extract.reading import read
from extract.records import Document, Extraction, Kind, Lang

SPANS = "linkpolicy"
_DEFAULTS = {"published": None, "title": "", "kind": "news", "platform": None}


def register_extensions() -> None:
    """Declare the attributes of `Doc` once: what is known of the document, and what was read in it."""
    for name, default in _DEFAULTS.items():
        if not Doc.has_extension(name):
            Doc.set_extension(name, default=default)
    if not Doc.has_extension("facts"):
        Doc.set_extension("facts", default=())
    if not Doc.has_extension("extraction"):
        Doc.set_extension("extraction", default=None)


def document_of(doc: Doc) -> Document:
    """Our record of a spaCy document."""
    return Document(
        id=str(doc.user_data.get("id", "")), lang=Lang(doc.lang_), kind=Kind(doc._.kind),
        published=doc._.published, title=doc._.title, text=doc.text, platform=doc._.platform,
    )  # fmt: skip


class MentionFinder:
    """Writes every mention of the text into `doc.spans["linkpolicy"]`, labelled `kind:value`."""

    def __call__(self, doc: Doc) -> Doc:
        """Find the mentions of one document."""
        reading = read(document_of(doc))
        m = reading.mentions
        found = (*m.services, *m.surfaces, *m.targets, *m.links, *m.actions, *m.contexts, *m.regions)
        spans = []
        for mention in found:
            start, end = mention.start - reading.offset, mention.end - reading.offset
            if start >= 0:
                span = doc.char_span(
                    start, end, label=f"{mention.kind}:{mention.value}", alignment_mode="expand"
                )
                if span is not None:
                    spans.append(span)
        doc.spans[SPANS] = sorted(spans, key=lambda s: (s.start, s.end, s.label_))
        return doc


class FactFinder:
    """Writes the extraction into `doc._.extraction` and its facts into `doc._.facts`."""

    def __init__(self, lang: Lang, threshold: float) -> None:
        models = shipped_models(lang)
        self.models = replace(models, threshold=threshold, sureness=0.0) if threshold > 0 else models

    def __call__(self, doc: Doc) -> Doc:
        """Extract the facts of one document."""
        extraction: Extraction = extract_facts(document_of(doc), self.models)
        doc._.extraction = extraction
        doc._.facts = extraction.facts
        return doc


@Language.factory("linkpolicy_mentions", assigns=["doc.spans"])
def create_mentions(nlp: Language, name: str) -> MentionFinder:
    """Factory of the mention finder."""
    del nlp, name
    register_extensions()
    return MentionFinder()


@Language.factory(
    "linkpolicy_facts", default_config={"threshold": 0.0}, assigns=["doc._.facts", "doc._.extraction"]
)
def create_facts(nlp: Language, name: str, threshold: float) -> FactFinder:
    """Factory of the fact finder."""
    del name
    register_extensions()
    return FactFinder(Lang(str(nlp.lang)), threshold)


def build(lang: str) -> Language:
    """A blank pipeline with both components; Chinese is segmented by character.

    Raises:
        ValueError: the language is neither `en` nor `zh`.
    """
    if lang not in set(Lang):
        raise ValueError(f"language {lang!r} is not one of {', '.join(Lang)}")
    nlp = spacy.blank(lang)
    nlp.add_pipe("linkpolicy_mentions")
    nlp.add_pipe("linkpolicy_facts")
    return nlp


def fact_spans(doc: Doc) -> list[Span]:
    """The evidence of each fact as a span labelled with its core, for displaCy's span style."""
    spans = []
    for fact in doc._.facts:
        label = f"{fact.platform} {fact.surface} {fact.target} {fact.action}"
        span = doc.char_span(fact.start, fact.end, label=label, alignment_mode="expand")
        if span is not None:
            spans.append(span)
    return spans
