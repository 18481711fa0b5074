"""The warehouse that the cookbook asks: the two seed articles and a few notices, as facts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

from extract.records import Action, Document, Extraction, Fact, Kind, Lang, PartialDate, Stage
from flows.stores import gazetteer
from warehouse.load import load_batch
from warehouse.publish import publish
from warehouse.records import Batch, Cause, SnapshotRow, SourceRun
from warehouse.services import set_services
from warehouse.store import connect

Says = tuple[str, str, str, str, str | None, str | None, str | None, str]

# night, source, kind, published, title, then each sentence with the facts it states
NIGHTS: list[tuple[str, str, str, str, str, list[tuple[str, list[Says]]]]] = [
    ("2020-10-10", "douyin_notices", "notice", "2020-09-06", "Douyin: links in live rooms", [
        ("From 9 October 2020 links to other shops are no longer supported in live rooms.",
         [("douyin", "live", "ecommerce", "block", "2020-10-09", None, None, "decided")])]),
    ("2022-02-23", "retail_news", "news", "2022-02-22", "Kuaishou to cut Taobao and JD links", [
        ("Links to Taobao and JD.com are soon to be removed from the live rooms on Kuaishou from 1 March.",
         [("kuaishou", "live", "taobao", "block", "2022-03-01", None, None, "decided"),
          ("kuaishou", "live", "jd", "block", "2022-03-01", None, None, "decided")]),
        ("Taobao links will also be taken down from the short video page.",
         [("kuaishou", "short_video", "taobao", "block", "2022-03-01", None, None, "decided")]),
        ("Links to JD.com will still be allowed on the short video page.",
         [("kuaishou", "short_video", "jd", "allow", "2022-03-01", None, None, "decided")]),
        ("As early as November 2021 Kuaishou had banned links to Youzan.",
         [("kuaishou", "all", "youzan", "block", "2021-11", None, None, "decided")])]),
    ("2022-02-24", "kuaishou_notices", "notice", "2022-02-22", "Notice on third-party links", [
        ("From 1 March 2022 links to Taobao can no longer be published in live rooms.",
         [("kuaishou", "live", "taobao", "block", "2022-03-01", None, None, "decided")])]),
    ("2022-10-29", "paper", "news", "2022-10-28", "Kuaishou resumes Taobao and JD links", [
        ("Since 28 October merchants can again publish Taobao links in live rooms.",
         [("kuaishou", "live", "taobao", "allow", "2022-10-28", None, None, "decided")]),
        ("From 28 October to 31 December Tmall links can be used in the cart.",
         [("kuaishou", "cart", "tmall", "allow", "2022-10-28", "2022-12-31", None, "decided")]),
        ("On 28 October JD links in live rooms are gradually opened.",
         [("kuaishou", "live", "jd", "allow", "2022-10-28", None, None, "decided")]),
        ("In private messages on Douyin third-party links can be published.",
         [("douyin", "message", "external", "allow", None, None, None, "decided")])]),
    ("2022-12-19", "twitter_help", "notice", "2022-12-18", "Promotion of other platforms", [
        ("We will no longer allow links to Facebook and Mastodon in tweets.",
         [("twitter", "post", "facebook", "block", "2022-12-18", None, None, "decided"),
          ("twitter", "post", "mastodon", "block", "2022-12-18", None, None, "decided")])]),
    ("2022-12-20", "tech_news", "news", "2022-12-19", "Twitter takes its link ban back", [
        ("On 19 December Twitter restored links to Facebook and Mastodon.",
         [("twitter", "post", "facebook", "allow", "2022-12-19", None, None, "decided"),
          ("twitter", "post", "mastodon", "allow", "2022-12-19", None, None, "decided")])]),
    ("2023-08-02", "tech_news", "news", "2023-08-01", "Facebook ends news in Canada", [
        ("From 1 August news links can no longer be seen on Facebook in Canada.",
         [("facebook", "all", "news", "block", "2023-08-01", None, "CA", "decided")])]),
    ("2023-08-11", "youtube_help", "notice", "2023-08-10", "Links in Shorts", [
        ("Starting on 31 August 2023 links in Shorts comments and descriptions will no longer be clickable.",
         [("youtube", "comments", "external", "block", "2023-08-31", None, None, "decided"),
          ("youtube", "description", "external", "block", "2023-08-31", None, None, "decided")])]),
    ("2023-09-05", "tech_news", "news", "2023-09-04", "Instagram tries links in posts", [
        ("Instagram tests links in posts with some creators.",
         [("instagram", "post", "external", "allow", None, None, None, "trial")]),
        ("TikTok is said to consider a ban on links to Amazon.",
         [("tiktok", "all", "amazon", "block", None, None, None, "proposed")])]),
    ("2024-02-01", "retail_news", "news", "2024-01-31", "Weibo and Taobao", [
        ("Weibo allows links to Taobao from 1 February 2024.",
         [("weibo", "post", "taobao", "allow", "2024-02-01", None, None, "decided")])]),
    ("2024-02-02", "other_news", "news", "2024-02-01", "Weibo keeps Taobao out", [
        ("Weibo restricts links to Taobao from 1 February 2024.",
         [("weibo", "post", "taobao", "restrict", "2024-02-01", None, None, "decided")])]),
]  # fmt: skip


def make_sample(directory: Path) -> Path:
    """Load the sample night by night and publish it; returns the published file."""
    path = directory / "warehouse.duckdb"
    with connect(path) as connection:
        set_services(connection, gazetteer())
        for number, entry in enumerate(NIGHTS):
            load_batch(connection, _night(number, *entry))
    return publish(path, directory / "published")


def _night(  # noqa: PLR0917
    number: int,
    day: str,
    source: str,
    kind: str,
    published: str,
    title: str,
    says: list[tuple[str, list[Says]]],
) -> Batch:
    known = datetime.fromisoformat(f"{day}T03:00")
    text = "\n".join(sentence for sentence, _ in says)
    facts = tuple(_fact(text, sentence, stated) for sentence, found in says for stated in found)
    url = f"https://{source}.example/{number}"
    document = Document("", Lang.EN, Kind(kind), date.fromisoformat(published), title, text, url, source)
    snapshot = SnapshotRow(
        url, source, known - timedelta(hours=1), 200, "text/html", f"sha256:{number}", "a.warc.gz", number
    )
    ran = SourceRun(source, known - timedelta(hours=2), known, "ok", 1, 1, 0, 1, len(facts), len(text))
    return Batch(
        f"night-{day}", known, Cause.CRAWL, (ran,), (snapshot,), ((document, Extraction("", facts)),),
        extractor_version="v1",
    )  # fmt: skip


def _fact(text: str, sentence: str, says: Says) -> Fact:
    platform, surface, target, action, start, end, region, stage = says
    at = text.index(sentence)
    return Fact(
        platform, surface, target, Action(action), PartialDate.parse(start) if start else None,
        PartialDate.parse(end) if end else None, region, Stage(stage), sentence, at, at + len(sentence),
        ("sample",), 0.9,
    )  # fmt: skip
