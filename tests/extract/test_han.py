"""Names in Chinese texts: quoted and repeated, at the head of a title, signing a notice."""

import pytest

from extract.data import DataError
from extract.han import han_names
from extract.names import find_names, han_words, read_name_words, read_tails, slug_of
from extract.records import Lang


def slugs(text: str) -> set[str]:
    return {slug for _, _, slug, _ in find_names(text, Lang.ZH, [])}


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("关于评论区的说明\n“青麦圈”从今天起收起网址。青麦圈感谢大家。", "qingmaiquan"),
        ("“云灯”外链分级说明\n今天起按等级开放。", "yundeng"),
        ("拾光英语：学习圈发帖规则\n不能发群二维码。", "shiguang_english"),
        ("站外信息治理\n9月3日生效。\n小橙商城规则部", "xiaocheng_mall"),
        ("客服中心\n已开通“海鹿直播”的主播请看。海鹿直播只收自家小店。", "hailu_live"),
        ("致各版版主（海鹿港）\n海鹿港收下了旧帖。", "hailugang"),
        ("外链通知（酷杏论坛版务）\n帖内不得再贴收款链接。", "kuxing_forum"),
        ("公約更新\n請留意。\n拾屋香港 營運部", "shiwu"),
        ("调整说明\n“酷杏社区”十日起停止展示外链。酷杏社区运营组", "kuxing"),
    ],
)
def test_what_a_text_puts_forward_is_a_name(text: str, slug: str) -> None:
    assert slug in slugs(text)


@pytest.mark.parametrize(
    "text",
    [
        "规则\n“我的等级”页面可查。请看“我的等级”。",
        "规则\n“外部链接”不再显示，“外部链接”指站外网址。",
        "青麦圈从今天起收起网址。",
        "本平台将“青鸾火凤”收起，外链不再显示。",
        "关于进一步规范海豚直播：外链\n请看。",
        "外链通知（试行）\n请看。",
        "短视频平台：外链\n请看。",
    ],
)
def test_ordinary_phrases_and_what_stands_once_are_none(text: str) -> None:
    assert list(han_names(text, han_words())) == []


def test_straight_quotes_are_paired() -> None:
    text = '外链规则\n他说"很长的引文超过七个字"可以去"青麦圈"。青麦圈感谢大家，可以去看。'
    assert slugs(text) == {"qingmaiquan"}


def test_characters_without_pinyin_make_no_name() -> None:
    assert slug_of("\u9ffd\u9ffd直播") == ""
    assert slugs("“\u9ffd\u9ffd”规则\n\u9ffd\u9ffd不能放外链。") == set()


def test_the_ordinary_word_at_the_end_is_translated() -> None:
    assert slug_of("海鹿直播") == "hailu_live"
    assert slug_of("岸上網誌") == "anshang_blog"
    assert slug_of("酷杏社区") == "kuxing"
    assert slug_of("青鸾") == "qingluan"


def test_wrong_files_are_named(tmp_path) -> None:  # type: ignore[no-untyped-def]
    words = tmp_path / "names_words.toml"
    words.write_text('[[words]]\nrole = "stopp"\nreason = "x"\nwords = ["a"]\n')
    with pytest.raises(DataError, match=r"names_words\.toml: words: role 'stopp'"):
        read_name_words(words)
    tails = tmp_path / "names_tails.toml"
    tails.write_text('[[tail]]\nenglish = "a"\nwords = ["直播"]\n[[tail]]\nenglish = "b"\nwords = ["直播"]\n')
    with pytest.raises(DataError, match="given twice"):
        read_tails(tails)
