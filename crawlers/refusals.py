"""Recognise what is served in the place of content, before anything is read from it.

Consent walls, bot challenges, log-in pages, soft 404s, maintenance pages and empty shells have in
common that little is said in them. A page with much text is content unless its title alone says
otherwise, whatever scripts it carries: normal pages load challenge and consent scripts too.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from crawlers.charset import decode_html
from crawlers.records import NotContent, Refusal
from crawlers.visible import Visible, visible

# Weight of main text (see `said`) from which on a page is content, whatever words it uses.
ENOUGH = 900
# Below this a page says so little that one telling phrase decides. A short notice that mentions log-in or a
# captcha in passing says more (100 Chinese characters).
LITTLE = 300
_NEXT_TO_NOTHING = 120
_NOTHING = 40

_TEXT_TYPES = re.compile(
    r"(text/(html|plain|markdown|xml)|application/(xhtml\+xml|xml|pdf|json|octet-stream))?"
)


def _phrases(*phrases: str) -> re.Pattern[str]:
    return re.compile("|".join(phrases), re.IGNORECASE)


_ERROR_TITLE = _phrases(
    r"(error\s*)?(404|410)(\s*[-:：,，]?\s*((page |file )?not found|error|页面不存在|找不到页面|错误))?",
    r"(sorry[,.]? )?(this |the )?(page|content|article|file) (was |is |could |can )?"
    r"(not|n't|cannot|no longer)( be)? (found|exist|available)( anymore)?",
    r"page not found|not found|content unavailable|页面错误|出错了|找不到(页面|网页|頁面)",
    r".{0,8}(页面|网页|内容|文章|公告|頁面|內容)(不存在|未找到|没有找到|已(被)?删除|已下架|走丢了|不見了|找不到了).{0,6}",
)
_MAINTENANCE = _phrases(
    r"(under|scheduled|for|site|system|undergoing) maintenance|maintenance (mode|page|break)",
    r"temporarily (unavailable|offline|down)|service unavailable|be (right )?back (soon|shortly)",
    r"(系统|网站|系統|網站|平台|服务)(正在)?(升级|维护|維護|升級)|(维护|維護|升级|升級)中",
)
_CHALLENGE = _phrases(
    r"just a moment|attention required|checking (your browser|if the site connection)",
    r"verify(ing)? (that )?you are( a| not a)? ?(human|robot)|are you (a )?(human|robot)|not a robot|captcha",
    r"unusual (traffic|activity)|access (to this page has been )?denied|ddos protection",
    r"pardon our interruption|security check|request blocked",
    r"(安全|人机|人機|滑动|图形|行为)(验证|驗證)|请(输入|完成).{0,6}(验证|驗證)|拖动.{0,6}滑块",
    r"访问(过于)?(频繁|异常|受限)|访问被(拒绝|拦截)|环境异常|系统检测到",
)
_CONSENT = _phrases(
    r"before you continue|(we|our partners)[^.]{0,60} (use|store)[^.]{0,40} cookies|accept all",
    r"(your|privacy) (privacy )?(choices|consent|settings)|manage (my )?(cookies|choices|preferences)",
    r"consent to|(使用|接受|同意)[^。]{0,20}(cookie|个人资料|個人資料)|我们重视(您|你)的隐私",
)
_DATA_WORDS = _phrases(
    r"cookie|consent|privacy|our partners|personali[sz]ed|your data|隐私|個資|个人信息|同意"
)
_AGREE = _phrases(r"\baccept|\bagree|\breject|同意|接受|拒绝")
# No tag holds a `<`: a page of nothing but these would take hours otherwise.
_TITLE = re.compile(r"<title[^<>]*>([^<]*)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]*>")
_SENTENCE_END = re.compile(r"[.!?。！？]+")
_LOGIN = _phrases(
    r"(log|sign) ?in to (continue|see|view|your|access)|(please|must) (log|sign) ?in|(log|sign) ?in$",
    r"(请|請)(先)?(登录|登錄|登入)|(登录|登錄|登入)(后|後)?(才能|查看|账号|帳號|/注册)",
    r"扫码登录|手机号登录|密码登录",
)
_NEEDS_SCRIPT = _phrases(
    r"(enable|requires?|need|turn on|without|activate)[^.]{0,40}javascript",
    r"javascript[^.]{0,40}(enable|require|disabled)|(启用|开启|啟用|打开|支持)[^。]{0,12}(javascript|脚本)",
)
_LOGIN_PATH = re.compile(
    r"(^|[/._-])(log-?in|sign-?in|passport|sso|authorize|accounts?/(login|signin))([/._-]|$)", re.IGNORECASE
)
_CONSENT_PLACE = re.compile(r"(^|//|[/.])(consent|guce|cookie-?wall|privacy-?gate)[./-]", re.IGNORECASE)
_TITLE_PARTS = re.compile(r"\s+[-|–—_·»:]\s+|\s*[|_]\s*")
_LONGEST_TITLE = 300  # characters; longer than any that `_ERROR_TITLE` knows


def recognise(
    body: bytes, content_type: str, *, status: int = 200, url: str = "", final_url: str = ""
) -> NotContent | None:
    """Say what a response is instead of content, None if it is content.

    Args:
        body: payload, decompressed.
        content_type: as the server sent it, perhaps empty.
        status: HTTP status.
        url: as requested.
        final_url: after redirects, empty if the same.
    """
    media = content_type.split(";", 1)[0].strip().lower()
    if not _TEXT_TYPES.fullmatch(media):
        return NotContent(Refusal.NOT_TEXT, f"content type {media}", url)
    if not body.strip():
        return NotContent(Refusal.EMPTY_SHELL, "no body", url)
    if body.startswith(b"%PDF-") or media in ("text/plain", "text/markdown", "application/json"):
        return None if status < 400 else NotContent(Refusal.HTTP_ERROR, f"HTTP {status}", url)
    html = decode_html(body, content_type)
    found = _by_place(url, final_url)
    if found is None and not (status < 400 and _is_plainly_content(html)):
        found = _by_text(visible(html), status)
    if found is None and status >= 400:
        found = (Refusal.HTTP_ERROR, f"HTTP {status}")
    return NotContent(found[0], found[1], url) if found else None


def _by_place(url: str, final_url: str) -> tuple[Refusal, str] | None:
    """Judge by where a redirect led."""
    if not final_url or final_url == url:
        return None
    asked, got = urlsplit(url), urlsplit(final_url)
    if _LOGIN_PATH.search(got.path) and not _LOGIN_PATH.search(asked.path):
        return Refusal.LOGIN, f"redirected to {final_url}"
    if _CONSENT_PLACE.search(final_url) and not _CONSENT_PLACE.search(url):
        return Refusal.CONSENT_WALL, f"redirected to {final_url}"
    if got.path in ("", "/") and not got.query and len(asked.path) > 1:
        return Refusal.SOFT_404, "redirected to the home page"
    return None


def _is_plainly_content(html: str) -> bool:
    """Tell by its bare paragraphs a page that says much, without parsing it; in doubt say no."""
    title = _TITLE.search(html)
    if title and _ERROR_TITLE.fullmatch(_first_part(title[1])):
        return False
    paragraphs = "".join(part[part.rfind("<p") :] for part in html.split("</p>")[:-1])
    # A Chinese character has three bytes in UTF-8, as it has weight three in `said`.
    weight = len(_TAG.sub("", paragraphs).encode())
    lower = paragraphs.lower()
    about_data = sum(
        lower.count(word) for word in ("cookie", "consent", "privacy", "partners", "隐私", "同意")
    )
    return weight >= 3 * ENOUGH and about_data < 5


def _first_part(title: str) -> str:
    """Return a title without the site's name behind it.

    White space is made one space first: a title of nothing else would take hours to be divided.
    """
    return _TITLE_PARTS.split(" ".join(title.split())[:_LONGEST_TITLE], maxsplit=1)[0]


def _by_text(page: Visible, status: int) -> tuple[Refusal, str] | None:
    """Judge by how much a page says, and by what it says if that is little."""
    title = _first_part(page.title)
    if _ERROR_TITLE.fullmatch(title):
        return Refusal.SOFT_404, f"title {title!r}"
    weight = said(page.main_text)
    if weight < 3 * ENOUGH and _speaks_of_consent(page):
        return Refusal.CONSENT_WALL, "speaks of consent and of little else"
    if weight >= ENOUGH:
        return None
    # Menus and banners speak of log-in and cookies on every page: they count only where nothing else is said.
    words = page.main_text if weight >= _NOTHING else page.text
    for kind, pattern in _TELLING:
        match = pattern.search(f"{page.title} {words}" if weight < LITTLE or status >= 400 else page.title)
        if match:
            return kind, f"says {match.group()!r} and little else"
    return _empty(page) if said(page.text) < _NEXT_TO_NOTHING else None


_TELLING = (
    (Refusal.CHALLENGE, _CHALLENGE),
    (Refusal.MAINTENANCE, _MAINTENANCE),
    (Refusal.LOGIN, _LOGIN),
    (Refusal.CONSENT_WALL, _CONSENT),
)


def _speaks_of_consent(page: Visible) -> bool:
    """Tell a page most of whose sentences are about cookies and data, and which asks to agree."""
    sentences = [sentence for sentence in _SENTENCE_END.split(page.main_text) if sentence.strip()]
    about = sum(bool(_DATA_WORDS.search(sentence)) for sentence in sentences)
    return 2 * about > len(sentences) and bool(_AGREE.search(page.text))


def _empty(page: Visible) -> tuple[Refusal, str] | None:
    """Judge a page with next to no text."""
    match = _NEEDS_SCRIPT.search(f"{page.noscript} {page.text}")
    if match:
        return Refusal.EMPTY_SHELL, f"says {match.group()!r}"
    match = _ERROR_TITLE.search(page.text)
    if match:
        return Refusal.SOFT_404, f"says {match.group()!r}"
    if page.scripts and said(page.text) < _NEXT_TO_NOTHING // 2:
        return Refusal.EMPTY_SHELL, f"{page.scripts} scripts and next to no text"
    return None


def said(text: str) -> int:
    """Measure how much a text says, in English characters."""
    chinese = sum("\u3400" <= letter <= "\u9fff" for letter in text[: 2 * ENOUGH])
    return len(text) + 2 * chinese
