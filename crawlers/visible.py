"""What a reader sees of a page, quickly: selectolax, without telling article from navigation."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

_UNSEEN = ["script", "style", "noscript", "template", "svg", "iframe", "head"]
_BANNERS = ",".join(
    f":not(html):not(body)[{attribute}*='{word}' i]"
    for attribute in ("id", "class")
    for word in ("cookie", "consent", "gdpr")
)
_FRAME = ["nav", "header", "footer", "aside", "button", "select", "dialog"]


@dataclass(frozen=True, slots=True)
class Visible:
    """A page's title and text.

    Attributes:
        text: all that can be seen, on one line; words divided by inline tags stay whole.
        main_text: the same without menus, headers, footers and cookie banners.
        noscript: what is shown where no scripts run.
        scripts: number of scripts.
    """

    title: str
    text: str
    main_text: str
    noscript: str
    scripts: int


def visible(html: str) -> Visible:
    """Read a page's visible text; an empty page gives empty strings."""
    tree = LexborHTMLParser(html)
    title = _text(tree, "title") or _text(tree, "h1")
    noscript = _text(tree, "noscript")
    scripts = len(tree.css("script"))
    tree.strip_tags(_UNSEEN)
    text = _body(tree)
    tree.strip_tags(_FRAME)
    # Searched for once, lest a page of banners take hours. One is found again for each selector that it
    # matches, and may stand within another: from the last to the first the inner ones go before the outer.
    banners = {banner.mem_id: banner for banner in tree.css(_BANNERS)}
    for banner in reversed(banners.values()):
        banner.decompose()
    return Visible(title, text, _body(tree), noscript, scripts)


def title_and_text(html: str) -> tuple[str, str]:
    """Read only title and visible text."""
    tree = LexborHTMLParser(html)
    title = _text(tree, "title") or _text(tree, "h1")
    tree.strip_tags(_UNSEEN)
    return title, _body(tree)


def _body(tree: LexborHTMLParser) -> str:
    body = tree.body
    return " ".join(body.text(separator=" ").split()) if body is not None else ""


def _text(tree: LexborHTMLParser, selector: str) -> str:
    node = tree.css_first(selector)
    return " ".join(node.text().split()) if node is not None else ""
