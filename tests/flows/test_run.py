"""A night that could not read or tell what it fetches does not begin; one that fails is on record."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from extract import pipeline
from extract.data import DataError
from extract.records import Document, Extraction
from flows import journal
from flows.cli import run
from flows.delivery import Delivery
from flows.errors import InputError
from flows.run import run_night
from flows.settings import Settings
from flows.sourcework import SourceWork
from flows.status import status_of
from tests.flows.year import FIRST, PlayedStages, World, declare, play, prepared
from warehouse.records import LoadResult, WarehouseError


def test_unusable_rules_are_told_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unusable(document: Document) -> Extraction:
        raise DataError("rules.toml: is not TOML")

    world = World(1)
    settings = Settings(data=tmp_path / "data", sources=tmp_path / "sources")
    declare(world, tmp_path / "sources")
    monkeypatch.setattr(pipeline, "extract_facts", unusable)

    with pytest.raises(DataError, match=r"rules\.toml"):
        play(settings, world, 0)

    assert not settings.archive.exists()
    assert not settings.warehouse.exists()


@pytest.mark.parametrize(
    ("text", "complaint"), [("$headlin", "unknown or malformed field 'headlin'"), (None, "No such file")]
)
def test_a_wrong_template_is_told_before_anything_is_fetched(
    text: str | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world, settings = prepared(tmp_path, 1)
    template = tmp_path / "template.txt"
    if text is not None:
        template.write_text(text)
    settings = settings.model_copy(update={"template": template})

    with pytest.raises(InputError, match=complaint):
        play(settings, world, 0)

    assert not settings.archive.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINKPOLICY_TEMPLATE", str(template))
        assert run(["run", "--data", str(tmp_path), "--sources", str(tmp_path / "sources")]) == 2
    assert complaint in capsys.readouterr().err
    assert not settings.archive.exists()


def test_an_unknown_platform_is_refused_before_anything_is_fetched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, settings = prepared(tmp_path, 1)
    file = tmp_path / "sources" / "kuaishou.toml"
    file.write_text(file.read_text().replace('platform = "kuaishou"', 'platform = "kuaishu"'))

    assert run(["run", "--data", str(tmp_path), "--sources", str(tmp_path / "sources")]) == 2

    error = capsys.readouterr().err
    assert error.startswith(f"linkpolicy: {file}: platform: ")
    assert error.count("\n") == 1
    assert not settings.archive.exists()


class FailingStages(PlayedStages):
    """Fails at one stage; the others are real."""

    def __init__(self, world: World, stage: str) -> None:
        super().__init__(world, 0)
        self._stage = stage

    def _fail_at(self, stage: str) -> None:
        if stage == self._stage:
            raise WarehouseError(f"the {stage} has failed")

    def load(self, settings: Settings, run_id: str, works: Sequence[SourceWork], now: datetime) -> LoadResult:
        self._fail_at("load")
        return super().load(settings, run_id, works, now)

    def publish(self, settings: Settings) -> None:
        self._fail_at("publish")
        super().publish(settings)

    def deliver(self, settings: Settings, now: datetime) -> Delivery:
        self._fail_at("deliver")
        return super().deliver(settings, now)


def test_a_night_that_cannot_load_is_on_record_and_made_up_for(tmp_path: Path) -> None:
    world, settings = prepared(tmp_path, 1)

    with pytest.raises(WarehouseError):
        run_night(settings, (), FailingStages(world, "load"), lambda: FIRST)

    [failed] = journal.nights(settings.state)
    assert failed["problems"] == ["the night failed: the load has failed"]
    assert failed["sources"] == [], "what was not loaded counts as not crawled"
    assert play(settings, world, 0).alerts == 1


def test_the_operator_is_told_of_a_night_that_an_error_ended(tmp_path: Path) -> None:
    world, settings = prepared(tmp_path, 1)
    (tmp_path / "alerts.toml").write_text(
        '[channels.ops]\ntype = "file"\n[[routes]]\nchannels = ["ops"]\n', encoding="utf-8"
    )
    told = {"operator_channel": "ops", "alerts": tmp_path / "alerts.toml"}
    settings = settings.model_copy(update=told)

    with pytest.raises(WarehouseError):
        run_night(settings, (), FailingStages(world, "load"), lambda: FIRST)

    [line] = settings.alerts_log.read_text(encoding="utf-8").splitlines()
    assert "The night failed: the load has failed" in line


def test_a_night_that_is_stopped_is_on_record(tmp_path: Path) -> None:
    world, settings = prepared(tmp_path, 1)

    class Stopped(PlayedStages):
        def load(self, *_: object) -> LoadResult:
            raise SystemExit(143)

    with pytest.raises(SystemExit):
        run_night(settings, (), Stopped(world, 0), lambda: FIRST)

    [needed] = status_of(settings, FIRST).needs
    assert needed == "last night: the night was stopped before its end: `linkpolicy run` makes up for it"
    assert play(settings, world, 0).alerts == 1


def test_metrics_that_cannot_be_written_do_not_fail_the_night(tmp_path: Path) -> None:
    world, settings = prepared(tmp_path, 1)
    (settings.published / "linkpolicy.prom").mkdir(parents=True)
    night = run_night(settings, (), PlayedStages(world, 0), lambda: FIRST)
    assert night.alerts == 1
    [problem] = night.problems
    assert problem.startswith("metrics not written: ")


@pytest.mark.parametrize(
    ("stage", "problem"),
    [("publish", "not published, alerts held back: the "), ("deliver", "alerts not delivered: the ")],
)
def test_a_night_that_cannot_publish_or_deliver_ends_in_order(
    stage: str, problem: str, tmp_path: Path
) -> None:
    world, settings = prepared(tmp_path, 1)

    night = run_night(settings, (), FailingStages(world, stage), lambda: FIRST)

    assert night.problems == (f"{problem}{stage} has failed",)
    [kept] = journal.nights(settings.state)
    assert (kept["problems"], kept["alerts"]) == ([*night.problems], 1)
    assert {run["source_id"] for run in kept["sources"]} == set(world.sources())
    assert settings.published_file.exists() == (stage == "deliver")


def test_with_json_stdout_is_for_one_object_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world, _ = prepared(tmp_path, 1)
    (tmp_path / "alerts.toml").unlink()  # without it, alerts go to the console too
    monkeypatch.setattr("flows.apiserver.provide_api", lambda: None)
    monkeypatch.setattr("flows.commands.nights.start_night", lambda settings, _: play(settings, world, 0))

    assert run(["run", "--json", "--data", str(tmp_path), "--sources", str(tmp_path / "sources")]) == 0

    said = capsys.readouterr()
    assert json.loads(said.out)["delivered"] == 2
    assert said.err.startswith("* ")
