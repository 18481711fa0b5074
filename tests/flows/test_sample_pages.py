"""The sample world, crawled over HTTP and read: articles as they stand, facts as they are annotated."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from crawlers.archive import read_snapshots
from crawlers.crawl import crawl_source
from crawlers.records import CrawlReport, CrawlState, NotContent, Outcome, Role
from crawlers.sources import load_sources
from crawlers.text import read_document
from extract.gate import could_state_policy
from extract.pipeline import extract_facts
from extract.records import Document, Fact, Stage
from flows.sample import EDITIONS, EXPECTED, write_sources
from flows.sample.server import SampleServer
from tests.crawlers import warm

# One worker runs them all, so that the sites are crawled once.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]

ANNOTATED = [json.loads(line) for line in EXPECTED.read_text(encoding="utf-8").splitlines()]
WITH_FACTS = [document for document in ANNOTATED if document["facts"]]
WITHOUT_FACTS = [document for document in ANNOTATED if not document["facts"]]
RECALL_FLOOR = 0.9
PRECISION_FLOOR = 0.75


@dataclass(frozen=True, slots=True)
class World:
    """Both editions as crawled: documents by `<edition>/<path>`, reports by edition and source."""

    documents: Mapping[str, Document | NotContent]
    reports: Mapping[tuple[str, str], CrawlReport]
    requests: Mapping[str, list[str]]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    place = tmp_path_factory.mktemp("sample")
    documents: dict[str, Document | NotContent] = {}
    reports = {}
    requests = {}
    states: dict[str, CrawlState] = {}
    with SampleServer() as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("crawlers.processes.run", warm.run_process)
        write_sources(place / "sources", server.base_url)
        for edition in EDITIONS:
            server.edition = edition
            before = len(server.requests)
            for source in load_sources(place / "sources"):
                state = states.get(source.id, CrawlState({}))
                report = crawl_source(source, place / "archive", state, run_id=edition)
                states[source.id] = CrawlState(
                    {**state.pages, **{page.url: page.state for page in report.pages if page.state}}
                )
                reports[edition, source.id] = report
                for name in report.warc_files:
                    for snapshot in read_snapshots(place / "archive" / name):
                        if not snapshot.revisit:
                            path = snapshot.url.removeprefix(server.base_url + "/")
                            documents[f"{edition}/{path}"] = read_document(snapshot, source)
            requests[edition] = [request.path for request in server.requests[before:]]
    return World(documents, reports, requests)


def article(world: World, name: str) -> Document:
    document = world.documents[name]
    assert not isinstance(document, NotContent), document
    return document


def compared(fact: Mapping[str, Any]) -> tuple[str | None, ...]:
    names = ("platform", "surface", "target", "action", "effective_from", "effective_to", "region", "stage")
    return tuple(fact[name] for name in names)


def as_compared(fact: Fact) -> tuple[str | None, ...]:
    def text(value: object) -> str | None:
        return None if value is None else str(value)

    return (
        *(fact.platform, fact.surface, fact.target, fact.action.value),
        *(text(fact.effective_from), text(fact.effective_to), fact.region, fact.stage.value),
    )


def test_every_source_is_crawled_without_a_failure(world: World) -> None:
    assert {key: report.failures for key, report in world.reports.items() if report.failures} == {}
    assert {report.error for report in world.reports.values()} <= {"", None}


@pytest.mark.parametrize("annotated", ANNOTATED, ids=lambda document: document["id"])
def test_article_is_read_whole_and_dated(world: World, annotated: dict[str, Any]) -> None:
    document = article(world, annotated["id"])

    assert document.title == annotated["title"]
    assert (document.lang.value, document.kind.value) == (annotated["lang"], annotated["kind"])
    assert document.published == date.fromisoformat(annotated["published"])
    read = document.text.replace("\n", "").replace(" ", "")
    for paragraph in annotated["text"].splitlines():
        assert paragraph.replace(" ", "") in read
    assert "cookie" not in document.text


def test_second_night_reads_only_what_is_new_or_different(world: World) -> None:
    second = {name.split("/", 1)[1] for name in world.documents if name.startswith("night2/")}
    annotated = {item["id"].split("/", 1)[1] for item in ANNOTATED if item["id"].startswith("night2/")}

    assert second == annotated | {"wall/2022/02/kuaishou-taobao.html"}
    notices = world.reports["night2", "kuaishou_notices"]
    assert notices.count(Outcome.UNCHANGED, role=Role.CONTENT) == 3
    assert notices.count(Outcome.NEW, role=Role.CONTENT) == 2


def test_robots_file_is_asked_for_first(world: World) -> None:
    for paths in world.requests.values():
        assert paths[0] == "/robots.txt"
        assert not {"/kuaishou/login.html", "/wall/subscribe.html", "/youtube/find"} & set(paths)


@pytest.mark.parametrize("annotated", WITH_FACTS, ids=lambda document: document["id"])
def test_gate_lets_pages_with_facts_through(world: World, annotated: dict[str, Any]) -> None:
    document = article(world, annotated["id"])

    assert could_state_policy(document.title, document.text)


@pytest.mark.parametrize("annotated", WITHOUT_FACTS, ids=lambda document: document["id"])
def test_pages_on_other_matters_state_nothing(world: World, annotated: dict[str, Any]) -> None:
    assert extract_facts(article(world, annotated["id"])).facts == ()


def test_facts_are_those_annotated(world: World) -> None:
    """All fields count. The floors are below what was measured last; raise them, never lower them."""
    found: set[tuple[str | None, ...]] = set()
    wanted: set[tuple[str | None, ...]] = set()
    for annotated in ANNOTATED:
        document = article(world, annotated["id"])
        facts = extract_facts(document).facts
        found |= {(document.url, *as_compared(fact)) for fact in facts if fact.stage is not Stage.PROPOSED}
        wanted |= {
            (document.url, *compared(fact)) for fact in annotated["facts"] if fact["stage"] != "proposed"
        }
        assert all(document.text[fact.start : fact.end] == fact.evidence for fact in facts)

    right = len(found & wanted)
    assert right / len(wanted) >= RECALL_FLOOR, sorted(wanted - found, key=str)
    assert right / len(found) >= PRECISION_FLOOR, sorted(found - wanted, key=str)
