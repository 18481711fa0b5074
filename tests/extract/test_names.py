"""Names of services: the gazetteer, ambiguous words in context, and services nobody wrote down."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.data import DataError
from extract.mentions import find_mentions, find_services
from extract.names import NameRule, find_names, is_name, load_name_rules, read_name_rules, slug_of
from extract.normal import normalise
from extract.records import Lang
from extract.vocabulary import load_vocabulary, read_vocabulary

_NAME_RULES = [
    pytest.param(rule, lang, id=f"{lang}-{rule.id}") for lang in Lang for rule in load_name_rules(lang)
]


def services(text: str) -> list[str]:
    return [m.value for m in find_services(text, normalise(text))]


@pytest.mark.parametrize(("rule", "lang"), _NAME_RULES)
def test_name_rules_match_their_examples_only(rule: NameRule, lang: Lang) -> None:
    def captured(text: str) -> list[str]:
        return [
            name
            for match in rule.pattern.finditer(text)
            for name in match.groupdict().values()
            if name and is_name(name, lang)
        ]

    assert all(captured(example) for example in rule.examples)
    assert not any(captured(example) for example in rule.counter)


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Links from TikTok to Amazon", ["tiktok", "amazon"]),
        ("Google Play is not Google", ["google_play", "google"]),
        ("ＹＯＵＴＵＢＥ and youtube", ["youtube", "youtube"]),
        ("TikTokish and Amazonian forests", []),
        ("抖音與淘寶", ["douyin", "taobao"]),
        ("微信视频号", ["wechat_channels"]),
    ],
)
def test_the_longest_name_counts_in_any_script(text: str, slugs: list[str]) -> None:
    assert services(text) == slugs


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("Links to X are cut on Threads.", ["twitter", "threads"]),
        ("the threads of a long discussion", []),
        ("solve for x. Then stop", []),
        ("they line up", []),
    ],
)
def test_ambiguous_names_count_in_context_only(text: str, slugs: list[str]) -> None:
    assert services(text) == slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Gumroad", "gumroad"),
        ("Buy Me A Coffee", "buy_me_a_coffee"),
        ("小鹅通", "xiaoetong"),
        ("青鸾手作", "qingluan_shouzuo"),
        ("青鸾自习室", "qingluan_zixishi"),
        ("青鸾火凤论坛", "qingluan_huofeng_forum"),
        ("B站", "bzhan"),
        ("A-B.c", "a_b_c"),
    ],
)
def test_slugs_follow_the_rule(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_an_unknown_service_is_found_where_a_service_must_stand() -> None:
    text = "Links to Zorbelink are no longer allowed on TikTok. Zorbelink regrets that."
    found = find_mentions(text, normalise(text), Lang.EN)

    unknown = [m for m in found.services if m.unknown]
    assert [m.value for m in unknown] == ["zorbelink", "zorbelink"]
    assert {text[m.start : m.end] for m in unknown} == {"Zorbelink"}


def test_ordinary_words_are_no_names() -> None:
    assert find_names("Links to Users are blocked. Links to The web.", Lang.EN, []) == []
    assert find_names("不得添加第三方的链接", Lang.ZH, []) == []


def test_a_domain_that_spells_a_known_name_stands_for_its_service() -> None:
    found = find_names(
        "Posts with links to kansasreflector.com and to ourtown.com were removed.", Lang.EN, []
    )

    assert [slug for _, _, slug, _ in found] == ["kansas_reflector", "ourtown"]


def test_known_spans_hold_no_unknown_names() -> None:
    text = "Links to Zorbelink are no longer allowed."
    at = text.index("Zorbelink")

    assert find_names(text, Lang.EN, [(at, at + 9)]) == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[[rule]]\nid="a"\nname="colour"\npattern="to NAME"\nexamples=["x"]', "'colour' is not one of"),
        ('[[rule]]\nid="a"\nname="target"\npattern="to NAME("\nexamples=["x"]', "rule a: pattern"),
    ],
)
def test_wrong_name_rules_are_refused(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "names.toml"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(DataError, match=message):
        read_name_rules(path, Lang.EN)


@pytest.mark.parametrize(
    ("services_file", "message"),
    [
        ('[[service]]\nslug="a"\nen=["One"]\n[[service]]\nslug="b"\nzh=["one"]', "already belongs to a"),
        ('[[service]]\nslug="a"\n[[service]]\nslug="a"', "slug given twice"),
        ('[[service]]\nslug="a"\nen="One"', "key 'en' must be list"),
        ('[[service]]\nslug="a"\nen=[""]', "non-empty strings"),
        ('[[service]]\nslug="a"\ncategories=["shortener"]', "'shortener' is neither a target nor in kinds"),
    ],
)
def test_a_vocabulary_with_collisions_is_refused(tmp_path: Path, services_file: str, message: str) -> None:
    for name in ("surfaces", "targets", "kinds"):
        (tmp_path / f"{name}.toml").touch()
    (tmp_path / "services.toml").write_text(services_file, encoding="utf-8")

    with pytest.raises(DataError, match=message):
        read_vocabulary(tmp_path)


def test_every_alias_of_the_shipped_vocabulary_can_be_found() -> None:
    lost = [
        f"{service.slug}: {name}"
        for service in load_vocabulary().services.values()
        for name in service.names
        if service.slug not in services(f"{name}page" if name.endswith("/") else name)
    ]

    assert lost == []


def test_only_a_store_has_apps_and_nobody_knows_what_an_unknown_service_has() -> None:
    vocabulary = load_vocabulary()
    assert vocabulary.may_host("google_play", "app")
    assert not vocabulary.may_host("twitter", "app")
    assert vocabulary.may_host("a_new_store", "app")
    assert vocabulary.may_host("twitter", "post")


def test_some_places_belong_to_some_services_only() -> None:
    vocabulary = load_vocabulary()
    hosts = {name: vocabulary.may_host(name, "moments") for name in ("wechat", "alipay", "nobody_knows_it")}

    assert hosts == {"wechat": True, "alipay": False, "nobody_knows_it": False}
    assert vocabulary.may_host("app_store", "app")
    assert not vocabulary.may_host("alipay", "app")
    assert vocabulary.may_host("nobody_knows_it", "app")
