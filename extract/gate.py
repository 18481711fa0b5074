"""The cheap gate: could a text state a link policy at all? Only what passes is read closely."""

from __future__ import annotations

import functools

from extract.matcher import Matcher
from extract.normal import normalise
from extract.records import Lang
from extract.rules import load_rules


@functools.cache
def _matchers() -> tuple[Matcher, ...]:
    """Every word for linking and every cue that itself speaks of links, one matcher a language."""
    return tuple(
        Matcher(
            (
                r.source
                for r in load_rules(lang)
                if (r.kind == "link" and not r.weak) or (r.kind == "action" and r.links)
            ),
            lang,
        )
        for lang in Lang
    )


def could_state_policy(title: str, text: str) -> bool:
    """True if the title or the text speaks of links, in either language."""
    plain = normalise(f"{title}\n{text}")
    return any(matcher.any(plain) for matcher in _matchers())
