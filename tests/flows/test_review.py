"""A reviewer judges statements and passages, thinks better of it, and exports documents for the gold set."""

from __future__ import annotations

import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from extract.gold import read_gold
from extract.records import Action, Document, Extraction, Fact, Kind, Lang, Missed, PartialDate, Stage
from flows.cli import run
from flows.settings import Settings
from flows.stores import looking, writing
from warehouse.load import load_batch
from warehouse.records import Batch, Cause

FIRST = "From 1 March 2022 Kuaishou blocks links to Taobao in live rooms."
SECOND = "JD.com's may no longer be shown in short videos either."
TEXT = f"{FIRST} {SECOND}"


# One worker runs all, so that the document is loaded once.
pytestmark = pytest.mark.xdist_group("review")


@pytest.fixture(scope="module")
def loaded(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one document, to be copied."""
    settings = Settings(data=tmp_path_factory.mktemp("review"))
    shutil.copy(template, settings.warehouse)
    fact = Fact(
        "kuaishou", "live", "taobao", Action.BLOCK, PartialDate(2022, 3, 1), None, None, Stage.DECIDED,
        FIRST, 0, len(FIRST), ("en.block",), 0.5,
    )  # fmt: skip
    missed = Missed(len(FIRST) + 1, len(TEXT), "no platform", 0.4)
    document = Document("d", Lang.EN, Kind.NEWS, None, "Links", TEXT, "https://x.example/1", "x")
    batch = Batch(
        "run", datetime(2022, 2, 22, 3), Cause.CRAWL,  # noqa: DTZ001
        readings=((document, Extraction("d", (fact,), (missed,))),),
    )  # fmt: skip
    with writing(settings) as connection:
        load_batch(connection, batch)
    return settings.data


@pytest.fixture
def settings(loaded: Path, tmp_path: Path) -> Settings:
    return Settings(data=Path(shutil.copytree(loaded, tmp_path / "data")))


def review(settings: Settings, *arguments: str) -> int:
    return run(["review", *arguments, "--data", str(settings.data)])


def queue(settings: Settings, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert review(settings, "list", "--json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def held(settings: Settings) -> list[tuple[str, str, str]]:
    with looking(settings) as connection:
        return connection.execute(
            "SELECT surface, target, action::VARCHAR FROM policy WHERE known_to = '9999-12-31' ORDER BY ALL"
        ).fetchall()


def test_a_word_can_be_taken_back_and_a_passage_judged(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_why = {item["why"]: item for item in queue(settings, capsys)}
    passage, statement = by_why.pop("missed")["id"], next(iter(by_why.values()))["id"]

    assert review(settings, "reject", statement, "--why", "a rumour") == 0
    assert held(settings) == []
    assert review(settings, "accept", statement, "--why", "the platform says so now") == 0
    assert held(settings) == [("live", "taobao", "block")]
    assert review(settings, "correct", statement, "--why", "until May", "--to", "2022-05-31") == 0
    assert review(settings, "accept", statement) == 0, "the last word holds"

    assert review(settings, "accept", passage) == 2
    assert review(settings, "correct", passage, "--why", "it does", "--action", "block") == 2
    assert "--platform --surface --target missing" in capsys.readouterr().err
    what = ("--platform", "kuaishou", "--surface", "short_video", "--target", "jd", "--action", "block")
    assert review(settings, "correct", passage, "--why", "it does", "--from", "2022-03-01", *what) == 0
    assert held(settings) == [("live", "taobao", "block"), ("short_video", "jd", "block")]
    assert queue(settings, capsys) == []
    assert review(settings, "reject", "00000000:1-2", "--why", "x") == 2

    with looking(settings) as connection:
        kept = connection.execute("SELECT decision FROM verdict ORDER BY known_at").fetchall()
    assert [decision for (decision,) in kept] == ["reject", "accept", "correct", "accept", "correct"]

    capsys.readouterr()
    assert review(settings, "export") == 0
    exported = tmp_path / "judged.jsonl"
    exported.write_text(capsys.readouterr().out)
    [annotated] = read_gold(exported)
    assert annotated.document.text == TEXT
    assert [
        (fact.core, fact.effective_from, fact.effective_to, fact.evidence) for fact in annotated.facts
    ] == [
        (("kuaishou", "live", "taobao", "block"), "2022-03-01", None, FIRST),
        (("kuaishou", "short_video", "jd", "block"), "2022-03-01", None, SECOND),
    ]


def test_a_passage_that_says_nothing_leaves_the_queue(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    [passage] = [item["id"] for item in queue(settings, capsys) if item["why"] == "missed"]
    before = held(settings)
    assert review(settings, "reject", passage, "--why", "a question") == 0
    assert [item["why"] for item in queue(settings, capsys) if item["why"] == "missed"] == []
    assert held(settings) == before
