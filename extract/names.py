"""Names of services that the gazetteer lacks, found where a service must stand."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pypinyin import lazy_pinyin

from extract.data import ROOT, DataError, read_tables, strings
from extract.records import Lang

_NAME = {
    Lang.EN: r"(?P<name>[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+){0,2})",
    Lang.ZH: r"(?P<name>[\u4e00-\u9fff]{2,4}?)",
}
_LATIN = r"(?P<latin>[A-Z][A-Za-z0-9]{2,}(?: [A-Z][A-Za-z0-9]+)?)"
# words that begin a sentence, title, date, place or office, not a service; a service would be in the gazetteer or recur
_STOP_EN = frozenset(
    """a about after all also although among an and another any are as asked at back because before both but by can
    chief co creators customers each earlier even every everyone external few first for four from global has he her here his how however i if in inc
    instead is it its last later launch like links link live ltd many market may meanwhile merchants more most much my new news no nobody none not now of on
    once one only or other others our out over people platform policy please posts press products question questions region report sellers several she shop short similar since so
    some sources starting state states still such support team terms that the their them then there these they third this those though three through today tomorrow two
    under until update updates url urls us use users video videos we what when where whether which while who why will with within without yes yesterday
    you your january february march april may june july august september october november december jan feb mar apr jun jul aug sep
    sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mr mrs ms dr prof ceo spring summer autumn winter
    european union america american chinese english british australian indian canadian german french japanese korean western eastern north south
    section article chapter part annex appendix rule rules note faq help center centre notice announcement effective day week month year android ios
    developers publishers advertisers streamers hosts channels pages stories comments profiles messages internet web tech technology e-commerce ecommerce qr
    black cyber prime singles christmas easter ramadan general editor reporter analysts experts regulators government ministry commission court parliament city county
    president minister professor doctor captain act bill law digital services markets data privacy information content creator studio console""".split()
)
_STOP_ZH = re.compile(
    r"^(?:我们|本|该|各|此|其|这|那|双|两|多|第三方|外部|站外|站内|任何|所有|全部|部分|相关|上述|其他|其它|有关|用户|商家|主播|达人|卖家|作者|平台|公司|官方|"
    r"记者|今日|昨日|近日|日前|目前|此前|后台|页面|直播|短视频|视频|评论|商品|店铺|商城|购物|电商|内容|社区|账号|帐号|关于|现|将|已|被|不|可|在|对|从|由|"
    r"自|至|向|与|和|及|或|并|但|而|若|如|则|也|还|仅|只|均|都|又|再|更|最|很|为|是|有|无|未|没|会|能|应|须|需|点击|打开|添加|发布|插入|粘贴|"
    r"违规|合规|恶意|推广|广告|短|长|新|旧|原|网页|网站|手机|浏览器|微店主|客服|群|私|个人|企业|团队|运营|监管|部门|国家|中国|海外|国内|境外|同类|此类|这类|一|二|三|四|五|六|七|八|九|十|个|年|月|日|上|下|里|中|内|外|的|了|着|过|后|前|给|把|让|使|凡|除|因|经|据|以|于|等|请|您|你|他|她|它|大家|新规|规则|公告|通知|说明|链接|外链|二维码|口令|淘口令)"
)
_BAD_ZH = re.compile(r"[的了是在被将和与及或把对从自至已未不可能会应须需并且但而若如则也还仅只均都再者们等时候个月日年号起后前]|链接|商品|平台|用户|页面|直播|视频|公告|通知|账号|功能|第三方")


@dataclass(frozen=True, slots=True)
class NameRule:
    """A pattern with a group `name` (or `latin`), matched on the text as written."""

    id: str
    role: str
    pattern: re.Pattern[str]
    examples: tuple[str, ...]
    counter: tuple[str, ...]


def read_name_rules(path: Path, lang: Lang) -> tuple[NameRule, ...]:
    """Read `names.toml`.

    Raises:
        DataError: an unknown key or role, or a bad pattern.
    """
    rules = []
    optional: dict[str, type] = {"counter": list, "reason": str}
    for table in read_tables(path, "rule", {"id": str, "name": str, "pattern": str, "examples": list}, optional):
        where = f"{path}: rule {table['id']}"
        if table["name"] not in ("platform", "target"):
            raise DataError(f"{where}: name {table['name']!r} is not one of platform, target")
        try:
            pattern = re.compile(str(table["pattern"]).replace("NAME", _NAME[lang]).replace("LATIN", _LATIN))
        except re.error as error:
            raise DataError(f"{where}: pattern: {error}") from error
        examples, counter = (strings(table.get(key, ()), f"{where}: {key}") for key in ("examples", "counter"))
        rules.append(NameRule(str(table["id"]), str(table["name"]), pattern, examples, counter))
    return tuple(rules)


@functools.cache
def load_name_rules(lang: Lang) -> tuple[NameRule, ...]:
    """The name rules that ship with the package, read once per language."""
    return read_name_rules(ROOT / "rules" / lang.value / "names.toml", lang)


def slug_of(name: str) -> str:
    """Slug by the guideline's rule: lower-case English name joined by `_`; pinyin for a Chinese one."""
    if name.isascii():
        return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return re.sub(r"[^a-z0-9]+", "", "".join(lazy_pinyin(name)).lower())


def is_name(name: str, lang: Lang) -> bool:
    """Whether a captured run may be a service's name at all."""
    if name.isascii():
        words = name.lower().split()
        return len(name) >= 3 and not any(w in _STOP_EN for w in words)
    return lang is Lang.ZH and not _STOP_ZH.match(name) and not _BAD_ZH.search(name)


def find_names(text: str, lang: Lang, known: Iterable[tuple[int, int]]) -> list[tuple[int, int, str, str]]:
    """Unknown names in a text.

    Args:
        text: as written.
        lang: whose patterns are used.
        known: spans that are names already.

    Returns:
        (start, end, slug, rule id) for every occurrence of a name that some rule captured.
    """
    taken = [False] * (len(text) + 1)
    for start, end in known:
        taken[start:end] = [True] * (end - start)
    captured: dict[str, str] = {}
    for rule in load_name_rules(lang):
        for match in rule.pattern.finditer(text):
            group = "name" if match.groupdict().get("name") else "latin"
            start, end = match.span(group)
            if any(taken[start:end]):
                continue
            name = match[group]
            if is_name(name, lang):
                captured.setdefault(name, rule.id)
    return _occurrences(text, captured, taken)


def _occurrences(text: str, captured: dict[str, str], taken: Sequence[bool]) -> list[tuple[int, int, str, str]]:
    found = []
    for name, rule in captured.items():
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            cut = name.isascii() and ((at and text[at - 1].isalnum() and text[at - 1].isascii()) or (text[end : end + 1].isascii() and text[end : end + 1].isalnum()))
            if not any(taken[at:end]) and not cut:
                found.append((at, end, slug_of(name), rule))
            at = text.find(name, end)
    return found
