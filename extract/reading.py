"""A document as the extractor sees it: normalised text, mentions, layout, and how services are used in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from extract.dates import DateMention, DateRole, find_dates, infer_reference
from extract.layout import BlockKind, Layout, find_layout
from extract.mentions import Mention, Mentions, find_mentions
from extract.normal import normalise
from extract.records import Document, Lang

_JOINED = re.compile(r"\s*(?:,|、|/|&|and|or|和|与|及|以及|或|跟|同|的)?\s*(?:and|or|the|以及|和)?\s*\"?\s*")
# classes of the word before and after a group of names; the order is the code
BEFORE = {
    Lang.EN: (
        ("on", re.compile(r"\b(?:on|within|across|inside|in|at|under|throughout|onto|using)\s+(?:the\s+|its\s+|all\s+)?\"?$")),
        ("to", re.compile(r"\b(?:to|toward|towards|into|pointing at|via|through)\s+(?:the\s+|its\s+|a\s+|an\s+)?\"?$")),
        ("from", re.compile(r"\b(?:from|of|for|outside|off|leading to)\s+(?:the\s+|its\s+|a\s+)?\"?$")),
        ("by", re.compile(r"\bby\s+(?:the\s+)?\"?$")),
        ("initial", re.compile(r"(?:^|[.!?:;\n]\s*(?:the\s+)?)\"?$")),
        ("verb", re.compile(r"\b(?:block(?:s|ed|ing)?|ban(?:s|ned|ning)?|remov(?:e|es|ed|ing)|allow(?:s|ed|ing)?|against|including|like|such as|include|namely)\s+(?:the\s+)?\"?$")),
        ("that", re.compile(r"\b(?:that|when|while|after|because|since|as|if|and|but|says?|said)\s+(?:the\s+)?\"?$")),
    ),
    Lang.ZH: (
        ("on", re.compile(r"(?:在|于|自|从|由|登陆|使用)\"?$")),
        ("to", re.compile(r"(?:到|往|至|向|跳转|指向|前往|去|链至|进入|打开|回)\"?$")),
        ("from", re.compile(r"(?:来自|除|含|带|的|挂|接入|上架|发布|添加|放|插入|分享|引用|粘贴|贴)\"?$")),
        ("by", re.compile(r"(?:被|遭|经|据)\"?$")),
        ("initial", re.compile(r"(?:^|[。!?:;,\n】])\s*\"?$")),
        ("verb", re.compile(r"(?:屏蔽|封禁|封杀|禁止|支持|恢复|开放|限制|切断|允许|取消|关闭|停止|对|将|把|与|和|如|包括|例如)\"?$")),
        ("that", re.compile(r"(?:称|说|表示|指出|宣布|当|因|但|而|此前|目前|今后)\"?$")),
    ),
}  # fmt: skip
AFTER = {
    Lang.EN: (
        ("possessive", re.compile(r"\"?'s?\s")),
        ("link", re.compile(r"\"?(?:'s)?\s+(?:\w+\s+){0,2}(?:hyper)?(?:links?|urls?|linking|qr|codes?)\b")),
        ("subject", re.compile(r"\"?,?\s+(?:has|have|had|is|was|will|would|said|says|announced|began|started|no longer|also|itself|did|does|now|then|confirmed|told|may|can|could|plans|blocks?|bans?|banned|removed|allows?|lets?|made|opened|stopped|wants|tested|introduced|rolled|cut|put|turned|added|only|does|never|still|must)\b")),
        ("place", re.compile(r"\"?(?:'s)?\s+(?:live|short|video|reels?|stories|story|comments?|posts?|bios?|profiles?|feed|page|pages|app|chats?|messages?|users?|creators?|streams?|channels?|captions?|descriptions?|ads?|shop|store|listing)\b")),
        ("goods", re.compile(r"\"?(?:'s)?\s+(?:products?|goods|items?|stores?|shops?|pages?|posts?|accounts?|profiles?|videos?|articles?|urls?|listings?)\b")),
        ("stop", re.compile(r"\"?\s*(?:[.;:!?)\n]|$)")),
        ("comma", re.compile(r"\"?\s*,")),
    ),
    Lang.ZH: (
        ("possessive", re.compile(r"\"?(?:的|旗下)")),
        ("link", re.compile(r"\"?(?:[^,。;:、]{0,6}?)(?:链接|外链|网址|口令|二维码|跳转|网页|链路|链|连结|url)")),
        ("subject", re.compile(r"\"?(?:方面|官方|电商|平台)?(?:将|已|宣布|发布|公告|称|表示|对|在|也|还|于|不再|起|开始|规定|通知|曾|又|则|却|未|昨|今|日前|回应|更新|把|就|从|自)")),
        ("place", re.compile(r"\"?(?:站内|平台|app|内|上|端|里|直播|短视频|视频|评论|主页|私信|群|笔记|动态|简介|文章|小程序|购物车|小黄车|商品页|橱窗|用户|商家|主播|达人|作者)")),
        ("goods", re.compile(r"\"?(?:商品|店铺|店|货|产品|联盟|商家)")),
        ("stop", re.compile(r"\"?\s*(?:[。;:!?)\n]|$)")),
        ("comma", re.compile(r"\"?\s*[,、]")),
    ),
}  # fmt: skip
_ENDING = frozenset({DateRole.UNTIL, DateRole.DEADLINE})
BEFORE_NAMES = tuple(name for name, _ in BEFORE[Lang.EN])
AFTER_NAMES = tuple(name for name, _ in AFTER[Lang.EN])


@dataclass(frozen=True, slots=True)
class Place:
    """A mention with its surroundings.

    Attributes:
        sentence, clause, block: indices in the layout.
        group: (start, end) of the coordination the mention belongs to.
        before, after: class codes (see BEFORE, AFTER) as 0/1 flags.
        link_before, link_after: gap in code points between the group and the nearest link word, 99 if none.
        surface_after: the same for a surface behind the group.
    """

    mention: Mention
    sentence: int
    clause: int
    block: int
    group: tuple[int, int]
    before: tuple[int, ...]
    after: tuple[int, ...]
    link_before: int
    link_after: int
    surface_after: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything known about a document before candidates are made.

    Attributes:
        full: title, newline, text (the text alone if there is no title).
        offset: code point at which the text begins in `full`.
        services, surfaces, targets, regions: every mention with its surroundings, by slug.
        starts, ends: date mentions by the ISO date they may give as the start and the end of a rule.
        dates: start offset -> date mention.
        reference: the day relative dates are resolved against: the publication day, or else one worked
            out from the text's own dates.
    """

    document: Document
    full: str
    plain: str
    offset: int
    mentions: Mentions
    layout: Layout
    services: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    surfaces: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    targets: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    regions: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    starts: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    ends: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    dates: Mapping[int, DateMention] = field(default_factory=dict)
    reference: date | None = None


def _groups(plain: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """For each mention the span of the coordination it stands in ("A, B and C")."""
    groups: list[tuple[int, int]] = []
    first = 0
    for i, mention in enumerate(mentions):
        if i and mention.start >= mentions[i - 1].end:
            gap = plain[mentions[i - 1].end : mention.start]
            if len(gap) > 14 or not _JOINED.fullmatch(gap):
                groups += [(mentions[first].start, mentions[i - 1].end)] * (i - first)
                first = i
    groups += [(mentions[first].start, mentions[-1].end)] * (len(mentions) - first) if mentions else []
    return groups


def _gap_before(starts: list[int], ends: list[int], at: int) -> int:
    """Code points between the last span that ends at or before `at` and `at`; at most 99."""
    i = bisect_right(starts, at - 1) - 1
    while i >= 0 and ends[i] > at:
        i -= 1
    return min(99, at - ends[i]) if i >= 0 else 99


def _gap_after(starts: list[int], at: int) -> int:
    i = bisect_right(starts, at - 1)
    return min(99, starts[i] - at) if i < len(starts) else 99


class _Surroundings:
    """Looks up what stands around a mention."""

    def __init__(self, plain: str, lang: Lang, layout: Layout, links: Sequence[Mention], surfaces: Sequence[Mention]) -> None:
        self.plain, self.lang, self.layout = plain, lang, layout
        self.clause_starts = [c.start for c in layout.clauses]
        self.link_starts, self.link_ends = [m.start for m in links], [m.end for m in links]
        self.surface_starts = [m.start for m in surfaces]

    def places(self, mentions: Sequence[Mention], *, grouped: bool = True) -> dict[str, tuple[Place, ...]]:
        """Mentions with their surroundings, by value, in text order."""
        groups = _groups(self.plain, mentions) if grouped else [(m.start, m.end) for m in mentions]
        found: dict[str, list[Place]] = {}
        for mention, group in zip(mentions, groups, strict=True):
            found.setdefault(mention.value, []).append(self._place(mention, group))
        return {value: tuple(places) for value, places in found.items()}

    def _place(self, mention: Mention, group: tuple[int, int]) -> Place:
        left, right = self.plain[max(0, group[0] - 24) : group[0]], self.plain[group[1] : group[1] + 40]
        sentence = self.layout.sentence_at(mention.start)
        return Place(
            mention,
            sentence,
            max(0, bisect_right(self.clause_starts, mention.start) - 1),
            self.layout.sentences[sentence].block if self.layout.sentences else 0,
            group,
            tuple(int(p.search(left) is not None) for _, p in BEFORE[self.lang]),
            tuple(int(p.match(right) is not None) for _, p in AFTER[self.lang]),
            _gap_before(self.link_starts, self.link_ends, group[0]),
            _gap_after(self.link_starts, group[1]),
            _gap_after(self.surface_starts, group[1]),
        )


def _date_mentions(dates: Sequence[DateMention]) -> tuple[list[Mention], list[Mention]]:
    """The dates as mentions of a start and as mentions of an end."""
    starts, ends = [], []
    for d in dates:
        if d.value is not None:
            starts.append(Mention(d.start, d.end, "date", str(d.value), d.rule))
        end = d.until or (d.value if d.role in _ENDING else None)
        if end is not None:
            ends.append(Mention(d.start, d.end, "date", str(end), d.rule))
    return starts, ends


def read(document: Document) -> Reading:
    """Normalise a document, find its mentions and its layout."""
    full = f"{document.title}\n{document.text}" if document.title else document.text
    offset = len(full) - len(document.text)
    plain, lang = normalise(full), document.lang
    mentions = find_mentions(full, plain, lang)
    # doubtful cues do not cut: measured on annotated documents, fewer and longer clauses tell statements apart better
    cues = [(m.start, m.end) for m in mentions.actions if not m.weak]
    whole = sorted({g for found in (mentions.services, mentions.surfaces, mentions.targets) for g in _groups(plain, found)})
    layout = find_layout(plain, max(0, offset - 1), lang, cues, [(a, b) for a, b in whole if b - a > 1])
    reference = document.published or infer_reference(full, lang)
    dates = find_dates(full, reference, lang)
    starts, ends = _date_mentions(dates)
    surroundings = _Surroundings(plain, lang, layout, mentions.links, mentions.surfaces)
    return Reading(
        document, full, plain, offset, mentions, layout,
        services=surroundings.places(mentions.services),
        surfaces=surroundings.places(mentions.surfaces),
        targets=surroundings.places(mentions.targets),
        regions=surroundings.places(mentions.regions),
        starts=surroundings.places(starts, grouped=False),
        ends=surroundings.places(ends, grouped=False),
        dates={d.start: d for d in dates},
        reference=reference,
    )  # fmt: skip


def block_kind(reading: Reading, clause: int) -> BlockKind:
    """Kind of the block that holds a clause."""
    sentence = reading.layout.sentences[reading.layout.clauses[clause].sentence]
    return reading.layout.blocks[sentence.block].kind
