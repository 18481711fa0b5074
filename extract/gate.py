"""The cheap gate: could a text state a link policy at all? Only what passes is read closely."""

from __future__ import annotations

import functools
import re

from extract.matcher import Matcher
from extract.normal import normalise
from extract.records import Lang
from extract.rules import load_rules

_HAN = re.compile(r"[\u3400-\u9fff]")


@functools.cache
def _matcher(lang: Lang) -> Matcher:
    """Words for linking, cues and weak words that themselves speak of links, and the rules of `gate.toml`."""
    speaking = (
        r for r in load_rules(lang) if r.links or r.kind == "gate" or (r.kind == "link" and not r.weak)
    )
    return Matcher(((r.id, r.source) for r in speaking), lang)


def could_state_policy(title: str, text: str) -> bool:
    """True if the title or the text speaks of links, in either language."""
    plain = normalise(f"{title}\n{text}")
    langs = (Lang.ZH, Lang.EN) if _HAN.search(plain) else (Lang.EN,)
    return any(_matcher(lang).any(plain) for lang in langs)
