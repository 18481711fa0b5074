"""Turn a piece of a page into lines: one a paragraph, `- ` before list items, ` | ` between table cells.

Works on HTML trees and on the simpler trees that trafilatura makes of them (list, item, row, cell).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_SKIPPED = {"script", "style", "noscript", "template", "svg", "iframe", "button", "select", "textarea"}
_BREAKS = {"br", "lb"}
_ITEMS = {"li", "item"}
_ROWS = {"tr", "row"}
_CELLS = {"td", "th", "cell"}
_TABLES = {"table"}
_BLOCKS = (
    _ITEMS
    | _ROWS
    | _CELLS
    | _TABLES
    | {
        *(
            "p",
            "div",
            "section",
            "article",
            "main",
            "body",
            "header",
            "footer",
            "aside",
            "nav",
            "address",
            "hr",
        ),
        *(
            "h1",
            "h2",
            "h3",
            "h4",
            "h5",
            "h6",
            "head",
            "title",
            "center",
            "form",
            "fieldset",
            "details",
            "summary",
        ),
        *(
            "ul",
            "ol",
            "list",
            "dl",
            "dt",
            "dd",
            "blockquote",
            "quote",
            "pre",
            "code_block",
            "figure",
            "figcaption",
        ),
        *("thead", "tbody", "tfoot", "caption", "option"),
    }
)
_LONGEST_CELL = 400  # characters; longer ones are layout, not data
_CJK = r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]"
WRAPPED_CJK = re.compile(rf"(?<={_CJK})[ \t]*[\r\n]\s*(?={_CJK})")


def lines_of(element: Any) -> list[str]:
    """Return the lines of an element and all below it, none of them empty."""
    lines: list[str] = []
    current: list[str] = []
    for part in _parts(element):
        if part is None:
            _flush(lines, current)
        else:
            current.append(part)
    _flush(lines, current)
    return lines


def _flush(lines: list[str], current: list[str]) -> None:
    line = one_line("".join(current))
    if line and line != "-":
        lines.append(line)
    current.clear()


def one_line(text: str) -> str:
    """Join wrapped lines: without a space between Chinese characters, with one elsewhere."""
    return " ".join(WRAPPED_CJK.sub("", text).split())


def _parts(element: Any) -> Iterator[str | None]:
    """Yield texts, and None where a line ends."""
    tag = element.tag if isinstance(element.tag, str) else "comment"
    if tag in _SKIPPED or not isinstance(element.tag, str):
        return
    if tag in _BREAKS:
        yield None
        return
    if tag in _ROWS and (row := _data_row(element)):
        yield None
        yield row
        yield None
        return
    block = tag in _BLOCKS
    if block:
        yield None
    if tag in _ITEMS:
        yield "- "
    yield from _content(element, verbatim=tag == "pre")
    if block:
        yield None


def _content(element: Any, *, verbatim: bool) -> Iterator[str | None]:
    yield from _text(element.text, verbatim=verbatim)
    for child in element:
        yield from _parts(child)
        yield from _text(child.tail, verbatim=verbatim)


def _text(text: str | None, *, verbatim: bool) -> Iterator[str | None]:
    if not text:
        return
    if not verbatim:
        yield text
        return
    for line in text.splitlines():
        yield line
        yield None


def _data_row(row: Any) -> str:
    """Return a table row as one line; empty if the table only serves the layout."""
    cells = [cell for cell in row if isinstance(cell.tag, str) and cell.tag in _CELLS]
    if len(cells) < 2 or any(cell.find(".//table") is not None for cell in cells):
        return ""
    texts = [" ".join(lines_of_inside(cell)) for cell in cells]
    if any(len(text) > _LONGEST_CELL for text in texts):
        return ""
    return " | ".join(texts) if any(texts) else ""


def lines_of_inside(element: Any) -> list[str]:
    """Return the lines of an element's content, without what the element itself stands for."""
    lines: list[str] = []
    current: list[str] = []
    for part in _content(element, verbatim=False):
        if part is None:
            _flush(lines, current)
        else:
            current.append(part)
    _flush(lines, current)
    return lines
