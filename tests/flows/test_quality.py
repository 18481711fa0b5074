"""Commands that look into the extractor."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from extract.evaluate import evaluate, total
from extract.gold import Part, part_of, read_gold
from extract.pipeline import extract_facts
from extract.records import Lang
from extract.scorer import ALONE, load_models, read_models, scorer_path
from flows.cli import run

GOLD = Path(__file__).parents[1] / "gold" / "dev_zh.jsonl"
SAMPLE = Path(__file__).parents[2] / "flows" / "sample" / "expected.jsonl"


def test_evaluate_scores_the_sealed_part_alone_where_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = GOLD.read_text(encoding="utf-8").splitlines()
    parts = [part_of(a.document.id) for a in read_gold(GOLD)]
    sealed, work = parts.index(Part.SEALED), parts.index(Part.WORK)
    path = tmp_path / "two.jsonl"
    path.write_text(f"{lines[sealed]}\n{lines[work]}\n", encoding="utf-8")

    for options, documents in (([], 2), (["--sealed"], 1)):
        assert run(["evaluate", str(path), "--json", *options]) == 0
        scores = json.loads(capsys.readouterr().out)["scores"]
        assert {row["documents"] for row in scores} == {documents}
        assert {row["level"] for row in scores} == {"card", "core", "full", "document"}


@pytest.mark.parametrize(
    ("options", "module", "extra"),
    [(["--corrector"], "torch", "corrector"), ([], "sklearn.ensemble", "train")],
)
def test_training_without_its_libraries_names_the_extra(
    options: list[str], module: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [
        m for m in sys.modules if m.startswith(("extract.train", "extract.learners", "extract.fit"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)

    out = tmp_path / "models"

    errors = io.StringIO()
    monkeypatch.setattr(sys, "stderr", errors)
    assert run(["train", str(GOLD), *options, "--out", str(out)]) == 2
    assert not out.exists()
    assert f"install the extra: linkpolicy[{extra}]" in errors.getvalue()
    assert errors.getvalue().count("\n") == 1


def test_what_training_writes_is_read_and_finds_what_it_was_taught(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    path, out = tmp_path / "gold.jsonl", tmp_path / "models"
    path.write_text("".join(f"{line}\n" for line in lines if '"lang": "zh"' in line), encoding="utf-8")

    assert run(["train", str(path), "--out", str(out)]) == 0
    assert str(scorer_path(out, Lang.ZH)) in capsys.readouterr().out
    assert not scorer_path(out, Lang.EN).exists(), "no English document, no English weights"
    models = read_models(out, Lang.ZH)
    tally = total(evaluate(read_gold(path), lambda document: extract_facts(document, models)))["core"]
    assert tally.right > tally.spurious


def test_explain_says_what_facts_need_and_why_a_document_gives_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        "told": "From 1 June 2023, links to Etsy and eBay can no longer be posted in comments on TikTok.",
        "doubtful": "Links between TikTok and Etsy are good for business, an analyst who was asked said.",
        "dropped": "The blinking lynx slept.",
    }
    path = tmp_path / "three.jsonl"
    path.write_text(
        "".join(
            json.dumps({"id": name, "lang": "en", "kind": "news", "title": "", "text": text}) + "\n"
            for name, text in texts.items()
        ),
        encoding="utf-8",
    )

    assert run(["explain", str(path), "--html", str(tmp_path / "pages")]) == 0
    heads = {line.split(":")[0]: line for line in capsys.readouterr().out.splitlines() if line[0] != " "}
    least = load_models(Lang.EN).threshold
    assert f"facts need {least:.2f}, or the likeliest {ALONE:.2f} if none has that" in heads["told"]
    assert "no facts" in heads["doubtful"]
    assert "or the likeliest" not in heads["doubtful"]
    assert "dropped by the gate" in heads["dropped"]
    assert len(list((tmp_path / "pages").iterdir())) == len(texts)
    assert run(["explain", str(path), "--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["document_id"] for one in found] == list(texts)
    assert found[0]["alone"] < found[0]["threshold"]


def test_explain_takes_the_publication_day_of_a_plain_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plain.txt"
    path.write_text("From tomorrow, links to Etsy can no longer be posted in comments on TikTok.")
    for published, expected in ((["--published", "2023-05-31"], "2023-06-01"), ([], None)):
        assert run(["explain", str(path), "--lang", "en", "--json", *published]) == 0
        dates = json.loads(capsys.readouterr().out)["statements"][0]["slots"]["date"]
        assert dates[0]["value"] == (expected or "none")
