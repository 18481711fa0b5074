"""The spaCy pipeline: registered components, a configuration that can be written, facts on the document.

spaCy is imported where it is used: every process collects this file, one runs it.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import extract
from extract.pipeline import extract_facts
from extract.records import Document, Kind, Lang

pytestmark = pytest.mark.xdist_group("spacy")

TEXTS = {
    "en": "From 1 June 2023, links to Etsy and eBay can no longer be posted in comments on TikTok.",
    "zh": "自2023年6月1日起，快手直播间购物车不再支持京东、拼多多商品链接。",
}


def test_components_are_registered_as_factories() -> None:
    from spacy.language import Language

    extract.load("en")

    assert Language.has_factory("linkpolicy_mentions")
    assert Language.has_factory("linkpolicy_facts")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_facts_are_those_of_the_plain_function(lang: str) -> None:
    from extract.nlp import document_of

    nlp = extract.load(lang)
    doc = nlp.make_doc(TEXTS[lang])
    doc._.published, doc._.title, doc._.kind = date(2023, 5, 2), "", "notice"
    doc = nlp(doc)
    plain = Document("", Lang(lang), Kind.NOTICE, date(2023, 5, 2), "", TEXTS[lang])

    assert document_of(doc) == plain
    assert doc._.facts == extract_facts(plain).facts != ()
    assert doc._.extraction == extract_facts(plain)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_mentions_and_evidence_are_spans(lang: str) -> None:
    from extract.nlp import SPANS, fact_spans

    doc = extract.load(lang)(TEXTS[lang])
    labels = {span.label_ for span in doc.spans[SPANS]}

    assert {"service:ebay", "surface:comments"} <= labels or {"service:jd", "surface:live"} <= labels
    for span, fact in zip(fact_spans(doc), doc._.facts, strict=True):
        assert fact.evidence in span.text


def test_batches_give_what_single_documents_give() -> None:
    nlp = extract.load("en")
    texts = [TEXTS["en"], "Nothing to see.", "", TEXTS["en"].replace("Etsy", "Shopify")]

    batched = [doc._.facts for doc in nlp.pipe(texts, batch_size=3)]
    assert batched == [nlp(text)._.facts for text in texts]
    assert len(batched[0]) == 2
    assert batched[1] == batched[2] == ()


def test_a_pipeline_can_be_written_and_read(tmp_path: Path) -> None:
    import spacy

    nlp = extract.load("zh")
    nlp.remove_pipe("linkpolicy_facts")
    nlp.add_pipe("linkpolicy_facts", config={"threshold": 0.999})
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")

    assert again.pipe_names == nlp.pipe_names == ["linkpolicy_mentions", "linkpolicy_facts"]
    assert again.config.to_str() == nlp.config.to_str()
    assert again(TEXTS["zh"])._.facts == nlp(TEXTS["zh"])._.facts == ()


def test_a_configuration_alone_builds_the_pipeline() -> None:
    from spacy.util import load_model_from_config

    nlp = extract.load("en")
    again = load_model_from_config(nlp.config, auto_fill=True)

    assert again(TEXTS["en"])._.facts == nlp(TEXTS["en"])._.facts


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is not one of en, zh"):
        extract.load("fr")
