"""Pages that are no content are told by kind; short real notices and pages with banners are content."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from crawlers.records import Refusal
from crawlers.refusals import _TITLE_PARTS, recognise
from crawlers.visible import visible
from tests.crawlers.site import PARAGRAPH, article

BENCHMARK = Path(__file__).parents[3] / "shared" / "peer" / "article-extraction-benchmark" / "html"

_GOOGLE = """Before you continue to YouTube. We use cookies and data to deliver and maintain our services,
track outages and protect against spam. If you choose to accept all, we will also use cookies and data to show
personalised content. If you choose to reject all, we will not use cookies for these purposes. Accept all"""
_CONSENT = (
    """We value your privacy. We and our partners store and access information with cookies on your device.
With your consent we and our partners may use your data for personalised ads and content. You may accept or
reject this, or change your choices at any time in our privacy policy. Some partners do not ask for consent.
"""
    + "Our partners process personal data such as your IP address with cookies, for privacy and measurement. "
    * 6
)

_CODES = """为保护用户账户安全，请勿向他人透露验证码。自2023年8月2日起，笔记和评论区不得出现站外链接、二维码
和口令，
用户登录后可在消息中心查看处理结果，如有异议可在七日内申诉。请各位创作者及时自查并调整已发布的内容。"""
_BANNER = """<div class="cookie-consent">We and our partners use cookies. Accept all. Manage my choices.</div>
<p>Links to the shop are allowed again from 28 October, says the platform in a notice to sellers.</p>"""

_MARKS = ("", "", "", "class=cookie", "id=gdpr", "id=consent class='cookie gdpr'")


def _element(mark: str, inner: list[str]) -> str:
    return f"<div {mark}> x {' '.join(inner)} </div>"


WALLS = {
    "cloudflare": (
        Refusal.CHALLENGE,
        "Just a moment...",
        "Verify you are human by completing the action below.",
    ),
    "slider": (Refusal.CHALLENGE, "安全验证", "请拖动下方滑块完成验证"),
    "captcha": (Refusal.CHALLENGE, "Robot check", "Please solve the CAPTCHA to go on."),
    "denied": (
        Refusal.CHALLENGE,
        "Access Denied",
        "You don't have permission to access this. Reference #18.2d",
    ),
    "frequent": (Refusal.CHALLENGE, "提示", "您的访问过于频繁，请稍后再试"),
    "consent": (Refusal.CONSENT_WALL, "Before you continue to YouTube", _GOOGLE),
    "partners": (Refusal.CONSENT_WALL, "News", _CONSENT),
    "login": (Refusal.LOGIN, "LinkedIn Login, Sign in | LinkedIn", "Sign in to continue Email Password"),
    "login zh": (Refusal.LOGIN, "微博", "请先登录后查看更多内容 扫码登录"),
    "soft 404": (Refusal.SOFT_404, "Page not found | Help", "We looked everywhere. " * 40),
    "soft 404 zh": (Refusal.SOFT_404, "页面不存在 - 规则中心", "为您推荐 " + "春节期间物流安排 " * 60),
    "removed": (Refusal.SOFT_404, "提示", "该内容已被删除"),
    "maintenance": (Refusal.MAINTENANCE, "Scheduled maintenance", "We will be back soon."),
    "maintenance zh": (Refusal.MAINTENANCE, "公告", "系统升级维护中，预计两小时后恢复"),
    "shell": (
        Refusal.EMPTY_SHELL,
        "App",
        "<noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>",
    ),
    "shell without words": (Refusal.EMPTY_SHELL, "规则中心", "<div id=app></div><script src=/a.js></script>"),
}


@pytest.mark.parametrize("name", WALLS)
def test_walls_are_told_by_kind(name: str) -> None:
    kind, title, body = WALLS[name]
    page = f"<html><head><title>{title}</title></head><body>{body}</body></html>".encode()
    refusal = recognise(page, "text/html; charset=utf-8", url="https://example.org/x")
    assert refusal is not None
    assert refusal.kind is kind
    assert refusal.evidence


CONTENT = {
    "short notice": ("公告", "即日起，直播间不再支持淘宝链接，请各位商家知悉。"),
    "notice that mentions codes": ("关于站外引流的处理公告", _CODES),
    "short help page": (
        "Links in comments",
        "Links in comments on Shorts cannot be clicked. Links elsewhere work.",
    ),
    "news of a breach": ("Captcha maker is sued", "The maker of a captcha service was sued on Monday. " * 30),
    "404 in a title": (
        "404 Media starts a podcast - News",
        "The outlet says that links to it are blocked. " * 30,
    ),
    "with a banner": ("Links are back", _BANNER),
    "form around all": (
        "Rules",
        f"<form>{'Sellers may not place links to other sites. ' * 20}</form><script></script>",
    ),
}


@pytest.mark.parametrize("name", CONTENT)
def test_content_is_left_alone(name: str) -> None:
    title, body = CONTENT[name]
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1>{body}</body></html>".encode()
    assert recognise(page, "text/html; charset=utf-8", url="https://example.org/x") is None


def test_place_and_type_tell_too() -> None:
    page = article("Rules")

    def kind(content_type: str = "text/html", **arguments: str) -> Refusal | None:
        refusal = recognise(page, content_type, **arguments)  # type: ignore[arg-type]
        return refusal.kind if refusal else None

    asked = "https://example.org/rules/1"
    assert kind(url=asked, final_url="https://example.org/account/login?next=1") is Refusal.LOGIN
    assert kind(url=asked, final_url="https://consent.example.org/m?continue=x") is Refusal.CONSENT_WALL
    assert kind(url=asked, final_url="https://example.org/") is Refusal.SOFT_404
    assert kind(url=asked, final_url="https://example.org/rules/one") is None
    assert kind("image/png") is Refusal.NOT_TEXT
    assert recognise(b"  ", "text/html") is not None
    assert recognise(b"%PDF-1.7 ...", "application/pdf") is None


@pytest.mark.skipif(
    not BENCHMARK.is_dir(), reason="the article extraction benchmark is not beside the project"
)
def test_no_real_article_is_refused() -> None:
    for path in sorted(BENCHMARK.glob("*.gz"))[:60]:
        assert recognise(gzip.decompress(path.read_bytes()), "text/html") is None, path.name


def test_a_page_of_nothing_but_angle_brackets_does_not_hold_up_the_night() -> None:
    """Such a page once took hours."""
    for page in ("<p" + "<" * 1_000_000 + "</p>", "<title" * 200_000):
        recognise(page.encode(), "text/html", url="https://example.org/x")


def test_a_title_is_divided_only_when_its_white_space_is_gone_and_it_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A title of nothing but spaces once took hours; the pattern must never see one."""
    divided: list[str] = []

    def split(title: str, **keywords: int) -> list[str]:
        divided.append(title)
        return _TITLE_PARTS.split(title, **keywords)

    monkeypatch.setattr("crawlers.refusals._TITLE_PARTS", SimpleNamespace(split=split))
    for filling in (" ", "\n\t", "&nbsp;", "b ", "字"):
        title = f"a{filling * 20_000}b"
        assert recognise(f"<title>{title}</title><p>{PARAGRAPH * 4}".encode(), "text/html") is None
    assert len(divided) >= 10  # before a page is parsed, and after
    assert max(map(len, divided)) <= 300
    assert not any(re.search(r"\s\s", title) for title in divided)


def test_an_error_title_over_several_lines_is_one() -> None:
    page = f"<title>\n  Page\n  not found   |  Help </title>{f'<p>{PARAGRAPH}</p>' * 40}"
    refusal = recognise(page.encode(), "text/html")
    assert refusal is not None
    assert refusal.kind is Refusal.SOFT_404


def test_banners_are_searched_for_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of nothing but banners once took hours."""
    searched: list[str] = []

    class Parser(LexborHTMLParser):
        def css(self, query: str) -> Any:
            searched.append(query)
            return super().css(query)

        def css_first(self, query: str, *arguments: Any, **keywords: Any) -> Any:
            searched.append(query)
            return super().css_first(query, *arguments, **keywords)

    def searches(banners: int) -> int:
        searched.clear()
        visible("<body>" + "<i>x</i>" * banners + "<i class=cookie>y</i>" * banners)
        return len(searched)

    monkeypatch.setattr("crawlers.visible.LexborHTMLParser", Parser)
    assert searches(50) == searches(5)


@given(
    st.recursive(st.just("x"), lambda inner: st.builds(_element, st.sampled_from(_MARKS), st.lists(inner)))
)
@settings(deadline=None, max_examples=200)
def test_banners_go_wherever_they_stand(html: str) -> None:
    """Within each other, with several marks on one of them, beside what stays."""
    tree = lxml.html.document_fromstring(f"<body>{html}kept</body>")
    for banner in tree.xpath("//*[@id or @class]"):
        banner.drop_tree()
    assert visible(f"<body>{html}kept</body>").main_text.split() == " ".join(tree.itertext()).split()
