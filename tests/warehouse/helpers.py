"""Small builders shared by the tests of the warehouse."""

from __future__ import annotations

from datetime import date, datetime

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from warehouse.records import Batch, Cause, Service

SHOP, NETWORK = frozenset({"ecommerce"}), frozenset({"social"})
SERVICES = (  # what the extractor's gazetteer gives, in small
    Service("taobao", ("Taobao", "淘宝"), SHOP), Service("tmall", ("Tmall", "天猫"), SHOP),
    Service("jd", ("JD.com", "京东"), SHOP), Service("etsy", ("Etsy",), SHOP),
    Service("tinyurl", ("TinyURL",), frozenset({"shorteners"})), Service("mastodon", ("Mastodon",), NETWORK),
    Service("kuaishou", ("Kuaishou", "快手"), NETWORK), Service("douyin", ("Douyin", "抖音"), NETWORK),
    Service("twitter", ("Twitter", "X"), NETWORK), Service("youtube", ("YouTube",)),
    Service("facebook", ("Facebook",), NETWORK), Service("reddit", ("Reddit",), NETWORK),
    Service("external"), Service("ecommerce"), Service("harmful"), Service("news"),
    Service("google", ("Google",)), Service("google_plus", ("Google+",), NETWORK),
)  # fmt: skip


def fact(  # noqa: PLR0917
    text: str,
    platform: str = "kuaishou",
    surface: str = "live",
    target: str = "taobao",
    action: str = "block",
    start: str | None = None,
    end: str | None = None,
    region: str | None = None,
    stage: str = "decided",
    evidence: str | None = None,
    confidence: float = 0.9,
) -> Fact:
    evidence = evidence or text
    at = text.index(evidence)
    return Fact(
        platform, surface, target, Action(action),
        PartialDate.parse(start) if start else None, PartialDate.parse(end) if end else None,
        region, Stage(stage), evidence, at, at + len(evidence), ("test",), confidence,
    )  # fmt: skip


def reading(
    text: str,
    *facts: Fact,
    published: str | None = "2022-02-22",
    kind: str = "news",
    lang: str = "en",
    url: str | None = None,
    title: str = "",
    source: str | None = None,
    platform: str | None = None,
) -> tuple[Document, Extraction]:
    day = date.fromisoformat(published) if published else None
    document = Document("d", Lang(lang), Kind(kind), day, title, text, url, source, platform)
    return document, Extraction("d", facts or (), (), day, published is None)


def batch(
    run_id: str,
    *readings: tuple[Document, Extraction],
    known: str = "2022-02-23T03:00",
    cause: str = "crawl",
    version: str = "v1",
) -> Batch:
    return Batch(
        run_id, datetime.fromisoformat(known), Cause(cause), readings=readings, extractor_version=version
    )
