"""Near-duplicate documents: reprints and wire copies are one witness, and so are a notice's translations."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator

import numpy as np

from extract.records import Lang

PERMUTATIONS = 96
ROWS = 4  # rows of a band: two texts of similarity s share one with probability 1 - (1 - s^4)^24
SIMILAR = 0.5  # Jaccard similarity of shingles from which two texts are the same
CONTAINED = 0.75  # or this share of the shorter one stands in the longer one
_SHINGLE = {Lang.EN: 9, Lang.ZH: 4}  # characters: about two words in either language
_NOISE = re.compile(r"[\W_]+")


def shingles(title: str, text: str, lang: Lang) -> frozenset[bytes]:
    """Overlapping runs of characters of the text, without punctuation, case and width, in UTF-8."""
    plain = unicodedata.normalize("NFKC", f"{title} {text}").casefold()
    plain = _NOISE.sub("" if lang is Lang.ZH else " ", plain).strip()
    size = _SHINGLE[lang]
    places = range(max(1, len(plain) - size + 1))
    if plain.isascii():  # a character is a byte
        data = plain.encode()
        return frozenset(data[at : at + size] for at in places)
    return frozenset(plain[at : at + size].encode("utf-8", "surrogatepass") for at in places)


def bands(texts: Iterable[frozenset[bytes]]) -> Iterator[list[int]]:
    """For each text a 64-bit value for each band of its MinHash signature; equal values make candidates."""
    from datasketch import MinHash  # noqa: PLC0415 (brings SciPy, a second that only who loads texts need wait)

    # CRC-32 is five times faster than SHA-1. The scheme is named, since stored bands must stay comparable
    # and datasketch 2.0 changed the one it takes by default.
    for signature in MinHash.generator(texts, num_perm=PERMUTATIONS, hashfunc=zlib.crc32, scheme="affine32"):
        rows = np.asarray(signature.hashvalues, dtype=np.uint64).reshape(-1, ROWS)
        yield [int.from_bytes(hashlib.blake2b(row.tobytes(), digest_size=8).digest(), "big") for row in rows]


def similar(one: frozenset[bytes], other: frozenset[bytes]) -> float:
    """How much two texts are the same, in [0, 1]; 0 below the thresholds."""
    shared = len(one & other)
    jaccard = shared / (len(one) + len(other) - shared)
    contained = shared / min(len(one), len(other))
    return max(jaccard, contained) if jaccard >= SIMILAR or contained >= CONTAINED else 0.0


def best_match(pieces: frozenset[bytes], candidates: Iterable[tuple[str, frozenset[bytes]]]) -> str | None:
    """Id of the most similar candidate, the smallest one among equals; None if none is similar."""
    scored = [(similar(pieces, other), name) for name, other in candidates]
    close = [(-score, name) for score, name in scored if score]
    return min(close)[1] if close else None
