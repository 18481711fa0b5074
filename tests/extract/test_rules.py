"""Every rule matches its examples and not its counter-examples; wrong rule files fail at load."""

from pathlib import Path

import pytest

from extract.data import DataError
from extract.normal import normalise
from extract.records import Lang
from extract.rules import load_rules, read_all
from extract.vocabulary import Service, Vocabulary


@pytest.mark.parametrize("lang", list(Lang))
def test_examples_match_and_counter_examples_do_not(lang: Lang) -> None:
    wrong = []
    for rule in load_rules(lang):
        missed = [text for text in rule.examples if not rule.pattern.search(normalise(text))]
        caught = [text for text in rule.counter if rule.pattern.search(normalise(text))]
        wrong += [f"{rule.id} has no example"] if not rule.examples else []
        wrong += [f"{rule.id}: no match in example {text!r}" for text in missed]
        wrong += [f"{rule.id}: match in counter-example {text!r}" for text in caught]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('[[rule]]\nid="a"\nsurface="nowhere"\npattern="x"\nexamples=["x"]', "'nowhere' is not one of"),
        ('[[rule]]\nid="a"\nsurface="live"\npattern="("\nexamples=["x"]', "pattern:"),
        ('[[rule]]\nid="a"\nsurface="live"\npattern="x"', "missing key 'examples'"),
        ('[[rule]]\nid="a"\nsurface="live"\npattern="x"\nexamples=["x"]\ncolour=1', "unknown key 'colour'"),
        ('[[rule]]\nid="a"\nsurface="live"\npattern="x"\nexamples=["x"]\nplatform="no"', "no service"),
        ('[[rule]]\nid="a"\nsurface="live"\npattern="x"\nexamples=["x"]\n' * 2, "given twice"),
        ("rule = [", "Unclosed array|Invalid value"),
    ],
)
def test_wrong_rule_files_are_refused(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "surfaces.toml").write_text(content)
    vocabulary = Vocabulary({"youtube": Service("youtube", ("YouTube",))}, {"live": "live stream"}, {})
    with pytest.raises(DataError, match=message):
        read_all(tmp_path, Lang.EN, vocabulary)
