"""Proper names of English texts: which capitalised runs are names, and where they begin and end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.mentions import find_mentions
from extract.names import find_names, proper_words
from extract.normal import normalise
from extract.proper import domains, proper_names
from extract.records import Lang


def names(text: str) -> set[str]:
    return set(proper_names(text, proper_words()))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Links to Gofile, Pixeldrain and Catbox are gone.", {"Gofile", "Pixeldrain", "Catbox"}),
        ("Sellers may not link to their own shop on Hofkiste.", {"Hofkiste"}),
        ("iNaturalist and 9GAG keep their links.", {"iNaturalist", "9GAG"}),
        ("Interflora got eleven days.", {"Interflora"}),
        ("It came from The Times of Israel on Monday.", {"The Times of Israel"}),
        ("The lawsuit of Barnes & Noble against it.", {"Barnes & Noble"}),
        ("Crewdeck 12: what is new\nLinks open faster.", {"Crewdeck"}),
        ("Grumblewick: why your bio has no link\nwe explain it.", {"Grumblewick"}),
        ("New terms (Kesselwick photo club)\nwe explain them.", {"Kesselwick"}),
        ("A policy for tutors (Preply)\nLinks are gone.", {"Preply"}),
    ],
)
def test_what_stands_where_only_a_name_may_is_one(text: str, found: set[str]) -> None:
    assert names(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "Links are gone. Sellers complain. Letters pile up.",
        "On Monday the company said that English users may stay.",
        "A Leeds-based firm.",
        "How To Add Links In Your New Bright Storefront\nwe explain it.",
        "Letters said nothing; the letters were lost.",
        "Rules:\n      Buyouts are fine.",
        "Hello there!\n\U0001f389 Buyouts are fine.",
        "LINKS TO OTHER SHOPS WILL BE BLOCKED FROM FRIDAY.",
        "They've said so, and we don't. Then they've said it again; so We've heard, or Don\u2019t.",
        "Explainer: who may link\nwe explain it.",
        "Harbours: who may link\nour harbours may.",
        "Version 12.1: what is new\nLinks open at 5PM over 5G in Q3.",
    ],
)
def test_a_capital_at_the_beginning_or_in_a_headline_makes_no_name(text: str) -> None:
    assert names(text) == set()


def test_a_short_form_stands_for_the_long_one() -> None:
    text = "Advisory for Parlance Chat\nWe found a hole in Parlance Chat. In Parlance, links open at once."
    assert {slug for _, _, slug, _ in find_names(text, Lang.EN, [])} == {"parlance_chat"}


def test_a_domain_stands_for_the_name_it_spells() -> None:
    text = "We read the Harbour Post daily. Write to harbourpost.example or to bit.ly and annas-archive.org."
    slugs = {text[a:b]: slug for a, b, slug, _ in find_names(text, Lang.EN, [])}
    assert slugs["harbourpost.example"] == "harbour_post"
    assert slugs["bit.ly"] == "bit_ly"
    assert slugs["annas-archive.org"] == "annas_archive"


def test_a_name_is_whole() -> None:
    text = "We met L'Or\u00e9al there. Mail me@Grumble.com or ask @Grumble, not Grumbles or Grumble\u0301."
    assert [text[a:b] for a, b, _, _ in find_names(text, Lang.EN, [])] == ["L'Or\u00e9al", "Grumbles"]


def test_a_cue_stays_one_where_it_looks_like_a_name() -> None:
    for text in ("Links to other shops: Strictly Prohibited.", "| Bio | Fully Blocked |"):
        assert "block" in {m.value for m in find_mentions(text, normalise(text), Lang.EN).actions}


def test_what_follows_a_name_is_no_part_of_it() -> None:
    assert names("We moved to the Boxwood Marketplace API today.") == {"Boxwood"}


@given(st.text(alphabet="AaBb .,-'&\n(é9中_@", max_size=300))
def test_names_are_found_in_any_text(text: str) -> None:
    for start, end, slug, _ in find_names(text, Lang.EN, []):
        assert 0 <= start < end <= len(text)
        assert slug == slug.lower()
    for start, end, name, ending in domains(text):
        assert text[start:end].endswith(ending)
        assert name in text[start:end]
