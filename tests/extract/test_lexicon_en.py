"""The English lexicon reads sentences that it was not written from: cues, surfaces, targets, names."""

from pathlib import Path

import pytest

from extract.mentions import find_mentions, find_services
from extract.normal import normalise
from extract.records import Lang

_CASES = Path(__file__).parent / "cases" / "en" / "lexicon.tsv"


def _cases() -> list[tuple[str, str, str, str]]:
    rows = (
        line.split("\t")
        for line in _CASES.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    return [(action, surface, target, sentence) for action, surface, target, sentence in rows]


def test_each_sentence_carries_its_cue_surface_and_target() -> None:
    wrong = []
    for action, surface, target, sentence in _cases():
        found = find_mentions(sentence, normalise(sentence), Lang.EN)
        values = {
            action: {m.value for m in found.actions},
            surface: {"-", *(m.value for m in found.surfaces)},
            target: {"-", *(m.value for m in (*found.targets, *found.services))},
        }
        wrong += [
            f"{value} is not found in {sentence!r}" for value, those in values.items() if value not in those
        ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Links to Taobao, JD and 1688.com", {"taobao", "jd", "alibaba_1688"}),
        ("Elon Musk's X, formerly Twitter, and Threads", {"twitter", "threads"}),
        ("the Washington Post reported it", {"washington_post"}),
        ("in line with the terms, at the end of spring, a medium signal", set()),
        ("for the Spring Festival in Times Square", set()),
        ("淘宝、抖音、视频号", {"taobao", "douyin", "wechat_channels"}),
        ("更快的速度、不同程度的影响、短小的微视频", set()),
        ("没有赞助,也获得物资", set()),
        ("精美图片与说明报告", set()),
    ],
)
def test_names_are_found_and_everyday_words_are_not(text: str, slugs: set[str]) -> None:
    assert {m.value for m in find_services(text, normalise(text))} == slugs
