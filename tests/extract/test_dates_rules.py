"""Each date rule does what its example says and leaves its counter-examples alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from extract.dates import find_dates
from extract.dates import rules as rules_module
from extract.dates.patterns import DateRuleError
from extract.dates.records import DateMention
from extract.dates.rules import load_date_rules
from extract.records import Lang

REFERENCE = date(2022, 3, 1)


def _shown(mention: DateMention) -> str:
    return f"{mention.value}/{mention.until}" if mention.until else str(mention.value)


@pytest.mark.parametrize("lang", list(Lang))
def test_each_example_is_found_and_resolved_by_its_rule(lang: Lang) -> None:
    wrong = []
    for rule in load_date_rules(lang).rules:
        assert rule.examples or rule.condition == "never", f"{rule.id} has no example"
        used = set()
        for example in rule.examples:
            text, reference, mention, value = (part.strip(" ") for part in example.split(" | "))
            mentions = find_dates(text, date.fromisoformat(reference), lang)
            used |= {m.rule for m in mentions}
            found = {m.text: _shown(m) for m in mentions}
            if found.get(mention) != value:
                wrong.append(f"{rule.id}: {example!r} gave {found}")
        if rule.examples and rule.id not in used:
            wrong.append(f"{rule.id} finds none of its own examples, but {used}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("lang", list(Lang))
def test_each_counter_example_is_left_alone_by_its_rule(lang: Lang) -> None:
    wrong = [
        f"{rule.id}: {text!r} gave {mention}"
        for rule in load_date_rules(lang).rules
        for text in rule.counter_examples
        for mention in find_dates(text, REFERENCE, lang)
        if mention.rule == rule.id
    ]
    assert not wrong, "\n".join(wrong)


GOOD = """
[words.month_word]
"本月" = 0

[cues]
[joins]

[[rule]]
id = "zh.date.a"
reason = "r"
starts = ["month_word"]
pattern = '{month_word}'
examples = ["本月 | 2022-03-01 | 本月 | 2022-03"]
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("reason =", "reasons ="), "unknown keys ['reasons'], missing keys ['reason']"),
        (("'{month_word}'", "'{week_word}'"), "unknown pattern {week_word}"),
        (("'{month_word}'", "'{month_word}('"), "pattern does not compile"),
        (('"zh.date.a"', '"a"'), "rule id 'a'"),
        (("[joins]", "[join]"), "unknown table 'join'"),
        (("[joins]", "[joins"), "dates.toml"),
        (("reason =", 'precision = "week"\nreason ='), "precision must be one of day, month, year"),
    ],
)
def test_wrong_rule_files_fail_on_loading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str], message: str
) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "dates.toml").write_text(GOOD.replace(*change), encoding="utf-8")
    monkeypatch.setattr(rules_module, "RULES", tmp_path)
    with pytest.raises(DateRuleError) as error:
        load_date_rules.__wrapped__(Lang.ZH)
    assert message in str(error.value)
    assert "dates.toml" in str(error.value) or "rule id" in str(error.value)


def test_a_good_rule_file_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zh").mkdir()
    (tmp_path / "zh" / "dates.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.setattr(rules_module, "RULES", tmp_path)
    assert [rule.id for rule in load_date_rules.__wrapped__(Lang.ZH).rules] == ["zh.date.a"]
