"""Changes of policy made by hand, for tests of what is done with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from warehouse.records import Change, Evidence, State

TODAY = date(2022, 3, 1)

BLOCK = State("block", date(2022, 3, 1), "day", None, None, "notice")
ALLOW = State("allow", date(2022, 10, 28), "day", date(2023, 1, 1), "day", "notice")

EVIDENCE = Evidence(
    observation_id="0b5e4c0e-0000-0000-0000-000000000001",
    document_id="d1",
    source_id="kuaishou_notices",
    kind="notice",
    url="https://notices.example/20220222",
    title="关于第三方链接的公告",
    published=date(2022, 2, 22),
    published_inferred=False,
    sentence="3月1日起，直播间购物车不再支持淘宝联盟的链接",
    start=10,
    end=33,
    confidence=0.97,
    rules=("zh.block.stop_support",),
    warc_file="kuaishou_notices-20220222T031500000000.warc.gz",
    warc_offset=1234,
)

CHANGE = Change(
    change_id="5d1f0d3c-0000-0000-0000-00000000000a",
    run_id="20220222T031500-abc123",
    known_at=datetime(2022, 2, 22, 3, 20),  # noqa: DTZ001 - the warehouse's times are UTC without a zone
    kind="new",
    effect="new",
    platform="kuaishou",
    surface="live",
    target="taobao",
    region=None,
    stage="decided",
    before=None,
    after=BLOCK,
    witnesses=2,
    contested=False,
    follows=None,
    evidence=(EVIDENCE,),
)

REVERSED = replace(
    CHANGE, change_id="5d1f0d3c-0000-0000-0000-00000000000b", kind="reversed", effect="reversed",
    before=BLOCK, after=ALLOW, follows=CHANGE.change_id,
)  # fmt: skip
