"""A year of nights over a generated world with a frozen clock: what happens, and who must hear of it.

    python -m tests.flows.year --nights 365 --data /some/empty/directory

The world (all invented) announces rules in notices, reprints them in the press, spreads rumours, edits
navigation, breaks sources for some nights; help pages without a day turn, waver and go back. The crawl is
played: pages go straight into WARC files with the simulated time; reading, extraction, loading, publishing
and delivery are the real ones.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from crawlers.archive import ArchiveWriter, Fetched, archive_name, digest_of
from crawlers.records import CrawlReport, CrawlState, Outcome, PageResult, PageState, Role, Source
from flows import journal
from flows.run import Night, PlainStages, run_night
from flows.settings import Settings

FIRST = datetime(2024, 1, 1, 3, 15)  # noqa: DTZ001 - UTC without a zone, like all times here
PLATFORMS = {
    "kuaishou": ("Kuaishou", "快手"), "douyin": ("Douyin", "抖音"), "xiaohongshu": ("Xiaohongshu", "小红书"),
    "weibo": ("Weibo", "微博"), "bilibili": ("Bilibili", "哔哩哔哩"),
}  # fmt: skip
TARGETS = {"taobao": ("Taobao", "淘宝"), "jd": ("JD.com", "京东"), "pinduoduo": ("Pinduoduo", "拼多多")}
SURFACES = {
    "live": ("live rooms", "直播间"),
    "comments": ("comments", "评论区"),
    "profile": ("profiles", "个人主页"),
}
PAPERS = ("paper_one", "paper_two", "paper_three")
HELPED = "vipshop"  # the target of all help pages, named in no announcement
# What a help page says, by nights since it appeared, and how long after each the receiver hears of it.
TURNS: tuple[tuple[tuple[int, str, int | None], ...], ...] = (
    ((0, "block", 0), (2, "allow", 0)),  # turned round, and stays
    ((0, "block", 0), (2, "allow", 0), (3, "block", None), (4, "allow", None), (5, "block", None),
     (6, "allow", None)),  # wavers
    ((0, "block", 0), (2, "allow", 0), (4, "block", 3)),  # goes back, and stays
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Announcement:
    """A true change of policy: on `day` a platform announces that it holds from `effective`.

    `rest` is how many nights it has to stand before anyone hears of it: of a page that goes back to what it
    said some days ago.
    """

    day: int
    platform: str
    surface: str
    target: str
    action: str
    effective: date
    chinese: bool
    rest: int = 0

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What an alert must say."""
        return self.platform, self.surface, self.target, self.action, self.effective.isoformat()


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is new or different on a night."""

    source: str
    url: str
    html: str
    outcome: Outcome = Outcome.NEW


class World:
    """What happens on each night, by a seed; asking twice gives the same answer."""

    def __init__(self, nights: int, seed: int = 7) -> None:
        chance = random.Random(seed)  # noqa: S311 - a game, not a secret
        self.nights = nights
        self.announcements = list(_announcements(chance, nights))
        self.outages = [
            (source, start, start + chance.randint(3, 6))
            for start in range(20, nights - 10, 45)
            for source in [chance.choice([*PAPERS, *PLATFORMS])]
        ]
        self._pages: dict[int, list[Page]] = {}
        for number, made in enumerate(self.announcements):
            self._tell(chance, number, made)
        for day in range(nights):
            self._fill(chance, day)
        rules = [(platform, surface) for surface in SURFACES for platform in PLATFORMS]
        for turns, day in zip(cycle(TURNS), range(1, nights, 30), strict=False):
            self._help(turns, day, rules)

    def sources(self) -> tuple[str, ...]:
        """Return the ids of all sources."""
        return (*PLATFORMS, *PAPERS)

    def pages(self, day: int, source: str) -> list[Page]:
        """Return what is new on a source; what appears in an outage is found at its end."""
        if self.is_out(day, source):
            return []
        days = [day]
        while days[0] > 0 and self.is_out(days[0] - 1, source):
            days.insert(0, days[0] - 1)
        return [page for d in days for page in self._pages.get(d, ()) if page.source == source]

    def is_out(self, day: int, source: str) -> bool:
        """Tell whether a source cannot be reached on a night."""
        return any(name == source and start <= day < end for name, start, end in self.outages)

    def due(self, announcement: Announcement) -> int:
        """Return the night on which an announcement can first be read."""
        day = announcement.day
        while self.is_out(day, announcement.platform):
            day += 1
        return day + announcement.rest

    def _add(self, day: int, page: Page) -> None:
        if day < self.nights:
            self._pages.setdefault(day, []).append(page)

    def _tell(self, chance: random.Random, number: int, made: Announcement) -> None:
        sentence = _sentence(made)
        title = "公告" if made.chinese else "Announcement"
        self._add(made.day, _page(made.platform, f"notice-{number}", made.day, title, [sentence]))
        for reprint in range(chance.choice([0, 1, 1, 2, 4])):
            day = made.day + chance.randint(0, 3)
            said = f"{'该平台表示：' if made.chinese else 'The platform said: '}{sentence}"
            rest = _gossip(chance, made.chinese)
            self._add(
                day, _page(chance.choice(PAPERS), f"reprint-{number}-{reprint}", day, title, [said, rest])
            )

    def _help(
        self, turns: Sequence[tuple[int, str, int | None]], day: int, rules: list[tuple[str, str]]
    ) -> None:
        """A page without a day, of a rule of its own, on a platform that can be reached all the while."""
        span = range(day, day + turns[-1][0] + 1)
        rule = next((rule for rule in rules if not self._is_out(span, rule[0])), None)
        if rule is None:  # all have had their page, after more than a year
            return
        rules.remove(rule)
        platform, surface = rule
        for after, action, rest in turns:
            verb = {"block": "does not allow", "allow": "allows"}[action]
            said = f"{PLATFORMS[platform][0]} {verb} links to Vipshop in {SURFACES[surface][0]}."
            page = _page(platform, f"help-{day}", None, "Links", [said])
            self._add(day + after, replace(page, outcome=Outcome.CHANGED) if after else page)
            if rest is not None:
                since = (FIRST + timedelta(days=day + after)).date()
                self.announcements.append(
                    Announcement(
                        day + after, platform, surface, HELPED, action, since, chinese=False, rest=rest
                    )
                )

    def _is_out(self, days: Iterable[int], source: str) -> bool:
        return any(self.is_out(day, source) for day in days)

    def _fill(self, chance: random.Random, day: int) -> None:
        paper = chance.choice(PAPERS)
        self._add(day, _page(paper, f"other-{day}", day, "Weather", [_gossip(chance, chinese=False)]))
        if day % 9 == 4:
            platform, target = chance.choice(list(PLATFORMS.values())), chance.choice(list(TARGETS.values()))
            rumour = (
                f"{platform[0]} is considering a ban on links to {target[0]}, people familiar with it say."
            )
            self._add(day, _page(paper, f"rumour-{day}", day, "A rumour", [rumour]))
        older = [page for d in range(day) for page in self._pages.get(d, ()) if page.outcome is Outcome.NEW]
        if older and day % 3 == 0:
            page = chance.choice(older)
            moved = page.html.replace("<nav>Home</nav>", f"<nav>Home, sale of day {day}</nav>")
            self._add(day, replace(page, html=moved, outcome=Outcome.CHANGED))


def _announcements(chance: random.Random, nights: int) -> Iterator[Announcement]:
    """Every few nights some platform turns a rule round, never into what holds already."""
    holds: dict[tuple[str, str, str], str] = {}
    since: dict[tuple[str, str, str], date] = {}
    day = 0
    while day < nights:
        key = (chance.choice(list(PLATFORMS)), chance.choice(list(SURFACES)), chance.choice(list(TARGETS)))
        action = {"block": "allow", "allow": "block"}[holds.get(key, chance.choice(["block", "allow"]))]
        holds[key] = action
        effective = (FIRST + timedelta(days=day + chance.randint(0, 20))).date()
        if key in since:  # it cannot be turned back before it has begun
            effective = max(effective, since[key] + timedelta(days=1))
        since[key] = effective
        yield Announcement(day, *key, action, effective, chance.random() < 0.5)
        day += chance.randint(1, 4)


def _sentence(made: Announcement) -> str:
    language = int(made.chinese)
    platform, surface = PLATFORMS[made.platform][language], SURFACES[made.surface][language]
    target, day = TARGETS[made.target][language], made.effective
    if made.chinese:
        verb = "不再支持" if made.action == "block" else "恢复支持"
        return f"自{day.year}年{day.month}月{day.day}日起，{platform}{surface}{verb}{target}的商品链接。"
    verb = "will no longer allow" if made.action == "block" else "will again allow"
    return f"From {day.day} {day:%B} {day.year}, {platform} {verb} links to {target} in {surface}."


def _gossip(chance: random.Random, chinese: bool) -> str:
    if chinese:
        return "".join(
            chance.choices(
                ["商家纷纷表示关注。", "分析人士认为影响有限。", "双方没有进一步说明。", "市场反应平淡。"],
                k=8,
            )
        )
    words = [
        "The ferry ran late.",
        "Sellers watch closely.",
        "Rain is expected.",
        "Shares were little changed.",
        "Nobody at the counter knew more.",
        "The museum opens on Monday.",
    ]
    return " ".join(chance.choices(words, k=12))


def _page(source: str, name: str, day: int | None, title: str, paragraphs: Sequence[str]) -> Page:
    head = f"<title>{title}</title>"
    if day is not None:
        published = (FIRST + timedelta(days=day)).date()
        head += f'<meta property="article:published_time" content="{published}">'
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    article = f"<article><h1>{title}</h1>{body}</article>"
    html = f"<html><head>{head}</head><body><nav>Home</nav>{article}</body></html>"
    return Page(source, f"https://{source}.example/{name}", html)


def declare(world: World, directory: Path) -> None:
    """Write the declarations of the world's sources."""
    directory.mkdir(parents=True, exist_ok=True)
    for source in world.sources():
        kind = f'kind = "notice"\nplatform = "{source}"' if source in PLATFORMS else 'kind = "news"'
        text = f'id = "{source}"\nname = "{source}"\n{kind}\n[discovery]\ntype = "feed"\nurls = ["https://{source}.example/f"]\n'
        (directory / f"{source}.toml").write_text(text, encoding="utf-8")


class PlayedStages(PlainStages):
    """Plays the crawl of one night; all other stages are real."""

    def __init__(self, world: World, day: int) -> None:
        self._world, self._day = world, day

    def crawl(
        self, settings: Settings, run_id: str, sources: Sequence[Source], states: Mapping[str, CrawlState]
    ) -> list[CrawlReport]:
        """Write what is new into archive files and report it."""
        return [self._crawl(settings, run_id, source.id, states[source.id]) for source in sources]

    def _crawl(self, settings: Settings, run_id: str, source: str, state: CrawlState) -> CrawlReport:
        now = FIRST + timedelta(days=self._day)
        report = CrawlReport(source, run_id, now, now + timedelta(minutes=1), listed=1)
        feed = PageResult(
            f"https://{source}.example/f",
            "",
            Role.DISCOVERY,
            Outcome.UNCHANGED,
            now,
            state=PageState(last_fetched=now),
        )
        if self._world.is_out(self._day, source):
            failed = replace(feed, outcome=Outcome.FAILED, reason="connection refused", state=None)
            return replace(report, pages=(failed,))
        name = archive_name(source, now)
        archive = ArchiveWriter(settings.archive / name, {})
        (settings.archive / name).unlink(missing_ok=True)  # a killed night is played again
        (settings.archive / f"{name}.part").unlink(missing_ok=True)
        results = [feed]
        for page in self._world.pages(self._day, source):
            body = page.html.encode()
            digest = digest_of(body)
            known = state.pages.get(page.url)
            if known and known.digest == digest:
                continue
            offset = archive.response(
                Fetched(
                    page.url,
                    page.url,
                    Role.CONTENT,
                    now,
                    200,
                    (("Content-Type", "text/html; charset=utf-8"),),
                ),
                body,
                digest,
            )
            results.append(
                PageResult(
                    page.url, page.url, Role.CONTENT, page.outcome, now, 200, "", "text/html", len(body),
                    digest, PageState(digest=digest, last_fetched=now, last_changed=now), name, offset,
                )
            )  # fmt: skip
        written = archive.close()
        return replace(report, pages=tuple(results), warc_files=(written,) if written else ())


def play(settings: Settings, world: World, day: int) -> Night:
    """Play one night."""
    now = FIRST + timedelta(days=day)
    return run_night(settings, (), PlayedStages(world, day), lambda: now)


@dataclass(frozen=True, slots=True)
class Played:
    """Nights that were played and all that is left of them."""

    settings: Settings
    world: World
    nights: tuple[Night, ...]


def play_all(data: Path, nights: int) -> Played:
    """Play nights from the first on in this process, with nothing in their way."""
    world, settings = prepared(data, nights)
    return Played(settings, world, tuple(play(settings, world, day) for day in range(nights)))


def prepared(data: Path, nights: int) -> tuple[World, Settings]:
    """Make a world and a data directory that declares its sources."""
    world = World(nights)
    settings = settings_of(data)
    declare(world, data / "sources")
    return world, settings


def settings_of(data: Path) -> Settings:
    """Return the settings of the simulation: alerts go to the file only, health notices too."""
    data.mkdir(parents=True, exist_ok=True)
    routes = data / "alerts.toml"
    routes.write_text(
        '[channels.file]\ntype = "file"\n[channels.ops]\ntype = "file"\n'
        f'path = "{data / "health.jsonl"}"\n[[routes]]\nchannels = "file"\n',
        encoding="utf-8",
    )
    return Settings(data=data, sources=data / "sources", alerts=routes, operator_channel="ops")


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a simulation came out.

    Attributes:
        alerts: delivered alerts.
        doubled: alerts delivered twice under one id.
        missed: announcements without an alert.
        late: announcements told after the night on which they could first be read.
        false: alerts that tell of no announcement, or of one already told.
        outages, reported: outages of the world, and those told to the operator within two nights.
    """

    alerts: int
    doubled: int
    missed: tuple[Announcement, ...]
    late: tuple[Announcement, ...]
    false: tuple[str, ...]
    outages: int
    reported: int


def judge(settings: Settings, world: World) -> Verdict:
    """Compare what was told with what is true."""
    lines = settings.alerts_log.read_text(encoding="utf-8").splitlines()
    alerts = [json.loads(line) for line in lines if line]
    with duckdb.connect(str(settings.warehouse), read_only=True) as connection:
        made_on = dict(
            connection.execute("SELECT alert_id::VARCHAR, created_at::DATE::VARCHAR FROM alert").fetchall()
        )
    told: dict[tuple[str, ...], list[str]] = {}
    for alert in alerts:
        change = alert["change"]
        state = change["after"] or change["before"]
        key = (change["platform"], change["surface"], change["target"], state["action"], state["valid_from"])
        if change["kind"] != "confirmed":
            told.setdefault(key, []).append(made_on[alert["id"]])
    expected = {made.key: made for made in world.announcements}
    due = {
        key: (FIRST + timedelta(days=world.due(made))).date().isoformat() for key, made in expected.items()
    }
    readable = {key: made for key, made in expected.items() if world.due(made) < world.nights}
    false = [
        f"{key} told {len(days)} times" for key, days in told.items() if key not in expected or len(days) > 1
    ]
    ids = [alert["id"] for alert in alerts]
    broken = [headline for headline in notices_of(settings) if "is broken" in headline]
    return Verdict(
        alerts=len(alerts),
        doubled=len(ids) - len(set(ids)),
        missed=tuple(made for key, made in readable.items() if key not in told),
        late=tuple(made for key, made in readable.items() if key in told and min(told[key]) > due[key]),
        false=tuple(false),
        outages=sum(start + 1 < world.nights for _, start, _ in world.outages),
        reported=len(broken),
    )


def notices_of(settings: Settings) -> list[str]:
    """Return the headlines of all health notices, in the order in which they were sent."""
    path = settings.data / "health.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [str(json.loads(line)["headline"]) for line in lines if line]


def main() -> int:
    """Play all nights that are not played yet; print what each took and left behind, as JSON lines."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args()
    world, settings = prepared(given.data, given.nights)
    for day in range(len(journal.nights(settings.state)), given.nights):
        started, worked = time.perf_counter(), time.process_time()
        night = play(settings, world, day)
        line = {
            "night": day,
            "seconds": round(time.perf_counter() - started, 3),
            "cpu": round(time.process_time() - worked, 3),
            "pages": sum(run.snapshots for run in night.sources),
            "bytes": bytes_of(settings),
            "content": content_of(settings),
            "notices": len(notices_of(settings)),
            "summary": night.summary(),
        }
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
    return 0


def content_of(settings: Settings) -> dict[str, int]:
    """Return the bytes of all that is kept for ever and in use.

    The database file grows in steps and keeps room for what comes, so `blocks` counts only its used ones, of
    256 KiB each. `rows` is what all its rows take as Parquet: without steps, without indexes.
    """
    sizes = bytes_of(settings)
    found = {name: sizes.get(name, 0) for name in ("archive", "alerts", "state")}
    with (
        duckdb.connect(str(settings.warehouse), read_only=True) as connection,
        TemporaryDirectory() as place,
    ):
        [used] = connection.sql("SELECT used_blocks * block_size FROM pragma_database_size()").fetchall()
        for (table,) in connection.sql("SELECT table_name FROM duckdb_tables()").fetchall():
            connection.execute(f"COPY {table} TO '{place}/{table}.parquet'")
        rows = sum(path.stat().st_size for path in Path(place).iterdir())
    return found | {"blocks": int(used[0]), "rows": rows}


def bytes_of(settings: Settings) -> dict[str, int]:
    """Return what each part of the data directory takes."""
    return {
        path.name: path.stat().st_size
        if path.is_file()
        else sum(p.stat().st_size for p in path.rglob("*") if p.is_file() and not p.is_symlink())
        for path in sorted(settings.data.iterdir())
    }


if __name__ == "__main__":
    sys.exit(main())
