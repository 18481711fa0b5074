"""Frames: what the words before and after a name say of its role, read from `rules/{en,zh}/frames.toml`."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from extract.data import ROOT, DataError, read_tables, strings
from extract.records import Lang

BEFORE_NAMES = ("on", "to", "from", "by", "initial", "verb", "that")
AFTER_NAMES = ("possessive", "link", "subject", "place", "goods", "stop", "comma")
GOVERNOR_NAMES = ("place", "goal", "source", "agent")
_SIDES = {"before": BEFORE_NAMES, "after": AFTER_NAMES, "governor": GOVERNOR_NAMES}


@dataclass(frozen=True, slots=True)
class Frame:
    """One pattern.

    A `before` pattern ends where the name begins, an `after` pattern begins where it ends; a `governor` is
    the last word of its kind before the name in the same part of the sentence, other words between or not.
    """

    name: str
    side: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]

    def fits(self, around: str) -> bool:
        """Whether the text on its side of the name matches."""
        match = self.pattern.match(around) if self.side == "after" else self.pattern.search(around)
        return match is not None


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of a language, in the order of BEFORE_NAMES, AFTER_NAMES and GOVERNOR_NAMES."""

    before: tuple[Frame, ...]
    after: tuple[Frame, ...]
    governors: tuple[Frame, ...]


def read_frames(path: Path) -> Frames:
    """Read a frames file, which must hold each frame once.

    Raises:
        DataError: a frame is missing, unknown or given twice, or its pattern is wrong.
    """
    found: dict[tuple[str, str], Frame] = {}
    required: dict[str, type] = {"name": str, "side": str, "pattern": str, "reason": str, "examples": list}
    for table in read_tables(path, "frame", required, {}):
        name, side = str(table["name"]), str(table["side"])
        where = f"{path}: frame {name}"
        if name not in _SIDES.get(side, ()) or (side, name) in found:
            raise DataError(f"{where}: unknown or repeated on side {side!r}")
        try:
            pattern = re.compile(str(table["pattern"]))
        except re.error as error:
            raise DataError(f"{where}: pattern: {error}") from error
        found[(side, name)] = Frame(name, side, pattern, strings(table["examples"], f"{where}: examples"))
    for side, names in _SIDES.items():
        for name in names:
            if (side, name) not in found:
                raise DataError(f"{path}: frame {name!r} of side {side!r} is missing")
    return Frames(
        tuple(found["before", name] for name in BEFORE_NAMES),
        tuple(found["after", name] for name in AFTER_NAMES),
        tuple(found["governor", name] for name in GOVERNOR_NAMES),
    )


@functools.cache
def load_frames(lang: Lang) -> Frames:
    """The frames that ship with the package, read once per language."""
    return read_frames(ROOT / "rules" / lang.value / "frames.toml")
