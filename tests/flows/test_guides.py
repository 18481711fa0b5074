"""Each command in the guides for operator and receiver runs, in a data directory with some history."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest

from flows.cli import run
from flows.reread import SMALL
from flows.run import Night, PlainStages, run_night
from flows.sample import write_sources
from flows.sample.server import SampleServer
from flows.settings import Settings
from tests.crawlers import warm
from tests.flows.year import Played, settings_of

DOCS = Path(__file__).parents[2] / "docs"
GUIDES = ("operator.md", "alerts.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.xdist_group("year")  # whose nights are the history


def commands(guide: str) -> list[str]:
    text = (DOCS / guide).read_text(encoding="utf-8")
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in lines if line.startswith("linkpolicy ")]


@pytest.fixture(scope="module")
def place(calm: Played, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("guide")
    shutil.copytree(calm.settings.data, place / "data", symlinks=True)
    settings_of(place / "data")
    text = "From 1 March 2022 Kuaishou no longer shows links to Taobao in its live rooms. " * 5
    (place / "notice.html").write_text(f"<html><title>Links</title><body><p>{text}</p></body></html>")
    (place / "documents.jsonl").write_text('{"id": "a", "text": "Nothing about links."}\n')
    return place


@contextmanager
def over_sample_sites(place: Path) -> Iterator[None]:
    """Crawl the sample sites, not the internet, and by plain calls: Prefect has tests of its own."""

    def start_night(settings: Settings, only: tuple[str, ...]) -> Night:
        return run_night(settings, only, PlainStages())

    with SampleServer() as server, pytest.MonkeyPatch.context() as patch:
        write_sources(place / "sample", server.base_url)
        patch.setenv("LINKPOLICY_SOURCES", str(place / "sample"))
        patch.setattr("crawlers.processes.run", warm.run_process)
        patch.setattr("flows.apiserver.provide_api", lambda: None)
        patch.setattr("flows.commands.nights.start_night", start_night)
        yield


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_the_guides_run(
    guide: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    monkeypatch.setenv("LINKPOLICY_DATA", "data")
    found = commands(guide)
    assert len(found) > 3
    for command in found:
        arguments = shlex.split(command, comments=True)[1:]
        # One re-reading is spread over processes, as that of a large archive is; the other stays in this one.
        monkeypatch.setattr("flows.reread.SMALL", 0 if "--since" in arguments else SMALL)
        with over_sample_sites(place) if arguments[0] == "run" else nullcontext():
            code = run(arguments)
        allowed = (0, 1) if arguments[0] == "status" else (0,)  # the nights lie years back: one was missed
        assert code in allowed, command + capsys.readouterr().err


def test_every_setting_is_explained() -> None:
    guide = (DOCS / "operator.md").read_text(encoding="utf-8")
    missing = [name for name in Settings.model_fields if f"`LINKPOLICY_{name.upper()}`" not in guide]
    assert missing == []


def test_the_routing_example_is_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.routing import load_routes

    [example] = re.findall(r"```toml\n(.*?)```", (DOCS / "alerts.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "alerts.toml").write_text(example, encoding="utf-8")
    monkeypatch.setenv("LINKPOLICY_DESK_SECRET", "a")
    monkeypatch.setenv("LINKPOLICY_TEAM_URL", "json://localhost")
    routes = load_routes(Settings(data=tmp_path))
    assert set(routes.channels) == {"desk", "team", "log"}


def test_the_five_lines_verify_our_signature() -> None:
    from flows.channels import signature

    [lines] = re.findall(r"```python\n(.*?)```", (DOCS / "alerts.md").read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(lines, names)  # noqa: S102 - our own documentation
    is_ours = names["is_ours"]
    assert callable(is_ours)
    assert is_ours(b"key", signature("key", 1700000000, b"{}"), b"{}")
    assert not is_ours(b"other", signature("key", 1700000000, b"{}"), b"{}")
