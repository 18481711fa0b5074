"""Snapshots become documents: charset, title, lines, days with their origin, language."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from crawlers.archive import digest_of
from crawlers.charset import decode_html
from crawlers.language import language_of
from crawlers.pagedates import parse_day
from crawlers.pdf import paragraphs
from crawlers.records import DateOrigin, Discovery, NotContent, Refusal, Selectors, Snapshot, Source
from crawlers.text import Page, document_id, quick_text, read_document, read_file, read_page
from extract.records import Document, Kind, Lang

FETCHED = datetime(2026, 11, 28, 3)  # noqa: DTZ001
NOTICE = Source(
    "s", "S", Kind.NOTICE, Discovery.PAGES, ("https://example.org/",), "kuaishou", timezone="Asia/Shanghai"
)
ZH = """<html><head><meta charset="{charset}"><title>关于外链调整的公告 - 规则中心</title></head><body>
<div class="nav"><a href="/">首页</a></div><h1>关于外链调整的公告</h1>
<div class="meta">发布时间：2022-02-22 10:00</div
><div class="art"><p>各位商家：</p><p>自2022年3月1日起，直播间购物车不再支持<b>淘宝</b>商品链接，
短视频不受影响。</p>
<table><tr><th>位置</th><th>淘宝</th></tr><tr><td>直播间</td><td>不支持</td></tr></table>
<ul><li>淘宝联盟</li><li>京东联盟</li></ul></div><div class="share">分享到微博</div></body></html>"""
LINES = (
    "各位商家：",
    "自2022年3月1日起，直播间购物车不再支持淘宝商品链接，短视频不受影响。",
    "位置 | 淘宝",
    "直播间 | 不支持",
    "- 淘宝联盟",
    "- 京东联盟",
)


def _snapshot(
    page: str | bytes, content_type: str = "text/html", url: str = "https://example.org/n/1"
) -> Snapshot:
    body = page if isinstance(page, bytes) else page.encode()
    return Snapshot(url, "s", FETCHED, 200, content_type, body, digest_of(body), "a.warc.gz", 0)


def _page(snapshot: Snapshot, source: Source | None = NOTICE) -> Page:
    page = read_page(snapshot, source)
    assert isinstance(page, Page), page
    return page


@pytest.mark.parametrize("selectors", [Selectors(content="div.art", drop=(".share",)), None])
def test_tables_and_lists_stay_lines(selectors: Selectors | None) -> None:
    source = replace(NOTICE, selectors=(selectors,) if selectors else ())
    document = _page(_snapshot(ZH), source).document
    lines = document.text.split("\n")
    assert lines[-len(LINES) :] == list(LINES)
    assert (document.lang, document.kind, document.platform) == (Lang.ZH, Kind.NOTICE, "kuaishou")
    assert document.title == "关于外链调整的公告"
    assert document.id == document_id(document.url, document.text)
    assert "分享到微博" not in document.text


@pytest.mark.parametrize(
    ("charset", "header"),
    [
        ("gb2312", "text/html; charset=utf-8"),
        ("gbk", "text/html; charset=iso-8859-1"),
        ("gb18030", "text/html"),
        ("big5", "text/html"),
        ("utf-8", "text/html; charset=gbk"),
        ("utf-16", "text/html"),
        ("utf-16-le", "text/html"),
        ("none", "text/html"),
    ],
)
def test_charsets_and_wrong_headers(charset: str, header: str) -> None:
    page = ZH.format(charset="" if charset == "none" else charset)
    if charset == "big5":
        page = page.translate(
            str.maketrans(
                "于链调规则电间购车继续进位发时为关个们说无对当动应联盟",
                "於鏈調規則電間購車繼續進位發時為關個們說無對當動應聯盟",
            )
        )
        body = page.encode("big5", "ignore")
    else:
        body = page.encode("gb18030" if charset in ("gb2312", "none") else charset)
    text = decode_html(body, header)
    assert "規則中心" in text if charset == "big5" else "关于外链调整的公告" in text


@pytest.mark.parametrize("charset", ["hex", "zlib", "base64", "rot13", "quopri", "undefined", "utf-16"])
def test_a_header_that_names_no_encoding_of_text_is_passed_over(charset: str) -> None:
    assert "café" in decode_html(
        "<p>Le café est fermé.</p>".encode("cp1252"), f"text/html; charset={charset}"
    )


@settings(deadline=None, max_examples=60)
@given(
    st.binary(max_size=300), st.sampled_from(["", "text/html; charset=gbk", "text/html; charset=nonsense"])
)
def test_any_bytes_are_decoded(body: bytes, header: str) -> None:
    assert isinstance(decode_html(body, header), str)


def test_old_pages_are_read_with_the_selectors_of_their_day() -> None:
    old, new = Selectors(date(2025, 6, 30), content=".old"), Selectors(content=".new", title="h2")
    source = replace(NOTICE, selectors=(old, new))
    text = "Links to other shops are removed from the live rooms. " * 5
    then = datetime(2025, 6, 30, 23)  # noqa: DTZ001
    before = replace(_snapshot(f"<h1>Rules</h1><div class=old>{text}</div>"), fetched_at=then)
    after = _snapshot(f"<h1>Site</h1><h2>Rules</h2><div class=new>{text}</div><div class=old>ads</div>")
    for snapshot in (before, after):
        document = _page(snapshot, source).document
        assert (document.title, document.text) == ("Rules", text.strip())
    missed = read_document(replace(before, fetched_at=FETCHED), source)
    assert isinstance(missed, NotContent)
    assert (missed.kind, missed.evidence) == (Refusal.SELECTOR_MISSED, "content '.new'")


TEXT = "<p>Links to other shops are removed from the live rooms by the platform from March on.</p>" * 4
DAYS = {
    "declared selector": (
        '<span class=d>Published: 22 February 2022</span><meta name=date content="2020-01-01">',
        22,
        "selector",
    ),
    "json-ld in UTC": (
        '<script type="application/ld+json">{"@graph":[{"datePublished":"2022-02-21T20:00:00Z"}]}</script>',
        22,
        "metadata",
    ),
    "open graph": (
        '<meta property="article:published_time" content="2022-02-22T09:00:00+08:00">',
        22,
        "metadata",
    ),
    "time element": ('<time itemprop="datePublished" datetime="2022-02-22">22.2.</time>', 22, "metadata"),
    "label": ("<p>生效时间：2022-03-01</p><p>发布时间：2022-02-22 10:00</p>", 22, "guessed"),
    "signature": ("<p>快手电商</p><p>2022年2月22日</p>", 22, "guessed"),
    "effective date only": (
        "<p>Effective date: 1 March 2022. From March 1, 2022 links are removed.</p>",
        None,
        "none",
    ),
    "copyright only": ("<footer>© 2015-2022 Example</footer>", None, "none"),
}


@pytest.mark.parametrize("name", DAYS)
def test_publication_day_and_its_origin(name: str) -> None:
    head, day, origin = DAYS[name]
    source = replace(NOTICE, selectors=(Selectors(published="span.d"),))
    page = _page(
        _snapshot(f"<html><head><title>Rules</title></head><body>{head}{TEXT}</body></html>"), source
    )
    assert page.document.published == (date(2022, 2, day) if day else None)
    assert page.origin is DateOrigin(origin)
    assert page.missed == (() if name == "declared selector" else ("published",))


def test_listing_day_stands_before_a_guess_and_url_day_before_none() -> None:
    page = f"<html><body>{TEXT}</body></html>"
    listed = replace(
        _snapshot(page, url="https://example.org/2022/02/22/x"),
        listed=date(2022, 2, 23),
        listed_title="Rules",
    )
    assert (_page(listed).document.published, _page(listed).origin) == (date(2022, 2, 23), DateOrigin.LISTING)
    assert _page(listed).document.title == "Rules"
    guessed = _page(replace(listed, listed=None))
    assert (guessed.document.published, guessed.origin) == (date(2022, 2, 22), DateOrigin.GUESSED)


def test_update_day_and_canonical_url() -> None:
    head = '<link rel=canonical href="/rules"><meta property="article:published_time" content="2022-01-01">'
    page = _page(
        _snapshot(f"<html><head>{head}</head><body><p>Last updated: May 3, 2022</p>{TEXT}</body></html>")
    )
    assert (page.updated, page.canonical) == (date(2022, 5, 3), "https://example.org/rules")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2022年2月22日 10:00", "2022-02-22"),
        ("22nd of February, 2022", "2022-02-22"),
        ("Feb. 22, 2022 3:00pm", "2022-02-22"),
        ("Tue, 22 Feb 2022 20:00:00 GMT", "2022-02-23"),
        ("2022-02-22T20:00:00Z", "2022-02-23"),
        ("20220222", "2022-02-22"),
        ("2022-02-30", None),
        ("2022-02-22 20:00:00 UTC", "2022-02-23"),
        ("2022-02-22 20:00:00+00", "2022-02-23"),
        ("2022-02-22 20:00:00 GMT+8", "2022-02-22"),
        ("2022-02-22 20:00-22", "2022-02-22"),
        ("9999-12-31T23:59:59Z", None),
        ("1 Jan 99999999999 00:00:00 +0000", None),
        ("call 13800138000", None),
        ("", None),
    ],
)
def test_single_dates(text: str, day: str | None) -> None:
    found = parse_day(text, "Asia/Shanghai")
    assert (found.isoformat() if found else None) == day


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("快手将屏蔽 Taobao 和 JD.com 的外链", Lang.ZH),
        ("Kuaishou (快手) will remove links to Taobao (淘宝) from its live rooms.", Lang.EN),
        ("リンクは削除されます。外部サイトへのリンクはできません。", None),
        ("외부 링크가 차단됩니다", None),
        ("Ab dem ersten März werden Links auf andere Läden entfernt, teilte die Plattform mit. " * 6, None),
        ("12345", None),
    ],
)
def test_language_by_script_and_words(text: str, lang: Lang | None) -> None:
    assert language_of(text) is lang


def _pdf(lines: list[str]) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(600, 800)
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1")}
    )
    font[NameObject("/BaseFont")] = NameObject("/Helvetica")
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    stream = DecodedStreamObject()
    text = "".join(f"({line}) Tj 0 -20 Td " for line in lines)
    stream.set_data(f"BT /F1 12 Tf 20 700 Td {text} ET".encode("latin-1"))
    page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "Rules on links", "/CreationDate": "D:20220222100000+08'00'"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pdf_notices_are_read() -> None:
    body = _pdf(
        [
            "From 1 March 2022 links to other shops are removed",
            "from the live rooms of all sellers.",
            "- Taobao",
            "- JD",
        ]
    )
    page = _page(_snapshot(body, "application/pdf"))
    assert page.document.title == "Rules on links"
    assert page.document.published == date(2022, 2, 22)
    assert page.document.text.split("\n") == [
        "From 1 March 2022 links to other shops are removed from the live rooms of all sellers.",
        "- Taobao",
        "- JD",
    ]
    broken = read_document(_snapshot(body[:200], "application/pdf"), NOTICE)
    assert isinstance(broken, NotContent)
    assert broken.kind is Refusal.UNREADABLE


def test_wrapped_chinese_lines_are_joined_without_a_space() -> None:
    text = "自二零二二年三月一日起，直播间购物车不再支持淘宝商品\n链接，短视频不受影响。"
    text += "\n二、请各位商家及时调整。"
    assert list(paragraphs(text)) == [
        "自二零二二年三月一日起，直播间购物车不再支持淘宝商品链接，短视频不受影响。",
        "二、请各位商家及时调整。",
    ]


def test_files_given_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "news.txt"
    path.write_text(
        "What does it mean?\n\nLinks are allowed again from 28 October, it is said.\n", encoding="utf-8"
    )
    document = read_file(path, published=date(2022, 10, 28))
    assert isinstance(document, Document)
    assert document.title == "What does it mean?"
    assert document.text.startswith("What does it mean?\n\nLinks")
    assert (document.published, document.kind, document.lang) == (date(2022, 10, 28), Kind.NEWS, Lang.EN)
    page = tmp_path / "notice.html"
    page.write_bytes(ZH.format(charset="gbk").encode("gbk"))
    notice = read_file(page, kind=Kind.NOTICE, platform="kuaishou")
    assert isinstance(notice, Document)
    assert (notice.published, notice.platform) == (date(2022, 2, 22), "kuaishou")


def test_quick_text_has_all_that_is_visible() -> None:
    title, text = quick_text(_snapshot(ZH))
    assert title == "关于外链调整的公告 - 规则中心"
    for words in ("淘宝", "商品链接", "直播间", "不支持", "京东联盟", "分享到微博"):
        assert words in text


FRENCH = "Les liens vers d'autres boutiques sont retirés des salons. "


def test_what_is_no_content_is_no_document() -> None:
    walls = {
        "<title>Just a moment...</title><body>Checking your browser</body>": Refusal.CHALLENGE,
        f"<title>Règles</title><body><p>{FRENCH * 10}</p></body>": Refusal.OTHER_LANGUAGE,
    }
    for page, kind in walls.items():
        refusal = read_document(_snapshot(page), None)
        assert isinstance(refusal, NotContent)
        assert refusal.kind is kind
        assert refusal.url == "https://example.org/n/1"
