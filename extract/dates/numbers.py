"""Numbers as dates write them: 28, 28th, twenty-eighth, nineteen seventy eight, 二〇二二, 二十八."""

from __future__ import annotations

from extract.records import Lang

_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19,
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19,
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90, "twentieth": 20, "thirtieth": 30, "a": 1, "an": 1, "oh": 0,
}  # fmt: skip

_HAN_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")}
_HAN_DIGITS |= {"〇": 0, "两": 2, "元": 1, "正": 1, "冬": 11, "腊": 12}
_HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "廿": 20, "卅": 30}


def read_number(text: str, lang: Lang) -> int | None:
    """Read a whole number of a date.

    Args:
        text: folded text, as a rule's group caught it.
        lang: language of the number words.

    Returns:
        The number, or None if the words are no number.
    """
    digits = text.rstrip("stndrh. ")
    if digits.isascii() and digits.isdigit():
        return int(digits)
    return _read_english(text) if lang is Lang.EN else _read_han(text)


def _read_english(text: str) -> int | None:
    words = [word for word in text.replace("-", " ").split() if word != "and"]
    if "thousand" in words:
        at = words.index("thousand")
        return (_sum_words(words[:at]) or 1) * 1000 + (_sum_words(words[at + 1 :]) or 0)
    total = _sum_words(words)
    # nineteen seventy eight, twenty twenty two: two numbers of two digits each
    for cut in range(1, len(words)):
        head, tail = _sum_words(words[:cut]), _sum_words(words[cut:])
        if head in {19, 20} and tail is not None and (tail > 9 or words[cut] in {"oh", "zero"}):
            return head * 100 + tail
    return total


def _sum_words(words: list[str]) -> int | None:
    values = [_WORDS.get(word) for word in words]
    if not values or None in values:
        return None
    return sum(value for value in values if value is not None)


def _read_han(text: str) -> int | None:
    text = text.replace(" ", "").removeprefix("初")
    if not text:
        return None
    if all(char in _HAN_DIGITS for char in text):
        return int("".join(str(_HAN_DIGITS[char]) for char in text))
    total, digit = 0, None
    for char in text:
        if char in _HAN_SCALES:
            scale = _HAN_SCALES[char]
            total += scale if scale in {20, 30} else (1 if digit is None else digit) * scale
            digit = None
        elif char in _HAN_DIGITS:
            digit = _HAN_DIGITS[char]
        else:
            return None
    return total + (digit or 0)
