"""Link-policy facts from plain text, in English and Chinese.

`extract.load("en")` gives a spaCy pipeline; `extract.pipeline.extract_facts` is the same without spaCy's
containers. spaCy is imported on the first call only, so that `extract.records` stays cheap to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spacy.language import Language


def load(lang: str) -> Language:
    """A blank spaCy pipeline of the language ("en" or "zh") with the components of `extract.nlp`.

    Raises:
        ValueError: another language.
    """
    from extract.nlp import build  # noqa: PLC0415 -- spaCy is loaded by whoever asks for a pipeline

    return build(lang)
