"""Length-preserving folding of a text, so that the rules see one form and offsets stay true."""

from __future__ import annotations

from extract.records import Lang

# Characters of date expressions only; a full conversion is the business of other stages.
_TRADITIONAL = (
    "週後個號內農曆禮這當時點開從現間屆兩雙節國慶聖誕貳參陸柒捌玖"
    "隔電訊獲報為發實執過達約連續滿啟訂於來預計將會關閉歲晝們說聲"
)
_SIMPLIFIED = (
    "周后个号内农历礼这当时点开从现间届两双节国庆圣诞二三六七八九"
    "隔电讯获报为发实执过达约连续满启订于来预计将会关闭岁昼们说声"
)
_SPACES = (
    "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u202f\u205f\u3000\u200b\u2060\ufeff"
)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff5e\u301c\u2053\u223c"
_QUOTES = "\u2019\u2018\u02bc"

_COMMON = {ord(char): " " for char in _SPACES}
_COMMON |= {ord(char): "-" for char in _DASHES}
_COMMON |= {ord(char): "'" for char in _QUOTES}
_COMMON |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5E)}
_COMMON |= {ord(char): digit for char, digit in zip("壹贰叁肆伍陆", "一二三四五六", strict=True)}
_COMMON |= {ord("○"): "〇", ord("Ｏ"): "〇", ord("\r"): "\n", ord("\u2028"): "\n", ord("\u2029"): "\n"}

# Lower-casing by table keeps the length; `str.lower` does not for every letter (İ becomes two).
_EN = _COMMON | {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
_EN |= {code: chr(code - 0xFEE0 + 32) for code in range(0xFF21, 0xFF3B)}
_ZH = _COMMON | {ord(old): new for old, new in zip(_TRADITIONAL, _SIMPLIFIED, strict=True)}

_TABLES = {Lang.EN: _EN, Lang.ZH: _ZH}


def fold(text: str, lang: Lang) -> str:
    """Map spaces, dashes, full-width and (for Chinese) traditional characters, one to one.

    Returns:
        A string of the same length, lower case in English.
    """
    return text.translate(_TABLES[lang])
